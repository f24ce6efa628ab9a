//! The lifecycle of a resource, from recordings in which resources show the states that they are in.
//!
//! * [`evidence`]: what each exchange shows of a resource
//! * [`property`]: which of its properties are its identity and its state
//! * [`walk`]: what was done in which state, and which state followed
//! * [`overlay`]: all of it as an OpenAPI Overlay, with counts, for a person to review
//!
//! What was not seen is not known: a state without an action may permit it, and an outcome that is missing may be possible. Deliberately
//! not here: what a lifecycle promises (see `contract`), and judging by it.

mod evidence;
mod overlay;
mod property;
mod walk;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::contract::Contract;
use crate::judge::replay::sessions::Session;

use self::evidence::Evidence;
use self::property::Properties;

pub(crate) use self::overlay::overlay;

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
            walk::walk(properties, &self.sessions)
        });
        let mut found: Vec<FoundLifecycle> = found.collect();
        found.sort_by_key(|lifecycle| std::cmp::Reverse(lifecycle.resources));
        found
    }
}

/// How often each of some states was seen.
pub(crate) type StateCounts = IndexMap<String, usize>;

/// A lifecycle as recordings show it.
#[derive(Debug)]
pub(crate) struct FoundLifecycle {
    /// The name of the schema, below `components`.
    pub schema: String,
    /// JSON pointer to the id.
    pub identity: String,
    /// JSON pointer to the state.
    pub state: String,
    /// JSON pointers to the times of creation and of the last change.
    pub created: Option<String>,
    /// The same of the last change.
    pub updated: Option<String>,
    /// The operation that only looks.
    pub read: Option<String>,
    /// How many resources were seen.
    pub resources: usize,
    /// What begins a resource, with the states that it then was in.
    pub initial: IndexMap<String, StateCounts>,
    /// The states, in the order in which they were first seen.
    pub states: IndexMap<String, FoundState>,
}

/// A state as recordings show it.
#[derive(Debug, Default)]
pub(crate) struct FoundState {
    /// How often it was seen.
    pub seen: usize,
    /// What was accepted, with the states that followed.
    pub accepted: IndexMap<String, StateCounts>,
    /// What was refused and led to another state.
    pub rejected: IndexMap<String, StateCounts>,
    /// What was refused and changed nothing, with how often; for most it is not said here whether anything else is permitted.
    pub refused: IndexMap<String, usize>,
    /// What was found later although nothing had been asked.
    pub elapsed: StateCounts,
}

impl FoundState {
    /// Whether it was never left, although something was asked of it.
    pub(crate) fn looks_final(&self) -> bool {
        self.accepted.is_empty() && self.rejected.is_empty() && self.elapsed.is_empty() && !self.refused.is_empty()
    }
}

impl FoundLifecycle {
    /// How many outcomes of accepted and refused actions were seen, beginnings and what time brought included.
    pub(crate) fn outcomes(&self) -> usize {
        let of_states = self.states.values().map(|state| {
            let actions = state.accepted.values().chain(state.rejected.values());
            actions.map(IndexMap::len).sum::<usize>() + state.elapsed.len()
        });
        of_states.sum::<usize>() + self.initial.values().map(IndexMap::len).sum::<usize>()
    }

    /// How many actions were refused in a state and changed nothing, without ever being accepted there.
    pub(crate) fn refused(&self) -> usize {
        let only_refused = |state: &FoundState| {
            state.refused.keys().filter(|operation| !state.accepted.contains_key(*operation)).count()
        };
        self.states.values().map(only_refused).sum()
    }
}
