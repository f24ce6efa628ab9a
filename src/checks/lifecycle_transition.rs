//! `lifecycle-transition`: a resource moves only as its lifecycle permits.
//!
//! Every observed state must be reachable from the one before by what was sent in between: an accepted action leads to one
//! of its documented states, a rejected one leaves the state as it was (or where a rejection may lead), and a read finds
//! nothing that could not have come about by itself.

use std::collections::BTreeSet;

use super::{Case, Check, Observation, Resource};
use crate::base::spelling::meant;
use crate::contract::{Contract, Lifecycle, LifecycleState, NextStates};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "lifecycle-transition",
    level: Level::Deny,
    promise: "Every observed state follows from the previous one by the operation that was sent, as the lifecycle permits.",
    source: "x-lifecycle in the contract: permits, elapse, initial",
    example: "A correct passcode leads from OTP_REQUIRED to DEVICE_SELECTION_REQUIRED instead of COMPLETED.",
    advice: "Look at the previous exchanges: which action changed the state? Then compare with the tenant's policy.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

/// What speaks of the state, and of states as such.
fn named(case: &Case<'_>, lifecycle: &Lifecycle, promise: &str) -> Vec<String> {
    let property = format!("{}/properties/{}", lifecycle.schema, lifecycle.state.trim_start_matches('/'));
    let all = [promise, &property].map(|at| case.contract.requirements_at(at));
    all.concat()
}

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let Resource { lifecycle, id, state, .. } = case.resource?;
    let operation = case.exchange().operation.as_deref()?;
    let problem = |message: String, expected: String, promise: String| Finding {
        pointer: Some(lifecycle.state.clone()),
        expected: Some(expected),
        actual: Some(state.to_owned()),
        requirements: named(case, lifecycle, &promise),
        promise: Some(promise),
        ..Finding::new(message)
    };
    if meant(state, lifecycle.states.keys()).is_some() {
        // Another spelling of a state is `value-spelling`'s to deny.
        return Some(Vec::new());
    }
    if !lifecycle.states.contains_key(state) {
        let known = lifecycle.states.keys().cloned().collect::<Vec<_>>().join(", ");
        let message = format!("{} has no state {state} that is documented", lifecycle.name);
        let unknown = problem(message, known, lifecycle.pointer.clone());
        // New states are declared non-breaking, and nothing can be said about what leads to them.
        return Some(vec![Finding { level: Level::Warn, ..unknown }]);
    }
    let earlier = &case.history[..case.index()];
    let (allowed, message, promise) = match possible(case.contract, lifecycle, id, earlier) {
        _ if lifecycle.initial.contains_key(operation) => initial(lifecycle, operation),
        Some(before) if lifecycle.acts(operation) => accepted(lifecycle, operation, &before),
        Some(before) => found(lifecycle, operation, &before),
        None if lifecycle.acts(operation) => first_action(lifecycle, operation),
        // First seen by a read: nothing is known about what came before.
        None => return Some(Vec::new()),
    };
    if allowed.contains(state) {
        return Some(Vec::new());
    }
    Some(vec![problem(format!("{message}, not {state}"), listed(&allowed), promise)])
}

type Allowed<'a> = (BTreeSet<&'a str>, String, String);

fn initial<'a>(lifecycle: &'a Lifecycle, operation: &str) -> Allowed<'a> {
    let allowed = lifecycle.initial[operation].iter().map(String::as_str).collect();
    let message = format!("{operation} starts a {} in {}", lifecycle.name, listed(&allowed));
    (allowed, message, format!("{}/initial/{operation}", lifecycle.pointer))
}

fn first_action<'a>(lifecycle: &'a Lifecycle, operation: &str) -> Allowed<'a> {
    let allowed = lifecycle.after(operation);
    let message = format!("{operation} leads to {}", listed(&allowed));
    (allowed, message, lifecycle.pointer.clone())
}

fn accepted<'a>(lifecycle: &'a Lifecycle, operation: &str, before: &BTreeSet<&'a str>) -> Allowed<'a> {
    let permitting = before.iter().filter_map(|state| Some((*state, permitted(lifecycle, state, operation)?)));
    let allowed: BTreeSet<&str> =
        permitting.clone().flat_map(|(_, next)| next.success.iter().map(String::as_str)).collect();
    match permitting.map(|(state, _)| state).next() {
        Some(state) => {
            let message = format!("{operation} in {} leads to {}", listed(before), listed(&allowed));
            (allowed, message, format!("{}/states/{state}/permits/{operation}", lifecycle.pointer))
        }
        None => {
            let message = format!("{operation} is not permitted in {}, yet it was accepted and led on", listed(before));
            let state = before.first().copied().unwrap_or_default();
            (allowed, message, format!("{}/states/{state}", lifecycle.pointer))
        }
    }
}

fn found<'a>(lifecycle: &'a Lifecycle, operation: &str, before: &BTreeSet<&'a str>) -> Allowed<'a> {
    let state = before.first().copied().unwrap_or_default();
    let message = format!("{operation} only looks, and must find {}", listed(before));
    (before.clone(), message, format!("{}/states/{state}", lifecycle.pointer))
}

fn permitted<'a>(lifecycle: &'a Lifecycle, state: &str, operation: &str) -> Option<&'a NextStates> {
    lifecycle.states.get(state).map(|state: &LifecycleState| &state.permits)?.get(operation)
}

fn listed(states: &BTreeSet<&str>) -> String {
    if states.is_empty() { "no state".to_owned() } else { states.iter().copied().collect::<Vec<_>>().join(" or ") }
}

/// The states in which a resource can be, after all that is known of it; `None` when it has not been seen.
fn possible<'a>(
    contract: &'a Contract,
    lifecycle: &'a Lifecycle,
    id: &str,
    history: &[Observation],
) -> Option<BTreeSet<&'a str>> {
    let mut unseen = Vec::new();
    for observation in history.iter().rev().filter(|observation| observation.is_about(contract, lifecycle, id)) {
        let Some((_, _, shown)) = observation.resource(contract) else {
            unseen.push(observation);
            continue;
        };
        let (known, _) = lifecycle.states.get_key_value(shown)?;
        let mut states = BTreeSet::from([known.as_str()]);
        for observation in unseen.into_iter().rev() {
            states = after_unseen(lifecycle, &states, observation);
        }
        return Some(lifecycle.elapsed(&states)).filter(|states| !states.is_empty());
    }
    None
}

/// Where an exchange that showed no state can have left the resource.
fn after_unseen<'a>(
    lifecycle: &'a Lifecycle,
    states: &BTreeSet<&'a str>,
    observation: &Observation,
) -> BTreeSet<&'a str> {
    let operation = observation.exchange.operation.as_deref().unwrap_or_default();
    if !lifecycle.acts(operation) {
        return states.clone();
    }
    let (accepted, rejected) = match observation.exchange.response().map(|response| response.status) {
        Some(200..400) => (true, false),
        Some(400) => (false, true),
        // Refused before the value was looked at: no token, no such resource, wrong media type, too often.
        Some(401..500) => return states.clone(),
        _ => (true, true),
    };
    let mut left = BTreeSet::new();
    for state in lifecycle.elapsed(states) {
        let next = permitted(lifecycle, state, operation);
        if let Some(next) = next.filter(|_| accepted) {
            left.extend(next.success.iter().map(String::as_str));
        }
        if rejected {
            match next.filter(|next| !next.rejection.is_empty()) {
                Some(next) => left.extend(next.rejection.iter().map(String::as_str)),
                None => _ = left.insert(state),
            }
        }
    }
    left
}
