//! What one generated call carries along: its headers on the way out, what happened on the way back.
//!
//! One capture for each call: calls that run at the same time must not find each other's exchanges.

use std::fmt;
use std::sync::{Arc, Mutex};

use reqwest::header::HeaderMap;
use reqwest::{Request, Response};

use super::arguments::CallError;
use super::call::Call;
use super::exact::Way;
use super::exchange::{Captured, exchange};
use super::frame::ReplyFrames;
use super::peer::Peer;
use super::prepare::headers;
use crate::base::sync::LockAnyway;

/// The inner value of the generated client.
#[derive(Clone)]
pub struct Capture(Arc<Slot>);

struct Slot {
    operation: String,
    headers: HeaderMap,
    frames: ReplyFrames,
    peer: Peer,
    captured: Mutex<Option<Captured>>,
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capture({})", self.0.operation)
    }
}

impl Capture {
    /// Takes what the hooks need of a call.
    ///
    /// # Errors
    /// When what the contract says cannot stand in a header field.
    pub(super) fn new(call: &Call<'_>, peer: Peer) -> Result<Self, CallError> {
        let (operation, headers) = (call.operation.name.clone(), headers(call)?);
        let frames = ReplyFrames::of(call.operation);
        Ok(Capture(Arc::new(Slot { operation, headers, frames, peer, captured: Mutex::default() })))
    }

    /// Puts back what the lowered document could not say.
    pub fn correct(&self, request: &mut Request) {
        request.url_mut().set_fragment(None);
        self.0.peer.shorten(request.url_mut());
        request.headers_mut().clone_from(&self.0.headers);
    }

    /// Sends a request, keeps what happened, and hands the reply on as the generated code expects it.
    pub async fn exchange(&self, http: &reqwest::Client, request: Request) -> Response {
        let frame = |status, media_type: Option<&str>| self.0.frames.choose(status, media_type);
        let captured = exchange(Way::Url(http), request, self.0.peer.clone(), frame).await;
        let reply = captured.framed.clone().unwrap_or_default();
        *self.0.captured.locked() = Some(captured);
        http::Response::new(reply).into()
    }

    /// Gives up what was captured; nothing if the request was never sent.
    pub(super) fn take(&self) -> Option<Captured> {
        self.0.captured.locked().take()
    }
}
