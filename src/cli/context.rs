//! What all commands share: the configuration, the printer, and a few helpers.
//!
//! Deliberately not here: what any single command does.

use std::cell::OnceCell;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::errors::CliError;
use super::in_use::ContractInUse;
use crate::base::source::Diagnostic;
use crate::config::Config;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::record::journal::{JOURNAL, Journal};
use crate::reports::console::{self, Palette};
use crate::reports::digest::Digest;
use crate::reports::{Gathered, Outcome};
use crate::run::printer::Printer;
use crate::tenant::Fault;

/// How a command prints what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The most lines that the end of a run takes.
pub(super) const LINES: usize = 60;

/// What a command is run with.
pub(super) struct Context {
    pub(super) config: Config,
    /// The file of the configuration, where the command line names one.
    pub(super) config_file: Option<PathBuf>,
    pub(super) palette: Palette,
    pub(super) printer: Printer,
    /// The contract, where one command has read it for another: nobody reads it again, or says again what is to be said of it.
    pub(super) read: Option<ContractInUse>,
    /// Never taken apart: the process ends with it, and that would take longer than to read it.
    embedded: ManuallyDrop<OnceCell<Arc<Contract>>>,
}

impl Context {
    pub(super) fn new(config: Config, palette: Palette, printer: Printer) -> Self {
        Self { config, config_file: None, palette, printer, read: None, embedded: ManuallyDrop::default() }
    }

    /// Writes to standard output.
    pub(super) fn print(&self, text: &str) {
        self.printer.print(text);
    }

    /// Writes to standard error.
    pub(super) fn eprint(&self, text: &str) {
        self.printer.eprint(text);
    }

    /// Writes why a command could not do its work, and gives the code that the process ends with.
    pub(super) fn report(&self, error: &CliError) -> ExitCode {
        if let CliError::ForeignContract(problem) = error {
            self.eprint_all(std::slice::from_ref(problem));
            return error.exit_code();
        }
        if let CliError::Invalid { problems, .. } = error {
            self.eprint_all(problems);
        }
        self.eprint(&format!("error: {error}\n"));
        error.exit_code()
    }

    /// Writes problems at their places to standard error.
    pub(super) fn eprint_all(&self, problems: &[Diagnostic]) {
        let coloured = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
        problems.iter().for_each(|problem| self.eprint(&format!("{}\n", problem.render(coloured))));
    }

    /// Warns that a journal has no end.
    pub(super) fn warn_unfinished(&self, journal: &Path) {
        let name = journal.display();
        self.eprint(&format!("warning: {name}: the run did not finish; the scenarios that did are judged\n"));
    }

    /// The contract that this build was made from.
    pub(super) fn contract(&self) -> Result<&Arc<Contract>, CliError> {
        if let Some(contract) = self.embedded.get() {
            return Ok(contract);
        }
        let contract = Contract::embedded()?;
        Ok(self.embedded.get_or_init(|| Arc::new(contract)))
    }

    /// Says what a run came to, why, and where its files are; `exit` is the process's own code, where the journal does not
    /// know all of it.
    pub(super) fn summarise(&self, read: (&Journal, &Gathered), files: &[PathBuf], exit: Option<ExitCode>) {
        self.summarise_in(LINES, read, files, exit);
    }

    /// As [`Context::summarise`], in about so many lines.
    pub(super) fn summarise_in(
        &self,
        lines: usize,
        (journal, gathered): (&Journal, &Gathered),
        files: &[PathBuf],
        exit: Option<ExitCode>,
    ) {
        let outcome = Outcome::of(journal);
        let outcome = Outcome { exit_code: exit.map(ExitCode::code).or(outcome.exit_code), ..outcome };
        let summary = console::summary(&outcome, files, &self.palette);
        let room = lines.saturating_sub(summary.lines().count() + 2);
        let digest = Digest::of(journal, gathered).text(room, &self.palette);
        self.print(&format!("\n{digest}{summary}"));
    }
}

/// A file as text.
pub(super) fn read(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|cause| CliError::Read { path: path.to_owned(), cause })
}

/// Opens the journal that a path names.
pub(super) fn open(path: &Path) -> Result<Journal, CliError> {
    Journal::open(path).map_err(|cause| CliError::Journal { path: path.to_owned(), cause })
}

/// Reads the name of a way in which the stand-in can be broken.
pub(super) fn fault_parser() -> impl TypedValueParser<Value = Fault> {
    let values = Fault::ALL.iter().map(|fault| PossibleValue::new(fault.name()).help(fault.about()));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Fault>())
}

/// The journal that a path names: the file, or the one in the folder of a run.
pub(super) fn journal_at(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(JOURNAL) } else { path.to_owned() }
}
