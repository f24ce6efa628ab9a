//! A recording, judged entry by entry: a HAR's entries in the sequences of their resources, a journal's exchanges in those
//! of their scenarios.
//!
//! Memory is bounded whatever the file's size: of a HAR only places are kept, and one part of one sequence at a time.
//!
//! Deliberately not here: what is written about it.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::har::attached::{Attached, HarText};
use super::har::entry::{self, HarEntry};
use super::har::{self, EntryPlace, HarError};
use super::judgement::{Judged, Outcome, judge_last};
use super::replayed::{ReplayedEntry, SequenceRedactor, request_line};
use super::resources::{About, EntrySubject, Resource, group, may_have_changed, resource};
use super::restore::{AnswerDecoder, decoded, restore};
use crate::checks::{Levels, Observation};
use crate::contract::{Contract, Operation};
use crate::judge::secrets;
use crate::record::journal::{Journal, JournalError};
use crate::record::redaction::{Secrets, by_looks};
use crate::record::{Decoded, Exchange, ScenarioRecord};

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

/// Is shown a recording as it is judged, so that nothing has to be kept of it that nobody wants.
pub trait ReplayListener {
    /// A part of a sequence has been judged.
    fn sequence(&mut self, sequence: &JudgedSequence<'_>);

    /// An entry came to something. Entries come sequence by sequence, not in the order of the file.
    fn entry(&mut self, entry: &ReplayedEntry<'_>);
}

/// How a file ended.
#[derive(Debug, Default)]
pub struct Replayed {
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
    pub redactor: &'a SequenceRedactor<'a>,
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

/// Judges a file, which is a HAR or a journal; `listener` is shown every sequence and every entry as it is judged.
///
/// # Errors
/// When it cannot be read at all. A file that is cut or broken somewhere gives what was read before.
pub fn replay(path: &Path, judge: &Judge<'_>, listener: &mut dyn ReplayListener) -> Result<Replayed, RecordingError> {
    if is_journal(path)? { Ok(replay_journal(path, judge, listener)?) } else { replay_har(path, judge, listener) }
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

fn replay_journal(path: &Path, judge: &Judge<'_>, listener: &mut dyn ReplayListener) -> Result<Replayed, JournalError> {
    let journal = Journal::open(path)?;
    let mut first = 0;
    for record in journal.records() {
        let record = record?;
        let observations = judge.restore(&record);
        let numbers: Vec<usize> = (first..first + observations.len()).collect();
        first += numbers.len();
        SequencePart { name: record.name, numbers: &numbers, history: &observations, new: 0 }.judge(
            judge,
            &by_looks(),
            listener,
        );
    }
    Ok(Replayed { broken: None, unfinished: journal.footer().is_none() })
}

fn replay_har(path: &Path, judge: &Judge<'_>, listener: &mut dyn ReplayListener) -> Result<Replayed, RecordingError> {
    let (mut text, attached) = har::attached::open(path)?;
    let mut index = HarIndex::default();
    let ended = har::scan(&mut *text, &mut |place, json| {
        index.add(judge, place, json, &attached);
        index.settled.drain(..).for_each(|entry| listener.entry(&entry.replayed(&by_looks())));
    });
    let mut source = HarSource { text, attached };
    let mut names = PartNames::default();
    for group in group(&index.subjects) {
        index.judge_group(&group, (&mut source, &mut names), judge, listener)?;
    }
    Ok(Replayed { broken: ended.err(), unfinished: false })
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
    /// Those with an operation.
    known: Vec<Option<KnownEntry<'a>>>,
    /// Entries that need no judging, until they are handed on.
    settled: Vec<SettledEntry>,
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
        let (subject, known) = match entry::read(json, attached) {
            Ok(read) => {
                self.keeps_cookies |= read.sets_cookie();
                match read.operation(judge.contract) {
                    Some(operation) => (subject(judge, operation, read), Some(KnownEntry { place, operation })),
                    None => (self.pass_over(&read), None),
                }
            }
            Err(reason) => {
                let reason = format!("the entry cannot be judged: {reason}");
                self.settle(String::new(), Outcome::Errored, &reason);
                (EntrySubject { started_at: None, about: About::Unjudged(Vec::new()) }, None)
            }
        };
        self.subjects.push(subject);
        self.known.push(known);
    }

    /// An entry of no operation.
    fn pass_over(&mut self, read: &HarEntry) -> EntrySubject {
        let request = &read.exchange.request;
        let line = request_line(&request.method, &request.url);
        self.settle(line, Outcome::Unknown, "the contract documents no such request");
        EntrySubject { started_at: read.started_at, about: About::Unjudged(may_have_changed(request)) }
    }

    fn settle(&mut self, request: String, outcome: Outcome, reason: &str) {
        self.settled.push(SettledEntry { entry: self.subjects.len(), request, outcome, reason: reason.to_owned() });
    }

    fn judge_group(
        &self,
        group: &[usize],
        (source, names): (&mut HarSource, &mut PartNames),
        judge: &Judge<'_>,
        listener: &mut dyn ReplayListener,
    ) -> io::Result<()> {
        let (mut history, mut secrets) = (Vec::new(), Secrets::default());
        let parts = self.parts(group);
        for numbers in &parts {
            let new = history.len();
            for number in *numbers {
                history.push(self.observe(*number, source, judge)?);
            }
            let name = names.next(group[0], &self.subjects[group[0]].about);
            let redactor = LazyCell::new(|| {
                history[new..].iter().for_each(|one| secrets::learn(&mut secrets, judge.contract, one));
                secrets.redactor()
            });
            SequencePart { name, numbers, history: &history, new }.judge(judge, &redactor, listener);
            if parts.len() > 1 {
                // What it knows is hidden in later parts, too.
                LazyCell::force(&redactor);
            }
            drop(redactor);
            history.drain(..history.len().saturating_sub(OVERLAP));
        }
        Ok(())
    }

    /// A group in parts that fit into memory.
    fn parts<'g>(&self, group: &'g [usize]) -> Vec<&'g [usize]> {
        let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (end, at) in group.iter().enumerate() {
            let length = self.known(*at).place.length;
            if end - start >= PART || (end > start && bytes + length > PART_BYTES) {
                parts.push(&group[start..end]);
                (start, bytes) = (end, 0);
            }
            bytes += length;
        }
        parts.push(&group[start..]);
        parts
    }

    fn known(&self, number: usize) -> &KnownEntry<'a> {
        self.known[number].as_ref().expect("only what is known is in a group")
    }

