//! Sends one request when its turn has come, and keeps the cookies that its answer sets.
//!
//! Deliberately not here: whether it is sent again ([`super::retry`]).

use std::time::Instant;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio::sync::Notify;

use super::cookies::Cookies;
use super::pace::Pace;
use super::request::{PreparedRequest, Sendable};
use super::session::Session;
use super::stop::StopRun;
use crate::base::trace_context::TraceContext;
use crate::client::{CallError, Transport};
use crate::record::Exchange;

/// How the requests of one scenario leave.
pub(super) struct Sender<'a> {
    transport: &'a Transport,
    pace: &'a Pace,
    stop: &'a StopRun,
    session: &'a Session,
    /// The cookies of the scenario.
    pub(super) cookies: Cookies,
    /// When the last request left.
    pub(super) sent_at: Instant,
    /// Whether a request has been sent and not been answered.
    pub(super) is_waiting: bool,
    /// The trace that the requests belong to, where they say so, and how many there were.
    trace: Option<(u128, u64)>,
}

/// Why a request was not sent.
pub(super) enum NotSent {
    /// The run ends at once.
    Aborted,
    /// The client cannot make it.
    Unfit(CallError),
}

impl<'a> Sender<'a> {
    pub(super) fn new(transport: &'a Transport, pace: &'a Pace, stop: &'a StopRun, session: &'a Session) -> Self {
        let sent_at = Instant::now();
        Self { transport, pace, stop, session, cookies: Cookies::default(), sent_at, is_waiting: false, trace: None }
    }

    /// Has every request say that it belongs to a trace.
    pub(super) fn tracing(self, trace: Option<u128>) -> Self {
        Self { trace: trace.map(|trace| (trace, 0)), ..self }
    }

    pub(super) fn transport(&self) -> &'a Transport {
        self.transport
    }

    pub(super) fn pace(&self) -> &'a Pace {
        self.pace
    }

    /// Sends a request once. Whatever came of it is an exchange, an answer that never came as well.
    pub(super) async fn send(
        &mut self,
        ready: &mut PreparedRequest<'_>,
        even_if_stopped: bool,
    ) -> Result<Exchange, NotSent> {
        self.pace.turn().await;
        if !even_if_stopped && self.stop.is_at_once() {
            return Err(NotSent::Aborted);
        }
        if let Some((trace, number)) = &mut self.trace {
            ready.trace(TraceContext::nth(*trace, *number));
            *number += 1;
        }
        let asked_at = Utc::now();
        self.sent_at = Instant::now();
        self.is_waiting = true;
        let sent = self.transmit(ready).await;
        self.is_waiting = false;
        let exchange = sent.map_err(NotSent::Unfit)?;
        self.received(&exchange, asked_at);
        Ok(exchange)
    }

    /// Sends a request several times at once, while something else happens.
    pub(super) async fn send_together(
        &mut self,
        ready: &mut PreparedRequest<'_>,
        times: u32,
        meanwhile: impl AsyncFnOnce(),
    ) -> Result<Vec<Exchange>, NotSent> {
        for _ in 0..times {
            self.pace.turn().await;
        }
        if self.stop.is_at_once() {
            return Err(NotSent::Aborted);
        }
        let asked_at = Utc::now();
        self.sent_at = Instant::now();
        self.is_waiting = true;
        let (arrival, answered) = (self.session.next_arrival(), Notify::new());
        let sending = async {
            let sent = join_all((0..times).map(|_| self.transmit(ready))).await;
            answered.notify_one();
            sent
        };
        let meanwhile = async {
            tokio::select! { _ = arrival => (), () = answered.notified() => () }
            meanwhile().await;
        };
        let (sent, ()) = tokio::join!(sending, meanwhile);
        self.is_waiting = false;
        let exchanges = sent.into_iter().collect::<Result<Vec<_>, _>>().map_err(NotSent::Unfit)?;
        exchanges.iter().for_each(|exchange| self.received(exchange, asked_at));
        Ok(exchanges)
    }

    async fn transmit(&self, ready: &PreparedRequest<'_>) -> Result<Exchange, CallError> {
        match &ready.request {
            Sendable::Typed(call) => self.transport.send(call).await,
            Sendable::Raw(request) => Box::pin(self.transport.send_raw((**request).clone())).await,
        }
    }

    /// Keeps what an answer brings for later requests.
    fn received(&mut self, exchange: &Exchange, asked_at: DateTime<Utc>) {
        if let Some(response) = exchange.response() {
            self.cookies.take(&response.headers, Utc::now());
            if exchange.request.method != "GET" && (200..300).contains(&response.status) {
                self.session.asked_at(asked_at);
            }
        }
    }
}
