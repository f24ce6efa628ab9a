//! The journal: the append-only JSON-lines record of a run, of which every report is a projection.
//!
//! The first line is the header, then one line per scenario as it ends, last the footer. A run that was killed leaves a
//! journal without a footer, perhaps with a cut last line; it can still be read and says of itself that it did not finish.
//!
//! What is kept here is redacted; nothing in a journal is a secret. Deliberately not here: judging and rendering.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Counts, Finding, Level, Phase, Place, Verdict};

/// The version of the journal's format that this build writes and reads.
pub const FORMAT: u32 = 1;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// The first line.
    Header(Box<Header>),
    /// A scenario that ended.
    Scenario(Box<ScenarioRecord>),
    /// The last line of a run that finished.
    Footer(Footer),
}

/// What was run, against what, by which tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The journal's format, [`FORMAT`].
    pub format: u32,
    /// The tool's name and version, such as `flowproof 0.1.0`.
    pub tool: String,
    /// The run's id.
    pub run_id: String,
    /// The seed of everything random in the run.
    pub seed: u64,
    /// When the run began.
    pub started_at: DateTime<Utc>,
    /// Where requests went.
    pub target: TargetRecord,
    /// What was promised.
    pub contract: ContractRecord,
    /// How many scenarios the run was about to run.
    pub scenarios: usize,
    /// SHA-256 over the names and digests of all scenarios of the suite, of which a shard runs a part; lower-case hex.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub suite: String,
    /// Which part of the suite this run is, when it is split.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<ShardRecord>,
    /// What decided the run, by name, redacted: the effective configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub configuration: BTreeMap<String, Value>,
    /// What a reader must know before believing anything, such as `TLS was not verified`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// What the checks promise, and what to do when they find something.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<CheckText>,
}

/// A check as reports explain it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckText {
    /// The id in kebab-case, also its anchor in `docs/checks.md`.
    pub id: String,
    /// The level where nobody says otherwise.
    pub level: Level,
    /// What is promised, in one sentence.
    pub promise: String,
    /// What a violation looks like.
    pub example: String,
    /// What to do about one.
    pub advice: String,
}

/// One part of a suite that is split over several runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// Which part, from 1.
    pub index: usize,
    /// How many parts there are.
    pub of: usize,
}

/// Where requests went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetRecord {
    /// The name people gave it.
    pub name: String,
    /// `embedded`, `stand-in` or `tenant`.
    pub kind: String,
    /// The origin that requests were sent to.
    pub base_url: String,
}

/// What was promised, as far as reports need it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContractRecord {
    /// The document's title.
    pub title: String,
    /// The document's version.
    pub version: String,
    /// SHA-256 of the document, lower-case hex.
    pub digest: String,
    /// The register of requirements.
    pub requirements: Vec<RequirementRecord>,
    /// The operations, in the contract's order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub operations: Vec<OperationRecord>,
    /// The lifecycles of the resources.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lifecycles: Vec<LifecycleRecord>,
}

/// One operation, as far as reports need it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRecord {
    /// The name, such as `validateOtp`.
    pub name: String,
    /// The method in upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The media type of the request that selects the operation, if it takes one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media_type: Option<String>,
    /// What it is for, in a few words.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub summary: String,
    /// The documented replies.
    pub replies: Vec<ReplyRecord>,
}

/// One documented reply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRecord {
    /// The status codes it is for: `200`, `4XX` or `default`.
    pub status: String,
    /// The media types of its body; empty means that no body is documented.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub media_types: Vec<String>,
}

/// The state machine of one kind of resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleRecord {
    /// The name people use, such as `deviceAuthentication`.
    pub name: String,
    /// The operation that only looks.
    pub read: String,
    /// The operations that create a resource, with the states that it may start in.
    pub initial: BTreeMap<String, Vec<String>>,
    /// The states, in the contract's order.
    pub states: Vec<StateRecord>,
}

/// One state of a lifecycle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRecord {
    /// The name.
    pub name: String,
    /// What it means.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub description: String,
    /// Whether nothing can follow.
    #[serde(rename = "final", skip_serializing_if = "std::ops::Not::not", default)]
    pub is_final: bool,
    /// What may be done there, and what may follow, by operation.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub permits: BTreeMap<String, NextRecord>,
    /// The states that may be found later without any request.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub elapse: Vec<String>,
}

/// The states that may follow an action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRecord {
    /// When it was accepted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub success: Vec<String>,
    /// When its value was refused; empty means the same state.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rejection: Vec<String>,
}

