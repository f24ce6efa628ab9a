//! Programs that tests talk to, and what they need: whether they are there, runtimes, certificates, folders.

use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flowproof::auth::passcode::{CodeKind, PasscodeSource, Recipient, UsedCodes};
use secrecy::ExposeSecret;

/// Whether a program is there. Where it must be (`FLOWPROOF_TEST_PEERS=required`), leaving it out is an error.
///
/// It writes past the test harness, which would keep the words of a test that passes to itself.
pub(crate) fn has(program: &str, package: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        let required = std::env::var("FLOWPROOF_TEST_PEERS").is_ok_and(|word| word == "required");
        assert!(!required, "`{program}` is missing, and FLOWPROOF_TEST_PEERS=required; install {package}");
        let words =
            format!("\nLEFT OUT: a test against `{program}`, which is not installed; Debian has it in {package}\n");
        std::io::stderr().write_all(words.as_bytes()).expect("standard error");
    }
    found
}

/// Runs a future as a worker of Flowproof would.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// Asks for a passcode from now on.
pub(crate) fn otp(source: &PasscodeSource, recipient: &Recipient) -> Result<String, String> {
    code(source, CodeKind::Otp, recipient, chrono::Utc::now())
}

/// Asks for a code in a run of its own.
pub(crate) fn code(
    source: &PasscodeSource,
    kind: CodeKind,
    recipient: &Recipient,
    since: chrono::DateTime<chrono::Utc>,
) -> Result<String, String> {
    code_unless_used(source, kind, recipient, since, &UsedCodes::default())
}

/// Asks for a code in a run in which others were used.
pub(crate) fn code_unless_used(
    source: &PasscodeSource,
    kind: CodeKind,
    recipient: &Recipient,
    since: chrono::DateTime<chrono::Utc>,
    used: &UsedCodes,
) -> Result<String, String> {
    let code = wait(source.code(kind, recipient, since, used));
    code.map(|code| code.expose_secret().to_owned()).map_err(|error| error.to_string())
}

/// Somebody with everything.
pub(crate) fn anna() -> Recipient {
    Recipient {
        id: Some("9c8bf5e0-0000-4000-8000-000000000001".into()),
        username: Some("anna".into()),
        email: Some("anna+qa@example.com".into()),
        phone: Some("+1.5125550101".into()),
    }
}

/// A certificate for `localhost` and 127.0.0.1 that is its own authority, and its key, both as PEM.
pub(crate) struct Certificate {
    pub pem: String,
    pub key_pem: String,
    pub der: rustls::pki_types::CertificateDer<'static>,
    pub key_der: Vec<u8>,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        Self::of(params(&["localhost", "127.0.0.1"]))
    }

    /// A certificate of which everything is said.
    pub(crate) fn of(params: rcgen::CertificateParams) -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let pem = pem_block("CERTIFICATE", certificate.der());
        let key_pem = pem_block("PRIVATE KEY", &key.serialize_der());
        Self { pem, key_pem, der: certificate.der().clone(), key_der: key.serialize_der() }
    }
}

/// What a certificate for these names says.
pub(crate) fn params(names: &[&str]) -> rcgen::CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    rcgen::CertificateParams::new(names).expect("names")
}

fn pem_block(label: &str, der: &[u8]) -> String {
    let lines: Vec<String> =
        STANDARD.encode(der).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Writes a file.
pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
