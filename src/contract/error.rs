//! Why a document cannot serve as a contract, and where.

use crate::base::text::one_line;

/// Why a document cannot serve as a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contract is invalid at `{pointer}`: {message}")]
pub struct ContractError {
    /// A JSON pointer into the document.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl ContractError {
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: one_line(&pointer.into()), message: one_line(&message.into()) }
    }
}
