//! A real tenant as scenarios see it: facts from the configuration, users on loan, one token for all, codes from wherever
//! the users' post goes.
//!
//! There is no clock to move and no limit to set: what needs these is skipped, by name. A scenario that changes or locks its
//! users gets some that nobody else gets, or does not run.
//!
//! Deliberately not here: how tokens and codes are got (`auth`), and what the configuration may say (`config`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use url::Url;

use super::leases::{Lease, Pools};
use super::wants::Wants;
use crate::auth::passcode::{CodeKind, PasscodeSource, Recipient};
use crate::auth::token::{Client, TokenError, Tokens};
use crate::base::sync::LockAnyway;
use crate::client::{Transport, TransportOptions, roots};
use crate::config::target::{Setting, Settings, User, fact_name};
use crate::config::{SecretSource, TargetConfig};
use crate::record::redaction::Register;
use crate::scenario::template::Values;

/// A tenant that somebody else runs.
#[derive(Debug)]
pub struct RealTenant {
    config: TargetConfig,
    secrets: BTreeMap<SecretSource, SecretString>,
    passcodes: BTreeMap<(String, usize), PasscodeSource>,
    tokens: Option<Tokens>,
    pools: Arc<Pools>,
    present: Present,
    /// The users of scenarios that use them up, by the scenario's name; or what is missing.
    reserved: BTreeMap<String, Result<Fit, Vec<String>>>,
    /// Scenarios that have used up their users.
    spent: Mutex<BTreeSet<String>>,
    transport: TransportOptions,
    notes: Vec<String>,
}

/// What the configuration says, told once, with something in the place of every secret: whether a target supplies a fact is
/// asked for each user and scenario.
#[derive(Debug, Default)]
struct Present {
    common: Values,
    users: BTreeMap<String, Vec<Values>>,
}

/// Users that will do, by role: their places in the pool.
type Fit = BTreeMap<String, Vec<usize>>;

impl RealTenant {
    /// Gets ready what these scenarios want: certificates, secrets and sources of codes. Nothing is sent.
    ///
    /// # Errors
    /// With everything that is missing or cannot be used, a line each.
    pub fn new(
        config: TargetConfig,
        transport: TransportOptions,
        wants: &[Wants],
        register: &Register,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut ready = Self {
            pools: Pools::new(config.users.iter().map(|(role, pool)| (role, pool.len()))),
            present: Present::default(),
            reserved: BTreeMap::new(),
            spent: Mutex::default(),
            transport,
            config,
            secrets: BTreeMap::new(),
            passcodes: BTreeMap::new(),
            tokens: None,
            notes: Vec::new(),
        };
        if let Err(problem) = ready.trust() {
            problems.push(problem);
        }
        ready.present = ready.told();
        ready.reserve(wants);
        let possible: Vec<&Wants> = wants.iter().filter(|wants| ready.fit(wants).is_ok()).collect();
        problems.extend(ready.resolve(&possible, register));
        problems.extend(ready.open_post(&possible, register));
        if ready.transport.insecure {
            ready.notes.insert(0, "TLS NOT VERIFIED: anybody may have answered in the tenant's place".into());
        }
        ready.tokens = ready.client().map(|client| Tokens::new(client, register.clone()));
        if problems.is_empty() { Ok(ready) } else { Err(problems) }
    }

    /// What all paths of the contract are below.
    pub fn base_url(&self) -> Url {
        self.config.auth_path.clone()
    }

    /// Where the environment describes itself to anybody.
    pub fn description(&self) -> Url {
        below(&self.config, &["as", ".well-known", "openid-configuration"])
    }

    /// The environment.
    pub fn environment(&self) -> String {
        self.config.environment.to_string()
    }

    /// The name in the configuration.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// How requests get there.
    pub fn transport(&self) -> TransportOptions {
        self.transport.clone()
    }

    /// What a reader of the report must know.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether a scenario would run here.
    pub fn supplies(&self, wants: &Wants) -> bool {
        self.fit(wants).is_ok()
    }

