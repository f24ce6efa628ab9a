//! A flow as an environment keeps it: where it stands, and what the user has behind them.
//!
//! Deliberately not here: what its steps do, which takes the environment (see the files beside it).

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;
use serde_json::Value;
use uuid::Uuid;

use super::status::{Action, Status};
use crate::tenant::applications::{ApplicationSettings, Start};
use crate::tenant::challenge::{Challenge, Failure};
use crate::tenant::missteps::Trail;
use crate::tenant::personas::Script;

/// How long a flow waits for somebody to do something.
pub(super) const IDLE_LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// What began a flow, and so what its end leads to.
pub(in crate::tenant) enum FlowEntry {
    Authorize(AuthorizeRequest),
    /// The activation page of a device.
    Device,
}

/// What the application asked for.
pub(in crate::tenant) struct AuthorizeRequest {
    pub(in crate::tenant) response_type: String,
    pub(in crate::tenant) redirect_uri: String,
    pub(in crate::tenant) state: Option<String>,
    pub(in crate::tenant) scope: Option<String>,
    /// Whether the application drives the flow itself (`response_mode=pi.flow`).
    pub(in crate::tenant) direct: bool,
}

/// What the application gets in the end, by name.
pub(in crate::tenant) type AuthorizeResponse = IndexMap<&'static str, Value>;

/// A flow.
pub(in crate::tenant) struct Flow {
    pub(in crate::tenant) id: Uuid,
    pub(in crate::tenant) session: Uuid,
    pub(in crate::tenant) settings: Arc<ApplicationSettings>,
    pub(in crate::tenant) entry: FlowEntry,
    pub(in crate::tenant) user: Option<Uuid>,
    pub(in crate::tenant) challenge: Option<Challenge>,
    pub(in crate::tenant) error: Option<Failure>,
    pub(in crate::tenant) response: Option<AuthorizeResponse>,
    pub(super) status: Status,
    /// Where it goes, if it is a persona's.
    pub(super) script: Option<Script>,
    /// What it has behind it.
    pub(super) trail: Trail,
    /// What was accepted last, and when.
    pub(super) accepted: Option<(Action, Instant)>,
    pub(super) done: Done,
    /// The code that was sent last, and when.
    pub(super) code: Option<(String, DateTime<Utc>)>,
    /// The device grant that the user's code named.
    pub(super) grant: Option<Uuid>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) used_at: DateTime<Utc>,
}

/// Steps that the user has behind them.
#[derive(Default)]
pub(super) struct Done {
    pub(super) authenticated: bool,
    pub(super) mfa: bool,
    pub(super) device_consent: bool,
}

pub(super) const CONSENT_REFUSED: Failure = Failure { code: "access_denied", message: "The user refused to consent." };

impl Flow {
    pub(in crate::tenant) fn expired(&self, now: DateTime<Utc>) -> bool {
        now - self.used_at >= IDLE_LIFETIME
    }

    pub(in crate::tenant) fn completed(&self) -> bool {
        self.status == Status::Completed
    }

    pub(in crate::tenant) fn is_over(&self) -> bool {
        self.status.is_final()
    }

    pub(super) fn fail(&mut self, error: Failure) {
        self.status = Status::Failed;
        self.error = Some(error);
    }

    pub(super) fn permits(&self, action: Action) -> bool {
        let leading_on = self.status.permits(&self.settings, self.challenge.as_ref());
        leading_on.contains(&action) || (action == Action::ResetSession && !self.is_over())
    }

    pub(super) fn reset(&mut self) {
        self.user = None;
        self.challenge = None;
        self.code = None;
        self.grant = None;
        self.done = Done::default();
        self.status = first_status(self.settings.start);
    }
}

pub(super) fn first_status(start: Start) -> Status {
    match start {
        Start::UsernamePassword | Start::Invitation | Start::AsAskedFor => Status::UsernamePasswordRequired,
        Start::Identifier | Start::Passwordless => Status::SignOnRequired,
        Start::AccountLinking | Start::AccountConfirmation | Start::ExternalIdentity => {
            Status::ExternalAuthenticationRequired
        }
    }
}
