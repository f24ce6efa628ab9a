//! The generated method of an operation: a row of the table that `build.rs` writes.
//!
//! What an operation is stands in the contract; a row knows only how it is called, and how its replies are read.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use progenitor_client::{Error, ResponseValue};
use serde::de::DeserializeOwned;

use super::arguments::{Arguments, CallError};
use super::frame::ReplyFrames;
use super::{generated, locate};
use crate::contract::{Contract, Operation};
use crate::record::{Decoded, Exchange};

/// Calls the generated method of one operation.
type Caller = for<'a> fn(
    &'a generated::Client,
    &'a Arguments<'a>,
) -> Pin<Box<dyn Future<Output = Result<Settled, CallError>> + Send + 'a>>;

/// The generated method of one operation.
#[derive(Debug)]
pub struct GeneratedMethod {
    pub(super) name: &'static str,
    pub(super) call: Caller,
    pub(super) decode: fn(&[u8]) -> Decoded,
}

impl GeneratedMethod {
    /// Finds the method that was generated for an operation; none where the operation is of another contract.
    pub fn of(operation: &Operation) -> Option<&'static Self> {
        let found = generated::METHODS.binary_search_by(|method| method.name.cmp(&operation.name)).ok()?;
        generated::METHODS.get(found)
    }

    /// Decodes a reply to the operation, whose method this is, as a typed call does.
    pub(super) fn decode(&self, operation: &Operation, exchange: &Exchange) -> Decoded {
        let Some(response) = exchange.response() else { return Decoded::NotTried };
        let media_type = response.headers.get("content-type");
        let frame = ReplyFrames::of(operation).choose(response.status, media_type.as_deref());
        frame.map_or(Decoded::NotTried, |frame| (self.decode)(&frame.around(&response.body)))
    }
}

/// Decodes a recorded answer with the types that were generated from a contract.
pub fn decode(contract: &Contract, exchange: &Exchange) -> Decoded {
    let operation = exchange.operation.as_deref().and_then(|name| contract.operation(name));
    let found = operation.filter(|_| contract.is_built_in());
    let found = found.and_then(|operation| Some((operation, GeneratedMethod::of(operation)?)));
    found.map_or(Decoded::NotTried, |(operation, method)| method.decode(operation, exchange))
}

/// How a generated method ended.
pub(super) enum Settled {
    /// The reply has the documented type.
    Typed,
    /// The reply, as it was handed to the generated code, does not have the documented type.
    Untyped(Bytes),
    /// The request could not be made.
    NotMade(String),
}

// A generic function for every reply type: kept to one match, so that the many copies stay small.
pub(super) fn settle<R>(result: Result<ResponseValue<R>, Error<R>>) -> Result<Settled, CallError> {
    Ok(match result {
        Ok(_) | Err(Error::ErrorResponse(_)) => Settled::Typed,
        Err(Error::InvalidResponsePayload(reply, _)) => Settled::Untyped(reply),
        Err(Error::InvalidRequest(reason) | Error::Custom(reason)) => Settled::NotMade(reason),
        Err(Error::CommunicationError(error) | Error::InvalidUpgrade(error) | Error::ResponseBodyError(error)) => {
            Settled::NotMade(error.to_string())
        }
        Err(Error::UnexpectedResponse(_)) => Settled::NotMade("a reply without a type was generated".to_owned()),
    })
}

pub(super) fn decode_tagged<R: DeserializeOwned>(reply: &[u8]) -> Decoded {
    locate::read::<R>(reply).map_or_else(locate::Misfit::into_body, |_| Decoded::Yes)
}
