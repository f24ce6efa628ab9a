//! A run from its preparation to its end: trials for libtest-mimic, then the end of the journal, then the reports.
//!
//! Deliberately not here: how a trial is run (`state`).

use std::path::PathBuf;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use super::errors::RunError;
use super::listener::Listener;
use super::options::RunOptions;
use super::signals;
use super::state::{Ended, RunState};
use super::waiting::Waiting;
use crate::contract::Contract;
use crate::engine::StopRun;
use crate::record::journal::Journal;
use crate::record::{ExitCode, ScenarioRecord};
use crate::reports::Gathered;
use crate::reports::write::{WriteError, write_everywhere};
use crate::scenario::model::Scenario;

/// A run that has been prepared: its scenarios are known, nothing has been sent.
pub struct Prepared {
    state: Arc<RunState>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// The journal, for all who have something to say of the run, and what was gathered from it; `None` while
    /// other processes write to it.
    pub journal: Option<(Journal, Gathered)>,
    /// Where it is.
    pub path: PathBuf,
    /// The reports that were written.
    pub written: Vec<PathBuf>,
    /// The reports that could not be written.
    pub not_written: Option<WriteError>,
    /// The code that the process ends with.
    pub exit: ExitCode,
}

impl Prepared {
    /// Prepares a run of scenarios, all of which will be run.
    pub fn new(
        contract: Arc<Contract>,
        scenarios: Vec<impl Into<Waiting>>,
        options: RunOptions,
        listener: Box<dyn Listener>,
    ) -> Self {
        let scenarios = scenarios.into_iter().map(Into::into).collect();
        Self { state: Arc::new(RunState::new(contract, scenarios, options, listener.into())) }
    }

    /// Says how many of the scenarios will be run, where that is not all of them.
    pub(crate) fn planning(mut self, planned: usize) -> Self {
        // Before the first trial is made nobody shares it.
        if let Some(state) = Arc::get_mut(&mut self.state) {
            state.planned = planned;
        }
        self
    }

    /// What ends the run early, once it is raised.
    pub fn stop(&self) -> StopRun {
        self.state.stop.clone()
    }

    /// Ends the run when a signal asks for it, from now on; the last word is what is said when it must end at once.
    ///
    /// # Errors
    /// When the system does not let signals be caught.
    pub fn end_on_signals(&self, last_word: impl Fn() + Send + 'static) -> std::io::Result<()> {
        signals::catch(self.stop(), last_word)
    }

    /// The trials, one per scenario. Nothing is started before the first of them runs.
    pub fn trials(&self) -> Vec<Trial> {
        let names = self.state.names().into_iter();
        names
            .enumerate()
            .map(|(index, name)| {
                let state = Arc::clone(&self.state);
                Trial::ignorable_test(name, move || state.trial(index))
            })
            .collect()
    }

    /// Starts target and journal, so that what prevents a run is known before it begins.
    ///
    /// # Errors
    /// When something cannot be started.
    pub fn start(&self) -> Result<(), RunError> {
        Ok(self.state.started().map(drop)?)
    }

    /// Runs a scenario that was planned while the run goes on, and keeps its record.
    ///
    /// # Errors
    /// When the run could not begin.
    pub(crate) fn walk(&self, index: usize, scenario: &Scenario) -> Result<Arc<ScenarioRecord>, RunError> {
        Ok(self.state.walk(index, scenario)?)
    }

    /// Runs a scenario of which nothing is kept.
    ///
    /// # Errors
    /// When the run could not begin.
    pub(crate) fn rehearse(&self, scenario: &Scenario) -> Result<ScenarioRecord, RunError> {
        Ok(self.state.rehearse(scenario)?)
    }

    /// Runs the trials and writes the reports.
    ///
    /// # Errors
    /// When the run could not begin, or its journal could not be kept.
    pub fn run(self, arguments: &Arguments) -> Result<Finished, RunError> {
        let trials = self.trials();
        let _counted_in_the_journal = libtest_mimic::run(arguments, trials);
        self.finish()
    }

    /// Ends the journal and writes the reports.
    ///
    /// # Errors
    /// When the run could not begin, or its journal could not be kept.
    pub fn finish(self) -> Result<Finished, RunError> {
        self.finish_lacking(Vec::new())
    }

    /// As [`Prepared::finish`], of a run that was to reach more: each shortfall in a sentence.
    ///
    /// # Errors
    /// As [`Prepared::finish`].
    pub(crate) fn finish_lacking(self, shortfalls: Vec<String>) -> Result<Finished, RunError> {
        let Ended { journal, path, exit } = self.state.end(shortfalls)?;
        let exit = if self.state.is_journal_broken() { exit.max(ExitCode::ReportNotWritten) } else { exit };
        let Some(journal) = journal else {
            return Ok(Finished { journal: None, path, written: Vec::new(), not_written: None, exit });
        };
        let RunOptions { reports, formats, elsewhere, .. } = &self.state.options;
        let mut gathered = Gathered::default();
        let (written, not_written) = match write_everywhere(&journal, reports, (formats, elsewhere), &mut gathered) {
            Ok(written) => (written, None),
            Err(error) => (error.written.clone(), Some(error)),
        };
        let exit = if not_written.is_some() { exit.max(ExitCode::ReportNotWritten) } else { exit };
        Ok(Finished { journal: Some((journal, gathered)), path, written, not_written, exit })
    }
}
