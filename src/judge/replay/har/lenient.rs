//! JSON as tools write it: a text may hold half a surrogate pair, which JSON permits and no text of ours can hold.
//!
//! Halves from `\udc80` to `\udcff` stand for one byte each that was not UTF-8, as Python writes such bytes; any other half
//! stands for a character that was lost. Bytes of the file itself that are not UTF-8 are read as those.
//!
//! Deliberately not here: what the members mean.

use super::json::Json;

/// Where halves are kept while they are part of a text: in a private area, each at its own number.
const AREA: u32 = 0x10_0000;

/// An entry's JSON.
#[derive(Debug)]
pub(super) struct Lenient<'j> {
    /// All of it.
    pub value: Json<'j>,
    /// Whether halves of pairs stand in their private area.
    has_halves: bool,
}

impl Lenient<'_> {
    /// Reads JSON, and gives what `read` makes of it.
    ///
    /// # Errors
    /// When it is none, even so.
    pub(super) fn read<T>(json: &[u8], read: impl FnOnce(&Lenient<'_>) -> T) -> Result<T, serde_json::Error> {
        if let Some(value) = std::str::from_utf8(json).ok().and_then(|text| serde_json::from_str(text).ok()) {
            return Ok(read(&Lenient { value, has_halves: false }));
        }
        let text = with_halves(&as_text(json));
        Ok(read(&Lenient { value: serde_json::from_str(&text)?, has_halves: true }))
    }

    /// A text that is not empty.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.value.find(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    /// A number, which some tools write as a text.
    pub(super) fn number(&self, pointer: &str) -> Option<f64> {
        match self.value.find(pointer)? {
            Json::Number(number) => Some(*number),
            other => other.as_str()?.trim().parse().ok(),
        }
    }

    /// The bytes that a text stands for.
    pub(super) fn bytes(&self, text: &str) -> Vec<u8> {
        if !self.has_halves {
            return text.as_bytes().to_vec();
        }
        let mut bytes = Vec::with_capacity(text.len());
        for character in text.chars() {
            match u32::from(character).checked_sub(AREA) {
                Some(half @ 0xdc80..=0xdcff) => bytes.push(half.to_le_bytes()[0]),
                Some(0xd800..=0xdfff) => bytes.extend("\u{fffd}".bytes()),
                _ => bytes.extend(character.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        bytes
    }
}

/// Text, in which each byte that is not UTF-8 is a half that stands for it.
fn as_text(json: &[u8]) -> String {
    let mut text = String::with_capacity(json.len());
    for chunk in json.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|byte| half(0xdc00 + u32::from(*byte))));
    }
    text
}

fn half(code: u32) -> Option<char> {
    char::from_u32(AREA + code)
}

/// The same JSON with every escaped half that has no other beside it moved to the private area.
fn with_halves(json: &str) -> String {
    let mut moved = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        moved.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (escaped(rest), rest.get(6..).and_then(escaped)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(code @ 0xd800..=0xdfff), _) => {
                moved.extend(half(code));
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        moved.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    moved + rest
}

/// The code of a `\uXXXX` at the beginning of a text.
fn escaped(text: &str) -> Option<u32> {
    let digits =
        text.strip_prefix("\\u")?.get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: impl AsRef<[u8]>) -> Vec<u8> {
        Lenient::read(json.as_ref(), |read| read.bytes(read.text("/a").expect("a text"))).expect("JSON")
    }

    /// reported/25, recordings/02: half a pair anywhere made the whole entry unreadable.
    #[test]
    fn half_a_surrogate_pair_is_a_byte_or_a_lost_character() {
        assert_eq!(read(r#"{"a":"\udcff\udc80{"}"#), b"\xff\x80{");
        assert_eq!(read(r#"{"a":"x\ud83d"}"#), "x\u{fffd}".as_bytes());
        assert_eq!(read(r#"{"a":"\ud83d\ude00\udc80"}"#), ["😀".as_bytes(), b"\x80"].concat());
        assert_eq!(read(r#"{"a":"\\udc80 \\\udc80"}"#), b"\\udc80 \\\x80");
        assert_eq!(read("{\"a\":\"\u{10dc80}\"}"), "\u{10dc80}".as_bytes(), "nothing of it is a half");
        assert_eq!(read(b"{\"a\":\"\xff\"}"), b"\xff");
        let is_json = |json: &[u8]| Lenient::read(json, |_| ()).is_ok();
        assert!(!is_json(br#"{"a":"\u12"}"#) && !is_json(b"{\"a\":\\"));
    }
}
