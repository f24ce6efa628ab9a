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
pub(crate) use self::documented::is_documented;

use self::context::Lint;
use self::documented::DocumentedBodies;
use self::mask::masked;
use self::scenario::ScenarioLint;
use self::secrets::secret_facts;
use super::load::{Suite, most};
use super::model::Scenario;
use crate::base::source::Diagnostic;

/// What there is to say of files and folders.
#[derive(Debug, Clone, Default)]
pub struct Examination {
    /// The suite, as far as it could be read.
    pub suite: Suite,
    /// What is wrong, errors and warnings, as it is shown: at most so many.
    pub problems: Vec<Diagnostic>,
    /// What the errors concern, shown or not.
    pub faulty: Faulty,
}

/// What the errors of a suite concern.
#[derive(Debug, Clone, Default)]
pub struct Faulty {
    /// Whether one is about the paths that were given.
    pub paths: bool,
    /// The files with errors that come to light when they are read.
    pub files: HashSet<PathBuf>,
    /// The scenarios that can be read and have errors all the same.
    pub scenarios: HashSet<String>,
}

impl Faulty {
    fn read(problems: &[Diagnostic]) -> Self {
        let errors = || problems.iter().filter(|problem| problem.is_error());
        let places = errors().flat_map(|error| error.span.iter().chain(error.related.as_ref().map(|(span, _)| span)));
        Self {
            paths: errors().any(|error| error.rule == Some("file")),
            files: places.map(|span| span.source.path.clone()).collect(),
            scenarios: HashSet::new(),
        }
    }

    /// Whether an error concerns a scenario.
    pub fn concerns(&self, scenario: &Scenario) -> bool {
        self.paths || self.files.contains(&scenario.source.path) || self.scenarios.contains(&scenario.name)
    }
}

/// Reads files and folders and lints what could be read: what is wrong, errors and warnings, all at once.
pub fn examine(paths: &[PathBuf], context: &LintContext<'_>) -> Examination {
    let (suite, mut problems) = Suite::read(paths);
    let mut faulty = Faulty::read(&problems);
    problems.extend(found(&suite, context, &mut faulty.scenarios));
    let mut problems = masked(problems);
    // File by file and from top to bottom.
    problems.sort_by_cached_key(place);
    Examination { suite, problems: most(problems), faulty }
}

/// Finds every problem of a suite that has been read.
pub fn lint(suite: &Suite, context: &LintContext<'_>) -> Vec<Diagnostic> {
    most(masked(found(suite, context, &mut HashSet::new())))
}

/// The problems of all scenarios, each once; the names of the scenarios with errors are collected.
fn found(suite: &Suite, context: &LintContext<'_>, faulty: &mut HashSet<String>) -> Vec<Diagnostic> {
    let LintContext { contract, checks, facts, elsewhere } = *context;
    let (secrets, bodies) = (secret_facts(facts), DocumentedBodies::default());
    let mut problems = Vec::new();
    let partial = suite.incomplete.iter().flat_map(|file| file.scenarios.iter().map(move |each| (each, Some(file))));
    for (scenario, incomplete) in suite.scenarios.iter().map(|each| (each, None)).chain(partial) {
        let (secrets, bodies) = (&*secrets, &bodies);
        let lint =
            Lint { contract, checks, facts, elsewhere, incomplete, secrets, scenario, bodies, problems: Vec::new() };
        let mut own = ScenarioLint::new(lint).run();
        own.retain(|problem| incomplete.is_none() || holds_anyway(problem));
        faulty.extend(own.iter().any(Diagnostic::is_error).then(|| scenario.name.clone()));
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
    problem.span.as_ref().map(|span| (span.source.path.clone(), span.range().start))
}
