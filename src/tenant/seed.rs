//! What every environment begins with: policies, applications, users and their devices.
//!
//! Only tables and how to copy them; `facts` tells the outside what they hold.

use std::sync::{Arc, LazyLock};

use super::{
    applications::{
        Application, ApplicationSettings, DeviceSelection, Policy, PolicySettings,
        Registration::{self, Closed, Unverified, Verified},
        Start,
    },
    challenge::RELYING_PARTY,
    devices::{Device, Kind},
    passkeys::Passkey,
    random::{Ids, Random},
    users::{Standing, User},
};
use chrono::{DateTime, TimeDelta, Utc};

/// The password of every seeded user that has one.
pub(super) const PASSWORD: &str = "Correct-Horse-7";
/// How long what is locked from the start stays so.
const LOCKED_FOR: TimeDelta = TimeDelta::hours(24);
const REDIRECT_URI: &str = "https://app.example.com/callback";

/// The MFA policies; the first is the environment's default.
static POLICIES: LazyLock<[Arc<PolicySettings>; 4]> = LazyLock::new(|| {
    [
        policy("default", DeviceSelection::DefaultToFirst, 30),
        policy("promptToSelect", DeviceSelection::PromptToSelect, 30),
        policy("alwaysDisplay", DeviceSelection::AlwaysDisplayDevices, 30),
        policy("shortPasscode", DeviceSelection::DefaultToFirst, 1),
    ]
    .map(Arc::new)
});

fn policy(fact: &'static str, selection: DeviceSelection, minutes: i64) -> PolicySettings {
    PolicySettings { fact: fact.into(), selection, passcode_lifetime: TimeDelta::minutes(minutes) }
}

/// The applications.
static APPLICATIONS: LazyLock<[Arc<ApplicationSettings>; 18]> = LazyLock::new(|| {
    [
        ApplicationSettings { path_id: Some("go".into()), redirect_uri: None, ..app("device", "Living Room Screen") },
        app("signOn", "Bookshop"),
        ApplicationSettings {
            start: Start::Identifier,
            registration: Verified,
            ..app("identifierFirst", "Post Office")
        },
        registering("registration", "Allotment Register", Verified),
        registering("openRegistration", "Notice Board", Unverified),
        ApplicationSettings { mfa: Some("default".into()), ..app("mfa", "Savings Bank") },
        ApplicationSettings { mfa: Some("promptToSelect".into()), ..app("mfaPrompt", "Trading Desk") },
        ApplicationSettings { mfa: Some("alwaysDisplay".into()), ..app("mfaAlways", "Vault") },
        ApplicationSettings {
            start: Start::Passwordless,
            mfa: Some("default".into()),
            ..app("passwordless", "Turnstile")
        },
        ApplicationSettings { agreement: true, ..app("agreement", "Library") },
        ApplicationSettings { profile: true, ..app("profile", "Rowing Club") },
        ApplicationSettings { start: Start::AccountLinking, ..app("accountLinking", "Ticket Office") },
        ApplicationSettings { start: Start::AccountConfirmation, ..app("accountConfirmation", "Pharmacy") },
        ApplicationSettings { start: Start::ExternalIdentity, ..app("external", "Partner Portal") },
        ApplicationSettings { start: Start::Invitation, ..app("invitation", "Administration") },
        every_step("everyStep", "Observatory", Start::UsernamePassword),
        every_step("identifierEveryStep", "Customs House", Start::Identifier),
        ApplicationSettings {
            mfa: Some("promptToSelect".into()),
            path_id: Some("vault".into()),
            redirect_uri: None,
            ..app("deviceMfa", "Vault Door")
        },
    ]
    .map(Arc::new)
});

pub(super) fn app(fact: &'static str, name: &'static str) -> ApplicationSettings {
    ApplicationSettings {
        fact: fact.into(),
        name: name.into(),
        start: Start::UsernamePassword,
        registration: Closed,
        population: None,
        mfa: None,
        agreement: false,
        profile: false,
        path_id: None,
        redirect_uri: Some(REDIRECT_URI.into()),
        device_timeout: TimeDelta::seconds(600),
        device_interval: TimeDelta::seconds(5),
    }
}

/// MFA, then the profile, then the agreement; people may register.
fn every_step(fact: &'static str, name: &'static str, start: Start) -> ApplicationSettings {
    ApplicationSettings {
        start,
        registration: Unverified,
        mfa: Some("promptToSelect".into()),
        profile: true,
        agreement: true,
        ..app(fact, name)
    }
}

fn registering(fact: &'static str, name: &'static str, registration: Registration) -> ApplicationSettings {
    ApplicationSettings { registration, ..app(fact, name) }
}

/// What is fixed about a seeded user.
pub(super) struct Person {
    /// The name in the facts: `user` or one under `users`.
    pub(super) fact: &'static str,
    pub(super) username: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    pub(super) standing: Standing,
    devices: &'static [Kind],
    particular: Particular,
}

/// What no other user has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Particular {
    Nothing,
    PushDisabled,
    DeviceLocked,
    PasswordLocked,
    NoPassword,
    RememberedBrowser,
    KerberosTicket,
    InviteCode,
}

