//! What an operation is at run time: a row of the table that `build.rs` generates.
//!
//! Only what is needed to send and to decode; schemas, lifecycles and requirements are the contract's.

use std::future::Future;
use std::pin::Pin;

use super::arguments::{Arguments, CallError};
use super::frame::Frame;
use super::{Settled, generated};
use crate::record::Decoded;

/// Calls the generated method of one operation.
type Caller = for<'a> fn(
    &'a generated::Client,
    &'a Arguments<'a>,
) -> Pin<Box<dyn Future<Output = Result<Settled, CallError>> + Send + 'a>>;

/// One method, path and request media type.
#[derive(Debug)]
pub struct Operation {
    /// The name that scenarios call, such as `validateOtp`.
    pub name: &'static str,
    /// The name of the generated method, such as `validate_otp`.
    pub id: &'static str,
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path template, as in the contract.
    pub path: &'static str,
    /// The media type of the request; it may be there without a body.
    pub media_type: Option<&'static str>,
    /// How the body is written.
    pub body: Body,
    /// Whether the body must be there.
    pub body_required: bool,
    /// The `Accept` header that is sent unless a call has its own.
    pub accept: &'static str,
    /// The documented replies, in the contract's order.
    pub replies: &'static [Reply],
    /// The documented parameters, in the contract's order.
    pub parameters: &'static [Parameter],
    pub(super) call: Caller,
    pub(super) decode: fn(&[u8]) -> Decoded,
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

/// One documented reply.
#[derive(Debug)]
pub struct Reply {
    /// `200`, `4XX` or `default`.
    pub status: &'static str,
    /// The media types it may have; none where no body is documented.
    pub media_types: &'static [&'static str],
    /// What the typed client makes of the body.
    pub content: Content,
    pub(super) tag: &'static str,
}

/// What the typed client makes of a reply's body.
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
#[derive(Debug)]
pub struct Parameter {
    /// The name as sent.
    pub name: &'static str,
    /// Where it is sent.
    pub location: Location,
    /// Whether it must be there.
    pub required: bool,
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the path; given to a call by name.
    Path,
    /// In the query; given to a call by name.
    Query,
    /// As a header; the caller's to set.
    Header,
    /// As a cookie; the caller's to set.
    Cookie,
}

impl Operation {
    /// Finds an operation by the name that scenarios call.
    pub fn named(name: &str) -> Option<&'static Operation> {
        let operations = super::operations();
        let found = operations.binary_search_by(|operation| operation.name.cmp(name)).ok()?;
        operations.get(found)
    }

    /// Finds the documented reply for a status: the status itself, else its class, else `default`.
    pub fn reply(&self, status: u16) -> Option<&'static Reply> {
        let class = status / 100;
        let exact = self.replies.iter().find(|reply| reply.code() == Some(status));
        exact
            .or_else(|| self.replies.iter().find(|reply| reply.class() == Some(class)))
            .or_else(|| self.replies.iter().find(|reply| reply.status == "default"))
    }

    /// Decodes a recorded reply with the generated types, as a typed call does.
    pub fn decode(&self, status: u16, media_type: Option<&str>, body: &[u8]) -> Decoded {
        match Frame::of(self, status, media_type) {
            Some(frame) => (self.decode)(&frame.around(body)),
            None => Decoded::NotTried,
        }
    }

    /// Finds a parameter that a call gives by name: one of the path or the query.
    pub(super) fn named_parameter(&self, name: &str) -> Option<&'static Parameter> {
        let given = |parameter: &&Parameter| matches!(parameter.location, Location::Path | Location::Query);
        self.parameters.iter().filter(given).find(|parameter| parameter.name == name)
    }
}

impl Reply {
    fn code(&self) -> Option<u16> {
        self.status.parse().ok()
    }

    fn class(&self) -> Option<u16> {
        self.status.strip_suffix("XX").and_then(|class| class.parse().ok())
    }
}
