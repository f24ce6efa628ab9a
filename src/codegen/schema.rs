//! Schemas as the generator of types can take them.
//!
//! Keeps the shape (types, properties, required, closed enums, formats, patterns) and leaves out what only narrows
//! values, since the checks read the original. Walks by keyword, so a *property* named `nullable` stays a property.
//! It resolves nothing but the variants of a discriminated `oneOf`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::document::{PlacedValue, Refusal};
use super::names::type_key;

/// Where reusable schemas stand; the generator knows references by their last step only.
const COMPONENTS: &str = "#/components/schemas/";

/// Keywords that pass as they are.
const KEPT: [&str; 7] = ["type", "format", "nullable", "pattern", "minLength", "maxLength", "required"];

const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "object", "array"];

/// Keywords that only narrow values, or only inform: the typed client does without, silently.
const NARROWING: [&str; 20] = [
    "title",
    "description",
    "default",
    "example",
    "externalDocs",
    "xml",
    "deprecated",
    "readOnly",
    "writeOnly",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "discriminator",
];

/// Something of the contract that the generated client does not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Removal {
    /// The place, as a JSON pointer into the original contract.
    pub pointer: String,
    /// What was taken out and why it is not missed.
    pub what: &'static str,
}

/// Rewrites schemas; gathers what it had to refuse and what it left out.
#[derive(Default)]
pub(crate) struct SchemaLowering {
    /// Places that cannot be lowered.
    pub refusals: Vec<Refusal>,
    /// Places that the typed client does without.
    pub removals: Vec<Removal>,
}

impl SchemaLowering {
    /// Rewrites one schema and all below it.
    pub(crate) fn lower(&mut self, node: &PlacedValue) -> Value {
        if node.value.get("$ref").is_some() {
            return self.reference(node);
        }
        if !node.value.is_object() {
            self.refusals.push(node.refuse("a schema must be an object here"));
            return json!({});
        }
        if let Some(variants) = self.discriminated(node) {
            return variants;
        }
        let mut lowered = Map::new();
        for (keyword, member) in node.entries() {
            self.keyword(node, keyword, &member, &mut lowered);
        }
        Value::Object(lowered)
    }

    fn keyword(&mut self, schema: &PlacedValue, keyword: &str, member: &PlacedValue, lowered: &mut Map<String, Value>) {
        let rewritten = match keyword {
            "type" if member.value.is_array() => {
                self.refusals.push(member.refuse("a list of types is OpenAPI 3.1; use nullable"));
                None
            }
            kept if KEPT.contains(&kept) && !is_well_formed(kept, member.value) => {
                self.refusals.push(member.refuse(format!("this is no {kept} of a schema")));
                None
            }
            "properties" => Some(self.properties(member)),
            "items" => Some(self.lower(member)),
            "additionalProperties" => self.additional(schema, member),
            "allOf" | "oneOf" | "anyOf" => self.combined(schema, member),
            "enum" => self.closed_enum(schema, member),
            "not" => self.leave_out(member, "a negation has no type"),
            kept if KEPT.contains(&kept) => Some(member.value.clone()),
            known if NARROWING.contains(&known) || known.starts_with("x-") => None,
            _ => {
                self.refusals.push(member.refuse(format!("{keyword} is no keyword of an OpenAPI 3.0 schema")));
                None
            }
        };
        lowered.extend(rewritten.map(|value| (keyword.to_owned(), value)));
    }

    fn reference(&mut self, node: &PlacedValue) -> Value {
        let reference = node.text("$ref").unwrap_or_default();
        let name = reference.strip_prefix(COMPONENTS).unwrap_or_default();
        if name.is_empty() || name.contains('/') {
            self.refusals.push(node.refuse(format!("a schema is referred to as {COMPONENTS}Name, not {reference}")));
        } else if let Err(refusal) = node.clone().resolve() {
            self.refusals.push(refusal);
        }
        json!({ "$ref": reference })
    }

    fn properties(&mut self, properties: &PlacedValue) -> Value {
        properties.entries().map(|(name, schema)| (name.to_owned(), self.lower(&schema))).collect()
    }

