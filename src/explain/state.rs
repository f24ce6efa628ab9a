//! Explains a state: what it means, what may be done in it, what may follow.

use super::explanation::{Explanation, IdKind, advice, section, statements};
use crate::contract::{Contract, Lifecycle, LifecycleState};

/// Says what a state of a lifecycle means.
pub(super) fn explain(contract: &Contract, lifecycle: &Lifecycle, name: &str) -> Explanation {
    let state = &lifecycle.states[name];
    let sections = [
        section("Meaning", [state.description.clone()]),
        section("Promise", statements(contract, &state.requirements)),
        section("Permits", permits(name, state)),
        section("By itself", elapse(state)),
        section("Links", links(state)),
        section("Reached by", reached(lifecycle, name)),
        section("Source", [format!("{}/states/{name}", lifecycle.pointer)]),
        section("Violation", [violation(lifecycle, name, state)]),
        section("What to do", advice(&["lifecycle-transition", "lifecycle-links"])),
    ];
    Explanation::new(IdKind::State, format!("{}/{name}", lifecycle.name), sections)
}

fn permits(name: &str, state: &LifecycleState) -> Vec<String> {
    if state.permits.is_empty() {
        let why = if state.is_final { "it is final" } else { "no action is documented" };
        return vec![format!("only reading: {why}")];
    }
    let permitted = state.permits.iter().map(|(operation, next)| {
        let refused = if next.rejection.is_empty() { name.to_owned() } else { next.rejection.join(", ") };
        format!("{operation}: leads to {}; when refused, to {refused}", next.success.join(", "))
    });
    permitted.collect()
}

fn elapse(state: &LifecycleState) -> Option<String> {
    (!state.elapse.is_empty()).then(|| format!("may be found as {} without a request", state.elapse.join(", ")))
}

fn links(state: &LifecycleState) -> Vec<String> {
    let any = state.links.any.iter().map(|names| ("must offer one of", names));
    let kinds = [("must offer", &state.links.must)].into_iter().chain(any).chain([("may offer", &state.links.may)]);
    kinds.filter(|(_, names)| !names.is_empty()).map(|(word, names)| format!("{word} {}", names.join(", "))).collect()
}

fn reached(lifecycle: &Lifecycle, name: &str) -> Option<String> {
    let initial = lifecycle.initial.iter().filter(|(_, states)| states.iter().any(|state| state == name));
    let acting = lifecycle.states.values().flat_map(|state| &state.permits);
    let acting = acting.filter(|(_, next)| next.success.iter().any(|state| state == name));
    let mut operations: Vec<&str> = initial
        .map(|(operation, _)| operation)
        .chain(acting.map(|(operation, _)| operation))
        .map(String::as_str)
        .collect();
    operations.sort_unstable();
    operations.dedup();
    (!operations.is_empty()).then(|| operations.join(", "))
}

fn violation(lifecycle: &Lifecycle, name: &str, state: &LifecycleState) -> String {
    if state.is_final {
        return format!("A {} that was {name} is found in another state later.", lifecycle.name);
    }
    let refused =
        lifecycle.operations().find(|operation| lifecycle.acts(operation) && !state.permits.contains_key(*operation));
    match (refused, state.links.must.last()) {
        (Some(operation), _) => format!("{operation} is accepted in {name}, although the state does not permit it."),
        (None, Some(link)) => format!("In {name} the link {link} is missing."),
        (None, None) => format!("{name} is followed by a state that is not named above."),
    }
}
