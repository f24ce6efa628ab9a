//! All there is to cover, from the contract alone, and the names by which people speak of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexSet;

use super::{Coverage, DIMENSIONS, Dimension, ItemStanding, dimension};
use crate::contract::{Contract, Documented, Lifecycle, MediaType, Operation, Reply};
use crate::judge::walk::MoveCause;

pub(super) use super::names::{action, transition};

/// Every dimension with every item, none of them reached; what the register says cannot be tested is out of reach.
pub(super) fn of(contract: &Contract) -> Coverage {
    let dimensions = DIMENSIONS.iter().map(|name| {
        let items = items(contract, name).into_iter().map(|item| (item, ItemStanding::Missing)).collect();
        (*name, Dimension { items })
    });
    let mut coverage = Coverage { dimensions: dimensions.collect() };
    for requirement in contract.requirements() {
        if let Some(reason) = &requirement.not_tested {
            coverage.give_up(dimension::REQUIREMENTS, &requirement.id, reason);
        }
    }
    coverage
}

/// The requirements that each check keeps an eye on, by the check's id.
pub(super) fn requirements_by_check(contract: &Contract) -> HashMap<&str, Vec<&str>> {
    let mut by_check: HashMap<&str, Vec<&str>> = HashMap::new();
    for requirement in contract.requirements() {
        requirement.checks.iter().for_each(|check| by_check.entry(check).or_default().push(&requirement.id));
    }
    by_check
}

fn items(contract: &Contract, dimension: &str) -> Vec<String> {
    let operations = contract.operations().iter();
    match dimension {
        dimension::OPERATIONS => operations.map(|operation| operation.name.clone()).collect(),
        dimension::REQUEST_MEDIA_TYPES => operations.filter_map(request_media_type).collect(),
        dimension::STATUSES => replies(contract).map(|(operation, reply)| status(operation, reply)).collect(),
        dimension::RESPONSE_MEDIA_TYPES => response_media_types(contract),
        dimension::PROPERTIES => documented(contract, |promise| matches!(promise, Documented::Property(_))),
        dimension::VALUES => documented(contract, |promise| matches!(promise, Documented::Value(..))),
        dimension::STATES => {
            each(contract, |lifecycle| lifecycle.states.keys().map(|name| state(&lifecycle.name, name)).collect())
        }
        dimension::TRANSITIONS => each(contract, transitions),
        dimension::PERMITTED_ACTIONS => each(contract, |lifecycle| actions(lifecycle, true)),
        dimension::FORBIDDEN_ACTIONS => each(contract, |lifecycle| actions(lifecycle, false)),
        _ => contract.requirements().iter().map(|requirement| requirement.id.clone()).collect(),
    }
}

fn replies(contract: &Contract) -> impl Iterator<Item = (&Operation, &Reply)> {
    contract.operations().iter().flat_map(|operation| operation.replies().map(move |reply| (operation, reply)))
}

fn response_media_types(contract: &Contract) -> Vec<String> {
    let named = replies(contract).flat_map(|(operation, reply)| {
        reply.media_types.iter().map(move |known| response_media_type(operation, reply, known))
    });
    named.collect()
}

fn documented(contract: &Contract, wanted: impl Fn(&Documented<'_>) -> bool) -> Vec<String> {
    let mut found = BTreeSet::new();
    // Many replies have the same body, above all refusals.
    let shapes = replies(contract).flat_map(|(_, reply)| &reply.media_types).filter_map(|known| known.shape);
    for shape in shapes.collect::<HashSet<_>>() {
        contract.shapes.promises(shape, &mut |promise| {
            if wanted(&promise) {
                found.insert(promised(promise));
            }
        });
    }
    found.into_iter().collect()
}

fn each(contract: &Contract, items: impl Fn(&Lifecycle) -> Vec<String>) -> Vec<String> {
    contract.lifecycles().iter().flat_map(items).collect()
}

fn transitions(lifecycle: &Lifecycle) -> Vec<String> {
    let item = |from: Option<&str>, cause, to: &String| transition(&lifecycle.name, from, cause, to);
    let initial = lifecycle
        .initial
        .iter()
        .flat_map(|(operation, states)| states.iter().map(move |to| item(None, MoveCause::Accepted(operation), to)));
    let later = lifecycle.states.iter().flat_map(|(from, state)| {
        let from = Some(from.as_str());
        let acted = state.permits.iter().flat_map(move |(operation, next)| {
            let accepted = next.success.iter().map(move |to| item(from, MoveCause::Accepted(operation), to));
            accepted.chain(next.rejection.iter().map(move |to| item(from, MoveCause::Rejected(operation), to)))
        });
        acted.chain(state.elapse.iter().map(move |to| item(from, MoveCause::Elapsed, to)))
    });
    initial.chain(later).collect()
}

/// Every pair of state and operation that acts on such a resource.
fn actions(lifecycle: &Lifecycle, permitted: bool) -> Vec<String> {
    let acting: IndexSet<&str> =
        lifecycle.states.values().flat_map(|state| state.permits.keys()).map(String::as_str).collect();
    let pairs = lifecycle.states.iter().flat_map(|(name, state)| {
        let chosen = acting.iter().filter(move |operation| state.permits.contains_key(**operation) == permitted);
        chosen.map(move |operation| action(&lifecycle.name, name, operation))
    });
    pairs.collect()
}

pub(super) fn request_media_type(operation: &Operation) -> Option<String> {
    Some(format!("{} {}", operation.name, operation.request.as_ref()?.media_type))
}

pub(super) fn status(operation: &Operation, reply: &Reply) -> String {
    format!("{} {}", operation.name, reply.status)
}

pub(super) fn response_media_type(operation: &Operation, reply: &Reply, media_type: &MediaType) -> String {
    format!("{} {} {}", operation.name, reply.status, media_type.name)
}

pub(super) fn promised(promise: Documented<'_>) -> String {
    match promise {
        Documented::Property(pointer) => place(pointer),
        Documented::Value(pointer, value) => format!("{} {value}", place(pointer)),
    }
}

/// `/components/schemas/Device/properties/lock` is `Device.lock`.
fn place(pointer: &str) -> String {
    let pointer = pointer.strip_prefix("/components/schemas/").unwrap_or(pointer);
    pointer.replace("/properties/", ".").replace("/items", "[]").replace("/additionalProperties", ".*")
}

pub(super) fn state(lifecycle: &str, state: &str) -> String {
    format!("{lifecycle} {state}")
}
