//! `flowproof doctor`: what is wrong between this machine and a tenant, before any scenario is run.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::context::{Context, OutputFormat};
use super::contract::ContractArgs;
use super::errors::{CliError, NoTarget};
use super::outlook;
use super::server::ServerArgs;
use crate::config::{ServerConfig, TargetConfig};
use crate::doctor;
use crate::record::ExitCode;
use crate::run::{self, RunError, TenantChoice};

/// What `--help` says of the command.
pub(super) const ABOUT: &str = "\
Checks whether this machine and a tenant are ready for a run, without running a scenario.

It sends the following, in this order, each once:
  a DNS lookup, a TCP connection and a TLS handshake with the target's host
  GET  /{environment}/as/.well-known/openid-configuration    (no credentials; also shows the tenant's clock)
  POST /{environment}/as/token                               (client credentials of the worker; repeated on 429)
  a DNS lookup, a TCP connection and a TLS handshake with the management API's host
  GET  /environments/{environment}                           (with the worker's token, like all below)
  GET  /roles and /environments/{environment}/applications/{worker}/roleAssignments, /billOfMaterials, and the licence,
                                                             if the target describes no application and no user yet
  GET  /environments/{environment}/applications/{id}         for every application of the target
  GET  /environments/{environment}/users/{id}                for every user (by ?filter where only the name is known)
  GET  /environments/{environment}/users/{id}/devices/{id}   for every device

Of a server of your own API it asks name, connection and TLS, sends GET to its base address, and reads its secrets.

It sends nothing that changes state: it requests no code and begins no flow. Of the sources of passcodes, only the secrets are \
read, so programs that print secrets are run.

Exit codes: 0 ready (perhaps with warnings), 2 the configuration is invalid and nothing was sent, 3 something else is wrong.";

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// The target of flowproof.toml to examine
    #[arg(long, env = "FLOWPROOF_TARGET", value_name = "NAME")]
    target: String,
    /// Do not verify TLS; the target must also set `insecure = true`, as for a run
    #[arg(long, env = "FLOWPROOF_INSECURE")]
    insecure: bool,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    #[command(flatten)]
    contract: ContractArgs,
}

/// Examines, and prints what was found.
pub(super) fn run(arguments: &DoctorArgs, context: &Context) -> Result<ExitCode, CliError> {
    if let Some(server) = context.config.servers.get(&arguments.target) {
        return examine_server(arguments, server, context);
    }
    let target = context.config.targets.get(&arguments.target);
    let target = target.ok_or_else(|| NoTarget::new(&arguments.target, &context.config))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Runtime)?;
    let examination = runtime.block_on(doctor::examine(target, arguments.insecure, context.printer.register()));
    context.print(&match arguments.format {
        OutputFormat::Text => {
            doctor::text(&examination, context.palette.width) + &would_run(target, arguments, context)?
        }
        OutputFormat::Json => serde_json::to_string_pretty(&examination)? + "\n",
    });
    Ok(examination.exit_code())
}

/// Examines a server of any API.
fn examine_server(arguments: &DoctorArgs, server: &ServerConfig, context: &Context) -> Result<ExitCode, CliError> {
    let contract = arguments.contract.load(context)?.contract;
    let choice =
        ServerArgs::default().choice(Some(&arguments.target), arguments.insecure, &context.config, &contract)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Runtime)?;
    let examined = doctor::examine_server(server, &choice.base, arguments.insecure, context.printer.register());
    let examination = runtime.block_on(examined);
    context.print(&match arguments.format {
        OutputFormat::Text => doctor::text(&examination, context.palette.width),
        OutputFormat::Json => serde_json::to_string_pretty(&examination)? + "\n",
    });
    Ok(examination.exit_code())
}

/// What of the suite in this folder would run against the target, and what one more fact would add; nothing without a suite.
fn would_run(target: &TargetConfig, arguments: &DoctorArgs, context: &Context) -> Result<String, CliError> {
    let cases = PathBuf::from("cases");
    if !cases.is_dir() {
        return Ok(String::new());
    }
    let contract = &*arguments.contract.load(context)?.contract;
    let suite = run::load(&[cases], contract);
    let suite = suite.map_err(|problems| CliError::Invalid { place: "the scenarios", problems })?;
    let choice = TenantChoice { config: target.clone(), insecure: false, allow_destructive: false };
    let outlook = choice.outlook(&suite.scenarios, contract).map_err(|error| RunError::from(Arc::new(error)))?;
    Ok(format!("\n{}", outlook::text(&outlook, &target.name.value)))
}
