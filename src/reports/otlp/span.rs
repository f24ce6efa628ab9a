//! A span in the form that OTLP gives it in JSON.
//!
//! Deliberately not here: what there are spans of.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::attributes::Attributes;

/// Something that took its time, within another thing or not.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Span<'a> {
    pub(super) trace_id: &'a str,
    pub(super) span_id: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) kind: Kind,
    #[serde(rename = "startTimeUnixNano", serialize_with = "nanoseconds")]
    pub(super) start: DateTime<Utc>,
    #[serde(rename = "endTimeUnixNano", serialize_with = "nanoseconds")]
    pub(super) end: DateTime<Utc>,
    pub(super) attributes: Attributes<'a>,
    /// The span above it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent_span_id: Option<Cow<'a, str>>,
    /// That it went wrong, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Event<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<Link<'a>>,
}

/// Who does it.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// We do.
    Internal = 1,
    /// Somebody else, whom we ask.
    Client = 3,
}

/// What went wrong.
#[derive(Serialize)]
pub(super) struct Status<'a> {
    code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
}

impl<'a> Status<'a> {
    /// It went wrong.
    pub(super) fn error(message: Option<Cow<'a, str>>) -> Self {
        Self { code: 2, message }
    }
}

/// Something that was noticed.
#[derive(Serialize)]
pub(super) struct Event<'a> {
    #[serde(rename = "timeUnixNano", serialize_with = "nanoseconds")]
    pub(super) time: DateTime<Utc>,
    pub(super) name: &'static str,
    pub(super) attributes: Attributes<'a>,
}

/// A span of another trace.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link<'a> {
    pub(super) trace_id: &'a str,
    pub(super) span_id: &'a str,
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

/// Nanoseconds since the epoch, as a text; they are beyond what JavaScript can count.
fn nanoseconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.timestamp_nanos_opt().unwrap_or_default().max(0))
}
