//! `flowproof merge`: one journal, one verdict and one set of reports for a suite that was split.

use std::path::{Path, PathBuf};

use clap::Args;

use super::context::{Context, journal_at, open};
use super::coverage;
use super::errors::CliError;
use super::formats::{ElsewhereArgs, FormatArgs};
use crate::base::private;
use crate::judge::coverage::measure_all;
use crate::record::journal::merge::{JournalPart, MergeError, merge};
use crate::record::journal::{JOURNAL, make_folder};
use crate::record::{ExitCode, Header};
use crate::reports::Gathered;
use crate::reports::write::{prepare, prepare_elsewhere, take_away, write_everywhere};

const AFTER: &str = "\
Every shard must be there exactly once, finished, and made from the same suite, contract, target and tool; what is missing or \
duplicated is named.

Example:
  flowproof run --shard 1/3 --report part-1      on each of three machines, with 1/3, 2/3, 3/3
  flowproof merge part-1 part-2 part-3           on one of them; the exit code is that of the whole";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct MergeArgs {
    /// The journals, or the folders of the runs
    #[arg(value_name = "JOURNAL", required = true)]
    journals: Vec<PathBuf>,
    /// Where to write the journal and the reports
    #[arg(short, long, value_name = "DIR", default_value = "reports/latest")]
    report: PathBuf,
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
}

/// Unites the journals and writes the reports; ends as a run of the whole suite would.
pub(super) fn run(arguments: &MergeArgs, context: &Context) -> Result<ExitCode, CliError> {
    let parts = arguments.journals.iter().map(|path| part(path)).collect::<Result<Vec<_>, _>>()?;
    let (path, chosen) = (arguments.report.join(JOURNAL), arguments.formats.chosen());
    let elsewhere = arguments.elsewhere.chosen();
    if parts.iter().any(|part| same(Path::new(&part.name), &path)) {
        return Err(CliError::MergedIntoPart(path));
    }
    let uncovered = uncovered(&parts, context)?;
    make_folder(&arguments.report)?;
    prepare(&arguments.report, &chosen)?;
    prepare_elsewhere(&elsewhere)?;
    // The journal gets its name when it is whole, so that a refused merge leaves what was there.
    let footer =
        private::write_by(&path, |out| merge(&parts, uncovered, out)).map_err(|error| refused(&path, error))?;
    let exit = ExitCode::from_code(footer.exit_code).unwrap_or(ExitCode::Internal);
    take_away(&arguments.report)?;
    let journal = open(&path)?;
    let mut gathered = Gathered::default();
    let rendered = match write_everywhere(&journal, &arguments.report, (&chosen, &elsewhere), &mut gathered) {
        Ok(files) => {
            context.summarise((&journal, &gathered), &[&*files, &[path]].concat(), Some(exit));
            ExitCode::Held
        }
        Err(error) => context.report(&CliError::not_written(error)),
    };
    Ok(exit.max(rendered).max(arguments.formats.annotate((&journal, &gathered), context)))
}

/// What the whole does not reach of what it must reach, if its parts make up the whole suite.
pub(super) fn uncovered(parts: &[JournalPart], context: &Context) -> Result<Vec<String>, CliError> {
    let target = parts.first().map_or("", |part| &part.journal.header().target.name);
    let goals = coverage::goals(&context.config, target);
    let chosen = |header: &Header| {
        !header.chosen_by.is_empty() || !header.faults.is_empty() || header.configuration.contains_key("paths")
    };
    if goals.is_empty() || parts.iter().any(|part| chosen(part.journal.header())) {
        return Ok(Vec::new());
    }
    let measured = measure_all(context.contract()?, parts.iter().map(|part| &part.journal));
    Ok(goals.shortfalls(&mut measured.map_err(CliError::Coverage)?))
}

fn refused(path: &Path, error: MergeError) -> CliError {
    match error {
        MergeError::Write(_) => CliError::not_written(format!("{}: {error}", path.display())),
        error => CliError::Merge(error),
    }
}

/// A journal to be united, which is as it was written.
pub(super) fn part(path: &Path) -> Result<JournalPart, CliError> {
    let path = journal_at(path);
    let journal = open(&path)?;
    // An unfinished run is reported together with every other reason why the journals cannot be merged.
    if journal.footer().is_some() {
        journal.verify().map_err(|cause| CliError::Journal { path: path.clone(), cause })?;
    }
    Ok(JournalPart { name: path.display().to_string(), journal })
}

fn same(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(one, other)| one == other)
}
