//! The options of a run, made from arguments and configuration in one place, where conflicts between them are found.
//!
//! The command line overrides the configuration. Deliberately not here: which scenarios are run.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use url::Url;

use super::arguments::{CASES, EMBEDDED, RunArgs};
use crate::base::loopback::is_loopback;
use crate::cli::context::Context;
use crate::cli::coverage;
use crate::cli::errors::{NoTarget, OptionsError};
use crate::cli::formats;
use crate::config::{Config, TargetConfig};
use crate::contract::Contract;
use crate::run::{Flaky, RunOptions, TargetChoice, TenantChoice};

/// Everything that decides the run apart from its scenarios.
pub(super) fn options(arguments: &RunArgs, contract: &Contract, context: &Context) -> Result<RunOptions, OptionsError> {
    let config = &context.config;
    let configured = config.run;
    let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let flaky = if configured.fail_flaky == Some(true) { Flaky::Fail } else { Flaky::Warn };
    Ok(RunOptions {
        target: target(arguments, contract, config)?,
        levels: arguments.levels.levels(config),
        seed: arguments.seed,
        deadline: arguments.deadline.or(configured.deadline),
        jobs: Some(arguments.jobs.or(configured.jobs).unwrap_or_else(processors).get()),
        fail_fast: arguments.fail_fast,
        rate: arguments.rate.or_else(|| rate(arguments, config)).or(configured.rate),
        traceparent: !arguments.no_traceparent && configured.traceparent.unwrap_or(true),
        whole_run: arguments.run_id.clone().or_else(formats::pipeline),
        retries: arguments.retries.or(configured.retries).unwrap_or_default(),
        flaky: arguments.flaky.unwrap_or(flaky),
        shard: arguments.shard,
        formats: arguments.formats.chosen(),
        elsewhere: arguments.elsewhere.chosen(),
        chosen_by: arguments.chosen_by(),
        config: context.config_file.clone(),
        contract: arguments.contract.named().map(Path::to_owned),
        overlays: arguments.contract.overlay_files().to_vec(),
        paths: if arguments.paths == [PathBuf::from(CASES)] { Vec::new() } else { arguments.paths.clone() },
        goals: arguments.partial().is_none().then(|| coverage::goals(config, arguments.target())),
        transport: config.limits.into(),
        register: context.printer.register().clone(),
        ..RunOptions::new(&arguments.report)
    })
}

/// What the configuration says of the target's rate.
fn rate(arguments: &RunArgs, config: &Config) -> Option<f64> {
    let name = arguments.target();
    config.targets.get(name).map(|target| target.rate).or_else(|| Some(config.servers.get(name)?.rate)).flatten()
}

fn target(arguments: &RunArgs, contract: &Contract, config: &Config) -> Result<TargetChoice, OptionsError> {
    if !contract.has_environments() {
        return server(arguments, contract, config);
    }
    if !arguments.server.is_empty() {
        return Err(OptionsError::ServerOption);
    }
    if let Some(target) = config.targets.get(arguments.target()) {
        return real_tenant(arguments, target);
    }
    if arguments.insecure || arguments.allow_destructive {
        return Err(OptionsError::SwitchWithoutTarget);
    }
    match (arguments.target(), &arguments.control, arguments.fault.is_empty()) {
        (EMBEDDED, Some(_), _) => Err(OptionsError::ControlOfEmbedded),
        (EMBEDDED, None, true) => Ok(TargetChoice::Embedded),
        (EMBEDDED, None, false) => Ok(TargetChoice::Broken(arguments.fault.clone())),
        (_, _, false) => Err(OptionsError::FaultElsewhere),
        (target, control, true) => {
            let unknown = |error| if target.contains("://") { error } else { NoTarget::new(target, config).into() };
            let base_url = stand_in_url(target).map_err(unknown)?;
            let control = control.clone().unwrap_or_else(|| base_url.clone());
            stand_in_url(control.as_str())?;
            Ok(TargetChoice::StandIn { base_url, control })
        }
    }
}

/// With a contract that has no environments of PingOne, the target is a server of any API.
fn server(arguments: &RunArgs, contract: &Contract, config: &Config) -> Result<TargetChoice, OptionsError> {
    if arguments.control.is_some() || !arguments.fault.is_empty() {
        return Err(OptionsError::StandInOption);
    }
    if arguments.allow_destructive {
        return Err(OptionsError::SwitchWithoutTarget);
    }
    if arguments.target.as_deref() == Some(EMBEDDED) {
        return Err(OptionsError::EmbeddedElsewhere);
    }
    let choice = arguments.server.choice(arguments.target.as_deref(), arguments.insecure, config, contract)?;
    Ok(TargetChoice::Server(Box::new(choice)))
}

fn real_tenant(arguments: &RunArgs, target: &TargetConfig) -> Result<TargetChoice, OptionsError> {
    if arguments.control.is_some() || !arguments.fault.is_empty() {
        return Err(OptionsError::StandInOption);
    }
    Ok(TargetChoice::Tenant(Box::new(TenantChoice {
        config: target.clone(),
        insecure: arguments.insecure,
        allow_destructive: arguments.allow_destructive,
    })))
}

fn stand_in_url(text: &str) -> Result<Url, OptionsError> {
    let url = Url::parse(text).map_err(|cause| OptionsError::Url { text: text.to_owned(), cause })?;
    if !is_loopback(&url) {
        return Err(OptionsError::Remote(url.origin().ascii_serialization()));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(OptionsError::UrlParts);
    }
    Ok(url)
}
