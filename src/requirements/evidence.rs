//! What a journal says about requirements and about the forms of answers: the account of its run, and what was judged.
//!
//! Deliberately not here: which requirement is covered by what.

use std::collections::HashMap;

use crate::contract::{Contract, SchemaPromise};
use crate::record::journal::{Journal, JournalError};
use crate::record::{Account, ExchangeRecord, Finding, Level, RequirementRecord, ScenarioRecord, Verdict};

/// The checks that say whether an answer has a documented form.
const FORM: &[&str] = &["documented-status", "media-type", "response-headers", "response-schema"];

/// What one run has to say.
#[derive(Debug, Default)]
pub struct Evidence {
    contract: String,
    scenarios: HashMap<String, Verdict>,
    account: Account,
    answers: Vec<Answer>,
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
    pub fn of(journal: &Journal, contract: &Contract) -> Result<Self, JournalError> {
        let register: Vec<RequirementRecord> = contract.requirements().iter().map(RequirementRecord::from).collect();
        let mut evidence = Self {
            contract: journal.header().contract.digest.clone(),
            account: Account::of(&register),
            ..Self::default()
        };
        for record in journal.records() {
            evidence.take(&record?);
        }
        Ok(evidence)
    }

    fn take(&mut self, record: &ScenarioRecord) {
        self.scenarios.insert(record.name.clone(), record.verdict);
        self.account.take(record);
        let denied = || record.findings.iter().filter(|finding| finding.level == Level::Deny);
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

    /// What the run says about a requirement.
    pub fn requirement(&self, id: &str) -> Option<Verdict> {
        self.account.verdict(id)
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
