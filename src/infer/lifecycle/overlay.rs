//! A lifecycle as an OpenAPI Overlay: the extension that the contract reads, with how often everything was seen in comments.
//!
//! Deliberately not here: laying it over a document (see `contract`).

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::found::{FoundLifecycle, FoundState, StateCounts};
use crate::base::spelling::lower_camel;
use crate::base::text::counted;

/// The overlay for some lifecycles.
pub(crate) fn overlay(lifecycles: &[FoundLifecycle]) -> String {
    let mut text =
        "# Found in recordings: review it. What was not seen is not in it, and what was seen may be wrong.\n"
            .to_owned();
    text += "overlay: 1.0.0\ninfo: { title: Lifecycles found in recordings, version: \"1\" }\nactions:\n";
    lifecycles.iter().for_each(|lifecycle| action(lifecycle, &mut text));
    text
}

fn action(lifecycle: &FoundLifecycle, text: &mut String) {
    let FoundLifecycle { schema, identity, state, created, updated, read, resources, initial, states } = lifecycle;
    let (seen, outcomes) = (counted(*resources, "resource"), counted(lifecycle.outcomes(), "outcome"));
    _ = writeln!(text, "  # {}, {}, {outcomes}, {} refused", seen, counted(states.len(), "state"), lifecycle.refused());
    _ = writeln!(text, "  - target: {}", quoted(&format!("$.components.schemas[{}]", path_name(schema))));
    _ = writeln!(text, "    update:\n      x-lifecycle:\n        name: {}", quoted(&lower_camel(schema)));
    _ = writeln!(text, "        state: {}\n        identity: {}", quoted(state), quoted(identity));
    match read {
        Some(read) => _ = writeln!(text, "        read: {}", quoted(read)),
        None => text.push_str("        # read: no operation was seen that only looks at one; a lifecycle needs it\n"),
    }
    let times: Vec<String> = [("created", created), ("updated", updated)]
        .iter()
        .filter_map(|(name, pointer)| Some(format!("{name}: {}", quoted(pointer.as_deref()?))))
        .collect();
    if !times.is_empty() {
        _ = writeln!(text, "        times: {{ {} }}", times.join(", "));
    }
    _ = writeln!(text, "        initial:{}", if initial.is_empty() { " {}" } else { "" });
    for (operation, states) in initial {
        _ = writeln!(text, "          {}: {}", quoted(operation), listed(states));
    }
    text.push_str("        states:\n");
    states.iter().for_each(|(name, state)| write_state(name, state, text));
}

fn write_state(name: &str, state: &FoundState, text: &mut String) {
    _ = writeln!(text, "          {}: # seen {} ×", quoted(name), state.seen);
    let FoundState { accepted, rejected, elapsed, refused, .. } = state;
    let before = text.len();
    if !accepted.is_empty() || !rejected.is_empty() {
        text.push_str("            permits:\n");
    }
    let others = rejected.keys().filter(|operation| !accepted.contains_key(*operation));
    for operation in accepted.keys().chain(others) {
        _ = writeln!(text, "              {}:", quoted(operation));
        for (key, outcomes) in [("success", accepted.get(operation)), ("rejection", rejected.get(operation))] {
            outcomes.into_iter().for_each(|states| _ = writeln!(text, "                {key}: {}", listed(states)));
        }
        if let Some(count) = refused.get(operation) {
            // A rejection that is listed would be the only one: the same state has to be named beside it.
            let and = if rejected.contains_key(operation) { "; add this state to `rejection`" } else { "" };
            _ = writeln!(text, "                # refused {count} × without a change{and}");
        }
    }
    if !elapsed.is_empty() {
        _ = writeln!(text, "            elapse: {}", listed(elapsed));
    }
    if state.looks_final() {
        text.push_str("            final: true\n");
    }
    if text.len() == before {
        text.push_str("            permits: {}\n");
    }
    let only =
        |(operation, _): &(&String, &usize)| !accepted.contains_key(*operation) && !rejected.contains_key(*operation);
    let only: IndexMap<String, usize> =
        refused.iter().filter(only).map(|(name, count)| (name.clone(), *count)).collect();
    if !only.is_empty() {
        let each: Vec<String> = only.iter().map(|(operation, count)| format!("{operation} {count} ×")).collect();
        _ = writeln!(text, "            # refused without a change: {}", each.join(", "));
    }
}

/// States with how often each was seen.
fn listed(states: &StateCounts) -> String {
    let names: Vec<String> = states.keys().map(|name| quoted(name)).collect();
    let counts: Vec<String> = states.values().map(|count| format!("{count} ×")).collect();
    format!("[{}] # {}", names.join(", "), counts.join(", "))
}

/// A name in a JSONPath.
fn path_name(name: &str) -> String {
    format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A text that cannot be taken for anything else.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && text.len() > 5;
    if plain && text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
