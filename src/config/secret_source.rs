//! Where a secret comes from: an environment variable, a file, or a program that prints it; never the configuration itself.
//!
//! The source is read only when a run needs it. What is read is checked before it is used: an empty secret would be found
//! in every text, and a placeholder would be sent to a tenant that locks after a few wrong tries.
//!
//! Deliberately not here: how secrets are kept out of what is written (`record::redaction`).

use std::collections::BTreeMap;
use std::env::VarError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use secrecy::SecretString;

use super::table::TomlTable;
use crate::base::source::{Diagnostic, Spanned};
use crate::record::redaction::Register;

/// Values that are placeholders and no secrets (C04).
const PLACEHOLDERS: &[&str] =
    &["changeme", "change-me", "change_me", "password", "placeholder", "secret", "todo", "tbd", "example", "dummy"];

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file that holds nothing else.
    File(PathBuf),
    /// An entry of a file that holds several, as a JSON object.
    Entry(PathBuf, String),
    /// A program, with its arguments, that prints it.
    Command(Vec<String>),
}

/// Why a secret cannot be used. The text never holds what was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The source has nothing.
    #[error("{origin} {why}")]
    Missing {
        /// Where it should come from.
        origin: SecretSource,
        /// What is wrong there.
        why: NoSecret,
    },
    /// There is nothing in it but white space (C02).
    #[error("{0} is empty or blank")]
    Blank(SecretSource),
    /// It is what stands in an example (C04).
    #[error("{0} holds a placeholder, not a secret")]
    Placeholder(SecretSource),
}

/// Why a source has nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// The variable is not set.
    #[error("is not set")]
    NotSet,
    /// The variable holds bytes that are no text.
    #[error("is not UTF-8")]
    NotUtf8,
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The command names no program.
    #[error("is empty")]
    NoProgram,
    /// The file is no JSON object of texts.
    #[error("cannot be read: it is no JSON object of texts")]
    NoEntries,
    /// The file has no such entry.
    #[error("is not there")]
    NoEntry,
    /// The program cannot be run.
    #[error("cannot be run: {0}")]
    NotRun(String),
    /// The program failed.
    #[error("failed: {0}")]
    Failed(ExitStatus),
    /// The program printed bytes that are no text.
    #[error("printed something that is not UTF-8")]
    PrintedNotUtf8,
}

/// A secret, and a note on how it was read.
#[derive(Debug)]
pub struct ResolvedSecret {
    /// The secret.
    pub secret: SecretString,
    /// A note for the report, such as that a line break was cut off.
    pub note: Option<String>,
}

impl fmt::Display for SecretSource {
    /// Writes the source; the arguments of a program may be telling, so only its name is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Entry(path, entry) => write!(f, "the entry {entry} of the file {}", path.display()),
            Self::Command(words) => write!(f, "the command `{}`", words.first().map_or("", String::as_str)),
        }
    }
}

impl SecretSource {
    /// The keys of a table that says where a secret comes from.
    pub const KEYS: [&str; 3] = ["env", "file", "command"];

    /// Reads a key whose value says where the secret comes from; a literal is refused.
    pub fn decode(table: &TomlTable<'_>, key: &'static str) -> Option<Spanned<Self>> {
        let span = table.span_of(key);
        let Some(origin) = table.table_if_any(key) else {
            if !table.has(key) {
                return None;
            }
            let message =
                format!("`{}` must not be written here: secrets do not belong in this file", table.path_of(key));
            let help =
                "say where it comes from: { env = \"NAME\" }, { file = \"path\" } or { command = [\"program\"] }";
            table.report(Diagnostic::at(&span, message).help(help));
            return None;
        };
        Some(Spanned::new(Self::of(origin)?, span))
    }

    /// As [`SecretSource::decode`], where the key must be there.
    pub fn required(table: &TomlTable<'_>, key: &'static str) -> Option<Spanned<Self>> {
        table.require(key);
        Self::decode(table, key)
    }

    /// Reads a table that says where a secret comes from.
    pub fn of(origin: TomlTable<'_>) -> Option<Self> {
        let env = origin.text("env").map(|name| Self::Env(name.value));
        let entry = origin.text("entry");
        let file = origin.path("file").map(|path| match entry {
            Some(entry) => Self::Entry(path.value, entry.value),
            None => Self::File(path.value),
        });
        let command = origin.texts("command").map(|words| Self::Command(words.value));
        let named = Self::KEYS.iter().filter(|key| origin.has(key)).count();
        if named != 1 {
            let message = format!("`{}` needs exactly one of `env`, `file` and `command`", origin.name);
            origin.report(Diagnostic::at(&origin.span(), message));
        }
        origin.end();
        env.or(file).or(command).filter(|_| named == 1)
    }

    /// Reads the secret and registers it under the name of what it is, so that it is kept out of everything that is written
    /// from now on.
    ///
    /// # Errors
    /// When the source has none, an empty one, or a placeholder.
    pub fn resolve(&self, name: &str, register: &Register) -> Result<ResolvedSecret, SecretError> {
        let resolved = self.read()?;
        register.learn(name, &resolved.secret);
        Ok(resolved)
    }

