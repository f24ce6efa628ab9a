//! What was sent and what came back, as seen on the wire.
//!
//! In clear: whoever records it masks it first.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;

use super::locate::Misfit;

/// One request, its raw response or transport error, and how long it took.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The request as it left.
    pub request: SentRequest,
    /// The response as it came, or why none came whole.
    pub outcome: Result<Received, TransportError>,
    /// When sending began.
    pub started_at: SystemTime,
    /// From the beginning until the response's headers were there; equal to `total` if they never were.
    pub first_byte: Duration,
    /// From the beginning until the response was whole or given up.
    pub total: Duration,
    /// Whether the generated types could take the reply.
    pub decoded: Decoded,
}

/// A request as it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// The HTTP method.
    pub method: String,
    /// The whole URL, without fragment.
    pub url: String,
    /// The headers in the order in which they went, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, if one was sent.
    pub body: Option<Bytes>,
}

/// A whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The status code.
    pub status: u16,
    /// The HTTP version, such as `HTTP/1.1`.
    pub version: String,
    /// The headers in order, names in lower case; a header that came twice is there twice.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, byte for byte.
    pub body: Bytes,
}

impl Received {
    /// The media type that the response states, without parameters.
    pub fn media_type(&self) -> Option<&str> {
        let header = self.headers.iter().find(|(name, _)| name == CONTENT_TYPE.as_str());
        header.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(essence)
    }
}

/// A media type without its parameters.
pub(super) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Whether the generated types could take a reply: a second opinion, never the judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// There was nothing to decode with: a raw request, no reply, or one whose status or media type is not documented.
    NotTried,
    /// The reply has the documented type.
    Yes,
    /// The reply does not have the documented type.
    No {
        /// Where, as a JSON pointer into the body.
        pointer: String,
        /// What the generated type had to say.
        message: String,
    },
}

impl Decoded {
    // The first step is the tag around the body, which is none of the server's.
    pub(super) fn no(misfit: Misfit) -> Self {
        let body = misfit.pointer.match_indices('/').nth(1).map_or(misfit.pointer.len(), |(start, _)| start);
        Decoded::No { pointer: misfit.pointer[body..].to_owned(), message: misfit.message }
    }
}

/// Why no whole response came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    /// How far it got.
    pub phase: Phase,
    /// What happened, causes included.
    pub message: String,
}

/// How far an exchange got before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No connection.
    Connect,
    /// The request could not be written whole.
    Send,
    /// The connection ended before the response's headers.
    FirstByte,
    /// The connection ended before the response was whole.
    Body,
    /// The whole exchange took longer than it may.
    Deadline,
    /// The response is larger than it may be.
    Limit,
}
