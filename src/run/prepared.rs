//! A run from its preparation to its end: trials for libtest-mimic, then the end of the journal, then the reports.
//!
//! Deliberately not here: how a trial is run (`shared`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use super::errors::RunError;
use super::listener::Listener;
use super::options::Options;
use super::shared::Shared;
use super::signals;
use crate::contract::Contract;
use crate::engine::StopRun;
use crate::record::journal::{Journal, JournalError};
use crate::record::{ExitCode, Footer};
use crate::reports::write::WriteError;
use crate::reports::{self, Renderer};
use crate::scenario::model::Scenario;

/// A run that has been prepared: its scenarios are known, nothing has been sent.
pub struct Prepared {
    shared: Arc<Shared>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// The journal's footer; `None` when other processes still write to it.
    pub footer: Option<Footer>,
    /// Where the journal is.
    pub journal: PathBuf,
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
        scenarios: Vec<Scenario>,
        options: Options,
        listener: Box<dyn Listener>,
    ) -> Self {
        Self { shared: Arc::new(Shared::new(contract, scenarios, options, listener)) }
    }

    /// Says how many of the scenarios will be run, where that is not all of them.
    pub(super) fn planning(mut self, planned: usize) -> Self {
        // Before the first trial is made nobody shares it.
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.planned = planned;
        }
        self
    }

    /// What ends the run early, once it is raised.
    pub fn stop(&self) -> StopRun {
        self.shared.stop.clone()
    }

    /// Ends the run when a signal asks for it, from now on.
    ///
    /// # Errors
    /// When the system does not let signals be caught.
    pub fn end_on_signals(&self) -> std::io::Result<()> {
        signals::catch(self.stop())
    }

    /// The trials, one per scenario. Nothing is started before the first of them runs.
    pub fn trials(&self) -> Vec<Trial> {
        let names = self.shared.scenarios.iter().map(|scenario| scenario.name.clone());
        names
            .enumerate()
            .map(|(index, name)| {
                let shared = Arc::clone(&self.shared);
                Trial::ignorable_test(name, move || shared.trial(index))
            })
            .collect()
    }

    /// Starts target and journal, so that what prevents a run is known before it begins.
    ///
    /// # Errors
    /// When something cannot be started.
    pub fn start(&self) -> Result<(), RunError> {
        Ok(self.shared.started().map(drop)?)
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
        let ended = self.shared.end()?;
        let Some(footer) = ended.footer else {
            let (written, journal) = (Vec::new(), ended.journal);
            return Ok(Finished { footer: None, journal, written, not_written: None, exit: ExitCode::Held });
        };
        let rendered = render(&ended.journal, &self.shared.options.reports, &self.shared.options.formats)?;
        let (written, not_written) = match rendered {
            Ok(written) => (written, None),
            Err(error) => (error.written.clone(), Some(error)),
        };
        let broken = not_written.is_some() || self.shared.is_journal_broken();
        let exit = if broken { ended.exit.or_worse(ExitCode::ReportNotWritten) } else { ended.exit };
        Ok(Finished { footer: Some(footer), journal: ended.journal, written, not_written, exit })
    }
}

/// Writes reports of a journal into a folder, and the list of what was left behind, if anything was.
///
/// # Errors
/// The outer error when the journal cannot be read, the inner one when a report cannot be written.
pub fn render(
    journal: &Path,
    folder: &Path,
    formats: &[Renderer],
) -> Result<Result<Vec<PathBuf>, WriteError>, JournalError> {
    let journal = Journal::open(journal)?;
    Ok(reports::write::write_chosen(&journal, folder, formats))
}
