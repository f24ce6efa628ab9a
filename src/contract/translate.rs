//! Schemas of OpenAPI become schemas of JSON Schema, for one direction: those of 3.0 of draft 7, those of 3.1 of the draft
//! that they are written in.
//!
//! What differs is translated: `nullable`, discriminators, `readOnly` and `writeOnly` by direction, exclusive limits, and the
//! formats of integers. Where a schema is wrapped, it stands below [`OWN`], which no pointer in a report shows.
//!
//! Deliberately not here: faults of the document (see `clean`), and compiling.

use std::collections::{HashMap, HashSet};

use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value, json};

use super::dialect::Dialect;
use super::direction::Direction;
use super::inheritance::{Heritage, Named, heirs, is_parent, property, variants};
use super::reference::target;
use crate::base::percent::PATH;
use crate::base::pointer::{find, join, unescape};

/// The member below which a wrapped schema stands.
pub(super) const OWN: &str = "x-flowproof-own";

/// The keyword that holds an integer's format.
pub(super) const INTEGER: &str = "x-flowproof-format";

/// The formats that are asserted of texts; others mean nothing, as OpenAPI leaves formats open.
const FORMATS: [&str; 9] = ["date-time", "date", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "byte"];

/// The clean schemas of a document, as they are for one direction.
pub(super) fn translated(clean: &Value, pointers: &[String], dialect: Dialect, direction: Direction) -> Value {
    let heritage = Heritage::of(clean);
    let one_way = OneWay::of(clean, pointers, dialect, direction);
    let schemas = pointers.iter().filter_map(|pointer| Some((pointer.as_str(), find(clean, pointer)?)));
    let wraps = |schema: &Value| wraps_null(schema) || choice(schema).is_some() || is_parent(schema);
    let wrapped: HashMap<&str, &Value> = schemas.filter(|(_, schema)| wraps(schema)).collect();
    let parents =
        pointers.iter().filter(|pointer| wrapped.get(pointer.as_str()).is_some_and(|schema| is_parent(schema)));
    let translator = Translator { clean, heritage: &heritage, wrapped: &wrapped, one_way: &one_way };
    let mut document = clean.clone();
    // Descendants take a parent as it is, without the choice among them.
    for parent in parents {
        for descendant in heritage.descendants(parent) {
            document.pointer_mut(&descendant).into_iter().for_each(|schema| redirect(schema, parent));
        }
    }
    // From the inside out, as wrapping moves what is inside.
    for pointer in pointers.iter().rev() {
        if let Some(members) = document.pointer_mut(pointer).and_then(Value::as_object_mut) {
            one_way.apply(members, pointer);
            translator.translate(members, pointer);
        }
    }
    document
}

/// Where the own schema of a parent is meant, a reference leads to this member until it is translated.
fn redirect(schema: &mut Value, parent: &str) {
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        match part.get_mut("$ref") {
            Some(reference) if reference.as_str().and_then(target).as_deref() == Some(parent) => {
                *reference = json!(format!("#{parent}/{OWN}"));
            }
            Some(_) => {}
            None => redirect(part, parent),
        }
    }
}

struct Translator<'a> {
    clean: &'a Value,
    heritage: &'a Heritage,
    /// The schemas that stand below a member of their own once they are translated, by where they are.
    wrapped: &'a HashMap<&'a str, &'a Value>,
    one_way: &'a OneWay,
}

