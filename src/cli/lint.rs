//! `flowproof lint`: what is wrong with scenarios; nothing is sent.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::contract::ContractArgs;
use super::errors::CliError;
use super::left_out::LeftOutArgs;
use crate::base::source::Diagnostic;
use crate::checks::CHECKS;
use crate::record::ExitCode;
use crate::scenario::editor_schema::schema;
use crate::scenario::lint::report::{LintFormat, render};
use crate::scenario::{Examination, LintContext, examine};
use crate::tenant::default_facts;

#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
    /// Print the JSON Schema of scenarios for editors, with the operations, states and codes of this contract, and lint nothing
    #[arg(long)]
    schema: bool,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LintFormat::Text)]
    format: LintFormat,
    #[command(flatten)]
    left_out: LeftOutArgs,
    #[command(flatten)]
    contract: ContractArgs,
}

/// Lints, and prints what was found.
pub(super) fn run(arguments: &LintArgs, context: &Context) -> Result<ExitCode, CliError> {
    let contract = &*arguments.contract.load(context)?.contract;
    if arguments.schema {
        let checks: Vec<(&str, &str)> = CHECKS.iter().map(|check| (check.id, check.promise)).collect();
        context.print(&format!("{:#}\n", schema(contract, &checks)));
        return Ok(ExitCode::Held);
    }
    let facts = if contract.has_environments() { default_facts() } else { context.config.server_facts() };
    let elsewhere = context.config.fact_paths();
    let lint = LintContext { contract, checks: &crate::checks::ids(), facts: Some(&facts), elsewhere: &elsewhere };
    let Examination { mut suite, mut problems, .. } = examine(&arguments.paths, &lint);
    let left_out = arguments.left_out.files(&suite);
    problems.retain(|problem| problem.span.as_ref().is_none_or(|span| !left_out.contains(&span.source.path)));
    suite.scenarios.retain(|scenario| !arguments.left_out.holds(scenario));
    let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    context.print(&render(&problems, arguments.format, colour));
    match (problems.iter().any(Diagnostic::is_error), suite.scenarios.is_empty()) {
        (true, _) => Ok(ExitCode::Unusable),
        (false, true) => Err(CliError::NoScenario),
        (false, false) => Ok(ExitCode::Held),
    }
}
