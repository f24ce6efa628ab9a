//! The two files beside `flowproof.toml`: facts, in its own words, and the secrets that they refer to.
//!
//! Both are written whole or not at all. They exist from the beginning, so that a run that is killed is continued under the
//! same name; secrets are kept as they are made, because no tenant shows them twice.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use toml::{Table, Value};
use uuid::Uuid;

use super::application::REDIRECT_URI;
use super::error::ProvisionError;
use super::made::{Made, MadeUser, passkey, totp};
use super::means::Means;
use super::name::Run;
use super::persona::{Device, PLAIN};
use super::policy;
use super::thing::Kind;
use crate::base::{duration, private};
use crate::config::TargetConfig;
use crate::config::target::{Provisioned, ProvisionedFiles};
use crate::engine::Ledger;
use crate::record::redaction::Register;

const HEAD: &str = "# Written by `flowproof provision`; `flowproof teardown` removes it with what it describes. There is no secret in it.\n";
/// The entry of the password that all users have.
const PASSWORD: &str = "password";

/// The files, and what is secret in them.
pub(crate) struct Files {
    paths: ProvisionedFiles,
    secrets: BTreeMap<String, SecretString>,
    used: Ledger,
    register: Register,
}

impl Files {
    /// Reads what earlier runs have written for a target, and the id of that run.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub(crate) fn read(target: &TargetConfig, register: &Register) -> Result<(Self, Option<String>), ProvisionError> {
        let paths = target.provisioned.clone();
        let run = Provisioned::read(&paths).map_err(|problems| {
            let why = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
            unreadable(&paths.facts, why)
        })?;
        let secrets = match std::fs::read_to_string(&paths.secrets) {
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(unreadable(&paths.secrets, error.to_string())),
            Ok(text) => {
                let secrets: BTreeMap<String, String> = serde_json::from_str(&text)
                    .map_err(|_| unreadable(&paths.secrets, "it is no JSON object of texts".into()))?;
                secrets.into_iter().map(|(entry, secret)| (entry, SecretString::from(secret))).collect()
            }
        };
        secrets.values().for_each(|secret| register.learn("provisioned-secret", secret));
        let used = Ledger::read(target.used_users.clone(), target.environment.to_string());
        let used = used.map_err(|error| unreadable(&target.used_users, error.to_string()))?;
        Ok((Self { paths, secrets, used, register: register.clone() }, run.run))
    }

    /// Notes that a run has begun: its id, and the password of all its users.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub(crate) fn begin(&mut self, run: &Run, earlier: Option<&str>) -> Result<(), ProvisionError> {
        if earlier != Some(run.id()) {
            self.secrets.clear();
        }
        if !self.has(PASSWORD) {
            self.set(PASSWORD, password());
        }
        self.save_secrets()?;
        if earlier == Some(run.id()) {
            return Ok(());
        }
        self.save_facts(&Table::from_iter([("run".to_owned(), Value::from(run.id()))]))
    }

    /// The password of all users.
    pub(super) fn password(&self) -> SecretString {
        self.secrets.get(PASSWORD).cloned().unwrap_or_default()
    }

    /// Keeps something secret that is of use only once.
    pub(super) fn hide(&self, name: &str, secret: &SecretString) {
        self.register.issued(name, secret);
    }

    pub(super) fn has(&self, entry: &str) -> bool {
        self.secrets.contains_key(entry)
    }

    /// Keeps a secret.
    pub(super) fn learn(&mut self, entry: &str, secret: SecretString) -> Result<(), ProvisionError> {
        self.set(entry, secret);
        self.save_secrets()
    }

    /// Whether a run has used a user up.
    pub(super) fn is_used_up(&self, user: &str) -> bool {
        self.used.holds(user)
    }

    /// Writes all that is there now.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub(crate) fn finish(&mut self, run: &Run, made: &Made, means: Means) -> Result<(), ProvisionError> {
        for (app, secret) in &made.secrets {
            self.set(&client_secret(app), SecretString::from(secret.clone()));
        }
        self.save_secrets()?;
        self.save_facts(&self.facts(run, made, means))
    }

    /// Removes both files.
    ///
    /// # Errors
    /// When one is there and cannot be removed.
    pub(crate) fn remove(&self) -> Result<(), ProvisionError> {
        for path in [&self.paths.facts, &self.paths.secrets] {
            private::remove(path).map_err(|cause| write_error(path, cause))?;
        }
        Ok(())
    }

    /// Where the facts are.
    pub(crate) fn path(&self) -> &Path {
        &self.paths.facts
    }

    fn set(&mut self, entry: &str, secret: SecretString) {
        self.register.issued("provisioned-secret", &secret);
        self.secrets.insert(entry.to_owned(), secret);
    }

    fn save_secrets(&self) -> Result<(), ProvisionError> {
        let plain: BTreeMap<&str, &str> =
            self.secrets.iter().map(|(entry, secret)| (entry.as_str(), secret.expose_secret())).collect();
        let text = serde_json::to_string_pretty(&plain).unwrap_or_default() + "\n";
        private::write(&self.paths.secrets, text.as_bytes()).map_err(|cause| write_error(&self.paths.secrets, cause))
    }

    fn save_facts(&self, facts: &Table) -> Result<(), ProvisionError> {
        let text = format!("{HEAD}{facts}");
        private::write(&self.paths.facts, text.as_bytes()).map_err(|cause| write_error(&self.paths.facts, cause))
    }

    fn facts(&self, run: &Run, made: &Made, means: Means) -> Table {
        let of_kind = |kind: Kind| made.things.iter().filter(move |((known, _), _)| *known == kind);
        let apps: Table =
            of_kind(Kind::Application).map(|((_, name), there)| (name.clone(), self.app(name, there).into())).collect();
        let policies: Table = of_kind(Kind::MfaPolicy)
            .map(|((_, name), there)| {
                // What counts where a scenario names none has to be the environment's own.
                let own = made.own_policy.as_ref().filter(|_| name == policy::DEFAULT);
                (name.clone(), table([("id", text(own.unwrap_or(there), "id"))]).into())
            })
            .collect();
        let mut users: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for user in &made.users {
            let role = user.planned.persona.role.to_owned();
            users.entry(role).or_default().push(self.user(user, means).into());
        }
        let users: Table = users.into_iter().map(|(role, pool)| (role, pool.into())).collect();
        table([
            ("run", Some(run.id().into())),
            ("longest-wait", Some(duration::written(means.longest_wait).into())),
            ("default-user", users.contains_key(PLAIN).then(|| PLAIN.into())),
            ("apps", Some(apps.into())),
            ("policies", Some(policies.into())),
            ("users", Some(users.into())),
        ])
    }

    fn app(&self, name: &str, there: &serde_json::Value) -> Table {
        let redirects = there["redirectUris"].is_array();
        table([
            ("client-id", text(there, "id")),
            ("name", text(there, "name")),
            ("client-secret", self.has(&client_secret(name)).then(|| self.entry(&client_secret(name)))),
            ("app-identifier", text(there, "devicePathId")),
            ("redirect-uri", redirects.then(|| REDIRECT_URI.into())),
        ])
    }

    fn user(&self, user: &MadeUser, means: Means) -> Table {
        let persona = user.planned.persona;
        let alone = user.devices.len() == 1;
        let devices = user.devices.iter().map(|made| {
            let own = table([("id", Some(made.id.as_str().into())), ("type", Some(made.device.kind().into()))]);
            (made.device, own)
        });
        let devices: Vec<(Device, Table)> = devices.collect();
        let several = devices.iter().map(|(device, own)| {
            let mut own = own.clone();
            own.extend(self.passcode(*device, user, means).map(|passcode| ("passcode".to_owned(), passcode)));
            (device.fact(), own.into())
        });
        let several: Table = several.collect();
        let first = devices.first().map(|(device, own)| {
            let mut own = own.clone();
            let passcode = self.passcode(*device, user, means).filter(|_| alone);
            own.extend(passcode.map(|passcode| ("passcode".to_owned(), passcode)));
            own
        });
        table([
            ("id", Some(user.id.as_str().into())),
            ("username", Some(user.username.as_str().into())),
            ("email", Some(user.email.as_str().into())),
            ("phone", user.phone.as_deref().map(Into::into)),
            ("password", persona.has_password().then(|| self.entry(PASSWORD))),
            ("expendable", user.planned.expendable.then(|| true.into())),
            ("device", first.map(Into::into)),
            ("devices", (!alone && !devices.is_empty()).then(|| several.into())),
            ("passkey", self.has(&passkey(&user.planned.thing)).then(|| self.entry(&passkey(&user.planned.thing)))),
            ("passcode", means.emails.then(|| from_mailbox(false))),
        ])
    }

    /// Where the codes of a device can be read, other than in the post.
    fn passcode(&self, device: Device, user: &MadeUser, means: Means) -> Option<Value> {
        match device {
            Device::Totp => {
                let secret = self.entry(&totp(&user.planned.thing));
                Some(table([("source", Some("totp".into())), ("secret", Some(secret))]).into())
            }
            Device::Mobile => Some(table([("source", Some("phone".into()))]).into()),
            _ if device.is_phone() => means.phones.then(|| from_mailbox(true)),
            _ => None,
        }
    }

    fn entry(&self, entry: &str) -> Value {
        let file = self.paths.secrets.file_name().map(|name| name.to_string_lossy().into_owned());
        table([("file", file.map(Into::into)), ("entry", Some(entry.into()))]).into()
    }
}

fn table<const N: usize>(entries: [(&str, Option<Value>); N]) -> Table {
    entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn from_mailbox(phone: bool) -> Value {
    table([("source", Some("mailbox".into())), ("phone", phone.then(|| true.into()))]).into()
}

fn text(there: &serde_json::Value, name: &str) -> Option<Value> {
    there[name].as_str().map(Into::into)
}

fn client_secret(app: &str) -> String {
    format!("apps.{app}")
}

/// A password that every policy takes.
fn password() -> SecretString {
    SecretString::from(format!("Fp-{}-9K", Uuid::new_v4().simple()))
}

fn unreadable(path: &Path, why: String) -> ProvisionError {
    ProvisionError::Unreadable { path: path.display().to_string(), why }
}

fn write_error(path: &Path, cause: std::io::Error) -> ProvisionError {
    ProvisionError::Write { path: path.display().to_string(), cause }
}
