//! Reading a request's JSON: every property that is missing, empty or of the wrong type is reported at once.
//!
//! Knows shapes only; whether a value is the right one is for the action to say.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::errors::{Detail, Problem};

/// A JSON object under inspection, and what is wrong with it so far.
#[derive(Debug)]
pub(super) struct Fields {
    body: Value,
    details: Vec<Detail>,
}

impl Fields {
    /// Parses a body. Anything but a JSON object is malformed.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(body @ Value::Object(_)) => Ok(Self { body, details: Vec::new() }),
            _ => Err(Problem::malformed()),
        }
    }

    /// Takes a body only if one was sent.
    pub(super) fn parse_optional(body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() { Self::parse(b"{}") } else { Self::parse(body) }
    }

    /// Reports everything found so far; call it once every property was read.
    pub(super) fn check(&mut self) -> Result<(), Problem> {
        if self.details.is_empty() { Ok(()) } else { Err(Problem::invalid_data(std::mem::take(&mut self.details))) }
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// Whether a property is there and true.
    pub(super) fn is_true(&self, path: &str) -> bool {
        self.at(path).and_then(Value::as_bool) == Some(true)
    }

    /// Reads a string that must be there and not be empty.
    pub(super) fn text(&mut self, path: &'static str) -> String {
        let found = self.required(path).map(|value| value.as_str().map(str::to_owned));
        match found {
            Some(Some(text)) if text.is_empty() => {
                self.report("EMPTY_VALUE", path, "The value must not be empty.");
                text
            }
            Some(text) => self.typed(path, text),
            None => String::new(),
        }
    }

    pub(super) fn uuid(&mut self, path: &'static str) -> Uuid {
        let text = self.text(path);
        match text.parse() {
            Ok(id) => id,
            Err(_) if text.is_empty() => Uuid::nil(),
            Err(_) => self.typed(path, None),
        }
    }

    pub(super) fn flag(&mut self, path: &'static str) -> bool {
        let found = self.required(path).map(Value::as_bool);
        found.is_some_and(|flag| self.typed(path, flag))
    }

    pub(super) fn email(&mut self, path: &'static str) -> String {
        self.formed(path, is_email)
    }

    pub(super) fn phone(&mut self, path: &'static str) -> String {
        self.formed(path, is_phone)
    }

    fn formed(&mut self, path: &'static str, well: fn(&str) -> bool) -> String {
        let text = self.text(path);
        if !(text.is_empty() || well(&text)) {
            self.report("INVALID_VALUE", path, "The value is not well-formed.");
        }
        text
    }

    pub(super) fn optional_text(&mut self, path: &'static str) -> Option<String> {
        self.given(path).then(|| self.text(path))
    }

    /// Reads the id of an object that may be left out, but not without its id.
    pub(super) fn optional_reference(&mut self, object: &'static str, id: &'static str) -> Option<Uuid> {
        (self.given(id) || self.at(object).is_some_and(Value::is_object)).then(|| self.uuid(id))
    }

    pub(super) fn optional_flag(&mut self, path: &'static str) -> bool {
        self.given(path) && self.flag(path)
    }

    /// Reads a string that must be one of a few.
    pub(super) fn one_of(&mut self, path: &'static str, allowed: &[&'static str]) -> &'static str {
        let text = self.text(path);
        match allowed.iter().find(|value| **value == text) {
            Some(value) => value,
            None if text.is_empty() => "",
            None => {
                let detail = Detail::invalid_value(path, "The value is not one of those allowed.");
                self.details.push(detail.because(serde_json::json!({ "allowedValues": allowed })));
                ""
            }
        }
    }

    pub(super) fn optional_one_of(&mut self, path: &'static str, allowed: &[&'static str]) -> Option<&'static str> {
        self.given(path).then(|| self.one_of(path, allowed))
    }

    /// Reads a whole number that must be within a range.
    pub(super) fn count(&mut self, path: &'static str, range: RangeInclusive<u64>) -> u64 {
        let found = self.required(path).map(Value::as_u64);
        let Some(number) = found.map(|number| self.typed(path, number)) else { return 0 };
        if !range.contains(&number) {
            let detail = Detail::new("OUT_OF_RANGE", path, "The value is out of range.");
            let inner = serde_json::json!({ "rangeMinimumValue": range.start(), "rangeMaximumValue": range.end() });
            self.details.push(detail.because(inner));
        }
        number
    }

    pub(super) fn optional_count(&mut self, path: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        self.given(path).then(|| self.count(path, range))
    }

    /// Reads a list that must be there and hold something.
    pub(super) fn list(&mut self, path: &'static str) -> Vec<Value> {
        let found = self.required(path).map(|value| value.as_array().cloned());
        let Some(list) = found.map(|list| self.typed(path, list)) else { return Vec::new() };
        if list.is_empty() {
            self.report("EMPTY_VALUE", path, "The value must not be empty.");
        }
        list
    }

    /// A property as it was given.
    pub(super) fn value(&self, path: &str) -> Option<&Value> {
        self.at(path)
    }

    /// The whole object.
    pub(super) fn into_body(self) -> Map<String, Value> {
        match self.body {
            Value::Object(body) => body,
            _ => Map::new(),
        }
    }

    pub(super) fn object(&mut self, path: &'static str) {
        if self.at(path).is_some_and(|value| !value.is_object()) {
            self.typed::<()>(path, None);
        }
    }

    /// Adds a finding of the caller's own.
    pub(super) fn report(&mut self, code: &'static str, path: &'static str, message: &'static str) {
        self.details.push(Detail::new(code, path, message));
    }

    fn at(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.body, |value, name| value.get(name)).filter(|value| !value.is_null())
    }

    /// Whether a property is there; that it cannot be, because of what stands in its object's place, is reported.
    fn given(&mut self, path: &'static str) -> bool {
        !self.misplaced(path) && self.at(path).is_some()
    }

    /// Reports, once, whatever stands where an object on the way to a property should.
    fn misplaced(&mut self, path: &'static str) -> bool {
        let objects = path.match_indices('.').map(|(end, _)| &path[..end]);
        let wrong = objects.into_iter().find(|object| self.at(object).is_some_and(|value| !value.is_object()));
        if let Some(object) = wrong
            && !self.details.iter().any(|detail| detail.is_about(object))
        {
            self.typed::<()>(object, None);
        }
        wrong.is_some()
    }

    fn required(&mut self, path: &'static str) -> Option<&Value> {
        if !self.misplaced(path) && self.at(path).is_none() {
            self.report("REQUIRED_VALUE", path, "A value is required.");
        }
        self.at(path)
    }

    fn typed<T: Default>(&mut self, path: &'static str, value: Option<T>) -> T {
        value.unwrap_or_else(|| {
            self.report("INVALID_VALUE", path, "The value is not of the right type.");
            T::default()
        })
    }
}

