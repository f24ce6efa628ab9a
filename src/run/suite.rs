//! The scenarios of a run: loaded and linted as a whole, so that an invalid one is known before anything is sent.
//!
//! Deliberately not here: choosing among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::base::source::Diagnostic;
use crate::checks;
use crate::contract::Contract;
use crate::engine::{Wants, group};
use crate::scenario::{LintContext, Suite, examine};

/// Loads and lints a suite that may be run anywhere.
///
/// # Errors
/// With every problem of every file.
pub fn load(paths: &[PathBuf], contract: &Contract) -> Result<Suite, Vec<Diagnostic>> {
    load_for(paths, contract, None)
}

/// Loads and lints a suite; with the facts of its target, what scenarios name is looked for in them.
///
/// # Errors
/// With every problem of every file.
pub fn load_for(paths: &[PathBuf], contract: &Contract, facts: Option<&Value>) -> Result<Suite, Vec<Diagnostic>> {
    let (suite, problems) = examine(paths, &LintContext { contract, checks: &checks::ids(), facts });
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
