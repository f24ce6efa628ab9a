//! A recording, judged entry by entry: a HAR's entries in the sequences of their resources, a journal's exchanges in those
//! of their scenarios.
//!
//! Memory is bounded whatever the file's size: of a HAR only places are kept, and one part of one sequence at a time.
//!
//! Deliberately not here: what is written about it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};

use super::har::attached::{Attached, HarText};
use super::har::entry::{self, HarEntry};
use super::har::{self, EntryPlace, HarError};
use super::judgement::{Judged, Outcome, judge_last};
use super::resources::{About, EntrySubject, Resource, group, may_have_changed, resource};
use super::restore::{AnswerDecoder, decoded, restore};
use crate::checks::{Levels, Observation};
use crate::contract::{Contract, Operation};
use crate::judge::{recording, secrets};
use crate::record::journal::{Journal, JournalError};
use crate::record::redaction::{Redactor, Secrets, by_looks};
use crate::record::{Counts, Decoded, Exchange, Finding, Level, ScenarioRecord};

/// A part of a sequence has at most this many exchanges.
const PART: usize = 256;
/// A part ends when its entries have this many bytes.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// How much of the part before is known when the next one is judged: enough to know the state.
const OVERLAP: usize = 64;

/// What recordings are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// What was promised.
    pub contract: &'a Contract,
    /// The level of every check.
    pub levels: &'a Levels,
    /// Decodes answers, where there are types that were generated from the contract.
    pub decoder: Option<AnswerDecoder>,
}

impl Judge<'_> {
    /// The exchanges of a scenario, decoded if they can be.
    pub(super) fn restore(&self, record: &ScenarioRecord) -> Vec<Observation> {
        let mut observations = restore(record);
        if let Some(decoder) = self.decoder {
            for observation in &mut observations {
                observation.exchange.decoded = decoded(observation, self.contract, decoder);
            }
        }
        observations
    }
}

/// One entry and what it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayedEntry {
    /// Its position in the file, from 0.
    pub entry: usize,
    /// The operation that was called.
    pub operation: Option<String>,
    /// Method and address, without the query.
    pub request: String,
    /// What it came to.
    pub outcome: Outcome,
    /// Why there is no verdict, where there is none.
    pub reason: Option<String>,
    /// What the checks found, redacted.
    pub findings: Vec<Finding>,
    /// How many checks were evaluated.
    pub checks: usize,
}

/// What a file came to.
#[derive(Debug, Default)]
pub struct Replayed {
    /// All entries that could be read, in the order of the file.
    pub entries: Vec<ReplayedEntry>,
    /// Why the file could not be read to its end, if so.
    pub broken: Option<HarError>,
    /// Whether it is the journal of a run that did not finish.
    pub unfinished: bool,
}

/// A part of a sequence that has been judged.
pub struct JudgedSequence<'a> {
    /// The resource or scenario, and the part where there are several.
    pub name: String,
    /// The positions of the exchanges in the file.
    pub entries: &'a [usize],
    /// The exchanges.
    pub observations: &'a [Observation],
    /// What each came to.
    pub judged: &'a [Judged],
    /// Keeps secrets out of what is written about it.
    pub redactor: &'a Redactor,
}

/// Why a recording cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    /// It is a journal, and cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It is no HAR, or not to its end.
    #[error(transparent)]
    Har(#[from] HarError),
}

