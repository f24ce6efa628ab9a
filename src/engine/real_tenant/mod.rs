//! A real tenant as scenarios see it: facts from the configuration, leased users, one token for all, and codes from wherever
//! they arrive for the users.
//!
//! There is no clock to move and no limit to set: what needs these is skipped, by name, unless it can be waited for. A scenario that changes or locks its
//! users gets some that nobody else gets, or does not run.
//!
//! Deliberately not here: how tokens and codes are got (`auth`), and what the configuration may say (`config`).

mod candidates;
mod facts;
mod ledger;
mod outlook;
mod secrets;
pub(super) mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use self::candidates::{Candidates, Missing};
use self::facts::facts;
pub(crate) use self::ledger::Ledger;
use self::ledger::LedgerError;
pub(crate) use self::outlook::Outlook;
use self::session::{Codes, LeasedUser, Received, TenantSession, WorkerToken};
use super::leases::{Lease, Pools};
use super::wants::Wants;
use crate::auth::passcode::{PasscodeSource, Recipient, UsedCodes};
use crate::auth::token::{TokenError, Tokens, WorkerClient};
use crate::base::source::Span;
use crate::base::sync::LockAnyway;
use crate::client::{RootsError, Transport, TransportOptions, roots_in};
use crate::config::passcode::{PasscodeConfig, ResolveError};
use crate::config::secret_source::SecretError;
use crate::config::target::{TargetFact, UserConfig, fact_name};
use crate::config::{SecretSource, TargetConfig};
use crate::record::ShardRecord;
use crate::record::redaction::Register;

/// A tenant that somebody else runs.
#[derive(Debug)]
pub(crate) struct RealTenant {
    config: TargetConfig,
    /// What all paths of the contract are below.
    base: Url,
    secrets: BTreeMap<SecretSource, SecretString>,
    passcodes: BTreeMap<(String, usize), Codes>,
    /// Where codes of people arrive who are no users: by address, and by number.
    mailbox: Option<[Arc<PasscodeSource>; 2]>,
    tokens: Option<Arc<Tokens>>,
    candidates: Candidates,
    ledger: Ledger,
    pools: Arc<Pools>,
    used_codes: Arc<UsedCodes>,
    /// Scenarios that have used up their users.
    used_up: Mutex<BTreeSet<String>>,
    transport: TransportOptions,
    notes: Vec<String>,
}

/// Why a tenant cannot be used as it is configured. The text holds no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TenantError {
    /// The file of root certificates cannot be used.
    #[error("{span}: `ca`: {file}: {error}")]
    Roots {
        /// Where the file is named.
        span: Span,
        /// Its name.
        file: String,
        /// What is wrong.
        error: RootsError,
    },
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A user's source of codes cannot be used.
    #[error("{span}: {error}")]
    Passcode {
        /// Where the user stands.
        span: Span,
        /// What is wrong.
        error: ResolveError,
    },
    /// The list of users that are used up cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Why a scenario does not begin.
#[derive(Debug)]
pub(crate) enum NotOpened {
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

impl From<Missing> for NotOpened {
    fn from(missing: Missing) -> Self {
        Self::Skipped(missing.to_string())
    }
}

impl RealTenant {
    /// Gets ready what these scenarios want: certificates, secrets and sources of codes. Secrets are registered as
    /// they are read. Nothing is sent.
    ///
    /// # Errors
    /// With everything that is missing or cannot be used.
    pub(crate) fn new(
        config: TargetConfig,
        base: Url,
        transport: TransportOptions,
        wants: &[Wants],
        shard: Option<ShardRecord>,
        register: &Register,
    ) -> Result<Self, Vec<TenantError>> {
        let ledger = Ledger::read(config.used_users.clone(), config.environment.to_string());
        let ledger = ledger.map_err(|error| vec![error.into()])?;
        let mut tenant = Self {
            candidates: Candidates::new(&config, wants, &ledger, shard),
            ledger,
            pools: Pools::new(config.users.iter().map(|(role, pool)| (role, pool.len()))),
            used_codes: Arc::default(),
            used_up: Mutex::default(),
            base,
            transport,
            config,
            secrets: BTreeMap::new(),
            passcodes: BTreeMap::new(),
            mailbox: None,
            tokens: None,
            notes: Vec::new(),
        };
        let mut problems: Vec<TenantError> = tenant.trust().err().into_iter().collect();
        let possible: Vec<&Wants> = wants.iter().filter(|wants| tenant.supplies(wants)).collect();
        problems.extend(tenant.read_secrets(&possible, register));
        problems.extend(tenant.open_passcodes(&possible, register));
        if tenant.transport.insecure {
            tenant.notes.insert(0, "TLS NOT VERIFIED: anybody may have answered in the tenant's place".into());
        }
        tenant.tokens = tenant.client().map(|client| Arc::new(Tokens::new(client, register.clone())));
        if problems.is_empty() { Ok(tenant) } else { Err(problems) }
    }

