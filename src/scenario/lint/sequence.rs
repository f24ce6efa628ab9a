//! The states that a scenario lists in `sequence`, held against the lifecycle and what its steps expect.
//!
//! Deliberately not here: which resource a sequence is about ([`super::resources`]).

use std::collections::BTreeSet;

use super::context::Lint;
use crate::base::source::{Diagnostic, Spanned};
use crate::contract::Lifecycle;
use crate::scenario::model::States;

/// Checks one list of states; `expected` are those that steps expect, in order.
pub(super) fn check_sequence(
    lint: &mut Lint<'_>,
    states: &States,
    lifecycle: Option<&Lifecycle>,
    expected: &[&Spanned<String>],
) {
    for state in &states.value {
        lint.state(state, lifecycle.map(|lifecycle| lifecycle.name.as_str()));
    }
    for pair in states.windows(2) {
        let (before, after) = (&pair[0].value, &pair[1].value);
        if before == after {
            let message = format!("{after} is listed twice in a row; a state that does not change is listed once");
            lint.broken("impossible-sequence", &pair[1].span, message);
        } else if lifecycle.is_some_and(|lifecycle| !leads(lifecycle, before, after)) {
            lint.broken("impossible-sequence", &pair[1].span, format!("{after} can never follow {before}"));
        }
    }
    in_order(lint, states, expected);
}

/// The states that steps expect must be found in the sequence, in their order.
fn in_order(lint: &mut Lint<'_>, states: &States, expected: &[&Spanned<String>]) {
    let mut at = 0;
    for wanted in expected {
        match states[at..].iter().position(|state| state.value == wanted.value) {
            Some(further) => at += further,
            None => {
                let message = match states.iter().any(|state| state.value == wanted.value) {
                    true => format!("{} is expected here, but `sequence` lists it only earlier", wanted.value),
                    false => format!("{} is expected here, but `sequence` does not list it", wanted.value),
                };
                let problem = Diagnostic::at(&wanted.span, message).related(&states.span, "all states, in order");
                return lint.report(problem.rule("impossible-sequence"));
            }
        }
    }
}

/// Whether one state can lead to another by any number of actions.
fn leads(lifecycle: &Lifecycle, from: &str, to: &str) -> bool {
    let mut open = vec![from];
    let mut reached = BTreeSet::new();
    while let Some(state) = open.pop().and_then(|name| lifecycle.states.get(name)) {
        let acted = state.permits.values().flat_map(|next| next.success.iter().chain(&next.rejection));
        for later in acted.chain(&state.elapse).map(String::as_str) {
            if reached.insert(later) {
                open.push(later);
            }
        }
    }
    reached.contains(to)
}
