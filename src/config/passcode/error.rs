//! Why a source of passcodes cannot be used, and the files that a source may need.

use std::path::PathBuf;

use rustls::pki_types::CertificateDer;

use crate::auth::passcode::KeyError;
use crate::client::{RootsError, roots};
use crate::config::secret_source::{SecretError, SecretSource};

/// Why a source of passcodes cannot be used. The text never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A secret that it needs cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret is no key for codes.
    #[error("{0}: {1}")]
    Key(SecretSource, KeyError),
    /// The file of root certificates cannot be read.
    #[error("no certificate can be read from {0}: {1}")]
    Unreadable(String, String),
    /// The file holds no root certificates.
    #[error("{0}: {1}")]
    Roots(String, RootsError),
    /// The program that prints codes is not there.
    #[error("there is no program `{0}` in PATH")]
    NoProgram(String),
}

/// The root certificates in a file, if one is named.
pub(super) fn trusted(ca: Option<PathBuf>) -> Result<Vec<CertificateDer<'static>>, ResolveError> {
    let Some(path) = ca else { return Ok(Vec::new()) };
    let name = path.display().to_string();
    let pem = std::fs::read(&path).map_err(|error| ResolveError::Unreadable(name.clone(), error.to_string()))?;
    roots(&pem).map_err(|error| ResolveError::Roots(name, error))
}
