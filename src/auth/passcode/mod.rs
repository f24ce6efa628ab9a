//! Codes that a real user would type in: where they come from, and what is said when none comes.
//!
//! A [`PasscodeSource`] belongs to a test user or to a device of one. The same sources serve one-time passcodes, codes that
//! verify an address, and codes that recover a password.
//!
//! Deliberately not here: which source belongs to whom (that is the target's configuration), and the stand-in's mailbox,
//! which is asked directly.

mod command;
mod http;
mod imap;
mod pattern;
mod poll;
mod prompt;
mod totp;
mod used;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

pub use command::{Command, CommandError};
pub(in crate::auth) use command::person;
pub use http::Inbox;
pub use imap::Imap;
pub use pattern::{OTP, Pattern, PatternError, Patterns};
pub use poll::Pace;
pub use prompt::Prompt;
pub use totp::{Algorithm, KeyError, Totp};
pub use used::UsedCodes;

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeKind {
    /// A one-time passcode.
    Otp,
    /// The code that verifies a registered address.
    VerificationCode,
    /// The code that recovers a forgotten password.
    RecoveryCode,
}

impl CodeKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Otp, Self::VerificationCode, Self::RecoveryCode];

    /// The name in scenarios and in the environment of commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Otp => "otp",
            Self::VerificationCode => "verificationCode",
            Self::RecoveryCode => "recoveryCode",
        }
    }
}

impl fmt::Display for CodeKind {
    /// Writes what a person calls it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Otp => "one-time passcode",
            Self::VerificationCode => "verification code",
            Self::RecoveryCode => "recovery code",
        })
    }
}

/// Whom a code is for, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipient {
    /// The user's id.
    pub id: Option<String>,
    /// The user's name.
    pub username: Option<String>,
    /// Where mail to the user or to the device goes.
    pub email: Option<String>,
    /// Where text messages and calls go.
    pub phone: Option<String>,
}

impl fmt::Display for Recipient {
    /// Writes the name that says most to a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [&self.email, &self.username, &self.phone, &self.id];
        f.write_str(known.into_iter().flatten().next().map_or("a user without a name", String::as_str))
    }
}

/// Where the codes of a user or of a device come from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PasscodeSource(Arc<SourceKind>);

#[derive(Debug)]
enum SourceKind {
    Totp(Totp),
    Command(Command),
    Prompt(Prompt),
    Imap(Box<Imap>),
    Http(Box<Inbox>),
}

impl From<Totp> for PasscodeSource {
    fn from(totp: Totp) -> Self {
        Self(Arc::new(SourceKind::Totp(totp)))
    }
}

impl From<Command> for PasscodeSource {
    fn from(command: Command) -> Self {
        Self(Arc::new(SourceKind::Command(command)))
    }
}

impl From<Prompt> for PasscodeSource {
    fn from(prompt: Prompt) -> Self {
        Self(Arc::new(SourceKind::Prompt(prompt)))
    }
}

impl From<Imap> for PasscodeSource {
    fn from(imap: Imap) -> Self {
        Self(Arc::new(SourceKind::Imap(Box::new(imap))))
    }
}

impl From<Inbox> for PasscodeSource {
    fn from(inbox: Inbox) -> Self {
        Self(Arc::new(SourceKind::Http(Box::new(inbox))))
    }
}

impl PasscodeSource {
    /// The source's name in the configuration.
    pub fn name(&self) -> &'static str {
        match &*self.0 {
            SourceKind::Totp(_) => "totp",
            SourceKind::Command(_) => "command",
            SourceKind::Prompt(_) => "prompt",
            SourceKind::Imap(_) => "imap",
            SourceKind::Http(_) => "http",
        }
    }

    /// Where the codes come from, without any secret.
    pub fn place(&self) -> String {
        match &*self.0 {
            SourceKind::Totp(_) => "the secret of an authenticator".to_owned(),
            SourceKind::Command(command) => command.place(),
            SourceKind::Prompt(_) => "whoever sits at the terminal".to_owned(),
            SourceKind::Imap(imap) => imap.place(),
            SourceKind::Http(inbox) => inbox.place(),
        }
    }

    /// Gets a code. `since` is when it was asked for: what was sent before is passed over, and so is what is `used`.
    ///
    /// It needs a runtime with I/O and time, of any flavour, and never waits longer than the source's deadline.
    ///
    /// # Errors
    /// When no code can be had, with where it was looked for, how long, and what to try.
    pub async fn code(
        &self,
        kind: CodeKind,
        recipient: &Recipient,
        since: DateTime<Utc>,
        used: &UsedCodes,
    ) -> Result<SecretString, PasscodeError> {
        let search = Search { kind, recipient, since, used };
        match &*self.0 {
            SourceKind::Totp(totp) => totp.code(&search).await,
            SourceKind::Command(command) => command.code(&search).await,
            SourceKind::Prompt(prompt) => prompt.code(&search).await,
            SourceKind::Imap(imap) => imap.code(&search).await,
            SourceKind::Http(inbox) => inbox.code(&search).await,
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
struct Search<'a> {
    kind: CodeKind,
    recipient: &'a Recipient,
    since: DateTime<Utc>,
    used: &'a UsedCodes,
}

impl Search<'_> {
    fn failed(&self, place: impl Into<String>, problem: impl Into<String>, advice: impl Into<String>) -> PasscodeError {
        PasscodeError {
            sought: format!("{} for {}", self.kind, self.recipient),
            place: place.into(),
            problem: problem.into(),
            waited: None,
            advice: advice.into(),
        }
    }
}

/// Why there is no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasscodeError {
    sought: String,
    place: String,
    problem: String,
    waited: Option<Duration>,
    advice: String,
}

impl PasscodeError {
    /// Adds how long was waited.
    fn after(self, waited: Duration) -> Self {
        Self { waited: Some(waited), ..self }
    }

    /// What to try next.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl std::error::Error for PasscodeError {}

impl fmt::Display for PasscodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sought, place, problem, waited, advice } = self;
        write!(f, "no {sought} from {place}: {problem}")?;
        if let Some(waited) = waited {
            write!(f, ", after {:.1} s", waited.as_secs_f64())?;
        }
        write!(f, "; {advice}")
    }
}
