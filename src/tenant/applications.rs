//! Applications and MFA policies: what a sign-on asks for, and in which order devices are offered.
//!
//! Holds settings only; flows and challenges act on them.

use std::borrow::Cow;
use std::sync::Arc;

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
}

/// Whether people may register by themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Registration {
    Closed,
    Verified,
    Unverified,
}

/// What a sign-on at an application asks for.
pub(super) struct ApplicationSettings {
    /// Its name in the facts; of one that was made over the management API, its id.
    pub(super) fact: Cow<'static, str>,
    pub(super) name: Cow<'static, str>,
    pub(super) start: Start,
    pub(super) registration: Registration,
    /// Where those who register belong to.
    pub(super) population: Option<Uuid>,
    /// The MFA policy, as `fact` of its settings names it.
    pub(super) mfa: Option<Cow<'static, str>>,
    pub(super) agreement: bool,
    pub(super) profile: bool,
    /// The last segment of its verification URI, if it may use the device grant.
    pub(super) path_id: Option<Cow<'static, str>>,
    pub(super) redirect_uri: Option<Cow<'static, str>>,
    /// How long a device grant waits for the user.
    pub(super) device_timeout: TimeDelta,
    /// How long a device has to wait between polls at first.
    pub(super) device_interval: TimeDelta,
}

/// An application of one environment.
pub(super) struct Application {
    pub(super) id: Uuid,
    pub(super) secret: String,
    pub(super) settings: Arc<ApplicationSettings>,
}

/// When the user is asked to choose a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DeviceSelection {
    DefaultToFirst,
    PromptToSelect,
    AlwaysDisplayDevices,
}

/// What an MFA policy says.
pub(super) struct PolicySettings {
    /// Its name in the facts; of one that was made over the management API, its id.
    pub(super) fact: Cow<'static, str>,
    pub(super) selection: DeviceSelection,
    pub(super) passcode_lifetime: TimeDelta,
}

/// An MFA policy of one environment.
#[derive(Clone)]
pub(super) struct Policy {
    pub(super) id: Uuid,
    pub(super) settings: Arc<PolicySettings>,
}
