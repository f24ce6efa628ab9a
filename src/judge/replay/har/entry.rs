//! One entry of a HAR becomes an exchange.
//!
//! It is read leniently, because tools differ: what is absent is absent, what is odd is passed over, and only what makes a
//! judgement impossible makes the exchange one without an answer, which says why.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::attached::Attached;
use super::lenient::Lenient;
use super::{received, sent};
use crate::checks::{Gaps, Observation};
use crate::contract::{Called, Contract, Operation};
use crate::record::{Decoded, Exchange};

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
    /// What was sent, and what came back. No operation is known yet.
    pub exchange: Exchange,
    /// The address with its fragment.
    address: String,
    /// What of the answer was not kept.
    gaps: Gaps,
}

/// Reads the JSON of an entry, and the bodies that are attached to the HAR.
///
/// # Errors
/// When it is no entry at all: it has no request with a URL.
pub(crate) fn read(json: &[u8], attached: &Attached) -> Result<HarEntry, EntryError> {
    Lenient::read(json, |entry| of(entry, attached))?
}

fn of(entry: &Lenient<'_>, attached: &Attached) -> Result<HarEntry, EntryError> {
    let address = entry.text("/request/url").ok_or(EntryError::NoUrl)?.to_owned();
    let request = sent::request(entry, &address, attached);
    let answer = received::answer(entry, &request, attached);
    let started_at = entry.text("/startedDateTime").and_then(time);
    let (first_byte, total) = timings(entry);
    let exchange = Exchange {
        operation: None,
        step: 0,
        outcome: answer.outcome,
        request,
        decoded: Decoded::NotTried,
        started_at: started_at.unwrap_or_default(),
        first_byte,
        total,
    };
    Ok(HarEntry { started_at, exchange, address, gaps: Gaps { body: answer.lacks_body, cookies: false } })
}

impl HarEntry {
    /// The operation that it called; `None` when the contract does not document it.
    pub(crate) fn operation<'c>(&self, contract: &'c Contract) -> Option<&'c Operation> {
        let request = &self.exchange.request;
        contract.called(&Called {
            method: &request.method,
            url: &self.address,
            media_type: request.headers.get("content-type").as_deref(),
            has_body: request.body.as_ref().is_some_and(|body| !body.is_empty()) || sent::may_lack_body(request),
            header: &|name| request.headers.get(name),
        })
    }

    /// Whether the answer sets a cookie.
    pub(crate) fn sets_cookie(&self) -> bool {
        self.exchange.response().is_some_and(|answer| answer.headers.all("set-cookie").next().is_some())
    }

    /// What the checks are shown of it, decoded where there is a decoder for the contract.
    pub(crate) fn observe(
        mut self,
        operation: &Operation,
        keeps_cookies: bool,
        decode: impl FnOnce(&Exchange) -> Decoded,
    ) -> Observation {
        self.exchange.operation = Some(operation.name.clone());
        if !self.gaps.body {
            self.exchange.decoded = decode(&self.exchange);
        }
        let gaps = Gaps { cookies: !keeps_cookies, ..self.gaps };
        Observation::recorded(self.exchange, gaps)
    }
}

/// A time of ISO 8601; some tools leave the zone out and mean UTC.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let with_zone =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    let without = || chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    with_zone.ok().map(|time| time.to_utc()).or_else(|| without().map(|time| time.and_utc()))
}

/// Time until the header block had arrived, and until all had.
fn timings(entry: &Lenient<'_>) -> (Duration, Duration) {
    let millis = |pointer: &str| entry.number(pointer).filter(|millis| *millis > 0.0).unwrap_or_default();
    let parts = ["/timings/blocked", "/timings/dns", "/timings/connect", "/timings/send", "/timings/wait"];
    let first_byte: f64 = parts.into_iter().map(millis).sum();
    let total = millis("/time").max(first_byte);
    let duration = |millis: f64| Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default();
    (duration(first_byte), duration(total))
}
