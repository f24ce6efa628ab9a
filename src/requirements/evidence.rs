//! What a journal says about requirements: verdicts of scenarios, what checks found, which answers were judged.
//!
//! Deliberately not here: which requirement is covered by what.

use std::collections::{HashMap, HashSet};

use crate::contract::{Contract, Requirement, SchemaPromise};
use crate::record::journal::{Journal, JournalError};
use crate::record::{ExchangeRecord, Finding, Level, ScenarioRecord, Verdict};

/// The checks that say whether an answer has a documented form.
const FORM: &[&str] = &["documented-status", "media-type", "response-headers", "response-schema"];

/// What one run has to say.
#[derive(Debug, Default)]
pub struct Evidence {
    contract: String,
    scenarios: HashMap<String, Verdict>,
    evaluated: HashSet<String>,
    broken: Vec<Broken>,
    answers: Vec<Answer>,
}

/// What a check found that failed a scenario.
#[derive(Debug)]
struct Broken {
    check: String,
    requirements: Vec<String>,
}

/// An answer that was judged.
#[derive(Debug)]
struct Answer {
    operation: String,
    status: u16,
    media_type: Option<String>,
    broken: bool,
}

impl Evidence {
    /// Reads a journal, one record at a time.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn of(journal: &Journal) -> Result<Self, JournalError> {
        let mut evidence = Self { contract: journal.header().contract.digest.clone(), ..Self::default() };
        for record in journal.records() {
            evidence.take(&record?);
        }
        Ok(evidence)
    }

    fn take(&mut self, record: &ScenarioRecord) {
        self.scenarios.insert(record.name.clone(), record.verdict);
        let evaluated = record.checks.iter().filter(|check| check.evaluated > 0);
        self.evaluated.extend(evaluated.map(|check| check.check.clone()));
        let denied = || record.findings.iter().filter(|finding| finding.level == Level::Deny);
        self.broken.extend(
            denied().map(|finding| Broken { check: finding.check.clone(), requirements: finding.requirements.clone() }),
        );
        let exchanges = record.exchanges.iter().enumerate();
        self.answers.extend(exchanges.filter_map(|(at, exchange)| Answer::of(exchange, at, denied())));
    }

    /// The digest of the contract that was judged against.
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// What a scenario came to.
    pub fn scenario(&self, name: &str) -> Option<Verdict> {
        self.scenarios.get(name).copied()
    }

    /// Whether a finding that failed a scenario names the requirement.
    pub fn breaks(&self, id: &str) -> bool {
        self.broken.iter().any(|broken| broken.requirements.iter().any(|named| named == id))
    }

    /// What a check says about a requirement that it judges; `None` when it was never evaluated.
    ///
    /// A finding that names none of the requirements that its check judges may be about any of them.
    pub fn check(&self, check: &str, requirement: &Requirement, contract: &Contract) -> Option<Verdict> {
        let judged = |id: &String| contract.requirement(id).is_some_and(|named| judges(check, named));
        let found = self.broken.iter().filter(|broken| broken.check == check);
        let about =
            |broken: &Broken| broken.requirements.contains(&requirement.id) || !broken.requirements.iter().any(judged);
        match found.into_iter().any(about) {
            true => Some(Verdict::Failed),
            false => self.evaluated.contains(check).then_some(Verdict::Passed),
        }
    }

    /// How many answers of this form were judged, and whether one of them was not as promised.
    pub fn answers(&self, promise: &SchemaPromise<'_>) -> (usize, bool) {
        let like = |answer: &&Answer| {
            answer.operation == promise.operation.name
                && promise.operation.reply(answer.status) == Some(promise.reply)
                && promise.media_type.is_none_or(|documented| answer.media_type.as_deref() == Some(&documented.name))
        };
        let answers: Vec<&Answer> = self.answers.iter().filter(like).collect();
        (answers.len(), answers.iter().any(|answer| answer.broken))
    }
}

impl Answer {
    fn of<'a>(exchange: &ExchangeRecord, at: usize, denied: impl Iterator<Item = &'a Finding>) -> Option<Self> {
        let response = exchange.response.as_ref()?;
        let mut found = denied.filter(|finding| finding.exchange == Some(at));
        Some(Self {
            operation: exchange.operation.clone()?,
            status: response.status,
            media_type: response.media_type(),
            broken: found.any(|finding| FORM.contains(&finding.check.as_str())),
        })
    }
}

fn judges(check: &str, requirement: &Requirement) -> bool {
    requirement.checks.iter().any(|known| known == check)
}
