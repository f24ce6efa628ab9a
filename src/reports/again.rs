//! The command that runs a scenario again as it was run: against the same target, broken in the same ways.
//!
//! Deliberately not here: the line that repeats a single request (`curl`).

use crate::record::{Header, ScenarioRecord};

use super::curl::quoted;

/// The command that runs the file of a scenario again.
pub(super) fn run_line(header: &Header, record: &ScenarioRecord) -> String {
    let mut words = vec!["flowproof run".to_owned(), quoted(&record.file)];
    words.extend(header.faults.iter().map(|fault| format!("--fault {}", quoted(fault))));
    words.extend(target(header));
    words.extend((header.seed != 0).then(|| format!("--seed {}", header.seed)));
    let config = header.configuration.get("config").and_then(|path| path.as_str());
    words.extend(config.map(|path| format!("--config {}", quoted(path))));
    words.join(" ")
}

/// The option that names the target; the embedded stand-in needs none.
fn target(header: &Header) -> Option<String> {
    let target = &header.target;
    match target.kind.as_str() {
        "tenant" => Some(format!("--target {}", quoted(&target.name))),
        "stand-in" => Some(format!("--target {}", quoted(&target.base_url))),
        _ => None,
    }
}