    // A type with named properties drops unknown ones anyway; keeping `true` would only add a catch-all map to it.
    fn additional(&mut self, schema: &PlacedValue, member: &PlacedValue) -> Option<Value> {
        match member.value {
            Value::Bool(true) if schema.value.get("properties").is_some() => None,
            Value::Bool(_) => Some(member.value.clone()),
            _ => Some(self.lower(member)),
        }
    }

    fn combined(&mut self, schema: &PlacedValue, member: &PlacedValue) -> Option<Value> {
        let narrows = |part: PlacedValue| part.entries().all(|(keyword, _)| matches!(keyword, "required" | "not"));
        if schema.value.get("properties").is_some() && member.items().all(narrows) {
            return self.leave_out(member, "alternatives that only require properties");
        }
        Some(member.items().map(|part| self.lower(&part)).collect())
    }

    fn closed_enum(&mut self, schema: &PlacedValue, member: &PlacedValue) -> Option<Value> {
        let values: Vec<&str> = member.items().filter_map(|item| item.value.as_str()).collect();
        let distinct: BTreeSet<String> = values.iter().map(|value| type_key(value)).collect();
        let others = member.items().filter(|item| !item.value.is_string() && !item.value.is_null()).count();
        if schema.text("type") != Some("string") || values.is_empty() || others > 0 {
            return self.leave_out(member, "an enum of other than strings");
        }
        if distinct.len() < values.len() || distinct.contains("") {
            return self.leave_out(member, "an enum whose values would share a name");
        }
        Some(member.value.clone())
    }

    fn leave_out(&mut self, member: &PlacedValue, what: &'static str) -> Option<Value> {
        self.removals.push(Removal { pointer: member.pointer.clone(), what });
        None
    }

    // The generator ignores discriminators and would guess; with the tag fixed in each variant it need not.
    fn discriminated(&mut self, node: &PlacedValue) -> Option<Value> {
        let discriminator = node.get("discriminator")?;
        let tag = discriminator.text("propertyName")?;
        let variants = node.get("oneOf")?;
        let lowered: Value = variants.items().map(|variant| self.variant(&variant, &discriminator, tag)).collect();
        Some(json!({ "oneOf": lowered }))
    }

    fn variant(&mut self, variant: &PlacedValue, discriminator: &PlacedValue, tag: &str) -> Value {
        let Some(reference) = variant.text("$ref") else {
            self.refusals.push(variant.refuse("a variant that a discriminator chooses must be a reference"));
            return json!({});
        };
        match variant.clone().resolve() {
            Ok(schema) if schema.value.get("properties").is_some() => {
                tagged(self.lower(&schema), tag, &tag_values(discriminator, reference))
            }
            Ok(_) => {
                self.refusals.push(variant.refuse("a variant that a discriminator chooses must have properties"));
                json!({})
            }
            Err(refusal) => {
                self.refusals.push(refusal);
                json!({})
            }
        }
    }
}

fn is_well_formed(keyword: &str, value: &Value) -> bool {
    match keyword {
        "type" => value.as_str().is_some_and(|name| TYPES.contains(&name)),
        "nullable" => value.is_boolean(),
        "minLength" | "maxLength" => value.is_u64(),
        "required" => value.as_array().is_some_and(|names| names.iter().all(Value::is_string)),
        _ => value.is_string(),
    }
}

/// Lists the values of the discriminating property that choose a variant.
fn tag_values(discriminator: &PlacedValue, reference: &str) -> Vec<String> {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let mapping = discriminator.get("mapping").into_iter().flat_map(|mapping| {
        let chosen = mapping.entries().filter(|(_, to)| to.value == reference || to.value == name);
        chosen.map(|(value, _)| value.to_owned()).collect::<Vec<_>>()
    });
    let mapped: Vec<String> = mapping.collect();
    if mapped.is_empty() { vec![name.to_owned()] } else { mapped }
}

fn tagged(mut schema: Value, tag: &str, values: &[String]) -> Value {
    schema["properties"][tag] = json!({ "type": "string", "enum": values });
    let mut required: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    if !required.iter().any(|name| name == tag) {
        required.push(tag.into());
    }
    schema["required"] = required.into();
    schema
}
