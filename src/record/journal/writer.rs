//! Keeps the journal of a run on disk: one line per scenario, written the moment it ends.
//!
//! A folder belongs to one run at a time. The processes of one test run (nextest starts one per scenario) are one run: they
//! name it by the same id and join the same journal.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use chrono::{TimeDelta, Utc};

use crate::base::digest::of_reader;
use crate::base::duration::micros;
use crate::base::private;
use crate::base::sync::LockAnyway;
use crate::record::journal::{self, Journal, Line};

use crate::record::model::skew;
use crate::record::redaction::Register;
use crate::record::{Counts, ExitCode};
use crate::record::{Footer, Header, ScenarioRecord};

/// The journal's name in the report folder.
pub const JOURNAL: &str = "journal.jsonl";
/// Held while a run writes to the folder; holds the writer's process id.
const LOCK: &str = ".lock";

/// Why a journal could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The file system refused.
    #[error("cannot write {}: {cause}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Another run writes to the folder.
    #[error("another run (process {pid}) writes to {}; wait for it, or choose another folder with --report", .folder.display())]
    Taken {
        /// The folder.
        folder: PathBuf,
        /// The other process.
        pid: String,
    },
}

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
}

impl Ending {
    /// The exit code of a run with these counts.
    pub fn exit_code(&self, counts: &Counts) -> ExitCode {
        let base = if self.empty_part { ExitCode::Held } else { counts.exit_code() };
        let flaky = if self.fail_flaky && counts.flaky > 0 { ExitCode::Violated } else { ExitCode::Held };
        base.or_worse(flaky).or_worse(self.exit)
    }
}

/// Writes the journal of one run.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: Mutex<File>,
    header: Header,
    began: Instant,
    /// The secrets that are in no line.
    register: Register,
    /// What this process has recorded.
    counts: Mutex<Counts>,
    /// The largest difference between clocks that this process has met.
    skew: Mutex<TimeDelta>,
    /// Released when the run ends, however it ends.
    _lock: Option<File>,
}

impl Recorder {
    /// Begins a journal in a folder that no other run is using. No line of it holds a secret of the register.
    ///
    /// # Errors
    /// When the folder or file cannot be written, or another run writes there.
    pub fn begin(folder: &Path, header: Header, register: &Register) -> Result<Self, RecorderError> {
        make_folder(folder)?;
        let lock = lock(folder, true)?;
        Self::fresh(folder, header, register, Some(lock))
    }

    /// Joins the journal of the run with the header's id, or begins it.
    ///
    /// # Errors
    /// As [`Recorder::begin`].
    pub fn join(folder: &Path, header: Header, register: &Register) -> Result<Self, RecorderError> {
        make_folder(folder)?;
        let _held = lock(folder, false)?;
        let path = folder.join(JOURNAL);
        match Journal::header_of(&path) {
            Ok(known) if known.run_id == header.run_id => {
                let file = OpenOptions::new().append(true).open(&path).map_err(|cause| io_error(&path, cause))?;
                Ok(Self::new(path, file, known, register, None))
            }
            _ => Self::fresh(folder, header, register, None),
        }
    }

    /// Whether the journal in a folder is that of a run.
    pub fn is_of(folder: &Path, run_id: &str) -> bool {
        Journal::header_of(&folder.join(JOURNAL)).is_ok_and(|header| header.run_id == run_id)
    }

    fn fresh(folder: &Path, header: Header, register: &Register, lock: Option<File>) -> Result<Self, RecorderError> {
        let path = folder.join(JOURNAL);
        // Replaced, not truncated: who reads the journal of the run before keeps what they opened.
        private::remove(&path).map_err(|cause| io_error(&path, cause))?;
        let mut file =
            private::options().append(true).create_new(true).open(&path).map_err(|cause| io_error(&path, cause))?;
        append(&mut file, &Line::Header(Box::new(header.clone())), register).map_err(|cause| io_error(&path, cause))?;
        Ok(Self::new(path, file, header, register, lock))
    }

    fn new(path: PathBuf, file: File, header: Header, register: &Register, lock: Option<File>) -> Self {
        Self {
            path,
            file: Mutex::new(file),
            header,
            began: Instant::now(),
            register: register.clone(),
            counts: Mutex::default(),
            skew: Mutex::default(),
            _lock: lock,
        }
    }

