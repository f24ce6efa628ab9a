//! `flowproof lint`: what is wrong with scenarios; nothing is sent.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use crate::base::source::Diagnostic;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::run;
use crate::scenario::lint::report::{LintFormat, render};
use crate::scenario::{LintContext, examine};

#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
    /// How problems are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LintFormat::Text)]
    format: LintFormat,
}

/// Lints, and says what was found.
pub(super) fn run(arguments: &LintArgs, context: &Context) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => contract,
        Err(error) => return context.unusable(&error.to_string()),
    };
    let facts = match run::stand_in_facts() {
        Ok(facts) => facts,
        Err(error) => return context.unusable(&error.to_string()),
    };
    let lint = LintContext { contract: &contract, checks: &crate::checks::ids(), facts: Some(&facts) };
    let (suite, problems) = examine(&arguments.paths, &lint);
    let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    context.print(&render(&problems, arguments.format, colour));
    match (problems.iter().any(Diagnostic::is_error), suite.scenarios.is_empty()) {
        (true, _) => ExitCode::Unusable,
        (false, true) => context.unusable("no scenario was found"),
        (false, false) => ExitCode::Held,
    }
}
