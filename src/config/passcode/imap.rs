//! Passcodes from a mailbox: the table of the source `imap`.
//!
//! Deliberately not here: reading mail (`auth`).

use std::path::PathBuf;

use super::keys::{ResolveError, ca, patterns, polling, roots};
use crate::auth::passcode::{Imap, Patterns, Polling};
use crate::base::source::Spanned;
use crate::config::secret_source::SecretSource;
use crate::config::table::TomlTable;
use crate::record::redaction::Register;

/// A mailbox that codes are sent to.
#[derive(Debug, Clone)]
pub struct ImapConfig {
    host: String,
    port: u16,
    username: String,
    password: Spanned<SecretSource>,
    mailbox: String,
    to: Option<String>,
    patterns: Patterns,
    polling: Polling,
    ca: Option<PathBuf>,
}

impl ImapConfig {
    /// Reads the table of a mailbox.
    pub(super) fn decode(table: &TomlTable<'_>) -> Option<Self> {
        let host = table.required_text("host");
        let username = table.required_text("username");
        let password = SecretSource::required(table, "password");
        let port = table.count("port", 1.0..=65_535.0).and_then(|port| u16::try_from(port).ok()).unwrap_or(993);
        let mailbox = table.text("mailbox").map_or_else(|| "INBOX".to_owned(), |mailbox| mailbox.value);
        let to = table.text("to").map(|to| to.value);
        let (patterns, polling, ca) = (patterns(table), polling(table), ca(table));
        let (host, username, password) = (host?.value, username?.value, password?);
        Some(Self { host, port, username, password, mailbox, to, patterns, polling, ca })
    }

    /// Reads its secrets and files.
    pub(super) fn resolve(&self, register: &Register) -> Result<Imap, ResolveError> {
        let Self { host, port, username, password, mailbox, to, patterns, polling, ca } = self.clone();
        let (password, roots) = (password.resolve("mailbox-password", register)?.secret, roots(ca)?);
        Ok(Imap { host, port, username, password, mailbox, to, patterns, polling, roots })
    }
}
