//! Scenarios become libtest-mimic trials: under `flowproof run`, under `cargo test`, under `cargo nextest`.
//!
//! Every trial runs its scenario on a worker of its own (a current-thread runtime with its connections), appends its record
//! to the journal, and reports to libtest-mimic whether it passed. Zero scenarios are an error, never a pass.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use chrono::Utc;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::checks::{self, Levels};
use crate::client::{Limits, Transport};
use crate::contract::{self, Contract};
use crate::engine::recorder::{self, RecorderError};
use crate::engine::{Plan, Recorder, Run, Runner, Target, plan, promised, recording};
use crate::record::journal::{FORMAT, Footer, Header, Journal, ScenarioRecord};
use crate::record::{ExitCode, Verdict};
use crate::reports::write::WriteError;
use crate::reports::{self, RENDERERS, console};
use crate::scenario::model::Scenario;
use crate::scenario::{Known, Suite, examine};
use crate::source::Diagnostic;
use crate::tenant::{self, Tenant};

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
    /// Whether the first scenario that does not pass ends the run.
    pub fail_fast: bool,
    /// Where journal and reports are written.
    pub reports: PathBuf,
    /// Whether other processes write to the same journal: the id that they share.
    pub shared_run: Option<String>,
    /// The digest of the suite that the scenarios were chosen from.
    pub suite: String,
}

impl Options {
    /// A run against the embedded stand-in that writes its reports here.
    pub fn new(reports: impl Into<PathBuf>) -> Self {
        Self {
            target: TargetChoice::default(),
            levels: Levels::default(),
            seed: 0,
            deadline: None,
            fail_fast: false,
            reports: reports.into(),
            shared_run: None,
            suite: String::new(),
        }
    }
}

