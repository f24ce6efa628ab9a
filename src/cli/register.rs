//! `flowproof requirements` and `flowproof explain`: what is promised, and what proves it.
//!
//! Deliberately not here: the matrix and the texts themselves.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Command, ValueEnum};

use super::context::Context;
use crate::checks;
use crate::contract::Contract;
use crate::explain::{self, IdKind};
use crate::record::ExitCode;
use crate::record::journal::{JOURNAL, Journal};
use crate::requirements::{self, Evidence, Matrix, render};
use crate::run;

/// Where a run leaves its journal unless it is told otherwise.
const LATEST: &str = "reports/latest";

#[derive(Debug, Args)]
pub(super) struct RequirementsArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
    /// The journal to take verdicts from, or the folder of a run; reports/latest if it is there
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// How the matrix is written
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Only what nothing covers, with the reasons where there are some
    #[arg(long)]
    uncovered: bool,
    /// Say only what is wrong, and fail if anything is
    #[arg(long, conflicts_with_all = ["format", "uncovered"])]
    check: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A check, requirement, operation or state, such as media-type, MFA-OTP-1, validateOtp, flow/OTP_REQUIRED
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Prints the matrix, or what is wrong with it.
pub(super) fn requirements(arguments: &RequirementsArgs, context: &Context) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => contract,
        Err(error) => return context.unusable(&error.to_string()),
    };
    let suite = match run::load(&arguments.paths, &contract) {
        Ok(suite) => suite,
        Err(problems) => return context.refuse(&problems, "the scenarios"),
    };
    let evidence = match evidence(arguments.journal.as_deref()) {
        Ok(evidence) => evidence,
        Err(problem) => return context.unusable(&problem),
    };
    let matrix = requirements::matrix(&contract, &suite, &checks::ids(), evidence.as_ref());
    if arguments.check {
        return check(&matrix, context);
    }
    context.print(&match arguments.format {
        Format::Text => render::text(&matrix, arguments.uncovered, &context.palette),
        Format::Json => render::json(&matrix, arguments.uncovered),
        Format::Markdown => render::markdown(&matrix, arguments.uncovered),
    });
    ExitCode::Held
}

/// A journal that was asked for must be readable; the latest one is used if there is one.
fn evidence(asked: Option<&Path>) -> Result<Option<Evidence>, String> {
    let path = asked.unwrap_or(Path::new(LATEST));
    let path = if path.is_dir() { path.join(JOURNAL) } else { path.to_owned() };
    if asked.is_none() && !path.is_file() {
        return Ok(None);
    }
    let evidence = Journal::open(&path).and_then(|journal| Evidence::of(&journal));
    evidence.map(Some).map_err(|error| format!("{}: {error}", path.display()))
}

fn check(matrix: &Matrix<'_>, context: &Context) -> ExitCode {
    let colour = !matches!(anstream::AutoStream::choice(&std::io::stderr()), anstream::ColorChoice::Never);
    matrix.problems.iter().for_each(|problem| context.eprint(&format!("{}\n", problem.render(colour))));
    context.print(&render::text_of_sums(matrix));
    if matrix.problems.is_empty() { ExitCode::Held } else { ExitCode::Violated }
}

/// Prints what an id stands for, or all ids.
pub(super) fn explain(arguments: &ExplainArgs, context: &Context) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => contract,
        Err(error) => return context.unusable(&error.to_string()),
    };
    let Some(id) = &arguments.id else {
        context.print(&explain::render::list(&explain::ids(&contract), &context.palette));
        return ExitCode::Held;
    };
    match explain::explain(&contract, id) {
        Ok(explanations) => {
            context.print(&explain::render::text(&explanations, &context.palette));
            ExitCode::Held
        }
        Err(unknown) => {
            let near: Vec<String> = unknown.near.iter().map(|id| format!("`{id}`")).collect();
            let meant =
                if near.is_empty() { String::new() } else { format!("\n  did you mean {}?", near.join(" or ")) };
            context.unusable(&format!("{unknown}{meant}\n  `flowproof explain` lists all ids"))
        }
    }
}

/// Lets a shell complete the ids that can be explained. Parsing itself takes any text and suggests what was meant.
pub(super) fn with_ids(command: Command) -> Command {
    let Ok(contract) = Contract::embedded() else { return command };
    let kinds = explain::ids(&contract).into_iter().filter(|(kind, _)| *kind != IdKind::Schema);
    // clap wants names that live as long as the process, which ends with the script.
    let ids = PossibleValuesParser::new(kinds.flat_map(|(_, ids)| ids).map(|id| &*id.leak()));
    command.mut_subcommand("explain", |explain| explain.mut_arg("id", |id| id.value_parser(ids)))
}
