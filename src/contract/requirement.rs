//! The register of requirements: numbered sentences that the contract promises.
//!
//! Deliberately not here: which scenarios cover them.

use serde::Deserialize;
use serde_json::Value;

use super::ContractError;

/// A numbered promise with its source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Requirement {
    /// The id, assigned once and never renumbered.
    pub id: String,
    /// How binding it is.
    pub level: Importance,
    /// The promise in one sentence.
    pub statement: String,
    /// The documentation page it comes from, or `assumption`.
    pub source: String,
}

/// How binding a requirement is, in the sense of RFC 2119.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Importance {
    /// The tenant must.
    #[serde(rename = "MUST")]
    Must,
    /// The tenant should.
    #[serde(rename = "SHOULD")]
    Should,
}

/// Reads the root's `x-requirements`.
pub fn read(document: &Value) -> Result<Vec<Requirement>, ContractError> {
    let Some(list) = document.get("x-requirements").and_then(Value::as_array) else { return Ok(Vec::new()) };
    let mut requirements: Vec<Requirement> = Vec::with_capacity(list.len());
    for (at, entry) in list.iter().enumerate() {
        let pointer = format!("/x-requirements/{at}");
        let requirement =
            Requirement::deserialize(entry).map_err(|error| ContractError::new(&pointer, error.to_string()))?;
        if requirements.iter().any(|known| known.id == requirement.id) {
            return Err(ContractError::new(pointer, format!("the id `{}` is taken", requirement.id)));
        }
        requirements.push(requirement);
    }
    Ok(requirements)
}
