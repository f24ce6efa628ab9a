//! What is documented about the values of a body: which properties there are, which of them hold open enumerations or
//! secrets.
//!
//! A shape is what remains of a schema when `$ref`, `allOf`, `oneOf` and `anyOf` are merged: the union of everything that
//! is documented for a place. It answers "is this documented?", never "is this valid?" (see [`super::Schemas`]).

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, OnceLock};

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::identifier::dynamic_anchors;
use super::inheritance::{Heritage, heirs, is_parent};
use super::keyword::listed;
use super::reference::target;
use crate::base::pointer::{find, join, pointer_of};

/// A shape, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeId(usize);

/// All shapes of a contract, each made when a body first gets there: most of what is documented stands in no answer.
#[derive(Debug)]
pub struct Shapes {
    document: Arc<Value>,
    /// By where their schemas stand.
    roots: IndexMap<String, OnceLock<Shape>>,
    heritage: OnceLock<Heritage>,
}

#[derive(Debug, Default)]
struct Shape {
    properties: HashMap<String, Part, RandomState>,
    /// Properties that have no name in the document.
    others: Option<Part>,
    items: Option<Part>,
    /// Whether nothing is documented about members, so that none can be undocumented.
    free: bool,
    /// The documented values of an open enumeration.
    values: Vec<String>,
    /// The schemas with a list of values, open or closed, each with where it stands.
    enumerations: Vec<(String, Vec<String>)>,
    secret: bool,
    /// Where the first of its schemas stands.
    schema: String,
}

/// What is below a shape.
#[derive(Debug)]
struct Part {
    /// Where the schemas stand that are merged.
    pointers: Vec<String>,
    shape: OnceLock<Box<Shape>>,
}

impl From<Vec<String>> for Part {
    fn from(pointers: Vec<String>) -> Self {
        Self { pointers, shape: OnceLock::new() }
    }
}

impl Shape {
    fn part(&self, name: &str) -> Option<&Part> {
        self.properties.get(name).or(self.others.as_ref())
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.properties.values().chain(&self.others).chain(&self.items)
    }
}

/// Something that the document says of a body: what [`Shapes::promises`] lists and [`Shapes::kept`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Documented<'a> {
    /// The property that stands at this JSON pointer of the document.
    Property(&'a str),
    /// One of the values that the schema at this JSON pointer lists.
    Value(&'a str, &'a str),
}

/// Something that a walk over a body saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShapeEvent<'a> {
    /// A property that the document does not name.
    UndocumentedProperty,
    /// A text that is not among the documented values.
    UndocumentedValue {
        /// The text.
        value: &'a str,
        /// The documented values.
        documented: &'a [String],
    },
    /// A value that must never be written in clear.
    Secret(&'a Value),
}

impl Shapes {
    /// None yet, of a document.
    pub(super) fn of(document: &Arc<Value>) -> Self {
        Self { document: Arc::clone(document), roots: IndexMap::new(), heritage: OnceLock::new() }
    }

    /// The shape of the schema at a pointer.
    pub(super) fn add(&mut self, pointer: &str) -> ShapeId {
        let entry = self.roots.entry(pointer.to_owned());
        let id = ShapeId(entry.index());
        entry.or_default();
        id
    }

    fn root(&self, shape: ShapeId) -> &Shape {
        let (pointer, root) = &self.roots.get_index(shape.0).expect("a shape has a place");
        root.get_or_init(|| self.merged(std::slice::from_ref(pointer)))
    }

    fn below<'a>(&'a self, part: &'a Part) -> &'a Shape {
        part.shape.get_or_init(|| Box::new(self.merged(&part.pointers)))
    }

    /// The shape of the schemas at these pointers, with all that is merged into them.
    fn merged(&self, pointers: &[String]) -> Shape {
        let heritage = self.heritage.get_or_init(|| Heritage::of(&self.document));
        let mut merged = Merged { document: &self.document, heritage, schemas: Vec::new(), known: HashSet::new() };
        pointers.iter().for_each(|pointer| merged.expand(pointer, true));
        Shape::of(&merged.schemas)
    }

