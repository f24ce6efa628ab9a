//! A lifecycle that nobody has told: found in the journal of the suite, and held against the one that is declared.

use std::collections::BTreeSet;
use std::fs;

use flowproof::contract::{Contract, Lifecycle, Overlay};
use serde_json::json;

use crate::support::{CONTRACT, SUITE, code, flowproof_in, folder, said, stderr, stdout};

/// Our own document without any extension.
fn plain() -> String {
    let mut document = CONTRACT.document().clone();
    without_extensions(&mut document);
    document.to_string()
}

fn without_extensions(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members.retain(|name, _| !name.starts_with("x-") || name == "x-operation-id");
            members.values_mut().for_each(without_extensions);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(without_extensions),
        _ => {}
    }
}

/// Every outcome: from which state, by what, to which.
fn outcomes(lifecycle: &Lifecycle) -> BTreeSet<(String, String, String)> {
    let mut all = BTreeSet::new();
    let initial = lifecycle.initial.iter().map(|(operation, states)| ("", operation.as_str(), states));
    let of_states = lifecycle.states.iter().flat_map(|(name, state)| {
        let success =
            state.permits.iter().map(move |(operation, next)| (name.as_str(), operation.as_str(), &next.success));
        let rejection =
            state.permits.iter().map(move |(operation, next)| (name.as_str(), operation.as_str(), &next.rejection));
        success.chain(rejection).chain([(name.as_str(), "", &state.elapse)])
    });
    for (from, by, states) in initial.chain(of_states) {
        all.extend(states.iter().map(|to| (from.to_owned(), by.to_owned(), to.clone())));
    }
    all
}

#[test]
fn the_lifecycles_of_the_suite_are_found_without_being_told() {
    let folder = folder("infer/lifecycle");
    fs::write(folder.join("plain.json"), plain()).expect("written");
    let journal = SUITE.display().to_string();
    let output = flowproof_in(&folder, &["lifecycle", &journal, "--contract", "plain.json"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let overlay = Overlay::from_text(&stdout(&output)).expect("an overlay");
    let found = Contract::with_overlays(&plain(), &[overlay]).expect("a contract");
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    // States, found outcomes and invented ones at least, at least and at most.
    for (declared, schema, states, least, most) in
        [("flow", "flow", 21, 130, 40), ("deviceAuthentication", "deviceAuthentication", 7, 25, 12)]
    {
        let declared = CONTRACT.lifecycles().iter().find(|one| one.name == declared).expect("declared");
        let found = found.lifecycles().iter().find(|one| one.name == schema).expect("found");
        assert_eq!((&found.state, &found.identity, &found.read), (&declared.state, &declared.identity, &declared.read));
        let known = found.states.keys().filter(|state| declared.states.contains_key(*state)).count();
        assert_eq!((known, found.states.len()), (states, states), "{schema}: a state is invented or missing");
        let (declared, found) = (outcomes(declared), outcomes(found));
        let right = found.intersection(&declared).count();
        let invented: Vec<_> = found.difference(&declared).collect();
        println!(
            "{schema}: {right} of {} declared outcomes, {} invented: {invented:?}",
            declared.len(),
            invented.len()
        );
        assert!(
            right >= least && invented.len() <= most,
            "{schema}: {right} found, {} invented: {invented:?}",
            invented.len()
        );
    }
}

#[test]
fn a_recording_without_any_state_that_changes_is_no_lifecycle() {
    let folder = folder("infer/no-lifecycle");
    let har = crate::support::root().join("tests/replay/firefox.har").display().to_string();
    fs::write(folder.join("empty.har"), json!({"log": {"entries": []}}).to_string()).expect("written");
    let empty = flowproof_in(&folder, &["lifecycle", "empty.har"]);
    assert_eq!(code(&empty), 4, "{}", said(&empty));
    let one = flowproof_in(&folder, &["lifecycle", &har]);
    assert_eq!(code(&one), 0, "two states of one resource are enough: {}", said(&one));
    assert!(stderr(&one).contains("2 states of 1 resource"), "{}", stderr(&one));
}