/// Judges a file, which is a HAR or a journal; `listener` is shown every sequence as it is judged.
///
/// # Errors
/// When it cannot be read at all. A file that is cut or broken somewhere gives what was read before.
pub fn replay(
    path: &Path,
    judge: &Judge<'_>,
    listener: &mut dyn FnMut(&JudgedSequence<'_>),
) -> Result<Replayed, RecordingError> {
    let mut replayed =
        if is_journal(path)? { replay_journal(path, judge, listener)? } else { replay_har(path, judge, listener)? };
    replayed.entries.sort_by_key(|entry| entry.entry);
    Ok(replayed)
}

/// Whether a file begins as journals do. Nothing more: a broken journal is a journal, too.
///
/// # Errors
/// When the file cannot be read.
pub fn is_journal(path: &Path) -> io::Result<bool> {
    let mut first = Vec::new();
    File::open(path)?.take(256).read_to_end(&mut first)?;
    let text: String = String::from_utf8_lossy(&first).chars().filter(|letter| !letter.is_whitespace()).collect();
    Ok(text.trim_start_matches('\u{feff}').starts_with("{\"header\":{"))
}

fn replay_journal(
    path: &Path,
    judge: &Judge<'_>,
    listener: &mut dyn FnMut(&JudgedSequence<'_>),
) -> Result<Replayed, JournalError> {
    let journal = Journal::open(path)?;
    let redactor = by_looks();
    let mut replayed = Replayed { unfinished: journal.footer().is_none(), ..Replayed::default() };
    for record in journal.records() {
        let record = record?;
        let observations = judge.restore(&record);
        let first = replayed.entries.len();
        let numbers: Vec<usize> = (first..first + observations.len()).collect();
        let part = SequencePart { name: record.name, numbers: &numbers, history: &observations, new: 0 };
        replayed.entries.extend(part.judge(judge, redactor, listener));
    }
    Ok(replayed)
}

fn replay_har(
    path: &Path,
    judge: &Judge<'_>,
    listener: &mut dyn FnMut(&JudgedSequence<'_>),
) -> Result<Replayed, RecordingError> {
    let (mut text, attached) = har::attached::open(path)?;
    let mut index = HarIndex::default();
    let ended = har::scan(&mut *text, &mut |place, json| index.add(judge, place, json, &attached));
    let entries = std::mem::take(&mut index.settled);
    let mut replayed = Replayed { entries, broken: ended.err(), unfinished: false };
    let mut source = HarSource { text, attached };
    let mut names = PartNames::default();
    for group in group(&index.subjects) {
        index.judge_group(&group, (&mut source, &mut names), judge, listener, &mut replayed.entries)?;
    }
    Ok(replayed)
}

/// Where entries are read again.
struct HarSource {
    text: Box<dyn HarText>,
    attached: Attached,
}

/// What a scan of a HAR finds. Entries go by their number in the file.
#[derive(Default)]
struct HarIndex<'a> {
    /// What each entry is about, one after the other.
    subjects: Vec<EntrySubject>,
    /// Entries with an operation.
    known: HashMap<usize, KnownEntry<'a>>,
    /// Entries that need no judging.
    settled: Vec<ReplayedEntry>,
    /// Whether a cookie was set in any answer: some tools leave all of them out.
    keeps_cookies: bool,
}

/// An entry with an operation: where it stands.
struct KnownEntry<'a> {
    place: EntryPlace,
    operation: &'a Operation,
}

impl<'a> HarIndex<'a> {
    fn add(&mut self, judge: &Judge<'a>, place: EntryPlace, json: &[u8], attached: &Attached) {
        let subject = match entry::read(json, attached) {
            Ok(read) => {
                self.keeps_cookies |= read.sets_cookie();
                match read.operation(judge.contract) {
                    Some(operation) => self.know(judge, KnownEntry { place, operation }, read),
                    None => self.pass_over(&read),
                }
            }
            Err(reason) => {
                let reason = format!("the entry cannot be judged: {reason}");
                self.settle(String::new(), Outcome::Errored, &reason);
                EntrySubject { started_at: None, about: About::Unjudged(Vec::new()) }
            }
        };
        self.subjects.push(subject);
    }

    /// An entry that is to be judged.
    fn know(&mut self, judge: &Judge<'a>, entry: KnownEntry<'a>, read: HarEntry) -> EntrySubject {
        let (started_at, operation) = (read.started_at, entry.operation);
        self.known.insert(self.subjects.len(), entry);
        let observation = read.observe(operation, true, |_| Decoded::NotTried);
        let about = resource(judge.contract, &observation).map_or(About::Nothing, About::Resource);
        EntrySubject { started_at, about }
    }

    /// An entry of no operation.
    fn pass_over(&mut self, read: &HarEntry) -> EntrySubject {
        let request = &read.exchange.request;
        let line = request_line(&request.method, &request.url);
        self.settle(line, Outcome::Unknown, "the contract documents no such request");
        EntrySubject { started_at: read.started_at, about: About::Unjudged(may_have_changed(request)) }
    }

    fn settle(&mut self, request: String, outcome: Outcome, reason: &str) {
        self.settled.push(ReplayedEntry::settled(self.subjects.len(), request, outcome, reason));
    }

    fn judge_group(
        &self,
        group: &[usize],
        (source, names): (&mut HarSource, &mut PartNames),
        judge: &Judge<'_>,
        listener: &mut dyn FnMut(&JudgedSequence<'_>),
        entries: &mut Vec<ReplayedEntry>,
    ) -> io::Result<()> {
        let (mut history, mut secrets) = (Vec::new(), Secrets::default());
        for numbers in self.parts(group) {
            let new = history.len();
            for number in numbers {
                let observation = self.observe(*number, source, judge)?;
                secrets::learn(&mut secrets, judge.contract, &observation);
                history.push(observation);
            }
            let name = names.next(group[0], &self.subjects[group[0]].about);
            let part = SequencePart { name, numbers, history: &history, new };
            entries.extend(part.judge(judge, &secrets.redactor(), listener));
            history.drain(..history.len().saturating_sub(OVERLAP));
        }
        Ok(())
    }

    /// A group in parts that fit into memory.
    fn parts<'g>(&self, group: &'g [usize]) -> Vec<&'g [usize]> {
        let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (end, at) in group.iter().enumerate() {
            if end - start >= PART || (end > start && bytes + self.known[at].place.length > PART_BYTES) {
                parts.push(&group[start..end]);
                (start, bytes) = (end, 0);
            }
            bytes += self.known[at].place.length;
        }
        parts.push(&group[start..]);
        parts
    }

    fn observe(&self, number: usize, source: &mut HarSource, judge: &Judge<'_>) -> io::Result<Observation> {
        let KnownEntry { place, operation } = &self.known[&number];
        let json = har::read_at(&mut *source.text, *place)?;
        let read = entry::read(&json, &source.attached).map_err(io::Error::other)?;
        let decode =
            |exchange: &Exchange| judge.decoder.map_or(Decoded::NotTried, |decode| decode(judge.contract, exchange));
        Ok(read.observe(operation, self.keeps_cookies, decode))
    }
}

