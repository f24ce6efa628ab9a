//! What is there after all was made, as facts are written from it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::ProvisionError;
use super::persona::Device;
use super::plan::PlannedUser;
use super::thing::Kind;

/// The media type of most requests.
pub(super) const JSON: &str = "application/json";

/// What is there now.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// By kind and by what it is called in the plan, as the tenant shows it.
    pub(crate) things: BTreeMap<(Kind, String), Value>,
    /// The secrets of applications, by name.
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) users: Vec<MadeUser>,
    /// The environment's own MFA policy, where it asks for the first device as the suite expects.
    pub(crate) own_policy: Option<Value>,
    pub(crate) tally: Tally,
}

/// How much was done.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) made: usize,
    pub(crate) kept: usize,
    pub(crate) mended: usize,
}

impl Made {
    pub(super) fn id(&self, kind: Kind, thing: &str) -> Option<&str> {
        self.things.get(&(kind, thing.to_owned()))?["id"].as_str()
    }
}

/// A user that is there.
#[derive(Debug)]
pub(crate) struct MadeUser {
    pub(crate) planned: PlannedUser,
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    pub(crate) devices: Vec<MadeDevice>,
}

/// A device of one.
#[derive(Debug)]
pub(crate) struct MadeDevice {
    pub(crate) device: Device,
    pub(crate) id: String,
}

/// The name of an authenticator's secret.
pub(super) fn totp(thing: &str) -> String {
    format!("totp.{thing}")
}

/// The name of a passkey.
pub(super) fn passkey(thing: &str) -> String {
    format!("passkey.{thing}")
}

/// The id of what a tenant shows.
pub(super) fn id_of<'v>(value: &'v Value, what: &str) -> Result<&'v str, ProvisionError> {
    let id = value["id"].as_str().filter(|id| uuid::Uuid::try_parse(id).is_ok());
    let undocumented = || ProvisionError::Undocumented {
        what: format!("the {what}"),
        why: "its `id` is missing, or is no UUID".into(),
    };
    id.ok_or_else(undocumented)
}
