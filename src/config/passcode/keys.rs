//! What several sources of passcodes have in common: keys of their tables, and why one cannot be used.
//!
//! Deliberately not here: which source has which key.

use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use crate::auth::passcode::{Command, KeyError, Pattern, Patterns, Polling};
use crate::base::source::Diagnostic;
use crate::client::{RootsError, roots_in};
use crate::config::secret_source::{SecretError, SecretSource};
use crate::config::table::TomlTable;

/// How long is waited at the most unless a table says otherwise, in seconds.
pub(super) const DEADLINE: f64 = 60.0;
/// The same where a person has to do something.
pub(super) const DEADLINE_OF_PEOPLE: f64 = 120.0;
/// The longest deadline, in seconds: an hour.
const LONGEST: f64 = 3600.0;

/// Why a source of passcodes cannot be used. The text never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A secret that it needs cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret is no key for codes.
    #[error("{0}: {1}")]
    Key(SecretSource, KeyError),
    /// The file of root certificates cannot be used.
    #[error("{0}: {1}")]
    Roots(String, RootsError),
    /// The target has no mailbox.
    #[error("the target has no `mailbox`")]
    NoMailbox,
    /// The target has no phone.
    #[error("the target has no `phone`")]
    NoPhone,
    /// The program that prints codes is not there.
    #[error("there is no program `{0}` in PATH")]
    NoProgram(String),
}

/// The root certificates in the file that `ca` names, if it names one.
pub(super) fn roots(ca: Option<PathBuf>) -> Result<Vec<CertificateDer<'static>>, ResolveError> {
    let Some(path) = ca else { return Ok(Vec::new()) };
    roots_in(&path).map_err(|error| ResolveError::Roots(path.display().to_string(), error))
}

/// A program with its arguments, and how many seconds it may take unless the table says otherwise.
pub(crate) fn program(table: &TomlTable<'_>, usual: f64) -> Option<Command> {
    table.require("command");
    let (words, deadline) = (table.texts("command"), deadline(table, usual));
    let words = words?.value;
    let (program, arguments) = words.split_first()?;
    Some(Command::new(program, arguments.to_vec(), deadline))
}

pub(super) fn ca(table: &TomlTable<'_>) -> Option<PathBuf> {
    table.path("ca").map(|path| path.value)
}

pub(super) fn pointer(table: &TomlTable<'_>, key: &'static str) -> Option<String> {
    let help = "it begins with a slash, such as \"/body/text\"";
    let is_pointer = |text: &&str| text.is_empty() || text.starts_with('/');
    table.parsed(key, "JSON pointer", help, |text| Some(text).filter(is_pointer).map(str::to_owned))
}

pub(super) fn polling(table: &TomlTable<'_>) -> Polling {
    let every = table.number("every", 0.1..=60.0).map_or(2.0, |every| every.value);
    Polling { every: Duration::from_secs_f64(every), deadline: deadline(table, DEADLINE) }
}

pub(super) fn deadline(table: &TomlTable<'_>, usual: f64) -> Duration {
    Duration::from_secs_f64(table.number("deadline", 0.1..=LONGEST).map_or(usual, |deadline| deadline.value))
}

/// One pattern for every kind of code, or a table with one for each.
pub(super) fn patterns(table: &TomlTable<'_>) -> Patterns {
    let Some(kinds) = table.table_if_any("pattern") else {
        return Patterns { any: pattern(table, "pattern"), ..Patterns::default() };
    };
    let patterns = Patterns {
        any: None,
        otp: pattern(&kinds, "otp"),
        verification_code: pattern(&kinds, "verification-code"),
        recovery_code: pattern(&kinds, "recovery-code"),
    };
    kinds.end();
    patterns
}

fn pattern(table: &TomlTable<'_>, key: &'static str) -> Option<Pattern> {
    let text = table.text(key)?;
    let pattern = Pattern::new(&text.value);
    if let Err(error) = &pattern {
        table.report(Diagnostic::at(&text.span, error.to_string()).help("such as 'your code is ([0-9]{6})'"));
    }
    pattern.ok()
}