/// The names of parts of sequences; no two are the same.
#[derive(Default)]
struct PartNames(HashMap<Resource, usize>);

impl PartNames {
    /// The name of the next part of the sequence that begins with an entry.
    fn next(&mut self, first: usize, about: &About) -> String {
        let About::Resource(resource) = about else { return format!("entry/{first}") };
        let part = self.0.entry(resource.clone()).or_default();
        *part += 1;
        let (lifecycle, id) = resource;
        if *part == 1 { format!("{lifecycle}/{id}") } else { format!("{lifecycle}/{id}/part-{part}") }
    }
}

/// A part of a sequence: of the history only what is new is judged.
struct SequencePart<'a> {
    name: String,
    numbers: &'a [usize],
    history: &'a [Observation],
    new: usize,
}

impl SequencePart<'_> {
    fn judge(
        self,
        judge: &Judge<'_>,
        redactor: &Redactor,
        listener: &mut dyn FnMut(&JudgedSequence<'_>),
    ) -> Vec<ReplayedEntry> {
        let ends = self.new + 1..=self.history.len();
        let judged: Vec<Judged> =
            ends.map(|end| judge_last(judge.contract, &self.history[..end], judge.levels)).collect();
        let observations = &self.history[self.new..];
        let numbered = self.numbers.iter().zip(observations).zip(&judged);
        let entries =
            numbered.map(|((number, observation), judged)| ReplayedEntry::of(*number, observation, judged, redactor));
        let entries = entries.collect();
        let judged: Vec<Judged> = judged.into_iter().map(|judged| self.counted_from_here(judged)).collect();
        listener(&JudgedSequence { name: self.name, entries: self.numbers, observations, judged: &judged, redactor });
        entries
    }

    /// Findings speak of exchanges of the history; a part counts its own from 0.
    fn counted_from_here(&self, mut judged: Judged) -> Judged {
        for finding in &mut judged.judgement.findings {
            finding.exchange = finding.exchange.and_then(|at| at.checked_sub(self.new));
        }
        judged
    }
}

impl ReplayedEntry {
    fn settled(entry: usize, request: String, outcome: Outcome, reason: &str) -> Self {
        let (request, reason) = (by_looks().text(&request), Some(by_looks().text(reason)));
        Self { entry, operation: None, request, outcome, reason, findings: Vec::new(), checks: 0 }
    }

    fn of(entry: usize, observation: &Observation, judged: &Judged, redactor: &Redactor) -> Self {
        let exchange = &observation.exchange;
        Self {
            entry,
            operation: exchange.operation.clone(),
            request: redactor.text(&request_line(&exchange.request.method, &exchange.request.url)),
            outcome: judged.outcome,
            reason: judged.reason.as_ref().map(|reason| redactor.text(reason)),
            findings: judged.judgement.findings.iter().map(|finding| recording::clean(finding, redactor)).collect(),
            checks: judged.judgement.evaluated.len(),
        }
    }

    /// The entry as one line of JSON.
    pub fn json(&self, file: Option<&str>) -> String {
        let findings = self.findings.iter().map(|finding| {
            let Finding { check, level, message, pointer, expected, actual, .. } = finding;
            json!({
                "check": check, "level": level, "message": message,
                "pointer": pointer, "expected": expected, "actual": actual,
            })
        });
        let members = [
            ("file", file.map(Value::from)),
            ("entry", Some(self.entry.into())),
            ("operation", Some(self.operation.clone().into())),
            ("request", Some(self.request.clone().into())),
            ("verdict", Some(self.outcome.as_str().into())),
            ("findings", Some(findings.collect())),
            ("reason", self.reason.clone().map(Value::from)),
        ];
        let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        present.collect::<Value>().to_string()
    }
}

/// Method and address of a request, without what a query may hold.
pub(crate) fn request_line(method: &str, url: &str) -> String {
    format!("{method} {}", url.split(['?', '#']).next().unwrap_or_default())
}

/// How many entries came to what; unknown ones did not run.
pub fn counts<'e>(entries: impl IntoIterator<Item = &'e ReplayedEntry>) -> Counts {
    let mut counts = Counts::default();
    for entry in entries {
        match entry.outcome {
            Outcome::Passed => counts.passed += 1,
            Outcome::Failed => counts.failed += 1,
            Outcome::Errored => counts.errored += 1,
            Outcome::Unknown => counts.skipped += 1,
        }
        counts.exchanges += 1;
        counts.checks += entry.checks;
        counts.warnings += entry.findings.iter().filter(|finding| finding.level == Level::Warn).count();
    }
    counts
}
