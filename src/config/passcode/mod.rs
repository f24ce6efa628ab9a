//! How the passcodes of a user are read: the table `passcode` of a user in `flowproof.toml`.
//!
//! Decoding finds every problem at its place and reads no secret; [`PasscodeConfig::resolve`] does that when a run needs it.
//!
//! Deliberately not here: reading codes (`auth`).

mod http;
mod imap;
mod keys;
mod preset;

use std::path::Path;
use std::time::Duration;

use strum::VariantNames;

pub(crate) use self::http::HttpConfig;
use self::imap::ImapConfig;
use self::keys::{DEADLINE, DEADLINE_OF_PEOPLE, deadline};
pub(crate) use self::keys::{ResolveError, program};
use super::secret_source::SecretSource;
use super::table::TomlTable;
use crate::auth::passcode::{Algorithm, Command, PasscodeSource, Prompt, Totp};
use crate::base::source::{Diagnostic, Spanned};
use crate::record::redaction::Register;

/// How the passcodes of a user are read.
#[derive(Debug, Clone, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum PasscodeConfig {
    /// From the secret of an authenticator.
    Totp {
        /// Where the authenticator's secret comes from.
        secret: Spanned<SecretSource>,
        /// How long a code is shown.
        period: Duration,
        /// How many digits a code has.
        digits: u8,
        /// The hash that codes are made with.
        algorithm: Algorithm,
        /// How long to wait for an unused code.
        deadline: Duration,
    },
    /// From a program.
    Command(Command),
    /// From a person, who has so long to answer.
    Prompt(Duration),
    /// From a mailbox.
    Imap(Box<ImapConfig>),
    /// From an inbox behind an HTTP API.
    Http(Box<HttpConfig>),
    /// From the target's own phone, which takes the place of this.
    Phone,
    /// From the target's own mailbox, which takes the place of this.
    Mailbox {
        /// Whether the messages go to a number.
        phone: bool,
    },
}

/// Reads the table, and reports whatever is wrong with it.
pub(crate) fn decode(table: TomlTable<'_>) -> Option<PasscodeConfig> {
    let name = table.required_text("source")?;
    let source = match name.value.as_str() {
        "totp" => totp(&table),
        "command" => program(&table, DEADLINE).map(PasscodeConfig::Command),
        "prompt" => Some(PasscodeConfig::Prompt(deadline(&table, DEADLINE_OF_PEOPLE))),
        "imap" => ImapConfig::decode(&table).map(|imap| PasscodeConfig::Imap(Box::new(imap))),
        "http" => HttpConfig::decode(&table).map(|http| PasscodeConfig::Http(Box::new(http))),
        "phone" => Some(PasscodeConfig::Phone),
        "mailbox" => Some(PasscodeConfig::Mailbox { phone: table.flag("phone").is_some_and(|flag| flag.value) }),
        other => {
            let problem = Diagnostic::at(&name.span, format!("`{other}` is not a source of passcodes"));
            let names = PasscodeConfig::VARIANTS;
            let problem = problem.suggest(other, names.iter().copied());
            table.report(problem.or_help(format!("sources: {}", names.join(", "))));
            return None;
        }
    };
    table.end();
    source
}

/// Reads an inbox behind an HTTP API from a table that says more than that.
pub(crate) fn inbox(table: &TomlTable<'_>) -> Option<HttpConfig> {
    HttpConfig::decode(table)
}

fn totp(table: &TomlTable<'_>) -> Option<PasscodeConfig> {
    let secret = SecretSource::required(table, "secret");
    let period = Duration::from_secs(table.count("period", 1.0..=300.0).unwrap_or(30) as u64);
    let digits = table.count("digits", 6.0..=8.0).and_then(|digits| u8::try_from(digits).ok()).unwrap_or(6);
    let deadline = deadline(table, DEADLINE_OF_PEOPLE);
    let help = "algorithms: SHA1, SHA256, SHA512";
    let algorithm = table.parsed("algorithm", "algorithm of authenticators", help, |name| name.parse().ok());
    Some(PasscodeConfig::Totp { secret: secret?, period, digits, algorithm: algorithm.unwrap_or_default(), deadline })
}

impl PasscodeConfig {
    /// Whether it only knows what an authenticator shows.
    pub(crate) fn is_authenticator(&self) -> bool {
        matches!(self, Self::Totp { .. })
    }

    /// Reads the secrets and files, registers the secrets, and makes the source. Nothing is sent.
    ///
    /// # Errors
    /// When something that it needs is not there.
    pub fn resolve(&self, register: &Register) -> Result<PasscodeSource, ResolveError> {
        Ok(match self {
            Self::Totp { secret, period, digits, algorithm, deadline } => {
                let totp = Totp::new(&secret.resolve("totp-secret", register)?.secret, *deadline);
                let totp = totp.map_err(|error| ResolveError::Key(secret.value.clone(), error))?;
                PasscodeSource::Totp(totp.with(*period, *digits, *algorithm))
            }
            Self::Command(command) if !is_there(&command.program) => {
                return Err(ResolveError::NoProgram(command.program.clone()));
            }
            Self::Command(command) => PasscodeSource::Command(command.clone()),
            Self::Prompt(deadline) => PasscodeSource::Prompt(Prompt::new(*deadline)),
            Self::Imap(imap) => PasscodeSource::Imap(Box::new(imap.resolve(register)?)),
            Self::Http(http) => PasscodeSource::Http(Box::new(http.resolve(register)?)),
            Self::Mailbox { .. } => return Err(ResolveError::NoMailbox),
            Self::Phone => return Err(ResolveError::NoPhone),
        })
    }
}

/// Whether a program would be found; whether it can be run is known only by running it.
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