    /// Lends a scenario its users and tells it its facts.
    ///
    /// # Errors
    /// With the reason to skip the scenario, or the reason why nobody can tell.
    pub async fn open(self: &Arc<Self>, transport: &Transport, wants: &Wants) -> Result<Visit, NotOpened> {
        let fit = self.fit(wants).map_err(|missing| NotOpened::Skipped(not_supplied(&missing)))?;
        if wants.spends.is_some() && self.spent.locked().contains(&wants.scenario) {
            return Err(NotOpened::Skipped("its users were used up by the first try".into()));
        }
        let token = match &self.tokens {
            Some(tokens) if wants.any("worker.accessToken") => {
                Some(tokens.current(transport).await.map_err(NotOpened::from)?)
            }
            _ => None,
        };
        let lease = self.pools.lend(&fit).await;
        let known = |source: &SecretSource| self.secrets.get(source).map(|secret| secret.expose_secret().to_owned());
        let mut facts = self.facts(lease.users(), &known);
        if let (Some(token), Some(Value::Object(worker))) = (&token, facts.get_mut("worker")) {
            worker.insert("accessToken".into(), token.expose_secret().into());
        }
        if wants.spends.is_some() && !fit.is_empty() {
            self.spent.locked().insert(wants.scenario.clone());
        }
        let tenant = Arc::clone(self);
        Ok(Visit {
            tenant,
            spends: wants.spends.clone(),
            transport: transport.clone(),
            facts,
            lease,
            since: Mutex::new(Utc::now()),
            given: Mutex::default(),
        })
    }

    /// One more root certificate (L10).
    fn trust(&mut self) -> Result<(), String> {
        let Some(ca) = &self.config.ca else { return Ok(()) };
        self.transport.extra_roots.extend(root_certificates(ca).map_err(|problem| format!("{}: {problem}", ca.span))?);
        Ok(())
    }

    fn told(&self) -> Present {
        let present = |_: &SecretSource| Some("present".to_owned());
        let values = |facts: Map<String, Value>| Values { facts: Arc::new(facts), ..Values::default() };
        let pools = self.config.users.iter().map(|(role, pool)| {
            let each = pool.iter().map(|user| {
                let facts = user_facts(user, &present);
                let plain = (*role == self.config.default_user).then(|| ("user".to_owned(), facts.clone()));
                let users = ("users".to_owned(), json!({ fact_name(role): facts }));
                values(plain.into_iter().chain([users]).collect())
            });
            (role.clone(), each.collect())
        });
        Present { users: pools.collect(), common: values(self.facts(&BTreeMap::new(), &present)) }
    }

    /// Gives every scenario that uses users up those that it will have, in the order of the suite, so that it does not depend
    /// on who comes first.
    fn reserve(&mut self, wants: &[Wants]) {
        let mut taken: BTreeSet<(String, usize)> = BTreeSet::new();
        for wants in wants.iter().filter(|wants| wants.spends.is_some()) {
            let first_free = self.suitable(wants).and_then(|fit| {
                let mut missing = Vec::new();
                let mut one = Fit::new();
                for (role, users) in fit {
                    match users.into_iter().find(|user| !taken.contains(&(role.clone(), *user))) {
                        Some(user) => _ = one.insert(role, vec![user]),
                        None => missing.push(format!("one more user `{role}` to be used up (`expendable = true`)")),
                    }
                }
                if missing.is_empty() { Ok(one) } else { Err(missing) }
            });
            for (role, users) in first_free.iter().flatten() {
                taken.extend(users.iter().map(|user| (role.clone(), *user)));
            }
            self.reserved.insert(wants.scenario.clone(), first_free);
        }
    }

    /// The users of each wanted role that a scenario may get; or the names of what is missing.
    fn fit(&self, wants: &Wants) -> Result<Fit, Vec<String>> {
        let reserved = wants.spends.as_ref().and_then(|_| self.reserved.get(&wants.scenario));
        reserved.map_or_else(|| self.suitable(wants), Clone::clone)
    }

