//! The header of a run's journal: where requests go, by which contract, and with which options.
//!
//! Deliberately not here: the journal itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use super::options::{Flaky, RunOptions, TargetChoice};
use super::server::ServerChoice;
use crate::checks;
use crate::client::{self, Limits};
use crate::config::ServerConfig;
use crate::contract::Contract;
use crate::engine::Target;
use crate::record::Header;

/// The header of a run that is to run so many scenarios against a target with these faults.
pub(super) fn header(
    options: &RunOptions,
    contract: &Contract,
    planned: usize,
    (target, faults): (&Target, Vec<String>),
) -> Header {
    let record = target.record();
    let new = Header::new(record.clone(), contract.into(), checks::texts());
    Header {
        run_id: options.shared_run.clone().unwrap_or(new.run_id),
        seed: options.seed,
        scenarios: planned,
        suite: options.suite.clone(),
        shard: options.shard,
        whole_run: options.whole_run.clone(),
        faults,
        chosen_by: options.chosen_by.clone(),
        configuration: configuration(options),
        notes: [notes(options, contract, &record.base_url).as_slice(), target.notes()].concat(),
        ..new
    }
}

/// What readers of a report need to know about how the run was made.
fn notes(options: &RunOptions, contract: &Contract, base_url: &str) -> Vec<String> {
    let insecure =
        options.transport.insecure.then(|| "TLS NOT VERIFIED: any certificate was taken for any name".into());
    let proxy = Url::parse(base_url).ok().and_then(|base| client::proxy_of(&base));
    let proxy = proxy.map(|proxy| format!("requests go through the proxy {proxy}, as the environment says"));
    let untyped = "`typed-decode` is not evaluated: no client was generated from this contract";
    let untyped = options.client(contract).is_none().then(|| untyped.to_owned());
    insecure.into_iter().chain(proxy).chain(untyped).collect()
}

/// The options that a reader of the journal must know, by name; those that have their usual value are left out (C07).
fn configuration(options: &RunOptions) -> BTreeMap<String, Value> {
    let rate = options.rate.map(|rate| ("rate", json!(rate)));
    let retries = (options.retries > 0).then(|| ("retries", json!(options.retries)));
    let traceparent = (!options.traceparent).then(|| ("traceparent", json!(false)));
    let flaky = (options.flaky == Flaky::Fail).then(|| ("flaky", json!("fail")));
    let levels = Some(("levels", options.levels.as_json()));
    let jobs = options.jobs.map(|jobs| ("jobs", json!(jobs)));
    let deadline = options.deadline.map(|time| ("deadlineSeconds", json!(time.as_secs_f64())));
    let fail_fast = options.fail_fast.then(|| ("failFast", json!(true)));
    let limits = Some(("limits", limits(&options.transport.limits)));
    let choice = match &options.target {
        TargetChoice::Tenant(choice) => Some(choice),
        _ => None,
    };
    let server = match &options.target {
        TargetChoice::Server(server) => Some(described(server)),
        _ => None,
    };
    let target = choice.map(|choice| choice.config.described()).or(server).map(|described| ("target", described));
    let insecure = choice.map(|choice| ("insecure", json!(choice.is_insecure())));
    let destructive = choice.map(|choice| ("allowDestructive", json!(choice.may_destroy())));
    let paths: Vec<String> = options.paths.iter().map(|path| path.display().to_string()).collect();
    let paths = (!paths.is_empty()).then(|| ("paths", json!(paths)));
    let explored = options.explored_by.as_ref().map(|words| (Header::EXPLORED_BY, json!(words)));
    let config = options.config.as_ref().map(|path| ("config", json!(path.display().to_string())));
    let contract = options.contract.as_ref().map(|path| ("contract", json!(path.display().to_string())));
    let overlays: Vec<String> = options.overlays.iter().map(|path| path.display().to_string()).collect();
    let overlays = (!overlays.is_empty()).then(|| ("overlays", json!(overlays)));
    [
        config,
        contract,
        overlays,
        explored,
        paths,
        levels,
        limits,
        jobs,
        rate,
        traceparent,
        retries,
        flaky,
        deadline,
        fail_fast,
        target,
        insecure,
        destructive,
    ]
    .into_iter()
    .flatten()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// A server of any API, without any secret.
fn described(server: &ServerChoice) -> Value {
    let mut described = server.config.as_ref().map_or_else(|| json!({ "name": server.name }), ServerConfig::described);
    described["url"] = server.base.as_str().into();
    let headers: Vec<&str> = server.headers.iter().map(|(name, _)| name.as_str()).collect();
    if !headers.is_empty() {
        described["headersGiven"] = json!(headers);
    }
    if let Some(auth) = &server.auth {
        described["authGiven"] = auth.described();
    }
    described
}

/// Times in seconds, sizes in bytes.
fn limits(limits: &Limits) -> Value {
    let Limits { connect, first_byte, total, body, ratio, head, fields } = *limits;
    let [connect, first_byte, total] = [connect, first_byte, total].map(|time| time.as_secs_f64());
    json!({
        "connect": connect, "firstByte": first_byte, "total": total,
        "body": body, "ratio": ratio, "head": head, "fields": fields,
    })
}
