//! Members of extensions that several parts of the contract have.

use serde_json::Value;

/// The ids in an `x-requirement` member: one, a list, or none.
pub(super) fn requirement_ids(holder: &Value, key: &str) -> Vec<String> {
    match holder.get(key) {
        Some(Value::String(id)) => vec![id.clone()],
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
