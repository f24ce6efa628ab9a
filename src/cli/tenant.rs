//! `flowproof tenant`: the stand-in by itself.

use clap::Args;
use serde_json::Value;

use super::context::{Context, fault_parser};
use super::errors::CliError;
use crate::base::facts::SECRET_FACTS;
use crate::record::ExitCode;
use crate::record::redaction::SECRET;
use crate::tenant::{self, Fault, Tenant};

#[derive(Debug, Args)]
pub(super) struct TenantArgs {
    /// The port on 127.0.0.1; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Break it in this way
    #[arg(long, value_name = "FAULT", value_parser = fault_parser())]
    fault: Vec<Fault>,
    /// The seed of ids and passcodes
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Begin with an environment that has nothing but a worker, and offer the management API to fill it
    #[arg(long)]
    bare: bool,
}

/// Runs the stand-in until the process ends.
pub(super) fn run(arguments: &TenantArgs, context: &Context) -> Result<ExitCode, CliError> {
    let TenantArgs { port, ref fault, seed, bare } = *arguments;
    let options = tenant::TenantOptions { port, seed, bare, faults: fault.clone(), ..tenant::TenantOptions::default() };
    let tenant = Tenant::start(options).map_err(CliError::StandIn)?;
    let control = tenant.control();
    if bare {
        context.printer.hand_over(&format!("{:#}\n", control.worker()));
    } else {
        context.print(&format!("{:#}\n", masked(control.default_environment())));
        context.eprint("Credentials are masked; GET /_control/environments/{env} has them.\n");
    }
    context.eprint(&format!(
        "The stand-in tenant listens on {}; its default environment is above. Ctrl-C ends it.\n",
        tenant.base_url()
    ));
    loop {
        std::thread::park();
    }
}

/// Facts without those that are secret.
fn masked(mut facts: Value) -> Value {
    for (name, fact) in facts.as_object_mut().into_iter().flatten() {
        let is_secret = fact.is_string() && SECRET_FACTS.contains(&name.as_str());
        *fact = if is_secret { SECRET.into() } else { masked(fact.take()) };
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text among facts, with its name.
    fn texts<'f>(name: &'f str, fact: &'f Value) -> Vec<(&'f str, &'f str)> {
        let below = fact.as_object().into_iter().flatten().flat_map(|(name, fact)| texts(name, fact));
        below.chain(fact.as_str().map(|text| (name, text))).collect()
    }

    #[test]
    fn what_is_shown_of_an_environment_has_none_of_its_secrets() {
        let tenant = Tenant::start(tenant::TenantOptions::default()).expect("a port");
        let facts = tenant.control().default_environment();
        let shown = masked(facts.clone()).to_string();
        let secrets: Vec<_> = texts("", &facts).into_iter().filter(|(name, _)| SECRET_FACTS.contains(name)).collect();
        for name in ["passkey", "ticket", "cookie", "payload", "clientSecret", "password", "secret"] {
            assert!(secrets.iter().any(|(known, _)| *known == name), "{name}");
        }
        for (name, secret) in secrets {
            let written = Value::from(secret).to_string();
            assert!(!shown.contains(written.trim_matches('"')), "{name}: {secret}");
        }
        assert!(shown.contains("anna@example.com"));
    }
}
