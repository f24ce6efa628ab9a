//! One request and its raw answer, as seen on the wire.
//!
//! Deliberately not here: any reading of the bytes. An exchange may hold secrets and is never written; see
//! [`super::ExchangeRecord`] for what is.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::base::media_type::without_parameters;
use crate::base::text::lossy;

/// One request and its raw answer or transport error, with timings.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The operation that was called; `None` when the request belongs to no documented operation.
    pub operation: Option<String>,
    /// The index of the step that sent it, counted from 0 over the whole plan.
    pub step: usize,
    /// What was sent.
    pub request: Request,
    /// What came back, or why nothing did.
    pub outcome: Result<Response, TransportError>,
    /// What the generated client made of the answer.
    pub decoded: Decoded,
    /// When the request was started.
    pub started_at: DateTime<Utc>,
    /// Time until the header block had arrived; equal to `total` when it never did.
    pub first_byte: Duration,
    /// Time until the last byte or the error.
    pub total: Duration,
}

impl Exchange {
    /// The answer, if a complete one arrived.
    pub fn response(&self) -> Option<&Response> {
        self.outcome.as_ref().ok()
    }
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, such as `POST`.
    pub method: String,
    /// The absolute URL, without a fragment.
    pub url: String,
    /// The header fields, in the order they were given to the transport.
    pub headers: Headers,
    /// The body, if one was sent.
    pub body: Option<Bytes>,
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields, duplicates kept.
    pub headers: Headers,
    /// The body after transfer decoding.
    pub body: Bytes,
}

/// Header fields in order, duplicates kept, values as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, Vec<u8>)>);

impl Headers {
    /// All values of a field, whatever the case of its name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The first value of a field as text, bytes that are not UTF-8 replaced: for fields of which one is all that is allowed.
    pub fn get(&self, name: &str) -> Option<String> {
        self.texts(name).next()
    }

    /// The values of a field as texts, bytes that are not UTF-8 replaced.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> {
        self.all(name).map(|value| lossy(value).into_owned())
    }

    /// All values of a field as the one list that they are (RFC 9110, section 5.3); Set-Cookie never is one.
    pub fn combined(&self, name: &str) -> Option<String> {
        let texts: Vec<String> = self.texts(name).collect();
        let is_list = !texts.is_empty() && !name.eq_ignore_ascii_case("set-cookie");
        is_list.then(|| texts.join(", "))
    }

    /// Whether an answer with these fields leaves its end in doubt: two rules for the end of its body, or a body where
    /// there can be none (RFC 9112, section 6.3).
    pub fn is_ambiguously_framed(&self, status: u16) -> bool {
        let has = |name| self.all(name).next().is_some();
        let has_length = self.all("content-length").any(|length| length.trim_ascii() != b"0");
        match status {
            204 => has("transfer-encoding") || has_length,
            304 => has("transfer-encoding"),
            _ => has("transfer-encoding") && has("content-length"),
        }
    }

    /// The media type that the Content-Type states, without parameters.
    pub fn media_type(&self) -> Option<&str> {
        let value = self.all("content-type").next()?;
        std::str::from_utf8(value).ok().map(without_parameters)
    }
}

/// What the client made of an answer's body: a second opinion, never the judge. It is not tried on a status or media
/// type that is not documented.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Decoded {
    /// The request did not go through the typed client, or no answer came.
    #[default]
    NotTried,
    /// The answer fits the generated type.
    Yes,
    /// The answer does not fit.
    No {
        /// Where, as a JSON pointer into the body.
        pointer: String,
        /// What the generated type has to say.
        message: String,
    },
    /// The content codings that the answer states could not be undone: the body is kept as it came.
    Unreadable {
        /// The stated codings, such as `gzip`.
        coding: String,
        /// Why they could not be undone.
        message: String,
    },
}

/// Why no complete answer arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{phase}: {message}")]
pub struct TransportError {
    /// What the transport was doing.
    pub phase: Phase,
    /// What went wrong, with the limit that was hit if there was one.
    pub message: String,
}

/// The phases of an exchange, in order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, strum::Display, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "lowercase")]
pub enum Phase {
    /// Name resolution, TCP and TLS.
    Connect,
    /// Writing the request.
    Send,
    /// Waiting for the header block.
    #[strum(serialize = "first byte")]
    FirstByte,
    /// Reading the body.
    Body,
    /// A limit of ours, such as the body cap, was hit.
    Limit,
    /// A deadline passed.
    Deadline,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s18_header_fields_are_a_list_and_their_names_have_no_case() {
        let headers = Headers(vec![("Set-Cookie".into(), b"a=1".to_vec()), ("set-cookie".into(), b"b=2".to_vec())]);
        assert_eq!(headers.all("SET-COOKIE").count(), 2);
        assert_eq!(headers.get("set-COOKIE").as_deref(), Some("a=1"));
    }

    #[test]
    fn several_fields_of_a_name_are_one_list_unless_they_are_cookies() {
        let fields = [("Via", "1.1 a"), ("Set-Cookie", "a=1"), ("via", "1.0 b"), ("Set-Cookie", "b=2")];
        let headers = Headers(fields.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec());
        assert_eq!(headers.combined("VIA").as_deref(), Some("1.1 a, 1.0 b"));
        assert_eq!((headers.combined("Set-Cookie"), headers.combined("Link")), (None, None));
    }
}
