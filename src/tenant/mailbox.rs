//! What the tenant would have sent by e-mail, text message or voice call, kept for the control channel.
//!
//! Keeps the newest few hundred messages of an environment and sends nothing anywhere.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

/// Messages kept per environment.
const CAPACITY: usize = 1024;

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
pub(super) struct Message {
    /// Its place among all that were sent.
    pub(super) number: u64,
    user: Uuid,
    pub(super) to: String,
    kind: MessageKind,
    code: String,
    pub(super) sent_at: DateTime<Utc>,
}

impl Message {
    /// What it says.
    pub(super) fn text(&self) -> String {
        let what = match self.kind {
            MessageKind::Otp => "one-time passcode",
            MessageKind::VerificationCode => "verification code",
            MessageKind::RecoveryCode => "recovery code",
        };
        format!("Your {what}: {}", self.code)
    }
}

/// The messages of one environment, oldest first.
#[derive(Default)]
pub(super) struct Mailbox {
    messages: VecDeque<Message>,
    sent: u64,
}

impl Mailbox {
    pub(super) fn deliver(&mut self, user: Uuid, to: &str, kind: MessageKind, code: &str, sent_at: DateTime<Utc>) {
        if self.messages.len() == CAPACITY {
            self.messages.pop_front();
        }
        self.sent += 1;
        let (to, code) = (to.to_owned(), code.to_owned());
        self.messages.push_back(Message { number: self.sent, user, to, kind, code, sent_at });
    }

    /// Throws away what a user was sent.
    pub(super) fn forget(&mut self, user: Uuid) {
        self.messages.retain(|message| message.user != user);
    }

    /// Returns the messages to an address or number, the newest first.
    pub(super) fn to<'m>(&'m self, to: &'m str) -> impl Iterator<Item = &'m Message> {
        self.messages.iter().rev().filter(move |message| message.to == to)
    }

    /// Returns one message.
    pub(super) fn message(&self, number: u64) -> Option<&Message> {
        self.messages.iter().find(|message| message.number == number)
    }

    /// Returns the newest code that went to a user, or to an address or number.
    pub(super) fn newest(&self, user: Option<Uuid>, to: &str, kind: MessageKind) -> Option<String> {
        let mut newest_first = self.messages.iter().rev().filter(|message| message.kind == kind);
        newest_first.find(|message| Some(message.user) == user || message.to == to).map(|message| message.code.clone())
    }
}
