//! The state that all trials of a run share: contract, scenarios, target, recorder, pace, and the one way to end early.
//!
//! A panic in a scenario becomes the error of that scenario, and the others go on; one elsewhere becomes exit code 70, and
//! the reports are written all the same. No text of a panic is shown: it could hold anything.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Instant;

use libtest_mimic::{Completion, Failed};

use super::errors::{ProbeError, RunError, StartError};
use super::header::header;
use super::listener::Listener;
use super::measuring::Measuring;
use super::options::{Flaky, RunOptions};
use super::recorder::{INTERNAL, Recorded, Recorder, Recording};
use super::waiting::Waiting;
use super::worker::{Worker, target};
use crate::base::sync::{LockAnyway, ShareAnyway};
use crate::contract::Contract;
use crate::engine::{Names, Pace, Plan, Runner, ScenarioRun, StopRun, Stopped, Target, plan};
use crate::judge::coverage::Coverage;
use crate::record::journal::{Ending, Journal, JournalWriter, make_folder};
use crate::record::{Counts, ExitCode, Header, ScenarioRecord, Verdict};
use crate::reports::{self, console};
use crate::scenario::model::Scenario;

/// So many scenarios in a row without a verdict end the run (Q08).
const MOST_WITHOUT_VERDICT: usize = 3;

/// The state of a run, which its trials share.
pub(super) struct RunState {
    contract: Arc<Contract>,
    /// Each until it is run, so that memory holds no more of them than have to be.
    scenarios: Mutex<Vec<Waiting>>,
    pub(super) options: RunOptions,
    listener: Arc<dyn Listener>,
    started: OnceLock<Result<Started, Arc<StartError>>>,
    workers: Mutex<Vec<Worker>>,
    pub(super) stop: StopRun,
    pace: Pace,
    /// Scenarios in a row that came to no verdict.
    without_verdict: AtomicUsize,
    journal_broken: AtomicBool,
    panicked: AtomicBool,
    pub(super) planned: usize,
}

/// What there is once target and journal have been started.
pub(super) struct Started {
    target: Target,
    recording: Recording,
    /// Until the run ends.
    recorder: RwLock<Option<Recorder>>,
    header: Arc<Header>,
    names: Names,
}

/// How the journal of a run ended.
pub(super) struct Ended {
    /// The journal; `None` when other processes still write to it.
    pub(super) journal: Option<Journal>,
    /// Where it is.
    pub(super) path: PathBuf,
    pub(super) exit: ExitCode,
}

impl RunState {
    pub(super) fn new(
        contract: Arc<Contract>,
        scenarios: Vec<Waiting>,
        options: RunOptions,
        listener: Arc<dyn Listener>,
    ) -> Self {
        Self {
            contract,
            planned: scenarios.len(),
            scenarios: Mutex::new(scenarios),
            stop: StopRun::new(options.deadline.and_then(|limit| Instant::now().checked_add(limit))),
            pace: Pace::new(options.rate),
            options,
            listener,
            started: OnceLock::new(),
            workers: Mutex::default(),
            without_verdict: AtomicUsize::new(0),
            journal_broken: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
        }
    }

    pub(super) fn started(&self) -> Result<&Started, Arc<StartError>> {
        self.started.get_or_init(|| self.start().map_err(Arc::new)).as_ref().map_err(Arc::clone)
    }