    /// The users of each wanted role that have all that is wanted; or the names of what is missing.
    fn suitable(&self, wants: &Wants) -> Result<Fit, Vec<String>> {
        let mut missing: Vec<String> = wants.strangers.iter().map(|name| format!("the post of `{name}`")).collect();
        let mut by_role: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for path in &wants.paths {
            match self.role_of(path) {
                Some(role) => by_role.entry(role).or_default().push(path),
                None if supplied(&self.present.common, path) => {}
                None => missing.push(format!("`{path}`")),
            }
        }
        let mut fit = Fit::new();
        for (role, paths) in by_role {
            let pool = self.present.users.get(&role).map_or(&[][..], Vec::as_slice);
            let lacks = |user: &Values| paths.iter().filter(|path| !supplied(user, path)).copied().collect::<Vec<_>>();
            let has_all: Vec<usize> = (0..pool.len()).filter(|user| lacks(&pool[*user]).is_empty()).collect();
            if has_all.is_empty() {
                let lacking = pool.first().map(lacks).unwrap_or_default();
                match pool {
                    // Every single fact of nobody at all says no more than that there is nobody.
                    [] => missing.extend(
                        paths.first().and_then(|path| super::wants::person(path)).map(|who| format!("`{who}`")),
                    ),
                    _ => missing.extend(lacking.iter().map(|path| format!("`{path}`"))),
                }
                continue;
            }
            let expendable = |user: &usize| self.config.users[&role][*user].expendable;
            let spends = wants.spends.is_some();
            let will_do: Vec<usize> = has_all.into_iter().filter(|user| expendable(user) == spends).collect();
            if will_do.is_empty() {
                missing.push(match &wants.spends {
                    Some(why) => format!("a user `{role}` to be used up (`expendable = true`): {why}"),
                    None => format!("a user `{role}` who is not `expendable`"),
                });
            }
            fit.insert(role, will_do);
        }
        if missing.is_empty() { Ok(fit) } else { Err(missing) }
    }

    /// The role, as in the file, that a path is about.
    fn role_of(&self, path: &str) -> Option<String> {
        let person = super::wants::person(path)?;
        let Some(fact) = person.strip_prefix("users.") else { return Some(self.config.default_user.clone()) };
        let known = self.config.users.keys().find(|role| fact_name(role) == fact);
        Some(known.cloned().unwrap_or_else(|| fact.to_owned()))
    }

    fn facts(
        &self,
        users: &BTreeMap<String, usize>,
        secret: &dyn Fn(&SecretSource) -> Option<String>,
    ) -> Map<String, Value> {
        let named = |all: &BTreeMap<String, Settings>| -> Value {
            all.iter().map(|(name, settings)| (fact_name(name), told(settings, secret))).collect::<Map<_, _>>().into()
        };
        let mut facts = Map::new();
        facts.insert("env".into(), json!({ "id": self.config.environment.to_string() }));
        facts.insert("apps".into(), named(&self.config.apps));
        facts.insert("policies".into(), named(&self.config.policies));
        if let Some(worker) = &self.config.worker {
            let mut told = Map::new();
            told.insert("clientId".into(), worker.client_id.as_str().into());
            told.insert("clientSecret".into(), secret(&worker.client_secret).into());
            // Whether there is one is known before it is asked for.
            told.insert("accessToken".into(), secret(&worker.client_secret).map(|_| "").into());
            facts.insert("worker".into(), told.into());
        }
        let lent = users.iter().filter_map(|(role, at)| Some((role, self.config.users.get(role)?.get(*at)?)));
        let told: Map<String, Value> = lent.map(|(role, user)| (fact_name(role), user_facts(user, secret))).collect();
        if let Some(user) = told.get(&fact_name(&self.config.default_user)) {
            facts.insert("user".into(), user.clone());
        }
        facts.insert("users".into(), told.into());
        facts
    }

    /// Reads every secret that a scenario which can run may use; all problems at once (C01).
    fn resolve(&mut self, wants: &[&Wants], register: &Register) -> Vec<String> {
        let mut wanted: BTreeMap<SecretSource, String> = BTreeMap::new();
        for wants in wants {
            self.secrets_of(wants, &mut wanted);
        }
        let mut problems = Vec::new();
        for (source, name) in wanted {
            match source.resolve(&name, register) {
                Ok(read) => {
                    self.notes.extend(read.note);
                    self.secrets.insert(source, read.secret);
                }
                Err(error) => problems.push(error.to_string()),
            }
        }
        problems
    }

    /// The sources of the secrets that lie on or below the wanted paths.
    fn secrets_of(&self, wants: &Wants, found: &mut BTreeMap<SecretSource, String>) {
        let mut take = |path: &str, source: &SecretSource| {
            if wants.any(path) {
                let name = path.rsplit('.').next().unwrap_or(path);
                let name = if path.starts_with("worker.") { "worker-secret" } else { name };
                found.entry(source.clone()).or_insert_with(|| name.to_owned());
            }
        };
        if let Some(worker) = &self.config.worker {
            take("worker.clientSecret", &worker.client_secret);
            take("worker.accessToken", &worker.client_secret);
        }
        for (root, all) in [("apps", &self.config.apps), ("policies", &self.config.policies)] {
            all.iter()
                .for_each(|(name, settings)| secrets_in(settings, &format!("{root}.{}", fact_name(name)), &mut take));
        }
        for (role, pool) in &self.config.users {
            for user in pool {
                secrets_in(&user.settings, &format!("users.{}", fact_name(role)), &mut take);
                if *role == self.config.default_user {
                    secrets_in(&user.settings, "user", &mut take);
                }
            }
        }
    }

