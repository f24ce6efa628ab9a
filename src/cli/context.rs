//! What every command is given: the configuration, how to print, and the few things that several commands do alike.
//!
//! Deliberately not here: what any single command does.

use std::path::{Path, PathBuf};

use crate::base::source::Diagnostic;
use crate::base::text::{counted, first_of, nearest};
use crate::config::Config;
use crate::contract::Contract;
use crate::judge::replay::restore::Types;
use crate::record::ExitCode;
use crate::record::journal::{JOURNAL, Journal};
use crate::reports::Outcome;
use crate::reports::console::{self, Palette};
use crate::run::printer::Printer;
use crate::tenant::Fault;

/// What is said where a target is wanted and there is none.
pub(super) const NO_TARGET: &str = "flowproof.toml describes no target yet; `flowproof init` writes one with a target in its comments: \
                         take the `#: ` away and put your own values in";

/// What a command is run with.
pub(super) struct Context {
    pub(super) config: Config,
    pub(super) palette: Palette,
    pub(super) printer: Printer,
}

impl Context {
    /// Writes to standard output.
    pub(super) fn print(&self, text: &str) {
        self.printer.print(text);
    }

    /// Writes to standard error.
    pub(super) fn eprint(&self, text: &str) {
        self.printer.eprint(text);
    }

    /// Something a person must mend before anything can run.
    pub(super) fn unusable(&self, problem: &str) -> ExitCode {
        self.eprint(&format!("error: {problem}\n"));
        ExitCode::Unusable
    }

    pub(super) fn refuse(&self, problems: &[Diagnostic], place: &str) -> ExitCode {
        let colour = !matches!(anstream::AutoStream::choice(&std::io::stderr()), anstream::ColorChoice::Never);
        problems.iter().for_each(|problem| self.eprint(&format!("{}\n", problem.render(colour))));
        self.unusable(&format!("{} in {place}; nothing was sent", counted(problems.len(), "problem")))
    }

    /// A contract that was named, or the one that this build was made from; and whether the generated types are its own.
    pub(super) fn contract_at(&self, path: Option<&Path>) -> Result<(Contract, Types), String> {
        let embedded = Contract::embedded().map_err(|error| error.to_string())?;
        let Some(path) = path else { return Ok((embedded, Types::Generated)) };
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let contract = Contract::from_text(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let types = if contract.digest() == embedded.digest() { Types::Generated } else { Types::Foreign };
        if types == Types::Foreign {
            self.eprint(&remarks(&contract, path));
        }
        Ok((contract, types))
    }

    /// Says what a run came to; `exit` is the process's own code, where the run's journal does not know all of it.
    pub(super) fn summarise(&self, journal: &Path, written: &[PathBuf], exit: Option<ExitCode>) {
        let files: Vec<PathBuf> = written.iter().cloned().chain([journal.to_owned()]).collect();
        match Journal::open(journal) {
            Ok(journal) => self.summary_of(&journal, &files, exit),
            Err(error) => self.eprint(&format!("error: {error}\n")),
        }
    }

    /// As [`Context::summarise`], of a journal that is open; `files` are all that is said to be there.
    pub(super) fn summary_of(&self, journal: &Journal, files: &[PathBuf], exit: Option<ExitCode>) {
        let outcome = Outcome::of(journal);
        let outcome = Outcome { exit_code: exit.map(ExitCode::code).or(outcome.exit_code), ..outcome };
        self.print(&format!("\n{}", console::summary(&outcome, files, &self.palette)));
    }
}

/// What is wrong where the configuration describes no target of that name.
pub(super) fn no_target(name: &str, config: &Config) -> String {
    let names: Vec<&str> = config.targets().keys().map(String::as_str).collect();
    let advice = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => NO_TARGET.to_owned(),
        None => format!("there are {}", names.join(", ")),
    };
    format!("there is no target `{name}`; {advice}")
}

/// The names of all ways in which the stand-in can be broken.
pub(super) fn fault_names() -> Vec<&'static str> {
    Fault::ALL.iter().map(|fault| fault.name()).collect()
}

/// The journal that a path names: the file, or the one in the folder of a run.
pub(super) fn journal_at(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(JOURNAL) } else { path.to_owned() }
}

/// What is no reason to refuse a contract and yet should be known to who uses it; values are not repeated.
fn remarks(contract: &Contract, path: &Path) -> String {
    let said = [
        ("looks like a signed token; it belongs in no contract", contract.signed_tokens()),
        ("not schema-checked, for want of a documented schema", contract.without_schema()),
    ];
    let some = said.iter().filter(|(_, places)| !places.is_empty());
    some.map(|(what, places)| format!("warning: {}: {what}: {}\n", path.display(), first_of(places, 10))).collect()
}
