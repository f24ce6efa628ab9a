//! `undocumented-value`: an open enumeration holds a documented value.
//!
//! Another spelling of a documented value is no new one: `value-spelling` denies it.

use super::{Case, Check};
use crate::base::spelling::meant;
use crate::base::text::first_of;
use crate::contract::ShapeEvent;
use crate::record::{Finding, Level};

/// So many documented values are listed.
const LISTED: usize = 8;

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "undocumented-value",
    level: Level::Warn,
    promise: "A value of an open enumeration is one of those that the contract documents.",
    source: "x-extensible-enum in the contract; new values are declared non-breaking, so this warns",
    example: "A device of type `PIGEON`: a client that branches on the type has no branch for it.",
    advice: "Check that your client has a default branch, then add the value to the contract.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    case.walk_body(|seen| match seen.event {
        ShapeEvent::UndocumentedValue { value, documented } if is_new(case, value, documented) => Some(Finding {
            pointer: Some(seen.pointer.clone()),
            expected: Some(format!("one of {}", first_of(documented, LISTED))),
            actual: Some(value.to_owned()),
            promise: Some(seen.schema.to_owned()),
            ..Finding::new("the value is not documented")
        }),
        _ => None,
    })
}

/// Whether a text is neither hidden nor another spelling of a documented value.
fn is_new(case: &Case<'_>, value: &str, documented: &[String]) -> bool {
    !case.observation.hides(value) && meant(value, documented).is_none()
}
