//! What passed, judged as it comes, told at once, and written to the journal when the traffic has been quiet for a moment, or after
//! a few seconds. What is written later is free of secrets that were only shown later.
//!
//! Memory is bounded: so many exchanges wait to be written, so many resources are known at a time, and of each no more than its
//! next exchange is judged by.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::forward::Passed;
use super::sequence::Sequence;
use crate::base::coding::{self, CodingError, Expansion};
use crate::checks::{Levels, Observation};
use crate::contract::Contract;
use crate::judge::recording;
use crate::judge::replay::replayed::request_line;
use crate::judge::replay::resources::{Resource, may_have_changed, resource};
use crate::judge::replay::restore::AnswerDecoder;
use crate::record::journal::{JournalWriteError, JournalWriter};
use crate::record::redaction::{Recent, by_looks};
use crate::record::{Decoded, Exchange, Finding, Phase, TransportError};

/// After so long without an exchange, everything is written.
const QUIET: Duration = Duration::from_secs(2);
/// How often that is looked for.
const TICK: Duration = Duration::from_millis(250);
/// After so long it is written however much passes.
const LATEST: Duration = Duration::from_secs(5);
/// So many exchanges wait to be written; where there are more, all of them are.
const WAITING: usize = 1_024;
/// So many resources are known at a time.
const RESOURCES: usize = 256;
/// So many requests that belong to no operation are told apart.
const UNKNOWN: usize = 1_000;

/// What is told of an exchange at once.
pub(crate) enum Seen<'a> {
    /// Something was found.
    Finding {
        /// Which request it was, counted from 0.
        number: usize,
        /// The operation.
        operation: &'a str,
        /// The status of the answer.
        status: u16,
        /// What was found, redacted.
        finding: &'a Finding,
    },
    /// Nobody can tell, for this reason, redacted.
    Unjudged {
        /// Which request it was, counted from 0.
        number: usize,
        /// The operation.
        operation: &'a str,
        /// Why.
        reason: String,
    },
    /// The journal cannot be written any more.
    NotWritten(&'a JournalWriteError),
}

/// What passed is judged by this.
pub(crate) struct Judging {
    /// What was promised.
    pub contract: Arc<Contract>,
    /// The level of every check.
    pub levels: Levels,
    /// Decodes answers, where there are types that were generated from the contract.
    pub decoder: Option<AnswerDecoder>,
    /// How far content codings may expand a body.
    pub expansion: Expansion,
    /// Where the records go.
    pub writer: JournalWriter,
    /// Whoever is told of findings.
    pub tell: Box<dyn FnMut(Seen<'_>) + Send>,
}

/// What all traffic came to.
pub(crate) struct JudgedTraffic {
    /// The journal, to be ended.
    pub writer: JournalWriter,
    /// Why the journal is not whole, if so.
    pub problem: Option<JournalWriteError>,
    /// How many requests passed.
    pub requests: usize,
    /// How many answers nobody waited for to their end.
    pub given_up: usize,
    /// Requests that belong to no operation, and how often each was made.
    pub unknown: BTreeMap<String, usize>,
}

impl Judging {
    /// Judges until nobody passes anything any more.
    pub(super) fn all(self, passed: &Receiver<Passed>) -> JudgedTraffic {
        let mut work = Work::new(self);
        loop {
            match passed.recv_timeout(TICK) {
                Ok(passed) => work.take(passed),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            work.write_what_is_quiet();
        }
        work.ended()
    }
}

/// Judging while it goes on.
struct Work {
    by: Judging,
    sequences: HashMap<Resource, Sequence>,
    /// What must not be said of anything that passes, whoever showed it.
    recent: Recent,
    /// Exchanges about no resource that have not been written.
    single: VecDeque<Sequence>,
    /// How many exchanges have not been written.
    waiting: usize,
    looked: Instant,
    /// When the last exchange came.
    last: Instant,
    records: usize,
    problem: Option<JournalWriteError>,
    requests: usize,
    given_up: usize,
    unknown: BTreeMap<String, usize>,
}

impl Work {
    fn new(by: Judging) -> Self {
        Self {
            by,
            sequences: HashMap::new(),
            recent: Recent::default(),
            single: VecDeque::new(),
            waiting: 0,
            looked: Instant::now(),
            last: Instant::now(),
            records: 0,
            problem: None,
            requests: 0,
            given_up: 0,
            unknown: BTreeMap::new(),
        }
    }

