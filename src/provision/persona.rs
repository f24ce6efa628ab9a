//! The users that scenarios know by a role: which devices they have, and what is particular about their accounts.
//!
//! Roles that no administrator can make are listed, too, each with the reason.

use super::means::Means;

/// A device that a worker can make; a phone with an application only as far as there is one to be paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    Email,
    Sms,
    Voice,
    Whatsapp,
    Totp,
    Mobile,
    Passkey,
}

impl Device {
    /// The type in the API.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Sms => "SMS",
            Self::Voice => "VOICE",
            Self::Whatsapp => "WHATSAPP",
            Self::Totp => "TOTP",
            Self::Mobile => "MOBILE",
            Self::Passkey => "FIDO2",
        }
    }

    /// Its name below `devices`.
    pub(crate) fn fact(self) -> String {
        self.kind().to_ascii_lowercase()
    }

    /// Whether messages go to a number.
    pub(crate) fn is_phone(self) -> bool {
        matches!(self, Self::Sms | Self::Voice | Self::Whatsapp)
    }
}

/// What is particular about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    Usual,
    NoPassword,
    MustChangePassword,
    Locked,
    Disabled,
    Unverified,
    /// Signs on at a provider.
    External,
    /// Has a device that is blocked.
    DeviceBlocked,
}

/// A user that scenarios know by a role.
#[derive(Debug)]
pub(crate) struct Persona {
    /// The role, as facts call it.
    pub(crate) role: &'static str,
    pub(crate) devices: &'static [Device],
    pub(crate) account: Account,
}

impl Persona {
    /// Whether the user signs on with a password.
    pub(crate) fn has_password(&self) -> bool {
        !matches!(self.account, Account::NoPassword | Account::External)
    }
}

/// The role of the plain `user`.
pub(crate) const PLAIN: &str = "user";

const fn holder(role: &'static str, devices: &'static [Device]) -> Persona {
    Persona { role, devices, account: Account::Usual }
}

const fn account(role: &'static str, account: Account) -> Persona {
    Persona { role, devices: &[], account }
}

static PERSONAS: [Persona; 14] = [
    holder(PLAIN, &[Device::Email]),
    holder("sms", &[Device::Sms]),
    holder("voice", &[Device::Voice]),
    holder("whatsapp", &[Device::Whatsapp]),
    holder("totp", &[Device::Totp]),
    holder("fido2", &[Device::Passkey]),
    holder("several", &[Device::Email, Device::Sms, Device::Totp, Device::Passkey]),
    account("deviceless", Account::Usual),
    account("mustChangePassword", Account::MustChangePassword),
    account("locked", Account::Locked),
    account("disabled", Account::Disabled),
    account("unverified", Account::Unverified),
    account("passwordless", Account::NoPassword),
    account("external", Account::External),
];

static DEVICE_BLOCKED: Persona =
    Persona { role: "lockedDevice", devices: &[Device::Totp], account: Account::DeviceBlocked };
/// Users with a phone, where there is one.
static WITH_APPLICATION: [Persona; 2] = [
    holder("mobile", &[Device::Mobile]),
    holder("several", &[Device::Email, Device::Sms, Device::Totp, Device::Mobile, Device::Passkey]),
];
/// The plain user where no mailbox can be read.
static PLAIN_WITHOUT_MAILBOX: Persona = holder(PLAIN, &[Device::Totp]);

/// Roles that cannot be made, and why.
const OUT_OF_REACH: [(&str, &str); 7] = [
    ("mobile", "pushes need a phone with the application: name a `phone` in the target"),
    ("mobileWithoutPush", "no API switches the pushes of a phone off"),
    ("remembered", "a browser has to be remembered by signing on with it"),
    ("kerberos", "Kerberos tickets need a domain"),
    ("invited", "administrators are invited by people"),
    ("confirmed", "an external provider would have to send the user back"),
    ("expiredPassword", "passwords expire with time; no API makes one that has expired"),
];

/// The user behind a role, or why there can be none.
pub(crate) fn persona(role: &str, means: Means) -> Result<&'static Persona, &'static str> {
    if role == PLAIN && !means.emails {
        return Ok(&PLAIN_WITHOUT_MAILBOX);
    }
    let with_application = WITH_APPLICATION.iter().filter(|_| means.application);
    let mut known = with_application.chain(&PERSONAS).chain([&DEVICE_BLOCKED]);
    let missing = || {
        let reason = OUT_OF_REACH.iter().find(|(known, _)| *known == role).map(|(_, why)| *why);
        reason.unwrap_or("nobody knows what a user of this role has")
    };
    known.find(|persona| persona.role == role).ok_or_else(missing)
}
