//! A server of any API made ready for a run: its two-part switch, and what the scenarios need of it.
//!
//! Deliberately not here: what scenarios do there (`engine`).

use std::sync::Arc;

use http::HeaderName;
use secrecy::SecretString;
use url::Url;

use super::errors::StartError;
use crate::client::TransportOptions;
use crate::config::{AuthFile, ServerConfig};
use crate::contract::Contract;
use crate::engine::{ApiServer, ServerPlace, Target};
use crate::record::redaction::Register;
use crate::scenario::model::Scenario;

/// A server of any API, and what the command line says of it.
#[derive(Debug, Clone)]
pub struct ServerChoice {
    /// Its name in the configuration, or its URL.
    pub name: String,
    /// What all paths of the contract are below.
    pub base: Url,
    /// Whether that is the address in the contract, so that single paths and operations have their own, too.
    pub is_documented: bool,
    /// What the configuration says of it.
    pub config: Option<ServerConfig>,
    /// Header fields that every request has; their values are secret.
    pub headers: Vec<(HeaderName, SecretString)>,
    /// The file of the user as whom requests are sent, where the command line names one.
    pub auth: Option<AuthFile>,
    /// `--insecure`: the second switch that leaves TLS unverified.
    pub insecure: bool,
}

impl ServerChoice {
    /// The server at an address, of which nothing else is said.
    pub(super) fn at(base: Url) -> Self {
        let (name, headers) = (base.to_string(), Vec::new());
        Self { name, base, is_documented: false, config: None, headers, auth: None, insecure: false }
    }

    /// Gets the server ready for these scenarios, or says everything that is against it. Nothing is sent.
    pub(super) fn target(
        &self,
        scenarios: &[Scenario],
        contract: &Contract,
        transport: &TransportOptions,
        register: &Register,
    ) -> Result<Target, StartError> {
        let unusable = |problems| StartError::Unusable { name: self.name.clone(), problems };
        let configured = self.config.as_ref().is_some_and(|config| config.insecure);
        if configured != self.insecure {
            let problem = "TLS goes unverified only where both `insecure = true` in the target and --insecure say so";
            return Err(unusable(vec![problem.into()]));
        }
        let transport = TransportOptions { insecure: self.insecure, ..transport.clone() };
        let ServerChoice { name, base, is_documented, config, headers, auth, .. } = self.clone();
        let place = ServerPlace { name, base, is_documented, config, headers, auth };
        let server = ApiServer::new(place, transport, scenarios, contract, register);
        let server = server.map_err(|errors| unusable(errors.iter().map(ToString::to_string).collect()))?;
        Ok(Target::Server(Arc::new(server)))
    }
}
