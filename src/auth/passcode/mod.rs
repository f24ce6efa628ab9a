//! Codes that a real user would type in, and where they come from.
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
mod search;
mod totp;
mod used;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use self::search::Search;

pub(in crate::auth) use command::person;
pub use command::{Command, CommandError};
pub use http::Inbox;
pub use imap::Imap;
pub use pattern::{OTP, Pattern, PatternError, Patterns};
pub use poll::Pace;
pub use prompt::Prompt;
pub use search::{CodeKind, PasscodeError, Recipient};
pub use totp::{Algorithm, KeyError, Totp};
pub use used::UsedCodes;

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
