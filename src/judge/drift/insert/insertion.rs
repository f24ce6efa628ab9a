//! A text that is put into another, and why there may be none.
//!
//! Deliberately not here: where it comes from.

/// Why additions could not be put in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InsertError {
    /// The text is no YAML that can be read with places.
    #[error("the contract's text cannot be read: {0}")]
    Text(String),
    /// There is nothing at the pointer, or something else.
    #[error("the contract has no {wanted} at `{pointer}` in its text")]
    Place {
        /// The JSON pointer.
        pointer: String,
        /// What should be there.
        wanted: &'static str,
    },
}

/// A text that is put in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Insertion {
    /// Before which byte.
    pub at: usize,
    /// How far its lines are indented. A block inside another one may end where that one ends.
    pub indent: usize,
    /// What.
    pub text: String,
}

/// There is no such place.
pub(super) fn missing(pointer: &str, wanted: &'static str) -> InsertError {
    InsertError::Place { pointer: pointer.to_owned(), wanted }
}
