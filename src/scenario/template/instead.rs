//! What a path is replaced by when a template is written anew.
//!
//! Deliberately not here: rewriting.

use serde_json::Value;

/// What stands in the place of a path when a template is rewritten.
#[derive(Debug, Clone, PartialEq)]
pub enum Instead {
    /// Another path.
    Path(String),
    /// A value.
    Value(Value),
}
