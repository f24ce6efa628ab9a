//! The users of a target: pools by role, and how each user's passcodes and pushes are answered.
//!
//! Deliberately not here: which scenario gets which user (`engine`).

use std::collections::BTreeMap;

use super::facts::{TargetFact, TargetFacts, public, secret};
use crate::auth::passcode::Command;
use crate::base::source::{Diagnostic, Span};
use crate::config::passcode::{self, PasscodeConfig};
use crate::config::table::TomlTable;

/// How long an answer to a push may take unless a table says otherwise, in seconds.
const PUSH_DEADLINE: f64 = 30.0;

const PUBLIC_USER: &[&str] = &["id", "username", "email", "phone", "payload"];

const SECRET_USER: &[&str] = &["password", "ticket", "invite-code", "cookie", "passkey"];

/// The role of the plain `user`, unless a target says otherwise.
pub(crate) const DEFAULT_ROLE: &str = "email";

/// A user that scenarios may sign on as, one scenario at a time.
#[derive(Debug, Clone)]
pub struct UserConfig {
    /// What is known of the user.
    pub settings: TargetFacts,
    /// How the user's passcodes are read, if at all.
    pub passcode: Option<PasscodeConfig>,
    /// How passcodes of single devices are read, by the ids of the devices.
    pub device_passcodes: BTreeMap<String, PasscodeConfig>,
    /// The program that answers the user's pushes, if any does.
    pub push: Option<Command>,
    /// Whether a scenario may change or lock the user; such a user is lent to no other scenario.
    pub expendable: bool,
    /// Where the user stands in the file.
    pub span: Span,
}

impl UserConfig {
    /// Whether one of the user's devices is of a type.
    pub(super) fn has_device(&self, kind: &str) -> bool {
        let devices = self.settings.values().flat_map(|setting| match setting {
            TargetFact::One(device) => vec![device],
            TargetFact::Several(devices) => devices.values().collect(),
            _ => Vec::new(),
        });
        devices.into_iter().any(|device| matches!(device.get("type"), Some(TargetFact::Plain(known)) if known == kind))
    }

    /// The id, or the name of a user without one.
    pub fn name(&self) -> &str {
        let known = ["id", "username"].into_iter().filter_map(|key| self.settings.get(key));
        let mut plain = known.filter_map(|setting| match setting {
            TargetFact::Plain(text) => Some(text.as_str()),
            _ => None,
        });
        plain.next().unwrap_or_default()
    }
}

pub(super) fn users(table: &TomlTable<'_>) -> BTreeMap<String, Vec<UserConfig>> {
    let Some(roles) = table.table("users") else { return BTreeMap::new() };
    let pools = roles.each_list().into_iter();
    pools.map(|(role, entries)| (role.value, entries.into_iter().map(user).collect())).collect()
}

fn user(table: TomlTable<'_>) -> UserConfig {
    let mut settings = public(&table, PUBLIC_USER);
    settings.extend(secret(&table, SECRET_USER));
    let mut device_passcodes = BTreeMap::new();
    if let Some(one) = table.table("device").map(|table| device(table, &mut device_passcodes)) {
        settings.insert("device", TargetFact::One(one));
    }
    if let Some(devices) = table.table("devices") {
        let several =
            devices.each().into_iter().map(|(name, table)| (name.value, device(table, &mut device_passcodes)));
        settings.insert("devices", TargetFact::Several(several.collect()));
    }
    if !table.has("id") && !table.has("username") {
        table.report(Diagnostic::at(&table.span(), "a user has an `id`, a `username`, or both"));
    }
    let passcode = table.table("passcode").and_then(passcode::decode);
    let push = table.table("push").and_then(push);
    let expendable = table.flag("expendable").is_some_and(|flag| flag.value);
    let span = table.span();
    table.end();
    UserConfig { settings, passcode, device_passcodes, push, expendable, span }
}

/// The program that answers a user's pushes.
fn push(table: TomlTable<'_>) -> Option<Command> {
    let program = passcode::program(&table, PUSH_DEADLINE);
    table.end();
    program
}

fn device(table: TomlTable<'_>, passcodes: &mut BTreeMap<String, PasscodeConfig>) -> TargetFacts {
    let settings = public(&table, &["id", "type"]);
    if let (Some(TargetFact::Plain(id)), Some(own)) =
        (settings.get("id"), table.table("passcode").and_then(passcode::decode))
    {
        passcodes.insert(id.clone(), own);
    }
    table.end();
    settings
}

pub(super) fn default_user(table: &TomlTable<'_>, users: &BTreeMap<String, Vec<UserConfig>>) -> String {
    let Some(role) = table.text("default-user") else { return DEFAULT_ROLE.to_owned() };
    if !users.contains_key(&role.value) {
        let message = format!("there are no users of the role `{}`", role.value);
        table.report(Diagnostic::at(&role.span, message).suggest(&role, users.keys().map(String::as_str)));
    }
    role.value
}
