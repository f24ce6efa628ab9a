//! One place where all messages to people of a target arrive: `[targets.NAME.mailbox]`.
//!
//! With it `flowproof provision` gives its users addresses there, and codes of people who register are found as well.
//!
//! Deliberately not here: what an inbox behind an HTTP API is asked (`passcode`).

use crate::config::passcode::{self, HttpConfig};
use crate::config::table::TomlTable;

/// One place where all messages to people of a target arrive.
#[derive(Debug, Clone)]
pub struct MailboxConfig {
    /// The domain of the addresses whose messages arrive there.
    pub domain: String,
    /// Whether text messages and calls arrive there, too.
    pub phones: bool,
    inbox: HttpConfig,
}

impl MailboxConfig {
    /// How it is asked for messages to an address, or to a number.
    pub(crate) fn inbox(&self, phone: bool) -> HttpConfig {
        if phone { self.inbox.by_phone() } else { self.inbox.clone() }
    }
}

pub(super) fn mailbox(table: TomlTable<'_>) -> Option<MailboxConfig> {
    let domain = table.required_text("domain");
    let phones = table.flag("phones").is_some_and(|flag| flag.value);
    let inbox = passcode::inbox(&table);
    table.end();
    Some(MailboxConfig { domain: domain?.value, phones, inbox: inbox? })
}
