//! What single keywords of a schema say, in whichever dialect it is written.
//!
//! Deliberately not here: whether a value fits (see [`super::Schemas`]).

use std::slice;

use serde_json::Value;

/// The types that a schema states; it may state none.
pub fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let stated = schema.get("type").map_or(&[][..], |stated| match stated {
        Value::Array(several) => several.as_slice(),
        single => slice::from_ref(single),
    });
    stated.iter().filter_map(Value::as_str)
}

/// The only values that a schema takes, if it lists them.
pub fn listed(schema: &Value) -> Option<&[Value]> {
    let several = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    several.or_else(|| schema.get("const").map(slice::from_ref))
}

/// Whether a schema speaks of bytes that need not be text: in OpenAPI 3.0 by a format, in 3.1 by a media type that nothing
/// encodes.
pub fn is_binary(schema: &Value) -> bool {
    let by_format = schema.get("format").is_some_and(|format| format == "binary");
    by_format || schema.get("contentMediaType").is_some() && schema.get("contentEncoding").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_dialects_state_types_values_and_bytes() {
        let found = |schema: &Value| types(schema).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(found(&json!({"type": "string"})), ["string"]);
        assert_eq!(found(&json!({"type": ["string", "null"]})), ["string", "null"]);
        assert_eq!(found(&json!(true)), [""; 0]);
        assert_eq!(listed(&json!({"enum": [1, 2]})), Some(&[json!(1), json!(2)][..]));
        assert_eq!(listed(&json!({"const": null})), Some(&[Value::Null][..]));
        assert_eq!(listed(&json!(false)), None);
        assert!(is_binary(&json!({"format": "binary"})) && is_binary(&json!({"contentMediaType": "image/png"})));
        assert!(!is_binary(&json!({"contentMediaType": "image/png", "contentEncoding": "base64"})));
    }
}
