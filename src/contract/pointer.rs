//! JSON pointers (RFC 6901) into the contract, and local `$ref`s.
//!
//! Deliberately not here: references to other documents. They are refused, never fetched.

use serde_json::Value;

use super::ContractError;

/// One more step of a pointer, escaped.
pub fn join(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}

/// The value at a pointer, and where it really stands once local references are followed.
pub fn resolve<'a>(document: &'a Value, pointer: &str) -> Result<(&'a Value, String), ContractError> {
    let mut pointer = pointer.to_owned();
    for _ in 0..32 {
        let value = document
            .pointer(&pointer)
            .ok_or_else(|| ContractError::new(&pointer, "a reference leads here, where there is nothing"))?;
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => pointer = local(reference, &pointer)?,
            None => return Ok((value, pointer)),
        }
    }
    Err(ContractError::new(pointer, "the references go round in a circle"))
}

fn local(reference: &str, at: &str) -> Result<String, ContractError> {
    let Some(target) = reference.strip_prefix('#') else {
        return Err(ContractError::new(at, format!("remote reference not allowed: `{reference}`")));
    };
    Ok(percent_encoding::percent_decode_str(target).decode_utf8_lossy().into_owned())
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
