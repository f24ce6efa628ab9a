//! `flowproof replay`: judges recordings and prints the verdicts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::context::{Context, OutputFormat, journal_at};
use super::contract::ContractArgs;
use super::errors::CliError;
use super::in_use::ContractInUse;
use super::levels::LevelArgs;
use crate::base::text::{counted, one_line};
use crate::checks;
use crate::contract::Contract;
use crate::judge::replay::entries::{self, Judge, JudgedSequence, ReplayListener, Replayed};
use crate::judge::replay::judgement::Outcome;
use crate::judge::replay::replayed::ReplayedEntry;
use crate::judge::replay::report;
use crate::record::journal::{Ending, JournalWriteError, JournalWriter, make_folder};
use crate::record::{Counts, ExitCode, Finding, Header, Level, TargetRecord};
use crate::reports::Gathered;
use crate::reports::USUAL;
use crate::reports::write::{prepare, take_away, write_chosen};

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// HAR files, journals, or folders of runs
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Output format; with `json`, one object per line
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    format: OutputFormat,
    #[command(flatten)]
    contract: ContractArgs,
    /// Also write a journal and reports of the replay
    #[arg(short, long, value_name = "DIR")]
    report: Option<PathBuf>,
    #[command(flatten)]
    levels: LevelArgs,
    /// Also show the entries that passed
    #[arg(short, long)]
    verbose: bool,
}

/// Judges the files in turn; one that cannot be read does not keep the others from being judged.
pub(super) fn run(arguments: &ReplayArgs, context: &Context) -> Result<ExitCode, CliError> {
    let ContractInUse { contract, decoder, .. } = arguments.contract.load(context)?;
    let levels = arguments.levels.levels(&context.config);
    let judge = Judge { contract: &contract, levels: &levels, decoder };
    let report = arguments.report.as_deref().map(|folder| ReplayReport::begin(folder, &contract, arguments, context));
    let mut report = report.transpose()?;
    let (mut counts, mut exit) = (Counts::default(), ExitCode::Held);
    for file in &arguments.files {
        let path = journal_at(file);
        let shown = path.display().to_string();
        let mut entries =
            Entries { arguments, path: &shown, lines: Vec::new(), unknown: BTreeMap::new(), counts: &mut counts };
        let replayed = entries::replay(
            &path,
            &judge,
            &mut Listener { entries: &mut entries, report: &mut report, path: &path, contract: &contract },
        );
        exit = exit.max(match replayed {
            Ok(replayed) => entries.print(&path, replayed, context),
            Err(problem) => context.report(&CliError::recording(&path, problem)),
        });
    }
    if arguments.format == OutputFormat::Text {
        context.print(&format!("\n{}", summary(&counts)));
    }
    exit = exit.max(counts.exit_code());
    let written = report.map(|report| report.finish(context, arguments.format == OutputFormat::Text)).transpose();
    Ok(exit.max(written.err().map_or(ExitCode::Held, |error| context.report(&error))))
}

/// So many entries are printed at once.
const PRINTED: usize = 1000;

/// What is to be printed of a file's entries, and nothing else of them.
struct Entries<'a> {
    arguments: &'a ReplayArgs,
    path: &'a str,
    /// The lines of each entry that is shown, by its position in the file.
    lines: Vec<(usize, String)>,
    /// Requests that belong to no operation, each with how often it was made.
    unknown: BTreeMap<String, usize>,
    /// Of all files so far.
    counts: &'a mut Counts,
}

impl Entries<'_> {
    fn add(&mut self, entry: &ReplayedEntry<'_>) {
        entry.count_in(self.counts);
        match self.arguments.format {
            OutputFormat::Json => {
                // The file's name is given only where there are several.
                let file = (self.arguments.files.len() > 1).then_some(self.path);
                self.lines.push((entry.entry, entry.json(file) + "\n"));
            }
            OutputFormat::Text => {
                if self.shows(entry) {
                    self.lines.push((entry.entry, text(entry)));
                }
                if entry.outcome == Outcome::Unknown {
                    *self.unknown.entry(entry.request()).or_default() += 1;
                }
            }
        }
    }

    fn shows(&self, entry: &ReplayedEntry<'_>) -> bool {
        match entry.outcome {
            Outcome::Failed | Outcome::Errored => true,
            Outcome::Passed => self.arguments.verbose || entry.has_findings(),
            Outcome::Unknown => self.arguments.verbose,
        }
    }

    /// Prints what a file came to, in the order of the file, and gives whether it could be read to its end.
    fn print(mut self, path: &Path, replayed: Replayed, context: &Context) -> ExitCode {
        let is_text = self.arguments.format == OutputFormat::Text;
        if is_text {
            context.print(&format!("{}\n", self.path));
        }
        self.lines.sort_unstable_by_key(|(entry, _)| *entry);
        for some in self.lines.chunks(PRINTED) {
            context.print(&some.iter().map(|(_, lines)| lines.as_str()).collect::<String>());
        }
        if is_text {
            context.print(&unknown(&self.unknown));
        }
        if replayed.unfinished {
            context.warn_unfinished(path);
        }
        replayed.broken.map_or(ExitCode::Held, |problem| context.report(&CliError::recording(path, problem)))
    }
}

