//! A worker, which runs scenarios: a runtime with its connections, and the target that they lead to.
//!
//! Deliberately not here: which scenario is run when.

use crate::client::{Transport, TransportOptions};
use crate::contract::Contract;
use crate::engine::{StandIn, Target};
use crate::scenario::model::Scenario;
use crate::tenant::{self, Tenant};

use super::errors::{ProbeError, StartError};
use super::options::{RunOptions, TargetChoice};
use super::waiting::Waiting;

/// A runtime and its connections: they belong together.
pub(super) struct Worker {
    pub(super) runtime: tokio::runtime::Runtime,
    pub(super) transport: Transport,
}

impl Worker {
    pub(super) fn new(target: &Target, options: TransportOptions) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, transport: Transport::new(target.base_url(), options) })
    }

    /// The faults that were planted in the target.
    pub(super) fn faults(&self, target: &Target) -> Vec<String> {
        self.runtime.block_on(target.faults(&self.transport))
    }

    /// Closes what scenarios left open in the target.
    pub(super) fn close(&self, target: &Target) -> Result<(), String> {
        self.runtime.block_on(target.close(&self.transport))
    }

    /// Asks whether the target is there: whatever it answers, it is, unless a real tenant does not know the environment (Q09).
    pub(super) fn probe(&self, target: &Target) -> Result<(), ProbeError> {
        let Some(url) = target.probe() else { return Ok(()) };
        let headers = reqwest::header::HeaderMap::new();
        let request =
            crate::client::RawRequest { method: reqwest::Method::GET, url, target: None, headers, body: None };
        let answer = self.runtime.block_on(self.transport.send_raw(request))?.outcome?;
        match target {
            Target::Tenant(tenant) if answer.status == 404 => Err(ProbeError::UnknownEnvironment(tenant.environment())),
            _ => Ok(()),
        }
    }
}

pub(super) fn target(options: &RunOptions, scenarios: &[Waiting], contract: &Contract) -> Result<Target, StartError> {
    let embedded = |faults: Vec<tenant::Fault>, misstep: Option<tenant::Misstep>| {
        let options = tenant::TenantOptions { seed: options.seed, faults, misstep, ..tenant::TenantOptions::default() };
        Tenant::start(options).map(Target::Embedded).map_err(StartError::Tenant)
    };
    match &options.target {
        TargetChoice::Embedded => embedded(Vec::new(), None),
        TargetChoice::Broken(faults) => embedded(faults.clone(), None),
        TargetChoice::Misstepping(misstep) => embedded(Vec::new(), Some((**misstep).clone())),
        TargetChoice::StandIn { base_url, control } => {
            Ok(Target::StandIn(StandIn::new(base_url.clone(), control.clone())))
        }
        TargetChoice::Tenant(choice) => {
            choice.target(&asked(scenarios), contract, &options.transport, options.shard, &options.register)
        }
        TargetChoice::Server(choice) => {
            choice.target(&asked(scenarios), contract, &options.transport, &options.register)
        }
    }
}

/// What is going to be asked, which a stand-in need not know before.
fn asked(scenarios: &[Waiting]) -> Vec<Scenario> {
    scenarios.iter().filter_map(Waiting::scenario).collect()
}
