//! `flowproof explore`: what it tries, what it finds, and what it writes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use flowproof::explore::Negative;
use serde_json::Value;

use crate::support::{code, flowproof, folder, journal, keep, records, root, said, stderr};

/// Explores with these arguments; returns the exit code, `explore.json` and the folder.
fn explored(name: &str, arguments: &[&str]) -> (i32, Value, PathBuf) {
    let folder = folder(&format!("explore-{name}"));
    let place = folder.display().to_string();
    let output = flowproof(&[&["explore", "--json", "--report", &place], arguments].concat());
    let text = std::fs::read_to_string(folder.join("explore.json"));
    let text = text.unwrap_or_else(|_| panic!("{}", said(&output)));
    (code(&output), serde_json::from_str(&text).expect("it is JSON"), folder)
}

fn number(account: &Value, pointer: &str) -> u64 {
    account.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {account}"))
}

#[test]
fn the_stand_in_keeps_its_contract_in_every_pair_of_state_and_action() {
    let (code, account, _) = explored("whole", &[]);
    assert_eq!((code, number(&account, "/findings")), (0, 0), "{account}");
    for pairs in ["/pairs/permitted", "/pairs/forbidden"] {
        let (covered, total) =
            (number(&account, &format!("{pairs}/covered")), number(&account, &format!("{pairs}/total")));
        assert_eq!(covered, total, "{pairs}");
    }
    // The aim of a tour: hardly more than what no tour can do without.
    assert!(number(&account, "/requests") * 10 <= number(&account, "/bound") * 11, "{account}");
    assert!(number(&account, "/outcomes/taken") >= 350, "{}", account["outcomes"]);
    let unexplained = account.pointer("/outcomes/out_of_reach").and_then(Value::as_array).expect("a list");
    assert!(unexplained.iter().all(|one| one["reason"].as_str().is_some_and(|reason| !reason.is_empty())));
}

#[test]
fn walks_are_scenarios_of_the_journal_and_break_off_where_a_promise_is_broken() {
    let (code, account, folder) =
        explored("broken", &["--lifecycle", "deviceAuthentication", "--fault", "illegal-transition"]);
    assert_eq!(code, 1);
    assert!(number(&account, "/findings") > 0);
    let records = records(&journal(&folder));
    let failed: Vec<_> = records.iter().filter(|record| !record.findings.is_empty()).collect();
    assert!(failed.iter().all(|record| record.name.starts_with("explore/deviceAuthentication#")));
    assert!(failed.iter().any(|record| record.findings[0].check == "lifecycle-transition"), "{failed:#?}");
}

#[test]
fn what_broke_is_written_as_a_scenario_that_lints_and_fails_again_until_the_fault_is_off() {
    let (_, account, folder) =
        explored("small", &["--lifecycle", "deviceAuthentication", "--fault", "illegal-transition"]);
    let written = account["scenarios_written"].as_array().expect("a list");
    assert!(!written.is_empty());
    for file in written.iter().filter_map(Value::as_str) {
        let linted = flowproof(&["lint", file]);
        assert!(said(&linted).contains("no problems"), "{}", said(&linted));
        let again = folder.join("again").display().to_string();
        let run =
            |arguments: &[&str]| code(&flowproof(&[&["run", file, "--json", "--report", &again], arguments].concat()));
        assert_eq!((run(&["--fault", "illegal-transition"]), run(&[])), (1, 0), "{file}");
    }
}

/// What the walks of an exploration do, with its arguments.
fn walked(name: &str, arguments: &[&str]) -> Vec<(String, Vec<String>)> {
    let (_, _, folder) = explored(name, &[&["--lifecycle", "deviceAuthentication"], arguments].concat());
    let labels = |steps: &[flowproof::record::StepRecord]| steps.iter().map(|step| step.label.clone()).collect();
    records(&journal(&folder)).iter().map(|record| (record.digest.clone(), labels(&record.steps))).collect()
}

#[test]
fn the_same_seed_walks_the_same_way_and_another_seed_another() {
    let from = |seed, name| walked(name, &["--seed", seed, "--max-requests", "200"]);
    let seven = from("7", "once");
    assert_eq!(seven, from("7", "again"));
    assert_ne!(seven, from("8", "other"));
}

#[test]
fn only_requests_that_read_are_sent_where_nothing_else_is_allowed() {
    let (code, account, folder) = explored("read-only", &["--read-only"]);
    assert_eq!(code, 0, "{account}");
    let records = records(&journal(&folder));
    let mut exchanges = records.iter().flat_map(|record| &record.exchanges).peekable();
    assert!(exchanges.peek().is_some());
    assert!(exchanges.all(|exchange| exchange.request.method == "GET"));
}

#[test]
fn more_depth_tries_what_is_not_permitted_more_often() {
    let forbidden = |name: &str, arguments: &[&str]| {
        let walks = walked(name, arguments);
        walks.iter().flat_map(|(_, labels)| labels).filter(|label| label.contains("is not permitted")).count()
    };
    let (pairs, ways) = (forbidden("pairs", &["--pairs"]), forbidden("ways", &["--depth", "1"]));
    assert!(
        pairs < ways && ways < forbidden("pairs-of-ways", &["--depth", "2", "--max-requests", "900"]),
        "{pairs} {ways}"
    );
}

