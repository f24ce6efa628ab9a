//! `flowproof run`: the arguments become a run, and its end an exit code.

mod arguments;
mod list;
mod options;
mod selection;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use libtest_mimic::Arguments;

pub(super) use self::arguments::{CASES, EMBEDDED, RunArgs, rate};
use super::context::Context;
use super::coverage;
use super::errors::CliError;
use super::progress::{LinesLeft, Progress};
use super::server::ServerArgs;
use crate::base::text::counted;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::record::journal::{JOURNAL, Journal};
use crate::reports::console::row;
use crate::run::{Finished, Prepared, RunError, RunOptions, Waiting};
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
    let contract = &arguments.contract.load(context)?.contract;
    let options = options::options(arguments, contract, context)?;
    let selection = selection::select(arguments, &options.target, contract, context)?;
    // Only where coverage will be judged: it takes longer than a scenario does.
    if arguments.partial().is_none() {
        coverage::check_config(&context.config, contract)?;
    }
    if arguments.list {
        return list::list(&selection.read(), &options.target, contract, context);
    }
    let options = RunOptions { suite: selection.suite, ..options };
    match execute(arguments, Arc::clone(contract), selection.scenarios, options, context) {
        Ok((finished, accounts)) => {
            let lines = Progress::left(arguments.verbosity(), &accounts);
            Ok(conclude(&finished, lines, arguments, context))
        }
        Err(error @ CliError::Run(RunError::NotWritten(_))) => {
            let exit = context.report(&error);
            say_what_there_is(&arguments.report, context);
            Ok(exit)
        }
        Err(error) => Err(error),
    }
}

fn execute(
    arguments: &RunArgs,
    contract: Arc<Contract>,
    scenarios: Vec<Waiting>,
    options: RunOptions,
    context: &Context,
) -> Result<(Finished, LinesLeft), CliError> {
    let watched = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
    let progress = Progress::new(scenarios.len(), arguments.verbosity(), context, watched);
    let accounts = progress.accounts();
    let libtest = libtest(options.jobs, scenarios.len());
    let prepared = Prepared::new(contract, scenarios, options, Box::new(progress));
    prepared.start()?;
    prepared.end_on_signals(last_word(arguments, context)).map_err(CliError::Signals)?;
    for name in context.printer.register().short() {
        context.eprint(&format!(
            "warning: the secret `{name}` is so short that it is masked only where it is a word of its own\n"
        ));
    }
    Ok((prepared.run(&libtest)?, accounts))
}

/// What a run is made of whose scenarios are planned while it goes on.
pub(super) struct ExploredRun {
    pub(super) options: RunOptions,
    /// The scenarios that there are already.
    pub(super) scenarios: Vec<Scenario>,
}

/// Makes the options of a run from the words of its command line.
pub(super) fn explored(
    words: &[String],
    server: ServerArgs,
    contract: &Arc<Contract>,
    context: &Context,
) -> Result<ExploredRun, CliError> {
    let arguments = RunArgs::of(words, server);
    let options = options::options(&arguments, contract, context)?;
    // Of an API of one's own there may be no scenarios yet.
    if !arguments.has_cases() {
        return Ok(ExploredRun { options, scenarios: Vec::new() });
    }
    let selection = selection::select(&arguments, &options.target, contract, context)?;
    Ok(ExploredRun { options, scenarios: selection.read() })
}

/// Says what such a run came to.
pub(super) fn conclude_explored(finished: &Finished, lines: usize, context: &Context) -> ExitCode {
    if let Some(error) = &finished.not_written {
        context.eprint(&format!("error: {error}\n"));
    }
    let Some((journal, gathered)) = &finished.journal else { return finished.exit };
    let files = [&*finished.written, std::slice::from_ref(&finished.path)].concat();
    context.summarise_in(lines, (journal, gathered), &files, Some(finished.exit));
    finished.exit
}

/// What is said when a run is interrupted twice, and ends without reports.
fn last_word(arguments: &RunArgs, context: &Context) -> impl Fn() + Send + 'static {
    let (folder, printer) = (arguments.report.display().to_string(), context.printer.clone());
    move || printer.eprint(&format!("interrupted twice: no reports; `flowproof report {folder}` makes them\n"))
}

/// Says what can be had of a run whose journal has no end.
fn say_what_there_is(folder: &Path, context: &Context) {
    if let Ok(journal) = Journal::open(&folder.join(JOURNAL)) {
        let (ended, folder) = (counted(journal.entries().len(), "scenario"), folder.display());
        context.eprint(&format!(
            "note: the journal in {folder} has {ended}; `flowproof report {folder} --report ELSEWHERE` makes their reports\n"
        ));
    }
}

/// Says what a run came to, and decides how the process ends.
fn conclude(finished: &Finished, lines: usize, arguments: &RunArgs, context: &Context) -> ExitCode {
    if let Some(error) = &finished.not_written {
        context.eprint(&format!("error: {error}\n"));
        let folder = arguments.report.display();
        context.eprint(&format!("note: the journal is whole; `flowproof report {folder}` makes the reports\n"));
    }
    let Some((journal, gathered)) = &finished.journal else { return finished.exit };
    context.summarise_in(
        lines,
        (journal, gathered),
        &[&*finished.written, std::slice::from_ref(&finished.path)].concat(),
        Some(finished.exit),
    );
    let judged = matches!(finished.exit, ExitCode::Held | ExitCode::Violated)
        && coverage::is_asked_for(&context.config, arguments.target());
    if let Some(why) = arguments.partial().filter(|_| judged) {
        context.print(&row("coverage", &format!("not judged: {why}"), &context.palette));
    }
    finished.exit.max(arguments.formats.annotate((journal, gathered), context))
}

/// Where the runner's own output goes: what people see is ours, and a disk that is full must not end the run.
const NOWHERE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

fn libtest(jobs: Option<usize>, scenarios: usize) -> Arguments {
    Arguments {
        test_threads: jobs.map(|jobs| jobs.min(scenarios.max(1))),
        logfile: Some(NOWHERE.into()),
        ..Arguments::default()
    }
}
