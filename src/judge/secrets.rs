//! What of an exchange must never be written in clear.
//!
//! The contract's `x-secret` says which properties and parameters hold secrets; credentials, cookies and signed tokens always
//! are, and so is whatever has a name that means a secret everywhere, or looks like a credential in a URL, a header field or a
//! body. Each is learned by value, so that it is found wherever else it turns up.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::base::text::lossy;
use crate::checks::{Observation, sent};
use crate::contract::Contract;
use crate::record::redaction::{Secrets, names};
use crate::record::{Headers, Response};
use crate::scenario::model::{Json, JsonValue, Scenario, StepAction};

/// A name with its value in a text that is no JSON.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"([A-Za-z][A-Za-z_-]{1,24})["']?\s*[:=]\s*["']?([^"'&\s,;<>{}\[\]]{4,})"#).expect("a literal pattern")
});

/// Learns every secret of an exchange.
pub(crate) fn learn(secrets: &mut Secrets, contract: &Contract, observation: &Observation) {
    let exchange = &observation.exchange;
    sent::secrets(contract, observation, &mut |name, value| secrets.learn(name, value));
    request(secrets, observation);
    let Some(response) = exchange.response() else { return };
    let shapes = observation.reply(contract).into_iter().flat_map(|reply| &reply.media_types);
    if let (Some(shape), Some(value)) = (shapes.filter_map(|known| known.shape).next(), observation.body.value()) {
        sent::members(contract, shape, value, &mut |name, value| secrets.learn(name, value));
    }
    answer(secrets, response, observation.body.value());
}

/// Learns the secrets that a scenario has written out. What is not sent is shown all the same: the lines of steps that were
/// not reached, and of a scenario that was never begun.
pub(crate) fn literals(secrets: &mut Secrets, contract: &Contract, scenario: &Scenario) {
    for step in scenario.steps.iter().chain(&scenario.cleanup) {
        let StepAction::Call(call) = &step.action else { continue };
        let Some(body) = call.body.as_ref().map(plain) else { continue };
        let request = contract.operation(&call.operation.value).and_then(|operation| operation.request.as_ref());
        if let Some(shape) = request.and_then(|request| request.shape) {
            sent::members(contract, shape, &body, &mut |name, value| secrets.learn(name, value));
        }
        members(secrets, &body);
    }
}

/// A value as far as it is written out; what is made later is null.
fn plain(json: &Json) -> Value {
    match &json.value {
        JsonValue::Literal(value) => value.clone(),
        JsonValue::Template(_) => Value::Null,
        JsonValue::Array(items) => items.iter().map(plain).collect(),
        JsonValue::Object(entries) => entries.iter().map(|(name, value)| (name.value.clone(), plain(value))).collect(),
    }
}

fn request(secrets: &mut Secrets, observation: &Observation) {
    let request = &observation.exchange.request;
    for field in request.headers.all("cookie") {
        lossy(field).split(';').for_each(|cookie| pair(secrets, cookie));
    }
    query(secrets, &request.url);
    secrets.learn_looks(&request.url);
    fields_of(secrets, &request.headers);
    let Some(bytes) = &request.body else { return };
    match request.headers.media_type() {
        Some("application/x-www-form-urlencoded") => form(secrets, bytes, names::holds_secret),
        _ => named(secrets, bytes, observation.sent()),
    }
}

fn answer(secrets: &mut Secrets, response: &Response, value: Option<&Value>) {
    for cookie in response.headers.all("set-cookie") {
        pair(secrets, lossy(cookie).split(';').next().unwrap_or_default());
    }
    for location in response.headers.all("location") {
        query(secrets, &lossy(location));
    }
    fields_of(secrets, &response.headers);
    named(secrets, &response.body, value);
}

fn pair(secrets: &mut Secrets, cookie: &str) {
    if let Some((_, value)) = cookie.split_once('=') {
        secrets.learn("cookie", value.trim().trim_matches('"'));
    }
}

/// Query parameters of redirects that carry what a token endpoint would, besides those whose names say so, however short.
const SECRET_QUERY: &[&str] = &["code", "token", "ticket", "state_token", "session_token"];

/// The query of a URL, and its fragment: implicit grants put tokens there.
fn query(secrets: &mut Secrets, url: &str) {
    let is_secret = |name: &str, value: &str| SECRET_QUERY.contains(&name) || names::holds_secret_in_query(name, value);
    let Some((_, rest)) = url.split_once(['?', '#']) else { return };
    rest.split('#').for_each(|part| form(secrets, part.as_bytes(), is_secret));
}

fn form(secrets: &mut Secrets, form: &[u8], is_secret: impl Fn(&str, &str) -> bool) {
    for (name, value) in url::form_urlencoded::parse(form).filter(|(name, value)| is_secret(name, value)) {
        secrets.learn(&name, &value);
    }
}

/// What header fields show by their names and looks.
fn fields_of(secrets: &mut Secrets, headers: &Headers) {
    for (name, value) in &headers.0 {
        let value = lossy(value);
        if names::is_secret(name) {
            secrets.learn(name, value.trim());
        }
        secrets.learn_looks(&value);
    }
}

/// What a body's own names and shapes give away, whatever the contract says of it.
fn named(secrets: &mut Secrets, body: &[u8], value: Option<&Value>) {
    let text = lossy(body);
    match value {
        Some(value) => members(secrets, value),
        None => {
            let pairs = PAIR.captures_iter(&text).map(|found| found.extract().1);
            let secret = pairs.filter(|[name, value]| names::holds_secret(name, value));
            secret.for_each(|[name, value]| secrets.learn(name, value));
        }
    }
    secrets.learn_looks(&text);
}

