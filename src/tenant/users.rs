//! Users: who they are, what they own, and whether their password lets them in.
//!
//! Knows nothing of flows; what a password leads to is theirs to say.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    devices::Device,
    errors::{Detail, Problem},
};

/// Wrong passwords until a user is locked.
const FAILURES: u8 = 5;
/// How long that lasts.
const LOCKOUT: TimeDelta = TimeDelta::minutes(15);

/// What, besides the password, is particular about a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Usual,
    Disabled,
    Unverified,
    MustChangePassword,
    PasswordExpired,
    /// Signs on elsewhere, at an identity provider.
    External,
    /// Was invited to be an administrator and has not accepted yet.
    Invited,
}

/// A user of one environment.
pub(super) struct User {
    pub(super) id: Uuid,
    pub(super) username: Cow<'static, str>,
    pub(super) email: Cow<'static, str>,
    pub(super) phone: Option<Cow<'static, str>>,
    pub(super) password: Option<Cow<'static, str>>,
    pub(super) standing: Standing,
    pub(super) devices: Vec<Device>,
    pub(super) locked_until: Option<DateTime<Utc>>,
    failures: u8,
    /// The device that was last asked for a passcode, if it generates them itself.
    pub(super) generating: Option<Uuid>,
    /// What the browser holds that was remembered: payload and cookie.
    pub(super) remembered: Option<(Uuid, Uuid)>,
    /// Kerberos ticket or invitation code.
    pub(super) ticket: Option<String>,
    /// Whether the profile is complete.
    pub(super) has_profile: bool,
    /// Whether the agreement is accepted.
    pub(super) has_agreed: bool,
    /// Whether the identity at the provider is known to be this user's.
    pub(super) is_linked: bool,
    /// The population it belongs to; none where nobody manages users.
    pub(super) population: Uuid,
    /// Whether MFA is on: without it the devices are as good as not there.
    pub(super) mfa_enabled: bool,
    /// The provider where it signs on.
    pub(super) provider: Option<Uuid>,
    /// What else was said when it was made.
    pub(super) attributes: Map<String, Value>,
    pub(super) created_at: DateTime<Utc>,
    /// What it was before it was disabled.
    resumes: Standing,
}

impl User {
    pub(super) fn new(id: Uuid, username: Cow<'static, str>, email: Cow<'static, str>) -> Self {
        Self {
            id,
            username,
            email,
            phone: None,
            password: None,
            standing: Standing::Usual,
            devices: Vec::new(),
            locked_until: None,
            failures: 0,
            generating: None,
            remembered: None,
            ticket: None,
            has_profile: false,
            has_agreed: false,
            is_linked: false,
            population: Uuid::nil(),
            mfa_enabled: true,
            provider: None,
            attributes: Map::new(),
            created_at: DateTime::UNIX_EPOCH,
            resumes: Standing::Usual,
        }
    }

    pub(super) fn device(&self, id: Uuid) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == id)
    }

    pub(super) fn device_mut(&mut self, id: Uuid) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.id == id)
    }

    /// Whether this is whom a message went to: by id, username, address or number.
    pub(super) fn answers_to(&self, name: &str) -> bool {
        name == self.username
            || name == self.email
            || self.phone.as_deref() == Some(name)
            || name.parse().is_ok_and(|id: Uuid| id == self.id)
    }

    /// Checks the password, counting failures.
    pub(super) fn authenticate(&mut self, password: &str, now: DateTime<Utc>) -> Result<(), Problem> {
        self.usable(now)?;
        match &self.password {
            None => Err(Detail::new("NO_PASSWORD", "username", "The user has no password.").into()),
            Some(own) if own == password => {
                self.failures = 0;
                Ok(())
            }
            Some(_) => {
                self.count_failure(now);
                Err(wrong_credentials())
            }
        }
    }

    /// Checks the present password of a user who is known already, counting failures and telling how many are left.
    pub(super) fn confirm_password(&mut self, password: &str, now: DateTime<Utc>) -> Result<(), Problem> {
        self.usable(now)?;
        if self.password.as_deref() == Some(password) {
            return Ok(());
        }
        let wrong = Detail::invalid_value("currentPassword", "The password is not the present one.");
        let left = self.count_failure(now);
        Err(wrong.because(json!({ "failuresRemaining": left })).into())
    }

    /// Lets it sign on, or not.
    pub(super) fn enable(&mut self, on: bool) {
        match (on, self.standing) {
            (true, Standing::Disabled) => self.standing = self.resumes,
            (false, standing) if standing != Standing::Disabled => {
                (self.resumes, self.standing) = (standing, Standing::Disabled);
            }
            _ => {}
        }
    }

    /// Locks it as too many wrong passwords do.
    pub(super) fn lock(&mut self, now: DateTime<Utc>) {
        self.locked_until = now.checked_add_signed(LOCKOUT);
    }

    pub(super) fn set_password(&mut self, password: String) {
        self.password = Some(password.into());
        self.failures = 0;
        self.locked_until = None;
        if matches!(self.standing, Standing::MustChangePassword | Standing::PasswordExpired) {
            self.standing = Standing::Usual;
        }
    }

    fn usable(&self, now: DateTime<Utc>) -> Result<(), Problem> {
        let refused = Detail::new("ACCOUNT_NOT_USABLE", "username", "The account cannot be used.");
        match self.locked_until {
            _ if self.standing == Standing::Disabled => Err(refused.into()),
            Some(until) if now < until => {
                let seconds = (until - now).num_seconds();
                Err(refused.because(json!({ "secondsUntilUnlock": seconds })).into())
            }
            _ => Ok(()),
        }
    }

    /// Counts a wrong password; returns how many more there may be before the account locks.
    fn count_failure(&mut self, now: DateTime<Utc>) -> u8 {
        self.failures += 1;
        let left = FAILURES - self.failures;
        if left == 0 {
            self.failures = 0;
            self.lock(now);
        }
        left
    }
}

/// The one answer for an unknown user and for a wrong password.
pub(super) fn wrong_credentials() -> Problem {
    Detail::invalid_value("username", "Invalid username and/or password.").into()
}

/// Tells whether a password is good enough, and if not, in what respects.
pub(super) fn check_strength(target: &'static str, password: &str) -> Result<(), Problem> {
    let has = |class: fn(&char) -> bool| password.chars().any(|c| class(&c));
    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    let unsatisfied: Vec<&str> = [("length", password.chars().count() >= 8), ("minCharacters", mixed)]
        .iter()
        .filter_map(|(name, satisfied)| (!satisfied).then_some(*name))
        .collect();
    if unsatisfied.is_empty() {
        return Ok(());
    }
    Err(weak(target, &unsatisfied))
}

/// The refusal of a password that the policy does not allow.
pub(super) fn weak(target: &'static str, unsatisfied: &[&str]) -> Problem {
    let mut inner = json!({ "unsatisfiedRequirements": unsatisfied });
    for requirement in unsatisfied {
        inner[*requirement] = json!(explanation(requirement));
    }
    Detail::invalid_value(target, "The password does not satisfy the password policy.").because(inner).into()
}

fn explanation(requirement: &str) -> &'static str {
    match requirement {
        "length" => "The password must have at least 8 characters.",
        "history" => "The password must not be the present one.",
        _ => "The password must have a small letter, a capital letter and a digit.",
    }
}
