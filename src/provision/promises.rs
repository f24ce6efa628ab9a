//! The management API held to its own contract while it is used: each answer is judged before anything is made of it.
//!
//! Deliberately not here: what a single answer cannot show, such as that what was removed is gone. Scenarios ask for that.

use crate::base::text::{shortened, visible};
use crate::checks::{Levels, Observation};
use crate::contract::Contract;
use crate::judge::replay::judgement::judge_last;
use crate::judge::{recording, secrets};
use crate::record::redaction::Secrets;
use crate::record::{Exchange, Finding, Level};

use super::error::ProvisionError;

/// How much of a value is shown.
const SHOWN: usize = 120;

/// What is promised of the management API, and how much each promise matters.
pub(super) struct Promises {
    contract: Contract,
    levels: Levels,
}

impl Promises {
    /// The promises of the built-in contract.
    pub(super) fn new(levels: Levels) -> Result<Self, ProvisionError> {
        let contract = Contract::management().map_err(|error| ProvisionError::Contract(error.to_string()))?;
        Ok(Self { contract, levels })
    }

    /// Judges an exchange, and hands it back.
    ///
    /// What a gateway answers in the place of the API (a status from 500) is no promise of anybody, and is left to whoever tries
    /// again.
    ///
    /// # Errors
    /// With the first promise that is broken.
    pub(super) fn kept_in(&self, exchange: Exchange) -> Result<Exchange, ProvisionError> {
        if exchange.response().is_none_or(|response| response.status >= 500) {
            return Ok(exchange);
        }
        let what = || format!("{} {}", exchange.request.method, exchange.request.url);
        let operation = recording::called(&self.contract, &exchange);
        let operation = operation.ok_or_else(|| ProvisionError::NoOperation(what()))?.to_owned();
        let observation = Observation::from(Exchange { operation: Some(operation), ..exchange });
        let judged = judge_last(&self.contract, std::slice::from_ref(&observation), &self.levels);
        match judged.judgement.findings.iter().find(|finding| finding.level == Level::Deny) {
            Some(finding) => Err(self.breach(&observation, finding)),
            None => Ok(observation.exchange),
        }
    }

    /// A finding in words, without what is secret in the exchange.
    fn breach(&self, observation: &Observation, finding: &Finding) -> ProvisionError {
        let mut known = Secrets::default();
        secrets::learn(&mut known, &self.contract, observation);
        let finding = recording::clean(finding, &known.redactor());
        let part = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("; {name} {}", shortened(value, SHOWN))).unwrap_or_default()
        };
        let why = format!(
            "{} ({}){}{}{}",
            finding.message,
            finding.check,
            part("at", &finding.pointer),
            part("expected", &finding.expected),
            part("actual", &finding.actual)
        );
        let what = observation.exchange.operation.clone().unwrap_or_default();
        ProvisionError::Undocumented { what, why: visible(&why).into_owned() }
    }
}