    /// Walks a body and reports what is remarkable: what was seen, at which JSON pointer, and the schema there.
    pub fn walk<'a>(
        &'a self,
        shape: ShapeId,
        body: &'a Value,
        report: &mut dyn FnMut(ShapeEvent<'a>, String, &'a str),
    ) {
        ShapeWalk { shapes: self, path: Vec::new(), report }.value(self.root(shape), body);
    }

    /// Visits every property and every listed value that is documented for a body, however deep; some may be visited twice.
    pub fn promises<'a>(&'a self, shape: ShapeId, visit: &mut dyn FnMut(Documented<'a>)) {
        let (mut waiting, mut known) = (vec![self.root(shape)], HashSet::new());
        while let Some(shape) = waiting.pop() {
            for (pointer, values) in &shape.enumerations {
                values.iter().for_each(|value| visit(Documented::Value(pointer, value)));
            }
            for pointer in shape.properties.values().flat_map(|property| &property.pointers) {
                visit(Documented::Property(pointer));
            }
            let new = shape.parts().filter(|part| known.insert(&part.pointers));
            waiting.extend(new.map(|part| self.below(part)));
        }
    }

    /// Visits the documented properties and listed values that a body has.
    pub fn kept<'a>(&'a self, shape: ShapeId, body: &Value, visit: &mut dyn FnMut(Documented<'a>)) {
        self.kept_of(self.root(shape), body, visit);
    }

    fn kept_of<'a>(&'a self, shape: &'a Shape, body: &Value, visit: &mut dyn FnMut(Documented<'a>)) {
        match body {
            Value::String(text) => {
                let listed = shape.enumerations.iter().filter_map(|(pointer, values)| {
                    Some(Documented::Value(pointer, values.iter().find(|value| *value == text)?))
                });
                listed.for_each(visit);
            }
            Value::Array(entries) => {
                let items = shape.items.iter().flat_map(|items| entries.iter().map(move |entry| (items, entry)));
                items.for_each(|(items, entry)| self.kept_of(self.below(items), entry, visit));
            }
            Value::Object(members) => members.iter().for_each(|(name, member)| {
                let property = shape.properties.get(name);
                property.iter().flat_map(|known| &known.pointers).for_each(|at| visit(Documented::Property(at)));
                if let Some(part) = shape.part(name) {
                    self.kept_of(self.below(part), member, visit);
                }
            }),
            _ => {}
        }
    }
}

impl Shape {
    /// What remains of schemas that hold for one place.
    fn of(schemas: &[(String, &Value)]) -> Self {
        let mut properties: HashMap<&str, Vec<String>, RandomState> = HashMap::default();
        let (mut others, mut items, mut open) = (Vec::new(), Vec::new(), false);
        let mut shape =
            Self { schema: schemas.first().map_or_else(String::new, |first| first.0.clone()), ..Self::default() };
        for (pointer, schema) in schemas {
            for (name, _) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                properties.entry(name).or_default().push(join(&join(pointer, "properties"), name));
            }
            open |= OTHERS.iter().any(|keyword| schema.get(keyword) == Some(&Value::Bool(true)));
            others.extend(places(pointer, schema, &OTHERS));
            items.extend(places(pointer, schema, &ITEMS));
            shape.secret |= schema.get("x-secret").and_then(Value::as_bool).unwrap_or(false);
            let open_list = schema.get("x-extensible-enum").and_then(Value::as_array).map(Vec::as_slice);
            shape.values.extend(texts(open_list));
            let listed: Vec<String> = texts(open_list.or(listed(schema))).collect();
            shape.enumerations.extend((!listed.is_empty()).then(|| (pointer.clone(), listed)));
        }
        shape.free = open || (properties.is_empty() && others.is_empty());
        shape.properties = properties.into_iter().map(|(name, at)| (name.to_owned(), Part::from(at))).collect();
        shape.others = (!others.is_empty()).then(|| others.into());
        shape.items = (!items.is_empty()).then(|| items.into());
        shape
    }
}

