//! JSON read strictly from the wire.
//!
//! `serde_json` alone keeps the last of two equal keys without a word; here every repeated key is reported with its
//! pointer. Deliberately not here: schemas, and any change of the value.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

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
    },
    /// Something else; the message says what is wrong and where.
    NotJson(String),
}

impl Body {
    /// Reads the bytes of a body.
    pub fn read(bytes: &[u8]) -> Self {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Self::NotJson(format!("not UTF-8 at byte {}", error.valid_up_to())),
        };
        if text.trim_ascii().is_empty() {
            return Self::Empty;
        }
        let mut repeated = Vec::new();
        let mut reader = serde_json::Deserializer::from_str(text);
        let seed = Strict { repeated: &mut repeated, at: &Path::Root };
        match seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)) {
            Ok(value) => Self::Json { value, repeated },
            Err(error) => Self::NotJson(error.to_string()),
        }
    }

    /// The value, if the body is JSON.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Json { value, .. } => Some(value),
            _ => None,
        }
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
            Self::Key(parent, key) => write!(f, "{parent}/{}", key.replace('~', "~0").replace('/', "~1")),
            Self::Index(parent, at) => write!(f, "{parent}/{at}"),
        }
    }
}

struct Strict<'a> {
    repeated: &'a mut Vec<String>,
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
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number outside the range of JSON"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let at = Path::Index(self.at, list.len());
            match entries.next_element_seed(Strict { repeated: self.repeated, at: &at })? {
                Some(entry) => list.push(entry),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let at = Path::Key(self.at, &key);
            let value = members.next_value_seed(Strict { repeated: self.repeated, at: &at })?;
            if object.contains_key(&key) {
                self.repeated.push(at.to_string());
            }
            object.insert(key, value);
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
        let Body::Json { value, repeated } = body else { panic!("{body:?}") };
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
    fn b08_b09_depth_is_limited_to_127() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Body::read(deep(127).as_bytes()).value().is_some());
        assert!(not_json(deep(128).as_bytes()).contains("recursion limit"));
        assert!(not_json("[".repeat(100_000).as_bytes()).contains("recursion limit"));
    }
}
