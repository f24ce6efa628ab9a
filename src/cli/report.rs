//! `flowproof report`: the reports of a run once more, from its journal.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{complain, journal_at, summarise, unusable};
use crate::harness;
use crate::record::ExitCode;
use crate::reports::RENDERERS;
use crate::reports::console::Palette;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// A journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    /// Where the reports are written; the journal's own folder unless said otherwise
    #[arg(short, long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// Writes the reports.
pub(super) fn carry_out(arguments: &ReportArgs, palette: Palette) -> ExitCode {
    let journal = journal_at(&arguments.journal);
    let beside = journal.parent().unwrap_or(Path::new(".")).to_owned();
    let folder = arguments.report.clone().unwrap_or(beside);
    if let Err(error) = crate::reports::write::prepare(&folder, RENDERERS) {
        return unusable(&error.to_string());
    }
    match harness::render(&journal, &folder) {
        Ok(Ok(written)) => {
            summarise(&journal, &written, palette, None);
            ExitCode::Held
        }
        Ok(Err(error)) => {
            complain(&format!("error: {error}\n"));
            ExitCode::ReportNotWritten
        }
        Err(error) => unusable(&format!("{}: {error}", journal.display())),
    }
}
