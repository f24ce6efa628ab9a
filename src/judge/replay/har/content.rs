//! The bytes of a body, from what an entry of a HAR has in their place: text, base64, or a file; decoded, as it should be, or
//! still compressed.
//!
//! What was not sent must not be judged. A recorder that cannot keep a body as it came changes it without a word, but seldom
//! its length, and that is compared with the one that was stated.
//!
//! Deliberately not here: bodies that are not there at all.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use super::fields::content_length;
use super::lenient::Lenient;
use crate::base::coding::{self, Expansion};
use crate::record::Headers;

/// Tools write base64 with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A byte order mark, which browsers take off.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// What Firefox calls the type of JSON that was opened in a tab of its own.
const SHOWN_AS_JSON: &str = "application/vnd.mozilla.json.view";

/// Decodes a body's text as its `encoding` says. What says that it is base64 and has characters of no such alphabet is text.
///
/// # Errors
/// When it cannot be decoded.
pub(super) fn decoded(entry: &Lenient<'_>, text: &str, encoding: Option<&str>) -> Result<Bytes, String> {
    match encoding {
        None | Some("") => Ok(entry.bytes(text).into()),
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => {
            let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            if !packed.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte)) {
                return Ok(entry.bytes(text).into());
            }
            BASE64.decode(packed).map(Bytes::from).map_err(|error| format!("the body is not base64: {error}"))
        }
        Some(other) => Err(format!("the body has the encoding `{other}`, which is not known; base64 is")),
    }
}

/// The body of an answer from its text.
///
/// # Errors
/// When it is not what was sent, or cannot be decoded.
pub(super) fn received(entry: &Lenient<'_>, text: &str, headers: &Headers) -> Result<Bytes, String> {
    let encoding = entry.text("/response/content/encoding");
    let mut body = decoded(entry, text, encoding)?;
    if entry.text("/response/content/mimeType") == Some(SHOWN_AS_JSON) {
        body = from_latin_1(body);
    }
    let is_text = encoding.is_none();
    as_sent(body, headers, is_text)
}

/// A body as it was sent, content codings undone.
///
/// # Errors
/// When it cannot be what was sent.
pub(super) fn as_sent(body: Bytes, headers: &Headers, is_text: bool) -> Result<Bytes, String> {
    let coding = headers.get("content-encoding").unwrap_or_default();
    let coding = coding.trim();
    if !coding.is_empty() && !coding.eq_ignore_ascii_case("identity") {
        return decompressed(body, Some(coding));
    }
    if is_text && body.ends_with(b"\0") {
        return Err("the recorder cut the body and filled it with NUL characters; in Firefox, raise \
                    `devtools.netmonitor.responseBodyLimit`"
            .into());
    }
    match content_length(headers) {
        Some(length) if length != body.len() as u64 => of_length(body, length, is_text),
        _ => Ok(body),
    }
}

/// A body whose length is not the one that was stated.
fn of_length(body: Bytes, length: u64, is_text: bool) -> Result<Bytes, String> {
    let kept = body.len();
    if is_text && kept as u64 + BOM.len() as u64 == length && !body.starts_with(BOM) {
        return Ok([BOM, &*body].concat().into());
    }
    let why =
        if kept as u64 > length { "it was not UTF-8, and the recorder changed it" } else { "it is cut, or changed" };
    Err(format!("the body is not what was sent: it has {kept} bytes in the HAR, and Content-Length is {length}; {why}"))
}

/// One character for each byte that was one: text of which the recorder took the bytes for characters.
fn from_latin_1(body: Bytes) -> Bytes {
    match std::str::from_utf8(&body) {
        Ok(_) => body,
        Err(_) => body.iter().copied().map(char::from).collect::<String>().into(),
    }
}

/// Undoes a Content-Encoding that a tool left in place. Most undo it and leave only the header field behind.
fn decompressed(body: Bytes, content_encoding: Option<&str>) -> Result<Bytes, String> {
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
    use serde_json::json;
    use std::io::Write;

    fn with_entry<T>(content: &serde_json::Value, read: impl FnOnce(&Lenient<'_>) -> T) -> T {
        let json = json!({ "response": { "content": content } });
        Lenient::read(json.to_string().as_bytes(), read).expect("JSON")
    }

    fn of(content: serde_json::Value, length: Option<usize>) -> Result<Bytes, String> {
        let length = length.map(|length| ("Content-Length".to_owned(), length.to_string().into_bytes()));
        let headers = Headers(length.into_iter().collect());
        with_entry(&content, |entry| received(entry, entry.text("/response/content/text").expect("a text"), &headers))
    }

    #[test]
    fn base64_is_read_with_and_without_padding_and_refused_when_it_is_not() {
        let read = |text: &str, encoding: &str| with_entry(&json!({}), |entry| decoded(entry, text, Some(encoding)));
        for text in ["eyJhIjoxfQ==", "eyJhIjoxfQ", "eyJh\nIjoxfQ=="] {
            assert_eq!(read(text, "base64").expect("base64").as_ref(), b"{\"a\":1}");
        }
        assert!(read("eyJ_", "base64").expect_err("not base64").contains("base64"));
        assert!(read("{}", "rot13").expect_err("unknown").contains("rot13"));
    }

    /// As Firefox writes JSON that was opened in a tab.
    #[test]
    fn text_that_says_it_is_base64_is_text_and_latin_1_is_read_as_it_was_meant() {
        let shown = "application/vnd.mozilla.json.view";
        let plain = json!({ "mimeType": shown, "encoding": "base64", "text": "{\"a\":\"Zoë\"}" });
        assert_eq!(of(plain, Some(12)).expect("text"), "{\"a\":\"Zoë\"}".as_bytes());
        let packed = base64::engine::general_purpose::STANDARD.encode(b"{\"a\":\"Zo\xeb\"}");
        let latin_1 = json!({ "mimeType": shown, "encoding": "base64", "text": packed });
        assert_eq!(of(latin_1, Some(12)).expect("text"), "{\"a\":\"Zoë\"}".as_bytes());
    }

    /// U+FFFD or one character for each byte stands where Chromium and Firefox met bytes that were not UTF-8.
    #[test]
    fn a_text_of_another_length_than_was_stated_is_not_what_was_sent() {
        assert!(of(json!({ "text": "Zo\u{fffd}" }), Some(3)).expect_err("changed").contains("UTF-8"));
        assert!(of(json!({ "text": "Zo\u{eb}" }), Some(3)).is_err());
        assert!(of(json!({ "text": "{\"a\":" }), Some(9)).expect_err("cut").contains("Content-Length is 9"));
        assert!(of(json!({ "text": "Zoë" }), Some(4)).is_ok());
        assert!(of(json!({ "text": "Zoë" }), None).is_ok(), "nothing says how long it was");
        assert_eq!(of(json!({ "text": "{}" }), Some(5)).expect("a mark was taken off"), &b"\xef\xbb\xbf{}"[..]);
        assert!(of(json!({ "text": "{}\0\0" }), Some(4)).expect_err("cut").contains("responseBodyLimit"));
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