/// A numbered promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequirementRecord {
    /// The id, such as `MFA-INIT-1`.
    pub id: String,
    /// The promise in one sentence.
    pub statement: String,
    /// The documentation page it comes from, or `assumption`.
    pub source: String,
}

/// One scenario that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRecord {
    /// The position in the run's order, from 0; scenarios that share a position are ordered by name.
    pub index: usize,
    /// The unique name, such as `mfa/otp/wrong-value`.
    pub name: String,
    /// The title.
    pub title: String,
    /// Why the scenario exists.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub why: String,
    /// The file it was read from.
    pub file: String,
    /// SHA-256 of what it asks: its file, its row and the fragments it uses; lower-case hex.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub digest: String,
    /// How many things it asks for beyond the contract: one for each part of each `expect`, for sequences and statuses.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub demands: usize,
    /// The levels of checks that it sets for itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub levels: BTreeMap<String, Level>,
    /// The tags.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<String>,
    /// The requirements it covers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub covers: Vec<String>,
    /// What it came to.
    pub verdict: Verdict,
    /// Why it did not pass, in one sentence; absent when it passed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// The planned steps in order.
    pub steps: Vec<StepRecord>,
    /// The exchanges in order; steps and findings refer to them by index.
    pub exchanges: Vec<ExchangeRecord>,
    /// What the checks found, at level `warn` or `deny`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
    /// The states that each resource went through.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sequences: Vec<SequenceRecord>,
    /// How often each check was evaluated.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<CheckRecord>,
    /// What may be left on the target.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub leftovers: Vec<LeftoverRecord>,
    /// What earlier attempts came to, when the scenario was run again. A scenario that passed after one is flaky.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub earlier: Vec<AttemptRecord>,
}

impl ScenarioRecord {
    /// Whether it passed only after an attempt that did not.
    pub fn is_flaky(&self) -> bool {
        self.verdict == Verdict::Passed && !self.earlier.is_empty()
    }

    /// Makes this the attempt that counts, after another whose attempts become earlier ones.
    #[must_use]
    pub fn after(mut self, before: Self) -> Self {
        let Self { mut earlier, mut leftovers, verdict, reason, started_at, duration_us, findings, exchanges, .. } =
            before;
        earlier.push(AttemptRecord { verdict, reason, started_at, duration_us, findings, exchanges });
        earlier.append(&mut self.earlier);
        leftovers.append(&mut self.leftovers);
        Self { earlier, leftovers, ..self }
    }
}

/// Something that may be left on the target, for whoever cleans up by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftoverRecord {
    /// The operation that made it, or that should have removed it.
    pub operation: String,
    /// Its id, where one is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<String>,
    /// Why it may still be there.
    pub why: String,
}

/// What an earlier attempt at a scenario came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// What it came to.
    pub verdict: Verdict,
    /// Why it did not pass, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What the checks found.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
    /// Its exchanges; the findings refer to them by index.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exchanges: Vec<ExchangeRecord>,
}

/// One planned step and how far it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The label the scenario gave, or the operation's name.
    pub label: String,
    /// The operation, absent for out-of-band steps.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// Where the step is written.
    pub place: Place,
    /// How far it came.
    pub outcome: StepOutcome,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Sent and all held.
    Held,
    /// Sent, and something was found that fails the scenario.
    Violated,
    /// No verdict was possible.
    Errored,
    /// Not reached, because an earlier step ended the scenario.
    NotRun,
}

/// One exchange, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// The index of the step that sent it.
    pub step: usize,
    /// The operation, if one was meant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// Why the request was sent again, if it was: `429` or `connection lost`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resent: Option<String>,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// Microseconds until the header block had arrived.
    pub first_byte_us: u64,
    /// Microseconds until the last byte or the error.
    pub total_us: u64,
    /// What was sent.
    pub request: RequestRecord,
    /// What came back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response: Option<ResponseRecord>,
    /// Why nothing complete came back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorRecord>,
}

/// A request, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The method.
    pub method: String,
    /// The absolute URL.
    pub url: String,
    /// The header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<BodyRecord>,
}

/// A response, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseRecord {
    /// The status code.
    pub status: u16,
    /// The header fields in order, duplicates kept.
    pub headers: Vec<(String, String)>,
    /// The body; absent when empty.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<BodyRecord>,
}

/// A body, redacted, as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BodyRecord {
    /// The text; bytes that are not UTF-8 are shown as `\xNN`.
    pub text: String,
    /// The size on the wire, in bytes.
    pub bytes: usize,
    /// Whether the text was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cut: bool,
}

