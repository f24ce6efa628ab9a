//! JSON Schemas of the contract, compiled when first needed from the original document.
//!
//! Some formats are asserted, unknown ones mean nothing. References lead nowhere but into the document: the validator is
//! built without its network and file features.
//!
//! Deliberately not here: what a violation means for a verdict, and how schemas are translated.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use ::base64::Engine as _;
use foldhash::fast::RandomState;
use jsonschema::{EmailOptions, Keyword, Registry, ValidationError, ValidationOptions};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clean;
use super::dialect::Dialect;
use super::direction::Direction;
use super::dynamic::OwnDocuments;
use super::error::ContractError;
use super::inheritance::Heritage;
use super::pattern::{Pattern, Patterns};
use super::places::Places;
use super::reference::target;
use super::remarks::Remarks;
use super::translate::{INTEGER, translated};
use super::violation::{Violation, explained};
use crate::base::base64;
use crate::base::pointer::{find, join};
use crate::base::sync::ShareAnyway;

/// The member of a document that says whether UUIDs are written in lower case only.
const LOWER_CASE_UUIDS: &str = "x-lower-case-uuids";

/// The schemas of a contract, compiled when first needed.
///
/// Of a document with which nothing is wrong, only what a schema reaches is prepared; one that was examined has been read as
/// a whole.
#[derive(Debug)]
pub struct Schemas {
    document: Arc<Value>,
    dialect: Dialect,
    heritage: OnceLock<Heritage>,
    examined: Option<Prepared>,
    lower_case_uuids: bool,
    patterns: Arc<Patterns>,
    requests: SchemaSet,
    responses: SchemaSet,
}

/// Schemas as they are written.
#[derive(Debug, PartialEq)]
struct Prepared {
    /// Without what cannot be judged by.
    clean: Value,
    pointers: Vec<String>,
    own_documents: OwnDocuments,
}

impl Prepared {
    fn new(clean: Value, pointers: Vec<String>) -> Self {
        Self { own_documents: OwnDocuments::of(&clean, &pointers), clean, pointers }
    }

    /// The schemas for one direction.
    fn registry(&self, dialect: Dialect, direction: Direction) -> Result<Registry<'static>, ContractError> {
        let documents = self.own_documents.split(translated(&self.clean, &self.pointers, dialect, direction));
        let registry = Registry::new().draft(dialect.draft()).extend(documents).and_then(|builder| builder.prepare());
        registry.map_err(|error| ContractError::new("", error.to_string()))
    }
}

/// The schemas as they are for one direction.
#[derive(Debug, Default)]
struct SchemaSet {
    /// Of a document that was examined.
    whole: OnceLock<Registry<'static>>,
    compiled: RwLock<HashMap<String, Validator, RandomState>>,
}

/// A compiled schema, and the document to explain it by.
#[derive(Debug, Clone)]
pub struct Validator {
    schema: Arc<jsonschema::Validator>,
    document: Arc<Value>,
}

impl Schemas {
    /// The schemas of a document, with which nothing is wrong unless it is examined.
    pub(super) fn new(document: &Arc<Value>) -> Self {
        Self {
            document: Arc::clone(document),
            dialect: Dialect::of(document),
            heritage: OnceLock::new(),
            examined: None,
            lower_case_uuids: document.get(LOWER_CASE_UUIDS) == Some(&Value::Bool(true)),
            patterns: Arc::default(),
            requests: SchemaSet::default(),
            responses: SchemaSet::default(),
        }
    }

    /// The document as it was written.
    pub(super) fn document(&self) -> &Value {
        &self.document
    }

    /// Tells what of the schemas cannot be judged by, and leaves it out.
    pub(super) fn examine(&mut self, remarks: &mut Remarks) {
        let places = Places::of(&self.document);
        let clean = clean::schemas(&self.document, &places, Some(&mut remarks.faults));
        remarks.faults.extend(places.faults);
        if self.dialect.is_modern() {
            note_nullable(&self.document, &places.schemas, remarks);
        }
        self.examined = Some(Prepared::new(clean, places.schemas));
    }

