//! OpenAPI Overlays 1.0 and 1.1: what is added to a vendor's document, or taken from it, before it is read as a contract.
//!
//! Deliberately not here: what an overlay may say (`roas-overlay` knows).

use roas_overlay::apply::Apply;
use roas_overlay::{v1_0, v1_1};
use serde::Deserialize;
use serde_json::Value;

use super::error::ContractError;
use super::text;

/// An overlay.
#[derive(Debug, Clone)]
pub struct Overlay(v1_1::Overlay);

impl Overlay {
    /// Reads an overlay from its text, YAML or JSON.
    ///
    /// # Errors
    /// When the text is no overlay of a version that is known.
    pub fn from_text(text: &str) -> Result<Self, ContractError> {
        let text = text.trim_start_matches('\u{feff}');
        let document = if text.trim().is_empty() { Value::Null } else { text::read(text)? };
        let refuse = |error: &dyn std::fmt::Display| ContractError::new("", format!("this is no overlay: {error}"));
        match document.get("overlay").and_then(Value::as_str) {
            Some(version) if version.starts_with("1.0.") => {
                let overlay = v1_0::Overlay::deserialize(document).map_err(|error| refuse(&error))?;
                Ok(Self(overlay.into()))
            }
            Some(version) if version.starts_with("1.1.") => {
                Ok(Self(v1_1::Overlay::deserialize(document).map_err(|error| refuse(&error))?))
            }
            Some(version) => Err(refuse(&format_args!("version {version} is not supported; 1.0.x and 1.1.x are"))),
            None => Err(refuse(&"it has no `overlay` field with a version, such as \"1.0.0\"")),
        }
    }

    /// Changes a document; gives what its actions are about and is not there.
    pub(super) fn apply(&self, document: &mut Value) -> Result<Vec<ContractError>, ContractError> {
        let report = self.0.apply(document, enumset::EnumSet::empty());
        let report =
            report.map_err(|error| ContractError::new("", format!("the overlay cannot be applied: {error}")))?;
        let idle = report.actions.into_iter().filter(|action| action.matched == 0);
        let told = |at: usize, target: String| {
            ContractError::new("", format!("action {} of an overlay is about nothing here: {target}", at + 1))
        };
        Ok(idle.map(|action| told(action.index, action.target)).collect())
    }
}
