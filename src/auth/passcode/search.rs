//! Which code is looked for, for whom, and the error when none comes.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use strum::IntoStaticStr;

use super::used::UsedCodes;

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
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
        self.into()
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

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct CodeSearch<'a> {
    pub(super) kind: CodeKind,
    pub(super) recipient: &'a Recipient,
    pub(super) since: DateTime<Utc>,
    pub(super) used: &'a UsedCodes,
}

impl CodeSearch<'_> {
    pub(super) fn failed(
        &self,
        place: impl Into<String>,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) -> PasscodeError {
        PasscodeError {
            what: format!("{} for {}", self.kind, self.recipient),
            place: place.into(),
            problem: problem.into(),
            waited: None,
            advice: advice.into(),
        }
    }
}

/// Why there is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} from {place}: {problem}{}; {advice}", after(*.waited))]
pub struct PasscodeError {
    what: String,
    place: String,
    problem: String,
    waited: Option<Duration>,
    advice: String,
}

fn after(waited: Option<Duration>) -> String {
    waited.map_or_else(String::new, |waited| format!(", after {:.1} s", waited.as_secs_f64()))
}

impl PasscodeError {
    /// Adds how long was waited.
    pub(super) fn after(self, waited: Duration) -> Self {
        Self { waited: Some(waited), ..self }
    }

    /// What to try next.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}