/// The users.
pub(super) static PEOPLE: [Person; 21] = [
    holder("user", "anna", "anna@example.com", "+1.5125550101", &[Kind::Email]),
    holder("sms", "bruno", "bruno@example.com", "+1.5125550102", &[Kind::Sms]),
    holder("voice", "clara", "clara@example.com", "+1.5125550103", &[Kind::Voice]),
    holder("whatsapp", "david", "david@example.com", "+1.5125550104", &[Kind::Whatsapp]),
    holder("totp", "emma", "emma@example.com", "+1.5125550105", &[Kind::Totp]),
    holder("mobile", "frank", "frank@example.com", "+1.5125550106", &[Kind::Mobile]),
    Person {
        particular: Particular::PushDisabled,
        ..holder("mobileWithoutPush", "greta", "greta@example.com", "+1.5125550107", &[Kind::Mobile])
    },
    holder("fido2", "hugo", "hugo@example.com", "+1.5125550108", &[Kind::Fido2]),
    holder(
        "several",
        "irene",
        "irene@example.com",
        "+1.5125550109",
        &[Kind::Email, Kind::Sms, Kind::Totp, Kind::Mobile, Kind::Fido2],
    ),
    person("deviceless", "jonas", "jonas@example.com"),
    Person {
        particular: Particular::DeviceLocked,
        ..holder("lockedDevice", "karla", "karla@example.com", "+1.5125550111", &[Kind::Totp])
    },
    standing("mustChangePassword", "lukas", "lukas@example.com", Standing::MustChangePassword),
    standing("expiredPassword", "maria", "maria@example.com", Standing::PasswordExpired),
    Person { particular: Particular::PasswordLocked, ..person("locked", "nils", "nils@example.com") },
    standing("disabled", "olga", "olga@example.com", Standing::Disabled),
    standing("unverified", "paul", "paul@example.com", Standing::Unverified),
    Person {
        particular: Particular::RememberedBrowser,
        ..holder("remembered", "quinn", "quinn@example.com", "+1.5125550117", &[Kind::Email])
    },
    Person {
        particular: Particular::KerberosTicket,
        ..holder("kerberos", "rosa", "rosa@example.com", "+1.5125550118", &[Kind::Email])
    },
    standing("external", "simon", "simon@partner.example", Standing::External),
    Person { particular: Particular::NoPassword, ..person("passwordless", "tilda", "tilda@example.com") },
    Person {
        particular: Particular::InviteCode,
        ..standing("invited", "ursula", "ursula@example.com", Standing::Invited)
    },
];

const fn person(fact: &'static str, username: &'static str, email: &'static str) -> Person {
    let (standing, particular) = (Standing::Usual, Particular::Nothing);
    Person { fact, username, email, phone: "", standing, devices: &[], particular }
}

const fn holder(
    fact: &'static str,
    username: &'static str,
    email: &'static str,
    phone: &'static str,
    devices: &'static [Kind],
) -> Person {
    Person { phone, devices, ..person(fact, username, email) }
}

const fn standing(fact: &'static str, username: &'static str, email: &'static str, standing: Standing) -> Person {
    Person { standing, ..person(fact, username, email) }
}

pub(super) fn policies(ids: &mut Ids) -> Vec<Policy> {
    POLICIES.iter().map(|settings| Policy { id: ids.next(), settings: Arc::clone(settings) }).collect()
}

pub(super) fn applications(ids: &mut Ids, random: &mut Random) -> Vec<Application> {
    let settings = APPLICATIONS.iter().map(Arc::clone);
    settings.map(|settings| Application { id: ids.next(), secret: random.token(), settings }).collect()
}

pub(super) fn users(ids: &mut Ids, random: &mut Random, now: DateTime<Utc>) -> Vec<User> {
    PEOPLE.iter().map(|person| person.new_user(ids, random, now)).collect()
}

impl Person {
    pub(super) fn new_user(&self, ids: &mut Ids, random: &mut Random, now: DateTime<Utc>) -> User {
        let locked_until = now.checked_add_signed(LOCKED_FOR);
        let mut user = User::new(ids.next(), self.username.into(), self.email.into());
        user.phone = (!self.phone.is_empty()).then_some(self.phone.into());
        user.password = self.password().map(Into::into);
        user.standing = self.standing;
        user.devices = self.devices.iter().map(|kind| self.device(*kind, ids, random)).collect();
        user.locked_until = locked_until.filter(|_| self.particular == Particular::PasswordLocked);
        if self.particular == Particular::DeviceLocked {
            user.devices.iter_mut().for_each(|device| device.locked_until = locked_until);
        }
        user.remembered = (self.particular == Particular::RememberedBrowser).then(|| (ids.next(), ids.next()));
        user.ticket = match self.particular {
            Particular::KerberosTicket => Some(random.token()),
            Particular::InviteCode => Some(random.code(8)),
            _ => None,
        };
        user
    }

    pub(super) fn password(&self) -> Option<&'static str> {
        let without = self.particular == Particular::NoPassword
            || matches!(self.standing, Standing::External | Standing::Invited);
        (!without).then_some(PASSWORD)
    }

    fn device(&self, kind: Kind, ids: &mut Ids, random: &mut Random) -> Device {
        let contact = match kind {
            Kind::Email => self.email,
            Kind::Sms | Kind::Voice | Kind::Whatsapp => self.phone,
            _ => "",
        };
        let mut device = Device::new(ids.next(), kind, contact.into(), random.key());
        device.push_enabled &= self.particular != Particular::PushDisabled;
        if kind == Kind::Fido2 {
            device.passkey = Some(Passkey::seeded(device.credential_id(), RELYING_PARTY));
        }
        device
    }
}
