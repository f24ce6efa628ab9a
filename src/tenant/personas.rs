//! Personas: users whose resources go through the states that somebody asked for, in that order.
//!
//! The path says only what follows an action that was accepted. Whether it is accepted is decided as always: by passwords,
//! codes, devices and sessions. Deliberately not here: how a resource is put into a state (flows and challenges know).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use super::seed::Person;

/// How long the identity provider takes to send somebody back.
const AWAY: TimeDelta = TimeDelta::seconds(30);

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
    pub(super) path: Arc<[Stage]>,
}

/// How far a resource of a persona has come on its path.
#[derive(Clone)]
pub(super) struct Script {
    path: Arc<[Stage]>,
    at: usize,
    since: DateTime<Utc>,
}

impl Script {
    /// At its beginning.
    pub(super) fn new(path: Arc<[Stage]>, now: DateTime<Utc>) -> Self {
        Self { path, at: 0, since: now }
    }

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
