//! Undoing the content codings of a body: `gzip`, `deflate`, `br` and `zstd`, two of them at the most.
//!
//! No request asks for a coding (no Accept-Encoding is sent, unless a scenario says so), but a server may apply one all the
//! same. What comes out is counted as it comes, so that a small body cannot become an endless one. Transfer codings are
//! none of its business.

use std::io::{self, Read};

use bytes::Bytes;

/// No body is encoded more often than this.
const MOST: usize = 2;
/// Below this size no body is suspicious, however well it was compressed.
const HARMLESS: usize = 1024 * 1024;

/// How large a body may become when it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expansion {
    /// How many bytes it may have then.
    pub body: usize,
    /// How many bytes one encoded byte may become, once there are more than a megabyte.
    pub ratio: usize,
}

impl Default for Expansion {
    fn default() -> Self {
        Self { body: 10 * 1024 * 1024, ratio: 200 }
    }
}

/// Why a body could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CodingError {
    /// A limit of ours was hit, and which.
    #[error("{0}")]
    Limit(String),
    /// The body is not what it says it is.
    #[error("the body is not valid {coding}: {message}")]
    Broken {
        /// The codings that were stated.
        coding: String,
        /// What is wrong.
        message: String,
    },
}

/// Undoes the codings that the `Content-Encoding` fields state, in the order in which they were applied; nothing when there
/// are none.
///
/// # Errors
/// When the body is not what the codings say, or becomes larger than it may.
pub(crate) fn decode<'a>(
    fields: impl Iterator<Item = &'a [u8]>,
    body: &Bytes,
    most: Expansion,
) -> Result<Option<Bytes>, CodingError> {
    let stated = fields.map(String::from_utf8_lossy).collect::<Vec<_>>().join(", ").to_ascii_lowercase();
    let codings: Vec<&str> =
        stated.split(',').map(str::trim).filter(|coding| !matches!(*coding, "" | "identity")).collect();
    if codings.is_empty() || body.is_empty() {
        return Ok(None);
    }
    if codings.len() > MOST {
        let message = format!("the body has {} content codings; more than {MOST} are not undone", codings.len());
        return Err(CodingError::Limit(message));
    }
    let broken = |message: String| CodingError::Broken { coding: codings.join(", "), message };
    let mut reader: Box<dyn Read> = Box::new(io::Cursor::new(body.clone()));
    for coding in codings.iter().rev() {
        reader = decoder(coding, reader).map_err(|error| broken(format!("{coding}: {error}")))?;
    }
    drain(reader, body.len(), most, &broken).map(Some)
}

fn decoder(coding: &str, encoded: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    Ok(match coding {
        "gzip" | "x-gzip" => Box::new(flate2::read::MultiGzDecoder::new(encoded)),
        "deflate" => Box::new(flate2::read::ZlibDecoder::new(encoded)),
        "br" => Box::new(brotli_decompressor::Decompressor::new(encoded, 4096)),
        "zstd" => Box::new(ruzstd::decoding::StreamingDecoder::new(encoded).map_err(io::Error::other)?),
        _ => return Err(io::Error::other("this coding is not known; known are gzip, deflate, br and zstd")),
    })
}

/// Reads to the end, and no further than the limits.
fn drain(
    mut reader: Box<dyn Read>,
    encoded: usize,
    most: Expansion,
    broken: &dyn Fn(String) -> CodingError,
) -> Result<Bytes, CodingError> {
    let mut decoded = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match reader.read(&mut buffer).map_err(|error| broken(error.to_string()))? {
            0 => return Ok(decoded.into()),
            count => decoded.extend_from_slice(&buffer[..count]),
        }
        let message = if decoded.len() > most.body {
            format!("the decoded response body is larger than {} bytes (limits.body)", most.body)
        } else if decoded.len() > HARMLESS && decoded.len() / most.ratio.max(1) > encoded {
            format!("the response body expands more than {} times (limits.ratio)", most.ratio)
        } else {
            continue;
        };
        return Err(CodingError::Limit(format!("{message}; {encoded} bytes had arrived")));
    }
}
