//! A server of any API as scenarios see it: facts from the configuration, and credentials by the contract's security schemes.
//!
//! There is no clock to move, no limit to set and nobody's code to read: what needs these is skipped, by name.
//!
//! Deliberately not here: what the configuration may say (`config`), and what each credential is ([`credential`]).

mod credential;
mod error;

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use self::credential::Credential;
pub(crate) use self::error::{AdmissionError, ServerError};
use super::real_tenant::NotOpened;
use super::wants::Wants;
use crate::auth::login::{SignedIn, UserSession};
use crate::auth::token::TokenError;
use crate::base::text::code_list;
use crate::client::{TransportOptions, roots_in};
use crate::config::secret_source::SecretError;
use crate::config::server::{self, ServerValue, is_open};
use crate::config::{AuthFile, ServerConfig};
use crate::contract::{Contract, Location, Operation, SecurityScheme};
use crate::record::redaction::Register;
use crate::scenario::model::{Call, Scenario, Without};

/// A server that requests go to.
#[derive(Debug)]
pub(crate) struct ApiServer {
    name: String,
    base: Url,
    /// What the paths of some operations are below instead, by their names.
    elsewhere: BTreeMap<String, Url>,
    headers: HeaderMap,
    credentials: BTreeMap<String, Credential>,
    user: Option<UserSession>,
    facts: Arc<Map<String, Value>>,
    transport: TransportOptions,
    notes: Vec<String>,
}

/// Where a server is, and what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct ServerPlace {
    /// Its name, or its URL.
    pub name: String,
    /// What all paths of the contract are below.
    pub base: Url,
    /// Whether that is the address in the contract, so that single paths and operations have their own, too.
    pub is_documented: bool,
    /// What the configuration says of it.
    pub config: Option<ServerConfig>,
    /// Header fields that every request has; their values are secret.
    pub headers: Vec<(HeaderName, SecretString)>,
    /// The file of the user as whom requests are sent, where it is not the configuration's.
    pub auth: Option<AuthFile>,
}

impl ApiServer {
    /// Gets a server ready for these scenarios: reads secrets, which are registered as they are read. Nothing is sent.
    ///
    /// # Errors
    /// With everything that is missing or cannot be used.
    pub(crate) fn new(
        place: ServerPlace,
        transport: TransportOptions,
        scenarios: &[Scenario],
        contract: &Contract,
        register: &Register,
    ) -> Result<Self, Vec<ServerError>> {
        let mut server = Self {
            elsewhere: elsewhere(&place, contract),
            name: place.name,
            base: place.base,
            headers: HeaderMap::new(),
            credentials: BTreeMap::new(),
            user: None,
            facts: Arc::default(),
            transport,
            notes: Vec::new(),
        };
        let mut problems = Vec::new();
        for (name, value) in &place.headers {
            register.learn(name.as_str(), value);
            // `Bearer` and the like are no part of the secret.
            if let Some((_, secret)) = value.expose_secret().split_once(' ') {
                register.learn(name.as_str(), &secret.into());
            }
            problems.extend(server.header(name.as_str(), value.expose_secret()).err());
        }
        if let Some(config) = &place.config {
            problems.extend(server.configure(config, contract, register));
        }
        let auth = place.auth.or_else(|| place.config.and_then(|config| config.auth));
        problems.extend(auth.and_then(|auth| server.sign_in_as(&auth, register).err()));
        if server.shows_secrets_in_clear() {
            problems.push(ServerError::Open);
        }
        if problems.is_empty() {
            problems.extend(server.shut_out(scenarios, contract));
        }
        if problems.is_empty() { Ok(server) } else { Err(problems) }
    }

    fn configure(&mut self, config: &ServerConfig, contract: &Contract, register: &Register) -> Vec<ServerError> {
        let mut problems = Vec::new();
        if let Some(ca) = &config.ca {
            match roots_in(ca) {
                Ok(roots) => self.transport.extra_roots.extend(roots),
                Err(error) => problems.push(ServerError::Roots { file: ca.display().to_string(), error }),
            }
        }
        for (scheme, credentials) in &config.credentials {
            match credential::of(scheme, credentials, contract, &self.base, register) {
                Ok((credential, note)) => {
                    self.notes.extend(note);
                    self.credentials.insert(scheme.clone(), credential);
                }
                Err(error) => problems.push(error),
            }
        }
        for (name, value) in &config.headers {
            let known = self.headers.contains_key(name.as_str());
            match value_of(name, value, register) {
                Ok(text) if !known => problems.extend(self.header(name, &as_text(&text)).err()),
                Ok(_) => {}
                Err(error) => problems.push(error.into()),
            }
        }
        let mut facts = Map::new();
        for (name, value) in &config.facts {
            match value_of(name, value, register) {
                Ok(value) => _ = facts.insert(name.clone(), value),
                Err(error) => problems.push(error.into()),
            }
        }
        self.facts = Arc::new(Map::from_iter([("facts".to_owned(), facts.into())]));
        problems
    }

