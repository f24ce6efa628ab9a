//! The coverage of a run, measured on a thread of its own while the run goes on, so that its journal is not read for it.
//!
//! Deliberately not here: what a run must reach (`judge::coverage`), and what it comes to when it does not.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::contract::Contract;
use crate::judge::coverage::{Coverage, measure_records};
use crate::record::ScenarioRecord;

/// So many records wait to be measured.
const AHEAD: usize = 64;

/// A measurement that goes on beside a run.
pub(super) struct Measuring {
    records: SyncSender<Arc<ScenarioRecord>>,
    coverage: JoinHandle<Coverage>,
}

impl Measuring {
    pub(super) fn begin(contract: &Arc<Contract>) -> io::Result<Self> {
        let (records, received) = sync_channel(AHEAD);
        let contract = Arc::clone(contract);
        let measure = move || measure_records(&contract, received);
        Ok(Self { records, coverage: thread::Builder::new().name("coverage".into()).spawn(measure)? })
    }

    /// Adds a record. Nobody takes it where the measurement has panicked, which its end tells.
    pub(super) fn add(&self, record: &Arc<ScenarioRecord>) {
        let _panicked = self.records.send(Arc::clone(record));
    }

    /// What all records cover; `None` where the measurement has panicked.
    pub(super) fn finish(self) -> Option<Coverage> {
        drop(self.records);
        self.coverage.join().ok()
    }
}
