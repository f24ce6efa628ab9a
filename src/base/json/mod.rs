//! JSON read strictly from the wire.
//!
//! `serde_json` alone keeps the last of two equal keys without a word; here every repeated key is reported with its
//! pointer, and numbers that no program holds exactly keep their digits. Deliberately not here: schemas.

mod scanner;

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

pub use scanner::Scanner;

use crate::base::pointer::escape;

/// What the bytes of a body turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing, or only white space.
    Empty,
    /// JSON, with the pointers of keys that occur more than once in their object.
    Json {
        /// The value; of repeated keys the last.
        value: Value,
        /// Pointers of repeated keys.
        repeated: Vec<String>,
        /// Numbers that the value holds only nearly.
        inexact: Vec<Inexact>,
    },
    /// Something else; the message says what is wrong and where.
    NotJson(String),
}

/// A number that is beyond the integers of 64 bits, or beyond any number that programs hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inexact {
    /// Where it stands.
    pub pointer: String,
    /// Its digits as they came.
    pub digits: String,
    /// Whether it is too large or too small for any number; the value has the nearest instead.
    pub out_of_range: bool,
}

/// A byte order mark: it does not belong before JSON (RFC 8259, section 8.1), but what follows can be read.
pub const BOM: &str = "\u{feff}";

/// Arrays and objects may stand in each other so often; one more is refused before it can hurt.
const DEPTH: usize = 127;

impl Body {
    /// Reads the bytes of a body.
    pub fn read(bytes: &[u8]) -> Self {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Self::NotJson(not_utf8(bytes, error.valid_up_to())),
        };
        let text = text.strip_prefix(BOM).unwrap_or(text);
        if text.trim_ascii().is_empty() {
            return Self::Empty;
        }
        match strictly(text) {
            Ok((value, repeated, false)) => Self::Json { value, repeated, inexact: Vec::new() },
            Ok((value, repeated, true)) => Self::Json { value, repeated, inexact: Numbers::of(text).inexact },
            Err(error) if error.to_string().starts_with(OUT_OF_RANGE) => Self::with_numbers_cut(text),
            Err(error) => Self::NotJson(explained(&error)),
        }
    }

    /// Reads a text again with the nearest number in the place of every one that is out of range, so that the rest of it
    /// can be judged.
    fn with_numbers_cut(text: &str) -> Self {
        let Numbers { inexact, cut } = Numbers::of(text);
        match strictly(&cut) {
            Ok((value, repeated, _)) => Self::Json { value, repeated, inexact },
            Err(error) => Self::NotJson(explained(&error)),
        }
    }

    /// The digits of the number at a pointer, where the value holds it only nearly.
    pub fn digits(&self, pointer: &str) -> Option<&str> {
        let Self::Json { inexact, .. } = self else { return None };
        inexact.iter().find(|number| number.pointer == pointer).map(|number| number.digits.as_str())
    }

    /// The value, with another number for every one that only seems to equal an earlier one, since it differs by digits that
    /// the value does not hold; `None` where there is no such number.
    pub fn told_apart(&self) -> Option<Value> {
        let Self::Json { value, inexact, .. } = self else { return None };
        if inexact.is_empty() {
            return None;
        }
        let mut apart = value.clone();
        let mut taken = HashMap::new();
        for Inexact { pointer, digits, .. } in inexact {
            let place = apart.pointer_mut(pointer)?;
            let mut near = std::iter::successors(place.as_f64(), |number| Some(nearer_to_zero(*number)));
            *place = near.find(|number| taken.entry(number.to_bits()).or_insert(digits) == &digits)?.into();
        }
        (apart != *value).then_some(apart)
    }

    /// The value, if the body is JSON.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Json { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// Below this, a whole number written as `1.0`, `1E3` or `-0` is the integer that it equals.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// How `serde_json` begins to say that a number is too large.
const OUT_OF_RANGE: &str = "number out of range";