    /// Reads the user as whom requests are sent.
    fn sign_in_as(&mut self, auth: &AuthFile, register: &Register) -> Result<(), ServerError> {
        let user = server::user(auth)?;
        self.notes.push(format!("requests are sent as the user `{}` of {}", user.name, auth.file.display()));
        self.notes.extend(user.note.clone());
        self.user = Some(UserSession::new(user, &self.base, register));
        Ok(())
    }

    fn shows_secrets_in_clear(&self) -> bool {
        let secret = !self.headers.is_empty() || !self.credentials.is_empty() || self.user.is_some();
        let mut places = std::iter::once(&self.base).chain(self.elsewhere.values());
        let login = self.user.as_ref().and_then(UserSession::elsewhere);
        let open = secret && places.any(is_open) || login.is_some_and(is_open);
        open && !self.transport.insecure
    }

    fn header(&mut self, name: &str, value: &str) -> Result<(), ServerError> {
        let unfit = || ServerError::Header(name.to_owned());
        let mut text = HeaderValue::from_str(value).map_err(|_| unfit())?;
        text.set_sensitive(true);
        self.headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?, text);
        Ok(())
    }

    /// The name in the configuration, or the URL.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What all paths of the contract are below.
    pub(crate) fn base_url(&self) -> Url {
        self.base.clone()
    }

    /// How requests get there.
    pub(crate) fn transport(&self) -> TransportOptions {
        self.transport.clone()
    }

    /// What a reader of the report must know.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Opens a session for a scenario.
    ///
    /// # Errors
    /// With the reason to skip the scenario.
    pub(crate) fn open(self: Arc<Self>, scenario: &Scenario, contract: &Contract) -> Result<ServerSession, NotOpened> {
        let wants = Wants::of(scenario, contract);
        let missing = self.missing_facts(&wants);
        if !missing.is_empty() {
            return Err(NotOpened::Skipped(format!("the target does not supply {}", code_list(missing))));
        }
        match self.missing_schemes(scenario, contract) {
            Some(asked) => Err(NotOpened::Skipped(format!("the target has no credentials for {asked}"))),
            None => Ok(ServerSession { server: self }),
        }
    }

    /// What a scenario wants that only a stand-in or a tenant of PingOne has, or that the configuration does not say.
    fn missing_facts<'w>(&self, wants: &'w Wants) -> Vec<&'w str> {
        let facts = Value::Object(Map::clone(&self.facts));
        let known = |path: &str| facts.pointer(&format!("/{}", path.replace('.', "/"))).is_some();
        let paths = wants.paths.iter().map(String::as_str).filter(|path| *path != "worker.accessToken");
        let missing = paths.filter(|path| !known(path));
        missing.chain(wants.strangers.iter().map(|_| "codes that were sent to somebody")).collect()
    }

    /// The problem where no scenario at all could be let in.
    fn shut_out(&self, scenarios: &[Scenario], contract: &Contract) -> Option<ServerError> {
        let missing = scenarios.iter().map(|scenario| self.missing_schemes(scenario, contract));
        let missing: Option<Vec<String>> = missing.collect();
        let asked = missing.filter(|missing| !missing.is_empty())?.swap_remove(0);
        Some(ServerError::NoCredentials { asked })
    }

    /// The security schemes of the first call of a scenario that could not be let in.
    fn missing_schemes(&self, scenario: &Scenario, contract: &Contract) -> Option<String> {
        let calls = scenario.steps.iter().filter_map(|step| step.call()).filter(|call| !brings_its_own(call));
        let operations = calls.filter_map(|call| contract.operation(&call.operation));
        let shut = operations.filter(|operation| self.way(contract, operation).is_none());
        let ways = |operation: &Operation| {
            let ways = operation.security.iter().map(|way| code_list(way.iter().map(String::as_str)));
            ways.collect::<Vec<_>>().join(" or ")
        };
        shut.map(ways).next()
    }

    /// The security schemes by which an operation lets us in: the first way for which there is everything.
    fn way<'o>(&self, contract: &Contract, operation: &'o Operation) -> Option<&'o [String]> {
        let possible = |way: &&Vec<String>| way.iter().all(|scheme| self.has(contract, scheme));
        let with_credentials = operation.security.iter().filter(|way| !way.is_empty()).find(possible);
        let without = || operation.security.is_empty() || operation.security.iter().any(Vec::is_empty);
        with_credentials.map(Vec::as_slice).or_else(|| without().then_some(&[]))
    }

    /// Whether there are credentials for a scheme, a header field that holds them, or a user, who has what it takes.
    fn has(&self, contract: &Contract, scheme: &str) -> bool {
        if self.user.is_some() {
            return true;
        }
        let header = || contract.security_scheme(scheme).and_then(SecurityScheme::header);
        self.credentials.contains_key(scheme) || header().is_some_and(|name| self.headers.contains_key(name))
    }
}

