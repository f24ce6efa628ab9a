//! `flowproof rerun`: runs again what did not pass.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::context::{Context, journal_at, open};
use super::errors::CliError;
use super::run::{self, RunArgs};
use crate::record::journal::Journal;
use crate::record::{ExitCode, Verdict};

#[derive(Debug, Args)]
pub(super) struct RerunArgs {
    /// The journal, or the folder of the run, whose failed and errored scenarios are run again
    #[arg(long, value_name = "JOURNAL", default_value = "reports/latest")]
    failed: PathBuf,
    #[command(flatten)]
    run: RunArgs,
}

/// Runs the scenarios that failed or came to no verdict.
pub(super) fn run(mut arguments: RerunArgs, context: &Context) -> Result<ExitCode, CliError> {
    let path = journal_at(&arguments.failed);
    let names = failed(&open(&path)?);
    if names.is_empty() {
        return Err(CliError::NothingFailed(path));
    }
    arguments.run.only = Some(names);
    run::run(&arguments.run, context)
}

fn failed(journal: &Journal) -> BTreeSet<String> {
    let failed = journal.entries().iter().filter(|entry| matches!(entry.verdict, Verdict::Failed | Verdict::Errored));
    failed.map(|entry| entry.name.clone()).collect()
}
