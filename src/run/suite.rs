//! The scenarios of a run: loaded and linted, so that an invalid one is known before anything is sent.
//!
//! Deliberately not here: which scenarios a run is asked for; the caller knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::source::Diagnostic;
use crate::checks;
use crate::contract::Contract;
use crate::engine::{Wants, group};
use crate::scenario::model::Scenario;
use crate::scenario::{IncompleteFile, LintContext, Suite, examine, lint};

/// What a run is asked for.
pub trait Choice {
    /// Whether it is asked for a scenario.
    fn chooses(&self, scenario: &Scenario) -> bool;
    /// Whether it may be asked for a scenario of a file that cannot be read as a whole.
    fn may_choose(&self, file: &IncompleteFile) -> bool;
}

/// The scenarios that were chosen, and what is known of the others.
#[derive(Debug)]
pub struct Chosen {
    /// The suite as far as it could be read.
    pub suite: Suite,
    /// The files with errors that the choice has nothing to do with.
    pub unusable: BTreeSet<PathBuf>,
}

/// Loads and lints a suite that may be run anywhere.
///
/// # Errors
/// With every problem of every file.
pub fn load(paths: &[PathBuf], contract: &Contract) -> Result<Suite, Vec<Diagnostic>> {
    let (suite, problems) = examine(paths, &context(contract, None, &checks::ids()));
    if problems.iter().any(Diagnostic::is_error) { Err(problems) } else { Ok(suite) }
}

/// What the scenarios of a suite want of a target, such as `apps.mfa` or `users.sms`, each with how many of them want it.
pub fn wanted(suite: &Suite, contract: &Contract) -> BTreeMap<String, usize> {
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for scenario in &suite.scenarios {
        let paths = Wants::of(scenario, contract).paths;
        let facts: BTreeSet<&str> = paths.iter().map(|path| group(path)).collect();
        facts.into_iter().for_each(|fact| *wanted.entry(fact.to_owned()).or_default() += 1);
    }
    wanted
}

/// Loads and lints a suite of which a part is to be run; with the facts of the target, what scenarios name is looked for in
/// them. Errors in files that were not chosen stop nothing.
///
/// # Errors
/// With every problem of every file, where an error concerns the choice.
pub fn load_chosen(
    paths: &[PathBuf],
    contract: &Contract,
    facts: Option<&Value>,
    choice: &dyn Choice,
) -> Result<Chosen, Vec<Diagnostic>> {
    let ids = checks::ids();
    let context = context(contract, facts, &ids);
    let (suite, problems) = examine(paths, &context);
    let unusable: BTreeSet<PathBuf> = problems.iter().filter(|each| each.is_error()).filter_map(file_of).collect();
    match problems.iter().any(Diagnostic::is_error) && concerned(&suite, paths, &context, choice) {
        true => Err(problems),
        false => Ok(Chosen { suite, unusable }),
    }
}

/// Whether any error is one of a chosen file, of a fragment that it uses, or of the paths themselves.
fn concerned(suite: &Suite, paths: &[PathBuf], context: &LintContext<'_>, choice: &dyn Choice) -> bool {
    let scenarios: Vec<Scenario> = suite.scenarios.iter().filter(|each| choice.chooses(each)).cloned().collect();
    let sources: BTreeSet<&Path> = scenarios.iter().map(|scenario| &*scenario.source.path).collect();
    let (_, reading) = Suite::read(paths);
    let is_concerned = |problem: &Diagnostic| {
        let related = problem.related.as_ref().map(|(span, _)| span);
        let mut spans = problem.span.iter().chain(related);
        problem.rule == Some("file") || spans.any(|span| sources.contains(&*span.source.path))
    };
    let unreadable = suite.incomplete.iter().any(|file| choice.may_choose(file));
    let whole = suite.whole && scenarios.len() == suite.scenarios.len();
    let own = Suite { scenarios: scenarios.clone(), whole, ..Suite::default() };
    unreadable
        || reading.iter().any(|problem| problem.is_error() && is_concerned(problem))
        || lint(&own, context).iter().any(Diagnostic::is_error)
}

fn file_of(problem: &Diagnostic) -> Option<PathBuf> {
    problem.span.as_ref().map(|span| span.source.path.clone())
}

fn context<'a>(contract: &'a Contract, facts: Option<&'a Value>, checks: &'a [&'a str]) -> LintContext<'a> {
    LintContext { contract, checks, facts, elsewhere: &[] }
}
