//! Places in the contract to which something seen belongs.

use serde_json::Value;

/// Where a pointer leads once local references are followed.
pub(super) fn resolved(document: &Value, pointer: &str) -> String {
    let mut pointer = pointer.to_owned();
    for _ in 0..32 {
        let reference = document.pointer(&pointer).and_then(|value| value.get("$ref")?.as_str());
        match reference.and_then(|reference| reference.strip_prefix('#')) {
            Some(target) => pointer = target.to_owned(),
            None => break,
        }
    }
    pointer
}

/// The list of values of a schema, looked for in the schemas that are merged into it.
pub(super) fn list_of(document: &Value, schema: &str, keyword: &str) -> String {
    let own = format!("{schema}/{keyword}");
    if document.pointer(&own).is_some() {
        return own;
    }
    let merged = ["allOf", "oneOf", "anyOf"].iter().flat_map(|combined| {
        let count = document.pointer(&format!("{schema}/{combined}")).and_then(Value::as_array).map_or(0, Vec::len);
        (0..count).map(move |at| format!("{schema}/{combined}/{at}"))
    });
    let mut lists = merged.map(|part| list_of(document, &resolved(document, &part), keyword));
    lists.find(|list| document.pointer(list).is_some()).unwrap_or(own)
}