fn members(secrets: &mut Secrets, value: &Value) {
    match value {
        Value::Object(entries) => {
            named_entry(secrets, entries);
            for (name, member) in entries {
                member_of(secrets, name, member);
                members(secrets, member);
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| members(secrets, entry)),
        _ => {}
    }
}

/// `{"name": "X-API-Key", "value": "…"}`, as header fields and variables are listed.
fn named_entry(secrets: &mut Secrets, entry: &Map<String, Value>) {
    let Some(value) = entry.get("value") else { return };
    if let Some(name) = ["name", "key"].iter().find_map(|member| entry.get(*member)?.as_str()) {
        member_of(secrets, name, value);
    }
}

fn member_of(secrets: &mut Secrets, name: &str, member: &Value) {
    if let Value::Array(entries) = member {
        entries.iter().for_each(|entry| member_of(secrets, name, entry));
    }
    let value = scalar(member).filter(|value| names::holds_secret(name, value));
    value.iter().for_each(|value| secrets.learn(name, value));
}

fn scalar(member: &Value) -> Option<Cow<'_, str>> {
    match member {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(secrets: &Secrets, text: &str) -> bool {
        !secrets.redactor().text(text).contains(text)
    }

    fn response(headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), value.as_bytes().to_vec())).collect();
        Response { status: 200, headers: Headers(headers), body: body.as_bytes().to_vec().into() }
    }

    #[test]
    fn x05_secrets_are_learned_by_name_where_the_contract_says_nothing() {
        let mut secrets = Secrets::default();
        let body = r#"{"a":[{"refresh_token":"refresh-1"}],"passCode":482913,"code":"INVALID_DATA"}"#;
        answer(&mut secrets, &response(&[], body), serde_json::from_str(body).ok().as_ref());
        assert!(hidden(&secrets, "refresh-1") && hidden(&secrets, "482913") && !hidden(&secrets, "INVALID_DATA"));
    }

    #[test]
    fn x05_secrets_are_learned_from_what_is_no_json_at_all() {
        let mut secrets = Secrets::default();
        answer(&mut secrets, &response(&[], r#"{"access_token":"opaque-token-1","otp": 482913"#), None);
        answer(&mut secrets, &response(&[], "<p>client_secret=form-secret-2</p>"), None);
        assert!(["opaque-token-1", "482913", "form-secret-2"].iter().all(|value| hidden(&secrets, value)));
    }

    #[test]
    fn x05_a_signed_token_is_learned_with_its_parts_wherever_it_stands() {
        let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLTEyMzQ1Ng";
        let ways = [
            response(&[("X-Debug", token)], ""),
            response(&[("Location", &format!("https://app/#x={token}&y=1"))], ""),
            response(&[], &format!("cannot verify {token}")),
        ];
        for way in ways {
            let mut secrets = Secrets::default();
            answer(&mut secrets, &way, None);
            assert!(token.split('.').skip(1).all(|part| hidden(&secrets, part)), "{way:?}");
        }
    }

    #[test]
    fn x05_codes_and_tokens_of_a_redirect_and_cookies_are_learned() {
        let mut secrets = Secrets::default();
        let fields = [
            ("Location", "https://app/?code=authz-code-1&state=s#id_token=opaque-2"),
            ("Set-Cookie", "ST=\"st-3\"; Path=/"),
        ];
        answer(&mut secrets, &response(&fields, ""), None);
        assert!(["authz-code-1", "opaque-2", "st-3"].iter().all(|value| hidden(&secrets, value)));
        assert!(!hidden(&secrets, "state=s"));
    }

    /// reported/21: what only the console hid.
    #[test]
    fn x05_credentials_are_learned_by_their_looks_from_urls_header_fields_and_bodies() {
        let mut secrets = Secrets::default();
        let fields = [
            ("Location", "https://app/?state=s"),
            ("Location", "https://app/?code=second-code-1"),
            ("Link", "<https://u:userinfo-2@h/?sig=signature-3>; rel=next"),
            ("X-Refresh-Token", "refresh-4"),
        ];
        let body = r#"{"a":"postgres://u:userinfo-5@h/db","Authorization":"Basic dTpiYXNpYy02","headers":{"X-API-Key":"key-7"},
            "list":[{"name":"api_key","value":"key-8"}],"next":"/login?password=nested%2D9"}"#;
        answer(&mut secrets, &response(&fields, body), serde_json::from_str(body).ok().as_ref());
        let all =
            ["second-code-1", "userinfo-2", "signature-3", "refresh-4", "userinfo-5", "basic-6", "key-7", "key-8"];
        for value in all.into_iter().chain(["nested-9", "dTpiYXNpYy02"]) {
            assert!(hidden(&secrets, &format!("({value})")), "{value}");
        }
    }

    /// recordings/01: a mask of another tool.
    #[test]
    fn nothing_is_learned_from_the_mask_of_another_tool() {
        let mut secrets = Secrets::default();
        let body = r#"{"password":"[Filtered]","otp":"***","token":"<redacted>","pin":"‹pin#1›"}"#;
        answer(
            &mut secrets,
            &response(&[("Set-Cookie", "a=[Filtered]")], body),
            serde_json::from_str(body).ok().as_ref(),
        );
        assert!(secrets.is_empty());
    }
}
