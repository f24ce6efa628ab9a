//! A contract that was read, and what goes with it.
//!
//! Deliberately not here: which one a command judges by.

use std::path::PathBuf;
use std::sync::Arc;

use crate::contract::Contract;
use crate::judge::replay::restore::AnswerDecoder;

/// A contract, and what goes with it.
#[derive(Clone)]
pub(super) struct ContractInUse {
    /// The contract.
    pub(super) contract: Arc<Contract>,
    /// Reads answers with the types that were generated from it, where there are any.
    pub(super) decoder: Option<AnswerDecoder>,
    /// The file that it was read from.
    pub(super) file: Option<PathBuf>,
}
