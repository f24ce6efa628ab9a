//! The CTRF report: a golden, its published schema, and its identities.

use std::collections::HashSet;
use std::fs;

use flowproof::record::journal::Journal;
use serde_json::Value;

use super::formats::{all, json, troubled};
use super::{journal, unfinished_journal};
use crate::support::{code, flowproof, folder};

fn schema() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../../reports/ctrf-schema-0.0.json")).expect("the schema is JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one")
}

#[track_caller]
fn accepted(report: &Value) {
    let schema = schema();
    let errors: Vec<String> =
        schema.iter_errors(report).map(|error| format!("{}: {error:.200}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let (summary, tests) = (&report["results"]["summary"], report["results"]["tests"].as_array().expect("tests"));
    assert_eq!(summary["tests"], tests.len());
    for status in ["passed", "failed", "skipped", "pending", "other"] {
        assert_eq!(summary[status], tests.iter().filter(|test| test["status"] == status).count(), "{status}");
    }
    assert_eq!(summary["flaky"], tests.iter().filter(|test| test["flaky"] == true).count());
}

#[test]
fn the_report_is_what_it_was() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&json(&troubled(), "ctrf")).expect("it was JSON"));
}

#[test]
fn the_published_schema_accepts_it_with_every_naughty_value_and_its_summary_counts_its_tests() {
    all().iter().for_each(|journal| accepted(&json(journal, "ctrf")));
    let mut broken = json(&journal(), "ctrf");
    broken["results"]["tests"][0]["status"] = "errored".into();
    assert!(!schema().is_valid(&broken), "the schema would accept anything");
}

#[test]
fn four_verdicts_stay_apart_and_a_run_that_did_not_finish_is_not_healthy() {
    let report = json(&unfinished_journal(), "ctrf");
    let raw = |status: &str| {
        let tests = report["results"]["tests"].as_array().expect("tests").iter();
        tests.filter(|test| test["status"] == status).filter_map(|test| test["rawStatus"].as_str()).collect::<Vec<_>>()
    };
    assert_eq!((raw("other"), raw("skipped")), (vec!["errored"], vec!["skipped"]));
    assert_eq!(report["results"]["environment"]["healthy"], false);
    let tests = report["results"]["tests"].as_array().expect("tests");
    assert_eq!(tests.last().map(|test| &test["name"]), Some(&"run-finished".into()));
}

/// The parts of a suite, each with its report, and the run that they are united to.
fn split(name: &str, more: &[&str]) -> (Vec<Value>, Value) {
    let folder = folder(name);
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(folder.join(name).join("ctrf-report.json")).expect("it was written");
        serde_json::from_str(&text).expect("JSON")
    };
    let place = |name: &str| folder.join(name).display().to_string();
    let parts: Vec<String> = (1..=3).map(|part| format!("{part}/3")).collect();
    let run = |part: &String| {
        let out = place(&part.replace('/', "-"));
        let words = ["run", "cases/mfa/reading", "-q", "--ctrf", "--shard", part, "--report", &out];
        assert_eq!(code(&flowproof(&[&words[..], more].concat())), 0);
        read(&part.replace('/', "-"))
    };
    let reports = parts.iter().map(run).collect();
    let [one, two, three, whole] = ["1-3", "2-3", "3-3", "whole"].map(place);
    assert_eq!(code(&flowproof(&["merge", &one, &two, &three, "--ctrf", "--report", &whole])), 0);
    (reports, read("whole"))
}

#[test]
fn the_parts_of_a_run_share_its_id_and_each_document_has_its_own() {
    let (parts, whole) = split("reports/ctrf-parts", &["--run-id", "pipeline-7"]);
    let all = || parts.iter().chain([&whole]);
    all().for_each(accepted);
    assert!(all().all(|report| report["runId"] == "pipeline-7"));
    assert_eq!(all().map(|report| report["reportId"].as_str()).collect::<HashSet<_>>().len(), 4);
    let shards = parts.iter().map(|part| part["results"]["environment"]["shardId"].as_str());
    assert_eq!(shards.collect::<Vec<_>>(), [Some("1-of-3"), Some("2-of-3"), Some("3-of-3")]);
    let ids = |report: &Value, name: &str| -> HashSet<String> {
        let tests = report["results"]["tests"].as_array().expect("tests");
        tests.iter().map(|test| test[name].as_str().expect("an id").to_owned()).collect()
    };
    let of_parts: HashSet<String> = parts.iter().flat_map(|part| ids(part, "testId")).collect();
    assert_eq!(of_parts, ids(&whole, "testId"), "a test is the same wherever it ran");
    assert_eq!(of_parts.len(), ids(&whole, "executionId").len());
}

#[test]
fn without_a_name_every_part_is_a_run_of_its_own() {
    let (parts, whole) = split("reports/ctrf-alone", &[]);
    let ids: HashSet<&str> = parts.iter().chain([&whole]).filter_map(|report| report["runId"].as_str()).collect();
    assert_eq!(ids.len(), 4);
}

/// As the library of CTRF makes it: of name, suite and file.
#[test]
fn a_test_has_the_id_that_the_tools_of_ctrf_would_give_it() {
    let report = json(&Journal::read(std::io::Cursor::new(super::sample::journal())).expect("a journal"), "ctrf");
    let test = &report["results"]["tests"][1];
    assert_eq!(
        (test["name"].as_str(), test["filePath"].as_str()),
        (Some("wrong-value"), Some("cases/mfa/otp/wrong-value.yaml"))
    );
    assert_eq!(test["testId"], "490331bf-0382-595b-a5b1-f40aff8b4044");
}
