//! The scenarios of a run: loaded and linted, so that an invalid one is known before anything is sent.
//!
//! Deliberately not here: which scenarios a run is asked for; the caller knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::waiting::{Room, Waiting};
use crate::base::source::Diagnostic;
use crate::checks;
use crate::contract::Contract;
use crate::engine::{Wants, group};
use crate::scenario::model::Scenario;
use crate::scenario::{Examination, IncompleteFile, LintContext, Suite, digest, examine, examine_each};

/// What a run is asked for.
pub trait Choice {
    /// Whether it is asked for a scenario.
    fn chooses(&self, scenario: &Scenario) -> bool;
    /// Whether it may be asked for a scenario of a file that cannot be read as a whole.
    fn may_choose(&self, file: &IncompleteFile) -> bool;
}

/// The scenarios that were chosen, and what is known of the others.
#[derive(Debug, Default)]
pub struct Chosen {
    /// The scenarios.
    pub scenarios: Vec<Waiting>,
    /// How many there were to choose from.
    pub all: usize,
    /// The digest of all of them.
    pub digest: String,
    /// The tags that any of them has.
    pub tags: BTreeSet<String>,
    /// The files with errors that the choice has nothing to do with.
    pub unusable: BTreeSet<PathBuf>,
}

/// Loads and lints a suite that may be run anywhere.
///
/// # Errors
/// With every problem of every file.
pub fn load(paths: &[PathBuf], contract: &Contract) -> Result<Suite, Vec<Diagnostic>> {
    let Examination { suite, problems, .. } = examine(paths, &context(contract, None, &checks::ids()));
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
    let (mut chosen, mut digests, mut room) = (Chosen::default(), Vec::new(), Room::default());
    let examined = examine_each(paths, &context(contract, facts, &checks::ids()), |scenario| {
        chosen.all += 1;
        digests.push((scenario.name.clone(), scenario.digest()));
        chosen.tags.extend(scenario.tags.iter().map(|tag| tag.value.clone()));
        if choice.chooses(&scenario) {
            chosen.scenarios.push(room.hold(scenario));
        }
    });
    let Examination { suite, problems, faulty } = examined;
    // A fragment that cannot be used makes the files that use it incomplete.
    let unreadable = || suite.incomplete.iter().any(|file| choice.may_choose(file));
    let is_faulty = |each: &Waiting| each.source().is_some_and(|source| faulty.concerns(each.name(), source));
    let faults = || chosen.scenarios.iter().any(is_faulty);
    if faulty.paths || unreadable() || faults() {
        return Err(problems);
    }
    let unusable = problems.iter().filter(|each| each.is_error()).filter_map(file_of).collect();
    Ok(Chosen { digest: digest(digests), unusable, ..chosen })
}

fn file_of(problem: &Diagnostic) -> Option<PathBuf> {
    problem.span.as_ref().map(|span| span.source.path.clone())
}

fn context<'a>(contract: &'a Contract, facts: Option<&'a Value>, checks: &'a [&'a str]) -> LintContext<'a> {
    LintContext { contract, checks, facts, elsewhere: &[] }
}
