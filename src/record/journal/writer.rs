//! Writes the journal of a run: one line per scenario, the moment it ends.
//!
//! A folder belongs to one run at a time. The processes of one test run (nextest starts one per scenario) are one run: they
//! name it by the same id and join the same journal. Deliberately not here: what a record says.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use chrono::{TimeDelta, Utc};

use super::at_hand::AtHand;
use super::error::JournalWriteError;
use super::folder::{IfLocked, JOURNAL, lock, make_folder};
use super::index::{ScenarioEntry, Stretch, ordered};
use super::line::{Part, without_credentials};
use super::reader::Journal;
use crate::base::digest::{Digesting, of_reader};
use crate::base::duration::micros;
use crate::base::private;
use crate::base::sync::LockAnyway;
use crate::record::model::skew;
use crate::record::redaction::Register;
use crate::record::{ContractRecord, Counts, ExitCode, Footer, Header, ScenarioRecord};

/// How a run ended, beyond what its scenarios came to.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    /// Why it ended early, if it did.
    pub early: Option<String>,
    /// The least that the process ends with.
    pub exit: ExitCode,
    /// What the run met that belongs to no scenario.
    pub notes: Vec<String>,
    /// Whether the run is a part of a suite to which no scenario belongs: the whole says whether that is right.
    pub empty_part: bool,
    /// Whether scenarios that passed only when they were run again fail the run.
    pub fail_flaky: bool,
    /// What the suite does not reach of what it must reach, which fails the run.
    pub uncovered: Vec<String>,
}

impl Ending {
    /// The exit code of a run with these counts.
    pub fn exit_code(&self, counts: &Counts) -> ExitCode {
        let base = if self.empty_part { ExitCode::Held } else { counts.exit_code() };
        let fails = (self.fail_flaky && counts.flaky > 0) || !self.uncovered.is_empty();
        base.max(if fails { ExitCode::Violated } else { ExitCode::Held }).max(self.exit)
    }
}

/// Writes the journal of one run.
#[derive(Debug)]
pub struct JournalWriter {
    path: PathBuf,
    header: Arc<Header>,
    began: Instant,
    progress: Mutex<Progress>,
    /// Whether other processes write to the same journal, so that only the file knows what all have written.
    joined: bool,
    /// Whether this process began the journal.
    began_it: bool,
    register: Register,
    /// Released when the run ends, however it ends.
    _lock: Option<File>,
}

/// What this process has written.
#[derive(Debug)]
struct Progress {
    file: Digesting<File>,
    /// Where the records stand, and what they came to.
    entries: Vec<ScenarioEntry>,
    at_hand: AtHand,
    counts: Counts,
    /// The largest difference between clocks so far.
    skew: TimeDelta,
    /// How many bytes of whole lines there are.
    length: u64,
    /// Why a line could not be written; none is written after that, so that a journal is broken at its end or nowhere.
    refused: Option<io::Error>,
}

impl Progress {
    /// Writes a line, or nothing of it where this process alone writes to the file.
    fn line(&mut self, line: &[u8], joined: bool) -> io::Result<()> {
        if let Some(refused) = &self.refused {
            return Err(private::again(refused));
        }
        let written = self.file.write_all(line);
        match &written {
            Ok(()) => self.length += line.len() as u64,
            Err(error) => {
                self.refused = Some(private::again(error));
                // A cut last line is legible, too: if this fails, nothing is lost.
                let _ = if joined { Ok(()) } else { self.file.get_ref().set_len(self.length) };
            }
        }
        written
    }
}

impl JournalWriter {
    /// Begins a journal in a folder that no other run is using. No line of it holds a secret of the register.
    ///
    /// # Errors
    /// When the folder or file cannot be written, or another run writes there.
    pub fn begin(folder: &Path, header: Header, register: &Register) -> Result<Self, JournalWriteError> {
        make_folder(folder)?;
        let lock = lock(folder, IfLocked::Refuse)?;
        Ok(Self { _lock: Some(lock), ..Self::create(folder, header, register)? })
    }

    /// Joins the journal of the run with the header's id, or begins it.
    ///
    /// # Errors
    /// As [`JournalWriter::begin`].
    pub fn join(folder: &Path, header: Header, register: &Register) -> Result<Self, JournalWriteError> {
        make_folder(folder)?;
        let _held = lock(folder, IfLocked::Wait)?;
        let path = folder.join(JOURNAL);
        let writer = match Journal::header_of(&path) {
            Ok(known) if known.run_id == header.run_id => {
                let file = OpenOptions::new().append(true).open(&path).map_err(JournalWriteError::at(&path))?;
                Self::new(path, file, known, register)
            }
            _ => Self::create(folder, header, register)?,
        };
        Ok(Self { joined: true, ..writer })
    }

