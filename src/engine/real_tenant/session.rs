//! What one scenario has of a real tenant: its facts, a lease of users, their codes and pushes, and the worker's token.
//!
//! Its users are released when it is dropped. Deliberately not here: which users it gets ([`super::candidates`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::auth::passcode::{CodeKind, Command, CommandError, PasscodeError, PasscodeSource, Recipient, UsedCodes};
use crate::auth::token::{TokenError, Tokens};
use crate::base::sync::LockAnyway;
use crate::client::Transport;
use crate::engine::leases::Lease;
use crate::scenario::template::Facts;

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodeError {
    /// The target does not say where the recipient's codes arrive.
    #[error("the target does not configure where the codes of `{0}` arrive")]
    NoSource(String),
    /// They did not arrive there.
    #[error(transparent)]
    Source(#[from] PasscodeError),
}

/// Why a push was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    /// The target does not say who answers the user's pushes.
    #[error("the target names no program that answers the pushes of `{0}`")]
    NoSource(String),
    /// The program failed.
    #[error(transparent)]
    Source(#[from] CommandError),
}

/// The worker's token, and how it is asked for.
#[derive(Debug)]
pub(super) struct WorkerToken {
    pub(super) tokens: Option<Arc<Tokens>>,
    pub(super) transport: Transport,
}

/// A user whom the scenario has, with whatever reads the user's codes and answers pushes.
#[derive(Debug)]
pub(super) struct LeasedUser {
    pub(super) recipient: Recipient,
    pub(super) codes: Option<Arc<PasscodeSource>>,
    pub(super) pushes: Option<Command>,
}

/// What one scenario has of a real tenant.
#[derive(Debug)]
pub(crate) struct TenantSession {
    pub(super) facts: Arc<Map<String, Value>>,
    pub(super) token: WorkerToken,
    pub(super) users: Vec<LeasedUser>,
    /// Why its users are not the same afterwards, if they are not.
    pub(super) uses_up: Option<String>,
    pub(super) used_codes: Arc<UsedCodes>,
    pub(super) received: Received,
    /// Held until the end.
    pub(super) _lease: Lease,
}

/// The codes that the scenario has received, and since when they count.
#[derive(Debug)]
pub(super) struct Received {
    since: Mutex<DateTime<Utc>>,
    codes: Mutex<HashMap<CodeKey, SecretString>>,
}

/// Whose code it is, what for, and since when it was asked for.
type CodeKey = (String, CodeKind, DateTime<Utc>);

impl Received {
    pub(super) fn new() -> Self {
        Self { since: Mutex::new(Utc::now()), codes: Mutex::default() }
    }

    fn codes(&self) -> MutexGuard<'_, HashMap<CodeKey, SecretString>> {
        self.codes.locked()
    }

    fn since(&self) -> MutexGuard<'_, DateTime<Utc>> {
        self.since.locked()
    }
}

impl TenantSession {
    /// The facts of this scenario.
    pub(crate) fn facts(&self) -> Arc<dyn Facts> {
        Arc::<Map<String, Value>>::clone(&self.facts)
    }

    /// The users that the scenario uses up, and why.
    pub(crate) fn used_up(&self) -> Vec<(String, String)> {
        let Some(why) = &self.uses_up else { return Vec::new() };
        self.users.iter().map(|user| (user.name(), why.clone())).collect()
    }

    /// Has the push that waits for one of the users answered; `waiting` is the resource that it was sent for.
    ///
    /// # Errors
    /// With the reason why it was not.
    pub(crate) async fn push(&self, user: &str, answer: &'static str, waiting: Option<&str>) -> Result<(), PushError> {
        let mut users = self.users.iter().filter(|known| known.is_called(user));
        let found = users.find_map(|user| Some((user.pushes.as_ref()?, &user.recipient)));
        let (program, recipient) = found.ok_or_else(|| PushError::NoSource(user.to_owned()))?;
        Ok(program.answer_push(recipient, answer, waiting).await?)
    }

    /// The worker's token, as it is good now; `None` where the target names no worker.
    ///
    /// # Errors
    /// When there is none any more.
    pub(crate) async fn token(&self) -> Result<Option<SecretString>, TokenError> {
        match &self.token.tokens {
            Some(tokens) => tokens.current(&self.token.transport).await.map(Some),
            None => Ok(None),
        }
    }

    /// Another token than the one that was refused.
    ///
    /// # Errors
    /// When there is none any more.
    pub(crate) async fn token_instead_of(&self, refused: &str) -> Result<Option<SecretString>, TokenError> {
        match &self.token.tokens {
            Some(tokens) => tokens.instead_of(refused, &self.token.transport).await.map(Some),
            None => Ok(None),
        }
    }

    /// Codes that were sent before are of no interest any more: something that sends one was asked for at this time.
    pub(crate) fn asked_at(&self, time: DateTime<Utc>) {
        *self.received.since() = time;
    }

    /// The code that was sent to one of the users.
    ///
    /// # Errors
    /// With the reason why there is none.
    pub(crate) async fn code(&self, recipient: &str, kind: CodeKind) -> Result<SecretString, CodeError> {
        let mut users = self.users.iter().filter(|known| known.is_called(recipient));
        let found = users.find_map(|user| Some((user.codes.as_ref()?, user)));
        let (source, user) = found.ok_or_else(|| CodeError::NoSource(recipient.to_owned()))?;
        let since = *self.received.since();
        let key = (user.name(), kind, since);
        // A message is given out once; until another one was asked for, it is still the newest.
        if let Some(code) = self.received.codes().get(&key) {
            return Ok(code.clone());
        }
        let code = source.code(kind, &user.recipient, since, &self.used_codes).await?;
        self.received.codes().insert(key, code.clone());
        Ok(code)
    }
}

impl LeasedUser {
    fn name(&self) -> String {
        let Recipient { id, username, .. } = &self.recipient;
        id.as_ref().or(username.as_ref()).cloned().unwrap_or_default()
    }

    fn is_called(&self, name: &str) -> bool {
        let Recipient { id, username, email, phone } = &self.recipient;
        [id, username, email, phone].into_iter().flatten().any(|known| known == name)
    }
}
