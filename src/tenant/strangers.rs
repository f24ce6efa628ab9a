//! Who else there is beside a persona, and what they could try: to be refused, unless a fault lets them in.
//!
//! Deliberately not here: refusing them, which is for whoever is asked.

use serde_json::{Value, json};
use uuid::Uuid;

/// What others have that a persona's resources are none of their business.
pub(super) struct Strangers {
    /// A session of another browser.
    pub(super) session: Uuid,
    /// A token that an application got for a user.
    pub(super) user_token: String,
    /// A worker's token, which has expired.
    pub(super) expired_token: String,
    /// Another environment, and the token of its worker.
    pub(super) environment: Uuid,
    pub(super) worker_token: String,
    /// A passcode that somebody else was sent.
    pub(super) passcode: String,
    /// A passcode that the persona was sent earlier, and has used.
    pub(super) used_passcode: String,
}

impl Strangers {
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
