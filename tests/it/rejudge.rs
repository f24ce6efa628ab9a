//! The journal: what it is made of, that it is as it was written, and that its traffic can be judged again.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use flowproof::checks::{Levels, secret_echo};
use flowproof::client;
use flowproof::contract::{self, Contract};
use flowproof::record::journal::{Journal, JournalError};
use flowproof::run::TargetChoice;

use flowproof::judge::replay::entries::Judge;
use flowproof::judge::replay::rejudge::{Change, Rejudged, rejudge};
use flowproof::judge::replay::restore::AnswerDecoder;
use flowproof::record::ScenarioRecord;
use flowproof::record::{Finding, Verdict};
use flowproof::tenant::Fault;
use serde_json::{Value, json};

use crate::support::{CONTRACT, SUITE, flowproof, folder, root, run_cases, stderr, stdout};

fn records(journal: &Path) -> Vec<ScenarioRecord> {
    crate::support::records(&Journal::open(journal).expect("a journal"))
}

/// All scenarios of a journal, judged again.
fn rejudged(records: &[ScenarioRecord], contract: &Contract, decoder: Option<AnswerDecoder>) -> Vec<Rejudged> {
    let levels = Levels::default();
    records.iter().map(|record| rejudge(record, &Judge { contract, levels: &levels, decoder })).collect()
}

#[test]
fn traffic_that_is_judged_again_by_the_same_contract_comes_to_the_same() {
    let records = records(&SUITE);
    assert!(records.len() > 800, "the whole suite: {}", records.len());
    for (record, again) in records.iter().zip(rejudged(&records, &CONTRACT, Some(client::decode))) {
        assert_eq!((again.after, &again.reason), (record.verdict, &record.reason), "{}", record.name);
        assert_eq!(again.findings, record.findings, "{}", record.name);
    }
}

#[test]
fn a_broken_tenant_is_found_again_in_its_journal() {
    let faults =
        [Fault::UndocumentedStatus, Fault::UndocumentedProperty, Fault::UndocumentedValue, Fault::StateAfterRejection];
    for fault in faults {
        let name = format!("fault-{}", fault.name());
        let journal =
            run_cases(&format!("rejudge/{name}"), TargetChoice::Broken(vec![fault]), |name| name.starts_with("mfa/o"));
        let records = records(&journal);
        let found: usize = records.iter().map(|record| record.findings.len()).sum();
        assert!(found > 0, "{name} shows");
        for (record, again) in records.iter().zip(rejudged(&records, &CONTRACT, Some(client::decode))) {
            let of = |findings: &[Finding]| -> Vec<Finding> {
                findings.iter().filter(|finding| finding.check != secret_echo::CHECK.id).cloned().collect()
            };
            assert_eq!(of(&again.findings), of(&record.findings), "{name} {}", record.name);
            assert_eq!(again.change(), Change::Same, "{name} {}", record.name);
        }
    }
}

/// The embedded contract with something changed.
fn changed(pointer: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(contract::TEXT).expect("JSON");
    change(document.pointer_mut(pointer).expect("the place is there"));
    document.to_string()
}

fn lifecycle(name: &str) -> String {
    let lifecycle = CONTRACT.lifecycles().iter().find(|lifecycle| lifecycle.name == name).expect("a lifecycle");
    lifecycle.schema.clone()
}

#[test]
fn p12_another_contract_says_which_scenarios_would_fail_newly() {
    let text = changed(&format!("{}/required", lifecycle("deviceAuthentication")), |required| {
        required.as_array_mut().expect("a list").push("riskScore".into());
    });
    let stricter = Contract::from_text(&text).expect("a contract");
    let records = records(&SUITE);
    let again = rejudged(&records, &stricter, None);
    let failing = again.iter().filter(|again| again.change() == Change::NewlyFailing).count();
    let untouched =
        again.iter().filter(|again| again.name.starts_with("oauth/") && again.change() == Change::Same).count();
    assert!(failing > 100 && untouched > 10, "{failing} fail, {untouched} of oauth do not");

    let file = folder("rejudge/stricter").join("stricter.json");
    fs::write(&file, text).expect("written");
    let journal = SUITE.display().to_string();
    let output = flowproof(&["rejudge", &journal, "--contract", &file.display().to_string()]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("another contract than that run's: {failing} newly failing, 0 newly passing")),
        "{said}"
    );
    let told = said.lines().filter(|line| line.starts_with("newly failing")).count();
    assert!(told < 40 && said.contains(" and "), "one account for each reason: {told}");
    assert_eq!(flowproof(&["rejudge", &journal]).status.code(), Some(0));
}

