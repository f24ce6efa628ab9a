//! What a TLS client needs that is no HTTP client: the certificates that this machine believes, and more that a team names.
//!
//! Names and dates are always checked; there is no way to switch that off here.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;

/// Makes the configuration of a TLS client that trusts `roots` beside the machine's own.
///
/// # Errors
/// When the roots cannot be used.
pub(crate) fn client_config(roots: &[CertificateDer<'static>]) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots.iter().cloned(), Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?.dangerous();
    Ok(builder.with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}
