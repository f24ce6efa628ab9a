//! `flowproof coverage`, and the thresholds that a run of the whole suite must reach.

use std::path::{Path, PathBuf};

use clap::Args;

use super::context::{Context, journal_at};
use super::run::RunArgs;
use crate::base::source::Diagnostic;
use crate::config::Config;
use crate::contract::Contract;
use crate::judge::coverage::{self, Coverage, Format, Goals};
use crate::record::ExitCode;
use crate::record::journal::{JOURNAL, Journal};

#[derive(Debug, Args)]
pub(super) struct CoverageArgs {
    /// A journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Name whatever was not reached
    #[arg(long)]
    missing: bool,
}

/// Prints the coverage of a journal; a threshold that is not reached fails.
pub(super) fn run(arguments: &CoverageArgs, context: &Context) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => contract,
        Err(error) => return context.unusable(&error.to_string()),
    };
    let problems = misplaced(&context.config, &contract);
    if !problems.is_empty() {
        return context.refuse(&problems, "the configuration");
    }
    let goals = goals(&context.config);
    let journal = journal_at(&arguments.journal);
    match measured(&contract, &journal) {
        Ok(mut coverage) => {
            let stale = goals.excuse(&mut coverage);
            context.print(&coverage.render(arguments.format, &goals, arguments.missing));
            judged(&goals, &coverage, &stale, context)
        }
        Err(problem) => context.unusable(&problem),
    }
}

/// What `flowproof.toml` says of coverage that is about nothing in the contract.
pub(super) fn misplaced(config: &Config, contract: &Contract) -> Vec<Diagnostic> {
    goals(config).misplaced(contract)
}

/// Holds a finished run against the thresholds, if it was the whole suite and came to a verdict.
///
/// Gives the exit code that coverage stands for, and why it was not judged where a reader might expect it.
pub(super) fn after_run(
    arguments: &RunArgs,
    context: &Context,
    contract: &Contract,
    exit: ExitCode,
) -> (ExitCode, Option<&'static str>) {
    let goals = goals(&context.config);
    if goals.is_empty() || !matches!(exit, ExitCode::Held | ExitCode::Violated) {
        return (ExitCode::Held, None);
    }
    if let Some(why) = arguments.partial() {
        return (ExitCode::Held, Some(why));
    }
    match measured(contract, &arguments.report.join(JOURNAL)) {
        Ok(mut coverage) => {
            let stale = goals.excuse(&mut coverage);
            (judged(&goals, &coverage, &stale, context), None)
        }
        Err(problem) => (context.unusable(&problem), None),
    }
}

impl RunArgs {
    /// Why this run was not the whole suite, so that what it leaves out says nothing.
    pub(super) fn partial(&self) -> Option<&'static str> {
        match () {
            () if self.paths != [PathBuf::from("cases")] => Some("only some scenarios were asked for, by their path"),
            () if !self.tag.is_empty() => Some("only some scenarios were asked for, by their tag"),
            () if self.filter.is_some() => Some("only some scenarios were asked for, by their name"),
            () if self.only.is_some() => Some("only what did not pass was run again"),
            () if self.fail_fast => Some("the run was to stop at the first scenario that does not pass"),
            () if self.deadline.is_some() => Some("the run had a deadline"),
            () if self.shard.is_some() => Some("the run was one part of the suite"),
            () if !self.fault.is_empty() => Some("the stand-in was broken on purpose"),
            () => None,
        }
    }
}

fn goals(config: &Config) -> Goals {
    let least = config.coverage().map(|(dimension, share)| (dimension.to_owned(), share)).collect();
    Goals { least, unreachable: config.unreachable().collect() }
}

fn measured(contract: &Contract, journal: &Path) -> Result<Coverage, String> {
    let read = Journal::open(journal).and_then(|open| coverage::measure(contract, &open));
    read.map_err(|error| format!("{}: {error}", journal.display()))
}

fn judged(goals: &Goals, coverage: &Coverage, stale: &[Diagnostic], context: &Context) -> ExitCode {
    let unmet = goals.unmet(coverage);
    unmet.iter().for_each(|problem| context.eprint(&format!("error: {problem}\n")));
    stale.iter().for_each(|problem| context.eprint(&format!("{}\n", problem.render(false))));
    if unmet.is_empty() && stale.is_empty() { ExitCode::Held } else { ExitCode::Violated }
}