    fn observe(&self, number: usize, source: &mut HarSource, judge: &Judge<'_>) -> io::Result<Observation> {
        let KnownEntry { place, operation } = self.known(number);
        let json = har::read_at(&mut *source.text, *place)?;
        let read = entry::read(&json, &source.attached).map_err(io::Error::other)?;
        let decode =
            |exchange: &Exchange| judge.decoder.map_or(Decoded::NotTried, |decode| decode(judge.contract, exchange));
        Ok(read.observe(operation, self.keeps_cookies, decode))
    }
}

/// An entry that needs no judging, and why.
struct SettledEntry {
    entry: usize,
    request: String,
    outcome: Outcome,
    reason: String,
}

impl SettledEntry {
    fn replayed<'a>(&'a self, redactor: &'a SequenceRedactor<'a>) -> ReplayedEntry<'a> {
        ReplayedEntry::settled(self.entry, self.outcome, (&self.request, &self.reason), redactor)
    }
}

/// What an entry that is to be judged is about.
fn subject(judge: &Judge<'_>, operation: &Operation, read: HarEntry) -> EntrySubject {
    let started_at = read.started_at;
    let observation = read.observe(operation, true, |_| Decoded::NotTried);
    let about = resource(judge.contract, &observation).map_or(About::Nothing, About::Resource);
    EntrySubject { started_at, about }
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
    fn judge(self, judge: &Judge<'_>, redactor: &SequenceRedactor<'_>, listener: &mut dyn ReplayListener) {
        let ends = self.new + 1..=self.history.len();
        let judged: Vec<Judged> =
            ends.map(|end| judge_last(judge.contract, &self.history[..end], judge.levels)).collect();
        let observations = &self.history[self.new..];
        for ((number, observation), judged) in self.numbers.iter().zip(observations).zip(&judged) {
            listener.entry(&ReplayedEntry::of(*number, observation, judged, redactor));
        }
        let judged: Vec<Judged> = judged.into_iter().map(|judged| self.counted_from_here(judged)).collect();
        let (name, entries) = (self.name, self.numbers);
        listener.sequence(&JudgedSequence { name, entries, observations, judged: &judged, redactor });
    }

    /// Findings speak of exchanges of the history; a part counts its own from 0.
    fn counted_from_here(&self, mut judged: Judged) -> Judged {
        for finding in &mut judged.judgement.findings {
            finding.exchange = finding.exchange.and_then(|at| at.checked_sub(self.new));
        }
        judged
    }
}
