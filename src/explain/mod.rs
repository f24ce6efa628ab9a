//! What an id stands for: a check, a requirement, an operation, a state, or a promise that follows from a schema.
//!
//! Every text is made of the registry of checks and the contract when it is asked for, so that it cannot drift from them.
//!
//! Deliberately not here: verdicts, and which scenarios cover a requirement (see [`crate::requirements`]).

mod check;
mod explanation;
mod operation;
pub mod render;
mod requirement;
mod schema;
mod state;

pub use self::explanation::{Explanation, IdKind, Section};
use crate::base::text::nearest;
use crate::checks::CHECKS;
use crate::contract::{Contract, Lifecycle};

/// An id that stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{id}` is no check, requirement, operation or state{}\n  `flowproof explain` lists all ids", suggestion(.near))]
pub struct UnknownId {
    /// The id that was asked for.
    pub id: String,
    /// The nearest ids that stand for something.
    pub near: Vec<String>,
}

fn suggestion(near: &[String]) -> String {
    let near: Vec<String> = near.iter().map(|id| format!("`{id}`")).collect();
    if near.is_empty() { String::new() } else { format!("\n  did you mean {}?", near.join(" or ")) }
}

/// Says what an id stands for. The name of a state may be that of several lifecycles.
///
/// # Errors
/// When it stands for nothing.
pub fn explain(contract: &Contract, id: &str) -> Result<Vec<Explanation>, UnknownId> {
    let checks = CHECKS.iter().filter(|check| check.id == id).map(|check| check::explain(contract, check));
    let requirements = contract.requirement(id).map(|found| requirement::explain(contract, found));
    let operations = contract.operation(id).map(|found| operation::explain(contract, found));
    let states = states(contract).filter(|(lifecycle, name)| *name == id || format!("{}/{name}", lifecycle.name) == id);
    let states = states.map(|(lifecycle, name)| state::explain(contract, lifecycle, name));
    let schemas = contract.schema_promises().filter(|promise| promise.id() == id);
    let schemas = schemas.map(|promise| schema::explain(contract, &promise));
    let found: Vec<Explanation> = checks.chain(requirements).chain(operations).chain(states).chain(schemas).collect();
    if found.is_empty() { Err(unknown(contract, id)) } else { Ok(found) }
}

/// Every id that can be explained, by kind.
pub fn ids(contract: &Contract) -> Vec<(IdKind, Vec<String>)> {
    vec![
        (IdKind::Check, CHECKS.iter().map(|check| check.id.to_owned()).collect()),
        (IdKind::Requirement, contract.requirements().iter().map(|requirement| requirement.id.clone()).collect()),
        (IdKind::Operation, contract.operations().iter().map(|operation| operation.name.clone()).collect()),
        (IdKind::State, states(contract).map(|(lifecycle, name)| format!("{}/{name}", lifecycle.name)).collect()),
        (IdKind::Schema, contract.schema_promises().map(|promise| promise.id()).collect()),
    ]
}

fn states(contract: &Contract) -> impl Iterator<Item = (&Lifecycle, &str)> {
    contract
        .lifecycles()
        .iter()
        .flat_map(|lifecycle| lifecycle.states.keys().map(move |name| (lifecycle, name.as_str())))
}

/// The nearest id of every kind, so that a slip is mended whatever was meant.
fn unknown(contract: &Contract, id: &str) -> UnknownId {
    let bare = states(contract).map(|(_, name)| name.to_owned()).collect();
    let kinds = ids(contract).into_iter().map(|(_, ids)| ids).chain([bare]);
    let mut near: Vec<String> =
        kinds.filter_map(|ids| nearest(id, ids.iter().map(String::as_str)).map(str::to_owned)).collect();
    near.sort_by(|a, b| strsim::jaro_winkler(id, b).total_cmp(&strsim::jaro_winkler(id, a)));
    near.truncate(3);
    UnknownId { id: id.to_owned(), near }
}
