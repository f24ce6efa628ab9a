//! The JSON arguments of a call, turned into those of the generated method.
//!
//! What does not fit the documented type is a [`CallError`] with its place; nothing is sent then.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::locate;
use crate::base::pointer::join;
use crate::contract::{Location, Operation};

/// Why a call could not be sent. Nothing has left then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// An argument does not fit what the contract documents.
    #[error("{pointer}: {message}")]
    Argument {
        /// Which one: `/parameters/envID`, or a place in the body such as `/body/device/id`.
        pointer: String,
        /// What is wrong with it.
        message: String,
    },
    /// The request could not be put together.
    #[error("the request cannot be made: {0}")]
    Request(String),
    /// There is no HTTP client to send it with.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

impl CallError {
    pub(super) fn argument(pointer: impl Into<String>, message: impl ToString) -> Self {
        CallError::Argument { pointer: pointer.into(), message: message.to_string() }
    }

    pub(super) fn parameter(name: &str, message: impl ToString) -> Self {
        CallError::argument(join("/parameters", name), message)
    }
}

/// The arguments of a call as the generated table asks for them.
#[derive(Debug)]
pub struct Arguments<'a> {
    operation: &'a Operation,
    path: &'a Map<String, Value>,
    query: &'a Map<String, Value>,
    body: Option<&'a Value>,
}

impl<'a> Arguments<'a> {
    /// Takes the arguments of a call.
    ///
    /// # Errors
    /// An argument that the operation does not have, or the lack of a body that it must have.
    pub(super) fn of(
        operation: &'a Operation,
        path: &'a Map<String, Value>,
        query: &'a Map<String, Value>,
        body: Option<&'a Value>,
    ) -> Result<Self, CallError> {
        let name = &operation.name;
        for (location, given) in [(Location::Path, path), (Location::Query, query)] {
            if let Some(unknown) = given.keys().find(|name| operation.parameter_in(location, name).is_none()) {
                return Err(CallError::parameter(unknown, format_args!("{name} has no such parameter")));
            }
        }
        match (operation.body(), body) {
            (None, Some(_)) => Err(CallError::argument("/body", format_args!("{name} takes no body"))),
            (Some(known), None) if known.required => {
                Err(CallError::argument("/body", format_args!("{name} needs a body")))
            }
            _ => Ok(Arguments { operation, path, query, body }),
        }
    }

    /// Says whether the call leaves out a body that it may leave out; the generated method would insist on one.
    pub(super) fn lacks_body(&self) -> bool {
        self.operation.body().is_some() && self.body.is_none()
    }

    /// Reads a parameter that must be there.
    pub fn parameter<T: DeserializeOwned>(&self, name: &str) -> Result<T, CallError> {
        self.optional(name)?.ok_or_else(|| CallError::parameter(name, "is missing"))
    }

    /// Reads a parameter that may be absent.
    pub fn optional<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, CallError> {
        let Some(value) = self.path.get(name).or_else(|| self.query.get(name)) else {
            return Ok(None);
        };
        let read = T::deserialize(value)
            .or_else(|error| respelt(value).and_then(|value| T::deserialize(value).ok()).ok_or(error));
        read.map(Some).map_err(|error| CallError::parameter(name, error))
    }

    /// Reads the body.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        let body = self.body.unwrap_or(&Value::Null);
        let read = read_body(body);
        match self.operation.body() {
            Some(known) if known.is_form() => {
                read.or_else(|error| read_body(&as_fields(body)).map_err(|_: CallError| error))
            }
            _ => read,
        }
    }
}

fn read_body<T: DeserializeOwned>(body: &Value) -> Result<T, CallError> {
    let read = locate::read(body.to_string().as_bytes());
    read.map_err(|misfit| CallError::argument(format!("/body{}", misfit.pointer), misfit.message))
}

// A parameter is text on the wire: a number where text is documented, and digits where a number is, are what was meant.
pub(super) fn respelt(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) | Value::Bool(_) => Some(Value::String(value.to_string())),
        Value::String(text) => serde_json::from_str(text).ok().filter(|value: &Value| !value.is_string()),
        _ => None,
    }
}

pub(super) fn as_fields(body: &Value) -> Value {
    let fields = body.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), Value::String(text(value)))).collect()
}

/// Writes a value as it stands in a path, a query or a form: text without quotes, the rest as JSON.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