fn nearer_to_zero(number: f64) -> f64 {
    if number > 0.0 { number.next_down() } else { number.next_up() }
}

fn not_utf8(bytes: &[u8], at: usize) -> String {
    let hint =
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") { "; it looks like UTF-16" } else { "" };
    format!("not UTF-8 at byte {at}{hint}")
}

fn explained(error: &serde_json::Error) -> String {
    error.to_string().replace("recursion limit exceeded", &format!("recursion limit of {DEPTH} levels exceeded"))
}

/// Reads a text: the value, the pointers of repeated keys, and whether some number was not held exactly.
fn strictly(text: &str) -> serde_json::Result<(Value, Vec<String>, bool)> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut notes = Notes::default();
    let value = Strict { notes: &mut notes, at: &Path::Root }.deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, notes.repeated, notes.huge))
}

/// What is noted while a text is read.
#[derive(Default)]
struct Notes {
    repeated: Vec<String>,
    /// A number of such a size that it may have been an integer with more digits than are held.
    huge: bool,
}

/// The numbers of a JSON text that no program holds exactly.
struct Numbers {
    inexact: Vec<Inexact>,
    /// The text, with the nearest number in the place of those out of range.
    cut: String,
}

impl Numbers {
    fn of(text: &str) -> Self {
        let mut numbers = Self { inexact: Vec::new(), cut: String::with_capacity(text.len()) };
        let mut scanner = Scanner::new(text.as_bytes());
        let mut copied = 0;
        while let Some(token) = scanner.next() {
            if !matches!(text.as_bytes()[token.start], b'-' | b'0'..=b'9') {
                continue;
            }
            if let Some(nearest) = numbers.note(&scanner, &text[token.clone()]) {
                numbers.cut.push_str(&text[copied..token.start]);
                numbers.cut.push_str(nearest);
                copied = token.end;
            }
        }
        numbers.cut.push_str(&text[copied..]);
        numbers
    }

    /// Notes a number if it is not held exactly, and gives the nearest one if it is out of range.
    fn note(&mut self, at: &Scanner<'_>, digits: &str) -> Option<&'static str> {
        let out_of_range = digits.parse::<f64>().is_ok_and(f64::is_infinite);
        let whole = !digits.contains(['.', 'e', 'E']);
        if out_of_range || whole && digits.parse::<i64>().is_err() && digits.parse::<u64>().is_err() {
            self.inexact.push(Inexact { pointer: at.pointer(), digits: digits.to_owned(), out_of_range });
        }
        let nearest = if digits.starts_with('-') { "-1.7976931348623157e308" } else { "1.7976931348623157e308" };
        out_of_range.then_some(nearest)
    }
}

enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(parent, key) => write!(f, "{parent}/{}", escape(key)),
            Self::Index(parent, at) => write!(f, "{parent}/{at}"),
        }
    }
}

