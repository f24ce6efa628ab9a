//! What lowering makes of a contract: a document for progenitor and a list of operations for the dispatch table.
//!
//! Data only.

use super::schema::Removal;

/// What lowering makes of a contract.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The document for progenitor.
    pub document: openapiv3::OpenAPI,
    /// The operations, in the contract's order.
    pub operations: Vec<LoweredOperation>,
    /// What the typed client does without, beside descriptions and extensions.
    pub removals: Vec<Removal>,
}

/// One operation: a method, a path and a request media type.
#[derive(Debug, Clone, PartialEq)]
pub struct LoweredOperation {
    /// The name that scenarios call.
    pub name: String,
    /// The name as a Rust function.
    pub id: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path template, as in the contract.
    pub path: String,
    /// The media type of the request, where the operation has one.
    pub media_type: Option<String>,
    /// How the body is written.
    pub body: Body,
    /// Whether the body must be there.
    pub body_required: bool,
    /// The documented replies, in the contract's order.
    pub replies: Vec<Reply>,
    /// The documented parameters, in the contract's order.
    pub parameters: Vec<Parameter>,
    /// Where the operation stands in the contract.
    pub pointer: String,
}

impl LoweredOperation {
    /// Names the path under which the lowered document has this operation.
    pub fn lowered_path(&self) -> String {
        format!("{}#{}", self.path, self.name)
    }
}

/// How a request's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// As JSON.
    Json,
    /// As the fields of a form.
    Form,
}

/// One documented response.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// `200`, `4XX` or `default`.
    pub status: String,
    /// The media types it may have.
    pub media_types: Vec<String>,
    /// What the typed client makes of the body.
    pub content: Content,
}

/// What the typed client makes of a response body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Nothing: none is documented, or none that has a type.
    Nothing,
    /// A value of the documented schema.
    Json,
    /// Text.
    Text,
}

/// One documented parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name as sent.
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub location: String,
    /// Whether it must be there.
    pub required: bool,
}