    fn start(&self) -> Result<Started, StartError> {
        make_folder(&self.options.reports)?;
        reports::write::prepare(&self.options.reports, &self.options.formats)?;
        reports::write::prepare_elsewhere(&self.options.elsewhere)?;
        let target = target(&self.options, &self.scenarios.locked(), &self.contract)?;
        let faults = self.worker(&target).map_err(StartError::Runtime)?.faults(&target);
        let header = header(&self.options, &self.contract, self.planned, (&target, faults));
        let writer = match self.options.shared_run {
            Some(_) => JournalWriter::join(&self.options.reports, header, &self.options.register)?,
            None => JournalWriter::begin(&self.options.reports, header, &self.options.register)?,
        };
        if writer.began() {
            reports::write::take_away(&self.options.reports)?;
            reports::write::take_away_elsewhere(&self.options.elsewhere)?;
        }
        let header = Arc::clone(writer.header());
        let lasting = !matches!(target, Target::Embedded(_));
        let names = Names::new(self.options.seed, lasting.then_some(header.run_id.as_str()));
        if let Err(why) = self.probe(&target) {
            self.stop.raise(Stopped::because(format!("the target cannot be reached: {why}")));
        }
        let recording = Recording { contract: Arc::clone(&self.contract), register: self.options.register.clone() };
        let (measuring, listener) = (self.measuring()?, Arc::clone(&self.listener));
        let recorder = Recorder::begin(recording.clone(), writer, measuring, listener, self.stop.clone());
        let recorder = RwLock::new(Some(recorder.map_err(StartError::Thread)?));
        Ok(Started { target, recording, recorder, header, names })
    }

    /// Begins to measure coverage, where the run has goals; one of several processes cannot know it.
    fn measuring(&self) -> Result<Option<Measuring>, StartError> {
        let goals = self.options.goals.as_ref().filter(|goals| !goals.is_empty() && self.options.shared_run.is_none());
        goals.map(|_| Measuring::begin(&self.contract)).transpose().map_err(StartError::Thread)
    }

    /// The names of the scenarios.
    pub(super) fn names(&self) -> Vec<String> {
        self.scenarios.locked().iter().map(|waiting| waiting.name().to_owned()).collect()
    }

    /// The scenario at a position, which can be had once. It is read again, if at all, while others take theirs.
    fn take(&self, index: usize) -> Scenario {
        let mut waiting = std::mem::replace(&mut self.scenarios.locked()[index], Waiting::Taken);
        waiting.take().expect("a scenario that was read once is read again, and is run once")
    }

    /// Runs one scenario to its record. A panic outside of the scenario itself must not end the others (G06).
    pub(super) fn trial(&self, index: usize) -> Result<Completion, Failed> {
        catch_unwind(AssertUnwindSafe(|| self.recorded(index))).unwrap_or_else(|_| {
            self.panicked.store(true, Ordering::Relaxed);
            Err(INTERNAL.into())
        })
    }

    fn recorded(&self, index: usize) -> Result<Completion, Failed> {
        let started = self.started().map_err(|error| Failed::from(error.to_string()))?;
        let scenario = self.take(index);
        let run = self.ran(started, &scenario, 0);
        if run.verdict == Verdict::Passed {
            if let Some(recorder) = &*started.recorder.reading() {
                recorder.passed(index, scenario, run);
            }
            return Ok(Completion::Completed);
        }
        let record = Arc::new(self.attempts(started, index, &scenario, &run));
        self.keep(started, &record)?;
        if self.options.fail_fast && matches!(record.verdict, Verdict::Failed | Verdict::Errored) {
            self.stop.raise(Stopped::fail_fast());
        }
        match record.verdict {
            Verdict::Passed => Ok(Completion::Completed),
            Verdict::Skipped => Ok(Completion::ignored_with(record.reason.clone().unwrap_or_default())),
            Verdict::Failed | Verdict::Errored => {
                Err(console::failure(&started.header, &record, &console::Palette::plain()).into())
            }
        }
    }

    fn keep(&self, started: &Started, record: &Arc<ScenarioRecord>) -> Result<(), Failed> {
        let recorder = started.recorder.reading();
        recorder.as_ref().map_or(Ok(()), |recorder| recorder.keep(record).map_err(Failed::from))
    }

