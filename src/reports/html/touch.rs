//! What a scenario touched: requirements, operations, replies, states, moves between states, and what was tried in them.
//!
//! All of it is read from the record; nothing is judged again. Deliberately not here: following resources, which is the same
//! for coverage (see `judge::walk`), and adding up over scenarios (see `overview`).

use super::super::problems::{Signature, signature};
use super::anchor::findings;
use crate::judge::bodies::Bodies;
use crate::judge::places::Places;
use crate::judge::walk::{Routes, Shown, WalkEvent};
use crate::record::{Account, ExchangeRecord, Finding, Level, ScenarioRecord};

/// Something of the contract, or of the suite, that scenarios touch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Tag(String),
    Check(String),
    Requirement(String),
    Operation(String),
    /// An answer with this status, in this media type (without parameters); empty means without one.
    Reply {
        operation: String,
        status: u16,
        media_type: String,
    },
    State {
        lifecycle: String,
        state: String,
    },
    /// From one state to the next; an empty `from` means that the resource was new.
    Move {
        lifecycle: String,
        from: String,
        to: String,
    },
    /// One way in which something broke, wherever it did: check, operation and place.
    Breakage(Signature),
    /// An action that was tried in a state.
    Action {
        lifecycle: String,
        state: String,
        operation: String,
    },
}

/// One time that a scenario touched something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touch {
    pub subject: Subject,
    /// Whether a promise was broken there.
    pub violated: bool,
}

/// Everything that a scenario touched, as often as it did.
pub(super) fn touches(routes: &Routes<'_>, account: &Account, record: &ScenarioRecord) -> Vec<Touch> {
    let mut touches = named(account, record);
    for (index, exchange) in record.exchanges.iter().enumerate() {
        touches.extend(reply(record, index, exchange));
    }
    let bodies = Bodies::of(&record.exchanges);
    let walked = routes.walk(&bodies, &Places::learned(&record.sequences, &bodies));
    touches.extend(walked.into_iter().filter_map(|event| walk_touch(record, event)));
    touches
}

/// What an event of a resource's walk touches; a move that nobody is certain of only where it broke the contract.
fn walk_touch(record: &ScenarioRecord, event: WalkEvent<'_>) -> Option<Touch> {
    let (lifecycle, at) = (event.lifecycle.name.clone(), event.exchange);
    Some(match event.what {
        Shown::Entered(state) => {
            Touch { subject: Subject::State { lifecycle, state }, violated: denied(record, at, |_| true) }
        }
        Shown::Moved { from, by, to } => {
            let violated = denied(record, at, |finding| finding.check == TRANSITION);
            let subject = Subject::Move { lifecycle, from: from.unwrap_or_default(), to };
            return (by.is_some() || violated).then_some(Touch { subject, violated });
        }
        Shown::Tried(state, operation) => {
            let subject = Subject::Action { lifecycle, state, operation: operation.to_owned() };
            Touch { subject, violated: denied(record, at, |_| true) }
        }
    })
}

/// What the record names: tags, requirements, checks that found something.
fn named(account: &Account, record: &ScenarioRecord) -> Vec<Touch> {
    let plain = |subject| Touch { subject, violated: false };
    let mut touches: Vec<_> = record.tags.iter().cloned().map(Subject::Tag).map(plain).collect();
    touches.extend(record.findings.iter().map(|finding| plain(Subject::Check(finding.check.clone()))));
    let denied = record.findings.iter().filter(|finding| finding.level == Level::Deny);
    touches.extend(denied.map(|finding| plain(Subject::Breakage(signature(finding)))));
    let broken = account.broken(record);
    let mut ids: Vec<&str> = record.covers.iter().map(String::as_str).chain(broken.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let touch = |id: &str| Touch { violated: broken.contains(id), subject: Subject::Requirement(id.to_owned()) };
    touches.extend(ids.into_iter().map(touch));
    touches
}

/// Whether the contract was broken there; what only a scenario expected is no part of it.
fn denied(record: &ScenarioRecord, exchange: usize, which: impl Fn(&Finding) -> bool) -> bool {
    let broke = |finding: &Finding| finding.level == Level::Deny && !finding.is_expectation();
    findings(record, exchange).any(|finding| broke(finding) && which(finding))
}

fn reply(record: &ScenarioRecord, index: usize, exchange: &ExchangeRecord) -> Vec<Touch> {
    let Some(operation) = &exchange.operation else { return Vec::new() };
    let violated = denied(record, index, |_| true);
    let mut touches = vec![Touch { subject: Subject::Operation(operation.clone()), violated }];
    touches.extend(exchange.response.as_ref().map(|response| {
        let media_type = response.media_type().unwrap_or_default();
        Touch {
            subject: Subject::Reply { operation: operation.clone(), status: response.status, media_type },
            violated,
        }
    }));
    touches
}

/// The check that says that a move was not permitted.
const TRANSITION: &str = "lifecycle-transition";
