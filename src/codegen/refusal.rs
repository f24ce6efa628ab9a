//! Why something of the contract cannot become a client, and where it stands.

use std::fmt;

/// One reason why the contract cannot become a client, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refusal {
    /// The place, as a JSON pointer into the original contract.
    pub pointer: String,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}: {}", self.pointer, self.reason)
    }
}