    /// The record of a scenario that was run, and is run again while it does not pass and may be tried again (E13).
    fn attempts(&self, started: &Started, index: usize, scenario: &Scenario, first: &ScenarioRun) -> ScenarioRecord {
        let mut record = started.recording.record(index, scenario, first);
        for attempt in 1..=self.options.retries {
            let again = matches!(record.verdict, Verdict::Failed | Verdict::Errored) && self.stop.stopped().is_none();
            if !again {
                break;
            }
            let next = started.recording.record(index, scenario, &self.ran(started, scenario, attempt));
            if next.verdict == Verdict::Skipped {
                break;
            }
            record = next.after(record);
        }
        record
    }

    /// Runs a scenario that was planned while the run goes on, and keeps its record.
    pub(super) fn walk(&self, index: usize, scenario: &Scenario) -> Result<Arc<ScenarioRecord>, Arc<StartError>> {
        let started = self.started()?;
        let record = Arc::new(started.recording.record(index, scenario, &self.ran(started, scenario, 0)));
        // A journal that cannot be kept has stopped the run, and its end says why.
        let _ = self.keep(started, &record);
        Ok(record)
    }

    /// Runs a scenario of which nothing is kept.
    pub(super) fn rehearse(&self, scenario: &Scenario) -> Result<ScenarioRecord, Arc<StartError>> {
        let started = self.started()?;
        Ok(started.recording.record(0, scenario, &self.ran(started, scenario, 0)))
    }