/// Hands on what is judged: entries to the console, sequences to the reports.
struct Listener<'a, 'e> {
    entries: &'a mut Entries<'e>,
    report: &'a mut Option<ReplayReport>,
    path: &'a Path,
    contract: &'a Contract,
}

impl ReplayListener for Listener<'_, '_> {
    fn sequence(&mut self, sequence: &JudgedSequence<'_>) {
        if let Some(report) = self.report {
            report.add(self.path, sequence, self.contract);
        }
    }

    fn entry(&mut self, entry: &ReplayedEntry<'_>) {
        self.entries.add(entry);
    }
}

fn text(entry: &ReplayedEntry<'_>) -> String {
    let (operation, request) = (one_line(entry.operation.unwrap_or("-")), one_line(&entry.request()));
    let mut text = format!("  {:<8} entry {} {operation}  {request}\n", entry.outcome.as_str(), entry.entry);
    entry.reason().iter().for_each(|reason| text.push_str(&format!("           {}\n", one_line(reason))));
    entry.findings().for_each(|finding| text.push_str(&described(&finding)));
    text
}

fn described(finding: &Finding) -> String {
    let pointer = finding.pointer.as_ref().filter(|pointer| !pointer.is_empty());
    let at = pointer.map(|pointer| format!(" at {pointer}")).unwrap_or_default();
    let level = if finding.level == Level::Deny { "" } else { " (warning)" };
    let mut text = format!("           {}\n", one_line(&format!("{}{level}{at}: {}", finding.check, finding.message)));
    let values = [("expected", &finding.expected), ("actual", &finding.actual)];
    for (name, value) in values.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        text.push_str(&format!("             {name}: {}\n", one_line(value)));
    }
    text
}

fn unknown(requests: &BTreeMap<String, usize>) -> String {
    let lines = requests.iter().map(|(request, count)| format!("    {count} × {}\n", one_line(request)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("  not in the contract, and not judged:\n{lines}") }
}

fn summary(counts: &Counts) -> String {
    format!(
        "  {} entries: {} passed, {} failed, {} errored, {} unknown; {} checks, {} warnings\n",
        counts.exchanges, counts.passed, counts.failed, counts.errored, counts.skipped, counts.checks, counts.warnings
    )
}

/// No more faults of a contract are listed in a report; standard error has all.
const FAULTS: usize = 20;

/// Writes a journal of the replay, and its reports.
struct ReplayReport {
    writer: JournalWriter,
    folder: PathBuf,
    sequences: usize,
    problem: Option<JournalWriteError>,
}

impl ReplayReport {
    fn begin(folder: &Path, contract: &Contract, arguments: &ReplayArgs, context: &Context) -> Result<Self, CliError> {
        make_folder(folder)?;
        prepare(folder, USUAL)?;
        let writer = JournalWriter::begin(folder, header(contract, &arguments.files), context.printer.register())?;
        take_away(folder)?;
        Ok(Self { writer, folder: folder.to_owned(), sequences: 0, problem: None })
    }

    fn add(&mut self, path: &Path, sequence: &JudgedSequence<'_>, contract: &Contract) {
        let record = report::record(self.sequences, path, sequence, contract);
        self.sequences += 1;
        if let Err(error) = self.writer.append(&Arc::new(record)) {
            self.problem.get_or_insert(error);
        }
    }

    fn finish(self, context: &Context, aloud: bool) -> Result<(), CliError> {
        let path = self.writer.path().to_owned();
        let finished = self.writer.finish(&Ending::default());
        let journal = self.problem.map_or(finished, Err).map_err(CliError::not_written)?;
        let mut gathered = Gathered::default();
        let written = write_chosen(&journal, &self.folder, USUAL, &mut gathered).map_err(CliError::not_written)?;
        if aloud {
            context.summarise((&journal, &gathered), &[&*written, &[path]].concat(), None);
        }
        Ok(())
    }
}

/// How many sequences there are is known only at the end, so none are announced.
fn header(contract: &Contract, files: &[PathBuf]) -> Header {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let target = TargetRecord { name: names.join(", "), kind: "recording".into(), base_url: String::new() };
    let mut notes = vec!["nothing was sent: this is recorded traffic".into()];
    let faults = contract
        .faults
        .iter()
        .map(|fault| format!("not evaluated, as the contract is faulty there: {}", fault.remark()));
    notes.extend(faults.take(FAULTS));
    let more = contract.faults.len().saturating_sub(FAULTS);
    notes.extend((more > 0).then(|| format!("the contract has {} more", counted(more, "fault"))));
    Header { notes, ..Header::new(target, contract.into(), checks::texts()) }
}
