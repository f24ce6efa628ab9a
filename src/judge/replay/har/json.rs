//! JSON of which only some is asked for: texts stay in the bytes that they were read from, and members in the order in which they
//! came.
//!
//! A `serde_json::Value` copies every name and keeps tables of them, which takes longer than all else that is read of an entry.
//! Deliberately not here: what tools write that is nearly JSON ([`super::lenient`]).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'j> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'j, str>),
    List(Vec<Self>),
    Object(Vec<(Name<'j>, Self)>),
}

/// The name of a member.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

impl Name<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Json<'_> {
    /// What a pointer without escapes leads to, from object to object.
    pub(super) fn find(&self, pointer: &str) -> Option<&Self> {
        let (mut value, mut rest) = (self, pointer);
        while let Some(path) = rest.strip_prefix('/') {
            // Names are too short to be searched in any other way.
            let name;
            (name, rest) = path.split_at(path.bytes().position(|byte| byte == b'/').unwrap_or(path.len()));
            value = value.get(name)?;
        }
        Some(value)
    }

    /// A member; of several with one name the last.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().rfind(|(known, _)| known.0 == name).map(|(_, member)| member)
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(entries) = self { Some(entries) } else { None }
    }
}

impl<'de: 'j, 'j> Deserialize<'de> for Json<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no status, size or time is that large")]
    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "no status, size or time is that large")]
    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(value.to_owned().into()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Json::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_an_object_is_found_by_its_name_and_of_two_the_last() {
        let json: Json<'_> =
            serde_json::from_str(r#"{"a":{"b":"\u00e9","b":[1,-2.5,null,true]},"c":"x"}"#).expect("JSON");
        let list = [Json::Number(1.0), Json::Number(-2.5), Json::Null, Json::Bool(true)];
        assert_eq!(json.find("/a/b").and_then(Json::as_list), Some(&list[..]));
        assert_eq!(
            (json.find("/c").and_then(Json::as_str), json.find("/c/d"), json.find("/d")),
            (Some("x"), None, None)
        );
        assert!(matches!(json.find("/c"), Some(Json::Text(Cow::Borrowed("x")))), "it is not copied");
    }
}
