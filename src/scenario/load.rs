//! A suite is loaded: files found and read, fragments put in their places, rows of data made scenarios of their own.
//!
//! Fragments are scoped. Within a fragment a parameter hides whatever else has its name, and outside of it the parameter does
//! not exist: each use gives its parameters names of their own (`user@3`) that no one can write. What a fragment's steps save
//! or bind is seen by later steps, as if they had been written there.
//!
//! Deliberately not here: the meaning of keys ([`super::parse`]), the contract ([`super::lint`](mod@super::lint)), and whether an empty suite is
//! an error (it is, and the caller says so).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::model::{Action, Binding, Scenario, Step};
use super::parse::{self, Fragment, ScenarioFile};
use super::template::{Scope, root};
use crate::base::digest;
use crate::base::source::{Diagnostic, Source, Span, Spanned};
use crate::base::yaml::{self, Node};

/// The folder that names are counted from, if there is one above a path.
const SUITE_FOLDER: &str = "cases";
/// The folder of fragments, directly below the suite's root.
const FRAGMENTS_FOLDER: &str = "fragments";
/// How deep fragments may use fragments.
const MAX_FRAGMENT_DEPTH: usize = 8;
/// How many uses of fragments a scenario may have in all, those within fragments counted.
const MAX_FRAGMENT_USES: usize = 100;
/// How many steps a scenario may have, those of fragments counted.
const MAX_STEPS: usize = 10_000;

/// How many problems are reported at once.
const MAX_PROBLEMS: usize = 200;

/// Scenarios ready to be checked against a contract: no `use` left in them, rows expanded, names unique.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// The scenarios, in the order of the paths given and then by path.
    pub scenarios: Vec<Scenario>,
    /// Whether whole suites were loaded, so that what no scenario uses is used by nobody.
    pub whole: bool,
}

impl Suite {
    /// SHA-256 over the names and digests of the scenarios, in lower-case hex: equal for equal suites, in whatever order.
    pub fn digest(&self) -> String {
        let mut each: Vec<(&str, String)> =
            self.scenarios.iter().map(|scenario| (scenario.name.as_str(), scenario.digest())).collect();
        each.sort_unstable();
        digest::of_texts(each.iter().flat_map(|(name, digest)| [*name, digest.as_str()]))
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
            files.iter().map(fragments_of).for_each(|folder| loader.unused_fragments(&folder));
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

/// A scenario file that was found.
#[derive(Debug)]
struct Found {
    /// The path without links.
    real: PathBuf,
    /// The path to show to people.
    shown: PathBuf,
    /// The suite's root, without links.
    root: PathBuf,
    /// The scenario's name.
    name: String,
}

/// Finds the files below the paths, each once, in a fixed order.
fn find(paths: &[PathBuf], problems: &mut Vec<Diagnostic>) -> Vec<Found> {
    let mut found = Vec::new();
    for path in paths {
        match path.canonicalize() {
            Ok(real) => find_below(&real, path, problems, &mut found),
            Err(error) => {
                let problem = Diagnostic::whole(format!("cannot read `{}`: {error}", path.display()));
                problems.push(problem.help("name the folder or file that holds your scenarios: `flowproof run PATH`"));
            }
        }
    }
    let mut seen = HashSet::new();
    found.retain(|file| seen.insert(file.real.clone()));
    found
}

fn find_below(real: &Path, shown: &Path, problems: &mut Vec<Diagnostic>, found: &mut Vec<Found>) {
    let given = if real.is_dir() { real } else { real.parent().unwrap_or(real) };
    let mut walk = Walk { given, problems, found };
    if real.is_dir() { walk.folder(real, shown) } else { walk.file(real.to_owned(), shown, real) }
}

struct Walk<'a> {
    /// The folder given, or the folder of the file given.
    given: &'a Path,
    problems: &'a mut Vec<Diagnostic>,
    found: &'a mut Vec<Found>,
}

impl Walk<'_> {
    fn folder(&mut self, real: &Path, shown: &Path) {
        let entries = std::fs::read_dir(real).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let mut names: Vec<_> = match entries {
            Ok(entries) => entries.into_iter().map(|entry| entry.file_name()).collect(),
            Err(error) => return self.cannot_read(shown, &error),
        };
        names.sort();
        for name in names.iter().filter(|name| !name.to_string_lossy().starts_with('.')) {
            self.entry(&real.join(name), &shown.join(name));
        }
    }

