//! Recorded exchanges become what the checks are shown, as far as redaction left it.
//!
//! A mark such as `‹otp#1›` stands where a secret stood; checks hold it to satisfy whatever is promised of a text, and
//! nothing else ([`Observation::hides`]). What cannot be judged any more, because it was cut or a mark stands where JSON has
//! no text, becomes an exchange without an answer, which says so.
//!
//! Deliberately not here: judging, and reading journals.

use std::time::Duration;

use bytes::Bytes;

use crate::base::json::Body;
use crate::checks::{Gaps, Observation};
use crate::contract::Contract;
use crate::record::redaction::{is_marked, quote_bare_marks};
use crate::record::{BodyRecord, ExchangeRecord, RequestRecord, ResponseRecord, ScenarioRecord};
use crate::record::{Decoded, Exchange, Headers, Phase, Request, Response, TransportError};

/// Decodes an answer with types that were generated from a contract. They say nothing about any other contract, so whoever
/// judges by one of those has none.
pub type AnswerDecoder = fn(&Contract, &Exchange) -> Decoded;

/// Restores the exchanges of a scenario, in order, and decodes nothing.
pub fn restore(record: &ScenarioRecord) -> Vec<Observation> {
    record.exchanges.iter().map(restore_exchange).collect()
}

fn restore_exchange(record: &ExchangeRecord) -> Observation {
    let exchange = Exchange {
        operation: record.operation.clone(),
        step: record.step,
        request: request(&record.request),
        outcome: outcome(record),
        decoded: Decoded::NotTried,
        started_at: record.started_at,
        first_byte: Duration::from_micros(record.first_byte_us),
        total: Duration::from_micros(record.total_us),
    };
    Observation::recorded(exchange, Gaps::default())
}

fn request(record: &RequestRecord) -> Request {
    Request {
        method: record.method.clone(),
        url: record.url.clone(),
        headers: headers(&record.headers),
        body: record.body.as_ref().map(bytes),
    }
}

fn headers(fields: &[(String, String)]) -> Headers {
    Headers(fields.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect())
}

fn outcome(record: &ExchangeRecord) -> Result<Response, TransportError> {
    match (&record.response, &record.error) {
        (Some(response), _) => answer(response),
        (None, Some(error)) => Err(TransportError { phase: error.phase, message: error.message.clone() }),
        (None, None) => Err(unusable("the record has neither a response nor an error".into())),
    }
}

fn answer(record: &ResponseRecord) -> Result<Response, TransportError> {
    let body = match &record.body {
        Some(body) if body.cut => {
            let (kept, whole) = (body.text.len(), body.bytes);
            return Err(unusable(format!("only {kept} of the body's {whole} bytes were recorded")));
        }
        Some(body) if hides_more_than_text(&body.text) => {
            return Err(unusable("a secret that was redacted stood where JSON has no text".into()));
        }
        Some(body) => bytes(body),
        None => Bytes::new(),
    };
    Ok(Response { status: record.status, headers: headers(&record.headers), body })
}

fn unusable(message: String) -> TransportError {
    TransportError { phase: Phase::Limit, message: format!("the recording cannot be judged: {message}") }
}

/// The bytes of a body. In records `\xNN` stands for a byte that is no UTF-8; that the size differs tells it from a text in
/// which those characters were sent.
fn bytes(record: &BodyRecord) -> Bytes {
    let text = &record.text;
    if text.len() == record.bytes || !text.contains("\\x") {
        return Bytes::copy_from_slice(text.as_bytes());
    }
    let raw = unescaped(text);
    if raw.len() == record.bytes { raw.into() } else { Bytes::copy_from_slice(text.as_bytes()) }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut raw = Vec::with_capacity(text.len());
    let mut parts = text.split("\\x");
    raw.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                raw.push(byte);
                raw.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => {
                raw.extend_from_slice(b"\\x");
                raw.extend_from_slice(part.as_bytes());
            }
        }
    }
    raw
}

/// Whether a body was JSON until a mark took the place of a number: it is JSON again once the marks are in quotes.
fn hides_more_than_text(text: &str) -> bool {
    if !is_marked(text) || !matches!(Body::read(text.as_bytes()), Body::NotJson(_)) {
        return false;
    }
    matches!(Body::read(quote_bare_marks(text).as_bytes()), Body::Json { .. })
}

/// What the generated types make of an answer; not tried where a mark stands in the way.
pub(super) fn decoded(observation: &Observation, contract: &Contract, decoder: AnswerDecoder) -> Decoded {
    match decoder(contract, &observation.exchange) {
        Decoded::No { pointer, .. } if stands_in_the_way(observation, &pointer) => Decoded::NotTried,
        decoded => decoded,
    }
}

/// Whether what could not be decoded has a mark in it. Its place may be that of a whole object whose variants all failed.
fn stands_in_the_way(observation: &Observation, pointer: &str) -> bool {
    let value = observation.body.value().and_then(|body| body.pointer(pointer));
    value.is_some_and(|value| observation.hides(&value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str, bytes: usize, cut: bool) -> ResponseRecord {
        let body = Some(BodyRecord { text: text.into(), bytes, cut });
        ResponseRecord { status: 200, headers: Vec::new(), body }
    }

    #[test]
    fn a_body_that_was_cut_cannot_be_judged() {
        let error = answer(&body(r#"{"a":1}"#, 70_000, true)).expect_err("it was cut");
        assert!(error.message.contains("7 of the body's 70000 bytes"), "{error}");
    }

    #[test]
    fn a_mark_in_the_place_of_a_number_cannot_be_judged() {
        let error = answer(&body(r#"{"a":"x\"","code":‹otp#1›}"#, 20, false)).expect_err("nobody knows the number");
        assert!(error.message.contains("no text"), "{error}");
        assert!(answer(&body(r#"{"code":"‹otp#1›"}"#, 17, false)).is_ok());
        assert!(answer(&body("<p>‹otp#1› is wrong", 19, false)).is_ok(), "it never was JSON");
    }

    #[test]
    fn bytes_that_are_no_text_come_back_and_text_that_looks_like_them_stays() {
        let bytes = |text: &str, size| bytes(&BodyRecord { text: text.into(), bytes: size, cut: false }).to_vec();
        assert_eq!(bytes(r"a\xffb", 3), b"a\xffb");
        assert_eq!(bytes(r"a\xffb", 6), br"a\xffb");
        assert_eq!(bytes(r"\xzz\x80", 5), b"\\xzz\x80");
    }
}
