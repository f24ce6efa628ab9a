//! A call of an operation, before anybody asks whether its arguments fit.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

use super::method::GeneratedMethod;
use crate::contract::Operation;

/// One call of an operation.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// What is called.
    pub operation: &'a Operation,
    /// The method that was generated for it.
    pub method: &'static GeneratedMethod,
    /// Path and query parameters, by name.
    pub parameters: Map<String, Value>,
    /// Headers that replace what the client would send, such as `authorization`, `cookie` and `accept`.
    pub headers: HeaderMap,
    /// Headers that are not sent at all; stronger than `headers`.
    pub without: Vec<HeaderName>,
    /// The body: JSON, or an object of form fields.
    pub body: Option<Value>,
}

impl<'a> Call<'a> {
    /// Starts a call without arguments.
    pub fn new(operation: &'a Operation, method: &'static GeneratedMethod) -> Self {
        let (parameters, headers) = (Map::new(), HeaderMap::new());
        Self { operation, method, parameters, headers, without: Vec::new(), body: None }
    }
}
