//! Generates the typed client of an OpenAPI contract at build time, for suites that Flowproof runs.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), flowproof_codegen::GenerateError> {
//!     flowproof_codegen::generate("api.yaml")
//! }
//! ```
//!
//! ```ignore
//! // tests/cases.rs, with `harness = false`
//! mod client {
//!     include!(concat!(env!("OUT_DIR"), "/client.rs"));
//! }
//! ```
//!
//! The module has `CLIENT`, which `flowproof::run::TestSuite::of` takes. Deliberately not here: the generator itself, which is
//! that of Flowproof's own build.

#[allow(dead_code)]
#[path = "../src/codegen/mod.rs"]
mod codegen;

// The generator uses a part of these.
#[allow(dead_code, unreachable_pub)]
#[path = "../src/base"]
mod base {
    pub(crate) mod media_type;
    pub(crate) mod pointer;
}

use std::path::Path;
use std::{env, fmt, fs, io};

use serde_json::Value;

/// Why there is no client.
#[derive(thiserror::Error)]
pub enum GenerateError {
    /// The contract cannot be read, or the client not written.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// The contract is no YAML, and no JSON.
    #[error("{0}: {1}")]
    Text(String, String),
    /// The contract says what a client cannot be generated from, each with its place.
    #[error("{0} cannot become a client:\n{1}")]
    Refused(String, String),
    /// It was not called from a build script.
    #[error("OUT_DIR is not set: this is for build scripts")]
    NoBuild,
}

impl fmt::Debug for GenerateError {
    /// As for people: it is what a build script ends with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Generates the client of an OpenAPI 3.0 document, YAML or JSON, as `client.rs` in the folder that Cargo has for what a build script
/// makes.
///
/// # Errors
/// When the document cannot be read, or a client cannot be generated from it.
pub fn generate(contract: impl AsRef<Path>) -> Result<(), GenerateError> {
    let path = contract.as_ref();
    let name = path.display().to_string();
    println!("cargo:rerun-if-changed={name}");
    let out = env::var("OUT_DIR").map_err(|_| GenerateError::NoBuild)?;
    let text = fs::read_to_string(path).map_err(|cause| GenerateError::File(name.clone(), cause))?;
    let document = read(&text).map_err(|cause| GenerateError::Text(name.clone(), cause))?;
    let source = codegen::client_source(&document);
    let source = source.map_err(|refusals| GenerateError::Refused(name.clone(), codegen::report(&refusals)))?;
    let file = Path::new(&out).join("client.rs");
    fs::write(&file, included(&source, &document))
        .map_err(|cause| GenerateError::File(file.display().to_string(), cause))
}

/// Without these options, `no` would be false and a code `012345` a number.
fn read(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! { strict_booleans: true, leading_zero_numbers_as_strings: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

/// The client with what it stands on, tied to the document that it was generated from.
fn included(source: &str, document: &Value) -> String {
    format!(
        "use ::flowproof::client::{{GeneratedClient, support}};\n{source}\n/// The client, and the contract that it was generated \
         from.\npub static CLIENT: GeneratedClient = GeneratedClient {{ contract: {:?}, methods: METHODS }};\n",
        document.to_string()
    )
}
