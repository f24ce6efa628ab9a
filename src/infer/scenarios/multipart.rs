//! The parts of `multipart/form-data` (RFC 7578), as far as a scenario can state them.
//!
//! Deliberately not here: writing them (see `client`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The parts by their names: a text, JSON where a part says so, and bytes of a file; `None` where it is no such body.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<(String, Value)>> {
    let boundary = parameter(content_type, "boundary")?;
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    for part in between(body, delimiter.as_bytes()) {
        let end = find(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&part[..end]).into_owned();
        parts.push((parameter(field(&head, "content-disposition")?, "name")?, content(&head, &part[end + 4..])));
    }
    (!parts.is_empty()).then_some(parts)
}

fn content(head: &str, bytes: &[u8]) -> Value {
    let media_type = field(head, "content-type").unwrap_or_default();
    let is_file = field(head, "content-disposition").is_some_and(|it| parameter(it, "filename").is_some());
    match std::str::from_utf8(bytes) {
        Ok(text) if !is_file && crate::base::media_type::is_json(media_type) => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        Ok(text) if !is_file => text.into(),
        _ => json!({ "base64": STANDARD.encode(bytes) }),
    }
}

/// What stands between two delimiters, without the line breaks that belong to these.
fn between<'b>(body: &'b [u8], delimiter: &[u8]) -> Vec<&'b [u8]> {
    let (mut parts, mut rest) = (Vec::new(), body);
    while let Some(at) = find(rest, delimiter) {
        let part = &rest[..at];
        parts.extend(part.strip_prefix(b"\r\n").and_then(|part| part.strip_suffix(b"\r\n")));
        rest = &rest[at + delimiter.len()..];
    }
    parts
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The value of a header field in the head of a part.
fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A parameter of a header field's value, in quotes or not.
fn parameter(value: &str, name: &str) -> Option<String> {
    let pairs = value.split(';').skip(1).filter_map(|pair| pair.split_once('='));
    let found = pairs.into_iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_texts_json_and_files() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nDune\r\n--B\r\nContent-Disposition: form-data; \
            name=\"about\"\r\nContent-Type: application/json\r\n\r\n{\"year\":1965}\r\n--B\r\nContent-Disposition: form-data; \
            name=\"cover\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\xff\x00\r\n--B--\r\n";
        let expected =
            [("title", json!("Dune")), ("about", json!({"year": 1965})), ("cover", json!({"base64": "/wA="}))];
        let read = parts("multipart/form-data; boundary=B", body).expect("parts");
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(parts("multipart/form-data", body), None);
        assert_eq!(parts("multipart/form-data; boundary=C", body), None);
    }
}