struct Strict<'a> {
    notes: &'a mut Notes,
    at: &'a Path<'a>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.notes.huge |= value.abs() >= 9.2e18;
        if value.fract() == 0.0 && value.abs() < EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
            return Ok((value as i64).into());
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number outside the range of JSON"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let at = Path::Index(self.at, list.len());
            match entries.next_element_seed(Strict { notes: self.notes, at: &at })? {
                Some(entry) => list.push(entry),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let at = Path::Key(self.at, &key);
            let value = members.next_value_seed(Strict { notes: self.notes, at: &at })?;
            match object.entry(key) {
                Entry::Vacant(place) => _ = place.insert(value),
                Entry::Occupied(mut known) => {
                    self.notes.repeated.push(Path::Key(self.at, known.key()).to_string());
                    known.insert(value);
                }
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_json(bytes: &[u8]) -> String {
        match Body::read(bytes) {
            Body::NotJson(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn b10_repeated_keys_are_reported_with_their_pointers() {
        let body = Body::read(br#"{"a":[{"x/y":1,"x/y":2}],"b":1,"b":2}"#);
        let Body::Json { value, repeated, .. } = body else { panic!("{body:?}") };
        assert_eq!(repeated, ["/a/0/x~1y", "/b"]);
        assert_eq!(value["b"], 2);
    }

    #[test]
    fn b01_b02_nothing_and_white_space_are_empty() {
        assert_eq!(Body::read(b""), Body::Empty);
        assert_eq!(Body::read(b" \r\n\t"), Body::Empty);
    }

    #[test]
    fn b04_b05_bytes_that_are_not_utf_8_are_named_with_their_offset() {
        assert_eq!(not_json(b"{\"a\":\"\xff\"}"), "not UTF-8 at byte 6");
    }

    #[test]
    fn b07_b11_broken_json_is_named_with_line_and_column() {
        for text in
            [r#"{"a":"#, "{} x", "{}{}", "// c\n{}", "{'a':1}", "[NaN]", "[0x1F]", "[01]", "[+1]", "[.5]", "[1.]"]
        {
            assert!(not_json(text.as_bytes()).contains(" at line "), "{text}");
        }
    }

    #[test]
    fn b03_a_byte_order_mark_is_passed_over() {
        assert_eq!(Body::read(b"\xef\xbb\xbf{}").value(), Some(&Value::Object(Map::new())));
        assert_eq!(Body::read(b"\xef\xbb\xbf "), Body::Empty);
    }

    #[test]
    fn b12_a_number_out_of_range_is_found_and_the_rest_is_still_read() {
        let body = Body::read(br#"{"x,\"[": ["}", 1, {"a/b": -1E400}], "c": 1e400, "d": 7, "d": 8}"#);
        let Body::Json { value, repeated, inexact } = body else { panic!("{body:?}") };
        let found: Vec<_> = inexact.iter().map(|number| (number.pointer.as_str(), number.digits.as_str())).collect();
        assert_eq!(found, [("/x,\"[/2/a~1b", "-1E400"), ("/c", "1e400")]);
        assert!(inexact.iter().all(|number| number.out_of_range));
        assert_eq!((value["d"].as_i64(), value["c"].as_f64()), (Some(8), Some(f64::MAX)));
        assert_eq!(repeated, ["/d"]);
    }

    #[test]
    fn b14_an_integer_is_one_however_it_is_written() {
        let body = Body::read(b"[1.0, 1E3, -0, 1.5, 1e30]");
        let value = body.value().expect("JSON");
        assert_eq!(value.to_string(), "[1,1000,0,1.5,1e+30]");
    }

    #[test]
    fn b13_integers_beyond_64_bits_keep_their_digits() {
        let body = Body::read(br#"[18446744073709551615, 18446744073709551616, -9223372036854775809, 1e30, 9.3e18]"#);
        assert_eq!(body.digits("/0"), None);
        assert_eq!(body.digits("/1"), Some("18446744073709551616"));
        assert_eq!(body.digits("/2"), Some("-9223372036854775809"));
        assert_eq!((body.digits("/3"), body.digits("/4")), (None, None));
    }

    // reported/14b
    #[test]
    fn b13_numbers_that_differ_in_their_last_digit_are_told_apart() {
        let apart = |text: &str| Body::read(text.as_bytes()).told_apart();
        let all = apart(r#"[18446744073709551617, {"a": 18446744073709551618}, -1e400, -1e401, 18446744073709551617]"#);
        let all = all.expect("numbers that seem to be equal");
        assert!(all[0] != all[1]["a"] && all[2] != all[3] && all[0] == all[4], "{all}");
        assert_eq!(apart("[18446744073709551617, 18446744073709551617, 1, 1e0]"), None);
    }

    #[test]
    fn b08_b09_depth_is_limited_to_127() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Body::read(deep(127).as_bytes()).value().is_some());
        assert!(not_json(deep(128).as_bytes()).contains("recursion limit"));
        assert!(not_json("[".repeat(100_000).as_bytes()).contains("recursion limit"));
    }
}
