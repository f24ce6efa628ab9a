//! What a comparison came to: what shuts the gate, what is known, and what only changed.
//!
//! Deliberately not here: comparing ([`super::compare()`]), and the words in which it is shown.

use serde::Serialize;

use crate::record::ExitCode;

/// What a comparison came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Comparison {
    /// What shuts the gate, in the order of the scenarios.
    pub problems: Vec<GateProblem>,
    /// Failures that are expected, with the reason.
    pub expected: Vec<ScenarioNote>,
    /// Failures that the baseline has too.
    pub still: Vec<ScenarioNote>,
    /// Scenarios that pass and did not before.
    pub fixed: Vec<String>,
    /// Scenarios that the baseline does not have.
    pub added: Vec<String>,
    /// Scenarios that passed only after an attempt that did not.
    pub flaky: Vec<String>,
    /// What the tenant does otherwise than before.
    pub changes: Vec<BehaviourChange>,
    /// How many scenarios the run has.
    pub scenarios: usize,
    /// Entries to paste into the file of expectations, one for each unexpected failure.
    pub entries: Vec<String>,
}

/// Something that shuts the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct GateProblem {
    /// Of what kind.
    pub kind: GateProblemKind,
    /// The scenario, check or entry that it is about.
    pub subject: String,
    /// What it is, in one sentence.
    pub message: String,
}

/// The kinds of what shuts the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "lowercase")]
pub(crate) enum GateProblemKind {
    /// The baseline was made with another contract.
    #[strum(serialize = "contract changed")]
    ContractChanged,
    /// A scenario fails that did not, or in another way than it did.
    #[strum(serialize = "new failure")]
    NewFailure,
    /// A scenario is expected to fail, and fails for another reason.
    #[strum(serialize = "fails for another reason")]
    OtherReason,
    /// A scenario came to no verdict.
    #[strum(serialize = "no verdict")]
    NoVerdict,
    /// A scenario of the baseline is not in the run.
    Vanished,
    /// A scenario checks less than it did.
    Weaker,
    /// The suite does not reach what flowproof.toml asks for.
    #[strum(serialize = "too little covered")]
    Uncovered,
    /// A scenario was skipped that was not.
    #[strum(serialize = "unexpected skip")]
    UnexpectedSkip,
    /// A scenario is expected to fail, and passes.
    #[strum(serialize = "unexpected pass")]
    UnexpectedPass,
    /// An expectation is about nothing in the run.
    #[strum(serialize = "stale expectation")]
    Stale,
    /// An expectation has expired.
    #[strum(serialize = "expired expectation")]
    Expired,
    /// Two expectations are about the same failure.
    #[strum(serialize = "overlapping expectations")]
    Overlapping,
    /// A scenario passed only after an attempt that did not.
    Flaky,
    /// The tenant does something otherwise than before.
    Changed,
}

/// A scenario and what there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ScenarioNote {
    /// The scenario.
    pub scenario: String,
    /// What there is to say.
    pub message: String,
}

/// Something that the tenant does otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BehaviourChange {
    /// The operation, or `lifecycle`.
    pub subject: String,
    /// `answer`, `property`, `value`, `transition` or `latency`.
    pub kind: &'static str,
    /// What it is.
    pub what: String,
    /// `appeared`, `disappeared`, or by how much.
    pub how: String,
}

impl Comparison {
    /// The code that a gate ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let worst = |problem: &GateProblem| match problem.kind {
            GateProblemKind::NoVerdict => ExitCode::CouldNotTell,
            GateProblemKind::Overlapping => ExitCode::Unusable,
            _ => ExitCode::Violated,
        };
        let nothing = if self.scenarios == 0 { ExitCode::NothingChecked } else { ExitCode::Held };
        self.problems.iter().map(worst).fold(nothing, ExitCode::max)
    }
}
