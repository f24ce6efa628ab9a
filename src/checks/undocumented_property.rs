//! `undocumented-property`: a body has no property that the contract does not name.

use super::{Case, Check};
use crate::contract::ShapeEvent;
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "undocumented-property",
    level: Level::Warn,
    promise: "A body has no property that the contract does not document.",
    source: "the properties of the schemas in the contract; new optional properties are declared non-breaking, so this warns",
    example: "A device authentication suddenly has `riskScore`: harmless to a tolerant client, worth knowing.",
    advice: "Read the release notes and add the property to the contract.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    case.walk_body(|seen| {
        // The name is reported, the value is not: nobody knows yet what it holds.
        (seen.event == ShapeEvent::UndocumentedProperty).then(|| Finding {
            pointer: Some(seen.pointer.clone()),
            promise: Some(seen.schema.to_owned()),
            ..Finding::new("the property is not documented")
        })
    })
}
