//! The scenarios of the management API, and the contract that they are written for.
//!
//! Deliberately not here: `provision`, which is judged by the same contract.

use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;

use flowproof::contract::Contract;
use serde_json::{Value, json};

use crate::provisioning::world::World;
use crate::support::program;

/// What is said of all answers alike, in this contract and in that of flows.
const SHARED: [(&str, &[&str]); 2] = [
    ("schemas", &["Error", "ErrorDetail", "FreeForm", "Link", "Reference", "RefusalError", "UnsettledError"]),
    ("headers", &["Allow", "CacheControl", "CorrelationId", "RetryAfter", "RetryAfterUnavailable"]),
];
/// Requirements of one id that say something else of each API.
const OWN: [&str; 1] = ["ERR-INNER-4"];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/management"))
}

fn flowproof(arguments: &[&str]) -> Output {
    program().current_dir(folder()).args(arguments).output().expect("the program runs")
}

/// A run of all scenarios: its folder, and what was said of it.
static RUN: LazyLock<(tempfile::TempDir, Output)> = LazyLock::new(|| {
    let report = tempfile::tempdir().expect("a folder");
    let path = report.path().to_str().expect("a path").to_owned();
    let output = flowproof(&["run", "--report", &path]);
    (report, output)
});

fn report() -> &'static str {
    RUN.0.path().to_str().expect("a path")
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

#[test]
fn the_stand_in_keeps_the_contract_of_the_management_api() {
    let said = said(&RUN.1);
    assert!(RUN.1.status.success() && said.contains("The contract is kept") && !said.contains("warning"), "{said}");
}

#[test]
fn the_scenarios_run_at_a_target_that_is_configured_too_and_leave_nothing_there() {
    let world = World::start();
    let report = world.path().join("report").display().to_string();
    let run = ["run", "--target", "bare", "--contract", "spec/pingone-management.yaml", "--json", "--report", &report];
    let ran = world.flowproof(&[&run[..], &["management/cases/users", "management/cases/policies"]].concat());
    ran.says(0, &["The contract is kept"]);
    assert!(!ran.said.contains("skipped") && ran.said.contains(" passed"), "{}", ran.said);
    assert_eq!(world.count(), 0);
}

#[test]
fn every_operation_and_every_requirement_is_covered_that_can_be() {
    let covered = flowproof(&["coverage", report(), "--format", "json"]);
    let covered: Value = serde_json::from_slice(&covered.stdout).expect("JSON");
    let dimensions = covered["dimensions"].as_array().expect("dimensions");
    for name in ["operations", "request-media-types", "requirements"] {
        let dimension = dimensions.iter().find(|known| known["dimension"] == name).expect(name);
        assert_eq!(dimension["missing"], json!([]), "{name}");
        assert_ne!(dimension["reached"], 0, "{name}");
    }
}

#[test]
fn an_answer_that_breaks_the_contract_is_found_by_the_checks() {
    let audited = flowproof(&["audit", report(), "--sample", "10", "--min-killed", "99"]);
    assert!(audited.status.success(), "{}", said(&audited));
}

#[test]
fn nothing_is_wrong_with_the_contract() {
    let text = std::fs::read_to_string(folder().join("../spec/pingone-management.yaml")).expect("a file");
    let contract = Contract::from_text(&text).expect("a contract");
    assert_eq!((&contract.faults, &contract.notes, contract.without_schema()), (&vec![], &vec![], vec![]));
    assert!(contract.manages_environments() && contract.operations().len() > 90);
}

#[test]
fn what_both_contracts_say_of_errors_and_header_fields_is_the_same_in_both() {
    let [flows, management] = [Contract::embedded(), Contract::management()].map(|read| read.expect("a contract"));
    for (kind, name) in SHARED.iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind, name))) {
        let pointer = format!("/components/{kind}/{name}");
        let [one, other] = [&flows, &management].map(|contract| contract.document().pointer(&pointer));
        assert_eq!(one, other, "{pointer}");
        assert!(one.is_some_and(Value::is_object), "{pointer}");
    }
    let known = |id: &str| flows.requirement(id).filter(|_| !OWN.contains(&id));
    let shared: Vec<_> = management.requirements().iter().filter_map(|own| Some((own, known(&own.id)?))).collect();
    assert!(shared.len() > 30, "{}", shared.len());
    shared.iter().for_each(|(own, other)| assert_eq!(own, other));
}