    /// Where the journal is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the journal says of the run.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Appends a scenario's record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&self, record: &ScenarioRecord) -> Result<(), RecorderError> {
        self.counts.locked().take(record);
        self.compare_clocks(record);
        // The record is serialised before the file is taken, and written with one call.
        let mut line = Vec::new();
        journal::append_scenario(&mut line, record).map_err(|cause| io_error(&self.path, cause))?;
        let line = clean(line, &self.register);
        let mut file = self.file.locked();
        file.write_all(&line).map_err(|cause| io_error(&self.path, cause))
    }

    /// Remembers how far a real tenant's clock is from this machine's; stand-ins have clocks that scenarios move.
    fn compare_clocks(&self, record: &ScenarioRecord) {
        if self.header.target.kind != "tenant" {
            return;
        }
        let mut largest = self.skew.locked();
        *largest = record.skew().into_iter().chain([*largest]).max_by_key(TimeDelta::abs).unwrap_or_default();
    }

    /// What belongs to no scenario.
    fn notes(&self) -> Vec<String> {
        skew::note(*self.skew.locked()).into_iter().collect()
    }

    /// Writes the footer and gives the counts of the whole run.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self, ending: &Ending) -> Result<Footer, RecorderError> {
        let counts = *self.counts.locked();
        let duration_us = micros(self.began.elapsed());
        self.write_footer(counts, duration_us, ending)
    }

    /// Writes the footer if this process recorded the last of the planned scenarios.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn finish_if_last(self, ending: &Ending) -> Result<Option<Footer>, RecorderError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let _held = lock(folder, false)?;
        if lines(&self.path).map_err(|cause| io_error(&self.path, cause))? <= self.header.scenarios {
            return Ok(None);
        }
        let Ok(journal) = Journal::open(&self.path) else { return Ok(None) };
        // A scenario that was run again has several lines.
        if journal.entries().len() != self.header.scenarios {
            return Ok(None);
        }
        let mut counts = Counts::default();
        journal.records().flatten().for_each(|record| counts.take(&record));
        let duration = Utc::now().signed_duration_since(self.header.started_at).num_microseconds();
        let duration_us = duration.and_then(|us| u64::try_from(us).ok()).unwrap_or_default();
        self.write_footer(counts, duration_us, ending).map(Some)
    }

    fn write_footer(&self, counts: Counts, duration_us: u64, ending: &Ending) -> Result<Footer, RecorderError> {
        let digest = File::open(&self.path).and_then(of_reader).map_err(|cause| io_error(&self.path, cause))?;
        let footer = Footer {
            digest,
            finished_at: Utc::now(),
            duration_us,
            counts,
            exit_code: ending.exit_code(&counts).code(),
            ended_early: ending.early.clone(),
            notes: ending.notes.iter().cloned().chain(self.notes()).collect(),
            changes: None,
        };
        let mut file = self.file.locked();
        append(&mut file, &Line::Footer(footer.clone()), &self.register)
            .map_err(|cause| io_error(&self.path, cause))?;
        file.sync_data().map_err(|cause| io_error(&self.path, cause))?;
        Ok(footer)
    }
}

/// How many lines a file has; far cheaper than reading what they say.
fn lines(path: &Path) -> io::Result<usize> {
    let mut file = io::BufReader::with_capacity(64 * 1024, File::open(path)?);
    let mut count = 0;
    while file.skip_until(b'\n')? > 0 {
        count += 1;
    }
    Ok(count)
}

/// Appends a line as [`journal::append`] does, without any registered secret.
fn append(file: &mut File, line: &Line, register: &Register) -> io::Result<()> {
    let mut bytes = Vec::new();
    journal::append(&mut bytes, line)?;
    file.write_all(&clean(bytes, register))
}

/// A line of a journal is redacted once more before it is written: what this process was issued since the record was born
/// is in no line that is written later (X11).
fn clean(line: Vec<u8>, register: &Register) -> Vec<u8> {
    match String::from_utf8(line) {
        Ok(text) => match register.clean_json(&text) {
            Cow::Borrowed(_) => text.into_bytes(),
            Cow::Owned(clean) => clean.into_bytes(),
        },
        Err(error) => error.into_bytes(),
    }
}

fn io_error(path: &Path, cause: io::Error) -> RecorderError {
    RecorderError::Io { path: path.to_owned(), cause }
}

/// Makes the folder of a run, for its owner only.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> Result<(), RecorderError> {
    private::make_folder(folder).map_err(|cause| io_error(folder, cause))
}