/// Follows a run as it happens.
pub trait Listener: Send + Sync {
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
    Recorder(#[from] RecorderError),
    /// The reports could not be written.
    #[error(transparent)]
    Reports(#[from] WriteError),
    /// The stand-in cannot be started.
    #[error("the embedded stand-in cannot be started: {0}")]
    Tenant(std::io::Error),
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

struct Shared {
    contract: Arc<Contract>,
    scenarios: Vec<Scenario>,
    options: Options,
    listener: Box<dyn Listener>,
    started: OnceLock<Result<Started, String>>,
    workers: Mutex<Vec<Worker>>,
    stopped: AtomicBool,
    broken_recorder: AtomicBool,
    planned: usize,
}

struct Started {
    target: Target,
    recorder: Mutex<Option<Recorder>>,
    header: Header,
}

/// A runtime and its connections: they belong together.
struct Worker {
    runtime: tokio::runtime::Runtime,
    transport: Transport,
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
    /// Prepares a run of scenarios, of which `planned` will be run.
    pub fn new(
        contract: Arc<Contract>,
        scenarios: Vec<Scenario>,
        options: Options,
        listener: Box<dyn Listener>,
    ) -> Self {
        let planned = scenarios.len();
        Self {
            shared: Arc::new(Shared {
                contract,
                scenarios,
                options,
                listener,
                started: OnceLock::new(),
                workers: Mutex::default(),
                stopped: AtomicBool::new(false),
                broken_recorder: AtomicBool::new(false),
                planned,
            }),
        }
    }

    /// Says how many of the scenarios will be run, where that is not all of them.
    fn planning(mut self, planned: usize) -> Self {
        // Before the first trial is made nobody shares it.
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.planned = planned;
        }
        self
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
        let started = self.shared.started().as_ref().map_err(Clone::clone)?;
        let recorder = started.recorder.lock().unwrap_or_else(PoisonError::into_inner).take();
        let recorder = recorder.ok_or("the run has been finished already")?;
        let journal = recorder.path().to_owned();
        let ended_early = self.shared.ended_early();
        let footer = match self.shared.options.shared_run {
            Some(_) => recorder.finish_if_last(),
            None => recorder.finish(ended_early).map(Some),
        };
        let footer = footer.map_err(|error| error.to_string())?;
        let Some(footer) = footer else {
            return Ok(Finished {
                footer: None,
                journal,
                written: Vec::new(),
                not_written: None,
                exit: ExitCode::Held,
            });
        };
        let rendered = render(&journal, &self.shared.options.reports).map_err(|error| error.to_string())?;
        let (written, not_written) = match rendered {
            Ok(written) => (written, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let broken = not_written.is_some() || self.shared.broken_recorder.load(Ordering::Relaxed);
        let exit = if broken { recorder::not_written(&footer) } else { footer.counts.exit_code() };
        Ok(Finished { footer: Some(footer), journal, written, not_written, exit })
    }
}

/// Writes all reports of a journal into a folder.
///
/// # Errors
/// The outer error when the journal cannot be read, the inner one when a report cannot be written.
pub fn render(
    journal: &Path,
    folder: &Path,
) -> Result<Result<Vec<PathBuf>, WriteError>, crate::record::journal::JournalError> {
    let journal = Journal::open(journal)?;
    Ok(reports::write::write_all(&journal, folder, RENDERERS))
}

impl Shared {
    fn started(&self) -> &Result<Started, String> {
        self.started.get_or_init(|| self.start().map_err(|error| error.to_string()))
    }

    fn start(&self) -> Result<Started, StartError> {
        recorder::make_folder(&self.options.reports)?;
        reports::write::prepare(&self.options.reports, RENDERERS)?;
        let target = target(&self.options)?;
        let header = self.header(&target);
        let recorder = match self.options.shared_run {
            Some(_) => Recorder::join(&self.options.reports, header)?,
            None => Recorder::begin(&self.options.reports, header)?,
        };
        let header = recorder.header().clone();
        Ok(Started { target, recorder: Mutex::new(Some(recorder)), header })
    }

    fn header(&self, target: &Target) -> Header {
        Header {
            format: FORMAT,
            tool: concat!("flowproof ", env!("CARGO_PKG_VERSION")).into(),
            run_id: self.options.shared_run.clone().unwrap_or_else(|| Uuid::new_v4().to_string()),
            seed: self.options.seed,
            started_at: Utc::now(),
            target: target.record(),
            contract: promised(&self.contract),
            scenarios: self.planned,
            suite: self.options.suite.clone(),
            shard: None,
            configuration: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    fn trial(&self, index: usize) -> Result<Completion, Failed> {
        let started = self.started().as_ref().map_err(|error| Failed::from(error.clone()))?;
        let record = self.record(started, index);
        self.keep(started, &record)?;
        self.listener.ended(&started.header, &record);
        if self.options.fail_fast && matches!(record.verdict, Verdict::Failed | Verdict::Errored) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        match record.verdict {
            Verdict::Passed => Ok(Completion::Completed),
            Verdict::Skipped => Ok(Completion::ignored_with(record.reason.unwrap_or_default())),
            Verdict::Failed | Verdict::Errored => {
                Err(console::failure(&started.header, &record, &console::Palette::plain()).into())
            }
        }
    }

    fn keep(&self, started: &Started, record: &ScenarioRecord) -> Result<(), Failed> {
        let recorder = started.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = recorder.as_ref().map_or(Ok(()), |recorder| recorder.append(record));
        kept.map_err(|error| {
            self.broken_recorder.store(true, Ordering::Relaxed);
            Failed::from(error.to_string())
        })
    }

    /// Runs one scenario. A panic becomes the error of that scenario; the others go on (K06).
    fn record(&self, started: &Started, index: usize) -> ScenarioRecord {
        let scenario = &self.scenarios[index];
        let unplanned = Plan { scenario, steps: Vec::new(), levels: self.options.levels.clone() };
        let ran = catch_unwind(AssertUnwindSafe(|| match plan(scenario, &self.contract, &self.options.levels) {
            Ok(plan) => {
                let run = self
                    .reason_to_skip()
                    .map_or_else(|| self.run(started, &plan), |reason| Run::skipped(plan.steps.len(), reason));
                recording::record(index, &plan, &run, &self.contract)
            }
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
                recording::record(index, &unplanned, &Run::errored(problems.join("\n")), &self.contract)
            }
        }));
        ran.unwrap_or_else(|_| {
            let run = Run::errored("an internal error, which is a fault of Flowproof; please report it");
            recording::record(index, &unplanned, &run, &self.contract)
        })
    }

    fn reason_to_skip(&self) -> Option<&'static str> {
        if self.stopped.load(Ordering::Relaxed) {
            return Some("not run: an earlier scenario did not pass (--fail-fast)");
        }
        let late = self.options.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        late.then_some("not run: the deadline of the run had passed")
    }

    fn ended_early(&self) -> Option<String> {
        self.reason_to_skip().map(|reason| reason.trim_start_matches("not run: ").to_owned())
    }

    fn run(&self, started: &Started, plan: &Plan<'_>) -> Run {
        let free = self.workers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let worker = match free.map_or_else(|| Worker::new(&started.target), Ok) {
            Ok(worker) => worker,
            Err(error) => return Run::errored(format!("no runtime: {error}")),
        };
        let runner = Runner {
            contract: &self.contract,
            target: &started.target,
            transport: &worker.transport,
            seed: self.options.seed,
            deadline: self.options.deadline,
        };
        let run = worker.runtime.block_on(runner.run(plan));
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        run
    }
}

impl Worker {
    fn new(target: &Target) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, transport: Transport::new(target.base_url(), Limits::default()) })
    }
}

fn target(options: &Options) -> Result<Target, StartError> {
    let embedded = |faults: Vec<tenant::Fault>| {
        let options = tenant::Options { seed: options.seed, faults, ..tenant::Options::default() };
        Tenant::start(options).map(Target::Embedded).map_err(StartError::Tenant)
    };
    match &options.target {
        TargetChoice::Embedded => embedded(Vec::new()),
        TargetChoice::Broken(faults) => embedded(faults.clone()),
        TargetChoice::StandIn { base_url, control } => {
            Ok(Target::StandIn { base_url: base_url.clone(), control: control.clone() })
        }
    }
}

/// Runs a suite as a test target: the arguments are those of a test binary.
///
/// Under nextest every scenario is a process of its own; all of them join one journal, and the last one renders it.
pub fn test_main(cases: &Path, reports: &Path) -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let contract = match Contract::embedded() {
        Ok(contract) => Arc::new(contract),
        Err(error) => return refuse(&error.to_string()),
    };
    let shared_run = std::env::var("NEXTEST_RUN_ID").ok();
    let only = shared_run.as_ref().and_then(|run| only_file(&arguments, cases, reports, run));
    let suite = match load(&[only.unwrap_or_else(|| cases.to_owned())], &contract) {
        Ok(suite) => suite,
        Err(problems) => return refuse(&problems.iter().map(|problem| problem.render(false)).collect::<String>()),
    };
    if suite.scenarios.is_empty() {
        return refuse(&format!("there is no scenario in {}", cases.display()));
    }
    let options = Options { shared_run, suite: suite.digest(), ..Options::new(reports) };
    let planned = if options.shared_run.is_some() { suite.scenarios.len() } else { chosen(&arguments, &suite) };
    let prepared = Prepared::new(contract, suite.scenarios, options, Box::new(Silent)).planning(planned);
    if arguments.list {
        return libtest_mimic::run(&arguments, prepared.trials()).exit_code();
    }
    let conclusion = libtest_mimic::run(&arguments, prepared.trials());
    if conclusion.num_passed + conclusion.num_failed + conclusion.num_ignored == 0 {
        return conclusion.exit_code();
    }
    match prepared.finish() {
        Ok(_) => conclusion.exit_code(),
        Err(error) => refuse(&error),
    }
}

/// How many scenarios the arguments of a test binary choose.
fn chosen(arguments: &Arguments, suite: &Suite) -> usize {
    let trials = suite.scenarios.iter().map(|scenario| Trial::test(scenario.name.clone(), || Ok(())));
    trials.filter(|trial| !arguments.is_filtered_out(trial)).count()
}

/// The file of the one scenario that is asked for, once another process has begun the journal with the whole suite.
fn only_file(arguments: &Arguments, cases: &Path, reports: &Path, run: &str) -> Option<PathBuf> {
    let name = arguments.filter.as_ref().filter(|_| arguments.exact && !arguments.list)?;
    let file = cases.join(format!("{}.yaml", name.split('#').next().unwrap_or(name)));
    (file.is_file() && Recorder::is_of(reports, run)).then_some(file)
}

fn refuse(problem: &str) -> std::process::ExitCode {
    eprintln!("{problem}");
    ExitCode::Unusable.into()
}
