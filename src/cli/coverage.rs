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
    let path = journal_at(&arguments.journal);
    let journal = open(&path)?;
    let goals = goals(&context.config, &journal.header().target.name);
    let measured = coverage::measure(contract, &journal);
    let mut coverage = measured.map_err(|cause| CliError::Journal { path, cause })?;
    let stale = excuse(&goals, &mut coverage, &journal, context);
    context.print(&coverage.render(arguments.format, &goals, arguments.missing));
    Ok(judge(&goals, &coverage, &stale, context))
}

/// Refuses what `flowproof.toml` says of coverage and is about nothing in the contract.
pub(super) fn check_config(config: &Config, contract: &Contract) -> Result<(), CliError> {
    let problems = goals(config, "embedded").misplaced(contract);
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
    let goals = goals(&context.config, &journal.header().target.name);
    if goals.is_empty() || !matches!(exit, ExitCode::Held | ExitCode::Violated) {
        return Covered::default();
    }
    if partial.is_some() {
        return Covered { not_judged: partial, ..Covered::default() };
    }
    let exit = match coverage::measure(contract, journal) {
        Ok(mut coverage) => {
            let stale = excuse(&goals, &mut coverage, journal, context);
            judge(&goals, &coverage, &stale, context)
        }
        Err(error) => context.report(&CliError::Coverage(error)),
    };
    Covered { exit, not_judged: None }
}

/// The thresholds for runs against a target. A target of its own without thresholds has no goals at all: `[coverage]` and
/// `[[unreachable]]` speak of the stand-in.
fn goals(config: &Config, target: &str) -> Goals {
    let least = config.coverage(target);
    let silent = config.targets.contains_key(target) && least.is_empty();
    Goals { least, unreachable: if silent { Vec::new() } else { config.unreachable().collect() } }
}

/// Takes out what is declared out of reach; a declaration is about the stand-in, so no real tenant can prove it wrong.
fn excuse(goals: &Goals, coverage: &mut Coverage, journal: &Journal, context: &Context) -> Vec<Diagnostic> {
    let stale = goals.excuse(coverage);
    let real = context.config.targets.contains_key(&journal.header().target.name);
    if real { Vec::new() } else { stale }
}

fn judge(goals: &Goals, coverage: &Coverage, stale: &[Diagnostic], context: &Context) -> ExitCode {
    let unmet = goals.unmet(coverage);
    unmet.iter().for_each(|problem| context.eprint(&format!("error: {problem}\n")));
    context.eprint_all(stale);
    if unmet.is_empty() && stale.is_empty() { ExitCode::Held } else { ExitCode::Violated }
}
