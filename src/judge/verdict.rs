//! What findings make of a scenario, whether it ran or is judged from a recording.
//!
//! Deliberately not here: finding anything.

use crate::record::{Finding, Level, Verdict};

/// What a scenario comes to, and why it does not pass: the first finding that denies decides. Where none does, it passes,
/// unless something kept it from being judged.
pub(crate) fn verdict(findings: &[Finding], unjudged: Option<(Verdict, Option<String>)>) -> (Verdict, Option<String>) {
    match findings.iter().find(|finding| finding.level == Level::Deny) {
        Some(first) => (Verdict::Failed, Some(format!("{}: {}", first.check, first.message))),
        None => unjudged.unwrap_or((Verdict::Passed, None)),
    }
}