    /// What all paths of the contract are below.
    pub(crate) fn base_url(&self) -> Url {
        self.base.clone()
    }

    /// Where the environment describes itself to anybody.
    pub(crate) fn description(&self) -> Url {
        self.config.environment_url(&["as", ".well-known", "openid-configuration"])
    }

    /// The environment.
    pub(crate) fn environment(&self) -> String {
        self.config.environment.to_string()
    }

    /// The name in the configuration.
    pub(crate) fn name(&self) -> &str {
        &self.config.name
    }

    /// How requests get there.
    pub(crate) fn transport(&self) -> TransportOptions {
        self.transport.clone()
    }

    /// What a reader of the report must know.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether a scenario would run here.
    pub(crate) fn supplies(&self, wants: &Wants) -> bool {
        self.candidates.fit(wants).is_ok()
    }

    /// Whether a scenario would run here if no other one took its users.
    pub(crate) fn could_supply(&self, wants: &Wants) -> bool {
        self.candidates.suitable(wants).is_ok()
    }

    /// Opens a session for a scenario: waits until all its users are free, and makes its facts.
    ///
    /// # Errors
    /// With the reason to skip the scenario, or the reason why nobody can tell.
    pub(crate) async fn open(&self, transport: &Transport, wants: &Wants) -> Result<TenantSession, NotOpened> {
        let fit = self.candidates.fit(wants)?;
        if self.used_up().contains(&wants.scenario) {
            return Err(NotOpened::Skipped("its users were used up by the first try".into()));
        }
        let token = match &self.tokens {
            Some(tokens) if wants.any("worker.accessToken") => Some(tokens.current(transport).await?),
            _ => None,
        };
        let lease = self.pools.acquire(&fit).await;
        if let Some(why) = wants.uses_up.as_ref().filter(|_| !fit.is_empty()) {
            self.used_up().insert(wants.scenario.clone());
            self.note_used_up(&lease, &wants.scenario, why)?;
        }
        let mut facts = self.facts(&lease, token);
        if wants.can_wait(self.config.longest_wait.unwrap_or_default()) {
            facts.insert("clock".into(), true.into());
        }
        Ok(TenantSession {
            facts: Arc::new(facts),
            token: WorkerToken { tokens: self.tokens.clone(), transport: transport.clone() },
            mailbox: self.mailbox.clone(),
            users: lease.users().iter().filter_map(|(role, at)| self.leased(role, *at)).collect(),
            uses_up: wants.uses_up.clone(),
            used_codes: Arc::clone(&self.used_codes),
            received: Received::new(),
            _lease: lease,
        })
    }

    fn facts(&self, lease: &Lease, token: Option<SecretString>) -> Map<String, Value> {
        let known = |source: &SecretSource| self.secrets.get(source).map(|secret| secret.expose_secret().to_owned());
        let mut facts = facts(&self.config, lease.users(), &known);
        if let (Some(token), Some(Value::Object(worker))) = (token, facts.get_mut("worker")) {
            worker.insert("accessToken".into(), token.expose_secret().into());
        }
        facts
    }

    fn leased(&self, role: &str, at: usize) -> Option<LeasedUser> {
        let user = self.config.users.get(role)?.get(at)?;
        let codes = self.passcodes.get(&(role.to_owned(), at)).cloned().unwrap_or_default();
        Some(LeasedUser { recipient: recipient(user), codes, pushes: user.push.clone() })
    }

