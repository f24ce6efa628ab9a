//! Equal requests in a row are one call: one that was repeated until its answer was another, or one whose repetition adds nothing.
//!
//! Deliberately not here: how the repetition is written (see [`super::draft`]).

use std::time::Duration;

use serde_json::Value;

use crate::checks::Observation;
use crate::contract::Contract;

/// A call with its last answer.
#[derive(Debug)]
pub(super) struct RecordedCall {
    /// The exchange; of several that were equal the last.
    pub observation: Observation,
    /// How it was repeated, if it was.
    pub poll: Option<Poll>,
}

/// A repetition that ended with another answer than it began with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Poll {
    /// How often it was sent.
    pub count: usize,
    /// How long it took on the average from one request to the next.
    pub every: Duration,
    /// What the last answer had and the first had not.
    pub until: Awaited,
}

/// What ended a repetition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Awaited {
    /// The state of a lifecycle.
    State(String),
    /// The status code.
    Status(u16),
    /// A member of the body.
    Member(String, Value),
}

/// The members that show a state where no lifecycle says which.
const STATES: [&str; 2] = ["/status", "/state"];

/// The calls of a session.
pub(super) fn calls(contract: &Contract, observations: Vec<Observation>) -> Vec<RecordedCall> {
    let mut calls: Vec<RecordedCall> = Vec::new();
    let mut run: Vec<Observation> = Vec::new();
    for observation in observations {
        if run.last().is_some_and(|last| last.exchange.request != observation.exchange.request) {
            calls.extend(joined(contract, std::mem::take(&mut run)));
        }
        run.push(observation);
    }
    calls.extend(joined(contract, run));
    calls
}

/// Equal requests in a row as one call, or as they are where each is one of its own.
fn joined(contract: &Contract, mut run: Vec<Observation>) -> Vec<RecordedCall> {
    let single = |observation| RecordedCall { observation, poll: None };
    let (Some(first), Some(last), count) = (run.first(), run.last(), run.len()) else { return Vec::new() };
    let reads = matches!(last.exchange.request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
    match awaited(contract, first, last) {
        Some(until) if count > 1 && (reads || matches!(until, Awaited::Status(200..=399))) => {
            let begun = last.exchange.started_at - first.exchange.started_at;
            let every = begun.to_std().unwrap_or_default() / u32::try_from(count - 1).unwrap_or(1);
            let poll = Some(Poll { count, every, until });
            run.pop().into_iter().map(|observation| RecordedCall { observation, poll: poll.clone() }).collect()
        }
        None if reads => run.pop().into_iter().map(single).collect(),
        _ => run.into_iter().map(single).collect(),
    }
}

fn awaited(contract: &Contract, first: &Observation, last: &Observation) -> Option<Awaited> {
    let status = |one: &Observation| one.exchange.response().map(|response| response.status);
    if status(first) != status(last) {
        return status(last).map(Awaited::Status);
    }
    let state = |one: &Observation| one.resource(contract).map(|(_, _, state)| state.to_owned());
    if let Some(state) = state(last).filter(|last| state(first).is_some_and(|first| first != *last)) {
        return Some(Awaited::State(state));
    }
    STATES.iter().find_map(|pointer| {
        let member = |one: &Observation| one.body.value()?.pointer(pointer).filter(|value| value.is_string()).cloned();
        let (before, after) = (member(first)?, member(last)?);
        (before != after).then(|| Awaited::Member((*pointer).to_owned(), after))
    })
}
