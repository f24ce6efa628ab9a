//! `flowproof rerun`: what did not pass, once more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::{Context, journal_at};
use super::run::{self, RunArgs};
use crate::record::journal::{Journal, JournalError};
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
pub(super) fn run(mut arguments: RerunArgs, context: &Context) -> ExitCode {
    let journal = journal_at(&arguments.failed);
    let names = match failed(&journal) {
        Ok(names) => names,
        Err(error) => return context.unusable(&format!("{}: {error}", journal.display())),
    };
    if names.is_empty() {
        context.eprint(&format!("error: nothing to run again: nothing failed in {}\n", journal.display()));
        return ExitCode::NothingChecked;
    }
    arguments.run.only = Some(names);
    run::run(&arguments.run, context)
}

fn failed(journal: &Path) -> Result<BTreeSet<String>, JournalError> {
    let journal = Journal::open(journal)?;
    let failed = journal.entries().iter().filter(|entry| matches!(entry.verdict, Verdict::Failed | Verdict::Errored));
    Ok(failed.map(|entry| entry.name.clone()).collect())
}
