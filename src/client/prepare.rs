//! A call written as a raw request, without asking whether its arguments fit.
//!
//! The headers are those of the typed client too: what the lowered document cannot say is said here, once.

use bytes::Bytes;
use indexmap::IndexSet;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use url::Url;

use super::arguments::CallError;
use super::call::Call;
use super::{body, style};
use crate::contract::{Location, Operation, ParameterForm};

/// Media types that are asked for first, in this order, where they are documented.
const PREFERRED: [&str; 2] = ["application/hal+json", "application/json"];

/// A request that need not be one the contract knows.
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// The HTTP method.
    pub method: Method,
    /// The whole URL.
    pub url: Url,
    /// What goes out in the place of the URL's path and query, byte for byte.
    pub target: Option<String>,
    /// The headers; what the connection itself needs is added.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Option<Bytes>,
}

/// Writes a call as a raw request to the target whose URLs begin with `prefix`.
pub(super) fn request(prefix: &str, call: &Call<'_>) -> Result<RawRequest, CallError> {
    let method = Method::from_bytes(call.operation.method.as_bytes());
    let method = method.map_err(|error| CallError::Request(error.to_string()))?;
    let (mut headers, written) = (headers(call)?, body::write(call));
    let own = call.headers.contains_key(CONTENT_TYPE) || call.without.contains(&CONTENT_TYPE);
    if let Some(media_type) = written.as_ref().and_then(|written| written.media_type.as_ref()).filter(|_| !own) {
        headers.insert(CONTENT_TYPE, field(media_type)?);
    }
    Ok(RawRequest {
        method,
        url: url(prefix, call)?,
        target: None,
        headers,
        body: written.map(|written| written.bytes),
    })
}

/// The header fields of a call's operation, those of the call in their place.
pub(super) fn headers(call: &Call<'_>) -> Result<HeaderMap, CallError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, field(&accept(call.operation))?);
    if let Some(request) = &call.operation.request {
        headers.insert(CONTENT_TYPE, field(&request.media_type)?);
    }
    for name in call.headers.keys().chain(&call.without) {
        headers.remove(name);
    }
    for (name, value) in call.headers.iter().filter(|(name, _)| !call.without.contains(name)) {
        headers.append(name.clone(), value.clone());
    }
    Ok(headers)
}

fn field(text: &str) -> Result<HeaderValue, CallError> {
    HeaderValue::from_str(text).map_err(|error| CallError::Request(format!("{text}: {error}")))
}

/// What an operation asks for: every documented media type, the ones with a type first.
fn accept(operation: &Operation) -> String {
    let documented = operation.replies().flat_map(|reply| &reply.media_types);
    let mut media_types: IndexSet<&str> = documented.map(|media_type| media_type.name.as_str()).collect();
    let preference = |name: &str| PREFERRED.iter().position(|preferred| *preferred == name).unwrap_or(PREFERRED.len());
    media_types.sort_by_key(|name| preference(name));
    if media_types.is_empty() { "*/*".to_owned() } else { media_types.into_iter().collect::<Vec<_>>().join(", ") }
}

fn url(prefix: &str, call: &Call<'_>) -> Result<Url, CallError> {
    let prefix = call.base.as_ref().map_or(prefix, |base| base.as_str().trim_end_matches('/'));
    let whole = format!("{}{}", prefix, path(call)?);
    let mut url = Url::parse(&whole).map_err(|error| CallError::Request(format!("{whole}: {error}")))?;
    let written = call
        .query
        .iter()
        .flat_map(|(name, value)| style::in_query(name, value, form(call.operation, Location::Query, name)));
    let keys = call.keys.iter().flat_map(|(name, value)| {
        style::in_query(name, &value.as_str().into(), form(call.operation, Location::Query, name))
    });
    let query = written.chain(keys).collect::<Vec<_>>().join("&");
    if !query.is_empty() {
        url.set_query(Some(&query));
    }
    Ok(url)
}

/// How a parameter is written; one that is unknown like any other of its place.
fn form(operation: &Operation, location: Location, name: &str) -> ParameterForm {
    let known = operation.parameter_in(location, name).map(|known| known.form);
    known.unwrap_or_else(|| ParameterForm::of(&serde_json::Value::Null, location))
}

fn path(call: &Call<'_>) -> Result<String, CallError> {
    let mut path = String::new();
    let mut rest = call.operation.path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = call.path.get(name).ok_or_else(|| CallError::parameter(name, "is missing"))?;
        path.push_str(before);
        path.push_str(&style::in_path(name, value, form(call.operation, Location::Path, name)));
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}
