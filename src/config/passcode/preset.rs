//! Inboxes that are widely used, so that nobody has to look up their APIs: `preset` of the source `http`, and of a mailbox.
//!
//! A preset gives the keys that a table leaves out. Sources: the API pages of Mailpit, Mailosaur and MailSlurp.

use strum::{EnumString, VariantNames};

/// A widely used inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Preset {
    Mailpit,
    Mailosaur,
    Mailslurp,
}

/// What a preset gives. `{server}` stands for what the table says of the server.
pub(super) struct Defaults {
    pub(super) url: &'static str,
    pub(super) messages: Option<&'static str>,
    pub(super) to: Option<&'static str>,
    pub(super) received: &'static str,
    pub(super) id: &'static str,
    pub(super) message: Option<&'static str>,
    pub(super) text: &'static str,
}

/// How a preset shows the key of an account.
pub(super) enum Key {
    /// As the name of a user whose password is empty, after this.
    Basic(&'static str),
    /// In a field of its own.
    Field(&'static str),
}

impl Preset {
    pub(super) fn defaults(self) -> Defaults {
        match self {
            Self::Mailpit => Defaults {
                url: "{server}/api/v1/search?query=to%3A%22{email}%22",
                messages: Some("/messages"),
                to: None,
                received: "/Created",
                id: "/ID",
                message: Some("{server}/api/v1/message/{message}"),
                text: "/Text",
            },
            Self::Mailosaur => Defaults {
                url: "https://mailosaur.com/api/messages?server={server}&receivedAfter={since}",
                messages: Some("/items"),
                to: Some("/to/0/email"),
                received: "/received",
                id: "/id",
                message: Some("https://mailosaur.com/api/messages/{message}"),
                text: "/text/body",
            },
            Self::Mailslurp => Defaults {
                url: "https://api.mailslurp.com/waitForLatestEmail?inboxId={server}&timeout=2000&since={since}",
                messages: None,
                to: Some("/to/0"),
                received: "/createdAt",
                id: "/id",
                message: None,
                text: "/body",
            },
        }
    }

    /// How the key of an account is shown; one's own server has none.
    pub(super) fn key(self) -> Option<Key> {
        match self {
            Self::Mailpit => None,
            Self::Mailosaur => Some(Key::Basic("api")),
            Self::Mailslurp => Some(Key::Field("x-api-key")),
        }
    }

    /// What codes look like that are no digits: eight letters and digits after the word.
    pub(super) const CODES: &'static str = r"(?i)\bcode\b(?:\s+is)?[^A-Za-z0-9]{1,20}([A-Za-z0-9]{8})\b";
}
