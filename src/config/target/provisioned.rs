//! What `flowproof provision` has made for a target: a file of facts beside `flowproof.toml`, in the words of that file.
//!
//! Whatever `flowproof.toml` says itself outweighs it. Secrets are in a file of their own, for its owner only.
//!
//! Deliberately not here: making any of it (`provision`).

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::facts::{TargetFacts, app, named, policy};
use super::users::{UserConfig, users};
use super::{TargetConfig, longest_wait};
use crate::base::source::{Diagnostic, Source, Span};
use crate::config::passcode::PasscodeConfig;
use crate::config::table::{Problems, TomlTable};

/// The files that are written for a target.
#[derive(Debug, Clone)]
pub struct ProvisionedFiles {
    /// Ids and names; nobody has to hide it.
    pub facts: PathBuf,
    /// Everything secret, by names that the first refers to; for its owner only.
    pub secrets: PathBuf,
}

impl ProvisionedFiles {
    pub(super) fn of(target: &str, table: &TomlTable<'_>) -> Self {
        let beside = |end: &str| table.beside(&format!("flowproof.{target}.{end}"));
        Self { facts: beside("facts.toml"), secrets: beside("secrets.json") }
    }
}

/// What such a file says.
#[derive(Debug, Default)]
pub(crate) struct Provisioned {
    /// The run that made it all.
    pub(crate) run: Option<String>,
    default_user: Option<String>,
    apps: BTreeMap<String, TargetFacts>,
    policies: BTreeMap<String, TargetFacts>,
    users: BTreeMap<String, Vec<UserConfig>>,
    longest_wait: Option<Duration>,
}

impl Provisioned {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// With every problem of the file.
    pub(crate) fn read(files: &ProvisionedFiles) -> Result<Self, Vec<Diagnostic>> {
        let path = &files.facts;
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&Source::new(path.clone(), text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(vec![Diagnostic::whole(format!("cannot read {}: {error}", path.display()))]),
        }
    }

    fn parse(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let root = toml::de::DeTable::parse(&source.text).map_err(|error| {
            let at = Span::new(source, error.span().unwrap_or(0..0));
            vec![Diagnostic::at(&at, error.message().to_owned())]
        })?;
        let found = Problems::default();
        let whole = TomlTable::whole(source, &found, &root);
        let text = |key| whole.text(key).map(|text| text.value);
        let read = Self {
            run: text("run"),
            default_user: text("default-user"),
            apps: named(&whole, "apps", &app),
            policies: named(&whole, "policies", &policy),
            users: users(&whole),
            longest_wait: longest_wait(&whole),
        };
        whole.end();
        let problems = found.in_order();
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }
}

impl TargetConfig {
    /// Takes over what was provisioned, as far as the configuration does not say otherwise.
    pub(in crate::config) fn adopt(&mut self, provisioned: Provisioned) {
        let Provisioned { run: _, default_user, apps, policies, users, longest_wait } = provisioned;
        if let Some(role) = default_user.filter(|_| !self.users.contains_key(&self.default_user)) {
            self.default_user = role;
        }
        adopt(&mut self.apps, apps);
        adopt(&mut self.policies, policies);
        adopt(&mut self.users, users);
        self.longest_wait = self.longest_wait.or(longest_wait);
        self.lend_to_users();
    }
}

impl TargetConfig {
    /// Lets the mailbox and the phone of the target stand wherever a user names them; a phone answers pushes by itself.
    pub(super) fn lend_to_users(&mut self) {
        for user in self.users.values_mut().flatten() {
            for passcode in user.passcode.iter_mut().chain(user.device_passcodes.values_mut()) {
                let lent = match (&*passcode, &self.mailbox, &self.phone) {
                    (PasscodeConfig::Mailbox { phone }, Some(mailbox), _) => {
                        PasscodeConfig::Http(Box::new(mailbox.inbox(*phone)))
                    }
                    (PasscodeConfig::Phone, _, Some(phone)) => PasscodeConfig::Command(phone.program.clone()),
                    _ => continue,
                };
                *passcode = lent;
            }
            if user.push.is_none() && user.has_device("MOBILE") {
                user.push = self.phone.as_ref().map(|phone| phone.program.clone());
            }
        }
    }
}

fn adopt<T>(own: &mut BTreeMap<String, T>, provisioned: BTreeMap<String, T>) {
    for (name, value) in provisioned {
        own.entry(name).or_insert(value);
    }
}
