//! The bodies of a HAR: text, base64, absent, or compressed although a HAR should hold them decoded.
//!
//! Deliberately not here: whether a body may be absent (the entry's status and sizes say so).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use crate::base::coding::{self, Expansion};

/// Tools write base64 with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes a body's text as its `encoding` says.
///
/// # Errors
/// When it is not in that encoding, or the encoding is unknown.
pub(super) fn decoded(text: &str, encoding: Option<&str>) -> Result<Bytes, String> {
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
///
/// # Errors
/// When the bytes are compressed and cannot be decompressed, or are too many then.
pub(super) fn decompressed(body: Bytes, content_encoding: Option<&str>) -> Result<Bytes, String> {
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
