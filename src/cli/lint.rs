//! `flowproof lint`: what is wrong with scenarios; nothing is sent.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::context::Context;
use crate::base::source::Diagnostic;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::run;
use crate::scenario::lint::report;
use crate::scenario::{Known, examine};

#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
    /// How problems are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LintFormat::Text)]
    format: LintFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LintFormat {
    /// Lines with carets below them
    Text,
    /// An array of objects
    Json,
    /// GitHub's workflow commands
    Github,
    /// SARIF 2.1.0
    Sarif,
}

impl From<LintFormat> for report::Format {
    fn from(format: LintFormat) -> Self {
        match format {
            LintFormat::Text => Self::Text,
            LintFormat::Json => Self::Json,
            LintFormat::Github => Self::Github,
            LintFormat::Sarif => Self::Sarif,
        }
    }
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
    let known = Known { contract: &contract, checks: &crate::checks::ids(), facts: Some(&facts) };
    let (suite, problems) = examine(&arguments.paths, &known);
    let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    context.print(&report::render(&problems, arguments.format.into(), colour));
    match (problems.iter().any(Diagnostic::is_error), suite.scenarios.is_empty()) {
        (true, _) => ExitCode::Unusable,
        (false, true) => context.unusable("no scenario was found"),
        (false, false) => ExitCode::Held,
    }
}
