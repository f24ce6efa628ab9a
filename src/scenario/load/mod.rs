//! A suite is loaded: files found and read, fragments put in their places, rows of data made scenarios of their own.
//!
//! Deliberately not here: the meaning of keys ([`super::parse`]), the contract ([`super::lint`](mod@super::lint)), and whether an empty suite is
//! an error (it is, and the caller says so).

mod expand;
mod find;
mod fragments;
mod problems;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use self::problems::most;

use self::expand::expand;
use self::find::{SuiteFile, find, name_below};
use self::fragments::{FragmentFolder, Fragments};
use self::problems::tag;
use super::model::{Behaviour, Json, Scenario};
use super::parse::{self, Rows, ScenarioFile};
use crate::base::digest::of_texts;
use crate::base::groups::grouped;
use crate::base::source::{Diagnostic, Source, Span, Spanned};
use crate::base::yaml::{self, YamlContent, YamlNode};

/// Scenarios ready to be checked against a contract: no `use` left in them, rows expanded, names unique.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// The scenarios, in the order of the paths given and then by path.
    pub scenarios: Vec<Scenario>,
    /// The files of which only a part could be read.
    pub incomplete: Vec<IncompleteFile>,
    /// Whether whole suites were loaded, so that what no loaded scenario uses is unused.
    pub whole: bool,
}

/// A file with mistakes that keep it from being run; the rest of it can be linted all the same.
#[derive(Debug, Clone, Default)]
pub struct IncompleteFile {
    /// The name of its scenario, without a row.
    pub name: String,
    /// The text, as far as the file can be read.
    pub source: Arc<Source>,
    /// The scenarios, without the parts that could not be read.
    pub scenarios: Vec<Scenario>,
    /// Every key in the file: the names to which it may give values.
    keys: HashSet<String>,
    /// Whether a fragment could not be inserted, so that any name may have a value.
    lacks_fragment: bool,
}

impl IncompleteFile {
    /// Whether a part that could not be read may give this name a value.
    pub(super) fn may_define(&self, name: &str) -> bool {
        self.lacks_fragment || name.contains('@') || self.keys.contains(name)
    }
}

impl Suite {
    /// SHA-256 over the names and digests of the scenarios, in lower-case hex: equal for equal suites, in whatever order.
    pub fn digest(&self) -> String {
        digest(self.scenarios.iter().map(|scenario| (scenario.name.clone(), scenario.digest())).collect())
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
        let (mut reader, mut scenarios) = (SuiteReader::new(paths), Vec::new());
        while let Some(mut part) = reader.next_part() {
            scenarios.append(&mut part);
        }
        let (rest, problems) = reader.finish();
        (Self { scenarios, ..rest }, problems)
    }

    /// Reads a scenario again from its text, which it must consist of.
    pub(crate) fn again(name: &str, source: &Arc<Source>) -> Option<Scenario> {
        let mut loader = Loader::default();
        loader.source(source, name, None);
        loader.scenarios.pop().filter(|_| loader.problems.is_empty())
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
        let scenarios = loader.take();
        match loader.finish(false) {
            (rest, problems) if problems.is_empty() => Ok(Self { scenarios, ..rest }),
            (_, problems) => Err(most(problems)),
        }
    }
}

/// SHA-256 over names and digests of scenarios, in lower-case hex.
pub(crate) fn digest(mut each: Vec<(String, String)>) -> String {
    each.sort_unstable();
    of_texts(each.iter().flat_map(|(name, digest)| [name.as_str(), digest.as_str()]))
}

/// So many files are read before what they say is looked at.
const FILES: usize = 512;

/// Reads a suite part by part, so that nobody has to hold all of it.
pub(super) struct SuiteReader {
    files: Vec<SuiteFile>,
    /// How many of them have been read.
    read: usize,
    /// Whether whole suites are read.
    pub(super) whole: bool,
    loader: Loader,
}

impl SuiteReader {
    /// Finds the files.
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let mut loader = Loader::default();
        let files = find(paths, &mut loader.problems);
        let roots: BTreeSet<&PathBuf> = files.iter().map(|file| &file.root).collect();
        let given: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let whole = roots.iter().all(|root| given.iter().any(|given| root.starts_with(given)));
        Self { files, read: 0, whole, loader }
    }

    /// The scenarios of the next files; `None` after the last.
    pub(super) fn next_part(&mut self) -> Option<Vec<Scenario>> {
        let part = self.read..self.files.len().min(self.read + FILES);
        if part.is_empty() {
            return None;
        }
        self.read = part.end;
        self.files[part].iter().for_each(|file| self.loader.file(file));
        Some(self.loader.take())
    }

    /// The suite without the scenarios that were given already, and all that is wrong with its files.
    pub(super) fn finish(self) -> (Suite, Vec<Diagnostic>) {
        let Self { files, whole, mut loader, .. } = self;
        if whole {
            for of_root in grouped(&files, |file| &file.root) {
                loader.fragments.warn_of_unused(&FragmentFolder::of(of_root[0]), &mut loader.problems);
            }
        }
        loader.finish(whole)
    }
}

#[derive(Default)]
struct Loader {
    scenarios: Vec<Scenario>,
    incomplete: Vec<IncompleteFile>,
    problems: Vec<Diagnostic>,
    fragments: Fragments,
    known: Known,
}

