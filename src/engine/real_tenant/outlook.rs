//! What would run against a target, and what one more fact would add.
//!
//! Deliberately not here: running it, and secrets; only whether a target names a fact is asked.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::candidates::{Candidates, Missing};
use super::ledger::{Ledger, LedgerError};
use crate::config::TargetConfig;
use crate::engine::wants::Wants;

/// What would run against a target.
#[derive(Debug)]
pub(crate) struct Outlook {
    /// The scenarios that would, by name.
    pub(crate) runs: HashSet<String>,
    /// The scenarios that name only what is there, by name, whoever is left for them and whatever they wait for.
    pub(crate) supplied: HashSet<String>,
    /// How many would not.
    pub(crate) skipped: usize,
    /// How many scenarios lack one thing only, by that thing, most first.
    pub(crate) adds: Vec<(String, usize)>,
}

impl Outlook {
    /// Looks at what a target supplies; nothing is sent.
    ///
    /// # Errors
    /// When the list of users that are used up cannot be read.
    pub(crate) fn new(config: &TargetConfig, wants: &[Wants]) -> Result<Self, LedgerError> {
        let ledger = Ledger::read(config.used_users.clone(), config.environment.to_string())?;
        let candidates = Candidates::new(config, wants, &ledger, None);
        let supplied = wants.iter().filter(|wants| candidates.has_all_named(wants));
        let supplied = supplied.map(|wants| wants.scenario.clone()).collect();
        let mut outlook = Self { runs: HashSet::new(), supplied, skipped: 0, adds: Vec::new() };
        let mut adds: BTreeMap<String, usize> = BTreeMap::new();
        for wants in wants {
            match candidates.fit(wants) {
                Ok(_) => _ = outlook.runs.insert(wants.scenario.clone()),
                Err(missing) => {
                    outlook.skipped += 1;
                    only(&missing).into_iter().for_each(|fact| *adds.entry(fact.to_owned()).or_default() += 1);
                }
            }
        }
        outlook.adds = adds.into_iter().collect();
        outlook.adds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(outlook)
    }
}

/// The one thing that is missing, if it is one.
fn only(missing: &Missing) -> Option<&str> {
    let facts: BTreeSet<&str> = missing.0.iter().map(|lack| &*lack.fact).collect();
    let mut facts = facts.into_iter();
    facts.next().filter(|_| facts.next().is_none())
}
