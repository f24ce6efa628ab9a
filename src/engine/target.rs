//! Where requests go: a stand-in, a tenant that somebody else runs, or a server of any API.
//!
//! Deliberately not here: what a scenario does there ([`super::session`]).

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::real_tenant::{NotOpened, RealTenant};
use super::server::ApiServer;
use super::session::Session;
use super::stand_in::{StandIn, StandInSession};
use super::wants::{Wants, named_facts};
use crate::client::{Transport, TransportOptions};
use crate::contract::Contract;
use crate::record::TargetRecord;
use crate::scenario::model::Scenario;
use crate::tenant::{Contents, Tenant};

/// How long closing may take.
const CLOSING: Duration = Duration::from_secs(1);

/// Where requests go.
pub(crate) enum Target {
    /// The stand-in tenant inside this process.
    Embedded(Tenant),
    /// A stand-in tenant that runs elsewhere on this machine.
    StandIn(StandIn),
    /// A tenant that somebody else runs.
    Tenant(Arc<RealTenant>),
    /// A server of any API.
    Server(Arc<ApiServer>),
}

impl Target {
    /// The origin that requests are sent to.
    ///
    /// # Panics
    /// Never: the embedded tenant's own URL is valid.
    pub(crate) fn base_url(&self) -> Url {
        match self {
            Self::Embedded(tenant) => Url::parse(tenant.base_url()).expect("the tenant's own URL is valid"),
            Self::StandIn(stand_in) => stand_in.base_url.clone(),
            Self::Tenant(tenant) => tenant.base_url(),
            Self::Server(server) => server.base_url(),
        }
    }

    /// How requests get there; only real servers have their own way.
    pub(crate) fn transport(&self, otherwise: &TransportOptions) -> TransportOptions {
        match self {
            Self::Tenant(tenant) => tenant.transport(),
            Self::Server(server) => server.transport(),
            Self::Embedded(_) | Self::StandIn(_) => otherwise.clone(),
        }
    }

    /// What a reader of the report must know of the target.
    pub(crate) fn notes(&self) -> &[String] {
        match self {
            Self::Tenant(tenant) => tenant.notes(),
            Self::Server(server) => server.notes(),
            Self::Embedded(_) | Self::StandIn(_) => &[],
        }
    }

    /// What a harmless request asks for to see whether the target is there; `None` for one that cannot be away.
    pub(crate) fn probe(&self) -> Option<Url> {
        match self {
            Self::Embedded(_) => None,
            // Not through whatever stands before the stand-in: that would judge the request.
            Self::Tenant(tenant) => Some(tenant.description()),
            Self::Server(server) => Some(server.base_url()),
            Self::StandIn(stand_in) => Some(stand_in.control.clone()),
        }
    }

    /// The faults that were planted in it, by name: what breaks then says nothing about a tenant. One that cannot be asked is
    /// told by its probe.
    pub(crate) async fn faults(&self, transport: &Transport) -> Vec<String> {
        match self {
            Self::Embedded(tenant) => tenant.control().faults().into_iter().map(str::to_owned).collect(),
            Self::StandIn(stand_in) => stand_in.faults(transport).await.unwrap_or_default(),
            Self::Tenant(_) | Self::Server(_) => Vec::new(),
        }
    }

    /// The target as the journal names it.
    pub(crate) fn record(&self) -> TargetRecord {
        let (name, kind) = match self {
            Self::Embedded(_) => ("embedded stand-in", "embedded"),
            Self::StandIn(_) => ("stand-in", "stand-in"),
            Self::Tenant(tenant) => (tenant.name(), "tenant"),
            Self::Server(server) => (server.name(), "server"),
        };
        TargetRecord { name: name.into(), kind: kind.into(), base_url: self.base_url().origin().ascii_serialization() }
    }

    /// Opens a session for one scenario.
    ///
    /// # Errors
    /// When the scenario is none for this target, when its control channel does not answer, or without a token.
    pub(crate) async fn open(
        &self,
        transport: &Transport,
        scenario: &Scenario,
        contract: &Contract,
    ) -> Result<Session, NotOpened> {
        let contents = if contract.manages_environments() { Contents::Bare } else { Contents::Seeded };
        Ok(match self {
            Self::Embedded(tenant) => {
                for_persona(StandInSession::in_process(tenant.control(), contents), scenario).await?.into()
            }
            Self::StandIn(stand_in) => {
                let opened = stand_in.open(transport, contents, &named_facts(scenario)).await;
                let opened = opened.map_err(|error| NotOpened::Errored(error.to_string()))?;
                for_persona(opened, scenario).await?.into()
            }
            Self::Tenant(tenant) => Box::pin(tenant.open(transport, &Wants::of(scenario, contract))).await?.into(),
            Self::Server(server) => Arc::clone(server).open(scenario, contract)?.into(),
        })
    }

    /// Closes what the sessions left open, which they do where it can wait.
    ///
    /// # Errors
    /// When that cannot be done, or takes too long.
    pub(crate) async fn close(&self, transport: &Transport) -> Result<(), String> {
        let Self::StandIn(stand_in) = self else { return Ok(()) };
        let closed = tokio::time::timeout(CLOSING, stand_in.close(transport)).await;
        closed.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }
}

/// Asks a stand-in for the persona that a scenario wants.
async fn for_persona(session: StandInSession, scenario: &Scenario) -> Result<StandInSession, NotOpened> {
    if scenario.persona.is_empty() {
        return Ok(session);
    }
    let path: Vec<String> = scenario.persona.iter().map(|state| state.value.clone()).collect();
    session.with_persona(&path).await.map_err(|error| NotOpened::Errored(error.to_string()))
}
