//! The bodies of a HAR: text, base64, absent, or compressed although a HAR should hold them decoded.
//!
//! Deliberately not here: whether a body may be absent (the entry's status and sizes say so).

use std::io::Read;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

/// The greatest size of a body once it is decompressed, in bytes.
const LIMIT: usize = 64 * 1024 * 1024;

/// Tools write base64 with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes a body's text as its `encoding` says.
///
/// # Errors
/// When it is not in that encoding, or the encoding is unknown.
pub fn decoded(text: &str, encoding: Option<&str>) -> Result<Bytes, String> {
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
pub fn decompressed(body: Bytes, content_encoding: Option<&str>) -> Result<Bytes, String> {
    let coding = content_encoding.unwrap_or_default().trim().to_ascii_lowercase();
    match coding.as_str() {
        "gzip" | "x-gzip" if body.starts_with(&[0x1f, 0x8b]) => read(flate2::read::MultiGzDecoder::new(&body[..])),
        "deflate" if is_binary(&body) => read(flate2::read::ZlibDecoder::new(&body[..]))
            .or_else(|_| read(flate2::read::DeflateDecoder::new(&body[..]))),
        "br" if is_binary(&body) => read(brotli_decompressor::Decompressor::new(&body[..], 4096)),
        "zstd" if body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => {
            Err("the body is compressed with zstd; export the HAR with decoded bodies".into())
        }
        _ => Ok(body),
    }
}

/// Whether bytes cannot be what was compressed: every documented body is text.
fn is_binary(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_err() || body.iter().any(|byte| *byte < b'\t')
}

fn read(decoder: impl Read) -> Result<Bytes, String> {
    let mut body = Vec::new();
    let read = decoder.take(LIMIT as u64 + 1).read_to_end(&mut body);
    read.map_err(|error| format!("the body cannot be decompressed: {error}"))?;
    if body.len() > LIMIT {
        return Err(format!("the body has more than {LIMIT} bytes once it is decompressed"));
    }
    Ok(body.into())
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
        let zeros = vec![0; 1024 * 1024];
        (0..=LIMIT / zeros.len()).for_each(|_| gzip.write_all(&zeros).expect("a vector takes it"));
        let bomb = Bytes::from(gzip.finish().expect("a vector takes it"));
        assert!(decompressed(bomb, Some("gzip")).expect_err("too much").contains("more than"));
    }
}
