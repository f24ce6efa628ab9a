//! What of an exchange must never be written in clear.
//!
//! The contract's `x-secret` says which properties and parameters hold secrets; credentials and cookies always are. Each is
//! learned by value, so that it is found wherever else it turns up.

use serde_json::Value;

use crate::checks::Observation;
use crate::contract::{Contract, Seen, ShapeId};
use crate::record::Headers;
use crate::record::redaction::Secrets;

/// Query parameters of redirects that carry what a token endpoint would.
const SECRET_QUERY: &[&str] = &["code", "access_token", "id_token", "refresh_token", "user_code", "token"];

/// Learns every secret of an exchange.
pub fn learn(secrets: &mut Secrets, contract: &Contract, observation: &Observation) {
    let exchange = &observation.exchange;
    credentials(secrets, &exchange.request.headers);
    query(secrets, &exchange.request.url);
    request_body(secrets, contract, observation);
    let Some(response) = exchange.response() else { return };
    for cookie in response.headers.all("set-cookie") {
        pair(secrets, String::from_utf8_lossy(cookie).split(';').next().unwrap_or_default());
    }
    if let Some(location) = response.headers.get("location") {
        query(secrets, &location);
    }
    let shapes = observation.reply(contract).into_iter().flat_map(|reply| &reply.media_types);
    if let (Some(shape), Some(value)) = (shapes.filter_map(|known| known.shape).next(), observation.body.value()) {
        body(secrets, contract, shape, value);
    }
}

fn credentials(secrets: &mut Secrets, headers: &Headers) {
    for field in headers.all("authorization") {
        let field = String::from_utf8_lossy(field);
        if let Some((scheme, value)) = field.split_once(' ') {
            secrets.learn(if scheme.eq_ignore_ascii_case("basic") { "basic" } else { "token" }, value.trim());
        }
    }
    for field in headers.all("cookie") {
        String::from_utf8_lossy(field).split(';').for_each(|cookie| pair(secrets, cookie));
    }
}

fn pair(secrets: &mut Secrets, cookie: &str) {
    if let Some((_, value)) = cookie.split_once('=') {
        secrets.learn("cookie", value.trim());
    }
}

fn query(secrets: &mut Secrets, url: &str) {
    let Some((_, query)) = url.split_once('?') else { return };
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if SECRET_QUERY.contains(&name.as_ref()) {
            secrets.learn(&name, &value);
        }
    }
}

fn request_body(secrets: &mut Secrets, contract: &Contract, observation: &Observation) {
    let request = observation.operation(contract).and_then(|operation| operation.request.as_ref());
    let Some((shape, bytes)) =
        request.and_then(|request| request.shape).zip(observation.exchange.request.body.as_ref())
    else {
        return;
    };
    let is_form = request.is_some_and(|request| request.media_type == "application/x-www-form-urlencoded");
    let value = if is_form {
        let fields = url::form_urlencoded::parse(bytes);
        Some(fields.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect())
    } else {
        serde_json::from_slice(bytes).ok()
    };
    if let Some(value) = value {
        body(secrets, contract, shape, &value);
    }
}

fn body(secrets: &mut Secrets, contract: &Contract, shape: ShapeId, value: &Value) {
    contract.shapes().walk(shape, value, &mut |seen, pointer, _| {
        if let Seen::Secret(value) = seen {
            whatever(secrets, pointer.rsplit('/').next().unwrap_or("secret"), value);
        }
    });
}

/// A secret may be of a type that it should not be, and stays a secret.
fn whatever(secrets: &mut Secrets, name: &str, value: &Value) {
    match value {
        Value::String(text) => secrets.learn(name, text),
        Value::Number(number) => secrets.learn(name, &number.to_string()),
        Value::Array(entries) => entries.iter().for_each(|entry| whatever(secrets, name, entry)),
        Value::Object(members) => members.values().for_each(|member| whatever(secrets, name, member)),
        Value::Null | Value::Bool(_) => {}
    }
}
