//! Requests made from the contract alone: from its examples where it has them, else the least that its schemas allow.
//!
//! Whether a server accepts them is a guess, which the first walks try out. Deliberately not here: requests that scenarios are
//! known to send (`inputs`).

use serde_json::{Map, Value, json};

use super::input::{Input, id_parameter};
use crate::contract::{Contract, Direction, Lifecycle, Location, Operation, StatusKey};

/// References are followed so far: a schema may hold itself.
const DEPTH: usize = 12;

/// A request of an operation of a lifecycle, as far as the contract says what it may be like.
pub(super) fn sample(operation: &Operation, lifecycle: &Lifecycle, contract: &Contract) -> Option<Input> {
    let begins = lifecycle.initial.contains_key(&operation.name);
    let id = id_parameter(operation, lifecycle, contract).filter(|_| !begins);
    let mut input = Input { operation: operation.name.clone(), is_guess: true, seen: 1, ..Input::default() };
    let needed = operation.parameters.iter().filter(|known| known.required && Some(&known.name) != id.as_ref());
    for parameter in needed.filter(|known| known.name != "envID") {
        let value = value_at(contract, parameter.schema.as_deref()?)?;
        let place = match parameter.location {
            Location::Path => &mut input.path,
            Location::Query => &mut input.query,
            Location::Header => &mut input.headers,
            Location::Cookie => &mut input.cookies,
        };
        place.insert(parameter.name.clone(), value);
    }
    input.body = match operation.body().and_then(|body| body.schema.as_deref()) {
        Some(schema) => Some(body(contract, schema)?),
        None => None,
    };
    input.shows_state = always_shows(operation);
    Some(input)
}

/// Whether every answer that accepts is the resource.
pub(super) fn always_shows(operation: &Operation) -> bool {
    let accepts = |status: StatusKey| (200..400).any(|code| status.fits(code));
    let mut accepted = operation.replies().filter(|reply| accepts(reply.status));
    accepted.all(|reply| reply.media_types.iter().any(|known| known.lifecycle.is_some()))
}

/// A body: the example of its media type, or the least that its schema allows, if that is valid.
fn body(contract: &Contract, schema: &str) -> Option<Value> {
    let media_type = schema.strip_suffix("/schema").and_then(|media_type| contract.resolved(media_type));
    let example = media_type.and_then(|media_type| {
        let named =
            media_type.get("examples").and_then(Value::as_object).and_then(|all| all.values().next()?.get("value"));
        media_type.get("example").or(named).cloned()
    });
    example.or_else(|| value_at(contract, schema))
}

fn value_at(contract: &Contract, pointer: &str) -> Option<Value> {
    let value = least(contract, contract.resolved(pointer)?, DEPTH)?;
    let valid = contract.validator(pointer, Direction::Request).is_ok_and(|schema| schema.is_valid(&value));
    valid.then_some(value)
}

/// The least value that a schema allows; `None` where that is hard to say.
fn least(contract: &Contract, schema: &Value, depth: usize) -> Option<Value> {
    let deeper = |schema: &Value| least(contract, schema, depth.checked_sub(1)?);
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return deeper(contract.resolved(reference.strip_prefix('#')?)?);
    }
    let first = |list: &str| schema.get(list).and_then(Value::as_array)?.first();
    let given = ["example", "default", "const"].iter().find_map(|name| schema.get(*name));
    if let Some(given) = given.or_else(|| first("examples")).or_else(|| first("enum")) {
        return Some(given.clone());
    }
    if let Some(alternative) = first("oneOf").or_else(|| first("anyOf")) {
        return deeper(alternative);
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let parts: Option<Vec<Value>> = parts.iter().map(deeper).collect();
        return parts?.into_iter().reduce(joined);
    }
    match kind(schema)? {
        "object" => object(schema, deeper),
        "array" => {
            let (least, items) = (number(schema, "minItems").unwrap_or(0), schema.get("items"));
            (0..least).map(|_| deeper(items?)).collect::<Option<Vec<_>>>().map(Value::from)
        }
        "string" => Some(text(schema).into()),
        "integer" | "number" => Some(schema.get("minimum").cloned().unwrap_or_else(|| json!(1))),
        "boolean" => Some(true.into()),
        _ => Some(Value::Null),
    }
}

/// The type of a value; a schema with properties is one of an object.
fn kind(schema: &Value) -> Option<&str> {
    let named = schema.get("type").and_then(|named| named.as_str().or_else(|| named.as_array()?.first()?.as_str()));
    named.or_else(|| schema.get("properties").map(|_| "object"))
}

fn object(schema: &Value, value: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let member = |name: &str| Some((name.to_owned(), value(schema.get("properties")?.get(name)?)?));
    required.map(member).collect::<Option<Map<_, _>>>().map(Value::Object)
}

fn text(schema: &Value) -> String {
    let known = match schema.get("format").and_then(Value::as_str) {
        Some("uuid") => "5f2c9b3e-8d41-4a7e-9c60-1b8f3d2e7a90",
        Some("date-time") => "2030-01-01T00:00:00Z",
        Some("date") => "2030-01-01",
        Some("email") => "somebody@example.com",
        Some("uri" | "url") => "https://example.com/",
        _ => "text",
    };
    let least = number(schema, "minLength").unwrap_or(0);
    known.chars().chain(std::iter::repeat('x')).take(known.len().max(least)).collect()
}

fn number(schema: &Value, name: &str) -> Option<usize> {
    usize::try_from(schema.get(name)?.as_u64()?).ok()
}

/// The members of two objects.
fn joined(mut one: Value, other: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (one.as_object_mut(), other) {
        members.extend(more);
    }
    one
}