    /// What a schema reaches.
    fn reached(&self, pointer: &str) -> Prepared {
        let heritage = self.heritage.get_or_init(|| Heritage::of(&self.document));
        let places = Places::reached(&self.document, heritage, pointer);
        Prepared::new(clean::schemas(&self.document, &places, None), places.schemas)
    }

    pub(super) fn validator(&self, pointer: &str, direction: Direction) -> Result<Validator, ContractError> {
        let compiled = &self.side(direction).compiled;
        if let Some(known) = compiled.reading().get(pointer) {
            return Ok(known.clone());
        }
        let validator = match self.referred(pointer) {
            Some(referred) => self.validator(&referred, direction)?,
            None => {
                let schema = Arc::new(self.compile(pointer, direction)?);
                Validator { schema, document: Arc::clone(&self.document) }
            }
        };
        compiled.writing().insert(pointer.to_owned(), validator.clone());
        Ok(validator)
    }

    /// Where the schema of the components stands that another one is nothing but a reference to: many replies refer to one, which is
    /// compiled once. References of references are left to the validator, and so is what depends on the way by which it is
    /// entered; properties mean something else to those who refer to them.
    fn referred(&self, pointer: &str) -> Option<String> {
        let is_entered = self.examined.as_ref().is_some_and(|examined| !examined.own_documents.is_empty());
        let schema = find(&self.document, pointer)?.as_object().filter(|members| members.len() == 1 && !is_entered)?;
        let referred = target(schema.get("$ref")?.as_str()?)?;
        let name = referred.strip_prefix("/components/schemas/")?;
        let leads_on = find(&self.document, &referred)?.get("$ref").is_some();
        (!leads_on && !name.contains('/')).then_some(referred)
    }

    fn compile(&self, pointer: &str, direction: Direction) -> Result<jsonschema::Validator, ContractError> {
        match &self.examined {
            Some(examined) => self.compile_in(self.whole(examined, direction)?, examined, pointer),
            None => {
                let reached = self.reached(pointer);
                self.compile_in(&reached.registry(self.dialect, direction)?, &reached, pointer)
            }
        }
    }

    fn compile_in(
        &self,
        registry: &Registry<'_>,
        prepared: &Prepared,
        pointer: &str,
    ) -> Result<jsonschema::Validator, ContractError> {
        let address = prepared.own_documents.address(pointer);
        let options = jsonschema::options()
            .with_draft(self.dialect.draft())
            .with_registry(registry)
            .should_validate_formats(true)
            .with_email_options(EmailOptions::default().without_display_text());
        self.with_meanings(options)
            .build(&json!({ "$ref": address }))
            .map_err(|error| ContractError::new(pointer, error.to_string()))
    }

    /// What patterns and formats mean here.
    fn with_meanings<'r>(&self, options: ValidationOptions<'r>) -> ValidationOptions<'r> {
        let is_uuid = if self.lower_case_uuids { is_lower_case_uuid } else { is_uuid };
        let patterns = Arc::clone(&self.patterns);
        options
            .with_format("uuid", is_uuid)
            // Padding may be missing: OpenAPI 3.0 only says "base64 encoded characters".
            .with_format("byte", |text: &str| base64::LENIENT.decode(text).is_ok())
            .with_keyword("pattern", move |_, value, _| match value.as_str().map(|text| patterns.get(text)) {
                Some(Ok(pattern)) => Ok(Box::new(PatternKeyword(pattern))),
                Some(Err(error)) => Err(ValidationError::custom(error.to_string())),
                None => Err(ValidationError::custom("a pattern is a text")),
            })
            .with_keyword(INTEGER, |_, value, _| {
                let bits = if *value == "int32" { 32 } else { 64 };
                Ok(Box::new(IntegerKeyword { bits }))
            })
    }

    fn side(&self, direction: Direction) -> &SchemaSet {
        match direction {
            Direction::Request => &self.requests,
            Direction::Response => &self.responses,
        }
    }

    /// The registry of a document that was examined.
    fn whole(&self, examined: &Prepared, direction: Direction) -> Result<&Registry<'static>, ContractError> {
        let place = &self.side(direction).whole;
        if let Some(known) = place.get() {
            return Ok(known);
        }
        let registry = examined.registry(self.dialect, direction)?;
        Ok(place.get_or_init(|| registry))
    }
}

