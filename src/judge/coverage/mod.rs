//! Coverage: how much of what the contract promises a run has touched, measured from its journal alone.
//!
//! A [`Dimension`] is a list of all there is of one kind (operations, documented statuses, transitions, …); an item of it
//! is reached when an exchange of the journal shows it. Records are read one after the other, so that memory does not
//! grow with the run. Bodies in a journal are redacted, which hides values and never properties.
//!
//! Deliberately not here: any verdict. That something was touched says nothing of whether it held.

mod dimension;
mod exchanges;
mod goals;
mod inventory;
pub(crate) mod names;
mod table;

use std::borrow::Borrow;
use std::collections::HashMap;

pub use dimension::{Coverage, DIMENSIONS, Dimension, ItemStanding};
pub use goals::{Goals, Unreachable};

use self::dimension::{FORBIDDEN_ACTIONS, PERMITTED_ACTIONS, REQUIREMENTS, STATES, TRANSITIONS};
use super::bodies::Bodies;
use super::places::Places;
use super::walk::{Routes, Shown};
use crate::contract::Contract;
use crate::record::journal::{Journal, JournalError};
use crate::record::{ContractRecord, ScenarioRecord, Verdict};

/// Measures a run.
///
/// # Errors
/// When the journal cannot be read to its end.
pub fn measure(contract: &Contract, journal: &Journal) -> Result<Coverage, JournalError> {
    measure_all(contract, [journal])
}

/// Measures the parts of a run as one.
///
/// # Errors
/// When a journal cannot be read to its end.
pub fn measure_all<'a>(
    contract: &Contract,
    journals: impl IntoIterator<Item = &'a Journal>,
) -> Result<Coverage, JournalError> {
    let mut unread = None;
    let records = journals.into_iter().flat_map(Journal::records);
    let coverage =
        measure_records(contract, records.map_while(|record| record.map_err(|error| unread = Some(error)).ok()));
    unread.map_or(Ok(coverage), Err)
}

/// Measures records, one after the other as they come.
pub(crate) fn measure_records<R: Borrow<ScenarioRecord>>(
    contract: &Contract,
    records: impl IntoIterator<Item = R>,
) -> Coverage {
    let walked = ContractRecord::from(contract);
    let mut meter = Meter::new(contract, &walked);
    records.into_iter().for_each(|record| meter.add(record.borrow()));
    meter.coverage
}

/// Measures one scenario after the other.
pub(crate) struct Meter<'a> {
    contract: &'a Contract,
    routes: Routes<'a>,
    places: Places,
    coverage: Coverage,
    /// The requirements that a check keeps an eye on.
    by_check: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Meter<'a> {
    /// Nothing has been reached yet; `walked` is the contract as a journal's header holds it.
    pub(crate) fn new(contract: &'a Contract, walked: &'a ContractRecord) -> Self {
        Self {
            contract,
            routes: Routes::of(walked),
            places: Places::documented(contract),
            coverage: inventory::of(contract),
            by_check: inventory::requirements_by_check(contract),
        }
    }

    /// Adds what a scenario reaches.
    pub(crate) fn add(&mut self, record: &ScenarioRecord) {
        exchanges::mark(self.contract, &record.exchanges, &mut self.coverage);
        self.lifecycles(record);
        self.requirements(record);
    }

    /// Whether a transition, or something tried in a state, has been reached, by its name.
    pub(crate) fn has(&self, item: &str) -> bool {
        let dimensions = [TRANSITIONS, PERMITTED_ACTIONS, FORBIDDEN_ACTIONS];
        let mut known = dimensions.iter().filter_map(|name| self.coverage.dimension(name)?.items.get(item));
        known.any(|standing| *standing == ItemStanding::Reached)
    }

    /// The states of resources, how they came from one to the next, and what was tried in them.
    fn lifecycles(&mut self, record: &ScenarioRecord) {
        for event in self.routes.walk(&Bodies::of(&record.exchanges), &self.places) {
            let kind = &event.lifecycle.name;
            match event.what {
                Shown::Entered(state) => self.coverage.reach(STATES, &inventory::state(kind, &state)),
                Shown::Moved { from, by: Some(cause), to } => {
                    let item = inventory::transition(kind, from.as_deref(), cause, &to);
                    self.coverage.reach(TRANSITIONS, &item);
                }
                Shown::Moved { by: None, .. } => {}
                Shown::Tried(state, operation) => {
                    let item = inventory::action(kind, &state, operation);
                    self.coverage.reach(PERMITTED_ACTIONS, &item);
                    self.coverage.reach(FORBIDDEN_ACTIONS, &item);
                }
            }
        }
    }

    /// A scenario covers what it says when it came to a verdict; a check does when it judged something.
    fn requirements(&mut self, record: &ScenarioRecord) {
        if matches!(record.verdict, Verdict::Passed | Verdict::Failed) {
            record.covers.iter().for_each(|id| self.coverage.reach(REQUIREMENTS, id));
        }
        let evaluated = record.checks.iter().filter(|check| check.evaluated > 0);
        for id in evaluated.filter_map(|check| self.by_check.get(check.check.as_str())).flatten() {
            self.coverage.reach(REQUIREMENTS, id);
        }
    }
}
