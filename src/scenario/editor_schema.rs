//! A JSON Schema of the language, for editors: from the tables of keys and the contract, so that it cannot drift from either.
//!
//! Draft 7, which is what YAML language servers know best. Where the language takes text as it is written, numbers and booleans
//! are allowed as well, since YAML reads `012345` as one.
//!
//! Deliberately not here: what a schema cannot say (names that have no value, bodies that an operation refuses); `flowproof lint`
//! says it.

use std::collections::BTreeSet;

use super::form::{Form, KeySpec};
use super::lint::error_codes;
use super::parse::{ACTIONS, MAX_ROWS, reference};
use super::template::{FACTS, Helper, ROW};
use crate::contract::{Contract, Location};
use crate::record::Level;
use serde_json::{Map, Value, json};
use strum::VariantNames;

/// What names are made of.
const NAME: &str = "^[A-Za-z_][A-Za-z0-9_-]*$";

/// The schema of scenario and fragment files; `checks` are the ids that levels can be set for, each with what it promises.
pub fn schema(contract: &Contract, checks: &[(&str, &str)]) -> Value {
    let tables = SchemaTables { contract, checks };
    let definitions: Map<String, Value> =
        reference().into_iter().map(|(name, keys)| (name.to_owned(), tables.table(name, &keys))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A Flowproof scenario, or a fragment of one",
        "type": "object",
        "if": { "required": ["fragment"] },
        "then": { "$ref": "#/definitions/fragment" },
        "else": { "$ref": "#/definitions/scenario" },
        "definitions": definitions,
    })
}

struct SchemaTables<'a> {
    contract: &'a Contract,
    checks: &'a [(&'a str, &'a str)],
}

impl SchemaTables<'_> {
    fn table(&self, name: &str, keys: &[KeySpec]) -> Value {
        let mut properties = Map::new();
        for key in keys {
            let mut schema = self.special(name, key).unwrap_or_else(|| form(&key.form));
            schema["description"] = json!(key.about);
            properties.insert(key.name.to_owned(), schema);
        }
        let mut table = json!({ "type": "object", "additionalProperties": false, "properties": properties });
        for (keyword, value) in demands(name) {
            table[keyword] = value;
        }
        table
    }

    /// What the contract or the language says of a key beyond its form.
    fn special(&self, table: &str, key: &KeySpec) -> Option<Value> {
        Some(match (table, key.name) {
            ("scenario" | "fragment", "steps") | ("scenario", "cleanup") => {
                json!({ "type": "array", "minItems": 1, "items": object("step") })
            }
            ("scenario", "scenario") | ("fragment", "fragment") => title(),
            ("scenario", "covers") => json!({ "type": "array", "items": self.requirements() }),
            ("scenario", "needs") => {
                let fact = format!("^({})(\\.|$)", FACTS.join("|"));
                json!({ "type": "array", "items": { "type": "string", "pattern": fact } })
            }
            ("scenario", "levels") => self.levels(),
            ("scenario", "for-each") => rows(),
            ("scenario", "sequence") => self.sequence(),
            ("scenario" | "step", "let") | ("step", "save") => names(form(&key.form)),
            ("step", "call") => self.operations(),
            ("step", "path") => self.parameters(Location::Path),
            ("step", "query") => self.parameters(Location::Query),
            ("expectation", "state") => self.states(),
            ("expectation", "media-type") => open(self.media_types()),
            ("expectation", "body") => json!({
                "type": "object",
                "propertyNames": form(&Form::Pointer),
                "additionalProperties": form(&Form::Either(&[Form::Json, Form::Object("matcher")])),
            }),
            ("error", "code") => open(error_codes(self.contract).0),
            ("error", "detail") => open(error_codes(self.contract).1),
            ("raw", "method") => json!({ "type": "string", "pattern": "^[A-Z]+$" }),
            ("raw", "path") => json!({ "type": "string", "pattern": "^/" }),
            _ => return None,
        })
    }

    fn operations(&self) -> Value {
        let operations = self.contract.operations();
        described(operations.iter().map(|operation| (operation.name.as_str(), operation.summary.as_str())))
    }

    fn requirements(&self) -> Value {
        let requirements = self.contract.requirements();
        described(requirements.iter().map(|each| (each.id.as_str(), each.statement.as_str())))
    }

    fn states(&self) -> Value {
        let mut seen = BTreeSet::new();
        let states = self.contract.lifecycles().iter().flat_map(|lifecycle| &lifecycle.states);
        described(
            states
                .filter(|(name, _)| seen.insert(name.as_str()))
                .map(|(name, state)| (name.as_str(), state.description.as_str())),
        )
    }

    fn sequence(&self) -> Value {
        let list = json!({ "type": "array", "items": self.states() });
        json!({ "anyOf": [list, { "type": "object", "additionalProperties": list }] })
    }

    fn levels(&self) -> Value {
        let level = |promise: &str| json!({ "enum": Level::VARIANTS, "description": promise });
        let properties: Map<String, Value> =
            self.checks.iter().map(|(id, promise)| ((*id).to_owned(), level(promise))).collect();
        json!({ "type": "object", "additionalProperties": false, "properties": properties })
    }

    /// All parameters of a kind, for completion; others are allowed, since `raw` may send them.
    fn parameters(&self, location: Location) -> Value {
        let all = self.contract.operations().iter().flat_map(|operation| &operation.parameters);
        let names: BTreeSet<&str> =
            all.filter(|parameter| parameter.location == location).map(|parameter| parameter.name.as_str()).collect();
        let properties: Map<String, Value> = names.into_iter().map(|name| (name.to_owned(), text())).collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": text() })
    }

    fn media_types(&self) -> BTreeSet<String> {
        let replies = self.contract.operations().iter().flat_map(|operation| operation.replies());
        replies.flat_map(|reply| &reply.media_types).map(|each| each.name.clone()).collect()
    }
}

