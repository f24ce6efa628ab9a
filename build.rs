//! Generates the typed client and its table of operations from the contract.
//!
//! A table of contents only: the work is in `src/codegen`.

#[path = "src/codegen/mod.rs"]
mod codegen;

// The run-time code uses the rest of these, and is used by tests.
#[allow(dead_code, unreachable_pub)]
#[path = "src/base"]
mod base {
    pub(crate) mod media_type;
    pub(crate) mod pointer;
}

use std::path::Path;
use std::{env, fs, process};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const CONTRACT: &str = "spec/pingone.yaml";
/// Only kept: nothing is generated from it.
const MANAGEMENT: &str = "spec/pingone-management.yaml";
/// What stands in every HTML report, whose security policy names it by its digest.
const INLINE: [(&str, &str); 2] =
    [("style.sha256", "src/reports/html/style.css"), ("script.sha256", "src/reports/html/script.js")];

fn main() {
    let sources = [CONTRACT, MANAGEMENT, "src/codegen", "src/base/media_type.rs", "src/base/pointer.rs"];
    for path in sources.into_iter().chain(INLINE.map(|(_, path)| path)) {
        println!("cargo:rerun-if-changed={path}");
    }
    if let Err(reason) = generate() {
        eprintln!("{CONTRACT} cannot become a client:\n{reason}");
        process::exit(1);
    }
}

fn generate() -> Result<(), String> {
    let out = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    let contract = read(CONTRACT)?;
    let client = codegen::client_source(&contract).map_err(|refusals| codegen::report(&refusals))?;
    let contract = contract.to_string();
    let digest = Sha256::digest(&contract);
    write(&out, "contract.sha256", &digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())?;
    write(&out, "contract.json", &contract)?;
    write(&out, "management.json", &read(MANAGEMENT)?.to_string())?;
    write(&out, "client.rs", &client)?;
    INLINE.iter().try_for_each(|(name, path)| write(&out, name, &allowed(path)?))
}

/// The source expression by which a content security policy allows the text of a file.
fn allowed(path: &str) -> Result<String, String> {
    let text = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(format!("sha256-{}", STANDARD.encode(Sha256::digest(text))))
}

fn read(path: &str) -> Result<serde_json::Value, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    // Without these, `no` would be false and a passcode `012345` a number.
    let options = serde_saphyr::options! { strict_booleans: true, leading_zero_numbers_as_strings: true };
    serde_saphyr::from_str_with_options(&text, options).map_err(|error| format!("{path}: {error}"))
}

fn write(out: &str, name: &str, text: &str) -> Result<(), String> {
    fs::write(Path::new(out).join(name), text).map_err(|error| format!("{name}: {error}"))
}
