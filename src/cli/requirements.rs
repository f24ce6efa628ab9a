//! `flowproof requirements`: what is promised, and what proves it.
//!
//! Deliberately not here: the matrix itself.

use std::path::{Path, PathBuf};

use clap::Args;

use super::context::{Context, journal_at, open};
use super::contract::ContractArgs;
use super::errors::CliError;
use crate::base::format::TableFormat;
use crate::checks;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::requirements::{self, Evidence, Matrix, render};
use crate::run;

/// Where a run leaves its journal unless another folder is given.
const LATEST: &str = "reports/latest";

#[derive(Debug, Args)]
pub(super) struct RequirementsArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
    /// The journal to take verdicts from, or the folder of a run [default: reports/latest if it exists]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = TableFormat::Text, value_name = "FORMAT")]
    format: TableFormat,
    /// Only show requirements that nothing covers, with the reasons if there are any
    #[arg(long)]
    uncovered: bool,
    /// Only show inconsistencies, and fail if there are any
    #[arg(long, conflicts_with_all = ["format", "uncovered"])]
    check: bool,
    #[command(flatten)]
    contract: ContractArgs,
}

/// Prints the matrix, or what is wrong with it.
pub(super) fn run(arguments: &RequirementsArgs, context: &Context) -> Result<ExitCode, CliError> {
    let contract = &*arguments.contract.load(context)?.contract;
    let suite = run::load(&arguments.paths, contract)
        .map_err(|problems| CliError::Invalid { place: "the scenarios", problems })?;
    let evidence = evidence(arguments.journal.as_deref(), contract)?;
    let matrix = requirements::matrix(contract, &suite, &checks::ids(), evidence.as_ref());
    if arguments.check {
        return Ok(check(&matrix, context));
    }
    context.print(&match arguments.format {
        TableFormat::Text => render::text(&matrix, arguments.uncovered, &context.palette),
        TableFormat::Json => render::json(&matrix, arguments.uncovered),
        TableFormat::Markdown => render::markdown(&matrix, arguments.uncovered),
    });
    Ok(ExitCode::Held)
}

/// A journal that was asked for must be readable; the latest one is used if there is one.
fn evidence(asked: Option<&Path>, contract: &Contract) -> Result<Option<Evidence>, CliError> {
    let path = journal_at(asked.unwrap_or(Path::new(LATEST)));
    if asked.is_none() && !path.is_file() {
        return Ok(None);
    }
    let evidence = Evidence::of(&open(&path)?, contract);
    evidence.map(Some).map_err(|cause| CliError::Journal { path, cause })
}

fn check(matrix: &Matrix<'_>, context: &Context) -> ExitCode {
    context.eprint_all(&matrix.problems);
    context.print(&render::text_of_sums(matrix, &context.palette));
    if matrix.problems.is_empty() { ExitCode::Held } else { ExitCode::Violated }
}
