//! Values that travel as text: in header fields, written in style `simple`, and in bodies that are not JSON.
//!
//! A schema says which values a text may stand for: `41` is a number to one that speaks of numbers, and a string to one that
//! speaks of strings. References are followed, and what `allOf`, `oneOf` and `anyOf` combine speaks together.
//!
//! Deliberately not here: whether such a value fits (see [`super::Schemas`]).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::direction::Direction;
use super::keyword::{is_binary, listed, types};
use super::reference::target;
use super::schema::Schemas;
use crate::base::json::Body;
use crate::base::pointer::{find, join};

/// What the schemas at some places say of how a text is read.
#[derive(Debug, Default)]
pub struct TextForm<'a> {
    /// All schemas that speak of the value, with where they stand.
    parts: Vec<(String, &'a Value)>,
    /// The types that they name or, where they name none, speak of.
    types: BTreeSet<&'a str>,
}

/// Keywords that speak of one type.
const KEYWORDS: [(&str, &[&str]); 4] = [
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
    ("array", &["items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"]),
    (
        "object",
        &["properties", "patternProperties", "additionalProperties", "required", "minProperties", "maxProperties"],
    ),
    ("string", &["pattern", "minLength", "maxLength", "format", "contentEncoding", "contentMediaType"]),
];

/// Keywords whose schemas say more about the same value.
const COMBINED: [&str; 6] = ["allOf", "oneOf", "anyOf", "if", "then", "else"];

impl<'a> TextForm<'a> {
    fn of(document: &'a Value, pointers: impl IntoIterator<Item = String>) -> Self {
        let mut form = Self::default();
        pointers.into_iter().for_each(|pointer| form.take(document, &pointer));
        form.types = form.parts.iter().flat_map(|(_, schema)| stated_types(schema)).collect();
        if form.types.is_empty() {
            form.types = form.parts.iter().flat_map(|(_, schema)| implied_types(schema)).collect();
        }
        form
    }

    fn take(&mut self, document: &'a Value, pointer: &str) {
        let Some(schema) = find(document, pointer) else { return };
        if self.parts.iter().any(|(known, _)| *known == pointer) {
            return;
        }
        self.parts.push((pointer.to_owned(), schema));
        if let Some(place) = schema.get("$ref").and_then(Value::as_str).and_then(target) {
            self.take(document, &place);
        }
        for keyword in COMBINED {
            match schema.get(keyword) {
                Some(Value::Array(list)) => {
                    (0..list.len()).for_each(|at| self.take(document, &format!("{pointer}/{keyword}/{at}")));
                }
                Some(_) => self.take(document, &format!("{pointer}/{keyword}")),
                None => {}
            }
        }
    }

    fn has(&self, kind: &str) -> bool {
        self.types.contains(kind)
    }

    /// Whether a text may be one that is taken apart: an array or an object.
    pub fn is_composed(&self) -> bool {
        self.has("array") || self.has("object")
    }

    /// Whether a text may be a value as a whole.
    pub fn is_plain(&self) -> bool {
        self.types.iter().any(|kind| !matches!(*kind, "array" | "object")) || self.types.is_empty()
    }

    /// Whether its schemas speak of bytes that need not be text.
    pub fn is_binary(&self) -> bool {
        self.parts.iter().any(|(_, schema)| is_binary(schema))
    }

    /// The values that a text stands for as a whole, those of the narrowest types first.
    pub fn plain(&self, text: &str) -> Vec<Value> {
        let read = self.scalar(text);
        let is_text = self.has("string") || read.is_none();
        read.into_iter().chain(is_text.then(|| Value::from(text))).collect()
    }

    /// The number, boolean or null that a text spells, where there may be one.
    fn scalar(&self, text: &str) -> Option<Value> {
        let [boolean, number, null] =
            [self.has("boolean"), self.has("integer") || self.has("number"), self.has("null")];
        if !(boolean || number || null) {
            return None;
        }
        let read = Body::read(text.as_bytes());
        let is_it = |value: &&Value| match value {
            Value::Bool(_) => boolean,
            Value::Number(_) => number,
            Value::Null => null,
            _ => false,
        };
        read.value().filter(is_it).cloned()
    }

    /// Where the schemas of a member stand, or of every item.
    fn below(&self, keyword: &str, name: Option<&str>) -> Vec<String> {
        let places = self.parts.iter().filter_map(|(pointer, schema)| {
            let place = schema.get(keyword)?;
            let at = join(pointer, keyword);
            match name {
                Some(name) => place.get(name).map(|_| join(&at, name)),
                None => place.is_object().then_some(at),
            }
        });
        places.collect()
    }

    /// Where the schemas of the first items stand, one by one.
    fn tuple(&self) -> Vec<String> {
        let lists = self.parts.iter().filter_map(|(pointer, schema)| {
            let count = schema.get("prefixItems")?.as_array()?.len();
            Some((0..count).map(move |at| format!("{pointer}/prefixItems/{at}")))
        });
        lists.flatten().collect()
    }
}

/// The members of an object that is written as `name=value,…`.
fn exploded<'t>(elements: &[&'t str]) -> Option<Vec<(&'t str, &'t str)>> {
    elements.iter().map(|element| element.split_once('=')).collect()
}

/// The members of an object that is written as `name,value,…`.
fn paired<'t>(elements: &[&'t str]) -> Option<Vec<(&'t str, &'t str)>> {
    elements.chunks(2).map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect()
}

fn stated_types(schema: &Value) -> Vec<&str> {
    let stated: Vec<&str> = types(schema).collect();
    if !stated.is_empty() {
        return stated;
    }
    listed(schema).into_iter().flatten().map(type_of).collect()
}

