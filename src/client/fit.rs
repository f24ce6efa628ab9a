//! Whether the arguments of a call fit what the contract documents, where no types were generated that would refuse them.
//!
//! Deliberately not here: a call that is wrong on purpose, which nobody asks about.

use serde_json::{Map, Value};

use super::arguments::{CallError, as_fields, respelt};
use super::call::Call;
use crate::base::media_type::{essence, is_json};
use crate::contract::{Contract, Direction, Location, Parameter, RequestBody};

/// Header fields that are no parameters, whatever a document says.
const NO_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// Holds the arguments of a call against the contract.
///
/// # Errors
/// An argument that is unknown, missing, or not what its schema asks for.
pub(super) fn check(contract: &Contract, call: &Call<'_>) -> Result<(), CallError> {
    let operation = call.operation;
    for (location, given) in
        [(Location::Path, &call.path), (Location::Query, &call.query), (Location::Cookie, &call.cookies)]
    {
        if let Some(name) = given.keys().find(|name| operation.parameter_in(location, name).is_none()) {
            return Err(CallError::parameter(name, format!("{} has no such {location} parameter", operation.name)));
        }
    }
    operation.parameters.iter().try_for_each(|parameter| check_parameter(contract, call, parameter))?;
    check_body(contract, call)
}

fn check_parameter(contract: &Contract, call: &Call<'_>, parameter: &Parameter) -> Result<(), CallError> {
    let given = |all: &Map<String, Value>| all.get(&parameter.name).cloned();
    let value = match parameter.location {
        Location::Path => given(&call.path),
        Location::Query => given(&call.query),
        Location::Cookie => given(&call.cookies),
        Location::Header if NO_PARAMETERS.contains(&parameter.name.to_ascii_lowercase().as_str()) => return Ok(()),
        Location::Header => call.fields.get(&parameter.name.to_ascii_lowercase()).cloned(),
    };
    match (value, parameter.location) {
        (None, Location::Cookie) if call.headers.contains_key("cookie") => Ok(()),
        (None, _) if parameter.required && !call.without.iter().any(|name| name == parameter.name.as_str()) => {
            Err(CallError::parameter(&parameter.name, "is missing"))
        }
        (None, _) => Ok(()),
        (Some(value), location) => {
            if location == Location::Path && matches!(value.as_str(), Some("" | "." | "..")) {
                return Err(CallError::parameter(&parameter.name, format_args!("{value} cannot stand in a path")));
            }
            fits(contract, parameter.schema.as_deref(), &value).map_err(|(at, message)| {
                let at = if at.is_empty() { String::new() } else { format!("at {at}: ") };
                CallError::parameter(&parameter.name, format!("{at}{message}"))
            })
        }
    }
}

fn check_body(contract: &Contract, call: &Call<'_>) -> Result<(), CallError> {
    let name = &call.operation.name;
    match (call.operation.body(), &call.body) {
        (None, Some(_)) => Err(CallError::argument("/body", format_args!("{name} takes no body"))),
        (Some(known), None) if known.required => Err(CallError::argument("/body", format_args!("{name} needs a body"))),
        (Some(known), Some(body)) => check_content(contract, known, body)
            .map_err(|(at, message)| CallError::argument(format!("/body{at}"), message)),
        _ => Ok(()),
    }
}

/// Holds a body against its schema, where that speaks of more than text or bytes.
fn check_content(contract: &Contract, known: &RequestBody, body: &Value) -> Result<(), Misfit> {
    let schema = known.schema.as_deref();
    if is_json(&known.media_type) {
        return valid(contract, schema, body);
    }
    if !known.is_form() && essence(&known.media_type) != "multipart/form-data" {
        return Ok(());
    }
    let fitting = valid(contract, schema, &with_texts_of(body));
    fitting.or_else(|misfit| valid(contract, schema, &as_fields(body)).map_err(|_| misfit))
}

/// Where a value does not fit, and why.
type Misfit = (String, String);

/// A form in which `{ base64: … }` is the text that a schema speaks of.
fn with_texts_of(body: &Value) -> Value {
    match body {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), part_text(value))).collect(),
        other => other.clone(),
    }
}

fn part_text(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(part_text).collect(),
        Value::Object(_) => value.get("base64").unwrap_or(value).clone(),
        other => other.clone(),
    }
}

/// Whether a value fits as it is, or as it would be read back from text.
fn fits(contract: &Contract, schema: Option<&str>, value: &Value) -> Result<(), Misfit> {
    let as_given = valid(contract, schema, value);
    as_given.or_else(|error| match respelt(value) {
        Some(other) => valid(contract, schema, &other).map_err(|_| error),
        None => Err(error),
    })
}

/// What is wrong with a value, and where in it. A schema that cannot be used says nothing.
fn valid(contract: &Contract, schema: Option<&str>, value: &Value) -> Result<(), Misfit> {
    let validator = schema.and_then(|schema| contract.validator(schema, Direction::Request).ok());
    let Some(validator) = validator else { return Ok(()) };
    match validator.violations(value, 1).0.into_iter().next() {
        Some(violation) => Err((violation.instance, violation.message)),
        None => Ok(()),
    }
}
