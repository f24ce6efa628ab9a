//! The states that each resource of a scenario went through, as observed.
//!
//! Deliberately not here: whether they should have.

use super::Observation;
use crate::contract::{Contract, Lifecycle};

/// The states of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateTrace<'a> {
    /// The kind of resource.
    pub lifecycle: &'a Lifecycle,
    /// The resource's id.
    pub resource: String,
    /// The states in order, consecutive repeats collapsed, each with the exchange that first showed it.
    pub states: Vec<(String, usize)>,
}

/// The traces of all resources, in the order in which they were first seen.
pub fn traces<'a>(contract: &'a Contract, history: &[Observation]) -> Vec<StateTrace<'a>> {
    let mut traces: Vec<StateTrace<'a>> = Vec::new();
    for (at, observation) in history.iter().enumerate() {
        let Some((lifecycle, id, state)) = observation.resource(contract) else { continue };
        let known = traces.iter_mut().find(|trace| trace.resource == id && trace.lifecycle.name == lifecycle.name);
        match known {
            Some(trace) if trace.states.last().is_some_and(|(last, _)| last == state) => {}
            Some(trace) => trace.states.push((state.to_owned(), at)),
            None => {
                traces.push(StateTrace { lifecycle, resource: id.to_owned(), states: vec![(state.to_owned(), at)] })
            }
        }
    }
    traces
}
