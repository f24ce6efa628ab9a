//! A lifecycle as recordings show it.
//!
//! Deliberately not here: how it is found (see [`super::walk`]), and how it is written (see [`mod@super::overlay`]).

use indexmap::IndexMap;

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
