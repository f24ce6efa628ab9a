//! The record of a scenario: its steps, its exchanges, what the checks found, and its verdict.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::exchange::ExchangeRecord;
use super::finding::{Finding, Level, Place, only_unmet};
use super::verdict::{Counts, Verdict, is_zero};

/// One scenario that ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRecord {
    /// The position in the run's order, from 0; scenarios that share a position are ordered by name.
    pub index: usize,
    /// The unique name, such as `mfa/otp/wrong-value`.
    pub name: String,
    /// The title.
    pub title: String,
    /// Why the scenario exists.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub why: String,
    /// The file it was read from.
    pub file: String,
    /// SHA-256 of what it asks: its file, its row and the fragments it uses; lower-case hex.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub digest: String,
    /// How many things it asks for beyond the contract: one for each part of each `expect`, for sequences and statuses.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub demands: usize,
    /// The levels of checks that it sets for itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub levels: BTreeMap<String, Level>,
    /// The tags.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<String>,
    /// The requirements it covers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub covers: Vec<String>,
    /// What it came to.
    pub verdict: Verdict,
    /// Why it did not pass, in one sentence; absent when it passed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// The planned steps in order.
    pub steps: Vec<StepRecord>,
    /// The exchanges in order; steps and findings refer to them by index.
    pub exchanges: Vec<ExchangeRecord>,
    /// What the checks found, at level `warn` or `deny`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
    /// The states that each resource went through.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sequences: Vec<SequenceRecord>,
    /// How often each check was evaluated.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<CheckRecord>,
    /// What may be left on the target.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub leftovers: Vec<LeftoverRecord>,
    /// What earlier attempts came to, when the scenario was run again. A scenario that passed after one is flaky.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub earlier: Vec<AttemptRecord>,
}

impl ScenarioRecord {
    /// A record that says what came of a scenario, and nothing else yet.
    pub fn new(index: usize, name: impl Into<String>, verdict: Verdict) -> Self {
        Self { index, name: name.into(), verdict, ..Self::default() }
    }

    /// Whether it passed only after an attempt that did not.
    pub fn is_flaky(&self) -> bool {
        self.verdict == Verdict::Passed && !self.earlier.is_empty()
    }

    /// Whether it failed only because it expected something else: no promise of the contract was broken.
    pub fn is_unmet(&self) -> bool {
        let denied = self.findings.iter().filter(|finding| finding.level == Level::Deny);
        self.verdict == Verdict::Failed && only_unmet(denied.map(|finding| finding.check.as_str()))
    }

    /// Makes this the attempt that counts, after another whose attempts become earlier ones.
    #[must_use]
    pub fn after(mut self, before: Self) -> Self {
        let Self { mut earlier, mut leftovers, verdict, reason, started_at, duration_us, findings, exchanges, .. } =
            before;
        earlier.push(AttemptRecord { verdict, reason, started_at, duration_us, findings, exchanges });
        earlier.append(&mut self.earlier);
        leftovers.append(&mut self.leftovers);
        Self { earlier, leftovers, ..self }
    }
}

/// Something that may be left on the target, for whoever cleans up by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftoverRecord {
    /// The operation that made it, or that should have removed it.
    pub operation: String,
    /// Its id, where one is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<String>,
    /// Why it may still be there.
    pub why: String,
}

/// What an earlier attempt at a scenario came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// What it came to.
    pub verdict: Verdict,
    /// Why it did not pass, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What the checks found.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
    /// Its exchanges; the findings refer to them by index.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exchanges: Vec<ExchangeRecord>,
}

/// One planned step and how far it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The label the scenario gave, or the operation's name.
    pub label: String,
    /// The operation, absent for out-of-band steps.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// Where the step is written.
    pub place: Place,
    /// How far it came.
    pub outcome: StepOutcome,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Sent and all held.
    Held,
    /// Sent, and something was found that fails the scenario.
    Violated,
    /// No verdict was possible.
    Errored,
    /// Not reached, because an earlier step ended the scenario.
    NotRun,
}

/// The states that one resource went through, as observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SequenceRecord {
    /// The lifecycle's name.
    pub lifecycle: String,
    /// The resource's id.
    pub resource: String,
    /// The states in order, consecutive repeats collapsed, each with the exchange that first showed it.
    pub observed: Vec<(String, usize)>,
    /// The sequence that the scenario asks for, if it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected: Option<Vec<String>>,
}

/// How often a check was evaluated in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The check's id.
    pub check: String,
    /// On how many exchanges it was evaluated.
    pub evaluated: usize,
    /// On how many it could not be, because an earlier check made it meaningless.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub not_evaluated: usize,
}

impl Counts {
    /// Adds all that a scenario's record counts.
    pub fn take(&mut self, record: &ScenarioRecord) {
        self.add(record.verdict);
        self.flaky += usize::from(record.is_flaky());
        self.unmet += usize::from(record.is_unmet());
        let earlier = record.earlier.iter().map(|attempt| attempt.exchanges.len()).sum::<usize>();
        self.exchanges += record.exchanges.len() + earlier;
        self.checks += record.checks.iter().map(|check| check.evaluated).sum::<usize>();
        self.warnings += record.findings.iter().filter(|finding| finding.level == Level::Warn).count();
    }
}
