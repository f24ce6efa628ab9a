//! Applications and MFA policies: what a sign-on asks for, and in which order devices are offered.
//!
//! Holds settings only; flows and challenges act on them.

use chrono::TimeDelta;
use uuid::Uuid;

/// Where a flow begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    UsernamePassword,
    Identifier,
    /// The identifier suffices; the device does the rest.
    Passwordless,
    AccountLinking,
    AccountConfirmation,
    ExternalIdentity,
    Invitation,
    /// Where the path of the persona begins.
    AsAskedFor,
}

/// Whether people may register by themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Registration {
    Closed,
    Verified,
    Unverified,
}

/// What is fixed about a seeded application.
pub(super) struct ApplicationSettings {
    /// Its name in the facts.
    pub(super) fact: &'static str,
    pub(super) name: &'static str,
    pub(super) start: Start,
    pub(super) registration: Registration,
    /// The MFA policy, by its name in the facts.
    pub(super) mfa: Option<&'static str>,
    pub(super) agreement: bool,
    pub(super) profile: bool,
    /// The last segment of its verification URI, if it may use the device grant.
    pub(super) path_id: Option<&'static str>,
    pub(super) redirect_uri: Option<&'static str>,
}

/// An application of one environment.
pub(super) struct Application {
    pub(super) id: Uuid,
    pub(super) secret: String,
    pub(super) settings: &'static ApplicationSettings,
}

/// When the user is asked to choose a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DeviceSelection {
    DefaultToFirst,
    PromptToSelect,
    AlwaysDisplayDevices,
}

/// What is fixed about a seeded MFA policy.
pub(super) struct PolicySettings {
    pub(super) fact: &'static str,
    pub(super) selection: DeviceSelection,
    pub(super) passcode_lifetime: TimeDelta,
}

/// An MFA policy of one environment.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    pub(super) id: Uuid,
    pub(super) settings: &'static PolicySettings,
}
