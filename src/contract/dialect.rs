//! The dialect of JSON Schema in which a document's schemas are written: the one of OpenAPI 3.0, or JSON Schema 2020-12.
//!
//! Deliberately not here: what the keywords mean (the validator knows, and `translate` for those of OpenAPI alone).

use jsonschema::Draft;
use jsonschema::meta::MetaValidator;
use serde_json::Value;

use super::error::ContractError;

/// A dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// The one that OpenAPI 3.0 defines itself.
    OpenApi30,
    /// JSON Schema, draft 2020-12, which OpenAPI 3.1 refers to.
    Draft202012,
}

/// The keywords of a dialect that hold for a value.
#[derive(Debug)]
pub(super) struct Keywords {
    /// Those whose members are schemas.
    pub(super) maps: &'static [&'static str],
    /// Those that are schemas.
    pub(super) single: &'static [&'static str],
    /// Those whose entries are schemas.
    pub(super) lists: &'static [&'static str],
    /// All others.
    pub(super) others: &'static [&'static str],
}

/// `patternProperties` and `definitions`, which OpenAPI 3.0 does not have, mean one thing only.
static OPENAPI_30: Keywords = Keywords {
    maps: &["properties", "patternProperties", "definitions"],
    single: &["items", "additionalProperties", "not"],
    lists: &["allOf", "anyOf", "oneOf"],
    others: &[
        "type",
        "format",
        "enum",
        "required",
        "pattern",
        "minLength",
        "maxLength",
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
        "nullable",
        "readOnly",
        "writeOnly",
        "discriminator",
        "$ref",
    ],
};

static DRAFT_2020_12: Keywords = Keywords {
    maps: &["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"],
    single: &[
        "items",
        "additionalProperties",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
    ],
    lists: &["allOf", "anyOf", "oneOf", "prefixItems"],
    others: &[
        "type",
        "format",
        "enum",
        "const",
        "required",
        "dependentRequired",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "minContains",
        "maxContains",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "readOnly",
        "writeOnly",
        "discriminator",
        "$ref",
        "$dynamicRef",
        "$dynamicAnchor",
    ],
};

impl Dialect {
    /// The dialect of a document.
    pub(super) fn of(document: &Value) -> Self {
        let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
        if version.starts_with("3.1.") { Self::Draft202012 } else { Self::OpenApi30 }
    }

    /// Its keywords.
    pub(super) fn keywords(self) -> &'static Keywords {
        match self {
            Self::OpenApi30 => &OPENAPI_30,
            Self::Draft202012 => &DRAFT_2020_12,
        }
    }

    /// The draft by which translated schemas are compiled.
    pub(super) fn draft(self) -> Draft {
        match self {
            Self::OpenApi30 => Draft::Draft7,
            Self::Draft202012 => Draft::Draft202012,
        }
    }

    /// What may stand in a schema as it is written.
    pub(super) fn meta(self) -> MetaValidator<'static> {
        match self {
            Self::OpenApi30 => jsonschema::draft4::meta::validator(),
            Self::Draft202012 => jsonschema::draft202012::meta::validator(),
        }
    }

    /// Whether `true` and `false` are schemas, and keywords beside `$ref` hold.
    pub(super) fn is_modern(self) -> bool {
        self == Self::Draft202012
    }
}

/// Refuses a document whose schemas say that they are written in a dialect of which nothing is known.
pub(super) fn require_known(document: &Value) -> Result<(), ContractError> {
    match document.get("jsonSchemaDialect").map(|named| (named, is_known(named))) {
        Some((named, false)) if Dialect::of(document).is_modern() => Err(ContractError::new(
            "/jsonSchemaDialect",
            format!("the dialect {named:.120} is not supported; JSON Schema 2020-12 is, as OpenAPI 3.1 uses it"),
        )),
        _ => Ok(()),
    }
}

/// Whether an identifier names the dialect of OpenAPI 3.1, or the one that it is based on.
pub(super) fn is_known(identifier: &Value) -> bool {
    let identifier = identifier.as_str().unwrap_or_default().trim_end_matches('#');
    identifier.starts_with("https://spec.openapis.org/oas/3.1/dialect/")
        || matches!(identifier, "https://json-schema.org/draft/2020-12/schema")
}
