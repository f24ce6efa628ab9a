//! Explains a check, from the registry.

use super::explanation::{Explanation, IdKind, section};
use crate::checks::Check;
use crate::contract::Contract;

/// Says what a check promises.
pub(super) fn explain(contract: &Contract, check: &Check) -> Explanation {
    let level = check.level.as_str();
    let sections = [
        section("Promise", [check.promise.to_owned()]),
        section("Level", [format!("{level}, unless flowproof.toml, the command line or the scenario sets another")]),
        section("Source", [check.source.to_owned()]),
        section("Violation", [check.example.to_owned()]),
        section("What to do", [check.advice.to_owned()]),
        section("Needs", needed(check)),
        section("Proves", proven(contract, check)),
    ];
    Explanation::new(IdKind::Check, check.id, sections)
}

fn needed(check: &Check) -> Option<String> {
    let needed = check.needs.join(", ");
    (!needed.is_empty()).then(|| format!("{needed}; where one of them is denied, this one is not evaluated"))
}

fn proven(contract: &Contract, check: &Check) -> Vec<String> {
    let judged = contract.requirements().iter().filter(|known| known.checks.iter().any(|id| id == check.id));
    judged.map(|requirement| format!("{}: {}", requirement.id, requirement.statement.trim())).collect()
}
