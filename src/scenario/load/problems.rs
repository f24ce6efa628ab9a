//! Problems before they are shown: which rule each breaks, and how many are shown.
//!
//! Deliberately not here: rendering them ([`crate::base::source`]).

use crate::base::source::Diagnostic;

/// How many problems are reported at once.
const MAX_PROBLEMS: usize = 200;

/// Sets the rule that problems break, where they have none yet.
pub(super) fn tag(problems: &mut [Diagnostic], rule: &'static str) {
    for problem in problems {
        problem.rule.get_or_insert(rule);
    }
}

/// The first problems, and how many more there are.
pub(in crate::scenario) fn most(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let hidden = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    if hidden > 0 {
        problems.push(Diagnostic::whole(format!("{hidden} more problems are not shown")));
    }
    problems
}
