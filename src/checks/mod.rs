//! One promise per file, all of the same shape, listed in one slice.
//!
//! A check is a pure function from the contract and the exchanges so far to findings. The same checks judge a live run, a
//! recording and a mutated answer; none of them knows where an exchange came from.
//!
//! Deliberately not here: sending, time, files. Checks do not import `engine`, `client`, `auth` or `tenant`.

mod address;
mod case;
mod check;
pub(crate) mod conditional_presence;
pub(crate) mod content_coding;
pub(crate) mod documented_status;
pub(crate) mod error_model;
pub(crate) mod expectation;
pub(crate) mod framing;
pub(crate) mod gone_after_delete;
pub(crate) mod lifecycle_links;
pub(crate) mod lifecycle_transition;
pub(crate) mod link_target;
pub(crate) mod media_type;
pub(crate) mod repeated_put;
pub(crate) mod resource_identity;
pub(crate) mod response_headers;
pub(crate) mod response_schema;
pub mod secret_echo;
pub(crate) mod sent;
pub(crate) mod stable_id;
pub(crate) mod stable_times;
#[cfg(test)]
mod tests;
pub(crate) mod there_after_create;
pub(crate) mod timestamps;
pub(crate) mod typed_decode;
pub(crate) mod unchanged_after_refusal;
pub(crate) mod undocumented_property;
pub(crate) mod undocumented_value;
pub(crate) mod value_spelling;
mod wfc;

use crate::record::{CheckText, Finding, Level};

pub use case::{Case, Gaps, Observation, Resource, StateTrace, at, traces};
pub use check::Check;

/// All checks, in the order in which they are evaluated.
pub static CHECKS: &[Check] = &[
    documented_status::CHECK,
    content_coding::CHECK,
    framing::CHECK,
    media_type::CHECK,
    response_headers::CHECK,
    response_schema::CHECK,
    typed_decode::CHECK,
    undocumented_property::CHECK,
    undocumented_value::CHECK,
    value_spelling::CHECK,
    lifecycle_transition::CHECK,
    lifecycle_links::CHECK,
    link_target::CHECK,
    resource_identity::CHECK,
    unchanged_after_refusal::CHECK,
    timestamps::CHECK,
    stable_id::CHECK,
    stable_times::CHECK,
    gone_after_delete::CHECK,
    there_after_create::CHECK,
    repeated_put::CHECK,
    conditional_presence::CHECK,
    error_model::CHECK,
    secret_echo::CHECK,
    expectation::CHECK,
];

/// The checks as a journal's header holds them, for reports that explain.
pub fn texts() -> Vec<CheckText> {
    let text = |check: &Check| CheckText {
        id: check.id.into(),
        level: check.level,
        promise: check.promise.into(),
        example: check.example.into(),
        advice: check.advice.into(),
    };
    CHECKS.iter().map(text).collect()
}

/// What all checks together said about one exchange.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgement {
    /// The findings at level `warn` or `deny`.
    pub findings: Vec<Finding>,
    /// Ids of the checks that were evaluated.
    pub evaluated: Vec<&'static str>,
    /// Ids of the checks that could not be evaluated, because one that they need denied.
    pub not_evaluated: Vec<&'static str>,
}

impl Judgement {
    /// Whether something was found that fails the scenario.
    pub fn denies(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Deny)
    }
}

/// The level of every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels(Vec<Level>);

impl Default for Levels {
    fn default() -> Self {
        Self(CHECKS.iter().map(|check| check.level).collect())
    }
}

impl Levels {
    /// Sets the level of a check; nearest to the scenario comes last and wins. Unknown ids are ignored: they are refused
    /// where people write them.
    pub fn set(&mut self, check: &str, level: Level) {
        if let Some(at) = CHECKS.iter().position(|known| known.id == check) {
            self.0[at] = level;
        }
    }

    /// The level of every check by its id, for the record of a run.
    pub fn as_json(&self) -> serde_json::Value {
        CHECKS.iter().zip(&self.0).map(|(check, level)| (check.id, level.as_str())).collect()
    }

    /// Denies everything.
    pub fn strict() -> Self {
        Self(vec![Level::Deny; CHECKS.len()])
    }
}

/// The ids of all checks.
pub fn ids() -> Vec<&'static str> {
    CHECKS.iter().map(|check| check.id).collect()
}

/// Judges the last exchange of a case by every check.
pub fn judge(case: &Case<'_>, levels: &Levels) -> Judgement {
    judge_until(case, levels, |_| false)
}

/// Judges the last exchange of a case, check by check, until a finding is enough; what would come after it is left out.
pub(crate) fn judge_until(case: &Case<'_>, levels: &Levels, is_enough: impl Fn(&Finding) -> bool) -> Judgement {
    let mut judgement = Judgement::default();
    let mut denied: Vec<&str> = Vec::new();
    for (check, level) in CHECKS.iter().zip(&levels.0) {
        if check.needs.iter().any(|needed| denied.contains(needed)) {
            // What needs this one means nothing either.
            denied.push(check.id);
            judgement.not_evaluated.push(check.id);
            continue;
        }
        let Some(findings) = (check.judge)(case) else { continue };
        judgement.evaluated.push(check.id);
        for finding in findings.into_iter().map(|finding| weighed(finding, check, *level, case)) {
            if finding.level == Level::Deny {
                denied.push(check.id);
            }
            let enough = is_enough(&finding);
            if finding.level != Level::Allow {
                judgement.findings.push(finding);
            }
            if enough {
                return judgement;
            }
        }
    }
    judgement
}

/// A finding may weigh less than its check, never more.
fn weighed(finding: Finding, check: &Check, level: Level, case: &Case<'_>) -> Finding {
    let wfc = wfc::code(check.id, &finding, case.response.status);
    Finding {
        check: check.id.to_owned(),
        level: finding.level.min(level),
        operation: finding.operation.or_else(|| case.exchange().operation.clone()),
        exchange: finding.exchange.or(Some(case.index())),
        wfc,
        ..finding
    }
}

#[cfg(test)]
mod registry {
    use super::*;

    #[test]
    fn every_check_needs_only_checks_that_are_evaluated_before_it() {
        for (at, check) in CHECKS.iter().enumerate() {
            for needed in check.needs {
                assert!(CHECKS[..at].iter().any(|known| known.id == *needed), "{} needs {needed}", check.id);
            }
        }
    }

    #[test]
    fn ids_are_unique_and_in_kebab_case() {
        let mut seen = std::collections::HashSet::new();
        for id in ids() {
            assert!(seen.insert(id), "{id} twice");
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
        }
    }
}