    /// Whether the journal in a folder is that of a run.
    pub fn is_of(folder: &Path, run_id: &str) -> bool {
        Journal::header_of(&folder.join(JOURNAL)).is_ok_and(|header| header.run_id == run_id)
    }

    fn create(folder: &Path, header: Header, register: &Register) -> Result<Self, JournalWriteError> {
        let path = folder.join(JOURNAL);
        // Replaced, not truncated: who reads the journal of the run before keeps what they opened.
        private::remove(&path).map_err(JournalWriteError::at(&path))?;
        let file =
            private::options().append(true).create_new(true).open(&path).map_err(JournalWriteError::at(&path))?;
        let header = redacted(header).map_err(|error| JournalWriteError::at(&path)(error.into()))?;
        let writer = Self::new(path, file, header, register);
        let line = writer.line(&*writer.header)?;
        writer.write(&line.text, |_, _| ())?;
        let header = line.otherwise.map_or_else(|| Arc::clone(&writer.header), Arc::new);
        Ok(Self { began_it: true, header, ..writer })
    }

    fn new(path: PathBuf, file: File, header: Header, register: &Register) -> Self {
        let progress = Progress {
            file: Digesting::new(file),
            entries: Vec::new(),
            at_hand: AtHand::default(),
            counts: Counts::default(),
            skew: TimeDelta::zero(),
            length: 0,
            refused: None,
        };
        let register = register.clone();
        Self {
            path,
            header: Arc::new(header),
            began: Instant::now(),
            progress: Mutex::new(progress),
            joined: false,
            began_it: false,
            register,
            _lock: None,
        }
    }

    /// Where the journal is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this process began the journal, and joined none.
    pub fn began(&self) -> bool {
        self.began_it
    }

    /// What the journal says of the run.
    pub fn header(&self) -> &Arc<Header> {
        &self.header
    }

    /// What the scenarios that this process recorded came to.
    pub fn counts(&self) -> Counts {
        self.progress().counts
    }

    /// Appends a scenario's record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&self, record: &Arc<ScenarioRecord>) -> Result<(), JournalWriteError> {
        // Stand-ins have clocks that scenarios move.
        let skew = record.skew().filter(|_| self.header.target.kind == "tenant");
        let Line { text, otherwise } = self.line(&**record)?;
        let said = otherwise.map_or_else(|| Arc::clone(record), Arc::new);
        self.write(&text, |progress, stretch| {
            progress.counts.take(record);
            progress.skew = skew.into_iter().chain([progress.skew]).max_by_key(TimeDelta::abs).unwrap_or_default();
            if !self.joined {
                progress.entries.push(ScenarioEntry::of(&said, stretch));
                progress.at_hand.keep(stretch, said);
            }
        })
    }

    /// The line of a part. It is redacted once more: what this process was issued since the record was born is in no line that
    /// is written later (X11).
    fn line<T: Part>(&self, part: &T) -> Result<Line<T>, JournalWriteError> {
        let text = part.line().map_err(|error| JournalWriteError::at(&self.path)(error.into()))?;
        match self.register.clean_json(&text) {
            Cow::Owned(clean) if clean != text => Ok(Line { otherwise: T::of_line(&clean), text: clean }),
            _ => Ok(Line { otherwise: None, text }),
        }
    }

    /// Writes a line, which was serialised before the file is taken, with one call; `count` hears where it stands.
    fn write(&self, line: &str, count: impl FnOnce(&mut Progress, Stretch)) -> Result<(), JournalWriteError> {
        let mut progress = self.progress();
        let start = progress.length;
        progress.line(line.as_bytes(), self.joined).map_err(JournalWriteError::at(&self.path))?;
        count(&mut progress, (start, line.len()));
        Ok(())
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.locked()
    }

    /// Writes the footer and gives the whole journal, of which nothing has to be read again to know what is in it.
    ///
    /// # Errors
    /// When it cannot be written, or not be opened for reading.
    pub fn finish(self, ending: &Ending) -> Result<Journal, JournalWriteError> {
        let counts = self.counts();
        let duration_us = micros(self.began.elapsed());
        let end = self.progress().length;
        let footer = self.write_footer(counts, duration_us, ending)?;
        let text = File::open(&self.path).map_err(JournalWriteError::at(&self.path))?;
        let (entries, at_hand) = {
            let mut progress = self.progress();
            (std::mem::take(&mut progress.entries), std::mem::take(&mut progress.at_hand))
        };
        Ok(Journal::written((self.header, footer, end), (ordered(entries), at_hand), text))
    }

    /// Writes the footer if this process recorded the last of the planned scenarios.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn finish_if_last(self, ending: &Ending) -> Result<Option<Footer>, JournalWriteError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let _held = lock(folder, IfLocked::Wait)?;
        if lines(&self.path).map_err(JournalWriteError::at(&self.path))? <= self.header.scenarios {
            return Ok(None);
        }
        let Ok(journal) = Journal::open(&self.path) else { return Ok(None) };
        // A scenario that was run again has several lines.
        if journal.entries().len() != self.header.scenarios {
            return Ok(None);
        }
        let duration = Utc::now().signed_duration_since(self.header.started_at).num_microseconds();
        let duration_us = duration.and_then(|us| u64::try_from(us).ok()).unwrap_or_default();
        self.write_footer(journal.counts(), duration_us, ending).map(Some)
    }

    fn write_footer(&self, counts: Counts, duration_us: u64, ending: &Ending) -> Result<Footer, JournalWriteError> {
        let digest = self.digest().map_err(JournalWriteError::at(&self.path))?;
        let footer = Footer {
            digest,
            finished_at: Utc::now(),
            duration_us,
            counts,
            exit_code: ending.exit_code(&counts).code(),
            ended_early: ending.early.clone(),
            notes: ending.notes.iter().cloned().chain(skew::note(self.progress().skew)).collect(),
            changes: None,
            uncovered: ending.uncovered.clone(),
        };
        let footer = without_credentials(footer).map_err(|error| JournalWriteError::at(&self.path)(error.into()))?;
        let line = self.line(&footer)?;
        self.write(&line.text, |_, _| ())?;
        let footer = line.otherwise.unwrap_or(footer);
        self.progress().file.get_ref().sync_data().map_err(JournalWriteError::at(&self.path))?;
        Ok(footer)
    }

    /// The digest of all lines so far. What other processes wrote has to be read.
    fn digest(&self) -> io::Result<String> {
        if self.joined { of_reader(File::open(&self.path)?) } else { Ok(self.progress().file.digest()) }
    }
}

