//! What a run must be looked at for, gathered while its records are read for the reports, so that nobody reads them again.
//!
//! The end of the console, the Markdown page and GitHub's annotations are views of it. Deliberately not here: words.

use indexmap::IndexMap;

use crate::record::journal::{Journal, JournalError};
use crate::record::{Header, LeftoverRecord, Level, ScenarioRecord, Verdict};

use super::again::run_line;
use super::problems::{Cause, Causes};

/// What there is to say of a whole run.
#[derive(Debug)]
pub struct Gathered {
    /// Causes told apart by check, operation and place.
    pub(super) causes: Causes,
    by_message: Causes,
    /// The command that runs a scenario that did not pass again, by the scenario's name.
    pub(super) again: IndexMap<String, String>,
    /// Why scenarios were skipped, with the first of them and how many there are.
    pub(super) skipped: IndexMap<String, (String, usize)>,
    /// What may be left on the target.
    pub(super) leftovers: Vec<LeftoverRecord>,
}

impl Default for Gathered {
    fn default() -> Self {
        Self {
            causes: Causes::by_place(),
            by_message: Causes::by_message(),
            again: IndexMap::new(),
            skipped: IndexMap::new(),
            leftovers: Vec::new(),
        }
    }
}

impl Gathered {
    /// Gathers from a journal of which no report is written.
    ///
    /// # Errors
    /// When the journal cannot be read to its end.
    pub fn of(journal: &Journal) -> Result<Self, JournalError> {
        let mut gathered = Self::default();
        journal.records().try_for_each(|record| record.map(|record| gathered.add(journal.header(), &record)))?;
        Ok(gathered)
    }

    pub(super) fn add(&mut self, header: &Header, record: &ScenarioRecord) {
        self.causes.add(header, record);
        self.by_message.add(header, record);
        self.leftovers.extend(record.leftovers.iter().cloned());
        match record.verdict {
            Verdict::Skipped => {
                let reason = record.reason.clone().unwrap_or_else(|| "no reason was recorded".into());
                self.skipped.entry(reason).or_insert_with(|| (record.name.clone(), 0)).1 += 1;
            }
            Verdict::Failed | Verdict::Errored => {
                self.again.insert(record.name.clone(), run_line(header, record));
            }
            Verdict::Passed => {}
        }
    }

    /// The causes of a level, those of most scenarios first. What is one cause is a guess: the same words wherever they are
    /// found, or the same place whatever is found there. The guess that explains the run with fewer of them is taken.
    pub(super) fn fewest(&self, level: Level) -> Vec<&Cause> {
        let (by_message, by_place) = (self.by_message.by_weight(level), self.causes.by_weight(level));
        if by_place.len() < by_message.len() { by_place } else { by_message }
    }

    /// How many problems there was no room to keep.
    pub(super) fn beyond(&self) -> usize {
        self.by_message.beyond.min(self.causes.beyond)
    }
}
