//! `flowproof run`: the arguments become a run, and its end an exit code.

mod arguments;
mod list;
mod options;
mod selection;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use libtest_mimic::Arguments;

pub(super) use self::arguments::RunArgs;
use super::context::Context;
use super::coverage;
use super::errors::CliError;
use super::progress::Progress;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::reports::write::begin_log;
use crate::run::{Finished, Prepared, RunOptions};
use crate::scenario::model::Scenario;

/// Examples for the help of `flowproof run`.
pub(super) const EXAMPLES: &str = "\
Examples:
  flowproof run                              the whole suite in cases/ against the stand-in tenant
  flowproof run mfa/otp/email-completes      one scenario, by its name or file
  flowproof run cases/mfa --tag smoke        one folder, only scenarios with the tag `smoke`
  flowproof run --filter otp --list          list the names of the chosen scenarios, send nothing
  flowproof run -D undocumented-property     fail on properties that are not documented
  flowproof run --fault missing-link         break the stand-in; see which check notices
  flowproof run --target staging --rate 5    a tenant that flowproof.toml describes

Exit codes:
  0 all held   1 contract violated   2 unusable input, nothing sent   3 could not tell
  4 nothing ran or was checked   5 a report could not be written   70 internal error";

/// Runs what the arguments choose.
pub(super) fn run(arguments: &RunArgs, context: &Context) -> Result<ExitCode, CliError> {
    // Before the scenarios: whoever mistypes a target should not have to mend those first.
    let options = options::options(arguments, context)?;
    let contract = context.contract()?;
    let selection = selection::select(arguments, &options.target, contract, context)?;
    // Only where coverage will be judged: it takes longer than a scenario does.
    if arguments.partial().is_none() {
        coverage::check_config(&context.config, contract)?;
    }
    if arguments.list {
        return list::list(&selection.scenarios, &options.target, contract, context);
    }
    let options = RunOptions { suite: selection.suite, ..options };
    let finished = execute(arguments, Arc::clone(contract), selection.scenarios, options, context)?;
    Ok(conclude(&finished, arguments, contract, context))
}

fn execute(
    arguments: &RunArgs,
    contract: Arc<Contract>,
    scenarios: Vec<Scenario>,
    options: RunOptions,
    context: &Context,
) -> Result<Finished, CliError> {
    let watched = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
    let progress = Progress::new(scenarios.len(), arguments.verbosity(), context, watched);
    let libtest = libtest(arguments, options.jobs, scenarios.len());
    let prepared = Prepared::new(contract, scenarios, options, Box::new(progress));
    prepared.start()?;
    begin_log(&log(arguments)).map_err(CliError::Log)?;
    prepared.end_on_signals().map_err(CliError::Signals)?;
    for name in context.printer.register().short() {
        context.eprint(&format!(
            "warning: the secret `{name}` is so short that it is masked only where it is a word of its own\n"
        ));
    }
    Ok(prepared.run(&libtest)?)
}

/// Says what a run came to, and decides how the process ends.
fn conclude(finished: &Finished, arguments: &RunArgs, contract: &Contract, context: &Context) -> ExitCode {
    if let Some(error) = &finished.not_written {
        context.eprint(&format!("error: {error}\n"));
    }
    let Some(journal) = &finished.journal else { return finished.exit };
    let covered = coverage::after_run(journal, finished.exit, arguments.partial(), contract, context);
    let exit = finished.exit.max(covered.exit);
    context.summarise(journal, &[&*finished.written, std::slice::from_ref(&finished.path)].concat(), Some(exit));
    if let Some(why) = covered.not_judged {
        context.print(&format!("  coverage   not judged: {why}\n"));
    }
    exit.max(arguments.formats.annotate(journal, context))
}

/// The runner's own log goes beside the reports: what people see is ours.
fn log(arguments: &RunArgs) -> PathBuf {
    arguments.report.join("libtest.log")
}

fn libtest(arguments: &RunArgs, jobs: Option<usize>, scenarios: usize) -> Arguments {
    Arguments {
        test_threads: jobs.map(|jobs| jobs.min(scenarios.max(1))),
        logfile: Some(log(arguments).display().to_string()),
        ..Arguments::default()
    }
}
