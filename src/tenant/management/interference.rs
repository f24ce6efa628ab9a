//! What the control channel can do to the management API, so that whoever uses it can be tested: refuse, fail, dawdle, lie.
//!
//! An interference waits for its request, counts, and is gone when it has happened often enough. It is no part of PingOne.

use std::time::Duration;

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;

use crate::tenant::errors::Problem;
use crate::tenant::reply::{Delay, Frame, Outcome};

/// One thing that goes wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::tenant) struct Interference {
    /// The method of the requests that it is about; any without one.
    method: Option<String>,
    /// A part of their path below the environment.
    #[serde(default)]
    path: String,
    /// How many of them go well before.
    #[serde(default)]
    skip: u32,
    /// How many of them it happens to.
    #[serde(default = "once")]
    times: u32,
    /// The status that is answered, in place of doing anything.
    status: Option<u16>,
    /// The status that is answered although it was done.
    status_after: Option<u16>,
    /// What stands in the Retry-After field.
    retry_after: Option<u32>,
    /// How long the answer takes.
    delay_ms: Option<u64>,
    /// A body in place of the one that belongs there.
    body: Option<Value>,
}

fn once() -> u32 {
    1
}

/// What happens to one request.
pub(super) struct Effect {
    pub(super) meddling: Meddling,
    pub(super) retry_after: Option<u32>,
    delay: Option<Duration>,
}

/// How its answer is not what it would be.
pub(super) enum Meddling {
    /// Nothing is done.
    Instead(StatusCode),
    /// It is done, and answered so.
    Afterwards(StatusCode),
    Body(Value),
    Nothing,
}

/// All that wait.
#[derive(Debug, Default)]
pub(in crate::tenant) struct Interferences(Vec<Interference>);

impl Interferences {
    pub(in crate::tenant) fn add(&mut self, interference: Interference) {
        self.0.push(interference);
    }

    /// What happens to this request, which is counted.
    pub(super) fn on(&mut self, method: &str, path: &str) -> Option<Effect> {
        let about = |known: &&mut Interference| {
            known.method.as_deref().is_none_or(|wanted| wanted == method) && path.contains(&known.path)
        };
        let mut due = None;
        for known in self.0.iter_mut().filter(about) {
            if known.skip > 0 {
                known.skip -= 1;
            } else if due.is_none() {
                known.times = known.times.saturating_sub(1);
                due = Some(known.effect());
            }
        }
        self.0.retain(|known| known.times > 0);
        due
    }
}

impl Interference {
    fn effect(&self) -> Effect {
        let status = |code: u16| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let meddling = match (self.status, self.status_after, &self.body) {
            (Some(code), _, _) => Meddling::Instead(status(code)),
            (_, Some(code), _) => Meddling::Afterwards(status(code)),
            (_, _, Some(body)) => Meddling::Body(body.clone()),
            _ => Meddling::Nothing,
        };
        Effect { meddling, retry_after: self.retry_after, delay: self.delay_ms.map(Duration::from_millis) }
    }
}

/// An answer of this status in PingOne's error model.
pub(super) fn answer(frame: &Frame, status: StatusCode, retry_after: Option<u32>) -> Response<Body> {
    let mut response = frame.respond(Err(Problem::of_status(status).into()));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The answer to a request, as the interference leaves it.
pub(super) fn meddle(frame: &Frame, outcome: Outcome, effect: Option<Effect>) -> Response<Body> {
    let Some(Effect { meddling, retry_after, delay }) = effect else { return frame.respond(outcome) };
    let mut response = match (meddling, outcome) {
        (Meddling::Afterwards(status), _) => answer(frame, status, retry_after),
        (Meddling::Body(body), Ok(reply)) => frame.respond(Ok(reply.saying(body))),
        (_, outcome) => frame.respond(outcome),
    };
    response.extensions_mut().extend(delay.map(Delay).into_iter().fold(http::Extensions::new(), |mut all, delay| {
        all.insert(delay);
        all
    }));
    response
}
