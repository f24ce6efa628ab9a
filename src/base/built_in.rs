//! By what the contract is known that this build was made from.
//!
//! Deliberately not here: the contract.

/// SHA-256 of its text, in lower-case hexadecimal.
pub(crate) const CONTRACT_DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/contract.sha256"));