    fn entry(&mut self, path: &Path, shown: &Path) {
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.cannot_read(shown, &error),
        };
        let is_link = path.is_symlink();
        match real.is_dir() {
            true if is_link => {
                self.refuse(shown, "is a link to a folder; scenarios are looked for in real folders only")
            }
            true if path == self.root(path).join(FRAGMENTS_FOLDER) => {}
            true => self.folder(path, shown),
            false if !is_scenario(path) => {}
            false if !real.starts_with(self.root(path)) => {
                self.refuse(shown, "is a link that leads out of the suite's folder")
            }
            false => self.file(real, shown, path),
        }
    }

    fn file(&mut self, real: PathBuf, shown: &Path, path: &Path) {
        let root = self.root(path);
        let name = name_below(path, root);
        self.found.push(Found { real, shown: shown.to_owned(), root: root.to_owned(), name });
    }

    /// The suite's root for a path: the nearest folder above it named `cases`, so that a scenario has one name however it
    /// is asked for; else the folder given.
    fn root<'p>(&self, path: &'p Path) -> &'p Path {
        let above = || path.ancestors().skip(1);
        let named = above().find(|folder| folder.file_name() == Some(OsStr::new(SUITE_FOLDER)));
        named.or_else(|| above().find(|folder| *folder == self.given)).unwrap_or(path)
    }

    fn cannot_read(&mut self, shown: &Path, error: &std::io::Error) {
        self.problems.push(Diagnostic::whole(format!("cannot read `{}`: {error}", shown.display())));
    }

    fn refuse(&mut self, shown: &Path, why: &str) {
        self.problems.push(Diagnostic::whole(format!("`{}` {why}", shown.display())));
    }
}

fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// The path below the root, without its ending, with `/` between its parts.
fn name_below(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path).with_extension("");
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Where a scenario's fragments are, and where that folder is shown to be.
#[derive(Debug, Clone)]
struct Folder {
    real: PathBuf,
    shown: PathBuf,
}

#[derive(Default)]
struct Loader {
    scenarios: Vec<Scenario>,
    problems: Vec<Diagnostic>,
    /// Problems that do not stand in the way of whoever uses the fragment.
    asides: Vec<Diagnostic>,
    /// Fragments by their file; `None` for one with problems, which have been reported.
    fragments: HashMap<PathBuf, Option<Rc<FragmentFile>>>,
}

/// A fragment that has been read and checked.
struct FragmentFile {
    tree: Node,
    parameters: Vec<Spanned<String>>,
}

impl Loader {
    fn file(&mut self, file: &Found) {
        match yaml::read(&file.real, &file.shown) {
            Ok(source) => self.source(&source, &file.name, Some(&fragments_of(file))),
            Err(problem) => self.problems.push(problem.rule("yaml")),
        }
    }

