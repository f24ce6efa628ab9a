//! The record of an exchange: one request and its answer, redacted.
//!
//! Deliberately not here: the exchange as it was on the wire, which is in memory only (see [`crate::record::Exchange`]).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::media_type::essence;
use crate::base::trace_context::TraceContext;
use crate::record::Phase;
use crate::record::redaction::quote_bare_marks;

/// One exchange, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// The index of the step that sent it.
    pub step: usize,
    /// The operation, if one was meant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// Why the request was sent again, if it was: `429` or `connection lost`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resent: Option<String>,
    /// Where it is found in the traces of whoever answered, where the request said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace: Option<TraceRecord>,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// Microseconds until the header block had arrived.
    pub first_byte_us: u64,
    /// Microseconds until the last byte or the error.
    pub total_us: u64,
    /// What was sent.
    pub request: RequestRecord,
    /// What came back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response: Option<ResponseRecord>,
    /// Why nothing complete came back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorRecord>,
}

/// A request's place in a trace (W3C Trace Context).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRecord {
    /// The id of the trace, 32 hexadecimal digits.
    pub trace_id: String,
    /// The id of the span that the request is, 16 hexadecimal digits; the parent of what the target does about it.
    pub span_id: String,
}

impl From<TraceContext> for TraceRecord {
    fn from(context: TraceContext) -> Self {
        Self { trace_id: context.trace_id(), span_id: context.span_id() }
    }
}

/// A request, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The method.
    pub method: String,
    /// The absolute URL.
    pub url: String,
    /// The header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<BodyRecord>,
}

impl RequestRecord {
    /// The first value of a header field, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// A response, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseRecord {
    /// The status code.
    pub status: u16,
    /// The header fields in order, duplicates kept.
    pub headers: Vec<(String, String)>,
    /// The body; absent when empty.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<BodyRecord>,
}

impl ResponseRecord {
    /// The first value of a header field, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The media type that the Content-Type states, without parameters and in lower case.
    pub fn media_type(&self) -> Option<String> {
        self.header("content-type").map(essence)
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let field = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    field.map(|(_, value)| value.as_str())
}

/// A body, redacted, as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BodyRecord {
    /// The text; bytes that are not UTF-8 are shown as `\xNN`.
    pub text: String,
    /// The size on the wire, in bytes.
    pub bytes: usize,
    /// Whether the text was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cut: bool,
}

impl BodyRecord {
    /// The body, if it is JSON and was kept whole.
    ///
    /// A mark stands where the secret stood: within a text, or bare in the place of a number. A bare one is read as a text,
    /// so that it hides a value and never the property.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).or_else(|_| serde_json::from_str(&quote_bare_marks(&self.text))).ok()
    }
}

/// A transport error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// What the transport was doing.
    pub phase: Phase,
    /// What went wrong.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_hides_a_value_and_never_the_property() {
        let text = r#"{"otp": "‹otp#1›", "pin": ‹pin#1›, "said": "a \"‹x#1›\"", "left": 2}"#;
        let read = BodyRecord { text: text.into(), bytes: 0, cut: false }.json().expect("readable");
        let keys: Vec<&String> = read.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["otp", "pin", "said", "left"]);
        assert_eq!(read["pin"], "‹pin#1›");
    }

    #[test]
    fn what_was_cut_or_never_was_json_is_nothing() {
        for text in ["{\"a\": ", "<html>", ""] {
            assert_eq!(BodyRecord { text: text.into(), bytes: 0, cut: false }.json(), None, "{text}");
        }
    }
}
