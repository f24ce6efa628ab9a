//! The names by which people speak of transitions and of what is tried in a state.
//!
//! Deliberately not here: which of them there are.

use crate::judge::walk::MoveCause;

/// `new` stands for the state before a resource exists, `elapse` for the operation when there was none.
pub(crate) fn transition(lifecycle: &str, from: Option<&str>, cause: MoveCause<'_>, to: &str) -> String {
    let from = from.unwrap_or("new");
    match cause {
        MoveCause::Accepted(operation) => format!("{lifecycle} {from} {operation} -> {to}"),
        MoveCause::Rejected(operation) => format!("{lifecycle} {from} {operation} refused -> {to}"),
        MoveCause::Elapsed => format!("{lifecycle} {from} elapse -> {to}"),
    }
}

pub(crate) fn action(lifecycle: &str, state: &str, operation: &str) -> String {
    format!("{lifecycle} {state} {operation}")
}
