//! Scenarios become libtest-mimic trials: under `flowproof run`, under `cargo test`, under `cargo nextest`.
//!
//! Every trial runs its scenario on a worker of its own (a current-thread runtime with its connections), appends its record
//! to the journal, and reports to libtest-mimic whether it passed. Zero scenarios are an error, never a pass.

pub mod printer;
mod real_tenant;
pub mod shard;
mod shared;
mod signals;
mod test_main;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use url::Url;

use self::shared::Shared;
use crate::checks::{self, Levels};
use crate::client::TransportOptions;
use crate::contract::{self, Contract};
use crate::record::ExitCode;
use crate::record::journal::{Journal, JournalWriteError};
use crate::record::redaction::Register;

use crate::base::source::Diagnostic;
use crate::record::{Footer, Header, ScenarioRecord, ShardRecord};
use crate::reports::write::WriteError;
use crate::reports::{self, Renderer};
use crate::scenario::model::Scenario;
use crate::scenario::{Known, Suite, examine};
use crate::tenant::{self, Tenant};

pub use self::real_tenant::TenantChoice;
pub use self::test_main::test_main;
pub use crate::engine::{StopRun, Stopped};

/// Where requests shall go.
#[derive(Debug, Clone, Default)]
pub enum TargetChoice {
    /// The stand-in tenant inside this process, broken in these ways.
    #[default]
    Embedded,
    /// A stand-in that is broken on purpose, to see which check catches it.
    Broken(Vec<tenant::Fault>),
    /// A stand-in that runs elsewhere on this machine.
    StandIn {
        /// Where requests are sent.
        base_url: Url,
        /// Where its control channel is.
        control: Url,
    },
    /// A tenant that somebody else runs.
    Tenant(Box<TenantChoice>),
}

/// What decides a run, apart from its scenarios.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where requests go.
    pub target: TargetChoice,
    /// The level of every check.
    pub levels: Levels,
    /// The seed of everything made up.
    pub seed: u64,
    /// When the whole run must be over.
    pub deadline: Option<Instant>,
    /// How long that is from the beginning of the run.
    pub time: Option<Duration>,
    /// How many scenarios run at a time, where that is known.
    pub jobs: Option<usize>,
    /// Whether the first scenario that does not pass ends the run.
    pub fail_fast: bool,
    /// Where journal and reports are written.
    pub reports: PathBuf,
    /// Whether other processes write to the same journal: the id that they share.
    pub shared_run: Option<String>,
    /// The digest of the suite that the scenarios were chosen from.
    pub suite: String,
    /// How requests get to the target.
    pub transport: TransportOptions,
    /// The most requests per second, over all workers.
    pub rate: Option<f64>,
    /// How often a scenario that did not pass is run again.
    pub retries: usize,
    /// What a scenario that passed only when it was run again comes to.
    pub flaky: Flaky,
    /// Which part of the suite this run is.
    pub shard: Option<ShardRecord>,
    /// The reports that are written when it ends.
    pub formats: Vec<Renderer>,
    /// The secrets that are kept out of everything that is written.
    pub register: Register,
}

/// What becomes of a run with scenarios that passed only when they were run again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Flaky {
    /// They are shown.
    #[default]
    Warn,
    /// They fail the run.
    Fail,
}

impl Options {
    /// A run against the embedded stand-in that writes its reports here.
    pub fn new(reports: impl Into<PathBuf>) -> Self {
        Self {
            target: TargetChoice::default(),
            levels: Levels::default(),
            seed: 0,
            deadline: None,
            time: None,
            jobs: None,
            fail_fast: false,
            reports: reports.into(),
            shared_run: None,
            suite: String::new(),
            transport: TransportOptions::default(),
            rate: None,
            retries: 0,
            flaky: Flaky::default(),
            shard: None,
            formats: reports::USUAL.to_vec(),
            register: Register::default(),
        }
    }
}

/// Follows a run as it happens.
pub trait Listener: Send + Sync {
    /// A scenario begins; one that is run again begins again.
    fn began(&self, _name: &str) {}

    /// A scenario ended.
    fn ended(&self, header: &Header, record: &ScenarioRecord);
}

/// Listens and says nothing.
pub struct Silent;

impl Listener for Silent {
    fn ended(&self, _: &Header, _: &ScenarioRecord) {}
}

/// Why a run could not begin. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The contract is invalid.
    #[error(transparent)]
    Contract(#[from] contract::ContractError),
    /// The journal cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalWriteError),
    /// The reports could not be written.
    #[error(transparent)]
    Reports(#[from] WriteError),
    /// The stand-in cannot be started.
    #[error("the embedded stand-in cannot be started: {0}")]
    Tenant(std::io::Error),
    /// The real tenant cannot be used as it is configured.
    #[error("the target `{name}` cannot be used; nothing was sent{}", listed(.problems))]
    Unusable {
        /// The target's name.
        name: String,
        /// Everything that is wrong.
        problems: Vec<String>,
    },
}

fn listed(problems: &[String]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// Loads and lints a suite that may be run anywhere.
///
/// # Errors
/// With every problem of every file.
pub fn load(paths: &[PathBuf], contract: &Contract) -> Result<Suite, Vec<Diagnostic>> {
    load_for(paths, contract, None)
}

/// Loads and lints a suite; with the facts of its target, what scenarios name is looked for in them.
///
/// # Errors
/// With every problem of every file.
pub fn load_for(paths: &[PathBuf], contract: &Contract, facts: Option<&Value>) -> Result<Suite, Vec<Diagnostic>> {
    let (suite, problems) = examine(paths, &Known { contract, checks: &checks::ids(), facts });
    if problems.iter().any(Diagnostic::is_error) { Err(problems) } else { Ok(suite) }
}

/// The facts of the embedded stand-in's default environment: those of every environment have the same names.
///
/// # Errors
/// When the stand-in cannot be started.
pub fn stand_in_facts() -> std::io::Result<Value> {
    Ok(Tenant::start(tenant::Options::default())?.control().default_environment())
}

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
    fn planning(mut self, planned: usize) -> Self {
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

    /// Ends the run as a signal asks for it, from now on.
    ///
    /// # Errors
    /// When the system does not let signals be heeded.
    pub fn heed_signals(&self) -> std::io::Result<()> {
        signals::heed(self.stop())
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
    pub fn start(&self) -> Result<(), String> {
        self.shared.started().as_ref().map(drop).map_err(Clone::clone)
    }

    /// Runs the trials and writes the reports.
    ///
    /// # Errors
    /// When the run could not begin, or its journal could not be kept.
    pub fn run(self, arguments: &Arguments) -> Result<Finished, String> {
        let trials = self.trials();
        let _counted_in_the_journal = libtest_mimic::run(arguments, trials);
        self.finish()
    }

    /// Ends the journal and writes the reports.
    ///
    /// # Errors
    /// When the run could not begin, or its journal could not be kept.
    pub fn finish(self) -> Result<Finished, String> {
        let ended = self.shared.end()?;
        let Some(footer) = ended.footer else {
            let (written, journal) = (Vec::new(), ended.journal);
            return Ok(Finished { footer: None, journal, written, not_written: None, exit: ExitCode::Held });
        };
        let rendered = render(&ended.journal, &self.shared.options.reports, &self.shared.options.formats)
            .map_err(|error| error.to_string())?;
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
) -> Result<Result<Vec<PathBuf>, WriteError>, crate::record::journal::JournalError> {
    let journal = Journal::open(journal)?;
    Ok(reports::write::write_chosen(&journal, folder, formats))
}
