//! `flowproof merge`: one journal, one verdict and one set of reports for a suite that was split.

use std::path::{Path, PathBuf};

use clap::Args;

use super::context::{Context, journal_at};
use super::formats::FormatArgs;
use crate::base::private;
use crate::record::ExitCode;
use crate::record::journal::merge::{JournalPart, MergeError, merge};
use crate::record::journal::{JOURNAL, Journal, JournalError, make_folder};
use crate::reports::Renderer;
use crate::run;

const AFTER: &str = "\
Every shard must be there exactly once, finished, and made from the same suite, contract, target and tool; what is missing or \
doubled is named.

Example:
  flowproof run --shard 1/3 --report part-1      on each of three machines, with 1/3, 2/3, 3/3
  flowproof merge part-1 part-2 part-3           on one of them; the exit code is that of the whole";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct MergeArgs {
    /// The journals, or the folders of the runs
    #[arg(value_name = "JOURNAL", required = true)]
    journals: Vec<PathBuf>,
    /// Where journal and reports are written
    #[arg(short, long, value_name = "DIR", default_value = "reports/latest")]
    report: PathBuf,
    #[command(flatten)]
    formats: FormatArgs,
}

/// Unites the journals and writes the reports; ends as a run of the whole suite would.
pub(super) fn run(arguments: &MergeArgs, context: &Context) -> ExitCode {
    let parts = match arguments.journals.iter().map(|path| part(path)).collect::<Result<Vec<_>, _>>() {
        Ok(parts) => parts,
        Err(problem) => return context.unusable(&problem),
    };
    let (journal, chosen) = (arguments.report.join(JOURNAL), arguments.formats.chosen());
    if parts.iter().any(|part| same(Path::new(&part.name), &journal)) {
        return context.unusable(&format!("{} is one of the parts; choose another --report", journal.display()));
    }
    let ready = make_folder(&arguments.report)
        .map_err(|error| error.to_string())
        .and_then(|()| crate::reports::write::prepare(&arguments.report, &chosen).map_err(|error| error.to_string()));
    if let Err(problem) = ready {
        return context.unusable(&problem);
    }
    match written(&parts, &journal) {
        Ok(exit) => {
            let rendered = render(&journal, &arguments.report, &chosen, exit, context);
            exit.or_worse(rendered).or_worse(arguments.formats.tell_of(&journal, context))
        }
        Err(error @ MergeError::Write(_)) => {
            context.eprint(&format!("error: {}: {error}\n", journal.display()));
            ExitCode::ReportNotWritten
        }
        Err(error) => context.unusable(&error.to_string()),
    }
}

pub(super) fn part(path: &Path) -> Result<JournalPart, String> {
    let path = journal_at(path);
    let name = path.display().to_string();
    let unread = |error: JournalError| format!("{name}: {error}");
    let journal = Journal::open(&path).map_err(unread)?;
    // What did not finish is told with everything else that keeps the journals apart.
    if journal.footer().is_some() {
        journal.verify().map_err(unread)?;
    }
    Ok(JournalPart { name, journal })
}

fn same(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(one, other)| one == other)
}

/// The journal gets its name when it is whole, so that a refused merge leaves what was there.
fn written(parts: &[JournalPart], journal: &Path) -> Result<ExitCode, MergeError> {
    let footer = private::write_by(journal, |out| merge(parts, out))?;
    Ok(ExitCode::from_code(footer.exit_code).unwrap_or(ExitCode::Internal))
}

fn render(journal: &Path, folder: &Path, chosen: &[Renderer], exit: ExitCode, context: &Context) -> ExitCode {
    match run::render(journal, folder, chosen) {
        Ok(Ok(written)) => {
            context.summarise(journal, &written, Some(exit));
            ExitCode::Held
        }
        Ok(Err(error)) => {
            context.eprint(&format!("error: {error}\n"));
            ExitCode::ReportNotWritten
        }
        Err(error) => context.unusable(&format!("{}: {error}", journal.display())),
    }
}