/// A transport error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// What the transport was doing.
    pub phase: Phase,
    /// What went wrong.
    pub message: String,
}

/// The states that one resource went through, as observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SequenceRecord {
    /// The lifecycle's name.
    pub lifecycle: String,
    /// The resource's id.
    pub resource: String,
    /// The states in order, consecutive repeats collapsed, each with the exchange that first showed it.
    pub observed: Vec<(String, usize)>,
    /// The sequence that the scenario asks for, if it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected: Option<Vec<String>>,
}

/// How often a check was evaluated in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The check's id.
    pub check: String,
    /// On how many exchanges it was evaluated.
    pub evaluated: usize,
    /// On how many it could not be, because an earlier check made it meaningless.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub not_evaluated: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The last line of a run that finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Footer {
    /// When the run ended.
    pub finished_at: DateTime<Utc>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What it came to.
    pub counts: Counts,
    /// The exit code that the counts stand for.
    pub exit_code: u8,
    /// Why the run ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_early: Option<String>,
    /// What the run met that belongs to no scenario, such as a clock that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// SHA-256 over all lines before this one, line ends included; lower-case hex. Earlier builds wrote none.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub digest: String,
    /// What differs from the run that a team has agreed on, when it was compared with one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changes: Option<ChangesRecord>,
}

/// What differs from the run that a team has agreed on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesRecord {
    /// What it was compared with, in a few words, such as `the run of 3 March 2026`.
    pub baseline: String,
    /// The differences; empty means that there are none.
    pub changes: Vec<ChangeRecord>,
}

/// One difference from the baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// Whether it is for the worse.
    pub bearing: Bearing,
    /// What changed: a scenario's name, or anything else that has one.
    pub subject: String,
    /// What changed about it, one sentence without a final stop.
    pub message: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<String>,
    /// Since when, as far as earlier runs tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<DateTime<Utc>>,
}

/// What a difference means to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    /// Something that held does not hold any more.
    Worse,
    /// Something that did not hold does now.
    Better,
    /// It is another, and neither better nor worse.
    Other,
}

impl Counts {
    /// Adds all that a scenario's record counts.
    pub fn take(&mut self, record: &ScenarioRecord) {
        self.add(record.verdict);
        self.flaky += usize::from(record.is_flaky());
        let earlier = record.earlier.iter().map(|attempt| attempt.exchanges.len()).sum::<usize>();
        self.exchanges += record.exchanges.len() + earlier;
        self.checks += record.checks.iter().map(|check| check.evaluated).sum::<usize>();
        self.warnings += record.findings.iter().filter(|finding| finding.level == Level::Warn).count();
    }
}

/// Passes the lines of a journal on and works out their digest, for the footer.
#[derive(Debug, Default)]
pub struct Digesting<W> {
    out: W,
    sha: Sha256,
}

impl<W: Write> Digesting<W> {
    /// Passes on to a writer.
    pub fn new(out: W) -> Self {
        Self { out, sha: Sha256::new() }
    }

    /// The digest of everything so far.
    pub fn digest(&self) -> String {
        self.sha.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The digest of everything that can be read.
///
/// # Errors
/// Whatever the reader reports.
pub fn digest(mut text: impl Read) -> io::Result<String> {
    let mut digesting = Digesting::new(io::sink());
    io::copy(&mut text, &mut digesting)?;
    Ok(digesting.digest())
}

/// Writes one line of a journal with a single call, so that lines of several processes never interleave.
///
/// # Errors
/// Whatever the writer reports.
pub fn append(out: &mut impl Write, line: &Line) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}

/// Writes a scenario's line without taking the record.
///
/// # Errors
/// Whatever the writer reports.
pub fn append_scenario(out: &mut impl Write, record: &ScenarioRecord) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        scenario: &'a ScenarioRecord,
    }
    let mut bytes = serde_json::to_vec(&Line { scenario: record })?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}

/// A journal that was opened for reading. Scenario records are read from it one at a time.
pub struct Journal {
    header: Header,
    footer: Option<Footer>,
    /// Where the footer begins.
    footer_start: u64,
    entries: Vec<Entry>,
    cut: bool,
    text: Mutex<Box<dyn ReadSeek + Send>>,
}

