//! The mutation operators: one file per family, all of one shape, listed in one slice.
//!
//! A family looks at one answer and makes the mutants that can be made of it, each with what the contract says of it.
//! Deliberately not here: judging.

pub mod bodies;
pub mod headers;
pub mod identity;
pub mod links;
pub mod properties;
pub mod secrets;
pub mod sequence;
pub mod states;
pub mod status;
pub mod times;
pub mod values;

use super::class::MutantClass;
use super::mutant::{BodyEdit, Mutant, Mutation};
use super::original::Original;

/// All families, in the order in which they are reported.
pub static FAMILIES: &[Family] = &[
    properties::FAMILY,
    values::FAMILY,
    status::FAMILY,
    headers::FAMILY,
    bodies::FAMILY,
    links::FAMILY,
    identity::FAMILY,
    times::FAMILY,
    states::FAMILY,
    sequence::FAMILY,
    secrets::FAMILY,
];

/// Operators of one sort.
#[derive(Debug)]
pub struct Family {
    /// The name, also of its file.
    pub id: &'static str,
    /// Its operators.
    pub operators: &'static [Operator],
    /// Makes all mutants of one answer.
    pub mutate: fn(&Original<'_>, &mut dyn FnMut(Mutant)),
}

/// A mutation operator: its name in kebab-case, and what it changes.
#[derive(Debug)]
pub struct Operator(pub &'static str, pub &'static str);

/// A mutant that changes one value, and can be seen in this answer if anywhere.
fn value(operator: &'static str, pointer: &str, edit: BodyEdit, class: MutantClass) -> Mutant {
    Mutant { operator, place: pointer.to_owned(), change: Mutation::Body(vec![edit]), class, onwards: false }
}

/// Another id than any that is recorded.
const STRANGER: &str = "c7a9e3f1-58d2-4b6e-9f04-d13b7ae86c25";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_unique_names_in_kebab_case() {
        let mut seen = std::collections::BTreeSet::new();
        for Operator(id, what) in FAMILIES.iter().flat_map(|family| family.operators) {
            assert!(seen.insert(id), "{id} twice");
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
            assert!(!what.is_empty() && !what.ends_with('.'), "{id}");
        }
    }
}
