//! Drift: what is not documented is listed, and the patch that is proposed makes it documented.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use flowproof::contract::Contract;
use serde_json::{Value, json};

use crate::support::{flowproof_in as flowproof, root, stderr, stdout as said};

/// A checkout of its own: the contract where it belongs.
fn checkout(name: &str) -> PathBuf {
    let folder = crate::support::folder(&format!("drift/{name}"));
    fs::create_dir_all(folder.join("spec")).expect("a folder");
    fs::copy(root().join("spec/pingone.yaml"), folder.join("spec/pingone.yaml")).expect("the contract");
    folder
}

/// Runs a few scenarios against a stand-in with a fault and gives the journal.
fn broken(folder: &Path, fault: &str) -> String {
    let cases = root().join("cases").display().to_string();
    let run = ["run", &cases, "--filter", "mfa/otp/e", "--fault", fault, "--report", fault, "--quiet", "--json"];
    let output = flowproof(folder, &run);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
    format!("{fault}/journal.jsonl")
}

/// Applies a patch as people do.
fn apply(folder: &Path, patch: &str) {
    fs::write(folder.join("drift.patch"), patch).expect("written");
    let mut git = Command::new("git");
    git.current_dir(folder).args(["apply", "drift.patch"]);
    // Inside of another checkout git would look for the path from its root.
    git.env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder));
    let output = git.output().expect("git starts");
    assert!(output.status.success(), "{}\n{patch}", stderr(&output));
}

#[test]
fn what_is_found_is_no_drift_any_more_once_the_patch_is_applied() {
    for (fault, kind) in
        [("undocumented-property", "property "), ("undocumented-value", "value "), ("undocumented-status", "status ")]
    {
        let folder = checkout(fault);
        let journal = broken(&folder, fault);
        let found = flowproof(&folder, &["drift", &journal, "--check"]);
        assert_eq!(found.status.code(), Some(1), "{fault}: {}", said(&found));
        assert!(said(&found).lines().any(|line| line.starts_with(kind)), "{fault}: {}", said(&found));

        let patch = flowproof(&folder, &["drift", &journal, "--patch"]);
        assert!(said(&patch).starts_with("--- a/spec/pingone.yaml\n+++ b/spec/pingone.yaml\n"), "{}", said(&patch));
        let old = fs::read_to_string(folder.join("spec/pingone.yaml")).expect("the contract");
        apply(&folder, &said(&patch));
        let new = fs::read_to_string(folder.join("spec/pingone.yaml")).expect("the contract");
        Contract::from_text(&new).expect("still a contract");
        let comments = |text: &str| text.lines().filter(|line| line.trim_start().starts_with('#')).count();
        assert_eq!(comments(&new), comments(&old), "{fault}");

        let again = flowproof(&folder, &["drift", &journal, "--check"]);
        assert_eq!(again.status.code(), Some(0), "{fault}: {}", said(&again));
        let rejudged = flowproof(
            &folder,
            &[
                "rejudge",
                &journal,
                "--contract",
                "spec/pingone.yaml",
                "-D",
                "undocumented-property",
                "-D",
                "undocumented-value",
            ],
        );
        assert_eq!(rejudged.status.code(), Some(0), "{fault}: {}", said(&rejudged));
    }
}

/// A HAR of one tenant's answer with something new of every kind.
fn everything_new(folder: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("tests/replay/firefox.har")).expect("the fixture");
    let mut har: Value = serde_json::from_str(&text).expect("JSON");
    let answer = &mut har["log"]["entries"][0]["response"];
    let fields = answer["headers"].as_array_mut().expect("fields");
    fields.push(json!({"name": "X-Risk-Level", "value": "do-not-tell"}));
    let text = answer["content"]["text"].as_str().expect("text");
    let mut body: Value = serde_json::from_str(text).expect("JSON");
    body["riskScore"] = json!({"level": "do-not-tell"});
    body["_links"]["risk.explain"] = json!({"href": "https://auth.pingone.com/risk"});
    body["_embedded"]["devices"][0]["type"] = json!("PIGEON");
    answer["content"]["text"] = body.to_string().into();
    let other = &mut har["log"]["entries"][2]["response"];
    other["headers"][0]["value"] = json!("application/vnd.new+json");
    fs::write(folder.join("new.har"), har.to_string()).expect("written");
    let names = [
        "property riskScore",
        "link risk.explain",
        "value PIGEON",
        "header x-risk-level",
        "media type application/vnd.new+json",
    ];
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_kind_of_drift_is_told_with_counts_and_without_its_values_and_can_be_patched() {
    let folder = checkout("everything");
    let names = everything_new(&folder);
    let list = flowproof(&folder, &["drift", "new.har"]);
    let text = said(&list);
    assert_eq!(list.status.code(), Some(0), "{text}");
    for name in &names {
        assert!(text.lines().any(|line| line.starts_with(name.as_str()) && line.ends_with("1 ×")), "{name}:\n{text}");
    }
    assert!(!text.contains("do-not-tell"), "{text}");
    let patch = said(&flowproof(&folder, &["drift", "new.har", "--patch"]));
    assert!(!patch.contains("do-not-tell"), "{patch}");
    apply(&folder, &patch);
    let again = flowproof(&folder, &["drift", "new.har", "--check"]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
}

/// reported/23: patches for JSON were none, and neighbouring additions to YAML stood in the wrong order.
#[test]
fn a_patch_applies_to_contracts_in_json_and_in_yaml_and_leaves_nothing_to_propose() {
    let handed = root().join("tests/handed/reported/23-drift-patch");
    for contract in ["contract.json", "contract.yaml"] {
        for har in ["props.har", "status-and-media.har"] {
            let folder = crate::support::folder(&format!("drift/{contract}-{har}"));
            fs::copy(handed.join(contract), folder.join(contract)).expect("the contract");
            let recording = handed.join(har).display().to_string();
            let patch = flowproof(&folder, &["drift", &recording, "--contract", contract, "--patch"]);
            assert_eq!(patch.status.code(), Some(0), "{contract} {har}: {}", stderr(&patch));
            let old = fs::read_to_string(folder.join(contract)).expect("the contract");
            apply(&folder, &said(&patch));
            let new = fs::read_to_string(folder.join(contract)).expect("the contract");
            let changed = old.lines().filter(|line| !new.lines().any(|kept| kept.starts_with(line))).count();
            assert!(changed <= 2, "{contract} {har}: only brackets on one line may change:\n{}", said(&patch));
            let again = flowproof(&folder, &["drift", &recording, "--contract", contract, "--check"]);
            assert_eq!(again.status.code(), Some(0), "{contract} {har}: {}", said(&again));
        }
    }
}

#[test]
fn nothing_that_was_looked_at_is_no_proof_of_no_drift() {
    let folder = checkout("nothing");
    fs::write(folder.join("empty.har"), r#"{"log":{"entries":[]}}"#).expect("written");
    assert_eq!(flowproof(&folder, &["drift", "empty.har", "--check"]).status.code(), Some(4));
    assert_eq!(flowproof(&folder, &["drift", "nowhere.har"]).status.code(), Some(2));
}
