//! A suite is held against the contract before anything is sent: names, parameters, bodies, expectations, states, secrets.
//!
//! Every rule that can be broken has an id and stands in [`rules`]. [`examine`] reads files and lints what could be read, so that
//! all problems are reported at once. Facts are known only at run time; where the caller has those of the stand-in, paths are
//! followed into them.
//!
//! Deliberately not here: what the keys mean ([`super::parse`]).

mod answers;
mod bodies;
mod context;
mod documented;
mod head;
mod mask;
mod names;
pub mod report;
mod request;
mod resources;
pub mod rules;
mod scenario;
mod secrets;

use std::collections::HashSet;
use std::path::PathBuf;

pub use self::answers::error_codes;
pub use self::bodies::kind_of;
pub use self::context::LintContext;

use self::context::Lint;
use self::mask::masked;
use self::scenario::ScenarioLint;
use self::secrets::secret_facts;
use super::load::{Suite, most};
use crate::base::source::Diagnostic;

/// Reads files and folders and lints what could be read: what is wrong, errors and warnings, all at once.
pub fn examine(paths: &[PathBuf], context: &LintContext<'_>) -> (Suite, Vec<Diagnostic>) {
    let (suite, mut problems) = Suite::read(paths);
    problems.extend(found(&suite, context));
    let mut problems = masked(problems);
    // File by file and from top to bottom.
    problems.sort_by_cached_key(place);
    (suite, most(problems))
}

/// Finds every problem of a suite that has been read.
pub fn lint(suite: &Suite, context: &LintContext<'_>) -> Vec<Diagnostic> {
    most(masked(found(suite, context)))
}

fn found(suite: &Suite, context: &LintContext<'_>) -> Vec<Diagnostic> {
    let LintContext { contract, checks, facts, elsewhere } = *context;
    let secrets = secret_facts(facts);
    let mut problems = Vec::new();
    let partial = suite.incomplete.iter().flat_map(|file| file.scenarios.iter().map(move |each| (each, Some(file))));
    for (scenario, incomplete) in suite.scenarios.iter().map(|each| (each, None)).chain(partial) {
        let mut own = Vec::new();
        let (secrets, problems_of) = (&*secrets, &mut own);
        let lint = Lint { contract, checks, facts, elsewhere, incomplete, secrets, scenario, problems: problems_of };
        ScenarioLint::new(lint).run();
        own.retain(|problem| incomplete.is_none() || holds_anyway(problem));
        problems.append(&mut own);
    }
    if suite.whole {
        problems.extend(names::unused_of_fragments(suite));
    }
    // The rows of a scenario, and the scenarios that use a fragment, share their lines.
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert((identity(problem), problem.message.clone())));
    problems
}

/// Whether a problem remains one once the unreadable parts of its file are corrected.
fn holds_anyway(problem: &Diagnostic) -> bool {
    rules::RULES.iter().any(|rule| Some(rule.id.as_str()) == problem.rule && rule.standalone)
}

/// What tells a problem apart from others with its message; an unused column is one problem, however many rows have it.
fn identity(problem: &Diagnostic) -> Option<(PathBuf, usize)> {
    let whole_file = problem.rule == Some("unused-column");
    place(problem).map(|(path, start)| (path, if whole_file { 0 } else { start }))
}

/// Where a problem is, for telling apart and for putting in order.
fn place(problem: &Diagnostic) -> Option<(PathBuf, usize)> {
    problem.span.as_ref().map(|span| (span.source.path.clone(), span.range.start))
}
