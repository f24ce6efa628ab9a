//! Problems on their way to whoever reads them: which rule they break, and how many are shown.
//!
//! Deliberately not here: rendering them ([`crate::base::source`]).

use crate::base::source::Diagnostic;

/// How many problems are reported at once.
const MAX_PROBLEMS: usize = 200;

/// Says which rule problems break, where that has not been said.
pub(super) fn tag(problems: &mut [Diagnostic], rule: &'static str) {
    for problem in problems {
        problem.rule.get_or_insert(rule);
    }
}

/// The first problems, and how many there are besides: nobody reads thousands.
pub(in crate::scenario) fn most(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let hidden = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    if hidden > 0 {
        problems.push(Diagnostic::whole(format!("{hidden} more problems are not shown")));
    }
    problems
}
