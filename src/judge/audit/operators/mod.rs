//! The mutation operators: one file per family, all of one shape, listed in one slice.
//!
//! A family looks at one answer and makes the mutants that can be made of it, each with what the contract says of it.
//! Deliberately not here: judging.

pub mod bodies;
mod family;
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

pub use self::family::{Family, Operator};

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
