//! `flowproof coverage`, and the thresholds that a run of the whole suite must reach.

use std::path::PathBuf;

use clap::Args;

use super::context::{Context, journal_at, open};
use super::errors::CliError;
use crate::base::source::Diagnostic;
use crate::config::Config;
use crate::contract::Contract;
use crate::judge::coverage::{self, Coverage, CoverageFormat, Goals};
use crate::record::ExitCode;
use crate::record::journal::Journal;

#[derive(Debug, Args)]
pub(super) struct CoverageArgs {
    /// A journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text, value_name = "FORMAT")]
    format: CoverageFormat,
    /// List what was not reached
    #[arg(long)]
    missing: bool,
}

/// Prints the coverage of a journal; a threshold that is not reached fails.
pub(super) fn run(arguments: &CoverageArgs, context: &Context) -> Result<ExitCode, CliError> {
    let contract = context.contract()?;
    check_config(&context.config, contract)?;
    let goals = goals(&context.config);
    let path = journal_at(&arguments.journal);
    let measured = coverage::measure(contract, &open(&path)?);
    let mut coverage = measured.map_err(|cause| CliError::Journal { path, cause })?;
    let stale = goals.excuse(&mut coverage);
    context.print(&coverage.render(arguments.format, &goals, arguments.missing));
    Ok(judge(&goals, &coverage, &stale, context))
}

/// Refuses what `flowproof.toml` says of coverage and is about nothing in the contract.
pub(super) fn check_config(config: &Config, contract: &Contract) -> Result<(), CliError> {
    let problems = goals(config).misplaced(contract);
    if problems.is_empty() { Ok(()) } else { Err(CliError::Invalid { place: "the configuration", problems }) }
}

/// What the coverage of a run came to.
#[derive(Default)]
pub(super) struct Covered {
    /// The exit code that it stands for.
    pub(super) exit: ExitCode,
    /// Why it was not judged, where a reader might expect it.
    pub(super) not_judged: Option<&'static str>,
}

/// Holds a finished run against the thresholds, if it was of the whole suite (`partial` says why not) and came to a verdict.
pub(super) fn after_run(
    journal: &Journal,
    exit: ExitCode,
    partial: Option<&'static str>,
    contract: &Contract,
    context: &Context,
) -> Covered {
    let goals = goals(&context.config);
    if goals.is_empty() || !matches!(exit, ExitCode::Held | ExitCode::Violated) {
        return Covered::default();
    }
    if partial.is_some() {
        return Covered { not_judged: partial, ..Covered::default() };
    }
    let exit = match coverage::measure(contract, journal) {
        Ok(mut coverage) => {
            let stale = goals.excuse(&mut coverage);
            judge(&goals, &coverage, &stale, context)
        }
        Err(error) => context.report(&CliError::Coverage(error)),
    };
    Covered { exit, not_judged: None }
}

fn goals(config: &Config) -> Goals {
    let least = config.coverage().map(|(dimension, share)| (dimension.to_owned(), share)).collect();
    Goals { least, unreachable: config.unreachable().collect() }
}

fn judge(goals: &Goals, coverage: &Coverage, stale: &[Diagnostic], context: &Context) -> ExitCode {
    let unmet = goals.unmet(coverage);
    unmet.iter().for_each(|problem| context.eprint(&format!("error: {problem}\n")));
    context.eprint_all(stale);
    if unmet.is_empty() && stale.is_empty() { ExitCode::Held } else { ExitCode::Violated }
}
