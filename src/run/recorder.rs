//! What ended is recorded: in the journal, for coverage, and for whoever follows the run. A thread of its own does it, in the
//! order in which scenarios ended.
//!
//! The worker of a scenario that passed goes on meanwhile; whoever has to say why one did not pass waits until it is kept.
//! Deliberately not here: what a record says (`engine::record`).

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{self, JoinHandle};

use super::listener::Listener;
use super::measuring::Measuring;
use crate::contract::Contract;
use crate::engine::{ScenarioRun, StopRun, Stopped, record};
use crate::judge::coverage::Coverage;
use crate::record::ScenarioRecord;
use crate::record::journal::JournalWriter;
use crate::record::redaction::Register;
use crate::scenario::model::Scenario;

/// What is said of a panic, wherever it was.
pub(super) const INTERNAL: &str = "an internal error, which is a fault of Flowproof; please report it";

/// So many scenarios that passed wait for their records, which a run that is killed has not kept.
const AHEAD: usize = 8;

/// What becomes records: the contract that names what is secret, and the secrets of the process.
#[derive(Clone)]
pub(super) struct Recording {
    pub(super) contract: Arc<Contract>,
    pub(super) register: Register,
}

impl Recording {
    /// The record of a scenario that ran. A panic becomes its error (K06).
    pub(super) fn record(&self, index: usize, scenario: &Scenario, run: &ScenarioRun) -> ScenarioRecord {
        let record = |run: &ScenarioRun| record::record(index, scenario, run, &self.contract, &self.register);
        catch_unwind(AssertUnwindSafe(|| record(run))).unwrap_or_else(|_| record(&ScenarioRun::errored(INTERNAL)))
    }
}

/// Has records kept.
pub(super) struct Recorder {
    recording: Recording,
    ended: SyncSender<EndedScenario>,
    thread: JoinHandle<Keeper>,
}

/// A scenario that ended.
enum EndedScenario {
    /// It passed, and has no record yet.
    Passed { index: usize, scenario: Box<Scenario>, run: Box<ScenarioRun> },
    /// It has a record; perhaps somebody waits until that is kept.
    Recorded { record: Arc<ScenarioRecord>, kept: Option<Sender<Result<(), String>>> },
}

/// What is left when all is recorded.
pub(super) struct Recorded {
    pub(super) writer: JournalWriter,
    /// What the run covered, where that was measured.
    pub(super) coverage: Option<Coverage>,
    /// Whether something could not be written to the journal.
    pub(super) journal_broken: bool,
    /// Whether something panicked that belongs to no scenario.
    pub(super) panicked: bool,
}

impl Recorder {
    /// Begins to record.
    pub(super) fn begin(
        recording: Recording,
        writer: JournalWriter,
        measuring: Option<Measuring>,
        listener: Arc<dyn Listener>,
        stop: StopRun,
    ) -> io::Result<Self> {
        let (ended, received) = sync_channel(AHEAD);
        let keeper = Keeper {
            recording: recording.clone(),
            writer,
            measuring,
            listener,
            stop,
            journal_broken: false,
            panicked: false,
        };
        let thread = thread::Builder::new().name("recorder".into()).spawn(move || keeper.keep_all(&received))?;
        Ok(Self { recording, ended, thread })
    }

    /// Has a scenario recorded that passed, without waiting for it. Where too many wait, its record is made here.
    pub(super) fn passed(&self, index: usize, scenario: Scenario, run: ScenarioRun) {
        let passed = EndedScenario::Passed { index, scenario: Box::new(scenario), run: Box::new(run) };
        if let Err(TrySendError::Full(EndedScenario::Passed { index, scenario, run })) = self.ended.try_send(passed) {
            let record = Arc::new(self.recording.record(index, &scenario, &run));
            // A thread that is gone is told by the end of the run.
            let _gone = self.ended.send(EndedScenario::Recorded { record, kept: None });
        }
    }

    /// Has a record kept, and waits until it is.
    ///
    /// # Errors
    /// When it cannot be.
    pub(super) fn keep(&self, record: &Arc<ScenarioRecord>) -> Result<(), String> {
        let (kept, answer) = channel();
        let sent = self.ended.send(EndedScenario::Recorded { record: Arc::clone(record), kept: Some(kept) });
        sent.ok().and_then(|()| answer.recv().ok()).unwrap_or_else(|| Err(INTERNAL.into()))
    }

    /// Waits until all is recorded; `None` where that cannot be.
    pub(super) fn finish(self) -> Option<Recorded> {
        drop(self.ended);
        let Keeper { writer, measuring, journal_broken, panicked, .. } = self.thread.join().ok()?;
        let measured = measuring.map(Measuring::finish);
        let panicked = panicked || matches!(measured, Some(None));
        Some(Recorded { writer, coverage: measured.flatten(), journal_broken, panicked })
    }
}

/// Keeps records.
struct Keeper {
    recording: Recording,
    writer: JournalWriter,
    /// Only where coverage is a part of the verdict.
    measuring: Option<Measuring>,
    listener: Arc<dyn Listener>,
    stop: StopRun,
    journal_broken: bool,
    panicked: bool,
}

impl Keeper {
    /// Keeps whatever comes. A panic must not lose the others (G06).
    fn keep_all(mut self, received: &Receiver<EndedScenario>) -> Self {
        for ended in received {
            let (record, waits) = match ended {
                EndedScenario::Passed { index, scenario, run } => {
                    (Arc::new(self.recording.record(index, &scenario, &run)), None)
                }
                EndedScenario::Recorded { record, kept } => (record, kept),
            };
            let kept = catch_unwind(AssertUnwindSafe(|| self.keep(&record))).unwrap_or_else(|_| {
                self.panicked = true;
                Err(INTERNAL.into())
            });
            // Who does not wait any more needs no answer.
            let _unheard = waits.map(|waits| waits.send(kept));
        }
        self
    }

    fn keep(&mut self, record: &Arc<ScenarioRecord>) -> Result<(), String> {
        if let Err(error) = self.writer.append(record) {
            self.journal_broken = true;
            // What nobody records need not be asked any more.
            self.stop.raise(Stopped::unrecorded(&error));
            return Err(error.to_string());
        }
        self.measuring.iter().for_each(|measuring| measuring.add(record));
        self.listener.ended(self.writer.header(), record);
        Ok(())
    }
}