#[test]
fn a_threshold_that_is_not_reached_fails_and_is_named() {
    let folder = folder("explore-thresholds");
    std::fs::write(folder.join("flowproof.toml"), "[explore]\nrefusals = 100\n").expect("written");
    let (config, report) = (folder.join("flowproof.toml"), folder.join("report"));
    let (config, report) = (config.display().to_string(), report.display().to_string());
    let output = flowproof(&["explore", "--config", &config, "--report", &report]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    let words = |output| said(output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&output).contains("refusals, and must cover at least 100 %"), "{}", said(&output));
    let part = flowproof(&["explore", "--max-requests", "5", "--config", &config, "--report", &report]);
    assert_eq!(code(&part), 0, "{}", said(&part));
    assert!(words(&part).contains("not judged: the number of requests was limited"), "{}", said(&part));
}

#[test]
fn a_walk_that_broke_off_is_repeated_by_the_exploration_that_it_belongs_to() {
    let broken = ["--html", "--lifecycle", "deviceAuthentication", "--fault", "illegal-transition"];
    let (_, _, folder) = explored("repeated", &broken);
    let report = std::fs::read_to_string(folder.join("report.html")).expect("the report");
    assert!(report.contains("flowproof explore --lifecycle deviceAuthentication --fault illegal-transition"));
    assert!(!report.contains("flowproof run explore/"));
}

#[test]
fn no_more_requests_are_sent_than_are_allowed() {
    let (code, account, _) = explored("few", &["--max-requests", "40"]);
    assert_eq!(code, 0);
    assert_eq!(number(&account, "/requests"), 40);
}

#[test]
fn where_little_is_to_be_said_only_the_result_is() {
    let place = folder("explore-quiet").display().to_string();
    let said =
        |more: &[&str]| said(&flowproof(&[&["explore", "--max-requests", "5", "--report", &place], more].concat()));
    assert!(said(&[]).contains("Explored in 5 requests"));
    let quiet = said(&["--quiet"]);
    assert!(!quiet.contains("Explored in") && quiet.contains("exit code  0"), "{quiet}");
}

#[test]
fn an_unknown_lifecycle_is_told_and_nothing_is_sent() {
    let output = flowproof(&["explore", "--lifecycle", "flight"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("no lifecycle `flight`"), "{}", said(&output));
}

#[test]
fn the_page_of_negatives_is_what_the_classes_say() {
    let mut page = String::from(
        "# Negatives\n\n<!-- Written by `UPDATE_DOCS=1 cargo test --test it explore` from `src/explore/negatives.rs`. -->\n\n\
         `flowproof explore` sends each permitted action, and each look at a resource, with one thing broken. Which class a pair of state \
         and\naction meets is decided by a Latin square: neighbouring states and actions meet different classes. A class that an operation \
         cannot be\nsent, such as a missing property where there is no body, leaves its turn to the next.\n\n\
         A negative must be refused with a status of its row that the operation documents, or, where it documents none of them, with \
         any\ndocumented refusal; and the resource must be what it was. That somebody else's resource is refused like one that does not \
         exist\nis [`error-model`](checks.md#error-model)'s to say where the contract promises it.\n\n\
         | class | what it breaks | where it is said | right answers |\n| --- | --- | --- | --- |\n",
    );
    for class in Negative::ALL {
        let statuses: Vec<String> = class.statuses().iter().map(u16::to_string).collect();
        let _ =
            writeln!(page, "| `{}` | {} | {} | {} |", class.name(), class.about(), class.source(), statuses.join(", "));
    }
    keep("docs/negatives.md", &page);
    let names: BTreeSet<&str> = Negative::ALL.iter().map(|class| class.name()).collect();
    assert_eq!(names.len(), Negative::ALL.len());
    assert!(root().join("docs/explore.md").exists());
}

#[test]
fn a_dry_run_says_which_walks_use_their_users_up() {
    let output = flowproof(&["explore", "--dry-run"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let words = said(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("uses its user up"), "{words}");
    assert!(words.contains("wrong tries may lock a user or a device"), "{words}");
}

#[test]
fn nothing_is_explored_in_production() {
    let folder = folder("explore-production");
    let target =
        "[targets.live]\nregion = \"eu\"\nenvironment = \"3b1c6d4e-0f2a-4c58-9d7e-5a6b7c8d9e0f\"\nproduction = true\n";
    let worker = "[targets.live.worker]\nclient-id = \"7f0d3c2b-1a49-4e58-8b67-0c1d2e3f4a5b\"\nclient-secret = { env = \"NOBODYS\" }\n";
    let config = folder.join("flowproof.toml");
    std::fs::write(&config, format!("{target}{worker}")).expect("written");
    let config = config.display().to_string();
    let output = flowproof(&["explore", "--target", "live", "--config", &config]);
    assert_eq!(code(&output), 2, "{}", said(&output));
    assert!(stderr(&output).contains("nothing is explored in production"), "{}", said(&output));
}
