//! Who else there is beside a persona, and what they could try: to be refused, unless a fault lets them in.
//!
//! Deliberately not here: refusing them, which is for whoever is asked.

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::environment::Environment;
use super::oauth::Token;

/// What others have that a persona's resources are none of their business.
pub(super) struct Strangers {
    /// A session of another browser.
    session: Uuid,
    /// A token that an application got for a user.
    user_token: String,
    /// A worker's token, which has expired.
    expired_token: String,
    /// Another environment, and the token of its worker.
    pub(super) environment: Uuid,
    pub(super) worker_token: String,
    /// A passcode that somebody else was sent.
    pub(super) passcode: String,
    /// A passcode that is good no more.
    pub(super) used_passcode: String,
}

impl Strangers {
    /// The strangers of an environment, to which another one is as good as any.
    pub(super) fn of(env: &mut Environment, (environment, worker_token): (Uuid, String)) -> Self {
        let (now, expired_token) = (env.now(), env.random.token());
        let expired = Token { user: None, valid_until: now - TimeDelta::seconds(1) };
        env.tokens.insert(expired_token.clone(), expired);
        let user = env.users.first().map(|user| user.id);
        Self {
            session: env.session(None),
            user_token: env.issue_token(user),
            expired_token,
            environment,
            worker_token,
            passcode: env.random.passcode(),
            used_passcode: env.random.passcode(),
        }
    }

    /// The facts about them.
    pub(super) fn facts(&self) -> Value {
        json!({
            "session": self.session,
            "userToken": self.user_token,
            "expiredToken": self.expired_token,
            "environment": self.environment,
            "workerToken": self.worker_token,
            "passcode": self.passcode,
            "usedPasscode": self.used_passcode,
        })
    }
}
