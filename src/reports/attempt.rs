//! The attempts at a scenario, each in the same form: those that were made before, and the one that counts.

use chrono::{DateTime, Utc};

use crate::record::{ExchangeRecord, Finding, Level, ScenarioRecord, Verdict};

/// An attempt at a scenario.
pub(super) struct Attempt<'a> {
    /// What all attempts have in common.
    pub record: &'a ScenarioRecord,
    /// Which attempt it is, from 0.
    pub number: usize,
    /// What it came to.
    pub verdict: Verdict,
    /// Why it did not pass.
    pub reason: Option<&'a str>,
    /// When it began.
    pub begun: DateTime<Utc>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What the checks found.
    pub findings: &'a [Finding],
    /// Its exchanges.
    pub exchanges: &'a [ExchangeRecord],
}

impl<'a> Attempt<'a> {
    /// All attempts at a scenario; the one that counts is the last.
    pub(super) fn of(record: &'a ScenarioRecord) -> Vec<Self> {
        let before = record.earlier.iter().enumerate().map(|(number, attempt)| Self {
            record,
            number,
            verdict: attempt.verdict,
            reason: attempt.reason.as_deref(),
            begun: attempt.started_at,
            duration_us: attempt.duration_us,
            findings: &attempt.findings,
            exchanges: &attempt.exchanges,
        });
        let last = Self {
            record,
            number: record.earlier.len(),
            verdict: record.verdict,
            reason: record.reason.as_deref(),
            begun: record.started_at,
            duration_us: record.duration_us,
            findings: &record.findings,
            exchanges: &record.exchanges,
        };
        before.chain([last]).collect()
    }

    /// Whether it is the one that counts, to which the outcomes of the steps belong.
    pub(super) fn counts(&self) -> bool {
        self.number == self.record.earlier.len()
    }

    /// Whether something that fails the scenario was found about an exchange.
    pub(super) fn denies(&self, exchange: usize) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Deny && finding.exchange == Some(exchange))
    }
}
