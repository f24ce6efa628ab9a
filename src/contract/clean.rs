//! The schemas of a document without what cannot be judged by: each fault is told once, and only what it touches is left out.
//!
//! Deliberately not here: what a schema means for one direction (see `translate`).

use serde_json::{Map, Value, json};

use super::dialect::{Dialect, Keywords, is_known};
use super::error::ContractError;
use super::keyword::{listed, types};
use super::pattern::Pattern;
use super::places::Places;
use super::reference::{resolve, target};
use crate::base::pointer::{find, join, unescape};

/// What JSON Schema does not know, or is examined apart from it.
const NOT_JSON_SCHEMA: [&str; 6] = ["nullable", "readOnly", "writeOnly", "discriminator", "$ref", "pattern"];

/// All schemas of a document, each at its pointer, and what was wrong with them, unless nobody asks because nothing is.
/// Lists outside of schemas become maps, which pointers enter alike.
pub(super) fn schemas(document: &Value, places: &Places, mut faults: Option<&mut Vec<ContractError>>) -> Value {
    let mut clean = json!({});
    let dialect = Dialect::of(document);
    for pointer in &places.schemas {
        match find(document, pointer) {
            Some(Value::Object(members)) => {
                let schema = Written { document, dialect, members, pointer };
                put(&mut clean, pointer, schema.clean(faults.as_deref_mut()));
            }
            Some(Value::Bool(all)) => put(&mut clean, pointer, Value::Bool(*all)),
            _ => {}
        }
    }
    clean
}

/// A schema as it is written.
struct Written<'a> {
    document: &'a Value,
    dialect: Dialect,
    members: &'a Map<String, Value>,
    pointer: &'a str,
}

impl Written<'_> {
    /// The schema without what is wrong with it, and with room for those inside it.
    fn clean(&self, faults: Option<&mut Vec<ContractError>>) -> Value {
        if let Some(other) = self.members.get("$schema").filter(|named| self.dialect.is_modern() && !is_known(named)) {
            let message = format!("the dialect {other:.120} is not supported");
            faults
                .into_iter()
                .for_each(|faults| faults.push(ContractError::new(join(self.pointer, "$schema"), message.clone())));
            return anything();
        }
        let keywords = self.dialect.keywords();
        let known = self.members.iter().filter(|(name, _)| keywords.others.contains(&name.as_str()));
        let mut schema: Map<String, Value> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
        for name in keywords.maps {
            schema.extend(self.members.get(*name).map(|value| ((*name).to_owned(), room_for_named(value))));
        }
        for name in keywords.single.iter().chain(keywords.lists) {
            schema.extend(self.members.get(*name).map(|value| ((*name).to_owned(), room(value))));
        }
        if schema.get("$ref").is_some_and(|reference| self.leads_nowhere(reference)) {
            if !self.dialect.is_modern() {
                return anything();
            }
            schema.remove("$ref");
            leave_open(&mut schema);
        }
        tidy(&mut schema);
        if let Some(faults) = faults {
            self.leave_out_wrong(&mut schema, faults);
        }
        Value::Object(schema)
    }

    fn leads_nowhere(&self, reference: &Value) -> bool {
        !reference.as_str().and_then(target).is_some_and(|target| leads(self.document, &target))
    }

    /// Leaves out the keywords of a schema whose values mean nothing, and tells them.
    fn leave_out_wrong(&self, schema: &mut Map<String, Value>, faults: &mut Vec<ContractError>) {
        let wrong = wrong_keywords(self.dialect, schema);
        let Keywords { maps, lists, .. } = self.dialect.keywords();
        let holds_schemas = |keyword: &str| maps.contains(&keyword) || lists.contains(&keyword);
        let open = self.has_wrong_pattern() || wrong.iter().any(|(keyword, _)| holds_schemas(keyword));
        for (keyword, message) in wrong {
            schema.remove(&keyword);
            faults.push(ContractError::new(join(self.pointer, &keyword), message));
        }
        if open {
            schema.remove("additionalProperties");
            leave_open(schema);
        }
    }

    /// Whether a pattern of names is none, so that nobody knows of which properties it speaks.
    fn has_wrong_pattern(&self) -> bool {
        let patterns = self.members.get("patternProperties").and_then(Value::as_object);
        patterns.is_some_and(|patterns| patterns.keys().any(|pattern| Pattern::new(pattern).is_err()))
    }
}

/// Lets a schema take the properties that something may document which is not known.
fn leave_open(schema: &mut Map<String, Value>) {
    schema.entry("additionalProperties").or_insert(Value::Bool(true));
}

/// A schema that takes everything, and documents nothing.
fn anything() -> Value {
    json!({ "additionalProperties": true })
}

/// Whether a reference leads somewhere in the end.
fn leads(document: &Value, pointer: &str) -> bool {
    resolve(document, pointer).is_ok_and(|(value, _)| value.is_object() || value.is_boolean())
}

/// A value of the same form, with schemas that take everything where schemas stand.
fn room(value: &Value) -> Value {
    match value {
        Value::Array(entries) => Value::Array(entries.iter().map(|_| anything()).collect()),
        Value::Object(_) => json!({}),
        other => other.clone(),
    }
}