    /// The sources of codes of every user who may be lent.
    fn open_post(&mut self, wants: &[&Wants], register: &Register) -> Vec<String> {
        let mut problems = Vec::new();
        for (role, pool) in &self.config.users {
            let fact = format!("users.{}.otp", fact_name(role));
            let plain = *role == self.config.default_user;
            if !wants.iter().any(|wants| wants.any(&fact) || (plain && wants.any("user.otp"))) {
                continue;
            }
            for (at, user) in pool.iter().enumerate() {
                let Some(config) = &user.passcode else { continue };
                match config.resolve(register) {
                    Ok(source) => _ = self.passcodes.insert((role.clone(), at), source),
                    Err(error) => problems.push(format!("{}: {error}", user.span)),
                }
            }
        }
        problems
    }

    fn client(&self) -> Option<Client> {
        let worker = self.config.worker.as_ref()?;
        Some(Client {
            endpoint: endpoint(&self.config),
            id: worker.client_id.clone(),
            secret: self.secrets.get(&worker.client_secret.value)?.clone(),
            authentication: worker.authentication,
        })
    }
}

/// Where the worker gets its tokens.
pub fn endpoint(config: &TargetConfig) -> Url {
    below(config, &["as", "token"])
}

fn below(config: &TargetConfig, path: &[&str]) -> Url {
    let mut url = config.auth_path.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty();
        if config.environment_in_path {
            segments.push(&config.environment.to_string());
        }
        segments.extend(path);
    }
    url
}

fn root_certificates(path: &Path) -> Result<Vec<rustls::pki_types::CertificateDer<'static>>, String> {
    let text = std::fs::read(path).map_err(|error| format!("`ca`: cannot read {}: {error}", path.display()))?;
    roots(&text).map_err(|error| format!("`ca`: {}: {error}", path.display()))
}

fn supplied(facts: &Values, path: &str) -> bool {
    !matches!(facts.find(path), None | Some(Value::Null | Value::Bool(false)))
}

fn not_supplied(missing: &[String]) -> String {
    format!("the target does not supply {}", missing.join(", "))
}

fn told(settings: &Settings, secret: &dyn Fn(&SecretSource) -> Option<String>) -> Value {
    let value = |setting: &Setting| match setting {
        Setting::Plain(text) => Value::from(text.as_str()),
        Setting::Secret(source) => secret(source).into(),
        Setting::One(one) => told(one, secret),
        Setting::Several(several) => {
            several.iter().map(|(name, one)| (fact_name(name), told(one, secret))).collect::<Map<_, _>>().into()
        }
    };
    settings.iter().map(|(key, setting)| (fact_name(key), value(setting))).collect::<Map<_, _>>().into()
}

fn user_facts(user: &User, secret: &dyn Fn(&SecretSource) -> Option<String>) -> Value {
    let mut facts = told(&user.settings, secret);
    facts["otp"] = user.passcode.is_some().into();
    facts["push"] = user.push.is_some().into();
    facts
}

fn secrets_in(settings: &Settings, path: &str, take: &mut dyn FnMut(&str, &SecretSource)) {
    for (key, setting) in settings {
        if let Setting::Secret(source) = setting {
            take(&format!("{path}.{}", fact_name(key)), source);
        }
    }
}

/// Why a scenario does not begin.
#[derive(Debug)]
pub enum NotOpened {
    /// It is no scenario for this target.
    Skipped(String),
    /// The worker's credentials were refused, so that no scenario can be judged any more (Q07).
    Refused(String),
    /// Nobody can tell.
    Errored(String),
}

impl From<TokenError> for NotOpened {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::RefusedBefore(_) => Self::Skipped(error.to_string()),
            TokenError::Refused(_) => Self::Refused(error.to_string()),
            TokenError::NoAnswer(_) => Self::Errored(error.to_string()),
        }
    }
}

