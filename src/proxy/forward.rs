//! One request on its way to the target, and its answer on the way back.
//!
//! Nothing is changed but what belongs to a connection: the fields of [`super::hop`], and the host, which is the target's.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{HOST, HeaderMap};
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::hop::passed_on;
use super::kept::{Budget, Copying, Ended, Kept, Tee};
use crate::base::sync::LockAnyway;
use crate::client::{Limits, describe};
use crate::record::{Decoded, Exchange, Headers, Phase, Request, Response, TransportError};

/// So many exchanges are on their way or wait to be judged; further ones wait before they are sent.
const AT_ONCE: usize = 256;

/// An answer on its way back.
pub(super) type Answer = http::Response<Tee<reqwest::Body>>;

/// Why a request gets no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(String);

/// What passed, and what became of it.
pub(super) struct Passed {
    pub(super) exchange: Exchange,
    /// Whether whoever asked did not wait for the whole answer.
    pub(super) given_up: bool,
    /// Room for another is made when this is dropped.
    _room: OwnedSemaphorePermit,
    _copies: [Copying; 2],
}

#[cfg(test)]
impl Passed {
    /// An exchange that passed whole.
    pub(super) fn of(exchange: Exchange) -> Self {
        let room = Arc::new(Semaphore::new(1)).try_acquire_owned().expect("there is room");
        let copies = [(); 2].map(|()| Arc::new(Mutex::new(Kept::new(&Budget::default(), 0))));
        Self { exchange, given_up: false, _room: room, _copies: copies }
    }
}

/// Passes requests on to one target.
pub(super) struct Forwarder {
    http: reqwest::Client,
    base: Url,
    limits: Limits,
    budget: Budget,
    room: Arc<Semaphore>,
    passed: Sender<Passed>,
}

/// What is known of an exchange before its answer is whole.
struct Begun {
    request: Request,
    sent: Copying,
    has_body: bool,
    received: Copying,
    room: OwnedSemaphorePermit,
    started_at: DateTime<Utc>,
    clock: Instant,
    passed: Sender<Passed>,
}

impl Forwarder {
    pub(super) fn new(http: reqwest::Client, base: Url, limits: Limits, passed: Sender<Passed>) -> Self {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        Self { http, base, limits, budget: Budget::default(), room, passed }
    }

    /// Passes a request on. Its answer is passed back while it comes.
    ///
    /// # Errors
    /// When the target gives no answer.
    pub(super) async fn pass(&self, request: http::Request<Incoming>) -> Result<Answer, NoAnswer> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|error| NoAnswer(error.to_string()))?;
        let (head, body) = request.into_parts();
        let url = self.url(&head.uri)?;
        let mut headers = passed_on(&head.headers);
        headers.remove(HOST);
        let [sent, received] = [(); 2].map(|()| Arc::new(Mutex::new(Kept::new(&self.budget, self.limits.body))));
        let mut wire = reqwest::Request::new(head.method.clone(), url.clone());
        let has_body = !body.is_end_stream();
        *wire.headers_mut() = headers.clone();
        if has_body {
            *wire.body_mut() = Some(reqwest::Body::wrap(Tee::new(body, Arc::clone(&sent), |_| ())));
        }
        let fields = listed(&headers).into_iter().chain([("host".to_owned(), authority(&url).into_bytes())]);
        let request = Request {
            method: head.method.to_string(),
            url: url.into(),
            headers: Headers(fields.collect()),
            body: None,
        };
        let (started_at, clock, passed) = (Utc::now(), Instant::now(), self.passed.clone());
        let begun = Begun { request, sent, has_body, received, room, started_at, clock, passed };
        match self.http.execute(wire).await {
            Ok(response) => Ok(begun.answered(response.into())),
            Err(error) => {
                let phase = if error.is_connect() { Phase::Connect } else { Phase::FirstByte };
                let why = describe(&error);
                begun.failed(TransportError { phase, message: why.clone() });
                Err(NoAnswer(why))
            }
        }
    }

    /// The same path and query below the target's own.
    fn url(&self, uri: &http::Uri) -> Result<Url, NoAnswer> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let whole = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        Url::parse(&whole).map_err(|error| NoAnswer(format!("{whole}: {error}")))
    }
}

impl Begun {
    /// The answer as it is passed back; what passed is told when it ends.
    fn answered(self, response: http::Response<reqwest::Body>) -> Answer {
        let first_byte = self.clock.elapsed();
        let (mut head, body) = response.into_parts();
        let (status, fields) = (head.status.as_u16(), Headers(listed(&head.headers)));
        head.headers = passed_on(&head.headers);
        let copying = Arc::clone(&self.received);
        let ended = move |how: Ended| {
            let given_up = how == Ended::GivenUp;
            let body = match how {
                Ended::Whole => self.received.locked().copy().map_err(|why| (Phase::Limit, why)),
                Ended::Broken(why) => Err((Phase::Body, why)),
                Ended::GivenUp => Err((Phase::Body, "whoever asked did not wait for the whole answer".into())),
            };
            let outcome = body.map(|body| Response { status, headers: fields, body });
            let outcome = outcome.map_err(|(phase, message)| TransportError { phase, message });
            self.tell(outcome, first_byte, given_up);
        };
        http::Response::from_parts(head, Tee::new(body, copying, ended))
    }

    fn failed(self, error: TransportError) {
        let elapsed = self.clock.elapsed();
        self.tell(Err(error), elapsed, false);
    }

    fn tell(self, outcome: Result<Response, TransportError>, first_byte: Duration, given_up: bool) {
        let (body, outcome) = match self.sent.locked().copy() {
            Ok(body) => (self.has_body.then_some(body), outcome),
            Err(message) => {
                let lost = TransportError { phase: Phase::Limit, message: format!("of the request: {message}") };
                (Some(Bytes::new()), Err(lost))
            }
        };
        let exchange = Exchange {
            operation: None,
            step: 0,
            request: Request { body, ..self.request },
            outcome,
            decoded: Decoded::NotTried,
            started_at: self.started_at,
            first_byte,
            total: self.clock.elapsed(),
        };
        let copies = [self.sent, self.received];
        // Nobody judges any more where the proxy has ended.
        let _ended = self.passed.send(Passed { exchange, given_up, _room: self.room, _copies: copies });
    }
}

fn listed(fields: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    fields.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}

/// Host and port, as a Host field has them.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
