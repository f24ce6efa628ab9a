//! `flowproof report`: the reports of a run once more, from its journal or from those of its parts.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::{Context, journal_at};
use super::formats::FormatArgs;
use super::merge::part;
use crate::record::ExitCode;
use crate::record::journal::Journal;
use crate::record::journal::merge::{JournalPart, merge};
use crate::reports::write::{prepare, write_chosen};

const AFTER: &str = "\
Several journals must be the parts of one suite (run --shard); they are united in memory, and --report says where the reports \
go. `flowproof merge` keeps the united journal as well.

Examples:
  flowproof report                                  the last run's reports once more
  flowproof report reports/latest --sarif --tap     these two, beside what is there
  flowproof report part-1 part-2 --report whole     the reports of a suite that was split";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct ReportArgs {
    /// A journal, or the folder of a run; several are the parts of one
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journals: Vec<PathBuf>,
    /// Where the reports are written; the journal's own folder unless said otherwise
    #[arg(short, long, value_name = "DIR")]
    report: Option<PathBuf>,
    #[command(flatten)]
    formats: FormatArgs,
}

/// Writes the reports.
pub(super) fn run(arguments: &ReportArgs, context: &Context) -> ExitCode {
    let chosen = arguments.formats.chosen();
    let ready = arguments.folder().and_then(|folder| {
        let journal = arguments.journal()?;
        prepare(&folder, &chosen).map_err(|error| error.to_string())?;
        Ok((journal, folder))
    });
    let (journal, folder) = match ready {
        Ok(ready) => ready,
        Err(problem) => return context.unusable(&problem),
    };
    match write_chosen(&journal, &folder, &chosen) {
        Ok(mut written) => {
            written.extend(arguments.journals.iter().map(|path| journal_at(path)));
            context.summary_of(&journal, &written, None);
            arguments.formats.tell(&journal, context)
        }
        Err(error) => {
            context.eprint(&format!("error: {error}\n"));
            ExitCode::ReportNotWritten
        }
    }
}

impl ReportArgs {
    fn folder(&self) -> Result<PathBuf, String> {
        match (&self.report, self.journals.as_slice()) {
            (Some(folder), _) => Ok(folder.clone()),
            (None, [one]) => Ok(journal_at(one).parent().unwrap_or(Path::new(".")).to_owned()),
            (None, _) => Err("several journals have no folder of their own; say with --report where to write".into()),
        }
    }

    fn journal(&self) -> Result<Journal, String> {
        if let [one] = self.journals.as_slice() {
            let path = journal_at(one);
            return Journal::open(&path).map_err(|error| format!("{}: {error}", path.display()));
        }
        let parts = self.journals.iter().map(|path| part(path)).collect::<Result<Vec<_>, _>>()?;
        united(&parts)
    }
}

/// The journal of all parts, in memory.
fn united(parts: &[JournalPart]) -> Result<Journal, String> {
    let mut bytes = Vec::new();
    merge(parts, &mut bytes).map_err(|error| {
        format!("{error}\nonly the parts of one suite make one report; for others, run `flowproof report` on each")
    })?;
    Journal::read(Cursor::new(bytes)).map_err(|error| error.to_string())
}
