//! `flowproof tenant`: the stand-in by itself.

use clap::Args;

use super::context::{Context, fault_parser};
use super::errors::CliError;
use crate::record::ExitCode;
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
        context.print(&format!("{:#}\n", control.default_environment()));
    }
    context.eprint(&format!(
        "The stand-in tenant listens on {}; its default environment is above. Ctrl-C ends it.\n",
        tenant.base_url()
    ));
    loop {
        std::thread::park();
    }
}
