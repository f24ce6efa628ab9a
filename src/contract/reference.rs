//! Local `$ref`s of the contract, and the places of its document.
//!
//! Deliberately not here: references to other documents. They are refused, never fetched.

use serde_json::Value;

use super::error::ContractError;
use crate::base::percent::decoded;
use crate::base::pointer::{find, join};

/// The value at a pointer, and where it really stands once local references are followed.
pub(super) fn resolve<'a>(document: &'a Value, pointer: &str) -> Result<(&'a Value, String), ContractError> {
    followed(document, at(document, pointer)?, pointer.to_owned())
}

/// The same for a value that is at hand.
pub(super) fn followed<'a>(
    document: &'a Value,
    value: &'a Value,
    pointer: String,
) -> Result<(&'a Value, String), ContractError> {
    let (mut value, mut pointer) = (value, pointer);
    for _ in 0..32 {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok((value, pointer)) };
        pointer = local(reference, &pointer)?;
        value = at(document, &pointer)?;
    }
    Err(ContractError::new(pointer, "the references go round in a circle"))
}

fn at<'a>(document: &'a Value, pointer: &str) -> Result<&'a Value, ContractError> {
    let nothing = || ContractError::new(pointer, "a reference leads here, where there is nothing");
    find(document, pointer).ok_or_else(nothing)
}

/// Where a local reference leads.
pub(super) fn target(reference: &str) -> Option<String> {
    reference.strip_prefix('#').map(decoded)
}

fn local(reference: &str, at: &str) -> Result<String, ContractError> {
    target(reference).ok_or_else(|| ContractError::new(at, format!("remote reference not allowed: `{reference}`")))
}

/// Refuses a document that refers to another one anywhere, whether or not anything needs it.
pub(super) fn require_local(document: &Value) -> Result<(), ContractError> {
    for (pointer, value) in places(document, is_part_of_the_document) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            local(reference, &pointer)?;
        }
    }
    Ok(())
}

/// Where texts stand that are like this, examples included.
pub(super) fn texts_like(document: &Value, like: impl Fn(&str) -> bool) -> Vec<String> {
    let texts = places(document, |_, _, _| true).filter(|(_, value)| value.as_str().is_some_and(&like));
    let mut found: Vec<String> = texts.map(|(pointer, _)| pointer).collect();
    found.sort();
    found
}

/// Objects whose members have names that the author chose, or statuses: `default` is no value there.
const NAMED: [&str; 15] = [
    "/properties",
    "/patternProperties",
    "/dependentSchemas",
    "/$defs",
    "/pathItems",
    "/schemas",
    "/examples",
    "/responses",
    "/parameters",
    "/headers",
    "/requestBodies",
    "/variables",
    "/links",
    "/callbacks",
    "/content",
];

/// Whether a member belongs to the document itself: examples and other values are only data.
pub(super) fn is_part_of_the_document(holder: &str, name: &str, member: &Value) -> bool {
    let is_data = match name {
        "example" | "default" | "enum" | "const" | "value" => true,
        // Those of a schema; those of a media type have names, and may be references.
        "examples" => member.is_array(),
        _ => false,
    };
    !is_data || NAMED.iter().any(|end| holder.ends_with(end))
}

/// Every value of the document with its pointer; `enters` decides by the holder's pointer, the member's name and the member.
pub(super) fn places(
    document: &Value,
    enters: impl Fn(&str, &str, &Value) -> bool,
) -> impl Iterator<Item = (String, &Value)> {
    let mut waiting = vec![(String::new(), document)];
    std::iter::from_fn(move || {
        let (pointer, value) = waiting.pop()?;
        let members = children(value).filter(|(step, member)| enters(&pointer, step, member));
        waiting.extend(members.map(|(step, child)| (join(&pointer, &step), child)));
        Some((pointer, value))
    })
}

fn children(value: &Value) -> Box<dyn Iterator<Item = (String, &Value)> + '_> {
    match value {
        Value::Object(members) => Box::new(members.iter().map(|(name, member)| (name.clone(), member))),
        Value::Array(items) => Box::new(items.iter().enumerate().map(|(at, item)| (at.to_string(), item))),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn s02_a_reference_to_another_document_is_refused() {
        let document = json!({"a": {"$ref": "http://127.0.0.1/x.json#/b"}, "b": {"$ref": "file:///etc/passwd"}});
        for pointer in ["/a", "/b"] {
            let error = resolve(&document, pointer).expect_err("refused");
            assert!(error.message.starts_with("remote reference not allowed"), "{error}");
        }
    }

    #[test]
    fn s03_a_reference_that_leads_nowhere_is_refused_with_its_target() {
        let document = json!({"a": {"$ref": "#/components/schemas/Gone"}});
        assert_eq!(resolve(&document, "/a").expect_err("refused").pointer, "/components/schemas/Gone");
    }

    #[test]
    fn s01_references_that_go_in_a_circle_end() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        assert!(resolve(&document, "/a").is_err());
    }
}
