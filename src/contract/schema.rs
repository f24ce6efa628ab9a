//! JSON Schemas of the contract, compiled once from the original document.
//!
//! OpenAPI 3.0 schema objects are closest to JSON Schema Draft 4; what differs is translated: `nullable`, `discriminator`,
//! and `readOnly`/`writeOnly` by direction. Formats are asserted, unknown ones refused. References lead nowhere but into
//! the document: the validator is built without its network and file features.
//!
//! Deliberately not here: what a violation means for a verdict.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use jsonschema::{Draft, Registry};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::ContractError;
use super::violation::{Violation, explained};
use crate::base::percent::PATH;
use crate::base::sync::ShareAnyway;

/// Under this name the translated document stands in the registry.
const DOCUMENT: &str = "urn:flowproof:contract";

/// Formats of OpenAPI that say nothing beyond the type.
const UNCHECKED_FORMATS: [&str; 7] = ["password", "byte", "binary", "int32", "int64", "float", "double"];

/// Which way a body goes: it decides what `readOnly` and `writeOnly` mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From us to the tenant.
    Request,
    /// From the tenant to us.
    Response,
}

/// The schemas of a contract, compiled when first needed.
#[derive(Debug)]
pub struct Schemas {
    document: Arc<Value>,
    requests: SchemaSet,
    responses: SchemaSet,
}

/// The schemas as they are for one direction.
#[derive(Debug, Default)]
struct SchemaSet {
    registry: OnceLock<Registry<'static>>,
    compiled: RwLock<HashMap<String, Validator>>,
}

/// A compiled schema, and the document to explain it by.
#[derive(Debug, Clone)]
pub struct Validator {
    schema: Arc<jsonschema::Validator>,
    document: Arc<Value>,
}

impl Schemas {
    pub(super) fn new(document: &Arc<Value>) -> Result<Self, ContractError> {
        let schemas =
            Self { document: Arc::clone(document), requests: SchemaSet::default(), responses: SchemaSet::default() };
        schemas.registry(Direction::Response)?;
        Ok(schemas)
    }

    pub(super) fn validator(&self, pointer: &str, direction: Direction) -> Result<Validator, ContractError> {
        let compiled = &self.side(direction).compiled;
        if let Some(known) = compiled.reading().get(pointer) {
            return Ok(known.clone());
        }
        let schema = Arc::new(self.compile(pointer, direction)?);
        let validator = Validator { schema, document: Arc::clone(&self.document) };
        compiled.writing().insert(pointer.to_owned(), validator.clone());
        Ok(validator)
    }

    fn compile(&self, pointer: &str, direction: Direction) -> Result<jsonschema::Validator, ContractError> {
        let fragment = utf8_percent_encode(pointer, PATH);
        let options = jsonschema::options()
            .with_draft(Draft::Draft4)
            .with_registry(self.registry(direction)?)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_format("uuid", is_uuid)
            .with_format("date", |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok());
        UNCHECKED_FORMATS
            .iter()
            .fold(options, |options, format| options.with_format(*format, |_: &str| true))
            .build(&json!({ "$ref": format!("{DOCUMENT}#{fragment}") }))
            .map_err(|error| ContractError::new(pointer, error.to_string()))
    }

    fn side(&self, direction: Direction) -> &SchemaSet {
        match direction {
            Direction::Request => &self.requests,
            Direction::Response => &self.responses,
        }
    }

    fn registry(&self, direction: Direction) -> Result<&Registry<'static>, ContractError> {
        let place = &self.side(direction).registry;
        if let Some(known) = place.get() {
            return Ok(known);
        }
        let mut document = schema_parts(&self.document);
        translate_document(&mut document, direction);
        let registry = Registry::new()
            .draft(Draft::Draft4)
            .add(DOCUMENT, document)
            .and_then(|builder| builder.prepare())
            .map_err(|error| ContractError::new("", error.to_string()))?;
        Ok(place.get_or_init(|| registry))
    }
}

