//! One entry of a HAR becomes an exchange.
//!
//! It is read leniently, because tools differ: what is absent is absent, what is odd is passed over, and only what makes a
//! judgement impossible makes the exchange one without an answer, which says why.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::body;
use crate::contract::Contract;
use crate::judge::replay::identify;
use crate::judge::replay::restore::AnswerDecoder;
use crate::record::{Decoded, Exchange, Headers, Phase, Request, Response, TransportError};

/// An entry and when it began.
#[derive(Debug)]
pub(crate) struct Entry {
    /// When the recording says that it began.
    pub started_at: Option<DateTime<Utc>>,
    /// What was sent, and what came back.
    pub exchange: Exchange,
}

/// Reads the JSON of an entry, and decodes the answer where there is a decoder for the contract.
///
/// # Errors
/// When it is no entry at all: it has no request with a URL.
pub(crate) fn read(contract: &Contract, json: &[u8], decoder: Option<AnswerDecoder>) -> Result<Entry, String> {
    let entry: Value = serde_json::from_slice(json).map_err(|error| format!("it is not JSON: {error}"))?;
    let url = text(&entry, "/request/url").ok_or("it has no request with a URL")?;
    let request = request(&entry, url);
    let media_type = request.headers.get("content-type");
    let operation = identify::operation(contract, &request.method, url, media_type.as_deref());
    let started_at = text(&entry, "/startedDateTime").and_then(time);
    let (first_byte, total) = timings(&entry);
    let mut exchange = Exchange {
        operation: operation.map(|operation| operation.name.clone()),
        step: 0,
        outcome: outcome(&entry, &request.method),
        request,
        decoded: Decoded::NotTried,
        started_at: started_at.unwrap_or_default(),
        first_byte,
        total,
    };
    if let Some(decoder) = decoder {
        exchange.decoded = decoder(contract, &exchange);
    }
    Ok(Entry { started_at, exchange })
}

fn text<'v>(entry: &'v Value, pointer: &str) -> Option<&'v str> {
    entry.pointer(pointer)?.as_str()
}

fn number(entry: &Value, pointer: &str) -> Option<f64> {
    entry.pointer(pointer)?.as_f64()
}

/// A time of ISO 8601; some tools leave the zone out and mean UTC.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let with_zone =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    let without = || chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    with_zone.ok().map(|time| time.to_utc()).or_else(|| without().map(|time| time.and_utc()))
}

/// Time until the header block had arrived, and until all had.
fn timings(entry: &Value) -> (Duration, Duration) {
    let millis = |pointer: &str| number(entry, pointer).filter(|millis| *millis > 0.0).unwrap_or_default();
    let parts = ["blocked", "dns", "connect", "send", "wait"];
    let first_byte: f64 = parts.iter().map(|part| millis(&format!("/timings/{part}"))).sum();
    let total = millis("/time").max(first_byte);
    let duration = |millis: f64| Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default();
    (duration(first_byte), duration(total))
}

fn request(entry: &Value, url: &str) -> Request {
    let mut headers = headers(entry.pointer("/request/headers")).unwrap_or_default();
    let stated = text(entry, "/request/postData/mimeType").filter(|stated| !stated.is_empty());
    if let Some(stated) = stated.filter(|_| headers.get("content-type").is_none()) {
        headers.0.push(("content-type".into(), stated.as_bytes().to_vec()));
    }
    Request {
        method: text(entry, "/request/method").unwrap_or("GET").to_uppercase(),
        url: url.split('#').next().unwrap_or_default().to_owned(),
        headers,
        body: entry.pointer("/request/postData").and_then(sent_body),
    }
}

/// What was sent: as text, or as the fields of a form.
fn sent_body(data: &Value) -> Option<Bytes> {
    let given = data.get("text").and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(given) = given {
        let encoding = data.get("encoding").or_else(|| data.get("_encoding")).and_then(Value::as_str);
        return Some(body::decoded(given, encoding).unwrap_or_else(|_| Bytes::copy_from_slice(given.as_bytes())));
    }
    let fields = data.get("params")?.as_array().filter(|fields| !fields.is_empty())?;
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for field in fields {
        let part = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default();
        form.append_pair(part("name"), part("value"));
    }
    Some(form.finish().into())
}

/// Header fields, without the pseudo fields of HTTP/2; several values that were joined by a line break are several fields.
fn headers(list: Option<&Value>) -> Option<Headers> {
    let fields = list?.as_array()?.iter().filter_map(|field| {
        let name = field.get("name")?.as_str().filter(|name| !name.is_empty() && !name.starts_with(':'))?;
        Some((name, field.get("value").and_then(Value::as_str).unwrap_or_default()))
    });
    let each = fields.flat_map(|(name, values)| {
        values.split('\n').map(move |value| (name.to_owned(), value.trim_end_matches('\r').as_bytes().to_vec()))
    });
    Some(Headers(each.collect()))
}

fn outcome(entry: &Value, method: &str) -> Result<Response, TransportError> {
    let status = entry.pointer("/response/status").and_then(Value::as_u64).unwrap_or_default();
    let status = u16::try_from(status).ok().filter(|status| *status >= 100);
    let Some(status) = status else { return Err(unanswered(entry)) };
    let lost = |message: String| TransportError { phase: Phase::Limit, message };
    let mut headers = headers(entry.pointer("/response/headers"))
        .ok_or_else(|| lost("the answer's header fields are not in the HAR".into()))?;
    let stated = text(entry, "/response/content/mimeType").filter(|stated| !stated.is_empty());
    if let Some(stated) = stated.filter(|_| headers.0.is_empty()) {
        headers.0.push(("content-type".into(), stated.as_bytes().to_vec()));
    }
    let body = received_body(entry, status, method, &headers).map_err(lost)?;
    Ok(Response { status, headers, body })
}

/// A browser writes status 0 for what was blocked, cancelled, or never reached a server.
fn unanswered(entry: &Value) -> TransportError {
    let said = ["/response/_error", "/_error", "/response/statusText", "/comment"];
    let said = said.iter().find_map(|pointer| text(entry, pointer).filter(|text| !text.is_empty()));
    let message = match said {
        Some(said) => format!("no answer was recorded: {said}"),
        None => "no answer was recorded; the request was blocked or cancelled".into(),
    };
    TransportError { phase: Phase::FirstByte, message }
}

fn received_body(entry: &Value, status: u16, method: &str, headers: &Headers) -> Result<Bytes, String> {
    let content = entry.pointer("/response/content").unwrap_or(&Value::Null);
    let given = content.get("text").and_then(Value::as_str).unwrap_or_default();
    if given.is_empty() {
        let missing = missing_bytes(entry, status, method, headers);
        return missing.map_or(Ok(Bytes::new()), |size| {
            Err(format!("the body, {size} bytes, is not in the HAR; export it with response bodies"))
        });
    }
    let decoded = body::decoded(given, content.get("encoding").and_then(Value::as_str))?;
    body::decompressed(decoded, headers.get("content-encoding").as_deref())
}

/// How many bytes of a body the entry speaks of although it does not hold them.
fn missing_bytes(entry: &Value, status: u16, method: &str, headers: &Headers) -> Option<u64> {
    if method == "HEAD" || matches!(status, 100..200 | 204 | 304) {
        return None;
    }
    let size = entry.pointer("/response/content/size").and_then(Value::as_u64);
    let length = headers.get("content-length").and_then(|length| length.trim().parse().ok());
    size.into_iter().chain(length).find(|size| *size > 0)
}
