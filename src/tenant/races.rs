//! Requests that come at once: which of them another one had not been answered when it came.
//!
//! The stand-in does one thing after the other, so that nothing can race in it. A fault lets it notice too late that something
//! has been done. Deliberately not here: what is done a second time then.

use std::time::{Duration, Instant};

use axum::http::request::Parts;

use super::call::Call;
use super::environment::Environment;
use super::faults::{Fault, Faults};

/// How long a stand-in with such a fault waits for all that come at once.
pub(super) const GATHERING: Duration = Duration::from_millis(50);

/// Whether a stand-in with these faults waits for others of the kind of a request.
pub(super) fn gathers(faults: &Faults, parts: &Parts) -> bool {
    let call = Call { parts, body: &[], acceptable: true };
    let last = parts.uri.path().rsplit('/').next().unwrap_or_default();
    faults.race(call.vendor().map_or(last, |vendor| vendor.trim_end_matches("+json")))
}

impl Environment {
    /// Whether the request that is being answered had come before something was done that may be done once only.
    pub(super) fn races(&self, fault: Fault, done: Option<Instant>) -> bool {
        self.faults.has(fault) && done.zip(self.arrived).is_some_and(|(done, arrived)| arrived < done)
    }
}
