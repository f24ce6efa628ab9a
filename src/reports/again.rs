//! The command that runs a scenario again as it was run: against the same target, broken in the same ways. A walk of an
//! exploration is in no file: there it is the exploration that is repeated.
//!
//! Deliberately not here: the line that repeats a single request (`curl`).

use crate::record::{Header, ScenarioRecord};

use super::curl::quoted;

/// The command that runs the file of a scenario again, or the exploration that it is a walk of.
pub(super) fn run_line(header: &Header, record: &ScenarioRecord) -> String {
    let mut words = match header.configuration.get(Header::EXPLORED_BY).and_then(|words| words.as_array()) {
        Some(dials) => {
            let dials = dials.iter().filter_map(|word| word.as_str()).map(quoted);
            std::iter::once("flowproof explore".to_owned()).chain(dials).collect()
        }
        None => vec!["flowproof run".to_owned(), quoted(&record.file)],
    };
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scenario_is_run_again_by_its_file_and_a_walk_with_its_exploration() {
        let record = ScenarioRecord { file: "cases/a.yaml".into(), ..ScenarioRecord::default() };
        let run = Header { faults: vec!["wrong-status".into()], seed: 7, ..Header::default() };
        assert_eq!(run_line(&run, &record), "flowproof run cases/a.yaml --fault wrong-status --seed 7");
        let dials = json!(["--lifecycle", "flow", "--depth", "1"]);
        let explored = Header { configuration: [(Header::EXPLORED_BY.into(), dials)].into(), ..run };
        let line = "flowproof explore --lifecycle flow --depth 1 --fault wrong-status --seed 7";
        assert_eq!(run_line(&explored, &record), line);
    }
}
