//! The secrets that a request carried.
//!
//! The contract's `x-secret` says which members of a body and which parameters hold secrets; credentials always are.
//! Cookies are not among them: the documentation has the tenant send them back.
//!
//! Deliberately not here: what becomes of them. The engine keeps them out of everything that is written, `secret-echo`
//! looks for them in the answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Observation;
use crate::contract::{Contract, Location, Operation, ShapeEvent, ShapeId};

/// Reports every secret of a request: the name of what it is, and its value.
pub(crate) fn secrets(contract: &Contract, observation: &Observation, report: &mut dyn FnMut(&str, &str)) {
    credentials(observation, report);
    if let Some(operation) = observation.operation(contract) {
        query(operation, &observation.exchange.request.url, report);
        body(contract, operation, observation, report);
    }
}

fn credentials(observation: &Observation, report: &mut dyn FnMut(&str, &str)) {
    for field in observation.exchange.request.headers.all("authorization") {
        let field = String::from_utf8_lossy(field);
        // Of credentials that are not even marked, a recording has only the length.
        let is_length = observation.redacted && field.starts_with('‹');
        let Some((scheme, value)) = field.split_once(' ').filter(|_| !is_length) else { continue };
        if !scheme.eq_ignore_ascii_case("basic") {
            report("token", value.trim());
            continue;
        }
        report("basic", value.trim());
        let pair = STANDARD.decode(value.trim()).ok().and_then(|pair| String::from_utf8(pair).ok());
        if let Some((_, secret)) = pair.as_deref().and_then(|pair| pair.split_once(':')) {
            report("secret", secret);
        }
    }
}

fn query(operation: &Operation, url: &str, report: &mut dyn FnMut(&str, &str)) {
    let Some((_, query)) = url.split_once('?') else { return };
    let is_secret = |name: &str| {
        let mut parameters = operation.parameters.iter();
        parameters.any(|known| known.secret && known.location == Location::Query && known.name == name)
    };
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| is_secret(name)) {
        report(&name, &value);
    }
}

fn body(contract: &Contract, operation: &Operation, observation: &Observation, report: &mut dyn FnMut(&str, &str)) {
    let Some(request) = &operation.request else { return };
    let Some((shape, bytes)) = request.shape.zip(observation.exchange.request.body.as_ref()) else { return };
    if request.is_form() {
        let fields = url::form_urlencoded::parse(bytes);
        let value = fields.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect();
        members(contract, shape, &value, report);
    } else if let Some(value) = observation.sent() {
        members(contract, shape, value, report);
    }
}

/// Reports every secret in a body.
pub(crate) fn members(contract: &Contract, shape: ShapeId, value: &Value, report: &mut dyn FnMut(&str, &str)) {
    contract.shapes.walk(shape, value, &mut |seen, pointer, _| {
        if let ShapeEvent::Secret(value) = seen {
            whatever(pointer.rsplit('/').next().unwrap_or("secret"), value, report);
        }
    });
}

/// A secret may be of a type that it should not be, and stays a secret.
fn whatever(name: &str, value: &Value, report: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => report(name, text),
        Value::Number(number) => report(name, &number.to_string()),
        Value::Array(entries) => entries.iter().for_each(|entry| whatever(name, entry, report)),
        Value::Object(members) => members.values().for_each(|member| whatever(name, member, report)),
        Value::Null | Value::Bool(_) => {}
    }
}
