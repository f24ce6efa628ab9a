//! Reads a journal: an index of its lines, and scenario records one at a time.
//!
//! Deliberately not here: judging and rendering.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::at_hand::AtHand;
use super::error::JournalError;
use super::index::{JournalIndex, ScenarioEntry, Stretch};
use super::line::{self, JournalLine, Part, append};
use crate::base::digest::{Digesting, of_reader};
use crate::base::sync::LockAnyway;
use crate::record::redaction::by_looks;
use crate::record::{ChangesRecord, Counts, Footer, Header, ScenarioRecord};

/// A journal that was opened for reading. Scenario records are read from it one at a time.
pub struct Journal {
    header: Arc<Header>,
    footer: Option<Footer>,
    /// Where the footer begins.
    footer_start: u64,
    entries: Vec<ScenarioEntry>,
    at_hand: AtHand,
    cut: bool,
    text: Mutex<Box<dyn ReadSeek + Send>>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Journal of {} with {} scenarios", self.header.run_id, self.entries.len())
    }
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
            Ok(JournalLine::Header(header)) if header.format == Header::FORMAT => Ok(*header),
            Ok(JournalLine::Header(header)) => Err(JournalError::Format(header.format)),
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
        let JournalIndex { header, footer, entries, cut } = JournalIndex::scan(&mut BufReader::new(&mut text))?;
        let header = header.ok_or_else(|| JournalError::NotAJournal("it has no header line".into()))?;
        let (footer, footer_start) = footer.map_or((None, 0), |(footer, start)| (Some(footer), start));
        let footer = footer.map(|footer| clean(&header, footer)).transpose()?;
        let header = if is_clean(&header) { header } else { clean(&header, header.clone())? };
        Ok(Self {
            header: Arc::new(header),
            footer,
            footer_start,
            entries,
            at_hand: AtHand::default(),
            cut,
            text: Mutex::new(text),
        })
    }

    /// The journal that this process has just written to a file, of which nothing has to be read for that.
    pub(super) fn written(
        (header, footer, footer_start): (Arc<Header>, Footer, u64),
        (entries, at_hand): (Vec<ScenarioEntry>, AtHand),
        text: std::fs::File,
    ) -> Self {
        let text: Mutex<Box<dyn ReadSeek + Send>> = Mutex::new(Box::new(text));
        Self { header, footer: Some(footer), footer_start, entries, at_hand, cut: false, text }
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
        if footer.counts.verdicts() != self.counts().verdicts() {
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

    /// The text, to be read from a place on.
    fn at(&self, start: u64) -> io::Result<MutexGuard<'_, Box<dyn ReadSeek + Send>>> {
        let mut text = self.text.locked();
        text.seek(SeekFrom::Start(start)).map(|_| text)
    }

    fn digest_before(&self, end: u64) -> io::Result<String> {
        let mut text = self.at(0)?;
        of_reader(BufReader::new(&mut *text).take(end))
    }

    /// Writes the journal once more, with what differs from an earlier run in its footer. All other lines stay as they are, and
    /// so does their digest; only those of an earlier build are redacted as this one does it, and get a digest of their own.
    /// Gives nothing where there is no footer.
    ///
    /// # Errors
    /// When the journal cannot be read or the copy cannot be written.
    pub fn copy_with(&self, changes: ChangesRecord, out: &mut impl Write) -> io::Result<Option<()>> {
        let Some(footer) = &self.footer else { return Ok(None) };
        let mut text = self.at(0)?;
        let mut lines = BufReader::new(&mut *text).take(self.footer_start);
        let mut copy = Digesting::new(out);
        if is_clean(&self.header) {
            io::copy(&mut lines, &mut copy)?;
        } else {
            copy_clean(&self.header, lines, &mut copy)?;
        }
        let footer = Footer { changes: Some(changes), digest: copy.digest(), ..footer.clone() };
        append(&mut copy, &JournalLine::Footer(footer)).map(Some)
    }

    /// Whether the last line was cut, as a killed run leaves it.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The scenarios in the run's order.
    pub fn entries(&self) -> &[ScenarioEntry] {
        &self.entries
    }

    /// What the lines of the scenarios add up to; the only counts there are when the footer is missing.
    pub fn counts(&self) -> Counts {
        self.entries.iter().map(|entry| entry.counts).sum()
    }

    /// Reads one scenario's record.
    ///
    /// # Errors
    /// When the file changed since it was opened.
    pub fn record(&self, entry: &ScenarioEntry) -> Result<ScenarioRecord, JournalError> {
        let mut record = self.line(entry.line)?;
        for line in entry.earlier.iter().rev() {
            record = record.after(self.line(*line)?);
        }
        Ok(record)
    }

    fn bytes(&self, (start, length): Stretch) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.at(start)?.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A record as JSON, if it is at hand: it stands in the file as it would be written once more.
    pub(crate) fn written_at_hand(&self, entry: &ScenarioEntry) -> Option<Vec<u8>> {
        self.at_hand.get(entry.line).filter(|_| entry.earlier.is_empty())?;
        ScenarioRecord::within(&self.bytes(entry.line).ok()?).map(<[u8]>::to_vec)
    }

    fn line(&self, stretch: Stretch) -> Result<ScenarioRecord, JournalError> {
        match serde_json::from_slice(&self.bytes(stretch)?) {
            Ok(JournalLine::Scenario(record)) => clean(&self.header, *record),
            Ok(_) => Err(JournalError::NotAJournal("it changed while it was read".into())),
            Err(error) => Err(JournalError::NotAJournal(error.to_string())),
        }
    }

    /// Reads the records one after the other, in the run's order.
    pub fn records(&self) -> impl Iterator<Item = Result<ScenarioRecord, JournalError>> {
        self.entries.iter().map(|entry| self.record(entry))
    }

    /// As [`Journal::records`], of which those that are at hand are not read.
    pub(crate) fn shared_records(&self) -> impl Iterator<Item = Result<Arc<ScenarioRecord>, JournalError>> {
        self.entries.iter().map(|entry| match self.at_hand.get(entry.line).filter(|_| entry.earlier.is_empty()) {
            Some(record) => Ok(Arc::clone(record)),
            None => self.record(entry).map(Arc::new),
        })
    }
}