/// Where a scenario's record stands in the journal, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The position in the run's order.
    pub index: usize,
    /// The scenario's name.
    pub name: String,
    /// What it came to.
    pub verdict: Verdict,
    /// Whether it may have left something on the target.
    pub left_something: bool,
    line: Stretch,
    /// The lines of earlier attempts that were recorded by processes of their own.
    earlier: Vec<Stretch>,
}

/// A line of a journal: where it begins, and how many bytes it has.
type Stretch = (u64, usize);

/// Why a journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be read.
    #[error("cannot read the journal: {0}")]
    Io(#[from] io::Error),
    /// The first line is not a header of this format.
    #[error("not a journal: {0}")]
    NotAJournal(String),
    /// A later build wrote it.
    #[error("the journal has format {0}; this build reads format {FORMAT}")]
    Format(u32),
    /// There is no footer.
    #[error("the run did not finish: the journal has no footer; run it again")]
    Unfinished,
    /// It is not as it was written.
    #[error("the journal was changed after the run: {0}; use the journal as the run wrote it")]
    Edited(String),
    /// A line in the middle is broken.
    #[error("line {line} of the journal is broken: {message}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// As much of a line as the index needs; the rest is skipped without being kept.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Peek {
    Header(Box<Header>),
    Scenario(PeekScenario),
    Footer(Footer),
}

#[derive(Deserialize)]
struct PeekScenario {
    index: usize,
    name: String,
    verdict: Verdict,
    #[serde(default)]
    leftovers: Option<IgnoredAny>,
}

impl Journal {
    /// Opens a journal file.
    ///
    /// # Errors
    /// When the file cannot be read, is no journal, or has a broken line before its last.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        Self::read(std::fs::File::open(path)?)
    }

    /// Reads only the header of a journal file.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn header_of(path: &Path) -> Result<Header, JournalError> {
        let mut line = String::new();
        BufReader::new(std::fs::File::open(path)?).read_line(&mut line)?;
        match serde_json::from_str(&line) {
            Ok(Line::Header(header)) if header.format == FORMAT => Ok(*header),
            Ok(Line::Header(header)) => Err(JournalError::Format(header.format)),
            Ok(_) => Err(JournalError::NotAJournal("it has no header line".into())),
            Err(error) => Err(JournalError::NotAJournal(error.to_string())),
        }
    }

    /// Reads a journal from anything that can be read twice.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn read(text: impl Read + Seek + Send + 'static) -> Result<Self, JournalError> {
        let mut text: Box<dyn ReadSeek + Send> = Box::new(text);
        let mut index = Index::default();
        index.scan(&mut BufReader::new(&mut text))?;
        let header = index.header.ok_or_else(|| JournalError::NotAJournal("it has no header line".into()))?;
        let mut entries = united(index.entries);
        entries.sort_by(|a, b| (a.index, &a.name).cmp(&(b.index, &b.name)));
        let (footer, footer_start) = index.footer.map_or((None, 0), |(footer, start)| (Some(footer), start));
        Ok(Self { header, footer, footer_start, entries, cut: index.cut, text: Mutex::new(text) })
    }

    /// What was run.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The last line; `None` when the run did not finish.
    pub fn footer(&self) -> Option<&Footer> {
        self.footer.as_ref()
    }

    /// Holds the journal to be whole and as it was written: it has a footer, nothing behind that, and its digest and counts
    /// are those of the lines before. Journals of earlier builds have no digest; of those the counts must fit.
    ///
    /// # Errors
    /// When it is not, or cannot be read.
    pub fn verify(&self) -> Result<(), JournalError> {
        let footer = self.footer.as_ref().ok_or(JournalError::Unfinished)?;
        let edited = |what: &str| Err(JournalError::Edited(what.to_owned()));
        let (told, found) = (footer.counts, self.verdicts());
        if (told.passed, told.failed, told.errored, told.skipped)
            != (found.passed, found.failed, found.errored, found.skipped)
        {
            return edited("the footer counts other verdicts than there are");
        }
        if self.cut {
            return edited("there is something behind the footer");
        }
        if !footer.digest.is_empty() && self.digest_before(self.footer_start)? != footer.digest {
            return edited("the lines are not those that the footer's digest was made of");
        }
        Ok(())
    }

    fn digest_before(&self, end: u64) -> io::Result<String> {
        let mut text = self.text.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        text.seek(SeekFrom::Start(0))?;
        digest(BufReader::new(&mut *text).take(end))
    }

    /// Writes the journal once more, with what differs from an earlier run in its footer; all other lines stay as they are,
    /// and so does their digest. Gives nothing where there is no footer.
    ///
    /// # Errors
    /// When the journal cannot be read or the copy cannot be written.
    pub fn copy_with(&self, changes: ChangesRecord, out: &mut impl Write) -> io::Result<Option<()>> {
        let Some(footer) = &self.footer else { return Ok(None) };
        let mut text = self.text.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        text.seek(SeekFrom::Start(0))?;
        io::copy(&mut BufReader::new(&mut *text).take(self.footer_start), out)?;
        append(out, &Line::Footer(Footer { changes: Some(changes), ..footer.clone() })).map(Some)
    }

    /// Whether the last line was cut, as a killed run leaves it.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The scenarios in the run's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Counts of the verdicts as they stand in the lines; the only counts there are when the footer is missing.
    pub fn verdicts(&self) -> Counts {
        let mut counts = Counts::default();
        self.entries.iter().for_each(|entry| counts.add(entry.verdict));
        counts
    }

    /// Reads one scenario's record.
    ///
    /// # Errors
    /// When the file changed since it was opened.
    pub fn record(&self, entry: &Entry) -> Result<ScenarioRecord, JournalError> {
        let mut record = self.line(entry.line)?;
        for line in entry.earlier.iter().rev() {
            record = record.after(self.line(*line)?);
        }
        Ok(record)
    }

    fn line(&self, (start, length): Stretch) -> Result<ScenarioRecord, JournalError> {
        let mut bytes = vec![0; length];
        {
            let mut text = self.text.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            text.seek(SeekFrom::Start(start))?;
            text.read_exact(&mut bytes)?;
        }
        match serde_json::from_slice(&bytes) {
            Ok(Line::Scenario(record)) => Ok(*record),
            Ok(_) => Err(JournalError::NotAJournal("it changed while it was read".into())),
            Err(error) => Err(JournalError::NotAJournal(error.to_string())),
        }
    }

    /// Reads the records one after the other, in the run's order.
    pub fn records(&self) -> impl Iterator<Item = Result<ScenarioRecord, JournalError>> {
        self.entries.iter().map(|entry| self.record(entry))
    }
}

