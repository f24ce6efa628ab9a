//! A real tenant made ready for a run: its two-part switches, the steps that production refuses, and the facts that are needed.
//!
//! Deliberately not here: what scenarios do there (`engine`).

use std::sync::Arc;

use crate::client::TransportOptions;
use crate::config::TargetConfig;
use crate::contract::Contract;
use crate::engine::{Outlook, RealTenant, Target, Wants, destructive};
use crate::record::ShardRecord;
use crate::record::redaction::Register;
use crate::scenario::model::{Binding, Scenario, StepAction};

use super::errors::StartError;

/// A real tenant, and which of its two switches the command line has set.
#[derive(Debug, Clone)]
pub struct TenantChoice {
    /// What the configuration says of it.
    pub config: TargetConfig,
    /// `--insecure`: the second switch that leaves TLS unverified.
    pub insecure: bool,
    /// `--allow-destructive`: the second switch that lets steps lock and delete in production.
    pub allow_destructive: bool,
}

impl TenantChoice {
    /// Whether TLS goes unverified: only where both switches say so.
    pub fn is_insecure(&self) -> bool {
        self.insecure && self.config.insecure
    }

    /// Whether steps may lock and delete in production: only where both switches say so.
    pub fn may_destroy(&self) -> bool {
        self.allow_destructive && self.config.allow_destructive
    }

    /// Gets the tenant ready for these scenarios, or says everything that is against it. Nothing is sent.
    pub(super) fn target(
        &self,
        scenarios: &[Scenario],
        contract: &Contract,
        transport: &TransportOptions,
        shard: Option<ShardRecord>,
        register: &Register,
    ) -> Result<Target, StartError> {
        let unusable = |problems| self.unusable(problems);
        let mut problems: Vec<String> = self.half_switched().into_iter().collect();
        problems.extend(scenarios.iter().flat_map(other_hosts));
        if !problems.is_empty() {
            return Err(unusable(problems));
        }
        let (base, names_environment) = match contract.manages_environments() {
            true => (self.config.management_host().map_err(|problem| unusable(vec![problem.into()]))?, true),
            false => (self.config.auth_path.clone(), self.config.environment_in_path),
        };
        let transport = TransportOptions {
            insecure: self.is_insecure(),
            environment_left_out: (!names_environment).then(|| self.config.environment.to_string()),
            ..transport.clone()
        };
        let wants: Vec<Wants> = scenarios.iter().map(|scenario| Wants::of(scenario, contract)).collect();
        let tenant = RealTenant::new(self.config.clone(), base, transport, &wants, shard, register);
        let tenant = tenant.map_err(|errors| unusable(errors.iter().map(ToString::to_string).collect()))?;
        let refused = self.refused(&tenant, scenarios, &wants, contract);
        if refused.is_empty() { Ok(Target::Tenant(Arc::new(tenant))) } else { Err(unusable(refused)) }
    }

    /// Which of these scenarios would run, and what one more fact would add. Nothing is sent.
    ///
    /// # Errors
    /// When the list of users that are used up cannot be read.
    pub(crate) fn outlook(&self, scenarios: &[Scenario], contract: &Contract) -> Result<Outlook, StartError> {
        let wants: Vec<Wants> = scenarios.iter().map(|scenario| Wants::of(scenario, contract)).collect();
        Outlook::new(&self.config, &wants).map_err(|error| self.unusable(vec![error.to_string()]))
    }

    fn unusable(&self, problems: Vec<String>) -> StartError {
        StartError::Unusable { name: self.config.name.value.clone(), problems }
    }

    /// The scenarios that would lock or delete in production, each with the reason, and what to do about them (Q16).
    fn refused(
        &self,
        tenant: &RealTenant,
        scenarios: &[Scenario],
        wants: &[Wants],
        contract: &Contract,
    ) -> Vec<String> {
        if !self.config.production || self.may_destroy() {
            return Vec::new();
        }
        // All of them at once: a user whom one of them leaves free would be the next one's.
        let runnable = scenarios.iter().zip(wants).filter(|(_, wants)| tenant.could_supply(wants));
        let refused = runnable.filter_map(|(scenario, _)| {
            Some(format!("{}: {}", scenario.name, destructive::reason(scenario, contract)?))
        });
        let mut refused: Vec<String> = refused.collect();
        if !refused.is_empty() {
            refused.push(
                "it is marked `production = true`: choose other scenarios (--exclude, --not-tag), or say both `allow-destructive = true` in the \
                 target and --allow-destructive on the command line"
                    .into(),
            );
        }
        refused
    }

    /// What is missing where only one of the two switches that leave TLS unverified is set (L05).
    fn half_switched(&self) -> Option<String> {
        match (self.insecure, self.config.insecure) {
            (true, false) => Some("--insecure is not enough: the target must say `insecure = true` as well".into()),
            (false, true) => Some("`insecure = true` is not enough: say --insecure as well, or take it away".into()),
            _ => None,
        }
    }
}

/// Why the users that a scenario names are not the same afterwards: changed, or perhaps locked. `None` if they are.
pub(crate) fn uses_up(scenario: &Scenario, contract: &Contract) -> Option<String> {
    destructive::uses_up(scenario, contract)
}

/// Where a scenario names another host than the one that TLS vouches for, without saying that the request is wrong (L11).
fn other_hosts(scenario: &Scenario) -> Vec<String> {
    let calls = scenario.steps.iter().filter_map(|step| match &step.action {
        StepAction::Call(call) if !call.invalid && call.raw.is_none() => Some(call),
        _ => None,
    });
    let hosts = calls.flat_map(|call| &call.headers).filter(|header| header.name.eq_ignore_ascii_case("host"));
    let described = |header: &Binding| {
        let place = &header.name.span;
        format!("{place}: `Host` differs from the host that TLS vouches for; if that is the point, say `invalid: true`")
    };
    hosts.map(described).collect()
}
