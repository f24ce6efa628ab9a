//! What recordings teach: scenarios that do the same again, and lifecycles.
//!
//! The HARs beside this were recorded by a proxy before the stand-in, whose facts they hold as `_facts`.

mod lifecycle;
mod shop;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{code, files, flowproof, flowproof_in, folder, journal, records, root, said, stderr, stdout};

/// A recording of the stand-in, and the facts that its environment had.
fn recorded(name: &str, folder: &Path) -> (PathBuf, PathBuf) {
    let har = root().join(format!("tests/it/infer/{name}.har"));
    let text = fs::read_to_string(&har).expect("a recording");
    let read: Value = serde_json::from_str(&text).expect("JSON");
    let facts = folder.join("facts.json");
    fs::write(&facts, read["log"]["_facts"].to_string()).expect("written");
    (har, facts)
}

/// Writes the scenarios of a recording of the stand-in, which must be clean, and gives what they say.
fn scenarios_of(name: &str) -> (PathBuf, String) {
    let folder = folder(&format!("infer/{name}"));
    let (har, facts) = recorded(name, &folder);
    let (har, facts) = (har.display().to_string(), facts.display().to_string());
    let output = flowproof_in(&folder, &["scenarios", "--from", &har, "--facts", &facts, "--write", "cases"]);
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{}", said(&output));
    let lint = flowproof_in(&folder, &["lint"]);
    assert_eq!((code(&lint), stdout(&lint).contains("warning")), (0, false), "{}", said(&lint));
    let texts: Vec<String> =
        files(&folder.join("cases"), "yaml").iter().map(|path| fs::read_to_string(path).expect("a scenario")).collect();
    (folder, texts.join("\n"))
}

#[test]
fn what_was_recorded_of_the_stand_in_passes_again_in_another_environment() {
    for name in ["registration", "wrong-passcode", "device-selection", "kerberos"] {
        let (folder, text) = scenarios_of(name);
        let output = flowproof_in(&folder, &["run", "--report", "report", "--quiet"]);
        assert_eq!(code(&output), 0, "{name}: {}\n{text}", said(&output));
        let ran = records(&journal(&folder.join("report")));
        assert!(!ran.is_empty() && ran.iter().all(|record| record.exchanges.len() > 1), "{name}: {text}");
    }
}

#[test]
fn facts_are_named_and_what_answers_brought_is_saved() {
    let (_, text) = scenarios_of("wrong-passcode");
    for part in [
        "body: { user: { id: \"{{user.id}}\" } }",
        "save: { deviceAuth: /id }",
        "path: { deviceAuthID: \"{{deviceAuth}}\" }",
        "expect: { status: 400, error: { code: INVALID_DATA, detail: INVALID_OTP, target: otp } }",
        "body: { otp: \"{{otp user}}\" }",
        "expect: { status: 200, state: COMPLETED",
        "needs: [user]",
        "covers: [",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn no_secret_and_no_id_of_a_recording_is_in_its_scenarios() {
    for name in ["registration", "wrong-passcode", "device-selection", "kerberos"] {
        let (folder, text) = scenarios_of(name);
        let facts: Value =
            serde_json::from_str(&fs::read_to_string(folder.join("facts.json")).expect("facts")).expect("JSON");
        let mut known = Vec::new();
        texts(&facts, "", &mut known);
        assert!(known.len() > 20);
        for (at, value) in known {
            assert!(!text.contains(&value), "{name}: {at} is written out:\n{text}");
        }
        let har = fs::read_to_string(root().join(format!("tests/it/infer/{name}.har"))).expect("a recording");
        let written = har.split("otp\\\\\\\":").chain(har.split("otp\\\":\\\"")).skip(1);
        for code in written.filter_map(|rest| rest.get(..6)).filter(|code| code.bytes().all(|b| b.is_ascii_digit())) {
            assert!(!text.contains(code), "{name}: the passcode {code}");
        }
    }
}

/// Every id and secret among facts.
fn texts(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| texts(value, &format!("{at}.{name}"), found)),
        Value::String(text) if text.len() > 12 && !at.ends_with("name") && !text.contains('@') => {
            found.push((at.to_owned(), text.clone()));
        }
        _ => {}
    }
}

/// A recording of a tenant whose facts nobody has: the place of an id says which fact it is.
#[test]
fn a_recording_of_another_tenant_needs_the_user_by_name_and_no_passcode() {
    let folder = folder("infer/other-tenant");
    for har in ["chromium", "firefox", "mitmproxy", "postman", "safari"] {
        let path = root().join(format!("tests/replay/{har}.har")).display().to_string();
        let output = flowproof_in(&folder, &["scenarios", "--from", &path, "--write", &format!("cases/{har}")]);
        assert_eq!(code(&output), 0, "{}", said(&output));
    }
    let run = flowproof_in(&folder, &["run", "--quiet", "--report", "report"]);
    assert_eq!(code(&run), 0, "{}", said(&run));
    assert_eq!(records(&journal(&folder.join("report"))).len(), 5);
}

#[test]
fn what_a_recording_lacks_is_said_and_a_file_is_never_overwritten() {
    let folder = folder("infer/errors");
    fs::write(folder.join("empty.har"), r#"{"log":{"entries":[]}}"#).expect("written");
    let nothing = flowproof_in(&folder, &["scenarios", "--from", "empty.har"]);
    assert_eq!(code(&nothing), 4, "{}", said(&nothing));
    assert_eq!(code(&flowproof(&["scenarios", "--from", "missing.har"])), 2);
    let har = root().join("tests/replay/firefox.har").display().to_string();
    let first = ["scenarios", "--from", &har, "--write", "cases"];
    assert_eq!(code(&flowproof_in(&folder, &first)), 0);
    let again = flowproof_in(&folder, &first);
    assert_eq!(code(&again), 2);
    assert!(said(&again).contains("is there already; nothing was written"), "{}", said(&again));
}
