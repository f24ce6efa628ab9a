//! What the tenant would have sent by e-mail, text message or voice call, kept for the control channel.
//!
//! Keeps the newest few hundred messages of an environment and sends nothing anywhere.

use std::collections::VecDeque;

use serde::Deserialize;
use uuid::Uuid;

/// Messages kept per environment.
const CAPACITY: usize = 256;

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MessageKind {
    /// A one-time passcode.
    Otp,
    /// The code that verifies a registered address.
    VerificationCode,
    /// The code that recovers a forgotten password.
    RecoveryCode,
}

/// A message that was sent.
struct Message {
    user: Uuid,
    to: String,
    kind: MessageKind,
    code: String,
}

/// The messages of one environment, oldest first.
#[derive(Default)]
pub(super) struct Mailbox(VecDeque<Message>);

impl Mailbox {
    pub(super) fn deliver(&mut self, user: Uuid, to: &str, kind: MessageKind, code: &str) {
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(Message { user, to: to.to_owned(), kind, code: code.to_owned() });
    }

    /// Returns the newest code that went to a user, or to an address or number.
    pub(super) fn newest(&self, user: Option<Uuid>, to: &str, kind: MessageKind) -> Option<String> {
        let mut newest_first = self.0.iter().rev().filter(|message| message.kind == kind);
        newest_first.find(|message| Some(message.user) == user || message.to == to).map(|message| message.code.clone())
    }
}
