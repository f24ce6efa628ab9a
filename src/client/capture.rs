//! What one generated call carries along: its headers on the way out, what happened on the way back.
//!
//! One capture for each call: calls that run at the same time must not find each other's exchanges.

use std::fmt;
use std::sync::{Arc, Mutex};

use reqwest::{Request, Response};

use super::Settled;
use super::arguments::Call;
use super::exchange::{Captured, Peer, exchange};
use super::frame::Frame;
use super::operation::Operation;
use super::prepare::dress;
use crate::base::sync::LockAnyway;
use crate::record::{Decoded, Exchange};

/// The inner value of the generated client.
#[derive(Clone)]
pub(crate) struct Capture(Arc<Slot>);

struct Slot {
    call: Call,
    peer: Peer,
    captured: Mutex<Option<Captured>>,
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capture({})", self.0.call.operation.name)
    }
}

impl Capture {
    /// Takes what the hooks need of a call.
    pub(super) fn new(call: &Call, peer: Peer) -> Self {
        let call = Call { headers: call.headers.clone(), without: call.without.clone(), ..Call::new(call.operation) };
        Capture(Arc::new(Slot { call, peer, captured: Mutex::new(None) }))
    }

    /// The operation that is called.
    pub(super) fn operation(&self) -> &'static Operation {
        self.0.call.operation
    }

    /// Puts back what the lowered document could not say.
    pub(super) fn correct(&self, request: &mut Request) {
        request.url_mut().set_fragment(None);
        self.0.peer.shorten(request.url_mut());
        dress(request.headers_mut(), &self.0.call);
    }

    /// Sends a request, keeps what happened, and hands the reply on as the generated code expects it.
    pub(super) async fn exchange(&self, http: &reqwest::Client, request: Request) -> Response {
        let operation = self.operation();
        let captured =
            exchange(http, request, self.0.peer.clone(), |status, media_type| Frame::of(operation, status, media_type))
                .await;
        let reply = captured.framed.clone().unwrap_or_default();
        *self.0.captured.locked() = Some(captured);
        http::Response::new(reply).into()
    }

    /// Gives up what was captured; nothing if the request was never sent.
    pub(super) fn take(&self) -> Option<Captured> {
        self.0.captured.locked().take()
    }
}

impl Captured {
    /// Adds what the generated code made of the reply.
    pub(super) fn settle(self, operation: &Operation, settled: &Settled) -> Exchange {
        let decoded = match (self.framed, settled) {
            _ if matches!(self.sent.decoded, Decoded::Unreadable { .. }) => self.sent.decoded.clone(),
            (None, _) | (Some(_), Settled::NotMade(_)) => Decoded::NotTried,
            (Some(_), Settled::Typed) => Decoded::Yes,
            (Some(_), Settled::Untyped(reply)) => (operation.decode)(reply),
        };
        Exchange { operation: Some(operation.name.to_owned()), decoded, ..self.sent }
    }
}

impl Settled {
    /// Why nothing was sent.
    pub(super) fn reason(&self) -> String {
        match self {
            Settled::NotMade(reason) => reason.clone(),
            Settled::Typed | Settled::Untyped(_) => "nothing was sent".to_owned(),
        }
    }
}
