//! `value-spelling`: no value is another spelling of a documented one.
//!
//! New values are declared non-breaking, and a client has a branch for those it does not know. `otp_required` is no new value:
//! it is a known one that no client recognises. Where the list is closed, `response-schema` denies the value and says the same.

use super::{Case, Check};
use crate::base::spelling::meant;
use crate::contract::ShapeEvent;
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "value-spelling",
    level: Level::Deny,
    promise: "No value differs from a documented one only by case, by its separators or by blanks around it.",
    source: "x-extensible-enum and the states of x-lifecycle in the contract",
    example: "A status `otp_required` or `OTP-REQUIRED`: every client that compares it with OTP_REQUIRED is lost.",
    advice: "Correct the spelling at the tenant; if both spellings are right, add the other one to the contract.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let listed = case.walk_body(|seen| match seen.event {
        ShapeEvent::UndocumentedValue { value, documented } if !case.observation.hides(value) => {
            let message = format!("the value is another spelling of {}", meant(value, documented)?);
            let promise = Some(seen.schema.to_owned());
            Some(problem(
                seen.pointer.clone(),
                meant(value, documented)?,
                value,
                Finding { promise, ..Finding::new(message) },
            ))
        }
        _ => None,
    });
    let mut findings = listed?;
    if let Some(state) = state(case).filter(|state| findings.iter().all(|known| known.pointer != state.pointer)) {
        findings.push(state);
    }
    Some(findings)
}

/// A state that is spelled otherwise, where the contract lists states in the lifecycle alone.
fn state(case: &Case<'_>) -> Option<Finding> {
    let resource = case.resource?;
    let known = meant(resource.state, resource.lifecycle.states.keys())?;
    let promise = Some(resource.lifecycle.pointer.clone());
    let message = format!("the state is another spelling of {known}");
    Some(problem(resource.lifecycle.state.clone(), known, resource.state, Finding { promise, ..Finding::new(message) }))
}

fn problem(pointer: String, expected: &str, actual: &str, finding: Finding) -> Finding {
    Finding {
        pointer: Some(pointer),
        expected: Some(expected.to_owned()),
        // Blanks around a value would not be seen.
        actual: Some(format!("{actual:?}")),
        ..finding
    }
}
