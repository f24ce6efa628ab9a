//! Where the resources of each lifecycle hold their id and their state: read from the contract, or learned from a record.
//!
//! A journal's header does not say it, but its sequences say which exchange first showed which state of which resource.
//! Deliberately not here: following a resource (see [`super::walk`]).

use std::collections::HashMap;

use serde_json::Value;

use super::bodies::Bodies;
use crate::base::pointer::join;
use crate::contract::Contract;
use crate::record::SequenceRecord;

/// The places of ids and states, by lifecycle.
#[derive(Debug, Default)]
pub(crate) struct Places(HashMap<String, ResourcePlace>);

/// Where a resource holds its id and its state.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ResourcePlace {
    /// JSON pointer to the id.
    pub(super) identity: String,
    /// JSON pointer to the state.
    pub(super) state: String,
}

impl Places {
    /// As the contract says.
    pub(crate) fn documented(contract: &Contract) -> Self {
        let known = contract.lifecycles().iter().map(|known| {
            let place = ResourcePlace { identity: known.identity.clone(), state: known.state.clone() };
            (known.name.clone(), place)
        });
        Self(known.collect())
    }

    /// As the sequences of a record show: the outermost members that held the id and the state whenever one was first seen.
    pub(crate) fn learned(sequences: &[SequenceRecord], bodies: &Bodies<'_>) -> Self {
        let mut held: HashMap<&str, [Option<Vec<String>>; 2]> = HashMap::new();
        for sequence in sequences {
            let [ids, states] = held.entry(&sequence.lifecycle).or_default();
            for (state, at) in &sequence.observed {
                let Some(body) = bodies.get(*at) else { continue };
                narrow(ids, pointers(body, &sequence.resource));
                narrow(states, pointers(body, state));
            }
        }
        let place = |(name, [ids, states]): (&str, [Option<Vec<String>>; 2])| {
            Some((name.to_owned(), ResourcePlace { identity: outermost(ids)?, state: outermost(states)? }))
        };
        Self(held.into_iter().filter_map(place).collect())
    }

    /// The place in resources of one kind.
    pub(super) fn of(&self, lifecycle: &str) -> Option<&ResourcePlace> {
        self.0.get(lifecycle)
    }
}

/// Keeps what was found every time.
fn narrow(held: &mut Option<Vec<String>>, found: Vec<String>) {
    match held {
        Some(held) => held.retain(|pointer| found.contains(pointer)),
        None => *held = Some(found),
    }
}

fn outermost(held: Option<Vec<String>>) -> Option<String> {
    held?.into_iter().min_by_key(|pointer| pointer.matches('/').count())
}

/// Where a text stands among the members of a value, in the value's order.
fn pointers(value: &Value, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    find(value, text, &mut Vec::new(), &mut found);
    found
}

/// Looks further inside; a pointer is only made of the names on the way where there is something.
fn find<'v>(value: &'v Value, text: &str, way: &mut Vec<&'v str>, found: &mut Vec<String>) {
    match value {
        Value::String(held) if held == text => {
            found.push(way.iter().fold(String::new(), |pointer, name| join(&pointer, name)));
        }
        Value::Object(members) => {
            for (name, member) in members {
                way.push(name);
                find(member, text, way, found);
                way.pop();
            }
        }
        _ => {}
    }
}
