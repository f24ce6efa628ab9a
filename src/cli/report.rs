//! `flowproof report`: writes the reports of a run again, from its journal or from those of its parts.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::{Context, journal_at, open};
use super::errors::CliError;
use super::formats::{ElsewhereArgs, FormatArgs};
use super::merge::{part, uncovered};
use crate::record::ExitCode;
use crate::record::journal::Journal;
use crate::record::journal::merge::merge;
use crate::reports::Gathered;
use crate::reports::write::{prepare, prepare_elsewhere, write_everywhere};

const AFTER: &str = "\
Several journals must be the parts of one suite (run --shard); they are combined in memory, and --report says where the reports \
go. `flowproof merge` keeps the combined journal as well.

Examples:
  flowproof report                                  the last run's reports once more
  flowproof report reports/latest --sarif --tap     these two, in addition to existing ones
  flowproof report part-1 part-2 --report whole     the reports of a suite that was split";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct ReportArgs {
    /// A journal, or the folder of a run; several are the parts of one
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journals: Vec<PathBuf>,
    /// Where to write the reports [default: the journal's own folder]
    #[arg(short, long, value_name = "DIR")]
    report: Option<PathBuf>,
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
}

/// Writes the reports.
pub(super) fn run(arguments: &ReportArgs, context: &Context) -> Result<ExitCode, CliError> {
    let (chosen, elsewhere) = (arguments.formats.chosen(), arguments.elsewhere.chosen());
    let (folder, journal) = (arguments.folder()?, arguments.journal(context)?);
    prepare(&folder, &chosen)?;
    prepare_elsewhere(&elsewhere)?;
    let mut gathered = Gathered::default();
    let files = write_everywhere(&journal, &folder, (&chosen, &elsewhere), &mut gathered);
    let mut files = files.map_err(CliError::not_written)?;
    files.extend(arguments.journals.iter().map(|path| journal_at(path)));
    context.summarise((&journal, &gathered), &files, None);
    Ok(arguments.formats.annotate((&journal, &gathered), context))
}

impl ReportArgs {
    fn folder(&self) -> Result<PathBuf, CliError> {
        match (&self.report, self.journals.as_slice()) {
            (Some(folder), _) => Ok(folder.clone()),
            (None, [one]) => Ok(journal_at(one).parent().unwrap_or(Path::new(".")).to_owned()),
            (None, _) => Err(CliError::NoFolder),
        }
    }

    /// The journal, or that of all parts, in memory.
    fn journal(&self, context: &Context) -> Result<Journal, CliError> {
        if let [one] = self.journals.as_slice() {
            return open(&journal_at(one));
        }
        let parts = self.journals.iter().map(|path| part(path)).collect::<Result<Vec<_>, _>>()?;
        let mut united = Vec::new();
        merge(&parts, uncovered(&parts, context)?, &mut united).map_err(CliError::NotOneSuite)?;
        Journal::read(Cursor::new(united))
            .map_err(|cause| CliError::Journal { path: journal_at(&self.journals[0]), cause })
    }
}
