//! What lowering makes of a contract: a document for progenitor and a list of operations for the dispatch table.
//!
//! Data only.

use super::schema::Removal;

/// What lowering makes of a contract.
#[derive(Debug, Clone)]
pub(crate) struct Lowered {
    /// The document for progenitor.
    pub document: openapiv3::OpenAPI,
    /// The operations, in the contract's order.
    pub operations: Vec<LoweredOperation>,
    /// What the typed client does without, beside descriptions and extensions.
    pub removals: Vec<Removal>,
}

/// One operation: a method, a path and a request media type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LoweredOperation {
    /// The name that scenarios call.
    pub name: String,
    /// The name as a Rust function.
    pub id: String,
    /// The path template, as in the contract.
    pub path: String,
    /// Whether there is a body.
    pub has_body: bool,
    /// The names of its parameters in path and query, in the contract's order.
    pub parameters: Vec<String>,
    /// Where the operation stands in the contract.
    pub pointer: String,
}

impl LoweredOperation {
    /// Names the path under which the lowered document has this operation.
    pub(crate) fn lowered_path(&self) -> String {
        format!("{}#{}", self.path, self.name)
    }
}
