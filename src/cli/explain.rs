//! `flowproof explain`: what an id stands for.
//!
//! Deliberately not here: the texts themselves.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};

use super::context::Context;
use super::contract::ContractArgs;
use super::errors::CliError;
use crate::contract::Contract;
use crate::explain::{self, IdKind, KnownFault};
use crate::record::ExitCode;
use crate::tenant::Fault;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A check, requirement, operation, state or fault, such as media-type, MFA-OTP-1, validateOtp,
    /// flow/OTP_REQUIRED, missing-link
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    contract: ContractArgs,
}

/// Prints what an id stands for, or all ids.
pub(super) fn run(arguments: &ExplainArgs, context: &Context) -> Result<ExitCode, CliError> {
    let (contract, faults) = (&*arguments.contract.load(context)?.contract, faults());
    context.print(&match &arguments.id {
        None => explain::render::list(&explain::ids(contract, &faults), &context.palette),
        Some(id) => explain::render::text(&explain::explain(contract, &faults, id)?, &context.palette),
    });
    Ok(ExitCode::Held)
}

/// The faults of the stand-in.
fn faults() -> Vec<KnownFault> {
    let known = |fault: &Fault| KnownFault {
        name: fault.name(),
        about: fault.about(),
        check: fault.caught_by(),
        found_by: fault.found_by(),
    };
    Fault::ALL.iter().map(known).collect()
}

/// Lets a shell complete the ids that can be explained. Parsing itself takes any text and suggests what was meant.
pub(super) fn with_ids(command: Command) -> Command {
    let Ok(contract) = Contract::embedded() else { return command };
    let kinds = explain::ids(&contract, &faults()).into_iter().filter(|(kind, _)| *kind != IdKind::Schema);
    // clap wants names that live as long as the process, which ends with the script.
    let ids = PossibleValuesParser::new(kinds.flat_map(|(_, ids)| ids).map(|id| &*id.leak()));
    command.mut_subcommand("explain", |explain| explain.mut_arg("id", |id| id.value_parser(ids)))
}
