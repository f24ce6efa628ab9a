//! The command that runs a scenario again as it was run: by the same contract, against the same target, broken in the same ways. A walk of an
//! exploration is in no file: there it is the exploration that is repeated.
//!
//! Deliberately not here: the line that repeats a single request (`curl`).

use serde_json::Value;

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
    let configured = |key: &str| header.configuration.get(key).unwrap_or(&Value::Null);
    words.extend(option("--config", configured("config")));
    words.extend(option("--contract", configured("contract")));
    words.extend(configured("overlays").as_array().into_iter().flatten().flat_map(|path| option("--overlay", path)));
    words.extend(credentials(configured("target")));
    words.join(" ")
}

fn option(name: &str, value: &Value) -> Option<String> {
    value.as_str().map(|value| format!("{name} {}", quoted(value)))
}

/// How the command line lets requests in; the values of header fields are nowhere, and left to be filled in.
fn credentials(target: &Value) -> Vec<String> {
    let names = target["headersGiven"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let headers = names.map(|name| format!("--header {}", quoted(&format!("{name}: …"))));
    let auth = &target["authGiven"];
    headers.chain(option("--auth", &auth["file"])).chain(option("--auth-user", &auth["user"])).collect()
}

/// The option that names the target; the embedded stand-in needs none.
fn target(header: &Header) -> Option<String> {
    let target = &header.target;
    match target.kind.as_str() {
        "tenant" => Some(format!("--target {}", quoted(&target.name))),
        "server" => Some(format!("--target {}", quoted(&target.name))),
        "stand-in" => Some(format!("--target {}", quoted(&target.base_url))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::TargetRecord;

    #[test]
    fn a_run_by_another_contract_is_repeated_with_all_that_the_command_line_said_of_it() {
        let record = ScenarioRecord { file: "cases/a.yaml".into(), ..ScenarioRecord::default() };
        let target = json!({ "headersGiven": ["x-key"], "authGiven": { "file": "users.yaml", "user": null } });
        let said = [("contract", json!("api.yaml")), ("overlays", json!(["one.yaml", "two.yaml"])), ("target", target)];
        let configuration = said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let target =
            TargetRecord { name: "http://127.0.0.1:1/v1".into(), kind: "server".into(), ..TargetRecord::default() };
        let line = run_line(&Header { target, configuration, ..Header::default() }, &record);
        let wanted = "flowproof run cases/a.yaml --target http://127.0.0.1:1/v1 --contract api.yaml --overlay one.yaml \
                      --overlay two.yaml --header 'x-key: …' --auth users.yaml";
        assert_eq!(line, wanted);
    }

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
