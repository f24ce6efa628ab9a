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
use crate::judge::replay::entries::{self, Judge, JudgedSequence, RecordingError, Replayed, ReplayedEntry, counts};
use crate::judge::replay::judgement::Outcome;
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
    let (mut all, mut exit) = (Vec::new(), ExitCode::Held);
    for file in &arguments.files {
        let path = journal_at(file);
        let replayed = entries::replay(&path, &judge, &mut |sequence| {
            if let Some(report) = &mut report {
                report.add(&path, sequence, &contract);
            }
        });
        let (entries, shown) = arguments.show(&path, replayed, context);
        exit = exit.max(shown);
        all.extend(entries);
    }
    let counts = counts(&all);
    if arguments.format == OutputFormat::Text {
        context.print(&format!("\n{}", summary(&counts)));
    }
    exit = exit.max(counts.exit_code());
    let written = report.map(|report| report.finish(context, arguments.format == OutputFormat::Text)).transpose();
    Ok(exit.max(written.err().map_or(ExitCode::Held, |error| context.report(&error))))
}

impl ReplayArgs {
    /// Prints what a file came to, and gives its entries and whether it could be read.
    fn show(
        &self,
        path: &Path,
        replayed: Result<Replayed, RecordingError>,
        context: &Context,
    ) -> (Vec<ReplayedEntry>, ExitCode) {
        let replayed = match replayed {
            Ok(replayed) => replayed,
            Err(problem) => return (Vec::new(), context.report(&CliError::recording(path, problem))),
        };
        match self.format {
            OutputFormat::Json => context.print(&self.json(path, &replayed.entries)),
            OutputFormat::Text => context.print(&self.text(path, &replayed.entries)),
        }
        if replayed.unfinished {
            context.warn_unfinished(path);
        }
        let broken = replayed.broken.map(|problem| context.report(&CliError::recording(path, problem)));
        (replayed.entries, broken.unwrap_or(ExitCode::Held))
    }

    /// The file's name is given only where there are several.
    fn json(&self, path: &Path, entries: &[ReplayedEntry]) -> String {
        let file = path.display().to_string();
        let file = (self.files.len() > 1).then_some(file.as_str());
        entries.iter().map(|entry| entry.json(file) + "\n").collect()
    }

    fn text(&self, path: &Path, entries: &[ReplayedEntry]) -> String {
        let mut text = format!("{}\n", path.display());
        for entry in entries.iter().filter(|entry| self.shows(entry)) {
            let operation = entry.operation.as_deref().unwrap_or("-");
            let verdict = entry.outcome.as_str();
            let (operation, request) = (one_line(operation), one_line(&entry.request));
            text.push_str(&format!("  {verdict:<8} entry {} {operation}  {request}\n", entry.entry));
            entry.reason.iter().for_each(|reason| text.push_str(&format!("           {}\n", one_line(reason))));
            entry.findings.iter().for_each(|finding| text.push_str(&described(finding)));
        }
        text.push_str(&unknown(entries));
        text
    }

    fn shows(&self, entry: &ReplayedEntry) -> bool {
        match entry.outcome {
            Outcome::Failed | Outcome::Errored => true,
            Outcome::Passed => self.verbose || !entry.findings.is_empty(),
            Outcome::Unknown => self.verbose,
        }
    }
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

/// Requests that belong to no operation, each once with how often it was made.
fn unknown(entries: &[ReplayedEntry]) -> String {
    let mut requests: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.outcome == Outcome::Unknown) {
        *requests.entry(&entry.request).or_default() += 1;
    }
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