/// Says once that a keyword of OpenAPI 3.0 means nothing in the dialect of 3.1.
fn note_nullable(document: &Value, schemas: &[String], remarks: &mut Remarks) {
    let mut nullable = schemas
        .iter()
        .filter(|schema| find(document, schema).and_then(|schema| schema.get("nullable")) == Some(&Value::Bool(true)));
    if let Some(first) = nullable.next() {
        let more = match nullable.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let message = format!("`nullable` means nothing in OpenAPI 3.1, where null is a type{more}");
        remarks.note(join(first, "nullable"), message);
    }
}

/// `pattern`, as ECMA-262 means it.
struct PatternKeyword(Pattern);

impl<'i> Keyword<'i> for PatternKeyword {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        let broken = || ValidationError::custom("the value does not match the pattern");
        if self.is_valid(instance) { Ok(()) } else { Err(broken()) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_str().is_none_or(|text| self.0.is_match(text))
    }
}

/// `format` of an integer.
struct IntegerKeyword {
    bits: u32,
}

impl<'i> Keyword<'i> for IntegerKeyword {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        let broken = || ValidationError::custom(format!("the value is not a \"int{}\"", self.bits));
        if self.is_valid(instance) { Ok(()) } else { Err(broken()) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let fits = |number: i64| self.bits == 64 || i32::try_from(number).is_ok();
        match instance {
            // A number with a fraction is the type's affair.
            Value::Number(number) => {
                number.as_i64().map_or_else(|| number.as_f64().is_some_and(|number| number.fract() != 0.0), fits)
            }
            _ => true,
        }
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
            // What was cut may break what the whole does not.
            let is_whole =
                |violation: &Violation| part.pointer(&violation.instance) == value.pointer(&violation.instance);
            let (shown, more) = self.listed(&part, limit, is_whole);
            if more {
                return (shown, true);
            }
        }
        self.listed(value, limit, |_| true)
    }

    fn listed(&self, value: &Value, limit: usize, counts: impl Fn(&Violation) -> bool) -> (Vec<Violation>, bool) {
        let mut violations = explained(self.schema.iter_errors(value), &self.document).filter(counts);
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

/// A UUID in any case, with its hyphens (RFC 9562, section 4).
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

fn is_lower_case_uuid(text: &str) -> bool {
    is_uuid(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(schemas: &Value) -> (Schemas, Vec<String>) {
        read_as("3.0.3", schemas)
    }

    fn read_as(version: &str, schemas: &Value) -> (Schemas, Vec<String>) {
        let mut remarks = Remarks::default();
        let document = json!({"openapi": version, "components": {"schemas": schemas}, "paths": {}});
        let mut schemas = Schemas::new(&Arc::new(document));
        schemas.examine(&mut remarks);
        (schemas, remarks.faults.into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn the_schemas_of_our_own_contract_are_the_same_whether_or_not_they_are_examined() {
        let document = Arc::new(serde_json::from_str(super::super::TEXT).expect("JSON"));
        let (mut examined, mut remarks) = (Schemas::new(&document), Remarks::default());
        examined.examine(&mut remarks);
        assert_eq!(remarks.faults, []);
        let (whole, schemas) = (examined.examined.expect("it was"), Schemas::new(&document));
        let translate =
            |part: &Prepared, direction| translated(&part.clean, &part.pointers, schemas.dialect, direction);
        let wholes =
            [Direction::Request, Direction::Response].map(|direction| (direction, translate(&whole, direction)));
        for pointer in &whole.pointers {
            let part = schemas.reached(pointer);
            for (direction, whole) in &wholes {
                let part_of_it = translate(&part, *direction);
                let same = |reached: &String| part_of_it.pointer(reached) == whole.pointer(reached);
                assert!(part.pointers.contains(pointer) && part.pointers.iter().all(same), "{pointer}");
            }
        }
    }

    fn violations(schemas: &Value, pointer: &str, direction: Direction, value: &Value) -> Vec<String> {
        let (examined, _) = read(schemas);
        let reached = Schemas::new(&examined.document);
        let [whole, part] = [examined, reached].map(|schemas| {
            let validator = schemas.validator(&format!("/components/schemas/{pointer}"), direction).expect("compiles");
            let found = validator.violations(value, 9).0.into_iter();
            found.map(|found| format!("{} {}", found.instance, found.keyword)).collect::<Vec<_>>()
        });
        assert_eq!(whole, part, "a schema that is prepared with what it reaches means what it means in its document");
        whole
    }

    #[test]
    fn a_schema_that_others_only_refer_to_is_compiled_once() {
        let refers = |to: &str| json!({"$ref": format!("#/components/schemas/{to}")});
        let (schemas, _) = read(&json!({"A": {"type": "string"}, "B": refers("A"), "C": refers("A"),
            "E": {"$ref": "#/components/schemas/A", "description": "a text"}}));
        let validator = |name: &str| {
            schemas.validator(&format!("/components/schemas/{name}"), Direction::Response).map(|it| it.schema)
        };
        let [a, b, c, e] = ["A", "B", "C", "E"].map(|name| validator(name).expect("it compiles"));
        assert!(Arc::ptr_eq(&a, &b) && Arc::ptr_eq(&a, &c) && !Arc::ptr_eq(&a, &e));
        for name in ["A", "B", "E"] {
            let keywords = violations(
                &json!({"A": {"type": "string"}, "B": refers("A"), "E": refers("B")}),
                name,
                Direction::Response,
                &json!(1),
            );
            assert_eq!(keywords, [" /components/schemas/A/type"], "{name}");
        }
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
        assert_eq!(check(json!({"id": "03e1897e", "at": "yesterday"})).len(), 2);
    }

    // reported/06, documents/04
    #[test]
    fn s06_s09_a_pattern_that_is_none_is_a_fault_of_the_contract_and_an_unknown_format_means_nothing() {
        let (schemas, faults) = read(&json!({"A": {"type": "string", "pattern": "["},
            "B": {"type": "string", "format": "e164", "maxLength": 3}, "C": {"format": "html", "pattern": 5}}));
        assert_eq!(faults, ["/components/schemas/A/pattern", "/components/schemas/C/pattern"]);
        for (pointer, fits, not) in
            [("A", json!("["), json!(1)), ("B", json!("x"), json!("long")), ("C", json!(1), json!(null))]
        {
            let validator = schemas.validator(&format!("/components/schemas/{pointer}"), Direction::Response);
            let validator = validator.expect("it compiles");
            assert!(validator.is_valid(&fits) && (pointer == "C" || !validator.is_valid(&not)), "{pointer}");
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

    // issue 12, item 6: 15 % of all documents were refused as a whole
    #[test]
    fn s07_what_cannot_be_compiled_is_told_at_its_place_and_the_rest_of_the_schema_holds() {
        let (schemas, mut faults) = read(&json!({"A": {"type": "strnig", "maxLength": 2, "properties": {
            "a": {"type": "integer", "required": true, "minimum": "1", "enum": []}, "b": [],
            "c": {"items": [{"type": "string"}]}, "d": {"exclusiveMinimum": true}, "e": {"$ref": "#/gone"}, "f": {"allOf": []},
            "g": {"exclusiveMinimum": 5, "maximum": 9}, "h": {"required": ["x", "x"], "enum": [{"x": 1}, {"x": 1}], "example": 3}, "i": {"type": "integer", "enum": ["410"]},
            "j": {"type": "string", "nullable": true, "enum": [null]}}}}));
        faults.sort();
        let place = "/components/schemas/A/properties";
        let wanted = [
            "a/enum",
            "a/minimum",
            "a/required",
            "b",
            "c/items",
            "d/exclusiveMinimum",
            "e/$ref",
            "f/allOf",
            "g/exclusiveMinimum",
            "i/enum",
        ]
        .map(|name| format!("{place}/{name}"));
        assert_eq!(faults[..10], wanted, "{faults:?}");
        assert_eq!(faults[10..], ["/components/schemas/A/type"]);
        let validator = schemas.validator("/components/schemas/A", Direction::Response).expect("it compiles");
        assert!(validator.is_valid(&json!({"a": 0, "b": 1, "c": [1], "e": 2, "g": 5, "h": {"x": 1}, "i": 5})));
        for broken in [
            json!("abc"),
            json!({"i": "410"}),
            json!({"j": "x"}),
            json!({"a": "0"}),
            json!({"g": 10}),
            json!({"h": {}}),
        ] {
            assert!(!validator.is_valid(&broken), "{broken}");
        }
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
            let (schemas, faults) = read(&json!({"A": {"$ref": reference}}));
            assert_eq!(faults, ["/components/schemas/A/$ref"], "{reference}");
            let validator = schemas.validator("/components/schemas/A", Direction::Response).expect("it compiles");
            assert!(validator.is_valid(&json!(1)), "{reference}");
        }
    }

    // reported/03
    #[test]
    fn s14_what_must_not_go_this_way_is_found_by_reference_and_in_every_branch() {
        let schemas = json!({
            "Pin": {"type": "string", "writeOnly": true}, "Alias": {"$ref": "#/components/schemas/Pin"},
            "Part": {"allOf": [{"$ref": "#/components/schemas/Alias"}, {"minLength": 4}]},
            "Base": {"properties": {"pin": {"$ref": "#/components/schemas/Part"}}},
            "Branch": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["name", "pin"]}]},
            "Beside": {"required": ["pin", "name"], "oneOf": [{"$ref": "#/components/schemas/Base"}]},
            "Plain": {"required": ["pin"], "properties": {"pin": {"type": "string"}}},
            "Choice": {"oneOf": [{"$ref": "#/components/schemas/Plain"},
                {"required": ["a", "pin"], "properties": {"pin": {"writeOnly": true}}}]},
        });
        for pointer in ["Branch", "Beside"] {
            let check = |direction, value| violations(&schemas, pointer, direction, &value);
            assert!(check(Direction::Response, json!({"name": "a"})).is_empty(), "{pointer}");
            assert!(!check(Direction::Response, json!({})).is_empty(), "{pointer}");
            assert!(!check(Direction::Response, json!({"name": "a", "pin": "1234"})).is_empty(), "{pointer}");
            assert!(!check(Direction::Request, json!({"name": "a"})).is_empty(), "{pointer}");
            assert!(check(Direction::Request, json!({"name": "a", "pin": "1234"})).is_empty(), "{pointer}");
        }
        assert!(violations(&schemas, "Choice", Direction::Response, &json!({"a": 1})).is_empty());
        assert!(!violations(&schemas, "Choice", Direction::Response, &json!({})).is_empty());
        assert!(!violations(&schemas, "Plain", Direction::Response, &json!({})).is_empty());
    }

    /// documents of others: whoever referred to the schema of such a property took nothing at all.
    #[test]
    fn who_refers_to_the_schema_of_a_property_that_must_not_go_this_way_means_its_values() {
        let schemas = json!({
            "Key": {"nullable": true, "properties": {"id": {"type": "integer", "readOnly": true},
                "tag": {"readOnly": true, "nullable": true, "items": {"type": "integer"}, "enum": ["a", [1], null]}}},
            "Id": {"anyOf": [{"$ref": "#/components/schemas/Key/properties/id"}]},
            "Ids": {"items": {"$ref": "#/components/schemas/Key/properties/id"}},
            "Tag": {"$ref": "#/components/schemas/Key/properties/tag"},
            "Item": {"allOf": [{"$ref": "#/components/schemas/Key/properties/tag/items"}]},
        });
        let check = |pointer, direction, value| violations(&schemas, pointer, direction, &value).is_empty();
        for direction in [Direction::Request, Direction::Response] {
            assert!(check("Id", direction, json!(7)) && !check("Id", direction, json!("x")));
            assert!(check("Ids", direction, json!([7])) && !check("Ids", direction, json!(["x"])));
            assert!(check("Tag", direction, json!(null)) && check("Tag", direction, json!("a")));
            assert!(!check("Tag", direction, json!("b")));
            assert!(check("Item", direction, json!(7)) && !check("Item", direction, json!("x")));
            assert!(check("Key", direction, json!(null)));
        }
        for member in [json!({"id": 7}), json!({"tag": "a"}), json!({"tag": null})] {
            assert!(!check("Key", Direction::Request, member.clone()) && check("Key", Direction::Response, member));
        }
    }

    /// What was wrapped inside of something wrapped was looked for where it had stood before.
    #[test]
    fn what_takes_null_may_stand_inside_of_what_takes_null() {
        let choice = json!({"oneOf": [{"$ref": "#/components/schemas/B"}], "discriminator": {"propertyName": "k"},
            "nullable": true});
        let schemas = json!({"B": {"required": ["k"]}, "A": {"nullable": true, "properties": {
            "x": {"nullable": true, "enum": ["a", null]}, "y": choice}}});
        let check = |value| violations(&schemas, "A", Direction::Response, &value);
        for valid in [json!(null), json!({"x": null, "y": null}), json!({"x": "a", "y": {"k": "B"}})] {
            assert!(check(valid.clone()).is_empty(), "{valid}");
        }
        assert_eq!(check(json!({"x": "b"})), ["/x /components/schemas/A/properties/x/enum"]);
        assert_eq!(check(json!({"y": {}})), ["/y/k /components/schemas/B/required"]);
    }

    // reported/09
    #[test]
    fn the_child_that_a_discriminator_names_decides_and_is_told_at_its_own_place() {
        let schemas = json!({
            "Parcel": {"required": ["kind"], "properties": {"kind": {"type": "string"}},
                "discriminator": {"propertyName": "kind", "mapping": {"box": "#/components/schemas/Crate"}}},
            "Crate": {"allOf": [{"$ref": "#/components/schemas/Parcel"},
                {"required": ["slats"], "properties": {"slats": {"type": "integer"}}}]},
            "Large": {"allOf": [{"$ref": "#/components/schemas/Crate"}, {"required": ["crane"]}]},
            "Holder": {"properties": {"parcel": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/Parcel"}]},
                "kind": {"$ref": "#/components/schemas/Parcel/properties/kind"}}}});
        let check = |pointer, value| violations(&schemas, pointer, Direction::Response, &value);
        for valid in [json!({"kind": "box", "slats": 1}), json!({"kind": "Crate", "slats": 1}), json!({"kind": "new"})]
        {
            assert!(check("Parcel", valid.clone()).is_empty(), "{valid}");
        }
        for kind in ["box", "Crate"] {
            assert_eq!(check("Parcel", json!({"kind": kind})), ["/slats /components/schemas/Crate/allOf/1/required"]);
        }
        assert_eq!(
            check("Parcel", json!({"kind": "Large", "slats": 1})),
            ["/crane /components/schemas/Large/allOf/1/required"]
        );
        assert_eq!(check("Parcel", json!({})), ["/kind /components/schemas/Parcel/required"]);
        assert_eq!(
            check("Crate", json!({"kind": 5, "slats": 1})),
            ["/kind /components/schemas/Parcel/properties/kind/type"]
        );
        assert!(check("Holder", json!({"parcel": null, "kind": "a"})).is_empty());
        assert_eq!(
            check("Holder", json!({"parcel": {"kind": "box"}})),
            ["/parcel/slats /components/schemas/Crate/allOf/1/required"]
        );
        assert_eq!(check("Holder", json!({"kind": 1})), ["/kind /components/schemas/Parcel/properties/kind/type"]);
    }

    // documents/02
    #[test]
    fn a_discriminator_of_a_choice_never_changes_what_is_valid_and_says_which_variant_was_meant() {
        let schemas = json!({
            "User": {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["user"]}, "id": {"type": "integer"}}},
            "Gone": {"type": "object"},
            "Any": {"nullable": true, "anyOf": [{"$ref": "#/components/schemas/User"}, {"type": "string"}],
                "discriminator": {"propertyName": "type", "mapping": {"user": "User"}}},
            "One": {"oneOf": [{"$ref": "#/components/schemas/User"}, {"type": "array"}],
                "discriminator": {"propertyName": "absent"}}});
        let check = |pointer, value| violations(&schemas, pointer, Direction::Response, &value);
        for (pointer, valid) in [
            ("Any", json!({"type": "user"})),
            ("Any", json!("a")),
            ("Any", json!(null)),
            ("One", json!([])),
            ("One", json!({"type": "user", "absent": "x"})),
        ] {
            assert!(check(pointer, valid.clone()).is_empty(), "{valid}");
        }
        let meant = ["/id /components/schemas/User/properties/id/type"];
        assert_eq!(check("Any", json!({"type": "user", "id": "x"})), meant);
        assert_eq!(check("Any", json!({"type": "account"})), [" /components/schemas/Any/anyOf"]);
        assert_eq!(check("One", json!({"type": "account"})), [" /components/schemas/One/oneOf"]);
    }

    // reported/36
    #[test]
    fn s01_parents_and_children_that_name_each_other_end() {
        let schemas = json!({
            "P": {"oneOf": [{"$ref": "#/components/schemas/C"}], "discriminator": {"propertyName": "t"}},
            "C": {"allOf": [{"$ref": "#/components/schemas/P"}, {"required": ["c"]}]},
            "Q": {"discriminator": {"propertyName": "t"}, "properties": {"next": {"$ref": "#/components/schemas/Q"}}},
            "D": {"allOf": [{"$ref": "#/components/schemas/Alias"}, {"required": ["d"]}]}, "Alias": {"$ref": "#/components/schemas/Q"},
            "E": {"allOf": [{"$ref": "#/components/schemas/E"}], "anyOf": [{"$ref": "#/components/schemas/E"}]}});
        for (pointer, value) in [
            ("P", json!({"t": "C"})),
            ("Q", json!({"t": "D", "next": {"t": "D"}})),
            ("E", json!(1)),
            ("D", json!({"t": "D"})),
        ] {
            violations(&schemas, pointer, Direction::Response, &value);
        }
    }

    // reported/13, 14, issue 12 item 7
    #[test]
    fn s08_formats_mean_what_their_standards_say() {
        for (format, fits, not) in [
            ("int32", json!(2_147_483_647), json!(2_147_483_648_i64)),
            ("int64", json!(i64::MIN), json!(9_223_372_036_854_775_808_u64)),
            ("int64", json!("text"), json!(1e19)),
            ("byte", json!("aGk="), json!("not base64!")),
            ("byte", json!("aGk"), json!("aGkx=")),
            ("date", json!("2024-02-29"), json!("2024-2-29")),
            ("date", json!("2024-12-01"), json!("+024-12-01")),
            ("date", json!(1), json!(" 024-12-01")),
            ("date-time", json!("2024-12-01T10:00:00Z"), json!("2024-12-1T10:00:00Z")),
            ("email", json!("a.b@example.com"), json!("A B <a.b@example.com>")),
            ("uuid", json!("03E1897E-33b0-40b9-b54e-68236769b1fa"), json!("03e1897e33b040b9b54e68236769b1fa")),
        ] {
            assert!(is_valid(json!({"format": format}), fits.clone()), "{format} {fits}");
            assert!(!is_valid(json!({"format": format}), not.clone()), "{format} {not}");
        }
        // reported/06: these and all others are left open by OpenAPI
        for format in
            ["time", "duration", "uri-reference", "regex", "json-pointer", "decimal", "float", "binary", "password"]
        {
            assert!(is_valid(json!({"format": format}), json!("}{ no such thing")), "{format}");
        }
    }

    // reported/29
    #[test]
    fn b18_what_a_long_array_keeps_is_not_told_as_broken_because_its_end_was_cut() {
        let schemas = json!({"A": {"properties": {"x": {"minItems": 2000, "items": {"type": "string"}}}}});
        let found = violations(&schemas, "A", Direction::Response, &json!({"x": vec![1; 3000]}));
        assert!(found.len() == 9 && found.iter().all(|found| found.ends_with("/items/type")), "{found:?}");
    }

    // reported/28
    #[test]
    fn a_component_may_be_called_like_a_keyword() {
        let document = json!({"components": {"responses": {"example": {"content": {"a/b": {"schema": {"type": "string", "nullable": true}}}}}},
            "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/example"}}}}}});
        let schemas = Schemas::new(&Arc::new(document));
        let validator = schemas.validator("/components/responses/example/content/a~1b/schema", Direction::Response);
        assert!(validator.expect("it compiles").is_valid(&json!(null)));
    }
}