impl Validator {
    /// The first violations of a value, at most `limit`, and whether there are more.
    pub fn violations(&self, value: &Value, limit: usize) -> (Vec<Violation>, bool) {
        if self.schema.is_valid(value) {
            return (Vec::new(), false);
        }
        let mut part = value.clone();
        if shorten(&mut part) {
            let (shown, more) = self.listed(&part, limit);
            if more {
                return (shown, true);
            }
        }
        self.listed(value, limit)
    }

    fn listed(&self, value: &Value, limit: usize) -> (Vec<Violation>, bool) {
        let mut violations = explained(self.schema.iter_errors(value), &self.document);
        let shown = violations.by_ref().take(limit).collect();
        (shown, violations.next().is_some())
    }

    /// Whether a value fits.
    pub fn is_valid(&self, value: &Value) -> bool {
        self.schema.is_valid(value)
    }
}

/// Arrays of more items than this are listed from their beginning, if that is wrong often enough: every violation of a
/// value is made before the first of them can be had.
const LONG: usize = 1000;

/// Leaves only the beginning of the long arrays in a value; says whether there are any.
fn shorten(value: &mut Value) -> bool {
    let shorten_all = |any, inner: &mut Value| shorten(inner) || any;
    match value {
        Value::Array(items) if items.len() > LONG => {
            items.truncate(LONG);
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, shorten_all),
        Value::Object(members) => members.values_mut().fold(false, shorten_all),
        _ => false,
    }
}

/// Ids are lower-case UUIDs on the wire, which is stricter than RFC 9562.
fn is_uuid(text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|id| id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text)
}

/// The parts of a document in which schemas stand, without the examples.
fn schema_parts(document: &Value) -> Value {
    let components = document.get("components").and_then(Value::as_object).into_iter().flatten();
    let components: Map<String, Value> =
        components.filter(|(name, _)| *name != "examples").map(|(name, part)| (name.clone(), part.clone())).collect();
    let paths = document.get("paths").cloned().unwrap_or(Value::Null);
    // By hand, because `json!` copies what it is given.
    Value::Object(Map::from_iter([("components".into(), Value::Object(components)), ("paths".into(), paths)]))
}

/// Translates every schema of a document, wherever the document has one.
fn translate_document(document: &mut Value, direction: Direction) {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(|schema| translate(schema, direction));
    }
    find_schemas(document, direction);
}

/// Finds the `schema` members of parameters, headers and media types.
fn find_schemas(value: &mut Value, direction: Direction) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match key.as_str() {
                    "example" | "examples" | "schemas" => {}
                    extension if extension.starts_with("x-") => {}
                    "schema" => translate(member, direction),
                    _ => find_schemas(member, direction),
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| find_schemas(entry, direction)),
        _ => {}
    }
}

/// Translates one schema object and those inside it; knows which members are schemas, so that a *property* called
/// `nullable` stays what it is.
fn translate(schema: &mut Value, direction: Direction) {
    let Some(members) = schema.as_object_mut() else { return };
    for keyword in ["properties", "patternProperties", "definitions"] {
        if let Some(inner) = members.get_mut(keyword).and_then(Value::as_object_mut) {
            inner.values_mut().for_each(|schema| translate(schema, direction));
        }
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(inner) = members.get_mut(keyword) {
            translate(inner, direction);
        }
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        if let Some(inner) = members.get_mut(keyword).and_then(Value::as_array_mut) {
            inner.iter_mut().for_each(|schema| translate(schema, direction));
        }
    }
    apply_direction(members, direction);
    apply_discriminator(members);
    if members.remove("nullable") == Some(Value::Bool(true)) {
        apply_nullable(members);
    }
}

fn apply_nullable(members: &mut Map<String, Value>) {
    if let Some(Value::Array(values)) = members.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    match members.get_mut("type") {
        Some(kind) if kind.is_string() => *kind = json!([kind.take(), "null"]),
        Some(_) => {}
        None => {
            let schema = Value::Object(std::mem::take(members));
            members.insert("anyOf".into(), json!([schema, { "type": "null" }]));
        }
    }
}

