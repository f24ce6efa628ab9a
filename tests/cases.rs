//! The conformance suite against the embedded stand-in, as a test target: `cargo test --test cases`, `cargo nextest run`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    flowproof::run::test_main(&root.join("cases"), &root.join("reports/tests"))
}
