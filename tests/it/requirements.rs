//! The register of requirements: how it is read, what proves each entry, and every way in which `--check` fails.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Output;

use flowproof::checks;
use flowproof::contract::Contract;
use flowproof::record::journal::{Journal, JournalLine};
use flowproof::record::{Level, Verdict};
use flowproof::reports::console::Palette;
use flowproof::requirements::{Evidence, Matrix, RequirementStanding, matrix, render};
use flowproof::scenario::Suite;
use serde_json::{Value, json};

use crate::support::{code, program, stderr};

mod agreement;
mod evidence;
mod goldens;
mod register;

/// A contract of one operation and these requirements.
fn document(requirements: Value) -> String {
    let body = json!({ "schema": { "type": "object", "required": ["id"] } });
    let answer = json!({ "description": "it", "content": { "application/hal+json": body, "application/json": body } });
    let get = json!({ "operationId": "readThing", "responses": { "200": answer, "404": { "description": "none" } } });
    json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "paths": { "/{envID}/things": { "get": get } },
        "x-requirements": requirements,
    })
    .to_string()
}

fn contract(requirements: Value) -> Contract {
    Contract::from_json(&document(requirements)).unwrap_or_else(|error| panic!("{error}"))
}

fn requirement(id: &str) -> Value {
    json!({ "id": id, "level": "MUST", "statement": "It holds.", "source": "https://example.com/page" })
}

fn with(mut requirement: Value, key: &str, value: Value) -> Value {
    requirement[key] = value;
    requirement
}

/// A suite of one scenario, `a`, that covers these requirements.
fn covering(ids: &str) -> Suite {
    let covers = if ids.is_empty() { String::new() } else { format!("covers: [{ids}]\n") };
    let text = format!("scenario: A thing is read\n{covers}steps:\n  - call: readThing\n");
    Suite::from_text("a.yaml", &text).unwrap_or_else(|problems| panic!("{}", problems[0].render(false)))
}

fn problems(contract: &Contract, suite: &Suite) -> Vec<String> {
    messages(&matrix(contract, suite, &checks::ids(), None))
}

fn messages(matrix: &Matrix<'_>) -> Vec<String> {
    matrix.problems.iter().map(|problem| problem.render(false)).collect()
}

#[test]
fn e16_a_requirement_that_nothing_covers_and_nobody_excuses_fails_the_check() {
    let contract = contract(json!([requirement("A-1"), requirement("A-2")]));
    let problems = problems(&contract, &covering("A-1"));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("nothing covers A-2, and no reason is given: It holds."), "{}", problems[0]);
}

#[test]
fn a_check_or_a_reason_is_enough() {
    let judged = with(requirement("A-1"), "checks", json!(["media-type"]));
    let excused = with(requirement("A-2"), "not-tested", json!("Only a real tenant shows it."));
    let contract = contract(json!([judged, excused, requirement("A-3")]));
    let suite = covering("A-3");
    let matrix = matrix(&contract, &suite, &checks::ids(), None);
    assert_eq!(messages(&matrix), Vec::<String>::new());
    let standings: Vec<_> = matrix.rows.iter().map(flowproof::requirements::RequirementRow::standing).collect();
    assert_eq!(standings, [RequirementStanding::Covered, RequirementStanding::NotTested, RequirementStanding::Covered]);
}

#[test]
fn a_requirement_that_is_covered_and_said_to_be_not_tested_fails_the_check() {
    let excused = with(requirement("A-1"), "not-tested", json!("Only a real tenant shows it."));
    let by_check = with(with(requirement("A-2"), "not-tested", json!("As A-1.")), "checks", json!(["media-type"]));
    let problems = problems(&contract(json!([excused, by_check])), &covering("A-1"));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("A-1 is marked as not tested, but the scenario a covers it"), "{}", problems[0]);
    assert!(problems[1].contains("A-2 is marked as not tested, but the check media-type judges it"), "{}", problems[1]);
}