/// Schemas that hold for one place, each with where it stands.
struct Merged<'a, 'h> {
    document: &'a Value,
    heritage: &'h Heritage,
    known: HashSet<String>,
    schemas: Vec<(String, &'a Value)>,
}

/// Stands for a reference that leads nowhere: whatever is there is documented.
static ANYTHING: LazyLock<Value> = LazyLock::new(|| json!({ "additionalProperties": true }));

impl Merged<'_, '_> {
    /// Adds the schema at a pointer and all those merged into it, references followed; with its heirs, unless one of them
    /// asks. What stands beside a reference holds as well.
    fn expand(&mut self, pointer: &str, with_heirs: bool) {
        let Some(schema) = find(self.document, pointer) else {
            return self.schemas.push((pointer.to_owned(), &ANYTHING));
        };
        if !self.known.insert(pointer.to_owned()) {
            return;
        }
        self.schemas.push((pointer.to_owned(), schema));
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            self.expand(&target(reference).unwrap_or_else(|| reference.to_owned()), with_heirs);
        }
        for (keyword, with_heirs) in COMBINED {
            places(pointer, schema, &[keyword]).iter().for_each(|part| self.expand(part, with_heirs));
        }
        if let Some((_, anchor)) = schema.get("$dynamicRef").and_then(Value::as_str).and_then(|at| at.split_once('#')) {
            dynamic_anchors(self.document, anchor).iter().for_each(|place| self.expand(place, true));
        }
        if with_heirs && is_parent(schema) {
            heirs(self.document, self.heritage, pointer).iter().for_each(|heir| self.expand(&heir.pointer, false));
        }
    }
}

/// Keywords whose schemas say more about the same value, with whether the heirs of a parent are meant, too.
const COMBINED: [(&str, bool); 7] = [
    ("allOf", false),
    ("oneOf", true),
    ("anyOf", true),
    ("if", true),
    ("then", true),
    ("else", true),
    ("dependentSchemas", true),
];

/// Keywords whose schemas are those of members that have no name in the document.
const OTHERS: [&str; 3] = ["additionalProperties", "unevaluatedProperties", "patternProperties"];

/// Keywords whose schemas are those of the entries of a list.
const ITEMS: [&str; 4] = ["items", "prefixItems", "contains", "unevaluatedItems"];

/// Where the schemas stand that a schema has under some keywords, as one, as a list, or by name.
fn places(pointer: &str, schema: &Value, keywords: &[&str]) -> Vec<String> {
    let of = |keyword: &&str| {
        let at = || join(pointer, keyword);
        match schema.get(*keyword) {
            Some(Value::Array(list)) => (0..list.len()).map(|index| format!("{}/{index}", at())).collect(),
            Some(Value::Object(named)) if is_map(keyword) => named.keys().map(|name| join(&at(), name)).collect(),
            Some(Value::Object(_)) => vec![at()],
            _ => Vec::new(),
        }
    };
    keywords.iter().flat_map(of).collect()
}

fn is_map(keyword: &str) -> bool {
    matches!(keyword, "patternProperties" | "dependentSchemas")
}

