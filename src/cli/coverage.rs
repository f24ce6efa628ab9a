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

/// Whether `flowproof.toml` asks for anything.
pub(super) fn is_asked_for(config: &Config) -> bool {
    !goals(config).is_empty()
}

/// What a suite is to reach, and what is declared out of reach.
pub(super) fn goals(config: &Config) -> Goals {
    let least = config.coverage().map(|(dimension, share)| (dimension.to_owned(), share)).collect();
    Goals { least, unreachable: config.unreachable().collect() }
}

fn judge(goals: &Goals, coverage: &Coverage, stale: &[Diagnostic], context: &Context) -> ExitCode {
    let unmet = goals.unmet(coverage);
    unmet.iter().for_each(|problem| context.eprint(&format!("error: {problem}\n")));
    context.eprint_all(stale);
    if unmet.is_empty() && stale.is_empty() { ExitCode::Held } else { ExitCode::Violated }
}
