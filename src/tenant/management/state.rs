//! What only an environment with a management API has.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::access::Roles;
use super::interference::Interferences;
use super::pairing::PairingKey;
use super::thing::Things;

/// What can be managed, and by whom.
pub(in crate::tenant) struct Management {
    pub(super) things: Things,
    pub(in crate::tenant) roles: Roles,
    pub(in crate::tenant) interferences: Interferences,
    /// Those by which no phone has been paired yet.
    pub(super) pairing_keys: Vec<PairingKey>,
}

impl Management {
    /// What is there before anybody makes anything.
    pub(super) fn new(env: Uuid, ids: &mut impl FnMut() -> Uuid, now: DateTime<Utc>) -> Self {
        let things = Things::of_new_environment(env, ids, now);
        Self { things, roles: Roles::all(), interferences: Interferences::default(), pairing_keys: Vec::new() }
    }
}