/// A property that must not go this way is forbidden, and never required.
fn apply_direction(members: &mut Map<String, Value>, direction: Direction) {
    let forbidden = match direction {
        Direction::Request => "readOnly",
        Direction::Response => "writeOnly",
    };
    let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let mut removed = Vec::new();
    for (name, schema) in properties {
        if schema.get(forbidden) == Some(&Value::Bool(true)) {
            *schema = json!({ "not": {} });
            removed.push(name.clone());
        }
    }
    if removed.is_empty() {
        return;
    }
    if let Some(required) = members.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !removed.iter().any(|removed| name == removed));
        // Draft 4 wants at least one name.
        if required.is_empty() {
            members.remove("required");
        }
    }
}

/// Ties each variant to its value of the discriminating property, so that no two variants fit.
fn apply_discriminator(members: &mut Map<String, Value>) {
    let Some(discriminator) = members.remove("discriminator") else { return };
    let Some(property) = discriminator.get("propertyName").and_then(Value::as_str) else { return };
    for keyword in ["oneOf", "anyOf"] {
        let Some(variants) = members.get_mut(keyword).and_then(Value::as_array_mut) else { continue };
        for variant in variants {
            let Some(reference) = variant.get("$ref").and_then(Value::as_str) else { continue };
            let values = discriminating_values(&discriminator, reference);
            *variant = json!({ "allOf": [variant.take(), { "required": [property], "properties": { property: { "enum": values } } }] });
        }
    }
}