/// A map with room for its schemas; what is none takes everything.
fn room_for_named(value: &Value) -> Value {
    let Value::Object(members) = value else { return room(value) };
    let wrong = members.iter().filter(|(_, member)| !member.is_object() && !member.is_boolean());
    Value::Object(wrong.map(|(name, _)| (name.clone(), anything())).collect())
}

/// What JSON Schema asks of a list and nobody can get wrong otherwise.
fn tidy(schema: &mut Map<String, Value>) {
    for keyword in ["required", "enum"] {
        if let Some(Value::Array(entries)) = schema.get_mut(keyword) {
            let mut kept: Vec<Value> = Vec::with_capacity(entries.len());
            entries.drain(..).for_each(|entry| {
                if !kept.contains(&entry) {
                    kept.push(entry)
                }
            });
            *entries = kept;
        }
    }
    if schema.get("required") == Some(&json!([])) {
        schema.remove("required");
    }
}

/// The keywords of a schema whose values mean nothing, each with the reason.
fn wrong_keywords(dialect: Dialect, schema: &Map<String, Value>) -> Vec<(String, String)> {
    let judged = schema.iter().filter(|(name, _)| !NOT_JSON_SCHEMA.contains(&name.as_str()));
    let judged: Map<String, Value> = judged.map(|(name, value)| (name.clone(), value.clone())).collect();
    let judged = Value::Object(judged);
    let mut wrong = Vec::new();
    let meta = dialect.meta();
    if !meta.is_valid(&judged) {
        for error in meta.iter_errors(&judged) {
            let path = error.instance_path().to_string();
            let keyword =
                path.split('/').nth(1).map_or("exclusiveMinimum".to_owned(), |name| unescape(name).into_owned());
            wrong.push((keyword, format!("{error:.200}")));
        }
    }
    wrong.extend(wrong_pattern(schema));
    wrong.extend(wrong_own(schema));
    wrong.extend(unattainable(&judged, schema.get("nullable") == Some(&Value::Bool(true))));
    wrong.sort();
    wrong.dedup_by(|one, other| one.0 == other.0);
    wrong
}

fn wrong_pattern(schema: &Map<String, Value>) -> Option<(String, String)> {
    let message = match schema.get("pattern")? {
        Value::String(pattern) => Pattern::new(pattern).err()?.to_string(),
        other => format!("{other:.60} is no pattern"),
    };
    Some(("pattern".into(), message))
}

/// Values that are listed although none of them is of a type that is stated, so that nothing at all would be valid.
fn unattainable(schema: &Value, nullable: bool) -> Option<(String, String)> {
    let keyword = ["enum", "const"].into_iter().find(|keyword| schema.get(keyword).is_some())?;
    let (listed, stated) = (listed(schema)?, types(schema).collect::<Vec<_>>());
    let is_valid = |value: &Value| stated.iter().any(|kind| is_of(value, kind)) || nullable && value.is_null();
    let none = !stated.is_empty() && !listed.is_empty() && !listed.iter().any(is_valid);
    none.then(|| (keyword.to_owned(), format!("no value of it is of the type {}", stated.join(" or "))))
}

fn is_of(value: &Value, kind: &str) -> bool {
    match value {
        Value::Null => kind == "null",
        Value::Bool(_) => kind == "boolean",
        Value::Number(number) => {
            kind == "number" || kind == "integer" && number.as_f64().is_none_or(|it| it.fract() == 0.0)
        }
        Value::String(_) => kind == "string",
        Value::Array(_) => kind == "array",
        Value::Object(_) => kind == "object",
    }
}

/// What is OpenAPI's own.
fn wrong_own(schema: &Map<String, Value>) -> Vec<(String, String)> {
    let flags = ["nullable", "readOnly", "writeOnly"].into_iter().filter_map(|name| schema.get_key_value(name));
    let flags = flags.filter(|(_, value)| !value.is_boolean());
    let list = schema.get_key_value("items").filter(|(_, value)| value.is_array());
    let nothing = schema.get_key_value("enum").filter(|(_, value)| **value == json!([]));
    let wrong = flags
        .chain(list)
        .chain(nothing)
        .map(|(name, value)| (name.clone(), format!("{value:.60} has no meaning here")));
    wrong.collect()
}

/// Puts a schema at a pointer, unless something stands there that is no room for it.
fn put(root: &mut Value, pointer: &str, schema: Value) {
    let mut place = root;
    for token in pointer.split('/').skip(1) {
        let token = unescape(token);
        let next = match place {
            Value::Object(members) => {
                // Most are there, and need no name of their own.
                if !members.contains_key(&*token) {
                    members.insert(token.clone().into_owned(), json!({}));
                }
                members.get_mut(&*token)
            }
            Value::Array(entries) => token.parse().ok().and_then(|at: usize| entries.get_mut(at)),
            _ => None,
        };
        let Some(next) = next else { return };
        place = next;
    }
    if *place == json!({}) || *place == anything() {
        *place = schema;
    }
}
