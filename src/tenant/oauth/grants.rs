//! Access tokens and device grants, as an environment keeps them.
//!
//! Deliberately not here: the endpoints that issue them.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// An access token.
pub(in crate::tenant) struct Token {
    /// Whose it is; the worker's is nobody's.
    pub(in crate::tenant) user: Option<Uuid>,
    pub(in crate::tenant) valid_until: DateTime<Utc>,
}

/// What the user said to a device grant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::tenant) enum Decision {
    Pending,
    Approved(Uuid),
    Denied,
    Redeemed,
}

/// A device grant.
pub(in crate::tenant) struct DeviceGrant {
    pub(in crate::tenant) device_code: Uuid,
    pub(super) user_code: String,
    pub(super) client: Uuid,
    pub(super) scope: Option<String>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) polled_at: Option<DateTime<Utc>>,
    /// How long the device has to wait between polls; it grows with every poll that comes too soon.
    pub(super) interval: TimeDelta,
    pub(in crate::tenant) decision: Decision,
    /// To whom the token went, and when.
    pub(super) redeemed: Option<(Uuid, Instant)>,
}

/// By how much a device that polls too often has to slow down (RFC 8628, 3.5).
pub(super) const INTERVAL: TimeDelta = TimeDelta::seconds(5);
/// How long the outcome of a grant is remembered beyond its life.
pub(super) const REMEMBERED_FOR: TimeDelta = TimeDelta::hours(1);

impl DeviceGrant {
    /// Whether a user's code names this grant.
    pub(in crate::tenant) fn awaits(&self, user_code: &str, now: DateTime<Utc>) -> bool {
        self.decision == Decision::Pending && !self.expired(now) && self.user_code.eq_ignore_ascii_case(user_code)
    }

    pub(super) fn expired(&self, now: DateTime<Utc>) -> bool {
        now >= self.expires_at
    }
}
