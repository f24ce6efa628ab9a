//! Reads a journal: an index of its lines, and scenario records one at a time.
//!
//! Deliberately not here: judging and rendering.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::line::{FORMAT, Line, append};
use crate::base::digest::of_reader;
use crate::base::sync::LockAnyway;
use crate::record::{ChangesRecord, Counts, Footer, Header, ScenarioRecord, Verdict};

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
        let mut text = self.text.locked();
        text.seek(SeekFrom::Start(0))?;
        of_reader(BufReader::new(&mut *text).take(end))
    }

    /// Writes the journal once more, with what differs from an earlier run in its footer; all other lines stay as they are,
    /// and so does their digest. Gives nothing where there is no footer.
    ///
    /// # Errors
    /// When the journal cannot be read or the copy cannot be written.
    pub fn copy_with(&self, changes: ChangesRecord, out: &mut impl Write) -> io::Result<Option<()>> {
        let Some(footer) = &self.footer else { return Ok(None) };
        let mut text = self.text.locked();
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
            let mut text = self.text.locked();
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
    use std::collections::BTreeMap;
    use std::io::Cursor;

    use chrono::DateTime;

    use super::*;
    use crate::record::{ContractRecord, TargetRecord};

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
