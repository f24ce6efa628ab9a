//! One entry of a HAR becomes an exchange.
//!
//! It is read leniently, because tools differ: what is absent is absent, what is odd is passed over, and only what makes a
//! judgement impossible makes the exchange one without an answer, which says why. Bodies are text, base64, absent, or
//! compressed although a HAR should hold them decoded.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::base::coding::{self, Expansion};
use crate::contract::Contract;
use crate::judge::replay::identify;
use crate::judge::replay::restore::AnswerDecoder;
use crate::record::{Decoded, Exchange, Headers, Phase, Request, Response, TransportError};

/// Tools write base64 with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why an entry is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EntryError {
    /// It is no JSON.
    #[error("it is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// Without an address nobody knows what was asked.
    #[error("it has no request with a URL")]
    NoUrl,
}

/// An entry and when it began.
#[derive(Debug)]
pub(crate) struct HarEntry {
    /// When the recording says that it began.
    pub started_at: Option<DateTime<Utc>>,
    /// What was sent, and what came back.
    pub exchange: Exchange,
}

/// Reads the JSON of an entry, and decodes the answer where there is a decoder for the contract.
///
/// # Errors
/// When it is no entry at all: it has no request with a URL.
pub(crate) fn read(contract: &Contract, json: &[u8], decoder: Option<AnswerDecoder>) -> Result<HarEntry, EntryError> {
    let entry: Value = serde_json::from_slice(json)?;
    let url = text(&entry, "/request/url").ok_or(EntryError::NoUrl)?;
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
    Ok(HarEntry { started_at, exchange })
}

fn text<'v>(entry: &'v Value, pointer: &str) -> Option<&'v str> {
    entry.pointer(pointer)?.as_str()
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
    let number = |pointer: &str| entry.pointer(pointer).and_then(Value::as_f64);
    let millis = |pointer: &str| number(pointer).filter(|millis| *millis > 0.0).unwrap_or_default();
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
        return Some(decoded(given, encoding).unwrap_or_else(|_| Bytes::copy_from_slice(given.as_bytes())));
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
        .ok_or_else(|| lost("the response's header fields are not in the HAR".into()))?;
    let stated = text(entry, "/response/content/mimeType").filter(|stated| !stated.is_empty());
    if let Some(stated) = stated.filter(|_| headers.0.is_empty()) {
        headers.0.push(("content-type".into(), stated.as_bytes().to_vec()));
    }
    let body = received_body(entry, status, method, &headers).map_err(lost)?;
    Ok(Response { status, headers, body })
}

/// A browser writes status 0 for what was blocked, cancelled, or never reached a server.
fn unanswered(entry: &Value) -> TransportError {
    let notes = ["/response/_error", "/_error", "/response/statusText", "/comment"];
    let note = notes.iter().find_map(|pointer| text(entry, pointer).filter(|text| !text.is_empty()));
    let why = note.map_or("; the request was blocked or cancelled".into(), |note| format!(": {note}"));
    let message = format!("no response was recorded{why}");
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
    let body = decoded(given, content.get("encoding").and_then(Value::as_str))?;
    decompressed(body, headers.get("content-encoding").as_deref())
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

/// Decodes a body's text as its `encoding` says.
fn decoded(text: &str, encoding: Option<&str>) -> Result<Bytes, String> {
    match encoding {
        None | Some("") => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => {
            let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode(packed).map(Bytes::from).map_err(|error| format!("the body is not base64: {error}"))
        }
        Some(other) => Err(format!("the body has the encoding `{other}`, which is not known; base64 is")),
    }
}

/// Undoes a Content-Encoding that a tool left in place. Most undo it and leave only the header field behind.
fn decompressed(body: Bytes, content_encoding: Option<&str>) -> Result<Bytes, String> {
    let coding = content_encoding.unwrap_or_default().trim();
    if coding.is_empty() || !is_compressed(&body, coding) {
        return Ok(body);
    }
    let decoded = coding::decode(std::iter::once(coding.as_bytes()), &body, Expansion::default());
    Ok(decoded.map_err(|error| error.to_string())?.unwrap_or(body))
}

/// Whether bytes are still as the coding left them. Brotli and deflate have no mark of their own, but what was compressed
/// is text, and they are none.
fn is_compressed(body: &[u8], coding: &str) -> bool {
    match coding.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => body.starts_with(&[0x1f, 0x8b]),
        "zstd" => body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        _ => std::str::from_utf8(body).is_err() || body.iter().any(|byte| *byte < b'\t'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn base64_is_read_with_and_without_padding_and_refused_when_it_is_not() {
        for text in ["eyJhIjoxfQ==", "eyJhIjoxfQ", "eyJh\nIjoxfQ=="] {
            assert_eq!(decoded(text, Some("base64")).expect("base64").as_ref(), b"{\"a\":1}");
        }
        assert!(decoded("{}", Some("base64")).expect_err("not base64").contains("base64"));
        assert!(decoded("{}", Some("rot13")).expect_err("unknown").contains("rot13"));
    }

    #[test]
    fn a_body_that_a_tool_left_compressed_is_decompressed_and_one_that_is_not_stays() {
        let json = br#"{"a":1}"#;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(json).expect("a vector takes it");
        let gzip = Bytes::from(gzip.finish().expect("a vector takes it"));
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(json).expect("a vector takes it");
        let zlib = Bytes::from(zlib.finish().expect("a vector takes it"));
        // As any brotli encoder writes it.
        let brotli = Bytes::from_static(b"\x0b\x03\x80{\"a\":1}\x03");
        for (body, coding) in [(gzip, "gzip"), (zlib, "deflate"), (brotli, "br")] {
            assert_eq!(decompressed(body, Some(coding)).expect("decompressed").as_ref(), json, "{coding}");
            assert_eq!(decompressed(Bytes::from_static(json), Some(coding)).expect("left alone").as_ref(), json);
        }
        assert!(decompressed(Bytes::from_static(b"\x1f\x8bxyz"), Some("gzip")).is_err());
    }

    #[test]
    fn a_small_body_that_becomes_enormous_is_refused() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&vec![b' '; 32 * 1024 * 1024]).expect("a vector takes it");
        let bomb = Bytes::from(gzip.finish().expect("a vector takes it"));
        assert!(decompressed(bomb, Some("gzip")).expect_err("too much").contains("larger than"));
    }
}
