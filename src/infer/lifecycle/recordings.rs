//! What recordings show of all resources, session by session.
//!
//! Deliberately not here: reading them.

use std::collections::BTreeMap;

use crate::contract::Contract;
use crate::judge::replay::sessions::Session;

use super::evidence::Evidence;
use super::found::FoundLifecycle;
use super::property::Properties;
use super::walk::walk;

/// What recordings show of all resources.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    /// The exchanges of each session.
    sessions: Vec<Vec<Evidence>>,
}

impl Recordings {
    /// Adds what a session shows.
    pub(crate) fn add(&mut self, contract: &Contract, session: &Session) {
        let evidence = session.observations.iter().filter_map(|observation| Evidence::of(contract, observation));
        self.sessions.push(evidence.collect());
    }

    /// The lifecycles that they show, those of most resources first.
    pub(crate) fn lifecycles(&self) -> Vec<FoundLifecycle> {
        let mut schemas: BTreeMap<&str, usize> = BTreeMap::new();
        for evidence in self.sessions.iter().flatten() {
            evidence.schema.iter().for_each(|schema| *schemas.entry(schema).or_default() += 1);
        }
        let found = schemas.keys().filter_map(|schema| {
            let properties = Properties::of(schema, &self.sessions)?;
            walk(properties, &self.sessions)
        });
        let mut found: Vec<FoundLifecycle> = found.collect();
        found.sort_by_key(|lifecycle| std::cmp::Reverse(lifecycle.resources));
        found
    }
}
