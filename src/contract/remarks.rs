//! What is to be said about a document before anything is judged by it.

use super::error::ContractError;

/// What is to be said about a document.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// What cannot be judged by; only what it touches is left out.
    pub(super) faults: Vec<ContractError>,
    /// What looks like something of ours, and is another vendor's.
    pub(super) notes: Vec<ContractError>,
}

impl Remarks {
    pub(super) fn fault(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.faults.push(ContractError::new(pointer, message));
    }

    pub(super) fn note(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.notes.push(ContractError::new(pointer, message));
    }

    /// Each remark once, in the order of its places.
    pub(super) fn sorted(mut self) -> Self {
        for list in [&mut self.faults, &mut self.notes] {
            list.sort();
            list.dedup();
        }
        self
    }
}
