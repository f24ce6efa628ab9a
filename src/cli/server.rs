//! The server of any API that a command goes to: named in `flowproof.toml`, by its URL, or in the contract itself.
//!
//! Deliberately not here: what becomes of it in a run (`run`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use http::HeaderName;
use secrecy::SecretString;
use url::Url;

use super::errors::{NoTarget, OptionsError};
use crate::base::source::Spanned;
use crate::config::server::base_url;
use crate::config::{AuthFile, Config, ServerConfig};
use crate::contract::{self, Contract};
use crate::run::ServerChoice;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ServerArgs {
    /// A header field for every request, such as 'Authorization: Bearer …'; its value is masked like every secret
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The value of a variable in the address of the contract's first server
    #[arg(long, value_name = "NAME=VALUE")]
    server_variable: Vec<String>,
    /// A file of users in the format of Web Fuzzing Commons; requests are sent as its first user
    #[arg(long, value_name = "FILE")]
    auth: Option<PathBuf>,
    /// Another user of that file
    #[arg(long, value_name = "NAME", requires = "auth")]
    auth_user: Option<String>,
}

/// Where a target is, whatever its kind.
pub(super) struct Where {
    /// Its name, or its URL.
    pub(super) name: String,
    /// What all paths are below.
    pub(super) base: Url,
    /// One of the two switches that leave TLS unverified.
    pub(super) insecure: bool,
    /// One more root certificate, as PEM.
    pub(super) ca: Option<Spanned<PathBuf>>,
}

impl ServerArgs {
    /// Whether anything is said that only a server of any API understands.
    pub(super) fn is_empty(&self) -> bool {
        self.header.is_empty() && self.server_variable.is_empty() && self.auth.is_none()
    }

    /// Whether a header field is among those given.
    pub(super) fn has_header(&self, name: &str) -> bool {
        let names = self.header.iter().filter_map(|given| given.split_once(':'));
        names.map(|(name, _)| name.trim()).any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The file of the user as whom requests are sent.
    pub(super) fn auth(&self) -> Option<AuthFile> {
        self.auth.clone().map(|file| AuthFile { file, user: self.auth_user.clone() })
    }

    /// The same without variables, once the address is known.
    pub(super) fn without_variables(self) -> Self {
        Self { server_variable: Vec::new(), ..self }
    }

    /// The address that a target names, and how it may be reached.
    pub(super) fn place(
        &self,
        target: Option<&str>,
        config: &Config,
        contract: &Contract,
    ) -> Result<Where, OptionsError> {
        let ServerChoice { name, base, config, .. } = self.choice(target, false, config, contract)?;
        let insecure = config.as_ref().is_some_and(|config| config.insecure);
        Ok(Where { name, base, insecure, ca: config.and_then(|config| config.ca) })
    }

    /// The server that a target names. Without a name, the only one of the configuration, or else the contract's own.
    pub(super) fn choice(
        &self,
        target: Option<&str>,
        insecure: bool,
        config: &Config,
        contract: &Contract,
    ) -> Result<ServerChoice, OptionsError> {
        let headers = self.headers()?;
        let of_document = |config: Option<&ServerConfig>| self.of_document(config, contract);
        let only = || config.servers.values().next().filter(|_| config.servers.len() == 1);
        let configured = match target {
            Some(name) => config.servers.get(name),
            None => only(),
        };
        let (name, base) = match (configured, target) {
            (Some(server), _) => {
                let base = server.url.clone().map_or_else(|| of_document(Some(server)), Ok)?;
                (server.name.value.clone(), base)
            }
            (None, Some(url)) if url.contains("://") => {
                let base = base_url(url).map_err(|(message, help)| OptionsError::BaseUrl(message, help))?;
                (base.to_string(), base)
            }
            (None, Some(name)) => return Err(NoTarget::new(name, config).into()),
            (None, None) if config.servers.len() > 1 => {
                let names = config.servers.keys().cloned().collect::<Vec<_>>().join(", ");
                return Err(OptionsError::WhichServer(names));
            }
            (None, None) => {
                let base = of_document(None)?;
                (base.to_string(), base)
            }
        };
        if insecure && configured.is_none() {
            return Err(OptionsError::SwitchWithoutTarget);
        }
        let is_documented =
            target.is_none_or(|target| !target.contains("://")) && configured.is_none_or(|server| server.url.is_none());
        let (config, auth) = (configured.cloned(), self.auth());
        Ok(ServerChoice { name, base, is_documented, config, headers, auth, insecure })
    }

    fn of_document(&self, config: Option<&ServerConfig>, contract: &Contract) -> Result<url::Url, OptionsError> {
        let mut variables: BTreeMap<String, String> = config.map(|config| config.variables.clone()).unwrap_or_default();
        for given in &self.server_variable {
            let (name, value) = given.split_once('=').ok_or_else(|| OptionsError::Variable(given.clone()))?;
            variables.insert(name.to_owned(), value.to_owned());
        }
        Ok(contract::base_url(contract.document(), &variables)?)
    }

    fn headers(&self) -> Result<Vec<(HeaderName, SecretString)>, OptionsError> {
        let header = |given: &String| {
            let (name, value) = given.split_once(':')?;
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            let value = value.trim();
            (!value.is_empty()).then(|| (name, SecretString::from(value)))
        };
        // What was written may be a secret, so it is not repeated.
        self.header.iter().map(|given| header(given).ok_or(OptionsError::Header)).collect()
    }
}
