//! What the tenant would have sent by e-mail, text message or voice call, kept for the control channel.
//!
//! Keeps the newest few hundred messages of an environment and sends nothing anywhere.

use std::collections::VecDeque;

use strum::EnumString;
use uuid::Uuid;

/// Messages kept per environment.
const CAPACITY: usize = 256;

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "camelCase", parse_err_ty = UnknownMessageKind, parse_err_fn = UnknownMessageKind::of)]
pub enum MessageKind {
    /// A one-time passcode.
    Otp,
    /// The code that verifies a registered address.
    VerificationCode,
    /// The code that recovers a forgotten password.
    RecoveryCode,
}

/// Says that no message is of this kind.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a kind of message: otp, verificationCode, recoveryCode")]
pub struct UnknownMessageKind(String);

impl UnknownMessageKind {
    fn of(name: &str) -> Self {
        Self(name.to_owned())
    }
}

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
