//! A call written as a raw request, without asking whether its arguments fit.
//!
//! The headers are those of the typed client too: what the lowered document cannot say is said here, once.

use bytes::Bytes;
use indexmap::IndexSet;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;
use url::Url;

use super::arguments::{CallError, text};
use super::call::Call;
use crate::contract::{Location, Operation, RequestBody};

/// Media types that are asked for first, in this order, where they are documented.
const PREFERRED: [&str; 2] = ["application/hal+json", "application/json"];

/// What is escaped in a path segment, beside control characters: the set that the generated client escapes.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'%');

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
    let url = url(prefix, call)?;
    Ok(RawRequest { method, url, target: None, headers: headers(call)?, body: body_bytes(call) })
}

/// The header fields of a call's operation, those of the call in their place.
pub(super) fn headers(call: &Call<'_>) -> Result<HeaderMap, CallError> {
    let field =
        |text: &str| HeaderValue::from_str(text).map_err(|error| CallError::Request(format!("{text}: {error}")));
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

/// What an operation asks for: every documented media type, the ones with a type first.
fn accept(operation: &Operation) -> String {
    let documented = operation.replies.iter().flat_map(|reply| &reply.media_types);
    let mut media_types: IndexSet<&str> = documented.map(|media_type| media_type.name.as_str()).collect();
    let preference = |name: &str| PREFERRED.iter().position(|preferred| *preferred == name).unwrap_or(PREFERRED.len());
    media_types.sort_by_key(|name| preference(name));
    if media_types.is_empty() { "*/*".to_owned() } else { media_types.into_iter().collect::<Vec<_>>().join(", ") }
}

fn url(prefix: &str, call: &Call<'_>) -> Result<Url, CallError> {
    let whole = format!("{}{}", prefix, path(call)?);
    let mut url = Url::parse(&whole).map_err(|error| CallError::Request(format!("{whole}: {error}")))?;
    let in_path = |name: &str| call.operation.parameter(name).is_some_and(|known| known.location == Location::Path);
    let query = call.parameters.iter().filter(|(name, _)| !in_path(name));
    for (name, value) in query.flat_map(|(name, value)| each(value).map(move |value| (name, value))) {
        url.query_pairs_mut().append_pair(name, &text(value));
    }
    Ok(url)
}

fn path(call: &Call<'_>) -> Result<String, CallError> {
    let mut path = String::new();
    let mut rest = call.operation.path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = call.parameters.get(name).ok_or_else(|| CallError::parameter(name, "is missing"))?;
        path.push_str(before);
        path.extend(utf8_percent_encode(&text(value), SEGMENT));
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn body_bytes(call: &Call<'_>) -> Option<Bytes> {
    let body = call.body.as_ref()?;
    let is_form = call.operation.body().is_some_and(RequestBody::is_form);
    match body.as_object() {
        Some(fields) if is_form => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields.iter().map(|(name, value)| (name, text(value))));
            Some(form.finish().into())
        }
        _ => Some(body.to_string().into()),
    }
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    items.iter()
}