#[test]
fn what_the_new_contract_does_not_know_is_never_a_pass() {
    let mut document: Value = serde_json::from_str(contract::TEXT).expect("JSON");
    let paths = document["paths"].as_object_mut().expect("paths");
    paths.retain(|path, _| !path.contains("device_authorization"));
    let smaller = Contract::from_text(&document.to_string()).expect("a contract");
    let records = records(&SUITE);
    let again = rejudged(&records, &smaller, None);
    let lost: Vec<_> = again.iter().filter(|again| again.change() == Change::NewlyErrored).collect();
    assert!(!lost.is_empty());
    let file = folder("rejudge/smaller").join("smaller.json");
    fs::write(&file, document.to_string()).expect("written");
    let output = flowproof(&["rejudge", &SUITE.display().to_string(), "--contract", &file.display().to_string()]);
    let lines = stdout(&output).lines().filter(|line| line.starts_with("no longer judged")).count();
    assert!((1..lost.len()).contains(&lines), "each reason once: {}", stdout(&output));
    assert!(
        !stderr(&output).contains("signed token"),
        "the examples are those of our own contract: {}",
        stderr(&output)
    );
    assert!(lost[0].reason.as_ref().is_some_and(|reason| reason.contains("no operation")), "{:?}", lost[0].reason);
}

#[test]
fn a_contract_in_yaml_is_read_as_the_build_reads_it() {
    let text = fs::read_to_string(root().join("spec/pingone.yaml")).expect("the contract");
    assert_eq!(Contract::from_text(&text).expect("a contract").digest, CONTRACT.digest);
}

