//! What an id stands for: a check, a requirement, an operation, a state, a promise that follows from a schema, or a fault of the
//! stand-in.
//!
//! Every text is made of the registry of checks and the contract when it is asked for, so that it cannot drift from them.
//!
//! Deliberately not here: verdicts, and which scenarios cover a requirement (see [`crate::requirements`]).

mod check;
mod explanation;
mod fault;
mod operation;
pub mod render;
mod requirement;
mod schema;
mod state;

pub use self::explanation::{Explanation, IdKind, Section};
pub use self::fault::KnownFault;
use crate::base::text::nearest;
use crate::checks::CHECKS;
use crate::contract::{Contract, Lifecycle};

/// An id that stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{id}` is not the id of a check, requirement, operation, state or fault{}\n  `flowproof explain` lists all ids", suggestion(.near))]
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
pub fn explain(contract: &Contract, faults: &[KnownFault], id: &str) -> Result<Vec<Explanation>, UnknownId> {
    let checks = CHECKS.iter().filter(|check| check.id == id).map(|check| check::explain(contract, check));
    let requirements = contract.requirement(id).map(|found| requirement::explain(contract, found));
    let operations = contract.operation(id).map(|found| operation::explain(contract, found));
    let states = states(contract).filter(|(lifecycle, name)| *name == id || format!("{}/{name}", lifecycle.name) == id);
    let states = states.map(|(lifecycle, name)| state::explain(contract, lifecycle, name));
    let schemas = contract.schema_promises().filter(|promise| promise.id() == id);
    let schemas = schemas.map(|promise| schema::explain(contract, &promise));
    let faulty = faults.iter().filter(|fault| fault.name == id).map(fault::explain);
    let found = checks.chain(requirements).chain(operations).chain(states).chain(schemas).chain(faulty);
    let found: Vec<Explanation> = found.collect();
    if found.is_empty() { Err(unknown(contract, faults, id)) } else { Ok(found) }
}

/// Every id that can be explained, by kind.
pub fn ids(contract: &Contract, faults: &[KnownFault]) -> Vec<(IdKind, Vec<String>)> {
    vec![
        (IdKind::Check, CHECKS.iter().map(|check| check.id.to_owned()).collect()),
        (IdKind::Requirement, contract.requirements().iter().map(|requirement| requirement.id.clone()).collect()),
        (IdKind::Operation, contract.operations().iter().map(|operation| operation.name.clone()).collect()),
        (IdKind::State, states(contract).map(|(lifecycle, name)| format!("{}/{name}", lifecycle.name)).collect()),
        (IdKind::Schema, contract.schema_promises().map(|promise| promise.id()).collect()),
        (IdKind::Fault, faults.iter().map(|fault| fault.name.to_owned()).collect()),
    ]
}

fn states(contract: &Contract) -> impl Iterator<Item = (&Lifecycle, &str)> {
    contract
        .lifecycles()
        .iter()
        .flat_map(|lifecycle| lifecycle.states.keys().map(move |name| (lifecycle, name.as_str())))
}

/// The nearest id of every kind, since the kind that was meant is not known.
fn unknown(contract: &Contract, faults: &[KnownFault], id: &str) -> UnknownId {
    let bare = states(contract).map(|(_, name)| name.to_owned()).collect();
    let kinds = ids(contract, faults).into_iter().map(|(_, ids)| ids).chain([bare]);
    let mut near: Vec<String> =
        kinds.filter_map(|ids| nearest(id, ids.iter().map(String::as_str)).map(str::to_owned)).collect();
    near.sort_by(|a, b| strsim::jaro_winkler(id, b).total_cmp(&strsim::jaro_winkler(id, a)));
    near.truncate(3);
    UnknownId { id: id.to_owned(), near }
}
