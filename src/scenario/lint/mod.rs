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
use self::names::FragmentNames;
use self::scenario::ScenarioLint;
use self::secrets::secret_facts;
use super::load::{IncompleteFile, Suite, SuiteReader, most};
use super::model::Scenario;
use crate::base::source::{Diagnostic, Source};

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

    /// Whether an error concerns the scenario of a name, in a file.
    pub fn concerns(&self, name: &str, source: &Source) -> bool {
        self.paths || self.files.contains(&source.path) || self.scenarios.contains(name)
    }
}

/// Reads files and folders and lints what could be read: what is wrong, errors and warnings, all at once.
pub fn examine(paths: &[PathBuf], context: &LintContext<'_>) -> Examination {
    let mut scenarios = Vec::new();
    let rest = examine_each(paths, context, |scenario| scenarios.push(scenario));
    Examination { suite: Suite { scenarios, ..rest.suite }, ..rest }
}

/// As [`examine`]; the scenarios that could be read are given away one by one, and are no longer in the suite.
pub(crate) fn examine_each(
    paths: &[PathBuf],
    context: &LintContext<'_>,
    mut keep: impl FnMut(Scenario),
) -> Examination {
    let (mut reader, mut examiner) = (SuiteReader::new(paths), Examiner::new(context));
    while let Some(part) = reader.next_part() {
        examiner.scenarios(part.iter().map(|scenario| (scenario, None)));
        if reader.whole {
            part.iter().for_each(|scenario| examiner.fragments.add(scenario));
        }
        part.into_iter().for_each(&mut keep);
    }
    let (suite, mut problems) = reader.finish();
    let mut faulty = Faulty::read(&problems);
    problems.extend(examiner.finish(&suite, &mut faulty.scenarios));
    let mut problems = masked(problems);
    // File by file and from top to bottom.
    problems.sort_by_cached_key(place);
    Examination { suite, problems: most(problems), faulty }
}

/// Finds every problem of a suite that has been read.
pub fn lint(suite: &Suite, context: &LintContext<'_>) -> Vec<Diagnostic> {
    let mut examiner = Examiner::new(context);
    examiner.scenarios(suite.scenarios.iter().map(|scenario| (scenario, None)));
    if suite.whole {
        suite.scenarios.iter().for_each(|scenario| examiner.fragments.add(scenario));
    }
    most(masked(examiner.finish(suite, &mut HashSet::new())))
}

/// Finds the problems of scenarios, part by part.
struct Examiner<'c> {
    context: &'c LintContext<'c>,
    /// The secrets among the facts, each with its path.
    secrets: Vec<(String, String)>,
    fragments: FragmentNames,
    problems: Vec<Diagnostic>,
    /// The names of the scenarios with errors.
    faulty: HashSet<String>,
}

impl<'c> Examiner<'c> {
    fn new(context: &'c LintContext<'c>) -> Self {
        let (secrets, fragments) = (secret_facts(context.facts), FragmentNames::default());
        Self { context, secrets, fragments, problems: Vec::new(), faulty: HashSet::new() }
    }

    /// Finds the problems of some scenarios, each with its file where only a part of that could be read.
    fn scenarios<'s>(&mut self, scenarios: impl Iterator<Item = (&'s Scenario, Option<&'s IncompleteFile>)>) {
        let LintContext { contract, checks, facts, elsewhere } = *self.context;
        let (Self { secrets, problems: all, faulty, .. }, bodies) = (self, &DocumentedBodies::default());
        for (scenario, incomplete) in scenarios {
            let problems = Vec::new();
            let lint = Lint { contract, checks, facts, elsewhere, incomplete, secrets, scenario, bodies, problems };
            let mut own = ScenarioLint::new(lint).run();
            own.retain(|problem| incomplete.is_none() || holds_anyway(problem));
            faulty.extend(own.iter().any(Diagnostic::is_error).then(|| scenario.name.clone()));
            all.append(&mut own);
        }
    }

    /// All problems, each once, with those of files that could not be read as a whole.
    fn finish(mut self, suite: &Suite, faulty: &mut HashSet<String>) -> Vec<Diagnostic> {
        let partial =
            suite.incomplete.iter().flat_map(|file| file.scenarios.iter().map(move |each| (each, Some(file))));
        self.scenarios(partial);
        faulty.extend(self.faulty);
        let mut problems = self.problems;
        problems.extend(self.fragments.unused());
        // The rows of a scenario, and the scenarios that use a fragment, share their lines.
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert((identity(problem), problem.message.clone())));
        problems
    }
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
