//! A device authentication as an environment keeps it.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::tenant::challenge::Challenge;

/// How long a device authentication waits for somebody to do something.
const IDLE_LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// A device authentication.
pub(in crate::tenant) struct DeviceAuthentication {
    pub(in crate::tenant) id: Uuid,
    pub(in crate::tenant) challenge: Challenge,
    pub(super) created_at: DateTime<Utc>,
    pub(in crate::tenant) updated_at: DateTime<Utc>,
    pub(super) used_at: DateTime<Utc>,
    /// Whether the response tells the passcode.
    pub(super) test_mode: bool,
    /// Session and payload of a remembered browser.
    pub(super) browser: Option<(Uuid, String)>,
}

impl DeviceAuthentication {
    /// Makes one that begins now.
    pub(super) fn new(id: Uuid, now: DateTime<Utc>, challenge: Challenge) -> Self {
        Self { id, challenge, created_at: now, updated_at: now, used_at: now, test_mode: false, browser: None }
    }

    pub(in crate::tenant) fn expired(&self, now: DateTime<Utc>) -> bool {
        now - self.used_at >= IDLE_LIFETIME
    }
}
