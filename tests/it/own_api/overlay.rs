//! Overlays: what is laid over a document is as good as what is written in it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use flowproof::contract::{Contract, Overlay, TEXT};
use flowproof::record::ScenarioRecord;
use flowproof::record::journal::Journal;
use flowproof::run::{self, Prepared, RunOptions, Silent, TargetChoice};
use serde_json::{Map, Value, json};

use super::{assert_passes, flowproof, runs, with_files};
use crate::support::{CONTRACT, SUITE, code, finish, folder, journal, records, root, said};

/// Our own contract without any extension, and the overlay that brings them back.
fn split() -> (String, String) {
    let mut document: Value = serde_json::from_str(TEXT).expect("JSON");
    let mut actions = Vec::new();
    take(&mut document, "$", &mut actions);
    let overlay = json!({"overlay": "1.0.0", "info": {"title": "Ours", "version": "1"}, "actions": actions});
    (document.to_string(), overlay.to_string())
}

fn take(value: &mut Value, path: &str, actions: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            let (own, plain): (Map<_, _>, Map<_, _>) =
                std::mem::take(members).into_iter().partition(|(name, _)| name.starts_with("x-"));
            *members = plain;
            if !own.is_empty() {
                actions.push(json!({"target": path, "update": own}));
            }
            for (name, below) in members.iter_mut() {
                let name = name.replace('\\', "\\\\").replace('\'', "\\'");
                take(below, &format!("{path}['{name}']"), actions);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                take(item, &format!("{path}[{at}]"), actions);
            }
        }
        _ => {}
    }
}

static SPLIT: LazyLock<Arc<Contract>> = LazyLock::new(|| {
    let (plain, overlay) = split();
    assert!(!plain.contains("\"x-lifecycle\"") && overlay.contains("\"x-lifecycle\""));
    let overlay = Overlay::from_text(&overlay).expect("an overlay");
    Arc::new(Contract::with_overlays(&plain, &[overlay]).expect("a contract"))
});

/// What every scenario below a folder of the suite comes to, with its findings, as text.
fn verdicts(name: &str, contract: &Arc<Contract>, cases: &str, target: TargetChoice) -> BTreeMap<String, String> {
    let folder = folder(&format!("own-api/split-{name}"));
    let suite =
        run::load(&[root().join("cases").join(cases)], contract).unwrap_or_else(|problems| panic!("{problems:?}"));
    let options = RunOptions { target, ..RunOptions::new(folder.clone()) };
    finish(Prepared::new(Arc::clone(contract), suite.scenarios, options, Box::new(Silent)), &folder, 2);
    verdicts_of(&journal(&folder))
}

fn verdicts_of(journal: &Journal) -> BTreeMap<String, String> {
    let text = |record: &ScenarioRecord| {
        let findings = serde_json::to_string(&record.findings).expect("JSON");
        format!("{:?} {findings}", record.verdict)
    };
    records(journal).into_iter().map(|record| (record.name.clone(), text(&record))).collect()
}

#[test]
fn a_document_with_its_extensions_in_an_overlay_gives_the_verdicts_of_the_whole() {
    let broken = || TargetChoice::Broken(vec!["missing-link".parse().expect("a fault")]);
    let whole = verdicts("whole", &CONTRACT, "mfa/otp", TargetChoice::Embedded);
    assert_eq!(verdicts("parts", &SPLIT, "mfa/otp", TargetChoice::Embedded), whole);
    assert!(whole.len() > 20, "{}", whole.len());
    let whole = verdicts("whole-broken", &CONTRACT, "mfa/otp", broken());
    assert_eq!(verdicts("parts-broken", &SPLIT, "mfa/otp", broken()), whole);
    assert!(whole.values().any(|verdict| verdict.contains("lifecycle-links")), "{whole:?}");
}

#[test]
fn the_whole_suite_comes_to_the_same_with_the_extensions_in_an_overlay() {
    let whole = verdicts_of(&Journal::open(&SUITE).expect("the suite ran"));
    assert!(whole.len() > 800, "{}", whole.len());
    assert_eq!(verdicts("suite-parts", &SPLIT, "", TargetChoice::Embedded), whole);
}

const OVERLAY: &str = "overlay: 1.1.0\ninfo: { title: More, version: '1' }\nactions:\n  - target: $.components.schemas.Book\n    \
                       update: { required: [isbn] }\n  - target: $.components.schemas.Nothing\n    update: { type: object }\n";

#[test]
fn an_overlay_changes_what_an_answer_is_held_against_and_an_action_about_nothing_is_told() {
    let case = "scenario: A book\nsteps:\n  - call: readBook\n    path: { id: 1 }\n";
    let folder = with_files("overlay", &[("cases/book.yaml", case), ("more.yaml", OVERLAY)]);
    assert_passes(&runs(&folder, &[]));
    let output = runs(&folder, &["--overlay", "more.yaml"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(said(&output).contains("the required property `isbn` is missing"), "{}", said(&output));
    assert!(
        said(&output).contains("action 2 of an overlay is about nothing here: $.components.schemas.Nothing"),
        "{}",
        said(&output)
    );
}

#[test]
fn what_is_no_overlay_is_refused_in_one_message() {
    let folder =
        with_files("no-overlay", &[("later.yaml", &OVERLAY.replace("1.1.0", "2.0.0")), ("none.yaml", "a: 1\n")]);
    std::fs::write(folder.join("path.yaml"), OVERLAY.replace("$.components.schemas.Book", "$.[")).expect("written");
    for (file, words) in [
        ("later.yaml", "version 2.0.0 is not supported"),
        ("none.yaml", "it has no `overlay` field"),
        ("path.yaml", "cannot be applied"),
        ("missing.yaml", "cannot read missing.yaml"),
    ] {
        let output = flowproof(&folder, &["lint", "--contract", "library.yaml", "--overlay", file]);
        assert_eq!(code(&output), 2, "{file}: {}", said(&output));
        assert!(said(&output).contains(words), "{file}: {}", said(&output));
    }
}