/// A part of a journal as this build would have written it: one of an earlier build may hold what looks like a credential. A
/// part that means nothing once that is hidden is not read at all.
fn clean<T: Serialize + DeserializeOwned>(header: &Header, part: T) -> Result<T, JournalError> {
    if is_clean(header) {
        return Ok(part);
    }
    line::without_credentials(part)
        .map_err(|error| JournalError::NotAJournal(format!("a credential in it cannot be hidden: {error}")))
}

/// Whether a journal was written by a build that redacts what this one does.
fn is_clean(header: &Header) -> bool {
    header.redaction >= Header::REDACTION
}

/// Copies the lines of a journal of an earlier build as this one would have written them.
fn copy_clean(header: &Header, lines: impl BufRead, out: &mut impl Write) -> io::Result<()> {
    let header = Header { redaction: Header::REDACTION, ..header.clone() };
    append(out, &JournalLine::Header(Box::new(header)))?;
    lines.lines().skip(1).try_for_each(|line| writeln!(out, "{}", by_looks().json(&line?)))
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use chrono::DateTime;

    use super::*;
    use crate::record::{CheckRecord, ContractRecord, TargetRecord, Verdict};

    fn header() -> Header {
        Header::new(TargetRecord::default(), ContractRecord::default(), Vec::new())
    }

    fn scenario(index: usize, verdict: Verdict) -> ScenarioRecord {
        let checks = vec![CheckRecord { check: "schema".into(), evaluated: 2, not_evaluated: 1 }];
        ScenarioRecord { checks, ..ScenarioRecord::new(index, format!("s{index}"), verdict) }
    }

    fn footer() -> Footer {
        Footer {
            digest: String::new(),
            finished_at: DateTime::UNIX_EPOCH,
            duration_us: 1,
            counts: Counts::default(),
            exit_code: 0,
            ended_early: None,
            notes: Vec::new(),
            uncovered: Vec::new(),
            changes: None,
        }
    }

    fn written(lines: &[JournalLine]) -> Vec<u8> {
        let mut bytes = Vec::new();
        lines.iter().for_each(|line| append(&mut bytes, line).expect("a vector takes it"));
        bytes
    }

    #[test]
    fn x17_a_part_of_an_older_journal_that_cannot_be_redacted_is_not_read() {
        #[derive(Debug, Serialize, serde::Deserialize)]
        struct Part {
            pin: u64,
        }
        let older = Header { redaction: 0, ..Header::default() };
        let refusal = clean(&older, Part { pin: 987_654 }).expect_err("a mark is no number").to_string();
        assert!(refusal.contains("cannot be hidden") && !refusal.contains("987654"), "{refusal}");
        assert!(clean(&Header { redaction: Header::REDACTION, ..older }, Part { pin: 1 }).is_ok());
    }

    #[test]
    fn k05_records_come_back_in_the_order_of_the_run_whatever_order_they_ended_in() {
        let bytes = written(&[
            JournalLine::Header(Box::new(header())),
            JournalLine::Scenario(Box::new(scenario(1, Verdict::Failed))),
            JournalLine::Scenario(Box::new(scenario(0, Verdict::Passed))),
        ]);
        let journal = Journal::read(Cursor::new(bytes)).expect("readable");
        let names: Vec<_> = journal.records().map(|record| record.expect("readable").name).collect();
        assert_eq!(names, ["s0", "s1"]);
        assert_eq!(journal.counts().failed, 1);
        assert!(journal.footer().is_none());
    }

    /// reported/21: a journal that was written before credentials were known by their looks.
    #[test]
    fn x17_what_looks_like_a_credential_in_an_older_journal_is_not_read() {
        let reason = |text: &str| Some(format!("cannot read {text}"));
        let record = ScenarioRecord { reason: reason("postgres://u:CANARY@h/db"), ..scenario(0, Verdict::Errored) };
        for (redaction, wanted) in [(0, "postgres://‹credentials›@h/db"), (1, "postgres://u:CANARY@h/db")] {
            let header = Header { redaction, notes: vec!["sent to http://u:CANARY@h".into()], ..header() };
            let bytes =
                written(&[JournalLine::Header(Box::new(header)), JournalLine::Scenario(Box::new(record.clone()))]);
            let journal = Journal::read(Cursor::new(bytes)).expect("readable");
            assert_eq!(journal.records().next().expect("one").expect("readable").reason, reason(wanted));
            assert_eq!(journal.header().notes[0].contains("CANARY"), redaction == 1);
        }
    }

    /// reported/21: `gate --report` writes the journal that it judged again.
    #[test]
    fn x17_the_copy_of_an_older_journal_holds_nothing_that_looks_like_a_credential_and_fits_its_digest() {
        let reason = Some("cannot read postgres://u:CANARY@h/db".to_owned());
        let record = ScenarioRecord { reason, ..scenario(0, Verdict::Errored) };
        let counts = Counts { errored: 1, ..Counts::default() };
        for redaction in [0, 1] {
            let header = Header { redaction, notes: vec!["sent to http://u:CANARY@h".into()], ..header() };
            let mut lines =
                written(&[JournalLine::Header(Box::new(header)), JournalLine::Scenario(Box::new(record.clone()))]);
            let before = lines.clone();
            append(&mut lines, &JournalLine::Footer(Footer { counts, ..footer() })).expect("a vector takes it");
            let journal = Journal::read(Cursor::new(lines)).expect("readable");
            let mut copy = Vec::new();
            journal.copy_with(ChangesRecord::default(), &mut copy).expect("written").expect("it has a footer");
            assert_eq!(String::from_utf8_lossy(&copy).contains("CANARY"), redaction == 1);
            assert_eq!(copy.starts_with(&before), redaction == 1, "what needs no redaction stays as it is");
            let copy = Journal::read(Cursor::new(copy)).expect("readable");
            copy.verify().expect("as it was written");
            assert_eq!(copy.header().redaction, Header::REDACTION);
        }
    }

    #[test]
    fn r05_a_journal_whose_last_line_is_cut_is_readable_and_says_so() {
        let mut bytes = written(&[
            JournalLine::Header(Box::new(header())),
            JournalLine::Scenario(Box::new(scenario(0, Verdict::Passed))),
            JournalLine::Scenario(Box::new(scenario(1, Verdict::Passed))),
        ]);
        bytes.truncate(bytes.len() - 20);
        let journal = Journal::read(Cursor::new(bytes)).expect("readable");
        assert!(journal.is_cut());
        assert_eq!(journal.entries().len(), 1);
    }

    #[test]
    fn e13_two_records_of_one_name_are_one_with_an_earlier_attempt() {
        let failed = ScenarioRecord { reason: Some("first".into()), ..scenario(0, Verdict::Failed) };
        let footer = |counts| JournalLine::Footer(Footer { counts, ..footer() });
        let mut lines = vec![
            JournalLine::Header(Box::new(header())),
            JournalLine::Scenario(Box::new(failed)),
            JournalLine::Scenario(Box::new(scenario(1, Verdict::Passed))),
            footer(Counts::default()),
            JournalLine::Scenario(Box::new(scenario(0, Verdict::Passed))),
        ];
        let journal = Journal::read(Cursor::new(written(&lines))).expect("readable");
        assert!(journal.footer().is_none(), "a run that goes on after its last line has not ended");
        assert_eq!((journal.entries().len(), journal.counts().passed), (2, 2));
        let record = journal.record(&journal.entries()[0]).expect("readable");
        assert!(record.is_flaky());
        let mut counts = Counts::default();
        journal.records().for_each(|record| counts.take(&record.expect("readable")));
        assert_eq!(journal.counts(), counts, "what the index counts is what the records say");
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
        newer.format = Header::FORMAT + 1;
        let bytes = written(&[JournalLine::Header(Box::new(newer))]);
        assert!(matches!(Journal::read(Cursor::new(bytes)), Err(JournalError::Format(_))));
    }
}
