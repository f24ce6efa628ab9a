//! The client generated from the contract, and the hook that keeps what really went over the wire.
//!
//! [`Transport::send_typed`] calls an operation by name through the generated method; [`Transport::send_raw`] sends
//! anything else, wrong on purpose, over the same recorded connection. Both give an [`Exchange`](crate::record::Exchange).
//!
//! It never judges: [`Decoded`] is a second opinion about a reply. It follows no redirect, retries nothing, stores no
//! cookie and finds no credentials.

mod arguments;
mod capture;
mod coding;
mod exchange;
mod frame;
mod limits;
mod locate;
mod names;
mod operation;
mod prepare;
mod reason;
mod tls;
mod transport;

/// What `build.rs` wrote. Its lints are the generator's own affair.
#[allow(warnings, clippy::all, clippy::pedantic, clippy::nursery, rustdoc::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub use arguments::{Call, CallError};
pub use limits::Limits;
pub use operation::{Body, Content, Location, Operation, Parameter, Reply};
pub use prepare::RawRequest;
pub use tls::{RootsError, explain as explain_tls, roots};
pub use transport::{Transport, TransportOptions, proxy_of};

pub(crate) use capture::Capture;

use bytes::Bytes;
use progenitor_client::{ClientHooks, Error, OperationInfo, ResponseValue};
use reqwest::{Request, Response};
use serde::de::DeserializeOwned;

use crate::record::Decoded;

/// Undoes the content codings of a body that was recorded with them; nothing when there are none.
///
/// # Errors
/// When the body is not what the codings say, or becomes larger than [`Limits`] allow.
pub fn without_coding(codings: &str, body: &Bytes) -> Result<Option<Bytes>, String> {
    let decoded = coding::decode(std::iter::once(codings.as_bytes()), body, Limits::default());
    decoded.map_err(|error| match error {
        coding::CodingError::Limit(message) => message,
        coding::CodingError::Broken { coding, message } => format!("the body is no {coding}: {message}"),
    })
}

/// Every operation of the contract, sorted by name.
pub fn operations() -> &'static [Operation] {
    generated::OPERATIONS
}

/// How a generated method ended.
enum Settled {
    /// The reply has the documented type.
    Typed,
    /// The reply, as it was handed to the generated code, does not have the documented type.
    Untyped(Bytes),
    /// The request could not be made.
    NotMade(String),
}

// A generic function for every reply type: kept to one match, so that the many copies stay small.
fn settle<R>(result: Result<ResponseValue<R>, Error<R>>) -> Result<Settled, CallError> {
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

fn decode_tagged<R: DeserializeOwned>(reply: &[u8]) -> Decoded {
    locate::read::<R>(reply).map_or_else(locate::Misfit::into_body, |_| Decoded::Yes)
}

impl ClientHooks<Capture> for generated::Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        debug_assert_eq!(info.operation_id, self.inner.operation().id);
        self.inner.correct(request);
        Ok(())
    }

    async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        Ok(self.inner.exchange(&self.client, request).await)
    }
}
