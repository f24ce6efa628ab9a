//! The mutation operators: one file per family, all of one shape, listed in one slice.
//!
//! A family looks at one answer and makes the mutants that can be made of it, each with what the contract says of it.
//! Deliberately not here: judging.

pub(super) mod bodies;
mod family;
pub(super) mod headers;
pub(super) mod identity;
pub(super) mod links;
pub(super) mod properties;
pub(super) mod secrets;
pub(super) mod sequence;
pub(super) mod states;
pub(super) mod status;
pub(super) mod times;
pub(super) mod values;

pub(super) use self::family::{Family, Operator};

/// All families, in the order in which they are reported.
pub(super) static FAMILIES: &[Family] = &[
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
