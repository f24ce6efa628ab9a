//! The mutants by kind: one file per family, all of one shape, listed in one slice.
//!
//! A family looks at one answer and tells the mutants that can be made of it, each with what the contract says of it.
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

use super::act::{Change, Edit, Mutant};
use super::scene::View;
use super::worth::Worth;

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

/// Mutants of one sort, and how they are bred.
#[derive(Debug)]
pub struct Family {
    /// The name, also of its file.
    pub id: &'static str,
    /// Its kinds, each with what is changed.
    pub kinds: &'static [Kind],
    /// Tells all mutants of one answer.
    pub breed: fn(&View<'_>, &mut dyn FnMut(Mutant)),
}

/// A kind of mutant: its name in kebab-case, and what is changed.
#[derive(Debug)]
pub struct Kind(pub &'static str, pub &'static str);

/// A mutant that changes one value, and can be seen in this answer if anywhere.
fn value(kind: &'static str, pointer: &str, edit: Edit, worth: Worth) -> Mutant {
    Mutant { kind, place: pointer.to_owned(), change: Change::Body(vec![edit]), worth, onwards: false }
}

/// Another id than any that is recorded.
const STRANGER: &str = "c7a9e3f1-58d2-4b6e-9f04-d13b7ae86c25";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_unique_names_in_kebab_case() {
        let mut seen = std::collections::BTreeSet::new();
        for Kind(id, what) in FAMILIES.iter().flat_map(|family| family.kinds) {
            assert!(seen.insert(id), "{id} twice");
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
            assert!(!what.is_empty() && !what.ends_with('.'), "{id}");
        }
    }
}
