//! What of an exchange must never be written in clear.
//!
//! The contract's `x-secret` says which properties and parameters hold secrets; credentials and cookies always are. Each is
//! learned by value, so that it is found wherever else it turns up.

use crate::checks::{Observation, sent};
use crate::contract::Contract;
use crate::record::Headers;
use crate::record::redaction::Secrets;

/// Query parameters of redirects that carry what a token endpoint would.
const SECRET_QUERY: &[&str] = &["code", "access_token", "id_token", "refresh_token", "user_code", "token"];

/// Learns every secret of an exchange.
pub fn learn(secrets: &mut Secrets, contract: &Contract, observation: &Observation) {
    let exchange = &observation.exchange;
    cookies(secrets, &exchange.request.headers);
    query(secrets, &exchange.request.url);
    sent::secrets(contract, observation, &mut |name, value| secrets.learn(name, value));
    let Some(response) = exchange.response() else { return };
    for cookie in response.headers.all("set-cookie") {
        pair(secrets, String::from_utf8_lossy(cookie).split(';').next().unwrap_or_default());
    }
    if let Some(location) = response.headers.get("location") {
        query(secrets, &location);
    }
    let shapes = observation.reply(contract).into_iter().flat_map(|reply| &reply.media_types);
    if let (Some(shape), Some(value)) = (shapes.filter_map(|known| known.shape).next(), observation.body.value()) {
        sent::members(contract, shape, value, &mut |name, value| secrets.learn(name, value));
    }
}

fn cookies(secrets: &mut Secrets, headers: &Headers) {
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
