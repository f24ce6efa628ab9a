//! `flowproof drift`: what recorded traffic has that the contract does not document, and the patch that adds it.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::{Context, journal_at, read};
use super::contract::ContractArgs;
use super::errors::CliError;
use super::in_use::ContractInUse;
use crate::base::text::counted;
use crate::contract::Contract;
use crate::judge::drift::Drift;
use crate::judge::drift::insert::{insert, unified_diff};
use crate::judge::drift::propose::propose;
use crate::judge::replay::entries::is_journal;
use crate::judge::replay::har::{self, entry};
use crate::judge::replay::restore::restore;
use crate::record::journal::Journal;
use crate::record::{Decoded, ExitCode};

/// Where the contract is in a checkout.
const CONTRACT: &str = "spec/pingone.yaml";

#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    /// Journals, HAR files, or folders of runs
    #[arg(value_name = "FILE", default_value = "reports/latest")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    contract: ContractArgs,
    /// Print a patch for the contract file instead of the list
    #[arg(long)]
    patch: bool,
    /// Exit with 1 if anything is undocumented
    #[arg(long)]
    check: bool,
}

/// Looks through the files, then lists or proposes.
pub(super) fn run(arguments: &DriftArgs, context: &Context) -> Result<ExitCode, CliError> {
    let beside = Some(Path::new(CONTRACT)).filter(|path| path.exists());
    let ContractInUse { contract, file, .. } = arguments.contract.load_or(beside, context)?;
    let mut drift = Drift::default();
    for path in arguments.files.iter().map(|path| journal_at(path)) {
        look_through(&path, &contract, &mut drift).map_err(|cause| CliError::recording(&path, cause))?;
    }
    context.print(&if arguments.patch { patch(file.as_deref(), &contract, &drift)? } else { list(&drift) });
    if drift.answers == 0 {
        return Err(CliError::NothingToLearn);
    }
    Ok(if arguments.check && !drift.seen.is_empty() { ExitCode::Violated } else { ExitCode::Held })
}

fn patch(file: Option<&Path>, contract: &Contract, drift: &Drift) -> Result<String, CliError> {
    let path = file.ok_or(CliError::NoContractFile)?;
    let text = read(path)?;
    let new = insert(path, &text, &propose(contract.document(), drift));
    let new = new.map_err(|error| CliError::Patch(error.into()))?;
    Contract::from_text(&new).map_err(CliError::Proposal)?;
    Ok(unified_diff(&from_here(path), &text, &new))
}

/// A path as patches have it: from the folder that the command is given in.
fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let whole = path.canonicalize().ok();
    let inside = here.zip(whole).and_then(|(here, whole)| whole.strip_prefix(here).map(Path::to_owned).ok());
    let shown = inside.as_deref().unwrap_or(path).display().to_string();
    shown.trim_start_matches('/').replace('\\', "/")
}

fn look_through(path: &Path, contract: &Contract, drift: &mut Drift) -> Result<(), Box<dyn Error + Send + Sync>> {
    if !is_journal(path)? {
        let (mut text, attached) = har::attached::open(path)?;
        let mut look = |_, json: &[u8]| {
            // What is no entry, or no request of ours, says nothing about the contract.
            let read = entry::read(json, &attached).ok();
            if let Some((read, operation)) = read.and_then(|read| read.operation(contract).map(|known| (read, known))) {
                drift.examine(contract, &read.observe(operation, true, |_| Decoded::NotTried));
            }
        };
        return Ok(har::scan(&mut *text, &mut look)?);
    }
    for record in Journal::open(path)?.records() {
        restore(&record?).iter().for_each(|observation| drift.examine(contract, observation));
    }
    Ok(())
}

fn list(drift: &Drift) -> String {
    let mut text = String::new();
    for (what, sighting) in &drift.seen {
        let types = sighting.types.join(" or ");
        let types = if types.is_empty() { types } else { format!(" ({types})") };
        let at = if sighting.pointer.is_empty() { String::new() } else { format!(" at {}", sighting.pointer) };
        text.push_str(&format!("{} {}{types}: {} ×\n", what.kind, what.name, sighting.count));
        text.push_str(&format!("  first in {}{at}\n  belongs to {}\n", sighting.example, what.place));
    }
    let (found, answers) = (drift.seen.len(), drift.answers);
    let answers = counted(answers, "response");
    text + &match found {
        0 => format!("nothing undocumented in {answers}\n"),
        _ => format!("{} undocumented in {answers}; --patch proposes the change\n", counted(found, "item")),
    }
}
