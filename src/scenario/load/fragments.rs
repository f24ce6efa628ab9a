//! The fragments of suites: found, read and checked once, however often they are used.
//!
//! Deliberately not here: putting them into scenarios ([`mod@super::expand`]).

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::find::{FRAGMENTS_FOLDER, SuiteFile, is_scenario, name_below};
use super::problems::tag;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::base::yaml::{self, YamlNode};
use crate::scenario::model::Step;
use crate::scenario::parse::{self, Fragment};
use crate::scenario::template::{ParameterScope, root};

/// Where a scenario's fragments are, and where that folder is shown to be.
#[derive(Debug, Clone)]
pub(super) struct FragmentFolder {
    pub real: PathBuf,
    pub shown: PathBuf,
}

impl FragmentFolder {
    /// The folder of fragments of a file's suite.
    pub(super) fn of(file: &SuiteFile) -> Self {
        let depth = file.name.matches('/').count() + 1;
        let shown_root = file.shown.ancestors().nth(depth).unwrap_or(Path::new(""));
        Self { real: file.root.join(FRAGMENTS_FOLDER), shown: shown_root.join(FRAGMENTS_FOLDER) }
    }
}

/// A fragment that has been read and checked.
pub(super) struct FragmentFile {
    pub tree: YamlNode,
    pub parameters: Vec<Spanned<String>>,
    /// Whether nothing in it has to be corrected first.
    pub sound: bool,
}

/// All fragments that were asked for.
#[derive(Default)]
pub(super) struct Fragments {
    /// Fragments by their file; `None` for one of which nothing could be read, which has been reported.
    read: HashMap<PathBuf, Option<Rc<FragmentFile>>>,
    /// Problems that do not stand in the way of whoever uses the fragment.
    pub asides: Vec<Diagnostic>,
}

impl Fragments {
    /// The fragment of a name; `None` when it cannot be used, which is reported the first time.
    pub(super) fn get(
        &mut self,
        folder: &FragmentFolder,
        name: &Spanned<String>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Rc<FragmentFile>> {
        let file = locate(folder, name, problems)?;
        if let Some(known) = self.read.get(&file) {
            return known.clone();
        }
        let shown = folder.shown.join(format!("{}.yaml", name.value));
        let read = self.read_file(&file, &shown, problems).map(Rc::new);
        self.read.insert(file, read.clone());
        read
    }

    fn read_file(&mut self, file: &Path, shown: &Path, problems: &mut Vec<Diagnostic>) -> Option<FragmentFile> {
        let before = problems.len();
        let tree = match yaml::read(file, shown) {
            Ok(source) => yaml::parse(&source, problems),
            Err(problem) => {
                problems.push(*problem);
                None
            }
        };
        tag(&mut problems[before..], "yaml");
        let fragment = tree.as_ref().and_then(|tree| parse::fragment(tree, &ParameterScope::new(), problems));
        if let (Some(fragment), Some(tree)) = (&fragment, &tree) {
            tag(&mut problems[before..], "form");
            check(fragment, tree, problems);
            self.asides.extend(unused_parameters(fragment));
        }
        tag(&mut problems[before..], "form");
        let sound = problems.len() == before;
        Some(FragmentFile { tree: tree?, parameters: fragment?.parameters, sound })
    }

    /// Warns of fragments that no scenario of the whole suite uses.
    pub(super) fn warn_of_unused(&mut self, folder: &FragmentFolder, problems: &mut Vec<Diagnostic>) {
        let Ok(real) = folder.real.canonicalize() else { return };
        for name in fragment_names(&real) {
            let relative = format!("{name}.yaml");
            let Ok(file) = real.join(&relative).canonicalize() else { continue };
            if self.read.contains_key(&file) {
                continue;
            }
            problems.push(match yaml::read(&file, &folder.shown.join(&relative)) {
                Ok(source) => {
                    Diagnostic::at(&Span::new(&source, 0..0), format!("no scenario uses the fragment `{name}`"))
                        .help("remove the file, or use it")
                        .rule("unused-fragment")
                        .warning()
                }
                Err(problem) => problem.rule("yaml"),
            });
            self.read.insert(file, None);
        }
    }
}

/// The fragment's file, if it is there and lies in the folder of fragments, links resolved.
fn locate(folder: &FragmentFolder, name: &Spanned<String>, problems: &mut Vec<Diagnostic>) -> Option<PathBuf> {
    let relative = PathBuf::from(format!("{}.yaml", name.value));
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let real = plain.then(|| folder.real.join(&relative).canonicalize().ok()).flatten();
    let inside = |real: &PathBuf| folder.real.canonicalize().is_ok_and(|folder| real.starts_with(folder));
    let problem = match real {
        Some(real) if inside(&real) => return Some(real),
        Some(_) => Diagnostic::at(&name.span, "this fragment is a symbolic link that leaves the folder of fragments"),
        None if !plain => {
            Diagnostic::at(&name.span, "a fragment must be named by its path below the folder of fragments")
        }
        None => {
            let known = fragment_names(&folder.real);
            Diagnostic::at(&name.span, format!("there is no fragment `{}`", name.value))
                .help(format!("expected it at `{}`", folder.shown.join(&relative).display()))
                .suggest(name, known.iter().map(String::as_str))
        }
    };
    problems.push(problem.rule("fragment"));
    None
}

/// The fragments of a folder by their names, those of its folders included; links to folders are not followed.
fn fragment_names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(&place).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(path),
                _ if is_scenario(&path) => names.push(name_below(&path, folder)),
                _ => {}
            }
        }
    }
    names.sort();
    names
}

/// Refuses a fragment without steps, and one that gives a parameter's name to something else.
fn check(fragment: &Fragment, tree: &YamlNode, problems: &mut Vec<Diagnostic>) {
    if fragment.steps.is_empty() {
        problems.push(Diagnostic::at(&tree.span, "this fragment has no steps"));
    }
    for name in fragment.steps.iter().flat_map(Step::new_names) {
        if let Some(parameter) = fragment.parameters.iter().find(|parameter| parameter.value == name.value) {
            let message = format!("`{}` is already a parameter of this fragment", name.value);
            let problem = Diagnostic::at(&name.span, message).help("choose another name");
            problems.push(problem.related(&parameter.span, "declared here").rule("fragment"));
        }
    }
}

/// The parameters that nothing in a fragment uses; it can be used all the same.
fn unused_parameters(fragment: &Fragment) -> Vec<Diagnostic> {
    let used: HashSet<&str> =
        fragment.steps.iter().flat_map(Step::placeholders).filter_map(|each| each.kind.path()).map(root).collect();
    let unused = fragment.parameters.iter().filter(|parameter| !used.contains(parameter.as_str()));
    let problem = |parameter: &Spanned<String>| {
        Diagnostic::at(&parameter.span, format!("the parameter `{}` is never used", parameter.value))
            .help("remove it, here and wherever the fragment is used")
            .rule("unused-parameter")
    };
    unused.map(problem).collect()
}