impl Loader {
    /// The scenarios that were read and not taken yet. A report could not tell two with one name apart.
    fn take(&mut self) -> Vec<Scenario> {
        let scenarios = std::mem::take(&mut self.scenarios);
        scenarios.iter().for_each(|scenario| self.known.refuse_equal(scenario));
        scenarios
    }

    fn file(&mut self, file: &SuiteFile) {
        match yaml::read(&file.real, &file.shown) {
            Ok(source) => {
                let before = self.scenarios.len();
                self.source(&source, &file.name, Some(&FragmentFolder::of(file)));
                file.row.iter().for_each(|row| self.keep_row(row, before));
            }
            Err(problem) => {
                self.problems.push(problem.rule("yaml"));
                let name = file.name.clone();
                self.incomplete.push(IncompleteFile { name, ..IncompleteFile::default() });
            }
        }
    }

    /// Keeps one row of the scenarios that were just loaded.
    fn keep_row(&mut self, row: &str, from: usize) {
        let loaded = self.scenarios.split_off(from);
        let row_of = |scenario: &Scenario| scenario.name.split_once('#').map(|(_, row)| row.to_owned());
        let rows: Vec<String> = loaded.iter().filter_map(row_of).collect();
        match loaded.iter().find(|scenario| row_of(scenario).as_deref() == Some(row)) {
            Some(scenario) => self.scenarios.push(scenario.clone()),
            None => self.problems.extend(loaded.first().map(|scenario| {
                let problem = Diagnostic::at(&scenario.title.span, format!("this scenario has no row named `{row}`"));
                problem.suggest(row, rows.iter().map(String::as_str)).rule("file")
            })),
        }
    }

    fn source(&mut self, source: &Arc<Source>, name: &str, folder: Option<&FragmentFolder>) {
        let before = self.problems.len();
        let tree = yaml::parse(source, &mut self.problems);
        tag(&mut self.problems[before..], "yaml");
        let file = tree.as_ref().and_then(|tree| parse::scenario(source, tree, &mut self.problems));
        tag(&mut self.problems[before..], "form");
        let ScenarioFile { mut behaviour, rows } = file.unwrap_or_default();
        behaviour.source = Arc::clone(source);
        let expanded = expand(&mut behaviour, folder, &mut self.fragments, &mut self.problems);
        behaviour.is_self_contained = expanded == Some(0) && rows.is_none();
        tag(&mut self.problems[before..], "fragment");
        let scenarios = for_each(name, Arc::new(behaviour), rows);
        if expanded.is_some() && self.problems.len() == before {
            return self.scenarios.extend(scenarios);
        }
        let mut keys = HashSet::new();
        tree.iter().for_each(|tree| gather_keys(tree, &mut keys));
        let (name, source, lacks_fragment) = (name.to_owned(), Arc::clone(source), expanded.is_none());
        self.incomplete.push(IncompleteFile { name, source, scenarios, keys, lacks_fragment });
    }

    fn finish(mut self, whole: bool) -> (Suite, Vec<Diagnostic>) {
        self.problems.append(&mut self.fragments.asides);
        let partial = self.incomplete.iter().flat_map(|file| &file.scenarios);
        partial.for_each(|scenario| self.known.refuse_equal(scenario));
        self.problems.append(&mut self.known.problems);
        tag(&mut self.problems, "file");
        (Suite { scenarios: self.scenarios, incomplete: self.incomplete, whole }, self.problems)
    }
}

/// A scenario for each row, or the only one.
fn for_each(name: &str, behaviour: Arc<Behaviour>, rows: Option<Rows>) -> Vec<Scenario> {
    let Some(rows) = rows else { return vec![Scenario { name: name.to_owned(), row: None, behaviour }] };
    let of_row = |(row, values): (Spanned<String>, Json)| {
        let behaviour = Arc::clone(&behaviour);
        Scenario { name: format!("{name}#{}", row.value), row: Some(values), behaviour }
    };
    rows.into_iter().map(of_row).collect()
}

/// Collects the keys of all maps in a tree.
fn gather_keys(node: &YamlNode, keys: &mut HashSet<String>) {
    match &node.content {
        YamlContent::Scalar(_) => {}
        YamlContent::Sequence(items) => items.iter().for_each(|item| gather_keys(item, keys)),
        YamlContent::Mapping(entries) => entries.iter().for_each(|entry| {
            keys.insert(entry.key.value.clone());
            gather_keys(&entry.value, keys);
        }),
    }
}

/// The names and titles so far, and where the titles stand.
#[derive(Default)]
struct Known {
    names: HashMap<String, Span>,
    titles: HashMap<String, Span>,
    problems: Vec<Diagnostic>,
}

impl Known {
    /// Refuses a second scenario with one name, and a second file with one title: a report could not tell them apart.
    fn refuse_equal(&mut self, scenario: &Scenario) {
        let title = &scenario.title.span;
        let same_name = self.names.insert(scenario.name.clone(), title.clone());
        let titled = !scenario.title.is_empty();
        let titled = titled.then(|| self.titles.insert(scenario.title.value.clone(), title.clone())).flatten();
        let same_title = titled.filter(|other| other.source != title.source);
        let (message, other) = match (same_name, same_title) {
            (Some(other), _) => (format!("two scenarios are named `{}`", scenario.name), other),
            (None, Some(other)) => ("two scenarios have the same title".to_owned(), other),
            (None, None) => return,
        };
        self.problems.push(Diagnostic::at(title, message).related(&other, "also here").rule("equal-names"));
    }
}
