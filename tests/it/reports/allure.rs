//! Allure results: goldens, what refers to what, and what is in the folder besides.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use flowproof::record::journal::Journal;
use flowproof::reports::write::{prepare_elsewhere, write_everywhere};
use flowproof::reports::{Elsewhere, Gathered};
use serde_json::Value;

use super::formats::{all, troubled};
use super::{journal, unfinished_journal};
use crate::support::names;

/// The results of a journal in a folder of their own.
fn results(journal: &Journal, folder: &Path) -> Vec<Value> {
    let elsewhere = [Elsewhere::Allure(folder.join("allure"))];
    prepare_elsewhere(&elsewhere).expect("it can be made");
    write_everywhere(journal, folder, (&[], &elsewhere), &mut Gathered::default()).expect("written");
    read(&folder.join("allure"), "-result.json")
}

fn read(folder: &Path, ending: &str) -> Vec<Value> {
    let files = names(folder).into_iter().filter(|name| name.ends_with(ending));
    files
        .map(|name| serde_json::from_str(&fs::read_to_string(folder.join(name)).expect("readable")).expect("JSON"))
        .collect()
}

fn of_journal(journal: &Journal) -> (tempfile::TempDir, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    let results = results(journal, folder.path());
    (folder, results)
}

#[test]
fn a_result_is_what_it_was() {
    let (folder, results) = of_journal(&troubled());
    let failed = results.iter().find(|result| result["name"] == "wrong-value").expect("the sample has it");
    let pretty = serde_json::to_string_pretty(failed).expect("it was JSON");
    let source = failed["steps"][1]["attachments"][0]["source"].as_str().expect("it is attached");
    let attached = fs::read_to_string(folder.path().join("allure").join(source)).expect("it is there");
    let attached: Value = serde_json::from_str(&attached).expect("JSON");
    let attached = serde_json::to_string_pretty(&attached).expect("it was JSON");
    insta::assert_snapshot!("allure_result", format!("{pretty}\n\n{source}:\n{attached}"));
}

#[test]
fn four_verdicts_are_told_apart_and_attempts_are_retries_of_one_history() {
    let (_folder, results) = of_journal(&journal());
    let last: HashMap<&str, &Value> =
        results.iter().map(|result| (result["fullName"].as_str().expect("a name"), result)).collect();
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    last.values().for_each(|result| *statuses.entry(result["status"].as_str().expect("a status")).or_default() += 1);
    assert_eq!(statuses["broken"], 1);
    assert_eq!(statuses["skipped"], 1);
    let flaky: Vec<&Value> = results.iter().filter(|result| result["fullName"] == "mfa/push/late").collect();
    assert_eq!(flaky.len(), 2, "the attempt before, and the one that counts");
    assert_eq!(flaky[0]["historyId"], flaky[1]["historyId"]);
    assert_ne!(flaky[0]["uuid"], flaky[1]["uuid"]);
    assert!(flaky.iter().all(|result| result["statusDetails"]["flaky"] == true));
    let histories: HashSet<&str> = results.iter().filter_map(|result| result["historyId"].as_str()).collect();
    assert_eq!(histories.len(), journal().entries().len());
}

#[test]
fn every_naughty_value_leaves_files_of_our_own_names_and_everything_attached_is_there() {
    for journal in all() {
        let (folder, results) = of_journal(&journal);
        let folder = folder.path().join("allure");
        let there: HashSet<String> = names(&folder).into_iter().collect();
        let plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        assert!(
            there
                .iter()
                .all(|name| plain(name) && (name.starts_with("flowproof-") || name == "environment.properties"))
        );
        let mut attached = HashSet::new();
        for step in results.iter().flat_map(|result| result["steps"].as_array().expect("steps")) {
            for attachment in step["attachments"].as_array().into_iter().flatten() {
                assert!(attached.insert(attachment["source"].as_str().expect("a file").to_owned()), "attached twice");
            }
        }
        let files: HashSet<String> = there.into_iter().filter(|name| name.contains("-attachment.")).collect();
        assert_eq!(attached, files);
    }
}

#[test]
fn results_of_an_earlier_run_go_and_those_of_other_tools_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("allure");
    fs::create_dir(&inside).expect("a folder");
    fs::write(inside.join("flowproof-old-result.json"), "{}").expect("written");
    fs::write(inside.join("of-pytest-result.json"), "{}").expect("written");
    results(&journal(), folder.path());
    let there = names(&inside);
    assert!(!there.contains(&"flowproof-old-result.json".to_owned()));
    assert!(there.contains(&"of-pytest-result.json".to_owned()));
}

#[test]
fn r07_a_run_that_did_not_finish_is_a_global_error() {
    let (folder, _) = of_journal(&unfinished_journal());
    let globals = read(&folder.path().join("allure"), "-globals.json");
    assert!(globals[0]["errors"][0]["message"].as_str().is_some_and(|text| text.contains("did not finish")));
    let (folder, _) = of_journal(&journal());
    assert!(read(&folder.path().join("allure"), "-globals.json").is_empty());
}