impl Translator<'_> {
    fn translate(&self, members: &mut Map<String, Value>, pointer: &str) {
        let original = find(self.clean, pointer).unwrap_or(&Value::Null);
        if let Some(place) = members.get("$ref").and_then(Value::as_str).and_then(target) {
            members.insert("$ref".into(), reference(&self.moved(&place)));
        }
        exclude(members, "minimum", "exclusiveMinimum");
        exclude(members, "maximum", "exclusiveMaximum");
        translate_format(members);
        members.remove("discriminator");
        let wrapped = wraps_null(original);
        let place = self.moved(pointer);
        let own = join(&if wrapped { join(&place, OWN) } else { place.clone() }, OWN);
        if is_parent(original) {
            self.inherit(
                members,
                property(original).unwrap_or_default(),
                &heirs(self.clean, self.heritage, pointer),
                &own,
            );
        } else if let Some((choice, property)) = choice(original) {
            self.choose(members, choice, property, &variants(original, choice), &own);
        }
        apply_nullable(members, wrapped, &place);
    }

    /// Where a place of the document stands once the schemas above it are wrapped.
    fn moved(&self, pointer: &str) -> String {
        if self.wrapped.is_empty() && self.one_way.flagged.is_empty() {
            return pointer.to_owned();
        }
        let (mut before, mut after) = (String::new(), String::new());
        for token in pointer.split('/').skip(1) {
            if let Some(schema) = self.wrapped.get(before.as_str()).copied() {
                let inner =
                    choice(schema).is_some_and(|(choice, _)| choice == token) || is_parent(schema) && token != OWN;
                let wraps = usize::from(wraps_null(schema)) + usize::from(inner);
                (0..wraps).for_each(|_| after = join(&after, OWN));
            }
            before = format!("{before}/{token}");
            after = format!("{after}/{token}");
            if self.one_way.forbids(&before) {
                after = join(&after, OWN);
            }
        }
        after
    }

    /// A parent takes what its own schema takes, and what the schema takes that the value of the property stands for.
    fn inherit(&self, members: &mut Map<String, Value>, property: &str, heirs: &[Named], own: &str) {
        let schema = Value::Object(std::mem::take(members));
        let mut parts = vec![refer(own)];
        parts.extend(heirs.iter().map(|heir| self.dispatch(property, heir)));
        members.insert("allOf".into(), parts.into());
        members.insert(OWN.into(), schema);
    }

    /// A choice takes what it takes without its discriminator; beyond that, of several variants that fit the one is meant
    /// that the property names, and where none fits, it says what is wrong.
    fn choose(&self, members: &mut Map<String, Value>, choice: &str, property: &str, variants: &[Named], own: &str) {
        let Some(list) = members.remove(choice) else { return };
        let named: Vec<String> = variants.iter().flat_map(|variant| variant.values.clone()).collect();
        let mut parts: Vec<Value> = variants.iter().map(|variant| self.dispatch(property, variant)).collect();
        if named.is_empty() {
            parts.push(refer(own));
        } else {
            parts.push(json!({ "if": has_value(property, &named), "else": refer(own) }));
        }
        members.insert(OWN.into(), json!({ choice: list }));
        let condition = json!({ "if": refer(own), "else": { "allOf": parts } });
        // Behind those that are there, whose places stay the same.
        match members.entry("allOf").or_insert_with(|| json!([])) {
            Value::Array(all) => all.push(condition),
            other => *other = json!([condition]),
        }
    }

    fn dispatch(&self, property: &str, named: &Named) -> Value {
        json!({ "if": has_value(property, &named.values), "then": refer(&self.moved(&named.pointer)) })
    }
}

/// The choice of a schema that has a discriminator, and the property.
fn choice(schema: &Value) -> Option<(&'static str, &str)> {
    let choice = ["oneOf", "anyOf"].into_iter().find(|choice| schema.get(choice).is_some())?;
    Some((choice, property(schema)?))
}

/// In draft 4 and OpenAPI a flag beside the limit, later a limit of its own.
fn exclude(members: &mut Map<String, Value>, limit: &str, flag: &str) {
    let Some(exclusive) = members.get(flag).and_then(Value::as_bool) else { return };
    members.remove(flag);
    if exclusive && let Some(limit) = members.remove(limit) {
        members.insert(flag.into(), limit);
    }
}

fn translate_format(members: &mut Map<String, Value>) {
    let Some(Value::String(format)) = members.remove("format") else { return };
    match format.as_str() {
        "int32" | "int64" => _ = members.insert(INTEGER.into(), format.into()),
        known if FORMATS.contains(&known) => _ = members.insert("format".into(), format.into()),
        _ => {}
    }
}

/// Whether null has to be told apart before a schema is asked: where more than its type would refuse it.
fn wraps_null(schema: &Value) -> bool {
    let more = ["$ref", "allOf", "anyOf", "oneOf", "not", "enum"];
    let is_nullable = schema.get("nullable") == Some(&Value::Bool(true));
    is_nullable && (schema.get("type").is_none() || more.iter().any(|keyword| schema.get(keyword).is_some()))
}

/// `place` is where the schema stands once those above it are wrapped.
fn apply_nullable(members: &mut Map<String, Value>, wrapped: bool, place: &str) {
    let is_nullable = members.remove("nullable") == Some(Value::Bool(true));
    if wrapped {
        let own = Value::Object(std::mem::take(members));
        members.insert("if".into(), json!({ "type": "null" }));
        members.insert("else".into(), refer(&join(place, OWN)));
        members.insert(OWN.into(), own);
    } else if is_nullable && let Some(kind) = members.get_mut("type").filter(|kind| kind.is_string()) {
        *kind = json!([kind.take(), "null"]);
    }
}

fn reference(pointer: &str) -> Value {
    Value::String(format!("#{}", utf8_percent_encode(pointer, PATH)))
}

fn refer(pointer: &str) -> Value {
    json!({ "$ref": reference(pointer) })
}

fn has_value(property: &str, values: &[String]) -> Value {
    json!({ "type": "object", "required": [property], "properties": { property: { "enum": values } } })
}

/// The properties that must not go one way: they are never required, and forbidden unless the dialect leaves it to the
/// receiver to ignore them. Who else refers to the schema of one means what it says of the value, which stands below [`OWN`].
struct OneWay {
    /// By schema, its properties.
    flagged: HashMap<String, HashSet<String>>,
    /// By schema, the names that are not required there, wherever in a composition they are documented.
    dropped: HashMap<String, HashSet<String>>,
    /// Whether they must not be there.
    is_forbidden: bool,
}

