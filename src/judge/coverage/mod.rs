//! Coverage: how much of what the contract promises a run has touched, measured from its journal alone.
//!
//! A [`Dimension`] is a list of all there is of one kind (operations, documented statuses, transitions, …); an item of it
//! is reached when an exchange of the journal shows it. Records are read one after the other, so that memory does not
//! grow with the run. Bodies in a journal are redacted, which hides values and never properties.
//!
//! Deliberately not here: any verdict. That something was touched says nothing of whether it held.

mod exchanges;
mod goals;
mod inventory;
mod table;

use std::collections::HashMap;

use indexmap::IndexMap;

pub use goals::{Goals, Unreachable};
pub use table::CoverageFormat;

use super::places::Places;
use super::walk::{Routes, Shown};
use crate::contract::Contract;
use crate::record::journal::{Journal, JournalError};
use crate::record::{ContractRecord, ScenarioRecord, Verdict};

/// What is counted, in the order of the table: the names that `[coverage]` in `flowproof.toml` may hold.
pub const DIMENSIONS: &[&str] = &[
    OPERATIONS,
    REQUEST_MEDIA_TYPES,
    STATUSES,
    RESPONSE_MEDIA_TYPES,
    PROPERTIES,
    VALUES,
    STATES,
    TRANSITIONS,
    PERMITTED_ACTIONS,
    FORBIDDEN_ACTIONS,
    REQUIREMENTS,
];

/// Operations that were accepted at least once.
const OPERATIONS: &str = "operations";
/// Operations with a body or an action, sent with their own Content-Type.
const REQUEST_MEDIA_TYPES: &str = "request-media-types";
/// Documented statuses, per operation.
const STATUSES: &str = "statuses";
/// Documented media types of answers, per operation and status.
const RESPONSE_MEDIA_TYPES: &str = "response-media-types";
/// Documented properties of answers, per schema.
const PROPERTIES: &str = "properties";
/// Listed values in answers, per schema, whether the list is open or closed.
const VALUES: &str = "values";
/// States of every lifecycle.
const STATES: &str = "states";
/// State, operation and next state, as the lifecycle permits; `elapse` stands for no operation.
const TRANSITIONS: &str = "transitions";
/// State and operation that is permitted there.
const PERMITTED_ACTIONS: &str = "permitted-actions";
/// State and operation that is refused there.
const FORBIDDEN_ACTIONS: &str = "forbidden-actions";
/// The register of requirements.
const REQUIREMENTS: &str = "requirements";

/// How much of a contract a run has touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    dimensions: IndexMap<&'static str, Dimension>,
}

/// All there is of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dimension {
    items: IndexMap<String, ItemStanding>,
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemStanding {
    /// No exchange shows it.
    Missing,
    /// An exchange shows it.
    Reached,
    /// It is declared out of reach, for this reason.
    Unreachable(String),
}

impl Dimension {
    /// All items in the contract's order.
    pub fn items(&self) -> impl Iterator<Item = (&str, &ItemStanding)> {
        self.items.iter().map(|(item, standing)| (item.as_str(), standing))
    }

    /// How many were reached.
    pub fn reached(&self) -> usize {
        self.count(|standing| *standing == ItemStanding::Reached)
    }

    /// How many could be reached.
    pub fn total(&self) -> usize {
        self.count(|standing| !matches!(standing, ItemStanding::Unreachable(_)))
    }

    /// The share that was reached of what could be, in per cent; 100 when there is nothing to reach.
    #[expect(clippy::cast_precision_loss, reason = "no contract has 2^52 items")]
    pub fn share(&self) -> f64 {
        match self.total() {
            0 => 100.0,
            total => self.reached() as f64 * 100.0 / total as f64,
        }
    }

    /// What could have been reached and was not.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.items().filter(|(_, standing)| **standing == ItemStanding::Missing).map(|(item, _)| item)
    }

    /// What is declared out of reach, with the reasons.
    pub fn unreachable(&self) -> impl Iterator<Item = (&str, &str)> {
        self.items().filter_map(|(item, standing)| match standing {
            ItemStanding::Unreachable(reason) => Some((item, reason.as_str())),
            _ => None,
        })
    }

    fn count(&self, which: impl Fn(&ItemStanding) -> bool) -> usize {
        self.items.values().filter(|standing| which(standing)).count()
    }
}

impl Coverage {
    /// The dimensions by name, in the order of [`DIMENSIONS`].
    pub fn dimensions(&self) -> impl Iterator<Item = (&'static str, &Dimension)> {
        self.dimensions.iter().map(|(name, dimension)| (*name, dimension))
    }

    /// One dimension by name.
    pub fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.get(name)
    }

    /// What is not in the contract cannot be covered; checks judge it.
    fn reach(&mut self, dimension: &'static str, item: &str) {
        if let Some(standing) = self.dimensions.get_mut(dimension).and_then(|known| known.items.get_mut(item)) {
            *standing = ItemStanding::Reached;
        }
    }
}

/// Measures a run.
///
/// # Errors
/// When the journal cannot be read to its end.
pub fn measure(contract: &Contract, journal: &Journal) -> Result<Coverage, JournalError> {
    let walked = ContractRecord::from(contract);
    let mut meter = Meter::new(contract, Routes::of(&walked));
    for record in journal.records() {
        meter.take(&record?);
    }
    Ok(meter.coverage)
}

/// Measures one scenario after the other.
struct Meter<'a> {
    contract: &'a Contract,
    routes: Routes<'a>,
    places: Places,
    coverage: Coverage,
    /// The requirements that a check keeps an eye on.
    by_check: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Meter<'a> {
    fn new(contract: &'a Contract, routes: Routes<'a>) -> Self {
        Self {
            contract,
            routes,
            places: Places::documented(contract),
            coverage: inventory::of(contract),
            by_check: inventory::requirements_by_check(contract),
        }
    }

    fn take(&mut self, record: &ScenarioRecord) {
        exchanges::mark(self.contract, &record.exchanges, &mut self.coverage);
        self.lifecycles(record);
        self.requirements(record);
    }

    /// The states of resources, how they came from one to the next, and what was tried in them.
    fn lifecycles(&mut self, record: &ScenarioRecord) {
        for event in self.routes.walk(&record.exchanges, &self.places) {
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
