//! A device authentication as an environment keeps it.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::tenant::challenge::Challenge;
use crate::tenant::missteps::Trail;
use crate::tenant::personas::Script;

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
    /// Whether the second factor may be left out, which nobody is allowed.
    pub(super) bypass: bool,
    /// Session and payload of a remembered browser.
    pub(super) browser: Option<(Uuid, String)>,
    /// Where it goes, if it is a persona's.
    pub(super) script: Option<Script>,
    /// What it has behind it.
    pub(super) trail: Trail,
    /// When a passcode was accepted.
    pub(super) proved_at: Option<Instant>,
    /// When a push was answered.
    pub(in crate::tenant) answered_at: Option<Instant>,
}

impl DeviceAuthentication {
    /// Makes one that begins now.
    pub(super) fn new(id: Uuid, now: DateTime<Utc>, challenge: Challenge) -> Self {
        Self {
            id,
            challenge,
            created_at: now,
            updated_at: now,
            used_at: now,
            test_mode: false,
            bypass: false,
            browser: None,
            script: None,
            trail: Trail::default(),
            proved_at: None,
            answered_at: None,
        }
    }

    pub(in crate::tenant) fn expired(&self, now: DateTime<Utc>) -> bool {
        now - self.used_at >= IDLE_LIFETIME
    }
}
