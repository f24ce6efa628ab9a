//! What one scenario has of a real tenant: its facts, a lease of users, their codes and pushes, and the worker's token.
//!
//! Its users are released when it is dropped. Deliberately not here: which users it gets ([`super::candidates`]).

use std::collections::{BTreeMap, HashMap};
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
    pub(super) codes: Codes,
    pub(super) pushes: Option<Command>,
}

/// Where the codes of a user come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Codes {
    pub(super) usual: Option<Arc<PasscodeSource>>,
    /// Those of single devices, by their ids.
    pub(super) of_devices: BTreeMap<String, Arc<PasscodeSource>>,
}

impl Codes {
    /// The source of a kind of code, for the device that is being asked.
    fn of(&self, kind: CodeKind, device: Option<&str>) -> Option<&Arc<PasscodeSource>> {
        if kind != CodeKind::Otp {
            return self.usual.as_ref();
        }
        // Before a device is asked, it can only be one that shows passcodes by itself.
        let unasked = || self.of_devices.values().next().filter(|_| device.is_none());
        device.and_then(|device| self.of_devices.get(device)).or_else(unasked).or(self.usual.as_ref())
    }
}

/// What one scenario has of a real tenant.
#[derive(Debug)]
pub(crate) struct TenantSession {
    pub(super) facts: Arc<Map<String, Value>>,
    pub(super) token: WorkerToken,
    pub(super) users: Vec<LeasedUser>,
    /// Where codes of people arrive who are no users: by address, and by number.
    pub(super) mailbox: Option<[Arc<PasscodeSource>; 2]>,
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
    /// The device that the last resource has selected.
    device: Mutex<Option<String>>,
    codes: Mutex<HashMap<CodeKey, SecretString>>,
}

/// Whose code it is, what for, and since when it was asked for.
type CodeKey = (String, CodeKind, DateTime<Utc>);

impl Received {
    pub(super) fn new() -> Self {
        Self { since: Mutex::new(Utc::now()), device: Mutex::default(), codes: Mutex::default() }
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

    /// What the target has answered: which device it asks, if it says so.
    pub(crate) fn answered(&self, body: &Value) {
        if let Some(selected) = body.get("selectedDevice") {
            *self.received.device.locked() = selected.get("id").and_then(Value::as_str).map(str::to_owned);
        }
    }

    /// The code that was sent to one of the users, or to somebody whose messages arrive in the target's mailbox.
    ///
    /// # Errors
    /// With the reason why there is none.
    pub(crate) async fn code(&self, recipient: &str, kind: CodeKind) -> Result<SecretString, CodeError> {
        let device = self.received.device.locked().clone();
        let mut users = self.users.iter().filter(|known| known.is_called(recipient));
        let found =
            users.find_map(|user| Some((Arc::clone(user.codes.of(kind, device.as_deref())?), user.recipient.clone())));
        let found = found.or_else(|| self.stranger(recipient));
        let (source, user) = found.ok_or_else(|| CodeError::NoSource(recipient.to_owned()))?;
        let since = *self.received.since();
        let key = (name(&user), kind, since);
        // A message is given out once; until another one was asked for, it is still the newest.
        if let Some(code) = self.received.codes().get(&key) {
            return Ok(code.clone());
        }
        let code = source.code(kind, &user, since, &self.used_codes).await?;
        self.received.codes().insert(key, code.clone());
        Ok(code)
    }

    /// Somebody who is no user of the target, by an address or a number.
    fn stranger(&self, name: &str) -> Option<(Arc<PasscodeSource>, Recipient)> {
        let [by_address, by_number] = self.mailbox.as_ref()?;
        let (source, name) = (if name.contains('@') { by_address } else { by_number }, Some(name.to_owned()));
        let recipient = if Arc::ptr_eq(source, by_address) {
            Recipient { email: name, ..Recipient::default() }
        } else {
            Recipient { phone: name, ..Recipient::default() }
        };
        Some((Arc::clone(source), recipient))
    }
}

/// The id, or the best there is in its place.
fn name(recipient: &Recipient) -> String {
    let Recipient { id, username, email, phone } = recipient;
    [id, username, email, phone].into_iter().flatten().next().cloned().unwrap_or_default()
}

impl LeasedUser {
    fn name(&self) -> String {
        name(&self.recipient)
    }

    fn is_called(&self, name: &str) -> bool {
        let Recipient { id, username, email, phone } = &self.recipient;
        [id, username, email, phone].into_iter().flatten().any(|known| known == name)
    }
}
