//! Where a mailbox is, and what is looked for in it.

use rustls::pki_types::CertificateDer;
use secrecy::SecretString;

use crate::auth::passcode::pattern::Patterns;
use crate::auth::passcode::poll::Pace;

/// A mailbox.
#[derive(Debug)]
pub struct Imap {
    /// The server's name, which its certificate must have.
    pub host: String,
    /// The port where TLS begins at once, as a rule 993.
    pub port: u16,
    /// Who signs on.
    pub username: String,
    /// With what.
    pub password: SecretString,
    /// The folder, as a rule `INBOX`.
    pub mailbox: String,
    /// Whose mails to take, where that is not the recipient's own address.
    pub to: Option<String>,
    /// What a code looks like.
    pub patterns: Patterns,
    /// How often to look, and for how long.
    pub pace: Pace,
    /// Root certificates to be trusted beside the machine's own.
    pub roots: Vec<CertificateDer<'static>>,
}

impl Imap {
    /// What a person calls the mailbox.
    pub(in crate::auth::passcode) fn place(&self) -> String {
        format!("the mailbox `{}` of {} at {}:{}", self.mailbox, self.username, self.host, self.port)
    }
}