/// What a table demands of the keys together.
fn demands(table: &str) -> Vec<(&'static str, Value)> {
    match table {
        "scenario" => vec![("required", json!(["scenario", "steps"]))],
        "fragment" => vec![("required", json!(["fragment", "steps"]))],
        "repeat" => vec![("required", json!(["at-most", "every"]))],
        "together" => vec![("required", json!(["times"]))],
        "push" => vec![("required", json!(["user", "answer"]))],
        "save" => vec![("required", json!(["header"]))],
        "matcher" => vec![("minProperties", json!(1)), ("maxProperties", json!(1))],
        "step" => {
            let actions = ACTIONS.iter();
            let one: Vec<Value> = actions.clone().map(|(name, _)| json!({ "required": [name] })).collect();
            vec![("oneOf", Value::Array(one)), ("dependencies", Value::Object(companies()))]
        }
        _ => vec![("minProperties", json!(1))],
    }
}

/// Which keys have a meaning only beside which others.
fn companies() -> Map<String, Value> {
    let mut needs = Map::new();
    for (name, company) in ACTIONS {
        for key in company {
            needs.insert((*key).to_owned(), json!([name]));
        }
    }
    needs.insert("repeat".into(), json!(["call", "until"]));
    needs.insert("until".into(), json!(["call", "repeat"]));
    needs
}

fn form(form: &Form) -> Value {
    match form {
        Form::Text | Form::Regex => text(),
        Form::True => json!({ "const": true }),
        Form::Count(from, u64::MAX) => json!({ "type": "integer", "minimum": from }),
        Form::Count(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Form::Number => json!({ "type": "number" }),
        Form::Duration => json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$" }),
        Form::Word(words) => json!({ "enum": words }),
        Form::Pointer => json!({ "type": "string", "pattern": "^(/([^~]|~[01])*)?$" }),
        Form::Json => json!({}),
        Form::Either([Form::Json, Form::Object(name)]) => {
            json!({ "anyOf": [{ "type": ["null", "boolean", "number", "string", "array"] }, object(name)] })
        }
        Form::Either(forms) => json!({ "anyOf": forms.iter().map(self::form).collect::<Vec<_>>() }),
        Form::List(item) => json!({ "type": "array", "items": self::form(item) }),
        Form::Map(value) => json!({ "type": "object", "additionalProperties": self::form(value) }),
        // In draft 7 whatever stands beside a reference is passed over, the description too.
        Form::Object(name) => json!({ "allOf": [object(name)] }),
    }
}

fn object(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// A text without templates that is not empty.
fn title() -> Value {
    json!({ "type": ["string", "number", "boolean"], "minLength": 1, "not": { "type": "string", "pattern": "\\{\\{" } })
}

fn rows() -> Value {
    let name = json!({ "type": ["string", "number", "boolean"], "description": "The row's name: letters, digits, `-`, `_` and `.`." });
    let row = json!({ "type": "object", "required": ["name"], "properties": { "name": name } });
    json!({ "type": "array", "minItems": 1, "maxItems": MAX_ROWS, "items": row })
}

/// A map whose keys are names for new values.
fn names(mut map: Value) -> Value {
    let taken: Vec<&str> = FACTS.into_iter().chain([ROW]).chain(Helper::VARIANTS.iter().copied()).collect();
    map["propertyNames"] = json!({ "pattern": NAME, "not": { "enum": taken } });
    map
}

/// One of the values, each with its description where editors show it.
fn described<'t>(values: impl Iterator<Item = (&'t str, &'t str)>) -> Value {
    let (names, descriptions): (Vec<&str>, Vec<&str>) = values.unzip();
    json!({ "enum": names, "enumDescriptions": descriptions })
}

/// One of the values known today, or another text.
fn open(values: BTreeSet<String>) -> Value {
    json!({ "anyOf": [{ "enum": values }, { "type": "string" }] })
}
