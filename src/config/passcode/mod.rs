//! How the passcodes of a user are read: the table `passcode` of a user in `flowproof.toml`.
//!
//! Decoding finds every problem at its place and reads no secret; [`PasscodeConfig::resolve`] does that when a run needs it.
//!
//! Deliberately not here: reading codes (`auth`).

mod error;
mod http;
mod imap;
mod keys;

use std::path::Path;
use std::time::Duration;

pub(crate) use self::error::ResolveError;
use self::http::HttpConfig;
use self::imap::ImapConfig;
use self::keys::{DEADLINE, DEADLINE_OF_PEOPLE, deadline, secret};
use super::secret_source::SecretSource;
use super::table::TomlTable;
use crate::auth::passcode::{Algorithm, Command, PasscodeSource, Prompt, Totp};
use crate::base::source::{Diagnostic, Spanned};
use crate::record::redaction::Register;

/// The names of all sources.
pub(crate) const SOURCES: &[&str] = &["totp", "command", "prompt", "imap", "http"];

/// How the passcodes of a user are read.
#[derive(Debug, Clone)]
pub struct PasscodeConfig(Source);

#[derive(Debug, Clone)]
enum Source {
    Totp { secret: Spanned<SecretSource>, period: Duration, digits: u8, algorithm: Algorithm, deadline: Duration },
    Command { words: Vec<String>, deadline: Duration },
    Prompt { deadline: Duration },
    Imap(Box<ImapConfig>),
    Http(Box<HttpConfig>),
}

/// Reads the table, and reports whatever is wrong with it.
pub(crate) fn decode(table: TomlTable<'_>) -> Option<PasscodeConfig> {
    let name = table.required_text("source")?;
    let source = match name.value.as_str() {
        "totp" => totp(&table),
        "command" => command(&table),
        "prompt" => Some(Source::Prompt { deadline: deadline(&table, DEADLINE_OF_PEOPLE) }),
        "imap" => ImapConfig::decode(&table).map(|imap| Source::Imap(Box::new(imap))),
        "http" => HttpConfig::decode(&table).map(|http| Source::Http(Box::new(http))),
        other => {
            let problem = Diagnostic::at(&name.span, format!("`{other}` is no source of passcodes"));
            let problem = problem.suggest(other, SOURCES.iter().copied());
            let help = problem.help.clone().unwrap_or_else(|| format!("sources: {}", SOURCES.join(", ")));
            table.report(problem.help(help));
            return None;
        }
    };
    table.end();
    source.map(PasscodeConfig)
}

fn totp(table: &TomlTable<'_>) -> Option<Source> {
    let secret = secret(table, "secret");
    let period = Duration::from_secs(table.count("period", 1.0..=300.0).unwrap_or(30) as u64);
    let digits = table.count("digits", 6.0..=8.0).and_then(|digits| u8::try_from(digits).ok()).unwrap_or(6);
    let deadline = deadline(table, DEADLINE_OF_PEOPLE);
    let algorithm = match table.text("algorithm") {
        None => Algorithm::Sha1,
        Some(name) => match name.value.as_str() {
            "SHA1" => Algorithm::Sha1,
            "SHA256" => Algorithm::Sha256,
            "SHA512" => Algorithm::Sha512,
            other => {
                let problem = Diagnostic::at(&name.span, format!("`{other}` is no algorithm of authenticators"));
                table.report(problem.help("algorithms: SHA1, SHA256, SHA512"));
                Algorithm::Sha1
            }
        },
    };
    Some(Source::Totp { secret: secret?, period, digits, algorithm, deadline })
}

fn command(table: &TomlTable<'_>) -> Option<Source> {
    if !table.has("command") {
        table.missing("command");
    }
    let words = table.texts("command");
    let deadline = deadline(table, DEADLINE);
    Some(Source::Command { words: words?.value, deadline })
}

impl PasscodeConfig {
    /// The source's name.
    pub fn name(&self) -> &'static str {
        match &self.0 {
            Source::Totp { .. } => "totp",
            Source::Command { .. } => "command",
            Source::Prompt { .. } => "prompt",
            Source::Imap(_) => "imap",
            Source::Http(_) => "http",
        }
    }

    /// The secrets that it needs.
    pub fn secrets(&self) -> Vec<&Spanned<SecretSource>> {
        match &self.0 {
            Source::Totp { secret, .. } => vec![secret],
            Source::Imap(imap) => vec![&imap.password],
            Source::Http(http) => http.headers.iter().map(|(_, value)| value).collect(),
            Source::Command { .. } | Source::Prompt { .. } => Vec::new(),
        }
    }

    /// Reads the secrets and files, registers the secrets, and makes the source. Nothing is sent.
    ///
    /// # Errors
    /// When something that it needs is not there.
    pub fn resolve(&self, register: &Register) -> Result<PasscodeSource, ResolveError> {
        Ok(match &self.0 {
            Source::Totp { secret, period, digits, algorithm, deadline } => {
                let totp = Totp::new(&secret.resolve("totp-secret", register)?.secret, *deadline);
                let totp = totp.map_err(|error| ResolveError::Key(secret.value.clone(), error))?;
                totp.with(*period, *digits, *algorithm).into()
            }
            Source::Command { words, deadline } => {
                let (program, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
                if !is_there(program) {
                    return Err(ResolveError::NoProgram(program.to_owned()));
                }
                Command::new(program, arguments.to_vec(), *deadline).into()
            }
            Source::Prompt { deadline } => Prompt::new(*deadline).into(),
            Source::Imap(imap) => imap.resolve(register)?.into(),
            Source::Http(http) => http.resolve(register)?.into(),
        })
    }
}

/// Whether a program would be found; whether it can be run, only running it tells.
fn is_there(program: &str) -> bool {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return path.is_file();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let suffix = std::env::consts::EXE_SUFFIX;
    std::env::split_paths(&folders)
        .any(|folder| folder.join(program).is_file() || folder.join(format!("{program}{suffix}")).is_file())
}