    /// Notes for later runs who is used up, before anything is sent.
    fn note_used_up(&self, lease: &Lease, scenario: &str, why: &str) -> Result<(), NotOpened> {
        let named = |(role, at): (&'_ String, &usize)| {
            let user = self.config.users.get(role)?.get(*at)?;
            Some((user.name().to_owned(), role.clone()))
        };
        let users: Vec<(String, String)> = lease.users().iter().filter_map(named).collect();
        let users = users.iter().map(|(user, role)| (user.as_str(), role.as_str()));
        self.ledger.add(users, scenario, why).map_err(|error| NotOpened::Errored(error.to_string()))
    }

    fn used_up(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.used_up.locked()
    }

    /// One more root certificate (L10).
    fn trust(&mut self) -> Result<(), TenantError> {
        let Some(ca) = &self.config.ca else { return Ok(()) };
        let roots = roots_in(ca).map_err(|error| {
            let (span, file) = (ca.span.clone(), ca.display().to_string());
            TenantError::Roots { span, file, error }
        })?;
        self.transport.extra_roots.extend(roots);
        Ok(())
    }

    /// Reads every secret that a scenario which can run may use; all problems at once (C01).
    fn read_secrets(&mut self, wants: &[&Wants], register: &Register) -> Vec<TenantError> {
        let mut problems = Vec::new();
        for (source, name) in secrets::wanted(&self.config, wants) {
            match source.resolve(&name, register) {
                Ok(read) => {
                    self.notes.extend(read.note);
                    self.secrets.insert(source, read.secret);
                }
                Err(error) => problems.push(error.into()),
            }
        }
        problems
    }

    /// Opens the sources of codes of every user whom one of these scenarios may get.
    fn open_passcodes(&mut self, wants: &[&Wants], register: &Register) -> Vec<TenantError> {
        let mut problems = Vec::new();
        for (role, pool) in &self.config.users {
            let is_default = *role == self.config.default_user;
            let of_role = |fact: &str| format!("users.{}.{fact}", fact_name(role));
            let wanted = |wants: &&Wants, fact: &str| {
                wants.any(&of_role(fact)) || (is_default && wants.any(&format!("user.{fact}")))
            };
            if !wants.iter().any(|wants| wanted(wants, "otp") || wanted(wants, "mail")) {
                continue;
            }
            for (at, user) in pool.iter().enumerate() {
                match codes(user, register) {
                    Ok(codes) => _ = self.passcodes.insert((role.clone(), at), codes),
                    Err(error) => problems.push(TenantError::Passcode { span: user.span.clone(), error }),
                }
            }
        }
        if wants.iter().any(|wants| !wants.strangers.is_empty())
            && let Err(error) = self.open_mailbox(register)
        {
            problems.push(error);
        }
        problems
    }

    fn open_mailbox(&mut self, register: &Register) -> Result<(), TenantError> {
        let Some(mailbox) = &self.config.mailbox else { return Ok(()) };
        let open = |phone| PasscodeConfig::Http(Box::new(mailbox.inbox(phone))).resolve(register).map(Arc::new);
        let opened = open(false).and_then(|by_address| Ok([by_address, open(true)?]));
        let unusable = |error| TenantError::Passcode { span: self.config.name.span.clone(), error };
        self.mailbox = Some(opened.map_err(unusable)?);
        Ok(())
    }

    fn client(&self) -> Option<WorkerClient> {
        let worker = self.config.worker.as_ref()?;
        Some(WorkerClient {
            endpoint: self.config.environment_url(&["as", "token"]),
            id: worker.client_id.clone(),
            secret: self.secrets.get(&worker.client_secret.value)?.clone(),
            authentication: worker.authentication,
            scope: None,
        })
    }
}

/// The sources of a user's codes.
fn codes(user: &UserConfig, register: &Register) -> Result<Codes, ResolveError> {
    let open = |passcode: &PasscodeConfig| passcode.resolve(register).map(Arc::new);
    let mut of_devices = BTreeMap::new();
    for (device, passcode) in &user.device_passcodes {
        of_devices.insert(device.clone(), open(passcode)?);
    }
    Ok(Codes { usual: user.passcode.as_ref().map(open).transpose()?, of_devices })
}

/// A user as those know him who send codes.
fn recipient(user: &UserConfig) -> Recipient {
    let text = |key: &str| match user.settings.get(key) {
        Some(TargetFact::Plain(text)) => Some(text.clone()),
        _ => None,
    };
    Recipient { id: text("id"), username: text("username"), email: text("email"), phone: text("phone") }
}
