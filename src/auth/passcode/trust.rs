//! Which certificates the post office's server may have: those that this machine believes, and more that a team names.
//!
//! Names and dates are always checked; there is no way to switch that off here.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

/// Root certificates beside the machine's own.
#[derive(Debug, Clone, Default)]
pub struct Trust(Vec<CertificateDer<'static>>);

/// Why certificates cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read, or is no PEM.
    #[error("no certificate can be read from {0}: {1}")]
    File(String, String),
    /// The library does not take them.
    #[error("certificates cannot be checked: {0}")]
    Verifier(String),
}

impl Trust {
    /// Adds the certificates of a PEM file to those of the machine.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no certificate.
    pub fn from_pem_file(path: &Path) -> Result<Self, TrustError> {
        let failed = |reason: String| TrustError::File(path.display().to_string(), reason);
        let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match certificates {
            Ok(certificates) if certificates.is_empty() => Err(failed("it holds none".into())),
            Ok(certificates) => Ok(Self(certificates)),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// What a TLS client needs.
    pub(super) fn client_config(&self) -> Result<ClientConfig, TrustError> {
        let failed = |error: rustls::Error| TrustError::Verifier(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Verifier::new_with_extra_roots(self.0.clone(), Arc::clone(&provider)).map_err(failed)?;
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().map_err(failed)?.dangerous();
        Ok(builder.with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
    }
}