/// Makes one entry of all that have the same name: the last counts, the others are earlier attempts at it.
fn united(entries: Vec<Entry>) -> Vec<Entry> {
    let mut known: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    let mut united: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match known.get(&entry.name) {
            None => {
                known.insert(entry.name.clone(), united.len());
                united.push(entry);
            }
            Some(at) => {
                let before = &mut united[*at];
                let mut earlier = std::mem::take(&mut before.earlier);
                earlier.push(before.line);
                let left_something = entry.left_something || before.left_something;
                *before = Entry { earlier, left_something, ..entry };
            }
        }
    }
    united
}

#[derive(Default)]
struct Index {
    header: Option<Header>,
    /// With where it begins.
    footer: Option<(Footer, u64)>,
    entries: Vec<Entry>,
    cut: bool,
}

impl Index {
    fn scan(&mut self, text: &mut impl BufRead) -> Result<(), JournalError> {
        let (mut start, mut number, mut line) = (0, 0, Vec::new());
        loop {
            line.clear();
            let length = text.read_until(b'\n', &mut line)?;
            if length == 0 {
                return Ok(());
            }
            number += 1;
            self.take(&line, start, number)?;
            start += length as u64;
        }
    }

    fn take(&mut self, line: &[u8], start: u64, number: usize) -> Result<(), JournalError> {
        let whole = line.ends_with(b"\n");
        match serde_json::from_slice::<Peek>(line) {
            Err(_) if !whole => self.cut = true,
            Err(error) if number == 1 => return Err(JournalError::NotAJournal(error.to_string())),
            Err(error) => return Err(JournalError::Line { line: number, message: error.to_string() }),
            Ok(Peek::Header(header)) if header.format != FORMAT => return Err(JournalError::Format(header.format)),
            Ok(Peek::Header(header)) => self.header = Some(*header),
            Ok(Peek::Footer(footer)) => self.footer = Some((footer, start)),
            Ok(Peek::Scenario(PeekScenario { index, name, verdict, leftovers })) => {
                // A run that goes on after its last line has not ended.
                self.footer = None;
                let (line, left_something) = ((start, line.len()), leftovers.is_some());
                self.entries.push(Entry { index, name, verdict, left_something, line, earlier: Vec::new() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn header() -> Header {
        Header {
            format: FORMAT,
            tool: "flowproof 0.0.0".into(),
            run_id: "r".into(),
            seed: 1,
            started_at: DateTime::UNIX_EPOCH,
            target: TargetRecord { name: "t".into(), kind: "embedded".into(), base_url: "http://127.0.0.1:1".into() },
            contract: ContractRecord {
                title: "c".into(),
                version: "1".into(),
                digest: "d".into(),
                ..ContractRecord::default()
            },
            suite: String::new(),
            shard: None,
            configuration: BTreeMap::new(),
            notes: Vec::new(),
            checks: Vec::new(),
            scenarios: 2,
        }
    }

    fn scenario(index: usize, verdict: Verdict) -> ScenarioRecord {
        ScenarioRecord {
            index,
            name: format!("s{index}"),
            title: String::new(),
            why: String::new(),
            file: String::new(),
            digest: String::new(),
            demands: 0,
            levels: BTreeMap::new(),
            leftovers: Vec::new(),
            earlier: Vec::new(),
            tags: Vec::new(),
            covers: Vec::new(),
            verdict,
            reason: None,
            started_at: DateTime::UNIX_EPOCH,
            duration_us: 1,
            steps: Vec::new(),
            exchanges: Vec::new(),
            findings: Vec::new(),
            sequences: Vec::new(),
            checks: Vec::new(),
        }
    }

    fn written(lines: &[Line]) -> Vec<u8> {
        let mut bytes = Vec::new();
        lines.iter().for_each(|line| append(&mut bytes, line).expect("a vector takes it"));
        bytes
    }

    #[test]
    fn k05_records_come_back_in_the_order_of_the_run_whatever_order_they_ended_in() {
        let bytes = written(&[
            Line::Header(Box::new(header())),
            Line::Scenario(Box::new(scenario(1, Verdict::Failed))),
            Line::Scenario(Box::new(scenario(0, Verdict::Passed))),
        ]);
        let journal = Journal::read(Cursor::new(bytes)).expect("readable");
        let names: Vec<_> = journal.records().map(|record| record.expect("readable").name).collect();
        assert_eq!(names, ["s0", "s1"]);
        assert_eq!(journal.verdicts().failed, 1);
        assert!(journal.footer().is_none());
    }

    #[test]
    fn r05_a_journal_whose_last_line_is_cut_is_readable_and_says_so() {
        let mut bytes = written(&[
            Line::Header(Box::new(header())),
            Line::Scenario(Box::new(scenario(0, Verdict::Passed))),
            Line::Scenario(Box::new(scenario(1, Verdict::Passed))),
        ]);
        bytes.truncate(bytes.len() - 20);
        let journal = Journal::read(Cursor::new(bytes)).expect("readable");
        assert!(journal.is_cut());
        assert_eq!(journal.entries().len(), 1);
    }

    #[test]
    fn e13_two_records_of_one_name_are_one_with_an_earlier_attempt() {
        let failed = ScenarioRecord { reason: Some("first".into()), ..scenario(0, Verdict::Failed) };
        let footer = |counts| {
            Line::Footer(Footer {
                digest: String::new(),
                finished_at: DateTime::UNIX_EPOCH,
                duration_us: 1,
                counts,
                exit_code: 0,
                ended_early: None,
                notes: Vec::new(),
                changes: None,
            })
        };
        let mut lines = vec![
            Line::Header(Box::new(header())),
            Line::Scenario(Box::new(failed)),
            Line::Scenario(Box::new(scenario(1, Verdict::Passed))),
            footer(Counts::default()),
            Line::Scenario(Box::new(scenario(0, Verdict::Passed))),
        ];
        let journal = Journal::read(Cursor::new(written(&lines))).expect("readable");
        assert!(journal.footer().is_none(), "a run that goes on after its last line has not ended");
        assert_eq!((journal.entries().len(), journal.verdicts().passed), (2, 2));
        let record = journal.record(&journal.entries()[0]).expect("readable");
        assert!(record.is_flaky());
        assert_eq!(record.earlier[0].reason.as_deref(), Some("first"));
        lines.push(footer(Counts::default()));
        assert!(Journal::read(Cursor::new(written(&lines))).expect("readable").footer().is_some());
    }

    #[test]
    fn e12_something_else_is_never_read_as_an_empty_journal() {
        for text in ["", "{}\n", "not json\n", "[]\n"] {
            assert!(Journal::read(Cursor::new(text.as_bytes().to_vec())).is_err(), "{text:?}");
        }
        let mut newer = header();
        newer.format = FORMAT + 1;
        let bytes = written(&[Line::Header(Box::new(newer))]);
        assert!(matches!(Journal::read(Cursor::new(bytes)), Err(JournalError::Format(_))));
    }
}
