//! What is documented about the values of a body: which properties there are, which of them hold open enumerations or
//! secrets.
//!
//! A shape is what remains of a schema when `$ref`, `allOf`, `oneOf` and `anyOf` are merged: the union of everything that
//! is documented for a place. It answers "is this documented?", never "is this valid?" (see [`super::Schemas`]).

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, OnceLock};

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

/// All shapes of a contract, each compiled when first needed.
#[derive(Debug)]
pub struct Shapes {
    document: Arc<Value>,
    /// By where their schemas stand.
    roots: IndexMap<String, OnceLock<Graph>>,
    heritage: OnceLock<Heritage>,
}

/// A shape, which is the first, and those of everything that its schema reaches.
#[derive(Debug)]
struct Graph(Vec<Shape>);

#[derive(Debug, Default)]
struct Shape {
    properties: HashMap<String, Property>,
    /// The shape of properties that have no name in the document.
    others: Option<usize>,
    items: Option<usize>,
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

/// A property with a name: its shape, and where the merged schemas document it.
#[derive(Debug)]
struct Property {
    shape: usize,
    pointers: Vec<String>,
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

    fn graph(&self, shape: ShapeId) -> &Graph {
        let (pointer, graph) = &self.roots.get_index(shape.0).expect("a shape has a place");
        graph.get_or_init(|| {
            let heritage = self.heritage.get_or_init(|| Heritage::of(&self.document));
            let (shapes, by_schemas) = (Vec::new(), HashMap::new());
            let mut compiler = Compiler { document: &self.document, heritage, shapes, by_schemas };
            compiler.merge(std::slice::from_ref(pointer));
            Graph(compiler.shapes)
        })
    }

    /// Walks a body and reports what is remarkable: what was seen, at which JSON pointer, and the schema there.
    pub fn walk<'a>(
        &'a self,
        shape: ShapeId,
        body: &'a Value,
        report: &mut dyn FnMut(ShapeEvent<'a>, String, &'a str),
    ) {
        ShapeWalk { graph: self.graph(shape), path: Vec::new(), report }.value(0, body);
    }

    /// Visits every property and every listed value that is documented for a body, however deep; some may be visited twice.
    pub fn promises<'a>(&'a self, shape: ShapeId, visit: &mut dyn FnMut(Documented<'a>)) {
        for shape in &self.graph(shape).0 {
            for (pointer, values) in &shape.enumerations {
                values.iter().for_each(|value| visit(Documented::Value(pointer, value)));
            }
            for pointer in shape.properties.values().flat_map(|property| &property.pointers) {
                visit(Documented::Property(pointer));
            }
        }
    }

    /// Visits the documented properties and listed values that a body has.
    pub fn kept<'a>(&'a self, shape: ShapeId, body: &Value, visit: &mut dyn FnMut(Documented<'a>)) {
        self.graph(shape).kept(0, body, visit);
    }
}

impl Graph {
    fn kept<'a>(&'a self, shape: usize, body: &Value, visit: &mut dyn FnMut(Documented<'a>)) {
        let shape = &self.0[shape];
        match body {
            Value::String(text) => {
                let listed = shape.enumerations.iter().filter_map(|(pointer, values)| {
                    Some(Documented::Value(pointer, values.iter().find(|value| *value == text)?))
                });
                listed.for_each(visit);
            }
            Value::Array(entries) => {
                let items = shape.items.into_iter().flat_map(|items| entries.iter().map(move |entry| (items, entry)));
                items.for_each(|(items, entry)| self.kept(items, entry, visit));
            }
            Value::Object(members) => members.iter().for_each(|(name, member)| {
                let property = shape.properties.get(name);
                property.iter().flat_map(|known| &known.pointers).for_each(|at| visit(Documented::Property(at)));
                if let Some(below) = property.map(|known| known.shape).or(shape.others) {
                    self.kept(below, member, visit);
                }
            }),
            _ => {}
        }
    }
}

/// Compiles a shape, with everything it reaches.
struct Compiler<'a> {
    document: &'a Value,
    heritage: &'a Heritage,
    shapes: Vec<Shape>,
    by_schemas: HashMap<Vec<String>, usize>,
}

impl Compiler<'_> {
    fn merge(&mut self, pointers: &[String]) -> usize {
        let (document, heritage) = (self.document, self.heritage);
        let mut merged = Merged { document, heritage, schemas: Vec::new(), known: HashSet::new() };
        pointers.iter().for_each(|pointer| merged.expand(pointer, true));
        let schemas = merged.schemas;
        let key: Vec<String> = schemas.iter().map(|(pointer, _)| pointer.clone()).collect();
        if let Some(known) = self.by_schemas.get(&key) {
            return *known;
        }
        let at = self.shapes.len();
        self.shapes.push(Shape::default());
        self.by_schemas.insert(key, at);
        self.shapes[at] = self.shape(&schemas);
        at
    }

    fn shape(&mut self, schemas: &[(String, &Value)]) -> Shape {
        let mut properties: HashMap<&str, Vec<String>> = HashMap::new();
        let (mut others, mut items, mut open) = (Vec::new(), Vec::new(), false);
        let mut shape =
            Shape { schema: schemas.first().map_or_else(String::new, |first| first.0.clone()), ..Shape::default() };
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
        for (name, pointers) in properties {
            let property = Property { shape: self.merge(&pointers), pointers };
            shape.properties.insert(name.to_owned(), property);
        }
        shape.others = if others.is_empty() { None } else { Some(self.merge(&others)) };
        shape.items = if items.is_empty() { None } else { Some(self.merge(&items)) };
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
        let at = join(pointer, keyword);
        match schema.get(*keyword) {
            Some(Value::Array(list)) => (0..list.len()).map(|index| format!("{at}/{index}")).collect(),
            Some(Value::Object(named)) if is_map(keyword) => named.keys().map(|name| join(&at, name)).collect(),
            Some(Value::Object(_)) => vec![at],
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
    graph: &'a Graph,
    path: Vec<Cow<'a, str>>,
    report: &'r mut dyn FnMut(ShapeEvent<'a>, String, &'a str),
}

impl<'a> ShapeWalk<'a, '_> {
    fn value(&mut self, shape: usize, value: &'a Value) {
        let shape = &self.graph.0[shape];
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
                    if let Some(items) = shape.items {
                        self.step(at.to_string().into(), |walk| walk.value(items, entry));
                    }
                }
            }
            _ => {}
        }
    }

    fn member(&mut self, shape: &'a Shape, name: &str, value: &'a Value) {
        match shape.properties.get(name).map(|known| known.shape).or(shape.others) {
            Some(known) => self.value(known, value),
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