/// A scenario's stay at a real tenant; its users are given back when it ends.
#[derive(Debug)]
pub struct Visit {
    tenant: Arc<RealTenant>,
    transport: Transport,
    facts: Map<String, Value>,
    /// Why its users are not the same afterwards, if they are not.
    spends: Option<String>,
    lease: Lease,
    since: Mutex<DateTime<Utc>>,
    given: Mutex<HashMap<Sought, SecretString>>,
}

/// Whose code it is, what for, and since when it was asked for.
type Sought = (String, CodeKind, DateTime<Utc>);

impl Visit {
    /// The facts of this scenario.
    pub fn facts(&self) -> &Map<String, Value> {
        &self.facts
    }

    /// The users that the scenario uses up, and why.
    pub fn spent(&self) -> Vec<(String, String)> {
        let Some(why) = &self.spends else { return Vec::new() };
        self.people().map(|(_, _, known)| (known.name(), why.clone())).collect()
    }

    /// Has the push that waits for one of the users on loan answered.
    ///
    /// # Errors
    /// With the reason why it was not.
    pub async fn push(&self, user: &str, answer: &'static str) -> Result<(), String> {
        let person = self.people().find_map(|(role, at, known)| {
            let source = self.tenant.config.users.get(role)?.get(at)?.push.as_ref()?;
            known.is_called(user).then_some((source, known))
        });
        let (source, known) = person.ok_or_else(|| format!("nobody answers the pushes of `{user}` at this target"))?;
        source.answer(&known.0, answer).await
    }

    /// The users on loan: role, place in the pool, and who it is.
    fn people(&self) -> impl Iterator<Item = (&str, usize, Known)> {
        self.lease.users().iter().filter_map(|(role, at)| {
            let user = self.tenant.config.users.get(role)?.get(*at)?;
            Some((role.as_str(), *at, recipient_of(&user.settings)))
        })
    }

    /// The worker's token, as it is good now.
    ///
    /// # Errors
    /// When there is none any more.
    pub async fn token(&self) -> Result<Option<SecretString>, TokenError> {
        match &self.tenant.tokens {
            Some(tokens) => tokens.current(&self.transport).await.map(Some),
            None => Ok(None),
        }
    }

    /// Another token than the one that was refused.
    ///
    /// # Errors
    /// When there is none any more.
    pub async fn token_instead_of(&self, refused: &str) -> Result<Option<SecretString>, TokenError> {
        match &self.tenant.tokens {
            Some(tokens) => tokens.instead_of(refused, &self.transport).await.map(Some),
            None => Ok(None),
        }
    }

    /// Codes that were sent before are of no interest any more: something that sends one was asked for at this time.
    pub fn asked_at(&self, time: DateTime<Utc>) {
        *self.since.locked() = time;
    }

    /// The code that was sent to one of the users on loan.
    ///
    /// # Errors
    /// With the reason why there is none.
    pub async fn code(&self, recipient: &str, kind: CodeKind) -> Result<SecretString, String> {
        let person = self.people().find_map(|(role, at, known)| {
            let source = self.tenant.passcodes.get(&(role.to_owned(), at))?;
            known.is_called(recipient).then_some((source, known))
        });
        let (source, known) = person.ok_or_else(|| format!("nobody reads the post of `{recipient}` at this target"))?;
        let since = *self.since.locked();
        let sought = (known.name(), kind, since);
        // A message is given out once; until another one was asked for, it is still the newest.
        if let Some(code) = self.given().get(&sought) {
            return Ok(code.clone());
        }
        let code = source.code(kind, &known.0, since).await.map_err(|error| error.to_string())?;
        self.given().insert(sought, code.clone());
        Ok(code)
    }

    fn given(&self) -> MutexGuard<'_, HashMap<Sought, SecretString>> {
        self.given.locked()
    }
}

/// A user as those know him who send post.
struct Known(Recipient);

fn recipient_of(settings: &Settings) -> Known {
    let text = |key: &str| match settings.get(key) {
        Some(Setting::Plain(text)) => Some(text.clone()),
        _ => None,
    };
    Known(Recipient { id: text("id"), username: text("username"), email: text("email"), phone: text("phone") })
}

impl Known {
    fn name(&self) -> String {
        self.0.id.clone().or_else(|| self.0.username.clone()).unwrap_or_default()
    }

    fn is_called(&self, name: &str) -> bool {
        let Recipient { id, username, email, phone } = &self.0;
        [id, username, email, phone].into_iter().flatten().any(|known| known == name)
    }
}
