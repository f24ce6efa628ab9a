//! The schemas of a document without what cannot be judged by: each fault is told once, and only what it touches is left out.
//!
//! Deliberately not here: what a schema means for one direction (see `translate`).

use serde_json::{Map, Value, json};

use super::error::ContractError;
use super::pattern::Pattern;
use super::places::{LISTS, MAPS, Places, SINGLE};
use super::reference::target;
use crate::base::pointer::{find, join, unescape};

/// The keywords of OpenAPI 3.0 that hold for a value and are no schemas themselves; `patternProperties`, which it does not
/// have, means one thing only.
const KEYWORDS: [&str; 22] = [
    "type",
    "format",
    "enum",
    "required",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "nullable",
    "readOnly",
    "writeOnly",
    "discriminator",
    "$ref",
];

/// What JSON Schema does not know, or knows otherwise.
const NOT_JSON_SCHEMA: [&str; 5] = ["nullable", "readOnly", "writeOnly", "discriminator", "$ref"];

/// All schemas of a document, each at its pointer, and what was wrong with them, unless nobody asks because nothing is.
/// Lists outside of schemas become maps, which pointers enter alike.
pub(super) fn schemas(document: &Value, places: &Places, mut faults: Option<&mut Vec<ContractError>>) -> Value {
    let mut clean = json!({});
    for pointer in &places.schemas {
        if let Some(members) = find(document, pointer).and_then(Value::as_object) {
            put(&mut clean, pointer, one(document, members, pointer, faults.as_deref_mut()));
        }
    }
    clean
}

/// One schema, with room for those inside it.
fn one(
    document: &Value,
    members: &Map<String, Value>,
    pointer: &str,
    faults: Option<&mut Vec<ContractError>>,
) -> Value {
    let leads_nowhere =
        |reference: &Value| !reference.as_str().and_then(target).is_some_and(|target| leads(document, &target));
    if members.get("$ref").is_some_and(leads_nowhere) {
        return anything();
    }
    let known = members.iter().filter(|(name, _)| KEYWORDS.contains(&name.as_str()));
    let mut schema: Map<String, Value> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
    for name in MAPS.iter().chain(&SINGLE).chain(&LISTS) {
        schema.extend(members.get(*name).map(|value| ((*name).to_owned(), room(value))));
    }
    tidy(&mut schema);
    if let Some(faults) = faults {
        leave_out_wrong(&mut schema, pointer, faults);
    }
    Value::Object(schema)
}

/// Leaves out the keywords of a schema whose values mean nothing, and tells them.
fn leave_out_wrong(schema: &mut Map<String, Value>, pointer: &str, faults: &mut Vec<ContractError>) {
    let wrong = wrong_keywords(schema);
    let open = wrong.iter().any(|(keyword, _)| MAPS.contains(&keyword.as_str()) || LISTS.contains(&keyword.as_str()));
    for (keyword, message) in wrong {
        schema.remove(&keyword);
        faults.push(ContractError::new(join(pointer, &keyword), message));
    }
    if open {
        schema.insert("additionalProperties".into(), Value::Bool(true));
    }
}

/// A schema that takes everything, and documents nothing.
fn anything() -> Value {
    json!({ "additionalProperties": true })
}

/// Whether a reference leads somewhere in the end.
fn leads(document: &Value, pointer: &str) -> bool {
    super::reference::resolve(document, pointer).is_ok_and(|(value, _)| value.is_object())
}

/// A value of the same form, with schemas that take everything where schemas stand.
fn room(value: &Value) -> Value {
    match value {
        Value::Array(entries) => Value::Array(entries.iter().map(|_| anything()).collect()),
        Value::Object(_) => json!({}),
        other => other.clone(),
    }
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
fn wrong_keywords(schema: &Map<String, Value>) -> Vec<(String, String)> {
    let judged = schema.iter().filter(|(name, _)| !NOT_JSON_SCHEMA.contains(&name.as_str()) && *name != "pattern");
    let judged: Map<String, Value> = judged.map(|(name, value)| (name.clone(), value.clone())).collect();
    let judged = Value::Object(judged);
    let mut wrong = Vec::new();
    if !jsonschema::draft4::meta::is_valid(&judged) {
        for error in jsonschema::draft4::meta::validator().iter_errors(&judged) {
            let path = error.instance_path().to_string();
            let keyword =
                path.split('/').nth(1).map_or("exclusiveMinimum".to_owned(), |name| unescape(name).into_owned());
            wrong.push((keyword, format!("{error:.200}")));
        }
    }
    wrong.extend(wrong_pattern(schema));
    wrong.extend(wrong_own(schema));
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
            Value::Object(members) => Some(members.entry(token.into_owned()).or_insert_with(|| json!({}))),
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