    fn take(&mut self, passed: Passed) {
        let number = self.requests;
        self.requests += 1;
        self.last = Instant::now();
        if passed.given_up {
            self.given_up += 1;
            return;
        }
        let exchange = self.read(passed.exchange);
        let contract = Arc::clone(&self.by.contract);
        let Some(operation) = recording::called(&contract, &exchange) else {
            self.note_unknown(&exchange);
            return self.forget(&exchange);
        };
        let exchange = Exchange { operation: Some(operation.to_owned()), ..exchange };
        let decoded = match (self.by.decoder, exchange.response().is_some(), &exchange.decoded) {
            (Some(decode), true, Decoded::NotTried) => decode(&contract, &exchange),
            _ => exchange.decoded.clone(),
        };
        let observation = Observation::from(Exchange { decoded, ..exchange });
        match resource(&contract, &observation) {
            Some(resource) => self.continue_sequence(resource, number, observation),
            None => {
                let mut sequence = Sequence::new(operation, number);
                self.add(&mut sequence, number, observation);
                self.single.push_back(sequence);
            }
        }
        if self.waiting > WAITING {
            self.write_waiting(Duration::ZERO);
        }
    }

    fn continue_sequence(&mut self, resource: Resource, number: usize, observation: Observation) {
        self.make_room();
        let begin = || Sequence::new(&resource.0, number);
        let mut sequence = self.sequences.remove(&resource).unwrap_or_else(begin);
        self.add(&mut sequence, number, observation);
        if sequence.is_full() {
            self.write(&mut sequence);
        }
        self.sequences.insert(resource, sequence);
    }

    /// Judges one more exchange of a sequence, and tells what was found.
    fn add(&mut self, sequence: &mut Sequence, number: usize, observation: Observation) {
        sequence.add(number, observation, &self.by.contract, &self.by.levels);
        self.waiting += 1;
        self.recent.learn(&sequence.secrets);
        self.tell(number, sequence);
    }

    /// Undoes the content codings of an answer.
    fn read(&self, exchange: Exchange) -> Exchange {
        let Ok(response) = &exchange.outcome else { return exchange };
        let codings = response.headers.all("content-encoding");
        let read = coding::decode(codings, &response.body, self.by.expansion);
        let plain = match read {
            Ok(None) => return exchange,
            Ok(Some(plain)) => plain,
            Err(CodingError::Limit(message)) => {
                return Exchange { outcome: Err(TransportError { phase: Phase::Limit, message }), ..exchange };
            }
            Err(CodingError::Broken { coding, message }) => {
                return Exchange { decoded: Decoded::Unreadable { coding, message }, ..exchange };
            }
        };
        let outcome = exchange.outcome.map(|response| crate::record::Response { body: plain, ..response });
        Exchange { outcome, ..exchange }
    }

    fn note_unknown(&mut self, exchange: &Exchange) {
        let request = by_looks().text(&request_line(&exchange.request.method, &exchange.request.url));
        if self.unknown.len() < UNKNOWN || self.unknown.contains_key(&request) {
            *self.unknown.entry(request).or_default() += 1;
        } else {
            *self.unknown.entry("others".into()).or_default() += 1;
        }
    }

    /// Forgets the resources that a request of no operation may have changed.
    fn forget(&mut self, exchange: &Exchange) {
        let named = may_have_changed(&exchange.request);
        let resources: Vec<Resource> = self.sequences.keys().filter(|(_, id)| named.contains(id)).cloned().collect();
        resources.iter().for_each(|resource| self.write_last(resource));
    }

    /// Writes what there is of a sequence, and forgets it.
    fn write_last(&mut self, resource: &Resource) {
        if let Some(mut sequence) = self.sequences.remove(resource) {
            self.write(&mut sequence);
        }
    }

    /// Says what was found about the last exchange of a sequence.
    fn tell(&mut self, number: usize, sequence: &Sequence) {
        let Some((exchange, judged)) = sequence.last_judged() else { return };
        let operation = exchange.operation.as_deref().unwrap_or_default();
        if judged.reason.is_none() && judged.judgement.findings.is_empty() {
            return;
        }
        let redactor = self.recent.redactor();
        if let Some(reason) = &judged.reason {
            (self.by.tell)(Seen::Unjudged { number, operation, reason: redactor.text(reason) });
        }
        let status = exchange.response().map_or(0, |response| response.status);
        for finding in &judged.judgement.findings {
            let finding = recording::clean(finding, &redactor);
            (self.by.tell)(Seen::Finding { number, operation, status, finding: &finding });
        }
    }

