//! The exchanges about one resource, in the order in which they ended: each is judged in the light of those before it, and
//! written in parts, before they become too many.

use std::path::Path;
use std::time::Instant;

use crate::checks::{Levels, Observation};
use crate::contract::Contract;
use crate::judge::replay::entries::JudgedSequence;
use crate::judge::replay::judgement::{Judged, judge_last};
use crate::judge::replay::report;
use crate::judge::secrets;
use crate::record::redaction::{Redactor, Secrets};
use crate::record::{Exchange, ScenarioRecord};

/// A part has at most this many exchanges.
const PART: usize = 64;
/// A part ends when its bodies have this many bytes.
const PART_BYTES: usize = 1024 * 1024;
/// How much of what was written is known when the next exchange is judged: enough to know the state.
const OVERLAP: usize = 16;
/// And in bytes.
const OVERLAP_BYTES: usize = 64 * 1024;

/// What all records say where scenarios name their file.
const FILE: &str = "proxy";

/// The exchanges about one resource, or a single one about none.
pub(super) struct Sequence {
    name: String,
    parts: usize,
    history: Vec<Observation>,
    /// How much of the history has been written.
    written: usize,
    numbers: Vec<usize>,
    judged: Vec<Judged>,
    pub(super) secrets: Secrets,
    /// When the last exchange came.
    pub(super) last: Instant,
    /// When the first came that has not been written.
    pub(super) begun: Instant,
}

impl Sequence {
    /// A sequence without an exchange. Its name has no id of the resource, which may be a secret.
    pub(super) fn new(kind: &str, first: usize) -> Self {
        Self {
            name: format!("{kind}/{first}"),
            parts: 0,
            history: Vec::new(),
            written: 0,
            numbers: Vec::new(),
            judged: Vec::new(),
            secrets: Secrets::default(),
            last: Instant::now(),
            begun: Instant::now(),
        }
    }

    /// Judges one more exchange.
    pub(super) fn add(&mut self, number: usize, observation: Observation, contract: &Contract, levels: &Levels) {
        secrets::learn(&mut self.secrets, contract, &observation);
        self.history.push(observation);
        self.numbers.push(number);
        self.judged.push(judge_last(contract, &self.history, levels));
        self.last = Instant::now();
        if self.numbers.len() == 1 {
            self.begun = self.last;
        }
    }

    /// What the last exchange came to.
    pub(super) fn last_judged(&self) -> Option<(&Exchange, &Judged)> {
        Some((&self.history.last()?.exchange, self.judged.last()?))
    }

    /// Whether there is as much to be written as a part may have.
    pub(super) fn is_full(&self) -> bool {
        self.numbers.len() >= PART || bytes(&self.history[self.written..]) >= PART_BYTES
    }

    /// How many exchanges have not been written.
    pub(super) fn waiting(&self) -> usize {
        self.numbers.len()
    }

    /// The record of what has not been written yet.
    pub(super) fn record(&mut self, index: usize, contract: &Contract, redactor: &Redactor) -> ScenarioRecord {
        let judged: Vec<Judged> = self.judged.drain(..).map(|judged| counted_from(self.written, judged)).collect();
        self.parts += 1;
        let part = if self.parts == 1 { String::new() } else { format!("/part-{}", self.parts) };
        let sequence = JudgedSequence {
            name: format!("{}{part}", self.name),
            entries: &self.numbers,
            observations: &self.history[self.written..],
            judged: &judged,
            redactor: &redactor,
        };
        let record = report::record(index, Path::new(FILE), &sequence, contract);
        self.numbers.clear();
        self.forget();
        record
    }

    /// Keeps of what was written as much as the next exchange is judged by.
    fn forget(&mut self) {
        let mut kept = self.history.len().min(OVERLAP);
        while kept > 1 && bytes(&self.history[self.history.len() - kept..]) > OVERLAP_BYTES {
            kept -= 1;
        }
        self.history.drain(..self.history.len() - kept);
        self.written = self.history.len();
        self.history.shrink_to_fit();
        self.judged.shrink_to_fit();
    }
}

/// Findings speak of exchanges of the history; a part counts its own from 0.
fn counted_from(start: usize, mut judged: Judged) -> Judged {
    for finding in &mut judged.judgement.findings {
        finding.exchange = finding.exchange.and_then(|at| at.checked_sub(start));
    }
    judged
}

fn bytes(history: &[Observation]) -> usize {
    let size = |observation: &Observation| {
        let exchange = &observation.exchange;
        exchange.request.body.as_ref().map_or(0, bytes::Bytes::len)
            + exchange.response().map_or(0, |response| response.body.len())
    };
    history.iter().map(size).sum()
}