fn implied_types(schema: &Value) -> impl Iterator<Item = &'static str> {
    let speaks = |keywords: &[&str]| keywords.iter().any(|keyword| schema.get(*keyword).is_some());
    KEYWORDS.into_iter().filter(move |(_, keywords)| speaks(keywords)).map(|(kind, _)| kind)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl Schemas {
    /// How the schema at a pointer lets a text be read.
    pub(super) fn text_form(&self, schema: &str) -> TextForm<'_> {
        TextForm::of(self.document(), [schema.to_owned()])
    }

    /// Whether a property of the form that the schema at a pointer describes is a file, or a list of files.
    pub(super) fn takes_bytes(&self, form: &str, property: &str) -> bool {
        let places = self.text_form(form).below("properties", Some(property));
        let value = TextForm::of(self.document(), places);
        value.is_binary() || TextForm::of(self.document(), value.below("items", None)).is_binary()
    }

    /// The values that a list stands for in style `simple`, for the schema that the form is of.
    pub(super) fn composed(&self, form: &TextForm<'_>, elements: &[&str], explode: bool) -> Vec<Value> {
        // Empty elements count for nothing (RFC 9110, section 5.6.1), but a member of an object may be empty.
        let filled: Vec<&str> = elements.iter().copied().filter(|element| !element.is_empty()).collect();
        let array = form.has("array").then(|| {
            let places = [form.below("items", None), form.tuple()].concat();
            filled.iter().map(|element| self.read(&places, element)).collect()
        });
        let in_pairs = || if explode { exploded(&filled) } else { paired(elements).or_else(|| paired(&filled)) };
        let pairs = if form.has("object") { in_pairs() } else { None };
        let object = pairs.map(|pairs| self.object(form, &pairs));
        array.map(Value::Array).into_iter().chain(object.map(Value::Object)).collect()
    }

    fn object(&self, form: &TextForm<'_>, pairs: &[(&str, &str)]) -> Map<String, Value> {
        let member = |(name, text): &(&str, &str)| {
            let places = form.below("properties", Some(name));
            let places = if places.is_empty() { form.below("additionalProperties", None) } else { places };
            ((*name).to_owned(), self.read(&places, text))
        };
        pairs.iter().map(member).collect()
    }

    /// The value that a text stands for to the schemas of an item or a member: the first that fits one of them.
    fn read(&self, schemas: &[String], text: &str) -> Value {
        let mut values = TextForm::of(self.document(), schemas.to_vec()).plain(text);
        let fits = |value: &Value| {
            let mut validators = schemas.iter().filter_map(|schema| self.validator(schema, Direction::Response).ok());
            validators.any(|validator| validator.is_valid(value))
        };
        let at = values.iter().position(fits).unwrap_or_default();
        values.swap_remove(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;
    use serde_json::json;

    fn contract(schema: &Value) -> Contract {
        let count = json!({"type": "integer", "minimum": 0});
        let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {},
            "components": {"schemas": {"S": schema, "Count": count, "Again": {"$ref": "#/components/schemas/Count"}}}});
        Contract::from_json(&document.to_string()).expect("a contract")
    }

    fn plain(schema: &Value, text: &str) -> Vec<Value> {
        contract(schema).text_form("/components/schemas/S").plain(text)
    }

    fn composed(schema: &Value, elements: &[&str], explode: bool) -> Vec<Value> {
        let contract = contract(schema);
        contract.composed(&contract.text_form("/components/schemas/S"), elements, explode)
    }

    // reported/01
    #[test]
    fn a_text_is_read_as_the_types_of_its_schema_however_that_is_composed() {
        let reference = json!({"$ref": "#/components/schemas/Again"});
        for schema in [&reference, &json!({"allOf": [reference]}), &json!({"enum": [41]}), &json!({"maximum": 50})] {
            assert_eq!(plain(schema, "41"), [json!(41)], "{schema}");
        }
        assert_eq!(
            plain(&json!({"anyOf": [{"type": "boolean"}, {"type": "string"}]}), "true"),
            [json!(true), json!("true")]
        );
        assert_eq!(plain(&json!({"type": "string"}), "41"), [json!("41")]);
        assert_eq!(plain(&json!({"type": "integer"}), "forty"), [json!("forty")]);
        assert_eq!(plain(&json!({}), "41"), [json!("41")]);
        assert_eq!(plain(&json!({"type": "boolean"}), "True"), [json!("True")]);
    }

    // reported/02
    #[test]
    fn a_list_is_an_array_whose_items_are_read_by_their_own_schema() {
        let counts = json!({"type": "array", "items": {"$ref": "#/components/schemas/Again"}});
        assert_eq!(composed(&counts, &["1", "2"], false), [json!([1, 2])]);
        assert_eq!(composed(&counts, &["", "1", ""], false), [json!([1])]);
        assert_eq!(composed(&counts, &[], false), [json!([])]);
        let mixed =
            json!({"type": "array", "items": {"oneOf": [{"type": "integer", "maximum": 5}, {"type": "string"}]}});
        assert_eq!(composed(&mixed, &["3", "900"], false), [json!([3, "900"])]);
    }

    // reported/02
    #[test]
    fn a_list_is_an_object_by_pairs_or_exploded_by_equals_signs() {
        let schema = json!({"allOf": [
            {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Count"}}},
            {"type": "object", "additionalProperties": {"type": "boolean"}}]});
        let right = [json!({"left": 3, "whole": true})];
        assert_eq!(composed(&schema, &["left", "3", "whole", "true"], false), right);
        assert_eq!(composed(&schema, &["left=3", "whole=true"], true), right);
        assert_eq!(composed(&schema, &["left", "3", "", "whole", "true"], false), right);
        assert!(composed(&schema, &["left", "3", "whole"], false).is_empty());
        assert!(composed(&schema, &["left"], true).is_empty());
    }
}
