//! What the chosen scenarios need of a test environment: applications, policies, and how many users of which role.
//!
//! A scenario that lacks something that nobody can make asks for nothing else either; it is counted by what it lacks.
//!
//! Deliberately not here: what is made for it ([`mod@super::plan`]).

use std::collections::{BTreeMap, BTreeSet};

use super::application;
use super::means::Means;
use super::persona::{Device, PLAIN, Persona, persona};
use super::policy;
use crate::engine::{Wants, person};

/// The most users of a role who are shared by scenarios that leave them as they were.
const SHARED: usize = 4;
/// The same for those whose codes come from an authenticator, each of which is good for one use in half a minute.
const SHARED_WITH_AUTHENTICATOR: usize = 12;

/// What is needed.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(super) means: Means,
    pub(super) applications: BTreeSet<&'static str>,
    pub(super) policies: BTreeSet<&'static str>,
    /// Users by role.
    pub(super) roles: BTreeMap<&'static str, Users>,
    /// How many scenarios can run then.
    pub(crate) scenarios: usize,
    /// What the others lack, with how many of them lack it.
    pub(crate) lacks: BTreeMap<String, usize>,
}

/// How many users of a role are needed.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Users {
    /// Scenarios that leave their user as it was.
    sharing: usize,
    /// Those that do not: each needs one of its own.
    pub(super) expendable: usize,
}

impl Needs {
    /// What these scenarios need.
    pub(crate) fn of(wants: &[Wants], means: Means) -> Self {
        let mut needs = Self { means, ..Self::default() };
        wants.iter().for_each(|wants| needs.add(wants));
        needs
    }

    fn add(&mut self, wants: &Wants) {
        let lacks: BTreeSet<String> = wants.paths.iter().filter_map(|path| self.lacking(path, wants)).collect();
        let strangers = (!wants.strangers.is_empty() && !self.means.emails)
            .then(|| "codes of people who register: name a `mailbox` in the target".to_owned());
        let lacks: BTreeSet<String> = lacks.into_iter().chain(strangers).collect();
        if !lacks.is_empty() {
            lacks.into_iter().for_each(|lack| *self.lacks.entry(lack).or_default() += 1);
            return;
        }
        self.scenarios += 1;
        let mut roles: BTreeSet<&'static str> = BTreeSet::new();
        for path in &wants.paths {
            if let Some(Ok(persona)) = role_of(path).map(|role| persona(role, self.means)) {
                roles.insert(persona.role);
            }
            self.add_thing(path);
        }
        for role in roles {
            let users = self.roles.entry(role).or_default();
            if wants.uses_up.is_some() { users.expendable += 1 } else { users.sharing += 1 }
        }
    }

    fn add_thing(&mut self, path: &str) {
        let mut segments = path.split('.');
        match (segments.next(), segments.next()) {
            (Some("apps"), Some(fact)) => {
                if let Ok(app) = application::known(fact) {
                    self.applications.insert(app.fact);
                    self.policies.extend(app.mfa());
                }
            }
            (Some("policies"), Some(fact)) => self.policies.extend(policy::known(fact)),
            (Some("policies"), None) => self.policies.extend(policy::names()),
            _ => {}
        }
    }

    /// What a path lacks, in a few words; `None` where it can be made.
    fn lacking(&self, path: &str, wants: &Wants) -> Option<String> {
        let mut segments = path.split('.');
        let (root, second) = (segments.next().unwrap_or_default(), segments.next());
        match (root, second) {
            ("env" | "worker", _) => None,
            ("clock", _) if wants.can_wait(self.means.longest_wait) => None,
            ("clock", _) => Some("`clock`: a real clock cannot be moved".into()),
            ("limit", _) => Some("`limit`: a real tenant cannot be told to answer 429".into()),
            ("apps", Some(fact)) if segments.next() == Some("clientSecret") && application::is_public(fact) => {
                Some(format!("`{path}`: a client of devices has no secret"))
            }
            ("apps", Some(fact)) => application::known(fact).err().map(|why| format!("`apps.{fact}`: {why}")),
            ("policies", None) => None,
            ("policies", Some(fact)) if policy::known(fact).is_some() => None,
            ("user" | "users", _) => {
                let role = role_of(path)?;
                let behind = person(path)?;
                match persona(role, self.means) {
                    Err(why) => Some(format!("`{behind}`: {why}")),
                    Ok(persona) => {
                        let rest = path.strip_prefix(&behind).unwrap_or_default().trim_start_matches('.');
                        lacks_fact(persona, rest, self.means).map(|why| format!("`{path}`: {why}"))
                    }
                }
            }
            _ => Some(format!("`{path}`: nobody knows what it is")),
        }
    }
}

/// Why a user of this kind lacks a fact, if it does.
fn lacks_fact(persona: &Persona, fact: &str, means: Means) -> Option<&'static str> {
    let mut segments = fact.split('.');
    let has = |device: fn(&Device) -> bool| persona.devices.iter().any(device);
    match (segments.next().unwrap_or_default(), segments.next()) {
        ("" | "id" | "username" | "email", _) => None,
        ("password", _) => (!persona.has_password()).then_some("the user has no password"),
        ("phone", _) => (!has(|device| device.is_phone())).then_some("the user has no number"),
        ("device", _) => persona.devices.is_empty().then_some("the user has no device"),
        ("devices", Some(name)) => {
            let known = persona.devices.iter().any(|device| device.fact() == name);
            (!known).then_some("no API makes a device of this type")
        }
        ("devices", None) => (persona.devices.len() < 2).then_some("the user has no several devices"),
        ("otp", _) => {
            (!reads_codes(persona, means)).then_some("name a `mailbox` in the target, where codes can be read")
        }
        ("passkey", _) => (!has(|device| *device == Device::Passkey)).then_some("the user has no passkey"),
        ("mail", _) => (!means.emails).then_some("name a `mailbox` in the target, where codes can be read"),
        ("push", _) => (!has(|device| *device == Device::Mobile)).then_some("pushes need a phone with the application"),
        _ => Some("no API makes it"),
    }
}

/// Whether codes for such a user can be read. Somebody without a device may have post all the same.
fn reads_codes(persona: &Persona, means: Means) -> bool {
    let readable = |device: &Device| match device {
        Device::Totp | Device::Mobile => true,
        Device::Passkey => false,
        Device::Email => means.emails,
        _ => means.phones,
    };
    let coded = persona.devices.iter().filter(|device| **device != Device::Passkey);
    let mut coded = coded.peekable();
    if coded.peek().is_none() { means.emails } else { coded.all(readable) }
}

fn role_of(path: &str) -> Option<&str> {
    let mut segments = path.split('.');
    match segments.next()? {
        "user" => Some(PLAIN),
        "users" => segments.next(),
        _ => None,
    }
}

impl Users {
    /// How many users are shared by the scenarios that leave them as they were.
    pub(super) fn shared(self, persona: &Persona) -> usize {
        let slow = persona.devices.contains(&Device::Totp);
        self.sharing.min(if slow { SHARED_WITH_AUTHENTICATOR } else { SHARED })
    }
}
