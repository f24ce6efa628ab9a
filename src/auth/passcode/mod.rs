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

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use strum::IntoStaticStr;

use self::search::CodeSearch;

pub(in crate::auth) use command::person;
pub use command::{Command, CommandError};
pub use http::Inbox;
pub use imap::Imap;
pub use pattern::{OTP, Pattern, PatternError, Patterns};
pub use poll::Polling;
pub use prompt::Prompt;
pub use search::{CodeKind, PasscodeError, Recipient};
pub use totp::{Algorithm, KeyError, Totp};
pub use used::UsedCodes;

/// Where the codes of a user or of a device come from.
#[derive(Debug, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum PasscodeSource {
    /// The secret of an authenticator.
    Totp(Totp),
    /// A program that prints them.
    Command(Command),
    /// A person at the terminal.
    Prompt(Prompt),
    /// A mailbox.
    Imap(Box<Imap>),
    /// A test inbox with an HTTP API.
    Http(Box<Inbox>),
}

impl PasscodeSource {
    /// The source's name in the configuration.
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// Where the codes come from, without any secret.
    pub fn place(&self) -> String {
        match self {
            Self::Totp(_) => "the secret of an authenticator".to_owned(),
            Self::Command(command) => command.place(),
            Self::Prompt(_) => "the person at the terminal".to_owned(),
            Self::Imap(imap) => imap.place(),
            Self::Http(inbox) => inbox.place(),
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
        let search = CodeSearch { kind, recipient, since, used };
        match self {
            Self::Totp(totp) => totp.code(&search).await,
            Self::Command(command) => command.code(&search).await,
            Self::Prompt(prompt) => prompt.code(&search).await,
            Self::Imap(imap) => imap.code(&search).await,
            Self::Http(inbox) => inbox.code(&search).await,
        }
    }
}
