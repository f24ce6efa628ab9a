//! Real tenants: what `[targets.NAME]` in `flowproof.toml` says of one, checked and made into domain values.
//!
//! Everything that can be wrong is found when the file is read, at its place, before anything is sent. Secrets stay where
//! they come from; a run reads those that it needs.
//!
//! Deliberately not here: what scenarios make of it (`engine`), and passcodes ([`super::passcode`]).

mod address;
mod facts;
mod mailbox;
mod phone;
mod provisioned;
mod users;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

pub(in crate::config) use self::address::without_userinfo;
use self::address::{TenantAddress, address, api_path};
pub(crate) use self::facts::{TargetFact, TargetFacts, fact_name};
use self::facts::{app, named, not_a_placeholder, policy};
pub(crate) use self::mailbox::MailboxConfig;
pub(crate) use self::phone::PhoneConfig;
pub(crate) use self::provisioned::{Provisioned, ProvisionedFiles};
pub(crate) use self::users::UserConfig;
use self::users::{default_user, users};
use super::secret_source::SecretSource;
use super::table::TomlTable;
pub(crate) use crate::auth::token::Authentication;
use crate::base::duration;
use crate::base::source::{Diagnostic, Spanned};

/// A tenant that requests may be sent to.
#[derive(Debug, Clone)]
pub struct TargetConfig {
    /// Its name in the file.
    pub name: Spanned<String>,
    /// What all paths of the contract are below.
    pub auth_path: Url,
    /// Where the management API is; behind a custom domain only where the file says so.
    pub api_path: Option<Url>,
    /// Whether the environment's id is part of every path; behind a custom domain it is not.
    pub environment_in_path: bool,
    /// The environment.
    pub environment: Uuid,
    /// Whether steps that lock or delete are refused.
    pub production: bool,
    /// One of the two switches that let them happen all the same.
    pub allow_destructive: bool,
    /// One of the two switches that leave TLS unverified.
    pub insecure: bool,
    /// One more root certificate, as PEM.
    pub ca: Option<Spanned<PathBuf>>,
    /// Requests per second, at the most.
    pub rate: Option<f64>,
    /// The least coverage that a run against it must reach, in per cent, by dimension.
    pub coverage: BTreeMap<String, f64>,
    /// The client that calls the MFA service.
    pub worker: Option<WorkerConfig>,
    /// Applications by name, as in the file.
    pub apps: BTreeMap<String, TargetFacts>,
    /// Policies by name, as in the file.
    pub policies: BTreeMap<String, TargetFacts>,
    /// Users by role, as in the file: each role is a pool.
    pub users: BTreeMap<String, Vec<UserConfig>>,
    /// The role of the plain `user`.
    pub default_user: String,
    /// Where messages to people of this target can be read, whoever they are.
    pub mailbox: Option<MailboxConfig>,
    /// The phones with an application that people of this target may have.
    pub phone: Option<PhoneConfig>,
    /// How long a scenario may wait where it would move the clock of a stand-in, if anybody says so.
    pub longest_wait: Option<Duration>,
    /// The file that holds which users have been used up.
    pub used_users: PathBuf,
    /// The files that `flowproof provision` writes for this target.
    pub provisioned: ProvisionedFiles,
}

/// The name of that file, beside `flowproof.toml`.
const USED_USERS: &str = "used-users.jsonl";

/// The client that calls the MFA service.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Its id.
    pub client_id: String,
    /// Where its secret comes from.
    pub client_secret: Spanned<SecretSource>,
    /// How it shows its secret to the token endpoint.
    pub authentication: Authentication,
}

impl TargetConfig {
    /// A URL below the environment, whose id behind a custom domain is not in the path.
    pub fn environment_url(&self, path: &[&str]) -> Url {
        let mut url = self.auth_path.clone();
        let environment = self.environment_in_path.then(|| self.environment.to_string());
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&environment).extend(path);
        }
        url
    }

    /// The host of the management API: where its paths, which begin with `/v1`, are below.
    ///
    /// # Errors
    /// When nobody has said where it is, or the address ends otherwise.
    pub fn management_host(&self) -> Result<Url, &'static str> {
        let mut url =
            self.api_path.clone().ok_or("where is the management API? behind a custom domain, say `api-path`")?;
        let path = url.path().trim_end_matches('/').strip_suffix("/v1").map(str::to_owned);
        url.set_path(&path.ok_or("`api-path` has to end with /v1 for scenarios of the management API")?);
        Ok(url)
    }

    /// What a report and `flowproof targets` may show: where secrets come from, never what they are, and of people only
    /// how many.
    pub fn described(&self) -> Value {
        let names = |all: &BTreeMap<String, TargetFacts>| all.keys().cloned().collect::<Vec<_>>();
        let worker = self.worker.as_ref().map(|worker| {
            json!({
                "clientId": worker.client_id,
                "clientSecret": { "from": worker.client_secret.value.to_string() },
                "authentication": worker.authentication.to_string(),
            })
        });
        let users = self.users.iter().map(|(role, pool)| (role.clone(), pool.len().into())).collect::<Map<_, _>>();
        let spare = |pool: &[UserConfig]| pool.iter().filter(|user| user.expendable).count();
        let spare = self.users.iter().map(|(role, pool)| (role.clone(), spare(pool)));
        let expendable: Map<_, _> =
            spare.filter(|(_, count)| *count > 0).map(|(role, count)| (role, count.into())).collect();
        json!({
            "name": self.name.value,
            "authPath": self.auth_path.as_str(),
            "environment": self.environment.to_string(),
            "environmentInPath": self.environment_in_path,
            "production": self.production,
            "allowDestructive": self.allow_destructive,
            "insecure": self.insecure,
            "ca": self.ca.as_ref().map(|ca| ca.display().to_string()),
            "rate": self.rate,
            "worker": worker,
            "apps": names(&self.apps),
            "policies": names(&self.policies),
            "users": users,
            "expendableUsers": expendable,
            "defaultUser": self.default_user,
        })
    }
}