#[test]
fn e15_a_contract_that_cannot_be_loaded_ends_with_2_and_says_why() {
    let journal = SUITE.display().to_string();
    let folder = folder("rejudge/no-contracts");
    for (name, text, word) in [
        ("swagger.yaml", "swagger: '2.0'\n", "openapi"),
        ("tabs.yaml", "a:\n\t- b: [\n", "tabs.yaml"),
        ("list.json", "[]", "openapi"),
    ] {
        let file = folder.join(name);
        fs::write(&file, text).expect("written");
        let output = flowproof(&["rejudge", &journal, "--contract", &file.display().to_string()]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(word), "{said}");
    }
    let output = flowproof(&["rejudge", &journal, "--contract", "nowhere.yaml"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn e12_a_journal_that_is_missing_corrupt_or_newer_is_never_an_empty_one() {
    let folder = folder("rejudge/no-journals");
    let text = fs::read_to_string(&*SUITE).expect("a journal");
    let first = text.lines().next().expect("a header");
    let broken = text.replacen("{\"scenario\":", "{\"scenario\"", 1);
    let newer = first.replacen("\"format\":1", "\"format\":2", 1) + "\n";
    for (name, text, word) in
        [("corrupt", broken.as_str(), "line 2"), ("newer", &newer, "format 2"), ("empty", "", "not a journal")]
    {
        let file = folder.join(format!("{name}.jsonl"));
        fs::write(&file, text).expect("written");
        let output = flowproof(&["rejudge", &file.display().to_string()]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains(word), "{name}: {said}");
    }
    assert_eq!(flowproof(&["rejudge", "nowhere.jsonl"]).status.code(), Some(2));
}

fn read(text: &str) -> Journal {
    Journal::read(Cursor::new(text.as_bytes().to_vec())).expect("readable")
}

#[test]
fn e18_a_journal_that_was_changed_after_the_run_is_noticed() {
    let text = fs::read_to_string(&*SUITE).expect("a journal");
    read(&text).verify().expect("as it was written");
    let prettier = text.replacen("\"status\":404", "\"status\":200", 1);
    assert_ne!(prettier, text);
    assert!(matches!(read(&prettier).verify(), Err(JournalError::Edited(_))));
    let mut lines: Vec<&str> = text.lines().collect();
    lines.remove(3);
    assert!(matches!(read(&(lines.join("\n") + "\n")).verify(), Err(JournalError::Edited(_))));
    let end = text.rfind("{\"footer\"").expect("a footer");
    let counted = text[end..].replacen("\"passed\":", "\"passed\":1", 1);
    assert!(matches!(read(&format!("{}{counted}", &text[..end])).verify(), Err(JournalError::Edited(_))));
}

#[test]
fn r05_r07_a_journal_without_its_last_line_did_not_finish_and_can_still_be_judged() {
    let text = fs::read_to_string(&*SUITE).expect("a journal");
    let whole: Vec<&str> = text.lines().take(20).collect();
    let killed = whole.join("\n") + "\n{\"scenario\":{\"index\":7,\"na";
    let journal = read(&killed);
    assert!(matches!(journal.verify(), Err(JournalError::Unfinished)));
    assert_eq!((journal.is_cut(), journal.entries().len()), (true, 19));
    let file = folder("rejudge/killed").join("killed.jsonl");
    fs::write(&file, killed).expect("written");
    let output = flowproof(&["replay", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stderr(&output).contains("did not finish"));
}

/// The published schema; `strict` refuses members that it does not name.
fn schema(strict: bool) -> jsonschema::Validator {
    let text = fs::read_to_string(root().join("docs/journal.schema.json")).expect("the schema");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    if strict {
        close(&mut schema);
    }
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) && members.contains_key("required") {
                members.insert("additionalProperties".into(), false.into());
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn every_line_of_the_suites_journal_is_as_the_published_schema_says() {
    let (open, closed) = (schema(false), schema(true));
    let text = fs::read_to_string(&*SUITE).expect("a journal");
    for (number, line) in text.lines().enumerate() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        for schema in [&open, &closed] {
            let problems: Vec<String> =
                schema.iter_errors(&line).map(|error| error.to_string().chars().take(300).collect()).collect();
            assert!(problems.is_empty(), "line {}: {problems:?}", number + 1);
        }
    }
}

#[test]
fn the_published_schema_refuses_lines_that_are_broken() {
    let open = schema(false);
    let text = fs::read_to_string(&*SUITE).expect("a journal");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let scenario = lines.iter().position(|line| !line["scenario"]["exchanges"][0].is_null()).expect("a scenario");
    let broken: [(usize, &str, Value); 7] = [
        (0, "/header/format", json!(2)),
        (0, "/header/contract/digest", json!("abc")),
        (scenario, "/scenario/verdict", json!("green")),
        (scenario, "/scenario/exchanges/0/response/status", json!("200")),
        (scenario, "/scenario/exchanges/0/request/headers/0", json!(["only a name"])),
        (scenario, "/scenario/started_at", json!("yesterday")),
        (lines.len() - 1, "/footer/counts/passed", json!(-1)),
    ];
    for (at, pointer, value) in broken {
        let mut line = lines[at].clone();
        *line.pointer_mut(pointer).expect("it is there") = value;
        assert!(!open.is_valid(&line), "{pointer}");
    }
    for line in [
        json!({}),
        json!({ "trailer": {} }),
        json!({ "header": lines[0]["header"], "footer": lines[lines.len() - 1]["footer"] }),
    ] {
        assert!(!open.is_valid(&line), "{line:.60}");
    }
    let later = json!({ "header": { "later": 1 } });
    let mut header = lines[0].clone();
    header["header"]["later"] = later;
    assert!(open.is_valid(&header), "a member that a later build adds is passed over");
}

#[test]
fn verdicts_that_no_exchange_explains_stay_as_they_were() {
    let mut record = records(&SUITE).remove(0);
    for verdict in [Verdict::Skipped, Verdict::Errored] {
        record.verdict = verdict;
        record.reason = Some("because".into());
        let again = rejudged(std::slice::from_ref(&record), &CONTRACT, Some(client::decode)).remove(0);
        assert_eq!((again.after, again.reason.as_deref()), (verdict, Some("because")));
    }
}
