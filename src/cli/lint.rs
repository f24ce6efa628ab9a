//! `flowproof lint`: what is wrong with scenarios; nothing is sent.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::errors::CliError;
use crate::base::source::Diagnostic;
use crate::record::ExitCode;
use crate::scenario::lint::report;
use crate::scenario::{Known, examine};
use crate::tenant::default_facts;

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

/// Lints, and prints what was found.
pub(super) fn run(arguments: &LintArgs, context: &Context) -> Result<ExitCode, CliError> {
    let (contract, facts) = (context.contract()?, default_facts());
    let known = Known { contract, checks: &crate::checks::ids(), facts: Some(&facts) };
    let (suite, problems) = examine(&arguments.paths, &known);
    let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    context.print(&report::render(&problems, arguments.format.into(), colour));
    match (problems.iter().any(Diagnostic::is_error), suite.scenarios.is_empty()) {
        (true, _) => Ok(ExitCode::Unusable),
        (false, true) => Err(CliError::NoScenario),
        (false, false) => Ok(ExitCode::Held),
    }
}
