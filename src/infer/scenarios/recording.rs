//! A session and everything that is known of it before anything is written.
//!
//! Deliberately not here: what is written (see [`super::draft`]).

use serde_json::Value;

use super::facts::FactIndex;
use super::flows;
use super::polls::{RecordedCall, calls};
use super::request::SentValues;
use super::secrets::SessionSecrets;
use super::sources::Sources;
use crate::base::spelling::lower_camel;
use crate::contract::{Contract, Operation};
use crate::judge::replay::sessions::Session;
use crate::record::redaction::names::same_name;
use crate::scenario::template::is_name;

/// A session and everything that is known of it.
pub(super) struct Recording<'a> {
    /// What was promised.
    pub contract: &'a Contract,
    /// The calls, in the order of time.
    pub calls: Vec<RecordedCall>,
    /// What each of them sent.
    pub sent: Vec<SentValues>,
    /// What their answers brought.
    pub sources: Sources,
    /// What the target supplies.
    pub facts: FactIndex,
    /// What must not be written down.
    pub secrets: SessionSecrets,
    /// What it is called.
    pub session: String,
}

impl std::fmt::Debug for Recording<'_> {
    /// It is full of secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recording({} calls)", self.calls.len())
    }
}

impl<'a> Recording<'a> {
    /// Reads a session.
    pub(super) fn new(contract: &'a Contract, session: Session, facts: &Value) -> Self {
        let calls = calls(contract, session.observations);
        let operation = |call: &RecordedCall| call.observation.operation(contract);
        let sent: Vec<SentValues> = calls
            .iter()
            .map(|call| {
                operation(call).map_or_else(SentValues::default, |operation| {
                    SentValues::of(contract, operation, &call.observation.exchange.request)
                })
            })
            .collect();
        let sources = Sources::of(&calls, &sent);
        let secrets = SessionSecrets::of(contract, &calls);
        Self { contract, calls, sent, sources, facts: FactIndex::of(facts), secrets, session: session.name }
    }

    /// The calls of each flow.
    pub(super) fn flows(&self) -> Vec<Vec<usize>> {
        flows::flows(self.contract, &self.calls, &self.sent, &self.sources)
    }

    /// What sources are looked for with.
    pub(super) fn known(&self) -> (&Contract, &[RecordedCall]) {
        (self.contract, &self.calls)
    }

    /// The status that a call was answered with.
    pub(super) fn status(&self, call: usize) -> Option<u16> {
        self.calls[call].observation.exchange.response().map(|response| response.status)
    }

    /// Whether what a call sent was refused.
    pub(super) fn refuses(&self, call: usize) -> bool {
        self.status(call).is_some_and(|status| (400..500).contains(&status))
    }

    /// Whether any call was accepted that sent a text.
    pub(super) fn accepts(&self, text: &str) -> bool {
        let sends = |call: usize| {
            let mut found = false;
            self.sent[call].each(&mut |_, value| found |= value.as_str() == Some(text));
            found
        };
        (0..self.calls.len()).any(|call| !self.refuses(call) && sends(call))
    }

    /// The operation that a call is of.
    pub(super) fn operation(&self, call: usize) -> Option<&'a Operation> {
        self.calls[call].observation.operation(self.contract)
    }

    /// What a saved value is called: as where it is used, without what only says that it is an id.
    pub(super) fn name_for(&self, source: usize, used_as: &str) -> String {
        let source = self.sources.get(source);
        let of_path = || {
            let path = self.operation(source.call).map_or("", |operation| operation.path.as_str());
            let last = path.split('/').rfind(|segment| !segment.is_empty() && !segment.contains('{'));
            last.unwrap_or("value").trim_end_matches('s').to_owned()
        };
        let bare = |name: &str| {
            let name = lower_camel(name);
            let bare = name.strip_suffix("ID").or_else(|| name.strip_suffix("Id")).unwrap_or(&name).to_owned();
            Some(bare).filter(|bare| is_name(bare) && !same_name(bare, "id"))
        };
        bare(used_as).or_else(|| bare(&source.name)).or_else(|| bare(&of_path())).unwrap_or_else(|| "value".to_owned())
    }
}
