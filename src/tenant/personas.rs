//! Personas: users whose resources go through the states that somebody asked for, in that order.
//!
//! The path says only what follows an action that was accepted. Whether it is accepted is decided as always: by passwords,
//! codes, devices and sessions. Deliberately not here: how a resource is put into a state (flows and challenges know).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use super::applications::{Application, ApplicationSettings, Registration, Start};
use super::environment::Environment;
use super::seed::Person;

/// Whom a persona is like: somebody with a device of every kind.
const LIKE: &str = "several";
/// How long the identity provider takes to send somebody back.
const AWAY: TimeDelta = TimeDelta::seconds(30);

/// The application of a persona: what it asks for is what was asked for.
static SETTINGS: ApplicationSettings = ApplicationSettings {
    fact: "persona",
    name: "Persona",
    start: Start::AsAskedFor,
    registration: Registration::Unverified,
    mfa: None,
    agreement: false,
    profile: false,
    path_id: Some("persona"),
    redirect_uri: Some("https://app.example.com/callback"),
};

/// A state of a flow or of a device authentication, as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Stage {
    UsernamePasswordRequired,
    SignOnRequired,
    PasswordRequired,
    PasswordExpired,
    MustChangePassword,
    RecoveryCodeRequired,
    VerificationCodeRequired,
    VerificationRequired,
    DeviceSelectionRequired,
    OtpRequired,
    AssertionRequired,
    PushConfirmationRequired,
    PushConfirmationTimedOut,
    AccountLinkingRequired,
    AccountConfirmationRequired,
    ExternalAuthenticationRequired,
    ProfileDataRequired,
    AgreementConsentRequired,
    DagUserCodeRequired,
    DagConsentRequired,
    Completed,
    Failed,
}

impl Stage {
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}

/// A persona of one environment.
pub(super) struct Persona {
    pub(super) user: Uuid,
    pub(super) person: &'static Person,
    path: Arc<[Stage]>,
}

/// How far a resource of a persona has come on its path.
#[derive(Clone)]
pub(super) struct Script {
    path: Arc<[Stage]>,
    at: usize,
    since: DateTime<Utc>,
}

impl Script {
    /// Where the resource begins.
    pub(super) fn first(&self) -> Option<Stage> {
        self.path.first().copied()
    }

    /// Goes one state on; `None` when all that was asked for is behind it.
    pub(super) fn next(&mut self, now: DateTime<Utc>) -> Option<Stage> {
        self.at += 1;
        self.since = now;
        self.path.get(self.at).copied()
    }

    /// How many states are behind it.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What comes next.
    pub(super) fn ahead(&self) -> Option<Stage> {
        self.path.get(self.at + 1).copied()
    }

    /// Whether somebody who went to an identity provider is back.
    pub(super) fn is_back(&self, now: DateTime<Utc>) -> bool {
        self.ahead().is_some() && now - self.since >= AWAY
    }
}

impl Environment {
    /// Makes the persona of this environment; one that was there before is forgotten.
    pub(super) fn grant_persona(&mut self, path: Vec<Stage>) {
        let Some(person) = self.add_user_like(LIKE) else { return };
        let (payload, cookie) = (self.random.uuid(), self.random.uuid());
        let (ticket, secret) = (self.random.code(8), self.random.token());
        let Some(user) = self.users.last_mut() else { return };
        user.ticket = Some(ticket);
        user.remembered = Some((payload, cookie));
        self.persona = Some(Persona { user: user.id, person, path: path.into() });
        if self.application_named(SETTINGS.fact).is_none() {
            // The first that may use the device grant is the one whose activation page has no name.
            let id = self.random.uuid();
            self.applications.insert(0, Application { id, secret, settings: &SETTINGS });
        }
    }

    /// The path of a resource that begins in the persona's application.
    pub(super) fn script_in(&self, settings: &ApplicationSettings) -> Option<Script> {
        self.script().filter(|_| settings.start == Start::AsAskedFor)
    }

    /// The path of a resource that begins for this user, if that is the persona.
    pub(super) fn script_for(&self, user: Uuid) -> Option<Script> {
        self.script().filter(|_| self.is_persona(user))
    }

    pub(super) fn is_persona(&self, user: Uuid) -> bool {
        self.persona.as_ref().is_some_and(|persona| persona.user == user)
    }

    fn script(&self) -> Option<Script> {
        let path = Arc::clone(&self.persona.as_ref()?.path);
        Some(Script { path, at: 0, since: self.now() })
    }
}
