//! A suite is loaded: files found and read, fragments put in their places, rows of data made scenarios of their own.
//!
//! Deliberately not here: the meaning of keys ([`super::parse`]), the contract ([`super::lint`](mod@super::lint)), and whether an empty suite is
//! an error (it is, and the caller says so).

mod expand;
mod find;
mod fragments;
mod problems;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use self::problems::most;

use self::expand::expand;
use self::find::{SuiteFile, find, name_below};
use self::fragments::{FragmentFolder, Fragments};
use self::problems::tag;
use super::model::Scenario;
use super::parse::{self, ScenarioFile};
use crate::base::digest::of_texts;
use crate::base::source::{Diagnostic, Source};
use crate::base::yaml;

/// Scenarios ready to be checked against a contract: no `use` left in them, rows expanded, names unique.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// The scenarios, in the order of the paths given and then by path.
    pub scenarios: Vec<Scenario>,
    /// Whether whole suites were loaded, so that what no loaded scenario uses is unused.
    pub whole: bool,
}

impl Suite {
    /// SHA-256 over the names and digests of the scenarios, in lower-case hex: equal for equal suites, in whatever order.
    pub fn digest(&self) -> String {
        let mut each: Vec<(&str, String)> =
            self.scenarios.iter().map(|scenario| (scenario.name.as_str(), scenario.digest())).collect();
        each.sort_unstable();
        of_texts(each.iter().flat_map(|(name, digest)| [*name, digest.as_str()]))
    }

    /// Loads files and folders.
    ///
    /// # Errors
    /// With every problem of every file.
    pub fn load(paths: &[PathBuf]) -> Result<Self, Vec<Diagnostic>> {
        let (suite, problems) = Self::read(paths);
        match problems.iter().any(Diagnostic::is_error) {
            true => Err(most(problems)),
            false => Ok(suite),
        }
    }

    /// Loads what can be loaded of files and folders, and says what is wrong with the rest.
    pub fn read(paths: &[PathBuf]) -> (Self, Vec<Diagnostic>) {
        let mut loader = Loader::default();
        let files = find(paths, &mut loader.problems);
        for file in &files {
            loader.file(file);
        }
        let roots: BTreeSet<PathBuf> = files.iter().map(|file| file.root.clone()).collect();
        let given: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let whole = roots.iter().all(|root| given.iter().any(|given| root.starts_with(given)));
        if whole {
            for folder in files.iter().map(FragmentFolder::of) {
                loader.fragments.warn_of_unused(&folder, &mut loader.problems);
            }
        }
        loader.finish(whole)
    }

    /// Loads one scenario that is not in a file; it can use no fragments.
    ///
    /// # Errors
    /// With every problem of the text.
    pub fn from_text(path: impl Into<PathBuf>, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let path = path.into();
        let mut loader = Loader::default();
        match yaml::decode(&path, text.as_bytes().to_vec()) {
            Ok(source) => loader.source(&source, &name_below(&path, Path::new("")), None),
            Err(problem) => loader.problems.push(problem.rule("yaml")),
        }
        match loader.finish(false) {
            (suite, problems) if problems.is_empty() => Ok(suite),
            (_, problems) => Err(most(problems)),
        }
    }
}

#[derive(Default)]
struct Loader {
    scenarios: Vec<Scenario>,
    problems: Vec<Diagnostic>,
    fragments: Fragments,
}

impl Loader {
    fn file(&mut self, file: &SuiteFile) {
        match yaml::read(&file.real, &file.shown) {
            Ok(source) => self.source(&source, &file.name, Some(&FragmentFolder::of(file))),
            Err(problem) => self.problems.push(problem.rule("yaml")),
        }
    }

    fn source(&mut self, source: &Arc<Source>, name: &str, folder: Option<&FragmentFolder>) {
        let before = self.problems.len();
        let tree = yaml::parse(source, &mut self.problems);
        tag(&mut self.problems[before..], "yaml");
        let file = tree.and_then(|tree| parse::scenario(source, &tree, &mut self.problems));
        tag(&mut self.problems[before..], "form");
        let Some(ScenarioFile { mut scenario, rows }) = file else { return };
        name.clone_into(&mut scenario.name);
        let expanded = expand(&mut scenario, folder, &mut self.fragments, &mut self.problems);
        tag(&mut self.problems[before..], "fragment");
        // Half a scenario would only cause further problems.
        if expanded.is_none() || self.problems.len() > before {
            return;
        }
        match rows {
            None => self.scenarios.push(scenario),
            Some(rows) => self.scenarios.extend(rows.into_iter().map(|(row, values)| {
                let name = format!("{name}#{}", row.value);
                Scenario { name, row: Some(values), ..scenario.clone() }
            })),
        }
    }

    fn finish(mut self, whole: bool) -> (Suite, Vec<Diagnostic>) {
        self.problems.append(&mut self.fragments.asides);
        refuse_equal(&self.scenarios, &mut self.problems);
        tag(&mut self.problems, "file");
        (Suite { scenarios: self.scenarios, whole }, self.problems)
    }
}

/// Refuses two scenarios with one name, and two files with one title: a report could not tell them apart.
fn refuse_equal(scenarios: &[Scenario], problems: &mut Vec<Diagnostic>) {
    let mut names: HashMap<&str, &Scenario> = HashMap::new();
    let mut titles: HashMap<&str, &Scenario> = HashMap::new();
    for scenario in scenarios {
        let same_name = names.insert(&scenario.name, scenario);
        let same_title = titles.insert(&scenario.title, scenario).filter(|other| other.source != scenario.source);
        if let Some(other) = same_name.or(same_title) {
            let message = match same_name {
                Some(_) => format!("two scenarios are named `{}`", scenario.name),
                None => "two scenarios have the same title".to_owned(),
            };
            let problem = Diagnostic::at(&scenario.title.span, message).related(&other.title.span, "also here");
            problems.push(problem.rule("equal-names"));
        }
    }
}
