//! `flowproof coverage`, and the thresholds that a run of the whole suite must reach.

use std::path::PathBuf;

use clap::Args;

use super::context::{Context, journal_at, open};
use super::contract::ContractArgs;
use super::errors::CliError;
use crate::base::format::TableFormat;
use crate::base::source::Diagnostic;
use crate::config::Config;
use crate::contract::Contract;
use crate::judge::coverage::{self, Coverage, Goals};
use crate::record::ExitCode;

#[derive(Debug, Args)]
pub(super) struct CoverageArgs {
    /// A journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = TableFormat::Text, value_name = "FORMAT")]
    format: TableFormat,
    /// List what was not reached
    #[arg(long)]
    missing: bool,
    #[command(flatten)]
    contract: ContractArgs,
}

/// Prints the coverage of a journal; a threshold that is not reached fails.
pub(super) fn run(arguments: &CoverageArgs, context: &Context) -> Result<ExitCode, CliError> {
    let contract = &*arguments.contract.load(context)?.contract;
    check_config(&context.config, contract)?;
    let path = journal_at(&arguments.journal);
    let journal = open(&path)?;
    let goals = goals(&context.config, &journal.header().target.name);
    let measured = coverage::measure(contract, &journal);
    let mut coverage = measured.map_err(|cause| CliError::Journal { path, cause })?;
    let stale = goals.excuse(&mut coverage);
    context.print(&coverage.render(arguments.format, &goals, arguments.missing));
    Ok(judge(&goals, &coverage, &stale, context))
}

/// Refuses what `flowproof.toml` says of coverage and is about nothing in the contract.
pub(super) fn check_config(config: &Config, contract: &Contract) -> Result<(), CliError> {
    let problems = goals(config, "embedded").misplaced(contract);
    if problems.is_empty() { Ok(()) } else { Err(CliError::Invalid { place: "the configuration", problems }) }
}

/// Whether `flowproof.toml` asks for anything of a target.
pub(super) fn is_asked_for(config: &Config, target: &str) -> bool {
    !goals(config, target).is_empty()
}

/// The thresholds for runs against a target. A target of its own without thresholds has no goals at all: `[coverage]` and
/// `[[unreachable]]` speak of the stand-in.
pub(super) fn goals(config: &Config, target: &str) -> Goals {
    let least = config.coverage(target);
    let of_tenant = config.targets.contains_key(target);
    let silent = of_tenant && least.is_empty();
    Goals { least, unreachable: if silent { Vec::new() } else { config.unreachable().collect() }, of_tenant }
}

fn judge(goals: &Goals, coverage: &Coverage, stale: &[Diagnostic], context: &Context) -> ExitCode {
    let unmet = goals.unmet(coverage);
    unmet.iter().for_each(|problem| context.eprint(&format!("error: {problem}\n")));
    context.eprint_all(stale);
    if unmet.is_empty() && stale.is_empty() { ExitCode::Held } else { ExitCode::Violated }
}