/// A line as it is written.
struct Line<T> {
    text: String,
    /// What it says, where that is not what was to be written.
    otherwise: Option<T>,
}

/// The header without what looks like a credential; out of records that is from their birth, and a test holds that there is
/// none in our own contract and the texts of the checks.
fn redacted(header: Header) -> serde_json::Result<Header> {
    let Header { contract, checks, .. } = header;
    let rest = Header { contract: ContractRecord::default(), checks: Vec::new(), ..header };
    let contract = if contract.is_built_in() { contract } else { without_credentials(contract)? };
    Ok(Header { contract, checks, ..without_credentials(rest)? })
}

/// How many lines a file has; far cheaper than reading what they say.
fn lines(path: &Path) -> io::Result<usize> {
    let mut file = BufReader::with_capacity(64 * 1024, File::open(path)?);
    let mut count = 0;
    while file.skip_until(b'\n')? > 0 {
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::{ContractRecord, TargetRecord, Verdict};

    fn header(run_id: &str) -> Header {
        let header = Header::new(TargetRecord::default(), ContractRecord::default(), Vec::new());
        Header { run_id: run_id.into(), ..header }
    }

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("flowproof-writer-{}-{name}", std::process::id()))
    }

    #[test]
    fn k01_a_second_run_in_the_same_folder_is_refused_and_told_by_whom() {
        let folder = folder("k01");
        let first = JournalWriter::begin(&folder, header("a"), &Register::default()).expect("free");
        let error = JournalWriter::begin(&folder, header("b"), &Register::default()).expect_err("taken");
        assert!(cfg!(windows) || error.to_string().contains(&format!("(process {})", std::process::id())), "{error}");
        drop(first);
        JournalWriter::begin(&folder, header("c"), &Register::default()).expect("free again");
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn processes_of_one_run_join_and_a_new_run_begins_afresh() {
        let folder = folder("join");
        for (run, journals) in [("a", 1), ("a", 1), ("b", 1)] {
            let writer = JournalWriter::join(&folder, header(run), &Register::default()).expect("joined");
            let text = fs::read_to_string(writer.path()).expect("a journal");
            assert_eq!(text.lines().count(), journals);
            assert!(text.contains(&format!("\"run_id\":\"{run}\"")), "{text}");
        }
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn the_digest_of_a_footer_is_that_of_the_lines_however_many_processes_wrote_them() {
        let folder = folder("digest");
        let record = |index: usize| Arc::new(ScenarioRecord::new(index, index.to_string(), Verdict::Passed));
        let alone = JournalWriter::begin(&folder, header("a"), &Register::default()).expect("free");
        alone.append(&record(0)).expect("written");
        alone.finish(&Ending::default()).expect("written");
        Journal::open(&folder.join(JOURNAL)).and_then(|journal| journal.verify()).expect("as it was written");
        let [first, second] = [0, 1].map(|_| {
            let header = Header { scenarios: 2, ..header("b") };
            JournalWriter::join(&folder, header, &Register::default()).expect("joined")
        });
        first.append(&record(0)).expect("written");
        second.append(&record(1)).expect("written");
        let footer = first.finish_if_last(&Ending::default()).expect("written").expect("it is the last");
        assert_eq!(footer.counts.passed, 2);
        Journal::open(&folder.join(JOURNAL)).and_then(|journal| journal.verify()).expect("as it was written");
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn the_records_of_a_journal_that_was_just_written_are_those_that_its_file_holds() {
        let folder = folder("at-hand");
        let register = Register::default();
        let writer = JournalWriter::begin(&folder, header("a"), &register).expect("free");
        register.issued("late-token", &"issued-while-the-record-waited".into());
        let reason = Some("the server said issued-while-the-record-waited".to_owned());
        let record = ScenarioRecord { reason, ..ScenarioRecord::new(0, "a", Verdict::Errored) };
        writer.append(&Arc::new(record)).expect("written");
        let written = writer.finish(&Ending::default()).expect("written");
        let read = Journal::open(&folder.join(JOURNAL)).expect("readable");
        let at_hand = written.shared_records().next().expect("one").expect("at hand");
        assert_eq!(Some(&*at_hand), read.records().next().transpose().expect("readable").as_ref());
        assert!(at_hand.reason.as_ref().is_some_and(|reason| reason.contains("‹late-token#1›")), "{at_hand:?}");
        let json = written.written_at_hand(&written.entries()[0]).expect("it is at hand");
        assert_eq!(String::from_utf8(json).expect("it is text"), serde_json::to_string(&*at_hand).expect("it is JSON"));
        assert_eq!(read.written_at_hand(&read.entries()[0]), None);
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn x11_a_line_that_is_written_late_is_free_of_what_was_issued_meanwhile() {
        let register = Register::default();
        register.issued("late-token", &"issued-while-the-record-waited".into());
        let folder = folder("x11");
        let mut late = header("a");
        late.notes.push(
            "the server said issued-while-the-record-waited, base64 aXNzdWVkLXdoaWxlLXRoZS1yZWNvcmQtd2FpdGVk".into(),
        );
        let writer = JournalWriter::begin(&folder, late, &register).expect("free");
        let text = fs::read_to_string(writer.path()).expect("a journal");
        assert!(text.contains("the server said ‹late-token#1›, base64 ‹late-token#1›"), "{text}");
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn q14_the_clock_of_a_real_tenant_is_noted_once_and_that_of_a_stand_in_is_not() {
        let scenario = |date: &str| -> Arc<ScenarioRecord> {
            let started_at = "2026-01-02T03:04:05Z";
            let exchange = serde_json::json!({
                "step": 0, "started_at": started_at, "first_byte_us": 10, "total_us": 10,
                "request": { "method": "GET", "url": "https://t.example/", "headers": [] },
                "response": { "status": 200, "headers": [["Date", date]] },
            });
            let scenario = serde_json::json!({
                "index": 0, "name": "a", "title": "a", "file": "a.yaml", "verdict": "passed", "started_at": started_at,
                "duration_us": 10, "steps": [], "exchanges": [exchange],
            });
            Arc::new(serde_json::from_value(scenario).expect("a record"))
        };
        for (kind, date, noted) in [
            ("tenant", "Fri, 02 Jan 2026 03:14:05 GMT", Some("600 s behind")),
            ("tenant", "Fri, 02 Jan 2026 03:04:35 GMT", None),
            ("embedded", "Fri, 02 Jan 2026 03:14:05 GMT", None),
        ] {
            let folder = folder("q14");
            let mut header = header("a");
            header.target.kind = kind.into();
            let writer = JournalWriter::begin(&folder, header, &Register::default()).expect("free");
            writer.append(&scenario(date)).expect("written");
            writer.append(&scenario("Fri, 02 Jan 2026 03:04:05 GMT")).expect("written");
            let note = skew::note(writer.progress().skew);
            assert_eq!(note.is_some(), noted.is_some(), "{kind} {date}: {note:?}");
            assert!(note.is_none_or(|note| note.contains(noted.unwrap_or_default())), "{kind} {date}");
            fs::remove_dir_all(folder).expect("ours");
        }
    }

    #[cfg(unix)]
    #[test]
    fn x16_journal_and_folder_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder("x16");
        let writer = JournalWriter::begin(&folder, header("a"), &Register::default()).expect("free");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(writer.path())), (0o700, 0o600));
        fs::remove_dir_all(folder).expect("ours");
    }
}
