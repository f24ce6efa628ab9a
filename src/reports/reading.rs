//! A journal as a report reads it: what is known from the start, and every scenario's record once, in the run's order.
//!
//! A report cannot read a record twice: what it needs later it keeps, or puts into the spool, so that memory does not grow
//! with the run. Deliberately not here: who hands the records out, and where the spool is.

use std::sync::Arc;

use crate::record::journal::{Journal, JournalError, ScenarioEntry};
use crate::record::{Footer, Header, ScenarioRecord};

use super::outcome::Outcome;
use super::spool::Spool;

/// One record, or why it cannot be read; several reports may hold it.
pub type RecordRead = Result<Arc<ScenarioRecord>, Arc<JournalError>>;

/// What a report is made from.
pub struct Reading<'a> {
    /// What is known without reading a record.
    pub(super) run: RunIndex<'a>,
    /// The records, in the run's order.
    pub(super) records: Box<dyn Iterator<Item = RecordRead> + 'a>,
    /// Where a report puts what has to wait for its turn.
    pub(super) spool: Spool<'a>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(journal: &'a Journal, records: impl Iterator<Item = RecordRead> + 'a, spool: Spool<'a>) -> Self {
        Self { run: RunIndex::of(journal), records: Box::new(records), spool }
    }
}

/// The records of a journal, each of which is read when it is asked for.
pub(super) fn records(journal: &Journal) -> impl Iterator<Item = RecordRead> {
    journal.shared_records().map(|record| record.map_err(Arc::new))
}

/// What is known of a run without reading a record.
#[derive(Clone, Copy)]
pub(super) struct RunIndex<'a>(&'a Journal);

impl<'a> RunIndex<'a> {
    pub(super) fn of(journal: &'a Journal) -> Self {
        Self(journal)
    }

    pub(super) fn header(self) -> &'a Header {
        self.0.header()
    }

    pub(super) fn footer(self) -> Option<&'a Footer> {
        self.0.footer()
    }

    pub(super) fn entries(self) -> &'a [ScenarioEntry] {
        self.0.entries()
    }

    /// The record at a position as JSON, where it need not be written once more for that.
    pub(super) fn written(self, position: usize) -> Option<Vec<u8>> {
        self.0.written_at_hand(self.0.entries().get(position)?)
    }

    pub(super) fn outcome(self) -> Outcome {
        Outcome::of(self.0)
    }
}
