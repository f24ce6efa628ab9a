//! A call of an operation, before anybody asks whether its arguments fit.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Map, Value};
use url::Url;

use super::method::{GeneratedClient, GeneratedMethod};
use crate::contract::{Contract, Operation};

/// How a call is made.
#[derive(Debug, Clone, Copy)]
pub enum CallMethod<'a> {
    /// By the method that was generated for the operation.
    Generated(&'static GeneratedMethod),
    /// From what a contract says of the operation, where none was generated.
    Documented(&'a Contract),
}

impl<'a> CallMethod<'a> {
    /// How an operation of a contract is called, by the client that was generated from it, if one was; `None` where a method should have
    /// been generated and was not.
    pub fn of(contract: &'a Contract, client: Option<&GeneratedClient>, operation: &Operation) -> Option<Self> {
        match client {
            Some(client) => client.method(operation).map(Self::Generated),
            None => Some(Self::Documented(contract)),
        }
    }
}

/// One call of an operation.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// What is called.
    pub operation: &'a Operation,
    /// How.
    pub method: CallMethod<'a>,
    /// What its path is below, if that is not what all paths are below.
    pub base: Option<Url>,
    /// Path parameters, by name.
    pub path: Map<String, Value>,
    /// Query parameters, by name.
    pub query: Map<String, Value>,
    /// Cookie parameters, by name; what is sent of them stands in `headers`.
    pub cookies: Map<String, Value>,
    /// Header parameters, by their names in lower case; what is sent of them stands in `headers`.
    pub fields: Map<String, Value>,
    /// Pairs that the query has besides, such as a key.
    pub keys: Vec<(String, String)>,
    /// Headers that replace what the client would send, such as `authorization`, `cookie` and `accept`.
    pub headers: HeaderMap,
    /// Headers that are not sent at all; stronger than `headers`.
    pub without: Vec<HeaderName>,
    /// The body: JSON, or an object of form fields.
    pub body: Option<Value>,
}

impl<'a> Call<'a> {
    /// Starts a call without arguments.
    pub fn new(operation: &'a Operation, method: CallMethod<'a>) -> Self {
        let [path, query, cookies, fields] = std::array::from_fn(|_| Map::new());
        let (headers, keys, without) = (HeaderMap::new(), Vec::new(), Vec::new());
        Self { operation, method, base: None, path, query, cookies, fields, keys, headers, without, body: None }
    }
    /// The contract that the call is written by; none where a method was generated for it.
    pub(super) fn contract(&self) -> Option<&'a Contract> {
        match self.method {
            CallMethod::Documented(contract) => Some(contract),
            CallMethod::Generated(_) => None,
        }
    }
}
