//! Whether a request is sent again, and why: an answer that was lost, one request too many, a token that is good no more.
//!
//! It only decides, from one answer after another; nothing is sent or waited for here.

use std::time::{Duration, SystemTime};

use super::plan::{Plan, Planned};
use super::retry_after::{LimitError, Patience};
use crate::record::{Exchange, Headers, Phase};
use crate::scenario::model::{Call, Expectation};

/// What a tenant answers to a token that is good no more.
const UNAUTHORIZED: u16 = 401;
/// What a tenant answers when there are too many requests.
const TOO_MANY: u16 = 429;

/// The tries of one call.
pub(super) struct Retry {
    /// Whether the scenario waits for a 401: then it is an answer like any other.
    expects_unauthorized: bool,
    /// Whether the scenario wants to see what a tenant says when there are too many requests.
    expects_too_many: bool,
    patience: Patience,
    was_lost: bool,
    was_renewed: bool,
}

/// What is done after an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is the answer that the scenario gets.
    Keep,
    /// The request is sent again at once.
    Resend,
    /// The request is sent again when the target will have it.
    Wait,
    /// The request is sent again with another token.
    RenewToken,
    /// Nobody can tell, for this reason.
    GiveUp(String),
}

impl Retry {
    pub(super) fn new(plan: &Plan<'_>, call: &Call) -> Self {
        let asks_for_limit = plan.all().any(|step| matches!(step.action, Planned::Limit(_)));
        let is_listed = plan.scenario.statuses.as_ref().is_some_and(|statuses| statuses.contains(&TOO_MANY));
        Self {
            expects_unauthorized: expects(call, UNAUTHORIZED),
            expects_too_many: asks_for_limit || is_listed || expects(call, TOO_MANY),
            patience: Patience::default(),
            was_lost: false,
            was_renewed: false,
        }
    }

    /// Looks at what came of the last try. `has_token` says whether the engine's own token was sent with it.
    pub(super) fn after(&mut self, exchange: &Exchange, has_token: bool) -> Next {
        match exchange.outcome.as_ref().map(|response| response.status) {
            Err(_) if !self.was_lost && was_lost_unanswered(exchange) => {
                self.was_lost = true;
                Next::Resend
            }
            Err(error) => Next::GiveUp(format!("no response: {error}")),
            // Such a request has not been processed, so that it may be sent again whatever it does (T36).
            Ok(TOO_MANY) if !self.expects_too_many => Next::Wait,
            // Neither has such a one (Q06).
            Ok(UNAUTHORIZED) if has_token && !self.expects_unauthorized => self.unauthorized(),
            Ok(_) => Next::Keep,
        }
    }

    fn unauthorized(&mut self) -> Next {
        if self.was_renewed {
            let reason = "authentication: the tenant refused a token that it had just issued (401, twice)";
            return Next::GiveUp(reason.into());
        }
        (self.was_renewed, self.was_lost, self.patience) = (true, false, Patience::default());
        Next::RenewToken
    }

    /// How long to wait after an answer that says there were too many requests.
    pub(super) fn wait(&mut self, answer: &Headers) -> Result<Duration, LimitError> {
        self.patience.wait(answer, SystemTime::now())
    }
}

impl Next {
    /// Why the request is sent again, as the journal has it.
    pub(super) fn why(&self) -> Option<&'static str> {
        match self {
            Self::Resend => Some("connection lost"),
            Self::Wait => Some("429"),
            Self::RenewToken => Some("401"),
            Self::Keep | Self::GiveUp(_) => None,
        }
    }
}

fn expects(call: &Call, status: u16) -> bool {
    let among = |expectation: &Expectation| expectation.status.iter().any(|known| known.value == status);
    among(&call.expect) || call.repeat.as_ref().is_some_and(|repeat| among(&repeat.until))
}

/// Whether a request that may be sent again came to nothing before a byte of an answer was there (T11).
fn was_lost_unanswered(exchange: &Exchange) -> bool {
    let unanswered = |phase| matches!(phase, Phase::Send | Phase::FirstByte);
    exchange.outcome.as_ref().is_err_and(|error| unanswered(error.phase))
        && matches!(exchange.request.method.as_str(), "GET" | "HEAD")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Decoded, Request, Response, TransportError};

    fn retry() -> Retry {
        let (patience, was_lost, was_renewed) = (Patience::default(), false, false);
        Retry { expects_unauthorized: false, expects_too_many: false, patience, was_lost, was_renewed }
    }

    fn exchange(method: &str, outcome: Result<u16, Phase>) -> Exchange {
        let answer = |status| Response { status, headers: Headers::default(), body: bytes::Bytes::new() };
        let outcome = outcome.map(answer).map_err(|phase| TransportError { phase, message: "closed".into() });
        Exchange {
            operation: None,
            step: 0,
            request: Request {
                method: method.into(),
                url: "http://h/".into(),
                headers: Headers::default(),
                body: None,
            },
            outcome,
            decoded: Decoded::NotTried,
            started_at: chrono::Utc::now(),
            first_byte: Duration::ZERO,
            total: Duration::ZERO,
        }
    }

    #[test]
    fn t11_only_a_read_that_was_lost_before_its_answer_is_sent_again_and_only_once() {
        let (mut get, mut post) = (retry(), retry());
        let lost = |method| exchange(method, Err(Phase::FirstByte));
        assert_eq!(get.after(&lost("GET"), false), Next::Resend);
        assert!(matches!(get.after(&lost("GET"), false), Next::GiveUp(why) if why.contains("no response")));
        assert!(matches!(post.after(&lost("POST"), false), Next::GiveUp(_)));
        assert!(matches!(retry().after(&exchange("GET", Err(Phase::Body)), false), Next::GiveUp(_)));
    }

    #[test]
    fn q06_a_refused_token_is_renewed_once_and_then_nobody_can_tell() {
        let (mut tries, refused) = (retry(), exchange("POST", Ok(401)));
        assert_eq!(tries.after(&refused, true), Next::RenewToken);
        assert!(matches!(tries.after(&refused, true), Next::GiveUp(why) if why.contains("401, twice")));
        assert_eq!(retry().after(&refused, false), Next::Keep);
        assert_eq!(Retry { expects_unauthorized: true, ..retry() }.after(&refused, true), Next::Keep);
    }

    #[test]
    fn t36_one_request_too_many_waits_unless_the_scenario_wants_to_see_it() {
        let refused = exchange("POST", Ok(429));
        assert_eq!(retry().after(&refused, false), Next::Wait);
        assert_eq!(Retry { expects_too_many: true, ..retry() }.after(&refused, false), Next::Keep);
    }
}
