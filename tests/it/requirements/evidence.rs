//! What the last run says about a requirement.

use super::*;

fn header(contract: &Contract) -> Value {
    json!({
        "format": flowproof::record::Header::FORMAT, "tool": "flowproof 0.1.0", "run_id": "r", "seed": 0,
        "started_at": "2026-03-04T09:15:00Z", "scenarios": 1,
        "target": { "name": "t", "kind": "embedded", "base_url": "http://127.0.0.1:1" },
        "contract": { "title": "t", "version": "1", "digest": contract.digest, "requirements": [] },
    })
}

/// A record of the scenario `a`, whose only answer was this one.
fn record(verdict: Verdict, findings: &Value) -> Value {
    let response = json!({ "status": 200, "headers": [["content-type", "application/hal+json;charset=UTF-8"]] });
    json!({
        "index": 0, "name": "a", "title": "A", "file": "cases/a.yaml", "verdict": verdict, "covers": ["A-1"], "duration_us": 1, "steps": [],
        "started_at": "2026-03-04T09:15:00Z",
        "exchanges": [{
            "step": 0, "operation": "readThing", "started_at": "2026-03-04T09:15:00Z", "first_byte_us": 1, "total_us": 2,
            "request": { "method": "GET", "url": "http://127.0.0.1:1/e/things", "headers": [] },
            "response": response,
        }],
        "findings": findings,
        "checks": [{ "check": "media-type", "evaluated": 1 }, { "check": "response-schema", "evaluated": 1 }],
    })
}

fn finding(check: &str, level: Level, requirements: &[&str]) -> Value {
    json!({ "check": check, "level": level, "message": "no", "requirements": requirements, "exchange": 0 })
}

fn evidence(contract: &Contract, verdict: Verdict, findings: &Value) -> Evidence {
    let lines = [json!({ "header": header(contract) }), json!({ "scenario": record(verdict, findings) })];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let journal = Journal::read(Cursor::new(text.into_bytes())).unwrap_or_else(|error| panic!("{error}"));
    Evidence::of(&journal, contract).unwrap_or_else(|error| panic!("{error}"))
}

/// The register of these tests: one covered by the scenario, one judged by a check, one by another.
fn small() -> Contract {
    let by_media_type = with(requirement("B-1"), "checks", json!(["media-type"]));
    let by_schema = with(requirement("C-1"), "checks", json!(["response-schema"]));
    contract(json!([
        requirement("A-1"),
        by_media_type,
        by_schema,
        with(requirement("C-2"), "checks", json!(["timestamps"]))
    ]))
}

fn verdicts(verdict: Verdict, findings: Value) -> Vec<Option<Verdict>> {
    let contract = small();
    let evidence = evidence(&contract, verdict, &findings);
    let suite = covering("A-1");
    let matrix = matrix(&contract, &suite, &["media-type", "response-schema", "timestamps"], Some(&evidence));
    matrix.rows.iter().map(|row| row.verdict).collect()
}

use Verdict::{Errored, Failed, Passed, Skipped};

#[test]
fn a_requirement_takes_the_verdict_of_its_scenarios_and_of_the_checks_that_were_evaluated() {
    assert_eq!(verdicts(Passed, json!([])), [Some(Passed), Some(Passed), Some(Passed), None]);
    assert_eq!(verdicts(Skipped, json!([])), [Some(Skipped), Some(Passed), Some(Passed), None]);
}

#[test]
fn s1_5_a_finding_breaks_what_its_check_judges_and_leaves_what_the_scenario_covers_without_a_verdict() {
    let named = json!([finding("media-type", Level::Deny, &["B-1"])]);
    assert_eq!(verdicts(Failed, named), [Some(Errored), Some(Failed), Some(Passed), None]);
}

#[test]
fn s1_5_a_finding_breaks_what_only_scenarios_prove_where_it_is_named_and_covered() {
    let named = json!([finding("media-type", Level::Deny, &["A-1", "C-1"])]);
    assert_eq!(verdicts(Failed, named), [Some(Failed), Some(Passed), Some(Passed), None]);
}

#[test]
fn s1_5_a_finding_that_is_about_none_of_its_checks_requirements_leaves_them_without_a_verdict() {
    let unnamed = json!([finding("response-schema", Level::Deny, &[])]);
    assert_eq!(verdicts(Failed, unnamed), [Some(Errored), Some(Passed), Some(Errored), None]);
}

#[test]
fn s1_5_an_expectation_breaks_what_the_scenario_covers_and_nothing_else() {
    for named in [&["A-1", "B-1", "C-1"][..], &["B-1"], &[]] {
        let unmet = json!([finding("expectation", Level::Deny, named)]);
        assert_eq!(verdicts(Failed, unmet), [Some(Failed), Some(Passed), Some(Passed), None], "{named:?}");
    }
}

#[test]
fn a_warning_breaks_nothing() {
    let warning = json!([finding("media-type", Level::Warn, &["B-1"])]);
    assert_eq!(verdicts(Passed, warning), [Some(Passed), Some(Passed), Some(Passed), None]);
}

#[test]
fn a_schema_promise_is_covered_when_such_an_answer_was_judged() {
    let contract = small();
    let evidence = evidence(&contract, Failed, &json!([finding("response-schema", Level::Deny, &[])]));
    let suite = covering("A-1");
    let matrix = matrix(&contract, &suite, &[], Some(&evidence));
    let told: Vec<_> = matrix.schemas.iter().map(|row| (row.id.as_str(), row.judged, row.verdict)).collect();
    assert_eq!(
        told,
        [
            ("schema:readThing:200:hal+json", 1, Some(Failed)),
            ("schema:readThing:200:json", 0, None),
            ("schema:readThing:404:no-body", 0, None),
        ]
    );
}

#[test]
fn a_journal_of_another_contract_is_said_to_be_one() {
    let evidence = evidence(&small(), Passed, &json!([]));
    let other = contract(json!([requirement("A-1")]));
    let suite = covering("A-1");
    let matrix = matrix(&other, &suite, &[], Some(&evidence));
    assert!(matrix.outdated);
    assert!(render::text(&matrix, false, &Palette::plain()).contains("another version of the"));
}

#[test]
fn the_lines_of_these_journals_are_those_that_runs_write() {
    let line = json!({ "scenario": record(Passed, &json!([])) });
    let line: JournalLine = serde_json::from_value(line).expect("a line");
    assert!(matches!(line, JournalLine::Scenario(_)));
}
