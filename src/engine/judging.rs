//! Judges the last exchange of a scenario, and says what its findings decide.
//!
//! Deliberately not here: what is promised (`contract`), and how it is judged (`checks`).

use serde_json::Value;

use super::run::{EarlyExit, ScenarioRun};
use crate::checks::{self, Case, Levels};
use crate::contract::Contract;
use crate::record::{Finding, Place};
use crate::scenario::model::Expectation;

/// What the exchanges of a scenario are held against.
pub(super) struct Judge<'a> {
    pub(super) contract: &'a Contract,
    pub(super) levels: &'a Levels,
    /// What every name that this run makes up begins with.
    pub(super) prefix: &'a str,
}

impl Judge<'_> {
    /// The last exchange, with what the scenario expects of it; `None` before the first.
    pub(super) fn case<'c>(
        &'c self,
        run: &'c ScenarioRun,
        expected: Option<&'c Expectation<Value>>,
    ) -> Option<Case<'c>> {
        Case::new(self.contract, &run.history, expected)
    }

    /// Judges the last exchange and keeps the findings. `place` is where the scenario asked for it.
    ///
    /// # Errors
    /// When a finding denies, which ends the scenario.
    pub(super) fn judge(
        &self,
        run: &mut ScenarioRun,
        expected: Option<&Expectation<Value>>,
        place: Option<&Place>,
    ) -> Result<(), EarlyExit> {
        let Some(judgement) = self.case(run, expected).map(|case| checks::judge(&case, self.levels)) else {
            return Ok(());
        };
        if !run.is_cleaning() {
            run.tally.add(&judgement);
        }
        let denies = judgement.denies();
        let taken = if denies { self.name_taken(run, expected) } else { None };
        for finding in judgement.findings {
            let place = finding.place.or_else(|| place.cloned());
            run.found(Finding { place, ..finding }, taken.is_none());
        }
        match taken {
            Some(reason) => Err(EarlyExit::Errored(reason)),
            None if denies => Err(EarlyExit::Violated),
            None => Ok(()),
        }
    }

    /// Says that a name of this run is taken already, which is the fault of what an earlier run left (Q11); a refusal that
    /// the scenario asks for is another matter.
    fn name_taken(&self, run: &ScenarioRun, expected: Option<&Expectation<Value>>) -> Option<String> {
        let exchange = &run.history.last()?.exchange;
        let response = exchange.response()?;
        if expected.is_some_and(|expected| expected.status.iter().any(|status| **status == response.status)) {
            return None;
        }
        let sent = exchange.request.body.as_deref().map(String::from_utf8_lossy)?;
        let says_so =
            response.status == 409 || String::from_utf8_lossy(&response.body).contains("UNIQUENESS_VIOLATION");
        let prefix = self.prefix;
        (says_so && sent.contains(prefix)).then(|| {
            format!("a name with this run's prefix `{prefix}` is taken already: an earlier run left something behind")
        })
    }
}
