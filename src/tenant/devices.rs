//! MFA devices: what kinds there are, what a device can do, and when it is locked.
//!
//! Sends nothing; passcodes are issued by a challenge.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use strum::IntoStaticStr;
use totp_rs::{Builder, Secret};
use uuid::Uuid;

use super::passkeys::Passkey;

/// Windows before and after the present one in which a generated passcode still counts.
const GRACE_WINDOWS: u64 = 5;
const WINDOW_SECONDS: u64 = 30;

/// A type of device, or of one-time contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub(super) enum Kind {
    Email,
    Sms,
    Voice,
    Whatsapp,
    Totp,
    Mobile,
    Fido2,
}

/// How a device proves itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    SentPasscode,
    GeneratedPasscode,
    Push,
    Assertion,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        self.into()
    }

    /// The word for it in `authenticators` of a completed resource.
    pub(super) fn authenticator(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Sms => "sms",
            Kind::Voice => "voice",
            Kind::Whatsapp => "whatsapp",
            Kind::Totp => "otp",
            // Somebody was there and did something: the word the published samples have for it.
            Kind::Mobile | Kind::Fido2 => "user",
        }
    }

    /// How long too many wrong passcodes lock it.
    pub(super) fn cool_down(self) -> TimeDelta {
        match self {
            Kind::Totp | Kind::Mobile => TimeDelta::minutes(2),
            _ => TimeDelta::zero(),
        }
    }
}

/// A paired device of a user.
#[derive(Clone)]
pub(super) struct Device {
    pub(super) id: Uuid,
    pub(super) kind: Kind,
    pub(super) contact: Cow<'static, str>,
    pub(super) push_enabled: bool,
    pub(super) locked_until: Option<DateTime<Utc>>,
    pub(super) key: [u8; 20],
    /// Whether it has proved itself once.
    pub(super) active: bool,
    pub(super) blocked_at: Option<DateTime<Utc>>,
    /// The passcode that proves it.
    pub(super) activation: Option<String>,
    /// Whether its making shows that passcode.
    pub(super) test_mode: bool,
    pub(super) nickname: Option<String>,
    /// The site of a passkey.
    pub(super) relying_party: Option<String>,
    /// What is known of the passkey, once it is registered.
    pub(super) passkey: Option<Passkey>,
    /// What a new passkey has to answer, in base64url.
    pub(super) registration_challenge: String,
    pub(super) created_at: DateTime<Utc>,
    used_window: u64,
    /// The newest window whose passcode somebody took, to use it once.
    taken_window: u64,
}

impl Device {
    pub(super) fn new(id: Uuid, kind: Kind, contact: Cow<'static, str>, key: [u8; 20]) -> Self {
        Self {
            id,
            kind,
            contact,
            push_enabled: kind == Kind::Mobile,
            locked_until: None,
            key,
            active: true,
            blocked_at: None,
            activation: None,
            test_mode: false,
            nickname: None,
            relying_party: None,
            passkey: None,
            registration_challenge: String::new(),
            created_at: DateTime::UNIX_EPOCH,
            used_window: 0,
            taken_window: 0,
        }
    }

    pub(super) fn method(&self) -> Method {
        match self.kind {
            Kind::Fido2 => Method::Assertion,
            Kind::Totp => Method::GeneratedPasscode,
            Kind::Mobile if self.push_enabled => Method::Push,
            Kind::Mobile => Method::GeneratedPasscode,
            _ => Method::SentPasscode,
        }
    }

    /// The id under which a FIDO2 device was registered.
    pub(super) fn credential_id(&self) -> String {
        self.passkey.as_ref().map_or_else(|| base32(&self.key), |passkey| passkey.id.clone())
    }

    /// Whether it makes passcodes by itself.
    pub(super) fn generates(&self) -> bool {
        matches!(self.kind, Kind::Totp | Kind::Mobile)
    }

    /// It has proved itself.
    pub(super) fn activate(&mut self) {
        self.active = true;
        self.activation = None;
    }

    pub(super) fn locked(&self, now: DateTime<Utc>) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    pub(super) fn lock(&mut self, now: DateTime<Utc>) {
        let cool_down = self.kind.cool_down();
        if cool_down > TimeDelta::zero() {
            self.locked_until = now.checked_add_signed(cool_down);
        }
    }

    /// Returns the passcode that the device shows, or the next one if that was used up.
    pub(super) fn generated(&self, now: DateTime<Utc>) -> String {
        self.passcode(self.shown_window(now))
    }

    /// Takes the passcode that the device shows, if it is this one: it is not shown again.
    pub(super) fn take(&mut self, passcode: &str, now: DateTime<Utc>) {
        if self.generates() && self.generated(now) == passcode {
            self.taken_window = self.shown_window(now);
        }
    }

    fn shown_window(&self, now: DateTime<Utc>) -> u64 {
        window(now).max(self.used_window + 1).max(self.taken_window + 1)
    }

    /// Takes a generated passcode: true once for each window within grace.
    pub(super) fn redeem(&mut self, passcode: &str, now: DateTime<Utc>) -> bool {
        let first = window(now).saturating_sub(GRACE_WINDOWS).max(self.used_window + 1);
        let Some(used) = (first..=window(now) + GRACE_WINDOWS).find(|window| self.passcode(*window) == passcode) else {
            return false;
        };
        self.used_window = used;
        true
    }

    fn passcode(&self, window: u64) -> String {
        let totp = Builder::new().with_secret(self.key).build_noncompliant();
        totp.generate(window * WINDOW_SECONDS).to_string()
    }
}

fn window(now: DateTime<Utc>) -> u64 {
    now.timestamp().max(0) as u64 / WINDOW_SECONDS
}

/// Writes a key as authenticator apps take it: base32 without padding.
pub(super) fn base32(key: &[u8; 20]) -> String {
    Secret::from(*key).to_base32()
}

/// Hides a contact as PingOne does: two characters and the domain of an address, two digits of a number.
pub(super) fn masked(contact: &str) -> String {
    match contact.split_once('@') {
        Some((name, domain)) => format!("{}****@{domain}", name.chars().take(2).collect::<String>()),
        None => {
            let digits: String = contact.chars().filter(char::is_ascii_digit).collect();
            format!("*******{}", &digits[digits.len().saturating_sub(2)..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> Device {
        Device::new(Uuid::nil(), Kind::Totp, "".into(), *b"12345678901234567890")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn passcodes_are_those_of_rfc_6238() {
        assert_eq!(device().generated(at(59)), "287082");
        assert_eq!(device().generated(at(1_111_111_109)), "081804");
    }

    #[test]
    fn a_passcode_counts_within_the_grace_and_only_once() {
        let mut device = device();
        let passcode = device.generated(at(3000));
        assert!(!device.redeem(&passcode, at(3000 + 6 * 30)));
        assert!(device.redeem(&passcode, at(3000 + 5 * 30)));
        assert!(!device.redeem(&passcode, at(3000)));
        assert_ne!(device.generated(at(3000)), passcode);
    }

    #[test]
    fn keys_are_written_in_base32() {
        assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn contacts_are_masked() {
        assert_eq!(masked("anna@example.com"), "an****@example.com");
        assert_eq!(masked("+1.5125550144"), "*******44");
    }
}
