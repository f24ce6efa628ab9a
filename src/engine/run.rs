//! What came of a scenario: its steps, exchanges and findings, and the verdict.
//!
//! Deliberately not here: what is promised ([`super::judging`]), and how it is written ([`super::record`]).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::leftover::Leftover;
use super::plan::Plan;
use super::request::RequestError;
use super::values::ValueError;
use crate::base::source::Span;
use crate::checks::Observation;
use crate::checks::expectation::{self, ExpectedSequence};
use crate::judge::recording::{CheckTally, verdict};
use crate::record::redaction::Secrets;
use crate::record::{Finding, Level, Place, StepOutcome, Verdict};

/// What came of a scenario.
#[derive(Debug)]
pub(crate) struct ScenarioRun {
    /// What it came to.
    pub verdict: Verdict,
    /// Why it did not pass.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took.
    pub duration: Duration,
    /// How far each step came.
    pub steps: Vec<StepRun>,
    /// The exchanges in order.
    pub history: Vec<Observation>,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// How often each check was evaluated, and how often it could not be.
    pub tally: CheckTally,
    /// The sequences that the scenario asks for.
    pub expected: Vec<ExpectedSequence>,
    /// What must never be written in clear.
    pub secrets: Secrets,
    /// The exchanges that were sent again, by their index, and why.
    pub resent: BTreeMap<usize, &'static str>,
    /// What may be left on the target.
    pub leftovers: Vec<Leftover>,
    /// How many exchanges there were before the cleanup, once it has begun.
    pub(super) judged: Option<usize>,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepRun {
    /// How far it came.
    pub outcome: StepOutcome,
    /// The status of its last answer.
    pub status: Option<u16>,
}

/// What ends a scenario before its last step.
pub(super) enum EarlyExit {
    /// A finding that denies.
    Violated,
    /// Nobody can tell.
    Errored(String),
    /// The run ends at once.
    Aborted,
}

impl EarlyExit {
    /// Something at a place in the scenario went wrong, so that nobody can tell.
    pub(super) fn at(place: &Span, problem: impl std::fmt::Display) -> Self {
        Self::Errored(format!("{place}: {problem}"))
    }
}

impl From<ValueError> for EarlyExit {
    fn from(error: ValueError) -> Self {
        Self::at(error.span(), &error)
    }
}

impl From<RequestError> for EarlyExit {
    fn from(error: RequestError) -> Self {
        Self::at(error.span(), &error)
    }
}

/// How far a step came that ended like this.
pub(super) fn outcome(ended: &Result<(), EarlyExit>) -> StepOutcome {
    match ended {
        Ok(()) => StepOutcome::Held,
        Err(EarlyExit::Violated) => StepOutcome::Violated,
        Err(EarlyExit::Errored(_)) => StepOutcome::Errored,
        Err(EarlyExit::Aborted) => StepOutcome::NotRun,
    }
}

impl ScenarioRun {
    /// A scenario that does not run, and why.
    pub(crate) fn skipped(plan: &Plan<'_>, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, reason: Some(reason.into()), ..Self::of(plan) }
    }

    /// A scenario that could not even begin, and why.
    pub(crate) fn errored(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::with_steps(0) }
    }

    /// A plan of which nothing has run.
    pub(super) fn of(plan: &Plan<'_>) -> Self {
        Self::with_steps(plan.all().count())
    }

    fn with_steps(steps: usize) -> Self {
        Self {
            verdict: Verdict::Errored,
            reason: None,
            started_at: Utc::now(),
            duration: Duration::ZERO,
            steps: vec![StepRun { outcome: StepOutcome::NotRun, status: None }; steps],
            history: Vec::new(),
            findings: Vec::new(),
            tally: CheckTally::default(),
            expected: Vec::new(),
            secrets: Secrets::default(),
            resent: BTreeMap::new(),
            leftovers: Vec::new(),
            judged: None,
        }
    }

    /// Whether all is over but the cleanup, which decides nothing any more.
    pub(super) fn is_cleaning(&self) -> bool {
        self.judged.is_some()
    }

    /// The exchanges that the verdict is about.
    pub(super) fn before_cleanup(&self) -> &[Observation] {
        &self.history[..self.judged.unwrap_or(self.history.len())]
    }

    /// Keeps a finding; one that can decide nothing is a warning.
    pub(super) fn found(&mut self, finding: Finding, decides: bool) {
        let about = if self.is_cleaning() { "cleaning up: " } else { "" };
        let level = if self.is_cleaning() || !decides { finding.level.min(Level::Warn) } else { finding.level };
        self.findings.push(Finding { level, message: format!("{about}{}", finding.message), ..finding });
    }

    /// Keeps the finding that something which the scenario asks for did not come about, which ends it.
    pub(super) fn violated(&mut self, message: String, place: &Span) -> Result<(), EarlyExit> {
        let finding = Finding {
            check: expectation::CHECK.id.into(),
            level: Level::Deny,
            operation: self.history.last().and_then(|observation| observation.exchange.operation.clone()),
            exchange: self.history.len().checked_sub(1),
            place: Some(Place::from(place)),
            ..Finding::new(message)
        };
        self.found(finding, true);
        Err(EarlyExit::Violated)
    }

    /// Says what the scenario came to. `aborted` is the reason where the run ended before it did.
    pub(super) fn conclude(&mut self, ended: Result<(), EarlyExit>, aborted: impl FnOnce() -> String) {
        (self.verdict, self.reason) = match ended {
            Ok(()) | Err(EarlyExit::Violated) => verdict(&self.findings, None),
            Err(EarlyExit::Errored(reason)) => (Verdict::Errored, Some(reason)),
            Err(EarlyExit::Aborted) => (Verdict::Skipped, Some(aborted())),
        };
    }
}