    fn source(&mut self, source: &Arc<Source>, name: &str, fragments: Option<&Folder>) {
        let before = self.problems.len();
        let tree = yaml::parse(source, &mut self.problems);
        tag(&mut self.problems[before..], "yaml");
        let file = tree.and_then(|tree| parse::scenario(source, &tree, &mut self.problems));
        tag(&mut self.problems[before..], "form");
        let Some(ScenarioFile { mut scenario, rows }) = file else { return };
        name.clone_into(&mut scenario.name);
        let (steps, cleanup) = (std::mem::take(&mut scenario.steps), std::mem::take(&mut scenario.cleanup));
        let mut expansion =
            Expansion { loader: self, folder: fragments, chain: Vec::new(), uses: 0, count: 0, incomplete: false };
        scenario.steps = expansion.steps(steps);
        scenario.cleanup = expansion.steps(cleanup);
        let incomplete = expansion.incomplete;
        tag(&mut self.problems[before..], "fragment");
        // Of half a scenario nothing sensible can be said.
        if incomplete || self.problems.len() > before {
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

    fn fragment(&mut self, folder: &Folder, name: &Spanned<String>) -> Option<Rc<FragmentFile>> {
        let file = self.locate(folder, name)?;
        if let Some(known) = self.fragments.get(&file) {
            return known.clone();
        }
        let shown = folder.shown.join(format!("{}.yaml", name.value));
        let read = self.read_fragment(&file, &shown).map(Rc::new);
        self.fragments.insert(file, read.clone());
        read
    }

    /// The fragment's file, if it is there and lies in the folder of fragments, links resolved.
    fn locate(&mut self, folder: &Folder, name: &Spanned<String>) -> Option<PathBuf> {
        let relative = PathBuf::from(format!("{}.yaml", name.value));
        let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        let real = plain.then(|| folder.real.join(&relative).canonicalize().ok()).flatten();
        let inside = |real: &PathBuf| folder.real.canonicalize().is_ok_and(|folder| real.starts_with(folder));
        let problem = match real {
            Some(real) if inside(&real) => return Some(real),
            Some(_) => Diagnostic::at(&name.span, "this fragment is a link that leads out of the folder of fragments"),
            None if !plain => {
                Diagnostic::at(&name.span, "a fragment is named by its path below the folder of fragments")
            }
            None => {
                let known = fragment_names(&folder.real);
                Diagnostic::at(&name.span, format!("there is no fragment `{}`", name.value))
                    .help(format!("it would be `{}`", folder.shown.join(&relative).display()))
                    .suggest(name, known.iter().map(String::as_str))
            }
        };
        self.problems.push(problem.rule("fragment"));
        None
    }

    fn read_fragment(&mut self, file: &Path, shown: &Path) -> Option<FragmentFile> {
        let mut problems = Vec::new();
        let tree = match yaml::read(file, shown) {
            Ok(source) => yaml::parse(&source, &mut problems),
            Err(problem) => {
                problems.push(*problem);
                None
            }
        };
        tag(&mut problems, "yaml");
        let read = tree.and_then(|tree| {
            let fragment = parse::fragment(&tree, &Scope::new(), &mut problems)?;
            tag(&mut problems, "form");
            check_fragment(&fragment, &tree, &mut problems);
            self.asides.extend(unused_parameters(&fragment));
            Some(FragmentFile { tree, parameters: fragment.parameters })
        });
        tag(&mut problems, "form");
        let sound = problems.is_empty();
        self.problems.extend(problems);
        read.filter(|_| sound)
    }

    /// Warns of fragments that no scenario of the whole suite uses.
    fn unused_fragments(&mut self, folder: &Folder) {
        let Ok(real) = folder.real.canonicalize() else { return };
        for name in fragment_names(&real) {
            let relative = format!("{name}.yaml");
            let Ok(file) = real.join(&relative).canonicalize() else { continue };
            if self.fragments.contains_key(&file) {
                continue;
            }
            let shown = folder.shown.join(&relative);
            let problem = match yaml::read(&file, &shown) {
                Ok(source) => {
                    Diagnostic::at(&Span::new(&source, 0..0), format!("no scenario uses the fragment `{name}`"))
                        .help("remove the file, or use it")
                        .rule("unused-fragment")
                        .warning()
                }
                Err(problem) => problem.rule("yaml"),
            };
            self.problems.push(problem);
            self.fragments.insert(file, None);
        }
    }

    fn finish(mut self, whole: bool) -> (Suite, Vec<Diagnostic>) {
        self.problems.append(&mut self.asides);
        refuse_equal(&self.scenarios, &mut self.problems);
        tag(&mut self.problems, "file");
        (Suite { scenarios: self.scenarios, whole }, self.problems)
    }
}

/// Says which rule problems break, where that has not been said.
fn tag(problems: &mut [Diagnostic], rule: &'static str) {
    for problem in problems {
        problem.rule.get_or_insert(rule);
    }
}

/// The first problems, and how many there are besides: nobody reads thousands.
pub(super) fn most(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let hidden = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    if hidden > 0 {
        problems.push(Diagnostic::whole(format!("there are {hidden} more problems, not shown here")));
    }
    problems
}

fn fragments_of(file: &Found) -> Folder {
    let depth = file.name.matches('/').count() + 1;
    let shown_root = file.shown.ancestors().nth(depth).unwrap_or(Path::new(""));
    Folder { real: file.root.join(FRAGMENTS_FOLDER), shown: shown_root.join(FRAGMENTS_FOLDER) }
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
fn check_fragment(fragment: &Fragment, tree: &Node, problems: &mut Vec<Diagnostic>) {
    if fragment.steps.is_empty() {
        problems.push(Diagnostic::at(&tree.span, "this fragment has no steps"));
    }
    for name in fragment.steps.iter().flat_map(new_names) {
        if let Some(parameter) = fragment.parameters.iter().find(|parameter| parameter.value == name.value) {
            let message =
                format!("`{}` is a parameter of this fragment and cannot name another value in it", name.value);
            problems
                .push(Diagnostic::at(&name.span, message).related(&parameter.span, "the parameter").rule("fragment"));
        }
    }
}

/// The parameters that nothing in a fragment uses; it can be used all the same.
fn unused_parameters(fragment: &Fragment) -> Vec<Diagnostic> {
    let used: HashSet<&str> =
        fragment.steps.iter().flat_map(Step::uses).filter_map(|each| each.kind.path()).map(root).collect();
    let unused = fragment.parameters.iter().filter(|parameter| !used.contains(parameter.as_str()));
    let problem = |parameter: &Spanned<String>| {
        Diagnostic::at(&parameter.span, format!("nothing in this fragment uses `{}`", parameter.value))
            .help("remove the parameter, and what its uses give it")
            .rule("unused-parameter")
    };
    unused.map(problem).collect()
}

/// The names that a step gives to values.
fn new_names(step: &Step) -> Vec<&Spanned<String>> {
    let bound = step.bindings.iter().map(|binding| &binding.name);
    match &step.action {
        Action::Call(call) => bound.chain(call.saves.iter().map(|save| &save.name)).collect(),
        _ => bound.collect(),
    }
}

/// The work of putting fragments into one scenario.
struct Expansion<'a> {
    loader: &'a mut Loader,
    folder: Option<&'a Folder>,
    /// The fragments that are open, outermost first.
    chain: Vec<String>,
    uses: usize,
    /// Steps so far, `use` steps counted.
    count: usize,
    /// Whether a fragment could not be put in its place.
    incomplete: bool,
}

impl Expansion<'_> {
    fn steps(&mut self, steps: Vec<Step>) -> Vec<Step> {
        steps.into_iter().flat_map(|step| self.step(step)).collect()
    }

    fn step(&mut self, step: Step) -> Vec<Step> {
        match step.action {
            Action::Use { fragment, arguments } => {
                let steps = self.inlined(&fragment, arguments, step.bindings);
                self.incomplete |= steps.is_none();
                let mut steps = steps.unwrap_or_default();
                steps.iter_mut().for_each(|inner| inner.label = joined(step.label.as_deref(), inner.label.as_deref()));
                steps
            }
            _ => vec![step],
        }
    }

    fn inlined(&mut self, name: &Spanned<String>, arguments: Vec<Binding>, before: Vec<Binding>) -> Option<Vec<Step>> {
        self.check_limits(name)?;
        let Some(folder) = self.folder else {
            return self.fail(Diagnostic::at(&name.span, "there is no folder of fragments here"));
        };
        let file = self.loader.fragment(folder, name)?;
        self.check_arguments(name, &arguments, &file.parameters)?;
        self.uses += 1;
        let scope: Scope =
            file.parameters.iter().map(|parameter| (parameter.value.clone(), self.inner_name(parameter))).collect();
        let fragment = parse::fragment(&file.tree, &scope, &mut Vec::new())?;
        let given = arguments
            .into_iter()
            .map(|Binding { name, value }| Binding { name: name.map(|name| scope[&name].clone()), value });
        let bindings: Vec<Binding> = before.into_iter().chain(given).collect();
        self.check_count(name, fragment.steps.len())?;
        self.chain.push(name.value.clone());
        let mut steps = self.steps(fragment.steps);
        self.chain.pop();
        if let Some(first) = steps.first_mut() {
            first.bindings.splice(0..0, bindings);
        }
        Some(steps)
    }

    /// The name of a parameter for one use: no template can be written that names it.
    fn inner_name(&self, parameter: &str) -> String {
        format!("{parameter}@{}", self.uses)
    }

    fn check_limits(&mut self, name: &Spanned<String>) -> Option<()> {
        if let Some(start) = self.chain.iter().position(|open| *open == name.value) {
            let mut cycle = self.chain[start..].to_vec();
            cycle.push(name.value.clone());
            return self.fail(Diagnostic::at(
                &name.span,
                format!("fragments use each other in a circle: {}", cycle.join(" → ")),
            ));
        }
        if self.chain.len() == MAX_FRAGMENT_DEPTH {
            let message =
                format!("fragments use fragments more than {MAX_FRAGMENT_DEPTH} deep: {}", self.chain.join(" → "));
            return self.fail(Diagnostic::at(&name.span, message));
        }
        if self.uses > MAX_FRAGMENT_USES {
            return None;
        }
        if self.uses == MAX_FRAGMENT_USES {
            self.uses += 1;
            let message =
                format!("a scenario may use fragments {MAX_FRAGMENT_USES} times at the most, all levels counted");
            return self.fail(Diagnostic::at(&name.span, message));
        }
        Some(())
    }

    fn check_count(&mut self, name: &Spanned<String>, more: usize) -> Option<()> {
        self.count += more;
        match self.count <= MAX_STEPS {
            true => Some(()),
            false => {
                let message = format!("with this fragment the scenario has more than {MAX_STEPS} steps");
                self.fail(Diagnostic::at(&name.span, message))
            }
        }
    }

    fn check_arguments(&mut self, name: &Spanned<String>, given: &[Binding], wanted: &[Spanned<String>]) -> Option<()> {
        let before = self.loader.problems.len();
        for parameter in
            wanted.iter().filter(|parameter| !given.iter().any(|binding| binding.name.value == parameter.value))
        {
            let message = format!("the fragment `{}` needs a value for `{}`", name.value, parameter.value);
            self.loader.problems.push(Diagnostic::at(&name.span, message).related(&parameter.span, "declared here"));
        }
        let names = || wanted.iter().map(|parameter| parameter.value.as_str());
        for argument in given.iter().filter(|binding| !names().any(|wanted| wanted == binding.name.value)) {
            let message = format!("the fragment `{}` has no parameter `{}`", name.value, argument.name.value);
            let problem = Diagnostic::at(&argument.name.span, message).suggest(&argument.name, names());
            self.loader.problems.push(problem.rule("fragment"));
        }
        (self.loader.problems.len() == before).then_some(())
    }

    /// Notes a problem, once however often the same line is expanded.
    fn fail<T>(&mut self, problem: Diagnostic) -> Option<T> {
        if !self.loader.problems.contains(&problem) {
            self.loader.problems.push(problem);
        }
        None
    }
}

fn joined(outer: Option<&str>, inner: Option<&str>) -> Option<String> {
    match (outer, inner) {
        (Some(outer), Some(inner)) => Some(format!("{outer}: {inner}")),
        (one, other) => one.or(other).map(str::to_owned),
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
            problems.push(equal(scenario, other, same_name.is_some()));
        }
    }
}

fn equal(scenario: &Scenario, other: &Scenario, by_name: bool) -> Diagnostic {
    let message = match by_name {
        true => format!("two scenarios are named `{}`", scenario.name),
        false => "two scenarios have the same title".to_owned(),
    };
    Diagnostic::at(&scenario.title.span, message).related(&other.title.span, "the other one").rule("equal-names")
}