/// Whether a text looks like an address that can be masked and shown.
pub(super) fn is_email(text: &str) -> bool {
    let printable = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic() && !"@*".contains(c));
    text.split_once('@').is_some_and(|(name, domain)| printable(name) && printable(domain))
}

/// Whether a text looks like a telephone number, in any of the documented notations.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let closed = text.ends_with(|c: char| c.is_ascii_digit()) && text.is_ascii();
    digits >= 5 && closed && text.chars().all(|c| c.is_ascii_digit() || "+.()- ".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_property_is_reported_at_once() {
        let mut fields = Fields::parse(br#"{"a":"","b":5,"d":{"e":"x"}}"#).unwrap();
        fields.text("a");
        fields.text("b");
        fields.flag("c");
        fields.uuid("d.e");
        let body = fields.check().unwrap_err().body(Uuid::nil());
        let body: Value = serde_json::from_slice(&body).unwrap();
        let found: Vec<_> = body["details"].as_array().unwrap().iter().map(|d| (&d["code"], &d["target"])).collect();
        assert_eq!(
            format!("{found:?}"),
            r#"[(String("EMPTY_VALUE"), String("a")), (String("INVALID_VALUE"), String("b")), (String("REQUIRED_VALUE"), String("c")), (String("INVALID_VALUE"), String("d.e"))]"#
        );
    }
}
