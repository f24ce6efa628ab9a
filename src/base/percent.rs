//! Percent-encoding: what stands in a URI as it is, and how a text that was encoded reads.
//!
//! Deliberately not here: whole URLs, which the `url` crate parses and writes.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};

/// Everything but the unreserved characters of RFC 3986.
pub(crate) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As [`COMPONENT`], with slashes left as they are.
pub(crate) const PATH: &AsciiSet = &COMPONENT.remove(b'/');

/// The text that a percent-encoded text stands for.
pub(crate) fn decoded(encoded: &str) -> String {
    percent_decode_str(encoded).decode_utf8_lossy().into_owned()
}
