//! `flowproof lifecycle`: the lifecycles that recordings show, as an overlay for a person to review.

use std::path::PathBuf;

use clap::Args;

use super::context::{Context, journal_at};
use super::contract::ContractArgs;
use super::errors::CliError;
use super::in_use::ContractInUse;
use crate::base::text::counted;
use crate::infer::lifecycle::{FoundLifecycle, Recordings, overlay};
use crate::judge::replay::sessions::each_session;
use crate::record::ExitCode;

pub(super) const ABOUT: &str = "\
Find the lifecycles of resources in recorded traffic.

What has an id and a property that changes like a state is followed through the recordings: its states, what was accepted in each, \
what followed, and what was refused. The result is an OpenAPI Overlay with counts. Review it, then use it with --overlay.";

#[derive(Debug, Args)]
pub(super) struct LifecycleArgs {
    /// HAR files, journals, or folders of runs
    #[arg(value_name = "RECORDING", required = true)]
    recordings: Vec<PathBuf>,
    #[command(flatten)]
    contract: ContractArgs,
}

/// Looks through the recordings, and prints the overlay.
pub(super) fn run(arguments: &LifecycleArgs, context: &Context) -> Result<ExitCode, CliError> {
    let ContractInUse { contract, .. } = arguments.contract.load(context)?;
    let (mut recordings, mut known) = (Recordings::default(), 0);
    for path in arguments.recordings.iter().map(|path| journal_at(path)) {
        let shown = each_session(&path, &contract, &mut |session| {
            known += session.observations.len();
            recordings.add(&contract, &session);
        });
        shown.map_err(|cause| CliError::recording(&path, cause))?;
    }
    let found = recordings.lifecycles();
    if known == 0 {
        return Err(CliError::NothingToLearn);
    }
    if found.is_empty() {
        return Err(CliError::NoLifecycle);
    }
    context.print(&overlay(&found));
    found.iter().for_each(|lifecycle| context.eprint(&summary(lifecycle)));
    Ok(ExitCode::Held)
}

fn summary(found: &FoundLifecycle) -> String {
    format!(
        "{}: {} of {}, {}; {} refused without a change\n",
        found.schema,
        counted(found.states.len(), "state"),
        counted(found.resources, "resource"),
        counted(found.outcomes(), "outcome"),
        counted(found.refused(), "action")
    )
}
