//! The contract that a command judges by: named on the command line or in `flowproof.toml`, or the one that is built in.
//!
//! Deliberately not here: reading one (`contract`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::context::{Context, read};
use super::errors::CliError;
use crate::base::text::first_of;
use crate::client;
use crate::contract::{self, Contract};
use crate::judge::replay::restore::AnswerDecoder;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ContractArgs {
    /// The contract, an OpenAPI document in YAML or JSON [default: `contract` of flowproof.toml, else the one this build was made
    /// from]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
}

/// A contract, and what goes with it.
pub(super) struct ContractInUse {
    /// The contract.
    pub(super) contract: Arc<Contract>,
    /// Reads answers with the types that were generated from it, where there are any.
    pub(super) decoder: Option<AnswerDecoder>,
    /// The file that it was read from.
    pub(super) file: Option<PathBuf>,
}

impl ContractArgs {
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
        let embedded = context.contract()?;
        let built_in = |file| ContractInUse { contract: Arc::clone(embedded), decoder: Some(client::decode), file };
        let Some(path) = self.file(context).or(otherwise) else { return Ok(built_in(None)) };
        let document = contract::document(&read(path)?).and_then(Contract::from_document);
        let contract = document.map_err(|cause| CliError::ForeignContract { path: path.to_owned(), cause })?;
        if contract.digest == embedded.digest {
            return Ok(built_in(Some(path.to_owned())));
        }
        context.eprint(&remarks(&contract, embedded, path));
        Ok(ContractInUse { contract: Arc::new(contract), decoder: None, file: Some(path.to_owned()) })
    }
}

/// What is no reason to refuse a contract and yet should be known to who uses it; values are not repeated.
fn remarks(contract: &Contract, embedded: &Contract, path: &Path) -> String {
    // The examples of the embedded contract have invented tokens, and so have copies of it.
    let known = embedded.signed_tokens();
    let tokens = contract.signed_tokens().into_iter().filter(|place| !known.contains(place)).collect();
    let remarks = [
        ("looks like a signed token; it belongs in no contract", tokens),
        ("not checked against a schema, because none is documented", contract.without_schema()),
    ];
    let some = remarks.iter().filter(|(_, places)| !places.is_empty());
    some.map(|(what, places)| format!("warning: {}: {what}: {}\n", path.display(), first_of(places, 10))).collect()
}
