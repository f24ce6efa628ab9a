//! What is known of a journal without reading its records: header, footer, where each record stands and what it counts for.
//!
//! The journal is scanned once; of a record only as much is kept as can be counted. Deliberately not here: the records.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::JournalError;
use crate::record::model::only_unmet;
use crate::record::{Counts, Footer, Header, Level, ScenarioRecord, Verdict};

/// Where a scenario's record stands in the journal, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioEntry {
    /// The position in the run's order.
    pub index: usize,
    /// The scenario's name.
    pub name: String,
    /// What it came to.
    pub verdict: Verdict,
    /// Whether it may have left something on the target.
    pub left_something: bool,
    /// What the scenario adds to the counts of its run.
    pub(super) counts: Counts,
    /// The line of the attempt that counts.
    pub(super) line: Stretch,
    /// The lines of earlier attempts that were recorded by processes of their own.
    pub(super) earlier: Vec<Stretch>,
}

/// A line of a journal: where it begins, and how many bytes it has.
pub(super) type Stretch = (u64, usize);

/// A journal's index while its lines are scanned.
#[derive(Default)]
pub(super) struct JournalIndex {
    pub(super) header: Option<Header>,
    /// With where it begins.
    pub(super) footer: Option<(Footer, u64)>,
    pub(super) entries: Vec<ScenarioEntry>,
    /// Whether the last line was truncated.
    pub(super) cut: bool,
}

/// As much of a line as the index needs; the rest is skipped without being kept.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LineSketch {
    Header(Box<Header>),
    Scenario(ScenarioSketch),
    Footer(Footer),
}

#[derive(Deserialize)]
struct ScenarioSketch {
    index: usize,
    name: String,
    verdict: Verdict,
    #[serde(default)]
    leftovers: Option<IgnoredAny>,
    exchanges: Vec<IgnoredAny>,
    #[serde(default)]
    findings: Vec<FindingSketch>,
    #[serde(default)]
    checks: Vec<CheckSketch>,
    #[serde(default)]
    earlier: Vec<AttemptSketch>,
}

#[derive(Deserialize)]
struct FindingSketch {
    check: String,
    level: Level,
}

#[derive(Deserialize)]
struct CheckSketch {
    evaluated: usize,
}

#[derive(Deserialize)]
struct AttemptSketch {
    #[serde(default)]
    exchanges: Vec<IgnoredAny>,
}

impl JournalIndex {
    /// Scans all lines; the entries come in the run's order, one for each name.
    pub(super) fn scan(text: &mut impl BufRead) -> Result<Self, JournalError> {
        let mut index = Self::default();
        let (mut start, mut number, mut line) = (0, 0, Vec::new());
        loop {
            line.clear();
            let length = text.read_until(b'\n', &mut line)?;
            if length == 0 {
                break;
            }
            number += 1;
            index.take(&line, start, number)?;
            start += length as u64;
        }
        index.entries = ordered(index.entries);
        Ok(index)
    }

    fn take(&mut self, line: &[u8], start: u64, number: usize) -> Result<(), JournalError> {
        let whole = line.ends_with(b"\n");
        match serde_json::from_slice::<LineSketch>(line) {
            Err(_) if !whole => self.cut = true,
            Err(error) if number == 1 => return Err(JournalError::NotAJournal(error.to_string())),
            Err(error) => return Err(JournalError::Line { line: number, message: error.to_string() }),
            Ok(LineSketch::Header(header)) if header.format != Header::FORMAT => {
                return Err(JournalError::Format(header.format));
            }
            Ok(LineSketch::Header(header)) => self.header = Some(*header),
            Ok(LineSketch::Footer(footer)) => self.footer = Some((footer, start)),
            Ok(LineSketch::Scenario(sketch)) => {
                // A run that goes on after its last line has not ended.
                self.footer = None;
                self.entries.push(sketch.entry((start, line.len())));
            }
        }
        Ok(())
    }
}

impl ScenarioSketch {
    fn entry(self, line: Stretch) -> ScenarioEntry {
        let counts = self.counts();
        let Self { index, name, verdict, leftovers, .. } = self;
        ScenarioEntry { index, name, verdict, left_something: leftovers.is_some(), counts, line, earlier: Vec::new() }
    }

    fn counts(&self) -> Counts {
        let earlier = self.earlier.iter().map(|attempt| attempt.exchanges.len()).sum::<usize>();
        let denied = self.findings.iter().filter(|finding| finding.level == Level::Deny);
        let unmet = self.verdict == Verdict::Failed && only_unmet(denied.map(|finding| finding.check.as_str()));
        let mut counts = Counts {
            warnings: self.findings.iter().filter(|finding| finding.level == Level::Warn).count(),
            exchanges: self.exchanges.len() + earlier,
            checks: self.checks.iter().map(|check| check.evaluated).sum(),
            flaky: usize::from(self.verdict == Verdict::Passed && !self.earlier.is_empty()),
            unmet: usize::from(unmet),
            ..Counts::default()
        };
        counts.add(self.verdict);
        counts
    }
}

impl ScenarioEntry {
    /// The entry of a record that stands in a line.
    pub(super) fn of(record: &ScenarioRecord, line: Stretch) -> Self {
        let mut counts = Counts::default();
        counts.take(record);
        Self {
            index: record.index,
            name: record.name.clone(),
            verdict: record.verdict,
            left_something: !record.leftovers.is_empty(),
            counts,
            line,
            earlier: Vec::new(),
        }
    }

    /// Makes this the attempt that counts, after another.
    fn after(self, before: Self) -> Self {
        let flaky = usize::from(self.verdict == Verdict::Passed);
        let counts = Counts { flaky, exchanges: self.counts.exchanges + before.counts.exchanges, ..self.counts };
        let mut earlier = before.earlier;
        earlier.push(before.line);
        Self { earlier, counts, left_something: self.left_something || before.left_something, ..self }
    }
}

/// The entries in the run's order, one for each name.
pub(super) fn ordered(entries: Vec<ScenarioEntry>) -> Vec<ScenarioEntry> {
    let mut entries = united(entries);
    entries.sort_by(|a, b| (a.index, &a.name).cmp(&(b.index, &b.name)));
    entries
}

/// Makes one entry of all that have the same name: the last counts, the others are earlier attempts at it.
fn united(entries: Vec<ScenarioEntry>) -> Vec<ScenarioEntry> {
    let mut known: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    let mut united: Vec<Option<ScenarioEntry>> = Vec::with_capacity(entries.len());
    for entry in entries {
        match known.get(&entry.name) {
            None => {
                known.insert(entry.name.clone(), united.len());
                united.push(Some(entry));
            }
            Some(at) => united[*at] = united[*at].take().map(|before| entry.after(before)),
        }
    }
    united.into_iter().flatten().collect()
}