/// Takes the folder's lock. The system releases it when the process ends, so that a killed run leaves none behind (K02).
fn lock(folder: &Path, at_once: bool) -> Result<File, RecorderError> {
    let path = folder.join(LOCK);
    // Whoever can write to the folder could otherwise have any file of the user's emptied (R04).
    if path.is_symlink() {
        return Err(io_error(&path, io::Error::other("it is a link; remove it")));
    }
    let opened = private::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = opened.map_err(|cause| io_error(&path, cause))?;
    let taken = if at_once { file.try_lock().map_err(io::Error::from) } else { file.lock() };
    if let Err(cause) = taken {
        if cause.kind() != io::ErrorKind::WouldBlock {
            return Err(io_error(&path, cause));
        }
        let mut pid = String::new();
        let _ = file.read_to_string(&mut pid);
        return Err(RecorderError::Taken { folder: folder.to_owned(), pid });
    }
    let noted = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
    noted.map_err(|cause| io_error(&path, cause))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use std::fs;

    use super::*;
    use crate::record::{ContractRecord, TargetRecord};

    fn header(run_id: &str) -> Header {
        Header {
            format: journal::FORMAT,
            tool: "flowproof 0".into(),
            run_id: run_id.into(),
            seed: 0,
            started_at: Utc::now(),
            target: TargetRecord { name: "t".into(), kind: "embedded".into(), base_url: "http://127.0.0.1".into() },
            contract: ContractRecord {
                title: "c".into(),
                version: "1".into(),
                digest: "d".into(),
                ..ContractRecord::default()
            },
            scenarios: 0,
            suite: String::new(),
            shard: None,
            configuration: BTreeMap::new(),
            notes: Vec::new(),
            checks: Vec::new(),
        }
    }

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("flowproof-recorder-{}-{name}", std::process::id()))
    }

    #[test]
    fn k01_a_second_run_in_the_same_folder_is_refused_and_told_by_whom() {
        let folder = folder("k01");
        let first = Recorder::begin(&folder, header("a"), &Register::default()).expect("free");
        let error = Recorder::begin(&folder, header("b"), &Register::default()).expect_err("taken");
        assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
        drop(first);
        Recorder::begin(&folder, header("c"), &Register::default()).expect("free again");
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn processes_of_one_run_join_and_a_new_run_begins_afresh() {
        let folder = folder("join");
        for (run, journals) in [("a", 1), ("a", 1), ("b", 1)] {
            let recorder = Recorder::join(&folder, header(run), &Register::default()).expect("joined");
            let text = fs::read_to_string(recorder.path()).expect("a journal");
            assert_eq!(text.lines().count(), journals);
            assert!(text.contains(&format!("\"run_id\":\"{run}\"")), "{text}");
        }
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
        let recorder = Recorder::begin(&folder, late, &register).expect("free");
        let text = fs::read_to_string(recorder.path()).expect("a journal");
        assert!(text.contains("the server said ‹late-token#1›, base64 ‹late-token#1›"), "{text}");
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn q14_the_clock_of_a_real_tenant_is_noted_once_and_that_of_a_stand_in_is_not() {
        let scenario = |date: &str| -> ScenarioRecord {
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
            serde_json::from_value(scenario).expect("a record")
        };
        for (kind, date, noted) in [
            ("tenant", "Fri, 02 Jan 2026 03:14:05 GMT", Some("600 s behind")),
            ("tenant", "Fri, 02 Jan 2026 03:04:35 GMT", None),
            ("embedded", "Fri, 02 Jan 2026 03:14:05 GMT", None),
        ] {
            let folder = folder("q14");
            let mut header = header("a");
            header.target.kind = kind.into();
            let recorder = Recorder::begin(&folder, header, &Register::default()).expect("free");
            recorder.append(&scenario(date)).expect("written");
            recorder.append(&scenario("Fri, 02 Jan 2026 03:04:05 GMT")).expect("written");
            let notes = recorder.notes();
            assert_eq!(notes.len(), usize::from(noted.is_some()), "{kind} {date}: {notes:?}");
            assert!(noted.is_none_or(|noted| notes[0].contains(noted)), "{notes:?}");
            fs::remove_dir_all(folder).expect("ours");
        }
    }

    #[cfg(unix)]
    #[test]
    fn x16_journal_and_folder_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder("x16");
        let recorder = Recorder::begin(&folder, header("a"), &Register::default()).expect("free");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(recorder.path())), (0o700, 0o600));
        fs::remove_dir_all(folder).expect("ours");
    }
}