    fn read(&self) -> Result<ResolvedSecret, SecretError> {
        let missing = |why| SecretError::Missing { origin: self.clone(), why };
        let raw = match self {
            Self::Env(name) => std::env::var(name).map_err(|error| match error {
                VarError::NotPresent => NoSecret::NotSet,
                VarError::NotUnicode(_) => NoSecret::NotUtf8,
            }),
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| NoSecret::Unreadable(error.to_string())),
            Self::Entry(path, entry) => entry_of(path, entry),
            Self::Command(words) => printed_by(words),
        };
        self.fit(raw.map_err(missing)?)
    }

    /// Decides whether what was read can be a secret.
    fn fit(&self, raw: String) -> Result<ResolvedSecret, SecretError> {
        let without = raw.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
        let note = without.map(|_| format!("{self} ends with a line break, which was cut off"));
        let text = without.unwrap_or(&raw);
        if text.trim().is_empty() {
            return Err(SecretError::Blank(self.clone()));
        }
        if is_placeholder(text) {
            return Err(SecretError::Placeholder(self.clone()));
        }
        Ok(ResolvedSecret { secret: SecretString::from(text), note })
    }
}

/// One of the secrets in a file of several.
fn entry_of(path: &Path, entry: &str) -> Result<String, NoSecret> {
    let text = std::fs::read_to_string(path).map_err(|error| NoSecret::Unreadable(error.to_string()))?;
    // What is wrong with it is not said: the text of an error may hold a secret.
    let mut all: BTreeMap<String, String> = serde_json::from_str(&text).map_err(|_| NoSecret::NoEntries)?;
    all.remove(entry).ok_or(NoSecret::NoEntry)
}

fn printed_by(words: &[String]) -> Result<String, NoSecret> {
    let (program, arguments) = words.split_first().ok_or(NoSecret::NoProgram)?;
    let output = Command::new(program).args(arguments).stdin(std::process::Stdio::null()).output();
    let output = output.map_err(|error| NoSecret::NotRun(error.to_string()))?;
    if !output.status.success() {
        return Err(NoSecret::Failed(output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| NoSecret::PrintedNotUtf8)
}

/// Whether a text stands in examples, but for no account: `changeme`, `xxx`, `<client-id>`, `${NAME}` (C04).
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let one_character = text.chars().all(|c| matches!(c, 'x' | '*' | '.' | '?' | '-'));
    let brackets = [("<", ">"), ("${", "}"), ("{{", "}}"), ("[", "]")];
    let bracketed = brackets.iter().any(|(open, close)| text.starts_with(open) && text.ends_with(close));
    one_character
        || bracketed
        || text.starts_with("your-")
        || text.starts_with("your_")
        || PLACEHOLDERS.contains(&text.as_str())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn fit(text: &str) -> Result<ResolvedSecret, SecretError> {
        SecretSource::Env("S".into()).fit(text.into())
    }

    #[test]
    fn c02_an_empty_or_blank_secret_is_refused() {
        for blank in ["", " ", "\t \n", "\n"] {
            assert!(matches!(fit(blank), Err(SecretError::Blank(_))), "{blank:?}");
        }
    }

    #[test]
    fn c03_one_line_break_at_the_end_is_cut_off_with_a_note_and_nothing_else_is() {
        for (given, kept, noted) in [
            ("s3cr3t-a\n", "s3cr3t-a", true),
            ("s3cr3t-a\r\n", "s3cr3t-a", true),
            ("s3cr3t-a\n\n", "s3cr3t-a\n", true),
            ("\"s3cr3t-a\"", "\"s3cr3t-a\"", false),
            (" s3cr3t-a ", " s3cr3t-a ", false),
        ] {
            let read = fit(given).expect("a secret");
            assert_eq!((read.secret.expose_secret(), read.note.is_some()), (kept, noted));
        }
    }

    #[test]
    fn c04_placeholders_are_refused() {
        for text in ["changeme", "ChangeMe", "xxx", "<client-id>", "${SECRET}", "your-secret-here", "********"] {
            assert!(matches!(fit(text), Err(SecretError::Placeholder(_))), "{text}");
        }
        assert!(fit("Correct-Horse-7").is_ok());
    }

    #[test]
    fn c01_a_secret_that_is_not_there_says_where_it_was_looked_for() {
        let text =
            |origin: SecretSource| origin.resolve("secret", &Register::default()).expect_err("missing").to_string();
        assert_eq!(
            text(SecretSource::Env("FLOWPROOF_NO_SUCH".into())),
            "the environment variable FLOWPROOF_NO_SUCH is not set"
        );
        assert!(text(SecretSource::File("no/such/file".into())).starts_with("the file no/such/file cannot be read"));
        #[cfg(unix)]
        assert!(text(SecretSource::Command(vec!["false".into()])).contains("`false` failed"));
    }
}