    /// Runs one scenario once. A panic becomes the error of that scenario; the others go on (K06).
    fn ran(&self, started: &Started, scenario: &Scenario, attempt: usize) -> ScenarioRun {
        let planned = || plan(scenario, &self.contract, self.options.client(&self.contract), &self.options.levels);
        let ran = catch_unwind(AssertUnwindSafe(|| match planned() {
            Ok(plan) => self
                .reason_to_skip()
                .map_or_else(|| self.run(started, &plan, attempt), |reason| ScenarioRun::skipped(&plan, reason)),
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
                ScenarioRun::errored(problems.join("\n"))
            }
        }));
        ran.unwrap_or_else(|_| ScenarioRun::errored(INTERNAL))
    }

    fn reason_to_skip(&self) -> Option<String> {
        self.stop.stopped().map(|stopped| format!("not run: {}", stopped.reason))
    }

    fn run(&self, started: &Started, plan: &Plan<'_>, attempt: usize) -> ScenarioRun {
        self.listener.began(&plan.scenario.name);
        let worker = match self.worker(&started.target) {
            Ok(worker) => worker,
            Err(error) => return ScenarioRun::errored(format!("no runtime: {error}")),
        };
        let runner = Runner {
            contract: &self.contract,
            target: &started.target,
            transport: &worker.transport,
            names: &started.names,
            attempt,
            traceparent: self.options.traceparent,
            stop: &self.stop,
            pace: &self.pace,
        };
        let run = worker.runtime.block_on(runner.run(plan));
        self.give_back(worker);
        self.count(&run);
        run
    }

    /// Counts scenarios in a row without a verdict: if nobody can be told anything, nobody is asked any more (Q08).
    fn count(&self, run: &ScenarioRun) {
        match run.verdict {
            Verdict::Passed | Verdict::Failed => self.without_verdict.store(0, Ordering::Relaxed),
            Verdict::Skipped => (),
            Verdict::Errored => {
                if self.without_verdict.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_WITHOUT_VERDICT {
                    let last = self.options.register.redactor_with(&run.secrets);
                    let last = last.text(run.reason.as_deref().unwrap_or_default());
                    let reason =
                        format!("{MOST_WITHOUT_VERDICT} scenarios in a row came to no verdict; the last: {last}");
                    self.stop.raise(Stopped::because(reason));
                }
            }
        }
    }

    fn worker(&self, target: &Target) -> std::io::Result<Worker> {
        let free = self.workers.locked().pop();
        free.map_or_else(|| Worker::new(target, target.transport(&self.options.transport)), Ok)
    }

    fn give_back(&self, worker: Worker) {
        self.workers.locked().push(worker);
    }

    /// Whether the target is there, where it is not part of this process.
    fn probe(&self, target: &Target) -> Result<(), ProbeError> {
        if target.probe().is_none() {
            return Ok(());
        }
        let worker = self.worker(target)?;
        let probed = worker.probe(target);
        self.give_back(worker);
        probed
    }

    /// Closes what the scenarios left open in the target.
    fn close(&self, target: &Target) -> Result<(), String> {
        // Without a worker nothing was opened.
        let Some(worker) = self.workers.locked().pop() else { return Ok(()) };
        let closed = worker.close(target);
        self.give_back(worker);
        closed
    }

    /// Whether something could not be written to the journal.
    pub(super) fn is_journal_broken(&self) -> bool {
        self.journal_broken.load(Ordering::Relaxed)
    }

    /// Writes the journal's last line. `shortfalls` are what others found that the run does not reach.
    pub(super) fn end(&self, shortfalls: Vec<String>) -> Result<Ended, RunError> {
        let started = self.started()?;
        let recorder = started.recorder.writing().take().ok_or(RunError::Finished)?;
        let Recorded { writer, coverage, journal_broken, panicked } = recorder.finish().ok_or(RunError::Unrecorded)?;
        self.journal_broken.fetch_or(journal_broken, Ordering::Relaxed);
        self.panicked.fetch_or(panicked, Ordering::Relaxed);
        let path = writer.path().to_owned();
        let ending = self.ending(started);
        let mut uncovered = self.uncovered(coverage, &writer.counts(), &ending);
        uncovered.extend(shortfalls.into_iter().filter(|_| ending.early.is_none()));
        let ending = Ending { uncovered, ..ending };
        let journal = match self.options.shared_run {
            Some(_) => writer.finish_if_last(&ending)?.map(|_| Journal::open(&path)).transpose()?,
            None => Some(writer.finish(&ending)?),
        };
        let footer = journal.as_ref().and_then(Journal::footer);
        let exit = footer.map_or(ExitCode::Held, |footer| ending.exit_code(&footer.counts));
        Ok(Ended { journal, path, exit })
    }

    /// What the run does not reach of what it must reach, where it came to a verdict.
    fn uncovered(&self, coverage: Option<Coverage>, counts: &Counts, ending: &Ending) -> Vec<String> {
        let judged = matches!(ending.exit_code(counts), ExitCode::Held | ExitCode::Violated);
        let coverage = coverage.filter(|_| judged && !self.is_journal_broken());
        let measured = self.options.goals.as_ref().zip(coverage);
        measured.map(|(goals, mut coverage)| goals.shortfalls(&mut coverage)).unwrap_or_default()
    }

    fn ending(&self, started: &Started) -> Ending {
        let stopped = self.stop.stopped();
        let mut exit = stopped.as_ref().map_or(ExitCode::Held, |stopped| stopped.exit);
        let mut notes: Vec<String> = self.pace.note().into_iter().collect();
        if stopped.is_none()
            && let Err(why) = self.probe(&started.target)
        {
            notes.push(format!("the target could not be reached after the last scenario: {why}"));
            exit = exit.max(ExitCode::CouldNotTell);
        } else if let Err(why) = self.close(&started.target) {
            notes.push(format!("an environment of the stand-in could not be closed: {why}"));
        }
        let paused = self.stop.paused();
        if !paused.is_zero() {
            notes.push(format!("the process was stopped for {} s; times may hold some of them", paused.as_secs()));
        }
        if self.panicked.load(Ordering::Relaxed) {
            notes.push(INTERNAL.into());
            exit = exit.max(ExitCode::Internal);
        }
        let empty_part = self.planned == 0 && self.options.shard.is_some();
        if empty_part {
            notes.push("no scenario belongs to this part of the suite".into());
        }
        let fail_flaky = self.options.flaky == Flaky::Fail;
        let early = stopped.map(|stopped| stopped.reason);
        Ending { early, exit, notes, empty_part, fail_flaky, uncovered: Vec::new() }
    }
}
