//! What a request is made of, before it is written as a step of a scenario.
//!
//! Deliberately not here: where requests come from (`inputs`, `samples`).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::base::path_template::PathTemplate;
use crate::contract::{Contract, Lifecycle, Operation};
use crate::scenario::template::Helper;

/// What a request of an operation is made of, as scenarios write it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Input {
    pub(crate) operation: String,
    /// The parameters of the path, without the resource's id.
    pub(crate) path: Map<String, Value>,
    pub(crate) query: Map<String, Value>,
    pub(crate) headers: Map<String, Value>,
    pub(crate) cookies: Map<String, Value>,
    pub(crate) body: Option<Value>,
    /// Whether the body breaks its schema.
    pub(crate) invalid: bool,
    /// What is left out that would be supplied.
    pub(crate) without: Vec<String>,
    /// What is sent exactly as it stands.
    pub(crate) raw: Map<String, Value>,
    /// What it saves from the answer, by name.
    pub(crate) saves: Map<String, Value>,
    /// The names that other requests have to save first.
    pub(crate) needs: BTreeSet<String>,
    /// The states that followed, where scenarios say so.
    pub(crate) led_to: BTreeSet<String>,
    /// Whether the answer shows the state.
    pub(crate) shows_state: bool,
    /// How many steps send it.
    pub(crate) seen: usize,
    /// Whether nobody knows that it is accepted: it was made from the contract alone.
    pub(crate) is_guess: bool,
}

impl Input {
    /// Whether it needs a code that has been sent to somebody.
    pub(super) fn reads_a_code(&self) -> bool {
        let written = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let read = |code: &Helper| written.contains(&format!("{{{{{} ", code.name()));
        [Helper::RecoveryCode, Helper::VerificationCode].iter().any(read)
    }

    /// Whether it has led to a state, and never to another.
    pub(crate) fn leads_only_to(&self, state: &str) -> bool {
        self.led_to.len() == 1 && self.led_to.contains(state)
    }

    /// Whether it sends the same.
    pub(super) fn sends_the_same(&self, other: &Self) -> bool {
        let parts = |input: &Self| (input.path.clone(), input.query.clone(), input.headers.clone());
        parts(self) == parts(other) && self.cookies == other.cookies && self.body == other.body
    }
}

/// The parameter that holds the id of the resource: the last of the path that is not there already when it begins.
pub(super) fn id_parameter(operation: &Operation, lifecycle: &Lifecycle, contract: &Contract) -> Option<String> {
    let begins = lifecycle.initial.keys().filter_map(|name| contract.operation(name));
    let known: BTreeSet<String> = begins.flat_map(|begin| names(&begin.path)).collect();
    names(&operation.path).into_iter().rev().find(|name| !known.contains(name))
}

fn names(path: &str) -> Vec<String> {
    PathTemplate::parse(path).segments.into_iter().flat_map(|segment| segment.names).collect()
}
