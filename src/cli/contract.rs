//! The contract that a command judges by: named on the command line or in `flowproof.toml`, or the one that is built in.
//!
//! Deliberately not here: reading one (`contract`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::context::{Context, read};
use super::errors::CliError;
use super::in_use::ContractInUse;
use crate::base::built_in::CONTRACT_DIGEST;
use crate::base::text::first_of;
use crate::client;
use crate::contract::{self, Contract, ContractError, Overlay};

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ContractArgs {
    /// The contract, an OpenAPI document in YAML or JSON [default: `contract` of flowproof.toml, else the one this build was made
    /// from]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// An OpenAPI Overlay that changes the contract before it is read; repeat it for several [default: `overlays` of
    /// flowproof.toml]
    #[arg(long, value_name = "FILE")]
    overlay: Vec<PathBuf>,
    /// Refuse a contract with faults, instead of leaving out what they touch
    #[arg(long)]
    strict_contract: bool,
}

impl ContractArgs {
    /// Whether the command line names a contract, or an overlay.
    pub(super) fn is_given(&self) -> bool {
        self.contract.is_some() || !self.overlay.is_empty()
    }

    /// The contract that the command line names.
    pub(super) fn named(&self) -> Option<&Path> {
        self.contract.as_deref()
    }

    /// The overlays that the command line names.
    pub(super) fn overlay_files(&self) -> &[PathBuf] {
        &self.overlay
    }

    /// The file that the command line names, or else the configuration.
    pub(super) fn file<'a>(&'a self, context: &'a Context) -> Option<&'a Path> {
        self.contract.as_deref().or(context.config.contract.as_deref())
    }

    /// Reads the contract. What should be known of one that is not our own is said.
    pub(super) fn load(&self, context: &Context) -> Result<ContractInUse, CliError> {
        self.load_or(None, context)
    }

    /// As [`ContractArgs::load`], with a file to be read where none is named.
    pub(super) fn load_or(&self, otherwise: Option<&Path>, context: &Context) -> Result<ContractInUse, CliError> {
        if let Some(read) = &context.read {
            return Ok(read.clone());
        }
        let overlays = self.overlays(context)?;
        let file = self.file(context).or(otherwise).map(Path::to_owned);
        let text = match &file {
            None if overlays.is_empty() => return embedded(context, file),
            None => contract::TEXT.to_owned(),
            Some(path) => read(path)?,
        };
        let path = file.clone().unwrap_or_else(|| "the built-in contract".into());
        let contract = Contract::with_overlays(&text, &overlays);
        let contract = contract.map_err(|cause| wrong(&cause, &path, &text))?;
        if contract.digest == CONTRACT_DIGEST {
            return embedded(context, file);
        }
        context.eprint(&remarks(&contract, context, &path)?);
        match contract.faults.len() {
            faults if self.strict_contract && faults > 0 => Err(CliError::FaultyContract { path, faults }),
            _ => Ok(ContractInUse { contract: Arc::new(contract), decoder: None, file }),
        }
    }

    fn overlays(&self, context: &Context) -> Result<Vec<Overlay>, CliError> {
        let named = if self.overlay.is_empty() { &context.config.overlays } else { &self.overlay };
        let read = named.iter().map(|path| {
            let text = read(path)?;
            Overlay::from_text(&text).map_err(|cause| wrong(&cause, path, &text))
        });
        read.collect()
    }
}

/// The contract that this build was made from, read from a file or not.
fn embedded(context: &Context, file: Option<PathBuf>) -> Result<ContractInUse, CliError> {
    Ok(ContractInUse { contract: Arc::clone(context.contract()?), decoder: Some(client::decode), file })
}

/// What is wrong with a document, shown in its text.
fn wrong(cause: &ContractError, path: &Path, text: &str) -> CliError {
    CliError::ForeignContract(Box::new(cause.shown(path, text)))
}

/// What is no reason to refuse a contract and yet should be known to who uses it; values are not repeated.
fn remarks(contract: &Contract, context: &Context, path: &Path) -> Result<String, CliError> {
    let path = path.display();
    let each = |remarks: &[ContractError], what: &str| -> String {
        remarks.iter().map(|remark| format!("warning: {path}: {}; {what}\n", remark.remark())).collect()
    };
    let faults = each(&contract.faults, "what this touches is not evaluated");
    let notes = each(&contract.notes, "passed over");
    let mut tokens = contract.signed_tokens();
    if !tokens.is_empty() {
        // The examples of the embedded contract have invented tokens, and so have copies of it.
        let known = context.contract()?.signed_tokens();
        tokens.retain(|place| !known.contains(place));
    }
    let remarks = [
        ("looks like a signed token; it belongs in no contract", tokens),
        ("not checked against a schema, because none is documented", contract.without_schema()),
    ];
    let some = remarks.iter().filter(|(_, places)| !places.is_empty());
    let listed: String =
        some.map(|(what, places)| format!("warning: {path}: {what}: {}\n", first_of(places, 10))).collect();
    Ok(faults + notes.as_str() + listed.as_str())
}