    fn write(&mut self, sequence: &mut Sequence) {
        if sequence.waiting() == 0 {
            return;
        }
        self.waiting -= sequence.waiting();
        let redactor = self.recent.redactor_with(&sequence.secrets);
        let record = sequence.record(self.records, &self.by.contract, &redactor);
        self.records += 1;
        if self.problem.is_some() {
            return;
        }
        if let Err(error) = self.by.writer.append(&Arc::new(record)) {
            (self.by.tell)(Seen::NotWritten(&error));
            self.problem = Some(error);
        }
    }

    fn write_what_is_quiet(&mut self) {
        if self.looked.elapsed() < TICK {
            return;
        }
        self.looked = Instant::now();
        self.write_waiting(if self.last.elapsed() >= QUIET { QUIET } else { LATEST });
    }

    /// Writes the exchanges that have waited so long; many at once, since they share a redactor.
    fn write_waiting(&mut self, wait: Duration) {
        while let Some(mut oldest) = self.single.pop_front_if(|oldest| oldest.last.elapsed() >= wait) {
            self.write(&mut oldest);
        }
        let has_waited = |sequence: &Sequence| sequence.waiting() > 0 && sequence.begun.elapsed() >= wait;
        let waiting = self.sequences.iter().filter(|(_, sequence)| has_waited(sequence));
        let waiting: Vec<Resource> = waiting.map(|(resource, _)| resource.clone()).collect();
        for resource in waiting {
            if let Some(mut sequence) = self.sequences.remove(&resource) {
                self.write(&mut sequence);
                self.sequences.insert(resource, sequence);
            }
        }
    }

    /// Forgets those about which nothing has been said for longest, some at a time, when there are too many.
    fn make_room(&mut self) {
        if self.sequences.len() < RESOURCES {
            return;
        }
        let mut by_age: Vec<(Instant, Resource)> =
            self.sequences.iter().map(|(resource, sequence)| (sequence.last, resource.clone())).collect();
        by_age.sort_by_key(|(last, _)| *last);
        by_age.iter().take(RESOURCES / 4).for_each(|(_, resource)| self.write_last(resource));
    }

    fn ended(mut self) -> JudgedTraffic {
        let mut rest: Vec<Sequence> = std::mem::take(&mut self.sequences).into_values().collect();
        rest.extend(std::mem::take(&mut self.single));
        rest.sort_by_key(|sequence| sequence.last);
        rest.iter_mut().for_each(|sequence| self.write(sequence));
        let Self { by, problem, requests, given_up, unknown, .. } = self;
        JudgedTraffic { writer: by.writer, problem, requests, given_up, unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client;
    use crate::record::redaction::Register;
    use crate::record::{Header, Headers, Request, Response, TargetRecord};

    const ENVIRONMENT: &str = "http://127.0.0.1/00000000-0000-4000-8000-000000000001";

    fn work(folder: &tempfile::TempDir) -> Work {
        let contract = Arc::new(Contract::embedded().expect("the contract is valid"));
        let target = TargetRecord { name: "t".into(), kind: "proxy".into(), base_url: "http://127.0.0.1".into() };
        let header = Header::new(target, (&*contract).into(), crate::checks::texts());
        let writer = JournalWriter::begin(folder.path(), header, &Register::default()).expect("a journal");
        Work::new(Judging {
            contract,
            levels: Levels::default(),
            decoder: Some(client::decode),
            expansion: client::Limits::default().expansion(),
            writer,
            tell: Box::new(|_| ()),
        })
    }

    /// A look at a resource that is not there.
    fn look(at: usize) -> Exchange {
        Exchange {
            operation: None,
            step: 0,
            request: Request {
                method: "GET".into(),
                url: format!("{ENVIRONMENT}/deviceAuthentications/00000000-0000-4000-8000-{at:012}"),
                headers: Headers::default(),
                body: None,
            },
            outcome: Ok(Response { status: 404, headers: Headers::default(), body: bytes::Bytes::new() }),
            decoded: Decoded::NotTried,
            started_at: chrono::Utc::now(),
            first_byte: Duration::ZERO,
            total: Duration::ZERO,
        }
    }

    #[test]
    fn however_much_passes_no_more_than_so_much_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut work = work(&folder);
        for number in 0..3 * WAITING {
            work.take(Passed::of(look(number / 2)));
            assert!(work.sequences.len() <= RESOURCES && work.waiting <= WAITING);
            let unwritten: usize = work.sequences.values().chain(&work.single).map(Sequence::waiting).sum();
            assert_eq!(work.waiting, unwritten);
        }
        assert!(work.sequences.len() > RESOURCES / 2 && work.records > WAITING);
        let traffic = work.ended();
        assert!(traffic.problem.is_none());
        assert_eq!(traffic.requests, 3 * WAITING);
    }
}
