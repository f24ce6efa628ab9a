//! What went wrong with TLS, in words that name both sides, and the root certificates that a target may add.
//!
//! It verifies nothing itself and never turns verification off.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

/// Why a text holds no root certificates. The text itself is never shown: it may hold a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// There is no certificate in it.
    #[error("it contains no certificate; a certificate is a PEM block that begins with BEGIN CERTIFICATE")]
    Empty,
    /// There is a private key in it.
    #[error("there is a private key in it; give the certificate alone, and keep the key where it is")]
    PrivateKey,
    /// It cannot be read as PEM.
    #[error("it is not PEM")]
    NotPem,
}

/// Reads root certificates from a PEM file.
///
/// # Errors
/// When it cannot be read, or there is no certificate in it, or something that should not be.
pub fn roots_in(file: &Path) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    roots(&std::fs::read(file).map_err(|error| RootsError::Unreadable(error.to_string()))?)
}

/// Reads root certificates from the PEM text of a file.
fn roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let sections = sections.map_err(|_| RootsError::NotPem)?;
    let is_key = |kind: &SectionKind| {
        matches!(kind, SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey)
    };
    if sections.iter().any(|(kind, _)| is_key(kind)) {
        return Err(RootsError::PrivateKey);
    }
    let certificates = sections.into_iter().filter(|(kind, _)| *kind == SectionKind::Certificate);
    let certificates: Vec<_> = certificates.map(|(_, der)| CertificateDer::from(der)).collect();
    if certificates.is_empty() { Err(RootsError::Empty) } else { Ok(certificates) }
}

/// Tells what went wrong, and what to try next.
pub fn explain(error: &Error, host: &str) -> String {
    match error {
        Error::InvalidCertificate(problem) => certificate(problem, host),
        Error::AlertReceived(AlertDescription::CertificateRequired) => NO_CLIENT_CERTIFICATE.to_owned(),
        Error::AlertReceived(alert) => {
            format!(
                "{host} refused the TLS handshake with the alert {alert:?}; see which TLS versions and ciphers it has"
            )
        }
        Error::InvalidMessage(_) => {
            format!("{host} does not speak TLS on this port; if it is a plain HTTP port, the URL begins with http://")
        }
        Error::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig) => {
            format!("{host} offers no TLS version from 1.2 on; older ones are not spoken")
        }
        other => format!("the TLS handshake with {host} failed: {other}"),
    }
}

const NO_CLIENT_CERTIFICATE: &str = "the server asked for a client certificate, and none is configured; \
                                     Flowproof presents none: reach the tenant by an address that asks for none";

fn certificate(problem: &CertificateError, host: &str) -> String {
    match problem {
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the certificate of {host} expired on {}; this machine's clock says {}",
            moment(*not_after),
            moment(*time)
        ),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the certificate of {host} is not valid before {}; this machine's clock says {}: one of them is wrong",
            moment(*not_before),
            moment(*time)
        ),
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the certificate is not for {}; it is for {}. Check the host of the target",
            expected.to_str(),
            presented.join(", ")
        ),
        CertificateError::UnknownIssuer => format!(
            "the certificate of {host} was issued by nobody whom this machine trusts (unknown issuer); if that is right, \
             name its root certificate with `ca = \"…\"` in the target. A missing intermediate looks the same"
        ),
        CertificateError::BadSignature => format!(
            "a signature of {host} does not verify with its certificate's key; a key that is too short looks the same: RSA \
             needs 2048 bits"
        ),
        other => format!("the certificate of {host} is not accepted: {other:?}"),
    }
}

fn moment(time: UnixTime) -> String {
    let moment = DateTime::<Utc>::UNIX_EPOCH
        .checked_add_signed(chrono::Duration::from_std(Duration::from_secs(time.as_secs())).unwrap_or_default());
    moment.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    #[test]
    fn roots_are_read_from_pem() {
        assert_eq!(roots(CERTIFICATE.repeat(2).as_bytes()).map(|roots| roots.len()), Ok(2));
    }

    #[test]
    fn l10_a_root_file_that_is_empty_or_holds_a_key_is_refused_and_not_shown() {
        assert_eq!(roots(b""), Err(RootsError::Empty));
        assert_eq!(roots(b"no PEM at all"), Err(RootsError::Empty));
        for kind in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
            let key = format!("{CERTIFICATE}-----BEGIN {kind}-----\nc2VjcmV0\n-----END {kind}-----\n");
            let error = roots(key.as_bytes()).expect_err("a key");
            assert_eq!(error, RootsError::PrivateKey);
            assert!(!error.to_string().contains("c2VjcmV0"));
        }
    }
}
