//! `flowproof rerun`: what did not pass, once more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::run::{self, RunArgs};
use super::{complain, journal_at, unusable};
use crate::config::Config;
use crate::record::journal::{Journal, JournalError};
use crate::record::{ExitCode, Verdict};
use crate::reports::console::Palette;

#[derive(Debug, Args)]
pub(super) struct RerunArgs {
    /// The journal, or the folder of the run, whose failed and errored scenarios are run again
    #[arg(long, value_name = "JOURNAL", default_value = "reports/latest")]
    failed: PathBuf,
    #[command(flatten)]
    run: RunArgs,
}

/// Runs the scenarios that failed or came to no verdict.
pub(super) fn carry_out(mut arguments: RerunArgs, config: &Config, palette: Palette) -> ExitCode {
    let journal = journal_at(&arguments.failed);
    let names = match failed(&journal) {
        Ok(names) => names,
        Err(error) => return unusable(&format!("{}: {error}", journal.display())),
    };
    if names.is_empty() {
        complain(&format!("error: nothing to run again: nothing failed in {}\n", journal.display()));
        return ExitCode::NothingChecked;
    }
    arguments.run.only = Some(names);
    run::carry_out(&arguments.run, config, palette)
}

fn failed(journal: &Path) -> Result<BTreeSet<String>, JournalError> {
    let journal = Journal::open(journal)?;
    let failed = journal.entries().iter().filter(|entry| matches!(entry.verdict, Verdict::Failed | Verdict::Errored));
    Ok(failed.map(|entry| entry.name.clone()).collect())
}