#[test]
fn a_check_that_does_not_exist_fails_the_check_and_the_nearest_is_named() {
    let judged = with(requirement("A-1"), "checks", json!(["media-typ"]));
    let problems = problems(&contract(json!([judged])), &covering("A-1"));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("A-1 names the check `media-typ`, which does not exist"), "{}", problems[0]);
    assert!(problems[0].contains("did you mean `media-type`?"), "{}", problems[0]);
}

#[test]
fn an_assumption_that_rests_on_nothing_fails_the_check() {
    let assumed = with(requirement("A-1"), "source", json!("assumption"));
    let problems = problems(&contract(json!([assumed])), &covering("A-1"));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("A-1 is an assumption that rests on nothing"), "{}", problems[0]);
}

#[test]
fn a_scenario_that_covers_nothing_fails_the_check_at_its_title() {
    let judged = with(requirement("A-1"), "checks", json!(["media-type"]));
    let problems = problems(&contract(json!([judged])), &covering(""));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("this scenario covers no requirement"), "{}", problems[0]);
    assert!(problems[0].contains("a.yaml:1:11"), "{}", problems[0]);
}

#[test]
fn the_rows_of_a_scenario_count_as_one() {
    let text =
        "scenario: A thing is read\ncovers: [A-1]\nfor-each: [{ name: x }, { name: y }]\nsteps:\n  - call: readThing\n";
    let suite = Suite::from_text("a.yaml", text).expect("a scenario");
    let contract = contract(json!([requirement("A-1")]));
    let matrix = matrix(&contract, &suite, &checks::ids(), None);
    assert_eq!(suite.scenarios.len(), 2);
    assert_eq!(matrix.rows[0].scenarios.len(), 1);
}

/// Runs the program in a folder of its own, with this scenario in its suite.
fn flowproof(scenario: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("cases")).expect("a folder");
    std::fs::write(folder.path().join("cases/a.yaml"), scenario).expect("a file");
    run(folder.path(), arguments)
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program().args(arguments).current_dir(folder).env_remove("NO_COLOR").output().expect("it runs")
}

const READS: &str = "scenario: A flow is read\ncovers: [IDS]\nsteps:\n  - { call: readFlow, path: { flowID: \"{{uuid}}\" }, expect: { status: 404 } }\n";

#[test]
fn y21_an_unknown_id_in_a_scenario_is_unusable_input_with_a_caret() {
    let output = flowproof(&READS.replace("IDS", "FLOW-LIVE-1"), &["requirements", "--check"]);
    let told = stderr(&output);
    assert_eq!(code(&output), 2, "{told}");
    assert!(told.contains("cases/a.yaml:2:10") && told.contains("did you mean `FLOW-LIFE-1`?"), "{told}");
}

#[test]
fn a_suite_that_leaves_requirements_uncovered_ends_with_one() {
    let output = flowproof(&READS.replace("IDS", "FLOW-LIFE-1"), &["requirements", "--check"]);
    let told = stderr(&output);
    assert_eq!(code(&output), 1, "{told}");
    assert!(told.contains("nothing covers"), "{told}");
    assert!(!told.contains("nothing covers FLOW-LIFE-1"), "{told}");
}

#[test]
fn the_matrix_is_printed_without_a_journal_and_says_so_by_having_no_verdicts() {
    let scenario = READS.replace("IDS", "FLOW-LIFE-1");
    let output = flowproof(&scenario, &["requirements", "--format", "json"]);
    assert_eq!(code(&output), 0);
    let matrix: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(matrix["judged"], false);
    let row = matrix["requirements"].as_array().and_then(|rows| rows.iter().find(|row| row["id"] == "FLOW-LIFE-1"));
    let row = row.expect("it is in the register");
    assert_eq!(row["scenarios"][0], json!({ "name": "a", "verdict": null }));
    assert_eq!(row["verdict"], Value::Null);
}

#[test]
fn a_journal_that_was_asked_for_and_is_not_there_is_unusable() {
    let output = flowproof(&READS.replace("IDS", "FLOW-LIFE-1"), &["requirements", "--journal", "nowhere.jsonl"]);
    assert_eq!(code(&output), 2);
}