impl OneWay {
    fn of(clean: &Value, pointers: &[String], dialect: Dialect, direction: Direction) -> Self {
        let keyword = match direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        // OpenAPI 3.1, "Validating readOnly and writeOnly": a client may send back what it was given.
        let is_forbidden = !(dialect.is_modern() && direction == Direction::Request);
        let mut one_way = Self { flagged: HashMap::new(), dropped: HashMap::new(), is_forbidden };
        let says =
            |pointer: &String| find(clean, pointer).and_then(|schema| schema.get(keyword)) == Some(&Value::Bool(true));
        if !pointers.iter().any(says) {
            return one_way;
        }
        for pointer in pointers {
            let properties = find(clean, pointer).and_then(|schema| schema.get("properties")?.as_object());
            let place = join(pointer, "properties");
            let names = properties.into_iter().flatten().map(|(name, _)| name);
            let names: HashSet<String> =
                names.filter(|name| is_flagged(clean, &join(&place, name), keyword, 0)).cloned().collect();
            if !names.is_empty() {
                one_way.flagged.insert(pointer.clone(), names);
            }
        }
        if !one_way.flagged.is_empty() {
            pointers.iter().for_each(|pointer| one_way.drop_from(clean, pointer, &HashSet::new(), &mut Vec::new()));
        }
        one_way
    }

    /// Notes for a schema, and for those it is composed of, what need not be there.
    fn drop_from(&mut self, clean: &Value, pointer: &str, inherited: &HashSet<String>, open: &mut Vec<String>) {
        if open.iter().any(|known| known == pointer) || open.len() > 64 {
            return;
        }
        let mut names = inherited.clone();
        self.gather(clean, pointer, &["$ref", "allOf"], &mut names, &mut Vec::new());
        let mut all = names.clone();
        self.gather(clean, pointer, &["$ref", "allOf", "oneOf", "anyOf"], &mut all, &mut Vec::new());
        open.push(pointer.to_owned());
        for (keyword, names) in [("$ref", &names), ("allOf", &all), ("oneOf", &names), ("anyOf", &names)] {
            parts(clean, pointer, keyword).iter().for_each(|part| self.drop_from(clean, part, names, open));
        }
        open.pop();
        if !all.is_empty() {
            self.dropped.entry(pointer.to_owned()).or_default().extend(all);
        }
    }

    /// The names that are flagged by a schema or by what it is composed of.
    fn gather(
        &self,
        clean: &Value,
        pointer: &str,
        keywords: &[&str],
        names: &mut HashSet<String>,
        seen: &mut Vec<String>,
    ) {
        if seen.iter().any(|known| known == pointer) {
            return;
        }
        names.extend(self.flagged.get(pointer).into_iter().flatten().cloned());
        seen.push(pointer.to_owned());
        for part in keywords.iter().flat_map(|keyword| parts(clean, pointer, keyword)) {
            self.gather(clean, &part, keywords, names, seen);
        }
    }

    /// Whether this is the place of a forbidden property.
    fn forbids(&self, pointer: &str) -> bool {
        let place =
            pointer.rsplit_once('/').and_then(|(holder, name)| Some((holder.strip_suffix("/properties")?, name)));
        place.is_some_and(|(holder, name)| {
            self.is_forbidden && self.flagged.get(holder).is_some_and(|names| names.contains(unescape(name).as_ref()))
        })
    }

    fn apply(&self, members: &mut Map<String, Value>, pointer: &str) {
        let properties = members.get_mut("properties").and_then(Value::as_object_mut);
        if let Some(properties) = properties.filter(|_| self.is_forbidden) {
            let forbidden = self.flagged.get(pointer).into_iter().flatten();
            forbidden.for_each(|name| {
                let own = properties.insert(name.clone(), Value::Null);
                properties.insert(name.clone(), json!({ "not": {}, OWN: own }));
            });
        }
        if let (Some(dropped), Some(Value::Array(required))) = (self.dropped.get(pointer), members.get_mut("required"))
        {
            required.retain(|name| name.as_str().is_none_or(|name| !dropped.contains(name)));
        }
        members.retain(|name, _| name != "readOnly" && name != "writeOnly");
    }
}

/// The pointers of the schemas in a list of a schema, or of the one that it refers to.
fn parts(clean: &Value, pointer: &str, keyword: &str) -> Vec<String> {
    match find(clean, pointer).and_then(|schema| schema.get(keyword)) {
        Some(Value::String(reference)) => target(reference).into_iter().collect(),
        Some(Value::Array(list)) => (0..list.len()).map(|at| format!("{pointer}/{keyword}/{at}")).collect(),
        _ => Vec::new(),
    }
}

/// Whether a schema says `readOnly` or `writeOnly`, itself, by reference, or by a part of it.
fn is_flagged(clean: &Value, pointer: &str, keyword: &str, depth: usize) -> bool {
    let says = find(clean, pointer).and_then(|schema| schema.get(keyword)) == Some(&Value::Bool(true));
    let mut parts = ["$ref", "allOf"].iter().flat_map(|composed| parts(clean, pointer, composed));
    says || depth < 32 && parts.any(|part| is_flagged(clean, &part, keyword, depth + 1))
}
