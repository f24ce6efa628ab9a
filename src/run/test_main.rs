//! A suite as a test target: the arguments are those of a test binary.
//!
//! Under nextest every scenario is a process of its own; all of them join one journal, and the last one renders it. Signals
//! are left to those who started it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use super::listener::Silent;
use super::options::RunOptions;
use super::prepared::Prepared;
use super::printer::Printer;
use super::suite::load;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::record::journal::JournalWriter;
use crate::scenario::Suite;

/// Runs a suite as a test target: the arguments are those of a test binary.
///
/// Under nextest every scenario is a process of its own; all of them join one journal, and the last one renders it.
pub fn test_main(cases: &Path, reports: &Path) -> std::process::ExitCode {
    let (printer, arguments) = (Printer::of_process(), Arguments::from_args());
    let contract = match Contract::embedded() {
        Ok(contract) => Arc::new(contract),
        Err(error) => return refuse(&printer, &error.to_string()),
    };
    let shared_run = std::env::var("NEXTEST_RUN_ID").ok();
    let only = shared_run.as_ref().and_then(|run| only_file(&arguments, cases, reports, run));
    let suite = match load(&[only.unwrap_or_else(|| cases.to_owned())], &contract) {
        Ok(suite) => suite,
        Err(problems) => {
            return refuse(&printer, &problems.iter().map(|problem| problem.render(false)).collect::<String>());
        }
    };
    if suite.scenarios.is_empty() {
        return refuse(&printer, &format!("there is no scenario in {}", cases.display()));
    }
    let register = printer.register().clone();
    let options = RunOptions { shared_run, suite: suite.digest(), register, ..RunOptions::new(reports) };
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
        Ok(_) => conclusion.exit_code(),
        Err(error) => {
            printer.eprint(&format!("{error}\n"));
            error.exit_code().into()
        }
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
    (file.is_file() && JournalWriter::is_of(reports, run)).then_some(file)
}

fn refuse(printer: &Printer, problem: &str) -> std::process::ExitCode {
    printer.eprint(&format!("{problem}\n"));
    ExitCode::Unusable.into()
}
