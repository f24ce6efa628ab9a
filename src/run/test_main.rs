//! A suite as a test target: the arguments are those of a test binary.
//!
//! Under nextest every scenario is a process of its own; all of them join one journal, and the last one renders it. Signals
//! are left to those who started it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use url::Url;

use super::listener::Silent;
use super::options::{RunOptions, TargetChoice};
use super::prepared::{Finished, Prepared};
use super::printer::Printer;
use super::server::ServerChoice;
use super::suite::load;
use crate::client::GeneratedClient;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::record::journal::JournalWriter;
use crate::scenario::Suite;

/// A suite as a test target.
#[derive(Debug)]
pub struct TestSuite<'a> {
    /// The folder of the scenarios.
    cases: &'a Path,
    /// The folder that reports are written to.
    reports: &'a Path,
    /// The client that was generated from the contract, where it is not the one of this build.
    client: Option<&'static GeneratedClient>,
    target: TargetChoice,
}

impl<'a> TestSuite<'a> {
    /// The scenarios of a folder, against the embedded stand-in.
    pub fn new(cases: &'a Path, reports: &'a Path) -> Self {
        Self { cases, reports, client: None, target: TargetChoice::Embedded }
    }

    /// By another contract, through the client that was generated from it, against the server at an address.
    #[must_use]
    pub fn of(self, client: &'static GeneratedClient, base: Url) -> Self {
        let target = TargetChoice::Server(Box::new(ServerChoice::at(base)));
        Self { client: Some(client), target, ..self }
    }

    /// Runs it: the arguments are those of a test binary.
    ///
    /// Under nextest every scenario is a process of its own; all of them join one journal, and the last one renders it.
    pub fn main(self) -> std::process::ExitCode {
        let printer = Printer::of_process();
        let contract = self.client.map_or_else(Contract::embedded, |client| Contract::from_text(client.contract));
        match contract {
            Ok(contract) => self.run(Arc::new(contract), &printer),
            Err(error) => refuse(&printer, &error.to_string()),
        }
    }

    fn run(self, contract: Arc<Contract>, printer: &Printer) -> std::process::ExitCode {
        let Self { cases, reports, client, target } = self;
        let arguments = Arguments::from_args();
        let shared_run = std::env::var("NEXTEST_RUN_ID").ok();
        let only = shared_run.as_ref().and_then(|run| only_file(&arguments, cases, reports, run));
        let suite = match load(&[only.unwrap_or_else(|| cases.to_owned())], &contract) {
            Ok(suite) => suite,
            Err(problems) => {
                return refuse(printer, &problems.iter().map(|problem| problem.render(false)).collect::<String>());
            }
        };
        if suite.scenarios.is_empty() {
            return refuse(printer, &format!("there is no scenario in {}", cases.display()));
        }
        let register = printer.register().clone();
        let options =
            RunOptions { target, client, shared_run, suite: suite.digest(), register, ..RunOptions::new(reports) };
        let planned = if options.shared_run.is_some() { suite.scenarios.len() } else { chosen(&arguments, &suite) };
        let prepared = Prepared::new(contract, suite.scenarios, options, Box::new(Silent)).planning(planned);
        if arguments.list {
            return libtest_mimic::run(&arguments, prepared.trials()).exit_code();
        }
        printer.hide_panics();
        let conclusion = libtest_mimic::run(&arguments, prepared.trials());
        if conclusion.num_passed + conclusion.num_failed + conclusion.num_ignored == 0 {
            return conclusion.exit_code();
        }
        match prepared.finish() {
            // What passed was recorded after it had been said so.
            Ok(Finished { exit: exit @ (ExitCode::ReportNotWritten | ExitCode::Internal), not_written, .. })
                if !conclusion.has_failed() =>
            {
                let why = not_written.map_or("the run was not recorded as a whole".into(), |error| error.to_string());
                printer.eprint(&format!("{why}\n"));
                exit.into()
            }
            Ok(_) => conclusion.exit_code(),
            Err(error) => {
                printer.eprint(&format!("{error}\n"));
                error.exit_code().into()
            }
        }
    }
}

/// Runs a suite against the embedded stand-in as a test target.
pub fn test_main(cases: &Path, reports: &Path) -> std::process::ExitCode {
    TestSuite::new(cases, reports).main()
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
    (file.is_file() && JournalWriter::is_of(reports, run)).then_some(file)
}

fn refuse(printer: &Printer, problem: &str) -> std::process::ExitCode {
    printer.eprint(&format!("{problem}\n"));
    ExitCode::Unusable.into()
}