/// Reads one target.
pub(super) fn target(name: Spanned<String>, table: TomlTable<'_>, dimensions: &[&str]) -> Option<TargetConfig> {
    let (address, environment) = (address(&table), environment(&table));
    let (api_path, ca) = (api_path(&table), table.path("ca"));
    let set = |flag: Option<Spanned<bool>>| flag.is_some_and(|flag| flag.value);
    let production = set(table.flag("production"));
    let allow_destructive = set(table.flag("allow-destructive"));
    let insecure = table.flag("insecure");
    if let Some(flag) = insecure.as_ref().filter(|flag| flag.value && production) {
        let message = "TLS is always verified where `production = true`";
        table.report(Diagnostic::at(&flag.span, message).help("for a private authority, name its certificate: `ca`"));
    }
    let rate = table.number("rate", 0.01..=1000.0).map(|rate| rate.value);
    let coverage = table.table("coverage").map(|table| coverage(&table, dimensions)).unwrap_or_default();
    let worker = table.table("worker").and_then(worker);
    let (apps, policies) = (named(&table, "apps", &app), named(&table, "policies", &policy));
    let users = users(&table);
    let default_user = default_user(&table, &users);
    let used_users = table.beside(USED_USERS);
    let mailbox = table.table("mailbox").and_then(mailbox::mailbox);
    let phone = table.table("phone").and_then(phone::phone);
    let longest_wait = longest_wait(&table);
    let provisioned = ProvisionedFiles::of(&name, &table);
    table.end();
    let (TenantAddress { auth_path, api_path: regional, environment_in_path }, environment) = (address?, environment?);
    let mut target = TargetConfig {
        name,
        auth_path,
        api_path: api_path.or(regional),
        environment_in_path,
        environment,
        production,
        allow_destructive,
        insecure: set(insecure),
        ca,
        rate,
        coverage,
        worker,
        apps,
        policies,
        users,
        default_user,
        mailbox,
        phone,
        longest_wait,
        used_users,
        provisioned,
    };
    target.lend_to_users();
    Some(target)
}

/// The thresholds of a target.
pub(super) fn coverage(table: &TomlTable<'_>, dimensions: &[&str]) -> BTreeMap<String, f64> {
    let shares = table.numbers(0.0..=100.0);
    for (name, _) in shares.iter().filter(|(name, _)| !dimensions.contains(&name.as_str())) {
        let message = format!("`{}` is not a dimension of coverage", name.value);
        table.report(Diagnostic::at(&name.span, message).suggest(name, dimensions.iter().copied()));
    }
    shares.into_iter().map(|(name, share)| (name.value, share)).collect()
}

fn longest_wait(table: &TomlTable<'_>) -> Option<Duration> {
    let help = "it is a number with a unit, up to 1h: 65s, 3m";
    table.parsed("longest-wait", "time", help, |text| {
        duration::parse(text).filter(|time| *time <= Duration::from_secs(3600))
    })
}

fn environment(table: &TomlTable<'_>) -> Option<Uuid> {
    table.require("environment");
    let help = "it is a UUID in lower case, shown in the console under Environment, Properties";
    table.parsed("environment", "id of an environment", help, |text| {
        Uuid::try_parse(text).ok().filter(|id| id.hyphenated().to_string() == text)
    })
}

fn worker(table: TomlTable<'_>) -> Option<WorkerConfig> {
    let client_id = table.required_text("client-id").and_then(|id| not_a_placeholder(&table, id));
    let client_secret = SecretSource::required(&table, "client-secret");
    let help = "write \"basic\" or \"post\", as configured in the application";
    let authentication = table.parsed("authentication", "way to authenticate", help, |text| text.parse().ok());
    table.end();
    let authentication = authentication.unwrap_or_default();
    Some(WorkerConfig { client_id: client_id?, client_secret: client_secret?, authentication })
}