fn texts(list: Option<&[Value]>) -> impl Iterator<Item = String> {
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

struct ShapeWalk<'a, 'r> {
    shapes: &'a Shapes,
    path: Vec<Cow<'a, str>>,
    report: &'r mut dyn FnMut(ShapeEvent<'a>, String, &'a str),
}

impl<'a> ShapeWalk<'a, '_> {
    fn value(&mut self, shape: &'a Shape, value: &'a Value) {
        if shape.secret {
            self.report_event(ShapeEvent::Secret(value), shape);
        }
        match value {
            Value::String(text) if !shape.values.is_empty() && !shape.values.contains(text) => {
                self.report_event(ShapeEvent::UndocumentedValue { value: text, documented: &shape.values }, shape);
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.step(name.into(), |walk| walk.member(shape, name, member));
                }
            }
            Value::Array(entries) => {
                for (at, entry) in entries.iter().enumerate() {
                    if let Some(items) = &shape.items {
                        self.step(at.to_string().into(), |walk| walk.value(walk.shapes.below(items), entry));
                    }
                }
            }
            _ => {}
        }
    }

    fn member(&mut self, shape: &'a Shape, name: &str, value: &'a Value) {
        match shape.part(name) {
            Some(part) => self.value(self.shapes.below(part), value),
            None if shape.free => {}
            None => self.report_event(ShapeEvent::UndocumentedProperty, shape),
        }
    }

    fn step(&mut self, step: Cow<'a, str>, inside: impl FnOnce(&mut Self)) {
        self.path.push(step);
        inside(self);
        self.path.pop();
    }

    fn report_event(&mut self, seen: ShapeEvent<'a>, shape: &'a Shape) {
        (self.report)(seen, pointer_of(&self.path), &shape.schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(document: &Value, body: &Value) -> Vec<String> {
        let mut shapes = Shapes::of(&Arc::new(document.clone()));
        let id = shapes.add("/schema");
        let mut events = Vec::new();
        shapes.walk(id, body, &mut |seen, pointer, _| events.push(format!("{pointer} {seen:?}")));
        events
    }

    #[test]
    fn s15_a_property_that_no_merged_schema_names_is_undocumented() {
        let document =
            json!({"schema": {"allOf": [{"$ref": "#/a"}, {"properties": {"y": {}}}]}, "a": {"properties": {"x": {}}}});
        assert_eq!(seen(&document, &json!({"x": 1, "y": {"free": 1}, "z": 3})), ["/z UndocumentedProperty"]);
    }

    #[test]
    fn an_open_enumeration_reports_values_it_does_not_list() {
        let document = json!({"schema": {"items": {"type": "string", "x-extensible-enum": ["A"]}}});
        let events = seen(&document, &json!(["A", "B"]));
        assert_eq!(events.len(), 1);
        assert!(events[0].starts_with("/1 UndocumentedValue"), "{events:?}");
    }

    #[test]
    fn what_is_promised_of_a_body_is_found_in_it_however_deep() {
        let document = json!({
            "schema": {"properties": {"list": {"items": {"$ref": "#/entry"}}, "absent": {}}},
            "entry": {"properties": {"kind": {"type": "string", "x-extensible-enum": ["A", "B"]}}},
        });
        let mut shapes = Shapes::of(&Arc::new(document));
        let id = shapes.add("/schema");
        let (mut promised, mut kept) = (Vec::new(), Vec::new());
        shapes.promises(id, &mut |documented| promised.push(documented));
        shapes.kept(id, &json!({"list": [{"kind": "B"}, {"kind": "C", "other": 1}]}), &mut |known| kept.push(known));
        promised.sort();
        kept.sort();
        kept.dedup();
        let kind = "/entry/properties/kind";
        let (list, absent) = ("/schema/properties/list", "/schema/properties/absent");
        assert_eq!(kept, [Documented::Property(kind), Documented::Property(list), Documented::Value(kind, "B")]);
        assert!(promised.contains(&Documented::Property(absent)) && promised.contains(&Documented::Value(kind, "A")));
        assert_eq!(promised.len(), 5);
    }

    #[test]
    fn p06_a_schema_that_contains_itself_compiles() {
        let document = json!({"schema": {"properties": {"child": {"$ref": "#/schema"}}}});
        assert_eq!(
            seen(&document, &json!({"child": {"child": {"other": 1}}})),
            ["/child/child/other UndocumentedProperty"]
        );
    }

    #[test]
    fn a_secret_is_reported_even_where_x_secret_stands_beside_a_reference() {
        let document =
            json!({"schema": {"properties": {"a": {"$ref": "#/text", "x-secret": true}}}, "text": {"type": "string"}});
        assert_eq!(seen(&document, &json!({"a": "s"})), [r#"/a Secret(String("s"))"#]);
    }
}