fn discriminating_values(discriminator: &Value, reference: &str) -> Vec<String> {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let mapping = discriminator.get("mapping").and_then(Value::as_object);
    let mapped = mapping.into_iter().flatten().filter(|(_, target)| *target == reference || *target == name);
    let mut values: Vec<String> = mapped.map(|(value, _)| value.clone()).collect();
    if values.is_empty() {
        values.push(name.to_owned());
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(schemas: &Value, pointer: &str, direction: Direction, value: &Value) -> Vec<String> {
        let schemas =
            Schemas::new(&Arc::new(json!({"components": {"schemas": schemas}, "paths": {}}))).expect("a document");
        let validator = schemas.validator(&format!("/components/schemas/{pointer}"), direction).expect("compiles");
        validator
            .violations(value, 9)
            .0
            .into_iter()
            .map(|found| format!("{} {}", found.instance, found.keyword))
            .collect()
    }

    #[test]
    fn nullable_allows_null_and_a_property_of_that_name_stays_a_property() {
        let schemas = json!({"A": {"type": "object", "properties": {
            "nullable": {"type": "boolean"}, "b": {"type": "string", "nullable": true, "enum": ["x"]},
            "c": {"allOf": [{"type": "string"}], "nullable": true}}}});
        let check = |value| violations(&schemas, "A", Direction::Response, &value);
        assert!(check(json!({"nullable": true, "b": null, "c": null})).is_empty());
        assert_eq!(check(json!({"nullable": 1})), ["/nullable /components/schemas/A/properties/nullable/type"]);
        assert_eq!(check(json!({"b": "y"})).len(), 1);
    }

    #[test]
    fn s14_a_write_only_property_is_forbidden_in_a_response_and_required_in_a_request() {
        let schemas = json!({"A": {"required": ["p"], "properties": {"p": {"type": "string", "writeOnly": true}}}});
        assert!(violations(&schemas, "A", Direction::Response, &json!({})).is_empty());
        assert_eq!(violations(&schemas, "A", Direction::Response, &json!({"p": "x"})).len(), 1);
        assert_eq!(violations(&schemas, "A", Direction::Request, &json!({})).len(), 1);
    }

    #[test]
    fn s13_a_discriminator_decides_between_variants_that_both_fit() {
        let schemas = json!({
            "A": {"oneOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}],
                  "discriminator": {"propertyName": "t", "mapping": {"b": "#/components/schemas/B"}}},
            "B": {"type": "object"}, "C": {"type": "object"}});
        assert!(violations(&schemas, "A", Direction::Response, &json!({"t": "b"})).is_empty());
        assert!(violations(&schemas, "A", Direction::Response, &json!({"t": "C"})).is_empty());
        assert_eq!(violations(&schemas, "A", Direction::Response, &json!({"t": "d"})).len(), 1);
    }

    #[test]
    fn draft_4_semantics_hold_for_boolean_exclusive_minimum() {
        let schemas = json!({"A": {"type": "number", "minimum": 1, "exclusiveMinimum": true}});
        assert_eq!(violations(&schemas, "A", Direction::Response, &json!(1)).len(), 1);
        assert!(violations(&schemas, "A", Direction::Response, &json!(2)).is_empty());
    }

    #[test]
    fn s08_formats_are_asserted() {
        let schemas = json!({"A": {"properties": {
            "id": {"type": "string", "format": "uuid"}, "at": {"type": "string", "format": "date-time"}}}});
        let check = |value| violations(&schemas, "A", Direction::Response, &value);
        assert!(
            check(json!({"id": "03e1897e-33b0-40b9-b54e-68236769b1fa", "at": "2021-11-16T19:35:54.554Z"})).is_empty()
        );
        assert_eq!(check(json!({"id": "03E1897E-33B0-40B9-B54E-68236769B1FA", "at": "yesterday"})).len(), 2);
    }

    #[test]
    fn s06_s09_a_pattern_or_format_that_does_not_exist_is_a_fault_of_the_contract() {
        for schema in [json!({"type": "string", "pattern": "["}), json!({"type": "string", "format": "e164"})] {
            let schemas =
                Schemas::new(&Arc::new(json!({"components": {"schemas": {"A": schema}}}))).expect("a document");
            assert!(schemas.validator("/components/schemas/A", Direction::Response).is_err());
        }
    }

    fn is_valid(schema: Value, value: Value) -> bool {
        violations(&json!({"A": schema}), "A", Direction::Response, &value).is_empty()
    }

    #[test]
    fn s04_a_pattern_may_look_ahead() {
        let schema = json!({"type": "string", "pattern": "^(?!x)[a-z]+$"});
        assert!(is_valid(schema.clone(), json!("ab")) && !is_valid(schema, json!("xab")));
    }

    #[test]
    fn s05_a_pattern_that_explodes_ends_all_the_same() {
        // Who tries all ways is still at it tomorrow.
        let text = format!("{}!", "a".repeat(40));
        for pattern in ["^(a+)+$", "^(?=a)(a+)+$", "^(a|aa)+$"] {
            assert!(!is_valid(json!({"type": "string", "pattern": pattern}), json!(text)), "{pattern}");
        }
    }

    #[test]
    fn s07_a_misspelt_type_is_a_fault_of_the_contract() {
        let document = json!({"components": {"schemas": {"A": {"type": "strnig"}}}});
        let schemas = Schemas::new(&Arc::new(document)).expect("a document");
        assert!(schemas.validator("/components/schemas/A", Direction::Response).is_err());
    }

    #[test]
    fn s10_lengths_count_characters_and_not_bytes() {
        let schema = json!({"type": "string", "minLength": 2, "maxLength": 2});
        assert!(!is_valid(schema.clone(), json!("\u{1f511}")) && is_valid(schema.clone(), json!("e\u{301}")));
        assert!(is_valid(schema, json!("\u{1f511}\u{1f511}")));
    }

    #[test]
    fn s11_a_hundredth_is_no_matter_of_floating_points() {
        let schema = json!({"type": "number", "multipleOf": 0.01});
        assert!(is_valid(schema.clone(), json!(19.99)) && !is_valid(schema, json!(19.999)));
    }

    #[test]
    fn b18_violations_beyond_the_beginning_of_a_long_array_are_found() {
        let schemas = json!({"A": {"properties": {"x": {"items": {"type": "string"}}}}});
        let mut items = vec![json!("a"); 3000];
        items[2999] = json!(1);
        let found = violations(&schemas, "A", Direction::Response, &json!({"x": items, "y": [[1]]}));
        assert_eq!(found, ["/x/2999 /components/schemas/A/properties/x/items/type"]);
    }

    #[test]
    fn s02_remote_and_file_references_are_never_fetched() {
        for reference in ["http://127.0.0.1:9/x.json", "file:///etc/passwd"] {
            let document = json!({"components": {"schemas": {"A": {"$ref": reference}}}});
            let refused = Schemas::new(&Arc::new(document))
                .and_then(|schemas| schemas.validator("/components/schemas/A", Direction::Response).map(drop));
            assert!(refused.is_err(), "{reference}");
        }
    }
}