/// Where the servers are that operations have of their own: as the configuration says, or else as the contract does where the
/// contract says where all others go, too.
fn elsewhere(place: &ServerPlace, contract: &Contract) -> BTreeMap<String, Url> {
    let known = place.config.as_ref().map(|config| &config.servers);
    let own = contract.operations().iter().filter_map(|operation| {
        let own = contract.own_server(operation)?;
        let named = known.and_then(|known| known.get(&own.written).cloned());
        let documented = || place.base.join(&own.address).ok().filter(|_| place.is_documented);
        Some((operation.name.clone(), named.or_else(documented)?))
    });
    own.collect()
}

/// Whether a call says itself what it is let in by.
fn brings_its_own(call: &Call) -> bool {
    let without = call.without.iter().any(|without| without.value == Without::Authorization);
    let own = |name: &str| call.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
    without || call.invalid || call.is_elsewhere() || own("authorization") || own("cookie")
}

/// What one scenario has of a server.
#[derive(Debug)]
pub(crate) struct ServerSession {
    server: Arc<ApiServer>,
}

/// What goes into a request so that it is let in.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    /// Header fields.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Pairs of the query.
    pub(crate) query: Vec<(String, String)>,
    /// Cookies.
    pub(crate) cookies: Vec<(String, String)>,
    /// The token that can be had again, where there is one.
    pub(crate) token: Option<SecretString>,
}

impl ServerSession {
    /// The facts that the configuration supplies.
    pub(crate) fn facts(&self) -> Arc<Map<String, Value>> {
        Arc::clone(&self.server.facts)
    }

    /// What the path of an operation is below, if that is not what all paths are below.
    pub(crate) fn elsewhere(&self, operation: &Operation) -> Option<Url> {
        self.server.elsewhere.get(&operation.name).cloned()
    }

    /// The header fields that every request has.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.server.headers
    }

    /// What an operation asks for, as far as there is something.
    ///
    /// # Errors
    /// When there is no token, or nobody can be signed in.
    pub(crate) async fn admission(
        &self,
        contract: &Contract,
        operation: &Operation,
    ) -> Result<Admission, AdmissionError> {
        let mut admission = Admission::default();
        for scheme in self.server.way(contract, operation).unwrap_or_default() {
            if let (Some(credential), Some(kind)) =
                (self.server.credentials.get(scheme), contract.security_scheme(scheme))
            {
                let secret = credential.secret(&self.server.transport).await?;
                admission.add(kind, credential, secret);
            }
        }
        if let Some(user) = &self.server.user {
            let SignedIn { headers, query, cookies } = user.current(&self.server.transport).await?;
            admission.headers.extend(headers);
            admission.query.extend(query);
            admission.cookies.extend(cookies);
        }
        Ok(admission)
    }

    /// Another token than the one that was refused; `None` where there is no other.
    ///
    /// # Errors
    /// When there is none any more.
    pub(crate) async fn token_instead_of(&self, refused: &str) -> Result<Option<SecretString>, TokenError> {
        for credential in self.server.credentials.values() {
            if let Some(other) = credential.instead_of(refused, &self.server.transport).await? {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }
}

impl Admission {
    fn add(&mut self, kind: &SecurityScheme, credential: &Credential, secret: SecretString) {
        let text = secret.expose_secret();
        match kind {
            SecurityScheme::ApiKey { location: Location::Query, name } => {
                self.query.push((name.clone(), text.to_owned()));
            }
            SecurityScheme::ApiKey { location: Location::Cookie, name } => {
                self.cookies.push((name.clone(), text.to_owned()));
            }
            kind => {
                let name = HeaderName::from_bytes(kind.header().unwrap_or_default().as_bytes()).ok();
                let value = HeaderValue::from_str(&format!("{}{text}", credential.prefix())).ok();
                self.headers.extend(name.zip(value));
            }
        }
        if credential.can_renew() {
            self.token = Some(secret);
        }
    }
}

fn value_of(name: &str, value: &ServerValue, register: &Register) -> Result<Value, SecretError> {
    match value {
        ServerValue::Plain(value) => Ok(value.clone()),
        ServerValue::Secret(source) => {
            Ok(source.resolve(&name.to_ascii_lowercase(), register)?.secret.expose_secret().into())
        }
    }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
