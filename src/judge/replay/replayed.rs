//! One entry of a recording and what it came to, as it may be written.
//!
//! Deliberately not here: judging it ([`super::entries`]).

use std::ops::Deref;

use serde_json::{Value, json};

use super::judgement::{Judged, Outcome};
use crate::checks::Observation;
use crate::judge::recording;
use crate::record::redaction::Redactor;
use crate::record::{Counts, Finding, Level};

/// One entry and what it came to. What may be written of it is made when it is asked for: of most entries nobody asks.
pub struct ReplayedEntry<'a> {
    /// Its position in the file, from 0.
    pub entry: usize,
    /// The operation that was called.
    pub operation: Option<&'a str>,
    /// What it came to.
    pub outcome: Outcome,
    /// How many checks were evaluated.
    pub checks: usize,
    /// Method and address, without the query.
    request: String,
    reason: Option<&'a str>,
    findings: &'a [Finding],
    redactor: &'a SequenceRedactor<'a>,
}

/// Keeps secrets out of what is written about a sequence; made when it is asked for.
pub type SequenceRedactor<'a> = dyn Deref<Target = Redactor> + 'a;

impl<'a> ReplayedEntry<'a> {
    pub(super) fn of(
        entry: usize,
        observation: &'a Observation,
        judged: &'a Judged,
        redactor: &'a SequenceRedactor<'a>,
    ) -> Self {
        let exchange = &observation.exchange;
        Self {
            entry,
            operation: exchange.operation.as_deref(),
            outcome: judged.outcome,
            checks: judged.judgement.evaluated.len(),
            request: request_line(&exchange.request.method, &exchange.request.url),
            reason: judged.reason.as_deref(),
            findings: &judged.judgement.findings,
            redactor,
        }
    }

    /// An entry that needed no judging: its request, and why.
    pub(super) fn settled(
        entry: usize,
        outcome: Outcome,
        (request, reason): (&str, &'a str),
        redactor: &'a SequenceRedactor<'a>,
    ) -> Self {
        let request = request.to_owned();
        Self { entry, operation: None, outcome, checks: 0, request, reason: Some(reason), findings: &[], redactor }
    }

    /// Method and address, without the query, redacted.
    pub fn request(&self) -> String {
        self.redactor.text(&self.request)
    }

    /// Why there is no verdict, where there is none, redacted.
    pub fn reason(&self) -> Option<String> {
        self.reason.map(|reason| self.redactor.text(reason))
    }

    /// Whether the checks found anything.
    pub fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }

    /// What the checks found, redacted.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        self.findings.iter().map(|finding| recording::clean(finding, self.redactor))
    }

    /// Adds it to counts of entries; an unknown one did not run.
    pub fn count_in(&self, counts: &mut Counts) {
        match self.outcome {
            Outcome::Passed => counts.passed += 1,
            Outcome::Failed => counts.failed += 1,
            Outcome::Errored => counts.errored += 1,
            Outcome::Unknown => counts.skipped += 1,
        }
        counts.exchanges += 1;
        counts.checks += self.checks;
        counts.warnings += self.findings.iter().filter(|finding| finding.level == Level::Warn).count();
    }

    /// The entry as one line of JSON.
    pub fn json(&self, file: Option<&str>) -> String {
        let findings = self.findings().map(|finding| {
            let Finding { check, level, message, pointer, expected, actual, .. } = finding;
            json!({
                "check": check, "level": level, "message": message,
                "pointer": pointer, "expected": expected, "actual": actual,
            })
        });
        let members = [
            ("file", file.map(Value::from)),
            ("entry", Some(self.entry.into())),
            ("operation", Some(self.operation.into())),
            ("request", Some(self.request().into())),
            ("verdict", Some(self.outcome.as_str().into())),
            ("findings", Some(findings.collect())),
            ("reason", self.reason().map(Value::from)),
        ];
        let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        present.collect::<Value>().to_string()
    }
}

/// Method and address of a request, without what a query may hold.
pub(crate) fn request_line(method: &str, url: &str) -> String {
    format!("{method} {}", url.split(['?', '#']).next().unwrap_or_default())
}
