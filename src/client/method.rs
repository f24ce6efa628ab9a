//! A client that was generated from a contract: a table with the method of every operation, that of this build or of another package's.
//!
//! What an operation is stands in the contract; a row knows only how it is called, and how its replies are read.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use progenitor_client::{Error, ResponseValue};
use serde::de::DeserializeOwned;

use super::arguments::{Arguments, CallError};
use super::capture::Capture;
use super::exchange::Captured;
use super::frame::ReplyFrames;
use super::{generated, locate};
use crate::contract::{self, Contract, Operation};
use crate::record::{Decoded, Exchange};

/// A client that was generated from a contract.
#[derive(Debug)]
pub struct GeneratedClient {
    /// The contract, YAML or JSON.
    pub contract: &'static str,
    /// The method of every operation, sorted by the operations' names.
    pub methods: &'static [GeneratedMethod],
}

/// That of the contract which this build was made from.
static BUILT_IN: GeneratedClient = GeneratedClient { contract: contract::TEXT, methods: generated::METHODS };

impl GeneratedClient {
    /// The client of this build, where the contract is the one that it was generated from.
    pub fn of(contract: &Contract) -> Option<&'static Self> {
        contract.is_built_in().then_some(&BUILT_IN)
    }

    /// The method that was generated for an operation.
    pub fn method(&self, operation: &Operation) -> Option<&'static GeneratedMethod> {
        let found = self.methods.binary_search_by(|method| method.name.cmp(&operation.name)).ok()?;
        self.methods.get(found)
    }
}

/// What a generated client is made of, for one call.
#[derive(Debug)]
pub struct Connection {
    /// What all paths are below, without a slash at the end.
    pub base: String,
    /// What sends.
    pub http: reqwest::Client,
    /// What is kept of the call.
    pub capture: Capture,
}

/// A call that is under way.
type Calling<'a> = Pin<Box<dyn Future<Output = Result<Settled, CallError>> + Send + 'a>>;

/// Calls the generated method of one operation.
type Caller = for<'a> fn(Connection, &'a Arguments<'a>) -> Calling<'a>;

/// The generated method of one operation.
#[derive(Debug)]
pub struct GeneratedMethod {
    pub(super) name: &'static str,
    pub(super) call: Caller,
    pub(super) decode: fn(&[u8]) -> Decoded,
}

impl GeneratedMethod {
    /// The method of an operation: how it is called, and how its replies are read.
    pub const fn new(name: &'static str, call: Caller, decode: fn(&[u8]) -> Decoded) -> Self {
        Self { name, call, decode }
    }

    /// What was captured of a call, with what the generated code made of the reply.
    pub(super) fn settled(&self, captured: Captured, settled: &Settled) -> Exchange {
        let decoded = match (captured.framed, settled) {
            _ if matches!(captured.sent.decoded, Decoded::Unreadable { .. }) => captured.sent.decoded.clone(),
            (None, _) | (Some(_), Settled::NotMade(_)) => Decoded::NotTried,
            (Some(_), Settled::Typed) => Decoded::Yes,
            (Some(_), Settled::Untyped(reply)) => (self.decode)(reply),
        };
        Exchange { operation: Some(self.name.to_owned()), decoded, ..captured.sent }
    }

    /// Decodes a reply to the operation, whose method this is, as a typed call does.
    pub(super) fn decode(&self, operation: &Operation, exchange: &Exchange) -> Decoded {
        let Some(response) = exchange.response() else { return Decoded::NotTried };
        let media_type = response.headers.get("content-type");
        let frame = ReplyFrames::of(operation).choose(response.status, media_type.as_deref());
        frame.map_or(Decoded::NotTried, |frame| (self.decode)(&frame.around(&response.body)))
    }
}

/// Decodes a recorded answer with the types of this build.
pub fn decode(contract: &Contract, exchange: &Exchange) -> Decoded {
    let operation = exchange.operation.as_deref().and_then(|name| contract.operation(name));
    let found = operation.and_then(|operation| Some((operation, GeneratedClient::of(contract)?.method(operation)?)));
    found.map_or(Decoded::NotTried, |(operation, method)| method.decode(operation, exchange))
}

/// How a generated method ended.
#[derive(Debug)]
pub enum Settled {
    /// The reply has the documented type.
    Typed,
    /// The reply, as it was handed to the generated code, does not have the documented type.
    Untyped(Bytes),
    /// The request could not be made.
    NotMade(String),
}

impl Settled {
    /// Why nothing was sent.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::NotMade(reason) => reason.clone(),
            Self::Typed | Self::Untyped(_) => "nothing was sent".to_owned(),
        }
    }
}

/// Reads how a generated method ended.
///
/// # Errors
/// None: generated code has the errors of arguments in the same place.
// A generic function for every reply type: kept to one match, so that the many copies stay small.
pub fn settle<R>(result: Result<ResponseValue<R>, Error<R>>) -> Result<Settled, CallError> {
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

/// Reads a reply in the frame of its status.
pub fn decode_tagged<R: DeserializeOwned>(reply: &[u8]) -> Decoded {
    locate::read::<R>(reply).map_or_else(locate::Misfit::into_body, |_| Decoded::Yes)
}
