//! A call written as a raw request, without asking whether its arguments fit.
//!
//! The headers are those of the typed client too: what the lowered document cannot say is said here, once.

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;
use url::Url;

use super::arguments::{Call, CallError, text};
use super::operation::{Body, Location};

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
    /// The headers; what the connection itself needs is added.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Option<Bytes>,
}

/// Writes a call as a raw request to the target whose URLs begin with `prefix`.
pub(super) fn request(prefix: &str, call: &Call) -> Result<RawRequest, CallError> {
    let method = Method::from_bytes(call.operation.method.as_bytes());
    let method = method.map_err(|error| CallError::Request(error.to_string()))?;
    let mut headers = HeaderMap::new();
    dress(&mut headers, call);
    Ok(RawRequest { method, url: url(prefix, call)?, headers, body: body_bytes(call) })
}

/// Gives a request the headers of its operation, then those of the call.
pub(super) fn dress(headers: &mut HeaderMap, call: &Call) {
    headers.remove("api-version");
    headers.insert(ACCEPT, HeaderValue::from_static(call.operation.accept));
    if let Some(media_type) = call.operation.media_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    for name in call.headers.keys().chain(&call.without) {
        headers.remove(name);
    }
    for (name, value) in call.headers.iter().filter(|(name, _)| !call.without.contains(name)) {
        headers.append(name.clone(), value.clone());
    }
}

fn url(prefix: &str, call: &Call) -> Result<Url, CallError> {
    let whole = format!("{}{}", prefix, path(call)?);
    let mut url = Url::parse(&whole).map_err(|error| CallError::Request(format!("{whole}: {error}")))?;
    let in_path =
        |name: &str| call.operation.named_parameter(name).is_some_and(|known| known.location == Location::Path);
    let query = call.parameters.iter().filter(|(name, _)| !in_path(name));
    for (name, value) in query.flat_map(|(name, value)| each(value).map(move |value| (name, value))) {
        url.query_pairs_mut().append_pair(name, &text(value));
    }
    Ok(url)
}

fn path(call: &Call) -> Result<String, CallError> {
    let mut path = String::new();
    let mut rest = call.operation.path;
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

fn body_bytes(call: &Call) -> Option<Bytes> {
    let body = call.body.as_ref()?;
    match (call.operation.body, body.as_object()) {
        (Body::Form, Some(fields)) => {
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
