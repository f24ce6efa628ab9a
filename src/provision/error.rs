//! Why a test environment could not be made or taken away; each error knows the code that the process ends with.
//!
//! No text holds a secret. What a server says is shown as data, cut short.

use crate::auth::passcode::CommandError;
use crate::auth::token::TokenError;
use crate::base::text::{shortened, visible};
use crate::client::CallError;
use crate::config::secret_source::SecretError;
use crate::engine::LimitError;
use crate::record::ExitCode;

use super::name::InvalidRun;

/// How much of what a server says is shown.
const SAYING: usize = 200;

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProvisionError {
    #[error("the target `{0}` names no worker; add `worker` with its client id and secret")]
    NoWorker(String),
    #[error("where is the management API of the target `{0}`? behind a custom domain, say `api-path`")]
    NoApi(String),
    #[error("the target `{0}` is marked `production = true`; test environments are made in a sandbox")]
    Production(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("`ca`: {0}")]
    Roots(String),
    #[error(transparent)]
    Run(#[from] InvalidRun),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("{what}: no response: {why}")]
    Unreachable { what: String, why: String },
    #[error("{what}: {0}", what = .1)]
    Limit(LimitError, String),
    #[error(
        "{0}: the worker may not do that (403); give it the roles Identity Data Admin and Environment Admin in this environment, \
         and see whether the licence allows it"
    )]
    Forbidden(String),
    #[error("{what}: the management API answers {status}{}", said(.saying))]
    Refused { what: String, status: u16, saying: String },
    #[error("{what}: the tenant broke the contract of its management API: {why}")]
    Undocumented { what: String, why: String },
    #[error("pairing a phone: {0}")]
    Phone(#[from] CommandError),
    #[error("pairing a phone: the program has ended, and the user has no active device of the type MOBILE")]
    NotPaired,
    #[error("the built-in contract of the management API: {0}")]
    Contract(String),
    #[error("{0}: the built-in contract of the management API has no such operation, so that nobody can judge it")]
    NoOperation(String),
    #[error("{what}: after {tries} tries nobody can tell whether it was done: {why}")]
    Unclear { what: String, tries: u32, why: String },
    #[error("cannot write {path}: {cause}")]
    Write { path: String, cause: std::io::Error },
    #[error("{path} cannot be used: {why}")]
    Unreadable { path: String, why: String },
}

fn said(saying: &str) -> String {
    if saying.is_empty() { String::new() } else { format!(": {}", visible(&shortened(saying, SAYING))) }
}

impl ProvisionError {
    /// What is wrong with the answer to something that was to be made.
    pub(super) fn of_making(what: &str, why: &str) -> Self {
        Self::Undocumented { what: format!("making one of {what}"), why: why.to_owned() }
    }

    /// The code that the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoWorker(_) | Self::NoApi(_) | Self::Production(_) | Self::Run(_) | Self::Unreadable { .. } => {
                ExitCode::Unusable
            }
            Self::Secret(_) | Self::Roots(_) => ExitCode::Unusable,
            Self::Write { .. } => ExitCode::ReportNotWritten,
            Self::Undocumented { .. } => ExitCode::Violated,
            Self::Contract(_) | Self::NoOperation(_) => ExitCode::Internal,
            _ => ExitCode::CouldNotTell,
        }
    }
}
