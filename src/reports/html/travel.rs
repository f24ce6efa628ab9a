//! What a scenario touched: requirements, operations, replies, states, moves between states, and what was tried in them.
//!
//! All of it is read from the record; nothing is judged again. Where an answer does not show the state, the next one that
//! does is believed. Deliberately not here: adding up over scenarios (see `overview`).

use crate::record::Level;
use crate::record::{ContractRecord, ExchangeRecord, LifecycleRecord, ScenarioRecord, SequenceRecord, StateRecord};

/// Something of the contract, or of the suite, that scenarios touch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
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
    /// An action that was tried in a state.
    Action {
        lifecycle: String,
        state: String,
        operation: String,
    },
}

/// One time that a scenario touched something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    pub subject: Subject,
    /// Whether a promise was broken there.
    pub violated: bool,
}

impl LifecycleRecord {
    /// One state by its name.
    pub fn state(&self, name: &str) -> Option<&StateRecord> {
        self.states.iter().find(|state| state.name == name)
    }

    /// Whether an operation acts on such a resource.
    pub fn acts(&self, operation: &str) -> bool {
        self.states.iter().any(|state| state.permits.contains_key(operation))
    }
}

/// Everything that a scenario touched, as often as it did.
pub fn touches(contract: &ContractRecord, record: &ScenarioRecord) -> Vec<Touch> {
    let mut touches = named(record);
    for (index, exchange) in record.exchanges.iter().enumerate() {
        touches.extend(reply(record, index, exchange));
    }
    for sequence in &record.sequences {
        let known = contract.lifecycles.iter().find(|known| known.name == sequence.lifecycle);
        touches.extend(known.into_iter().flat_map(|lifecycle| Walk::new(lifecycle, sequence, record).walked()));
    }
    touches
}

/// What the record names: tags, requirements, checks that found something.
fn named(record: &ScenarioRecord) -> Vec<Touch> {
    let plain = |subject| Touch { subject, violated: false };
    let broken =
        |id: &String| record.findings.iter().any(|found| is_denied(found.level) && found.requirements.contains(id));
    let mut touches: Vec<_> = record.tags.iter().cloned().map(Subject::Tag).map(plain).collect();
    touches.extend(record.findings.iter().map(|finding| plain(Subject::Check(finding.check.clone()))));
    let mut ids: Vec<&String> =
        record.covers.iter().chain(record.findings.iter().flat_map(|found| &found.requirements)).collect();
    ids.sort_unstable();
    ids.dedup();
    touches.extend(ids.into_iter().map(|id| Touch { violated: broken(id), subject: Subject::Requirement(id.clone()) }));
    touches
}

fn is_denied(level: Level) -> bool {
    level == Level::Deny
}

fn denied(record: &ScenarioRecord, index: usize) -> bool {
    record.findings.iter().any(|finding| finding.exchange == Some(index) && is_denied(finding.level))
}

fn reply(record: &ScenarioRecord, index: usize, exchange: &ExchangeRecord) -> Vec<Touch> {
    let Some(operation) = &exchange.operation else { return Vec::new() };
    let violated = denied(record, index);
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

/// A resource's way through its lifecycle, exchange by exchange.
struct Walk<'a> {
    lifecycle: &'a LifecycleRecord,
    sequence: &'a SequenceRecord,
    record: &'a ScenarioRecord,
    state: Option<&'a str>,
    touches: Vec<Touch>,
}

impl<'a> Walk<'a> {
    fn new(lifecycle: &'a LifecycleRecord, sequence: &'a SequenceRecord, record: &'a ScenarioRecord) -> Self {
        Self { lifecycle, sequence, record, state: None, touches: Vec::new() }
    }

    fn walked(mut self) -> Vec<Touch> {
        for (index, exchange) in self.record.exchanges.iter().enumerate() {
            let shown = self.sequence.observed.iter().rfind(|(_, at)| *at == index).map(|(state, _)| state.as_str());
            if let Some(from) = self.state {
                self.tried(index, exchange, from, shown);
            }
            if let Some(to) = shown {
                self.arrived(index, to);
            }
        }
        self.touches
    }

    /// Marks an action on the resource, and that it stayed where it was if it did.
    fn tried(&mut self, index: usize, exchange: &ExchangeRecord, from: &str, shown: Option<&str>) {
        let Some(operation) = self.action(exchange, shown) else { return };
        let subject =
            Subject::Action { lifecycle: self.lifecycle.name.clone(), state: from.into(), operation: operation.into() };
        self.touch(subject, denied(self.record, index));
        let next = self.lifecycle.state(from).and_then(|state| state.permits.get(operation));
        let stays = next.is_some_and(|next| match status(exchange) {
            400 => next.rejection.is_empty() || next.rejection.iter().any(|to| to == from),
            _ => next.success.iter().any(|to| to == from),
        });
        if stays && shown.is_none() {
            self.moved(index, from, from);
        }
    }

    /// The operation, if it acts on this resource and the tenant looked at it, rather than refusing it before.
    fn action(&self, exchange: &'a ExchangeRecord, shown: Option<&str>) -> Option<&'a str> {
        let operation = exchange.operation.as_deref().filter(|operation| self.lifecycle.acts(operation))?;
        let about = shown.is_some() || exchange.request.url.contains(&self.sequence.resource);
        let considered = matches!(status(exchange), 200..=400);
        (about && considered && !self.sequence.resource.is_empty()).then_some(operation)
    }

    fn arrived(&mut self, index: usize, to: &'a str) {
        let state = Subject::State { lifecycle: self.lifecycle.name.clone(), state: to.into() };
        self.touch(state, denied(self.record, index));
        let from = self.state.unwrap_or_default();
        self.moved(index, from, to);
        self.state = Some(to);
    }

    fn moved(&mut self, index: usize, from: &str, to: &str) {
        let wrong = |finding: &crate::record::Finding| {
            finding.exchange == Some(index) && is_denied(finding.level) && finding.check == TRANSITION
        };
        let violated = self.record.findings.iter().any(wrong);
        let subject = Subject::Move { lifecycle: self.lifecycle.name.clone(), from: from.into(), to: to.into() };
        self.touch(subject, violated);
    }

    fn touch(&mut self, subject: Subject, violated: bool) {
        self.touches.push(Touch { subject, violated });
    }
}

/// The check that says that a move was not permitted.
const TRANSITION: &str = "lifecycle-transition";

fn status(exchange: &ExchangeRecord) -> u16 {
    exchange.response.as_ref().map_or(0, |response| response.status)
}
