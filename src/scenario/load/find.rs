//! The files of a suite: which there are, and what their scenarios are called.
//!
//! Deliberately not here: reading them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::base::source::Diagnostic;

/// The folder that names are counted from, if there is one above a path.
const SUITE_FOLDER: &str = "cases";

/// The folder of fragments, directly below the suite's root.
pub(super) const FRAGMENTS_FOLDER: &str = "fragments";

/// A scenario file that was found.
#[derive(Debug)]
pub(super) struct SuiteFile {
    /// The path without links.
    pub real: PathBuf,
    /// The path to show to people.
    pub shown: PathBuf,
    /// The suite's root, without links.
    pub root: PathBuf,
    /// The scenario's name.
    pub name: String,
}

/// Finds the files below the paths, each once, in a fixed order.
pub(super) fn find(paths: &[PathBuf], problems: &mut Vec<Diagnostic>) -> Vec<SuiteFile> {
    let mut found = Vec::new();
    for path in paths {
        match path.canonicalize() {
            Ok(real) => find_below(&real, path, problems, &mut found),
            Err(error) => {
                let problem = Diagnostic::whole(format!("cannot read `{}`: {error}", path.display()));
                problems.push(problem.help("pass the folder or file that holds your scenarios: `flowproof run PATH`"));
            }
        }
    }
    let mut seen = HashSet::new();
    found.retain(|file| seen.insert(file.real.clone()));
    found
}

fn find_below(real: &Path, shown: &Path, problems: &mut Vec<Diagnostic>, found: &mut Vec<SuiteFile>) {
    let given = if real.is_dir() { real } else { real.parent().unwrap_or(real) };
    let mut finder = FileFinder { given, problems, found };
    if real.is_dir() { finder.folder(real, shown) } else { finder.file(real.to_owned(), shown, real) }
}

struct FileFinder<'a> {
    /// The folder given, or the folder of the file given.
    given: &'a Path,
    problems: &'a mut Vec<Diagnostic>,
    found: &'a mut Vec<SuiteFile>,
}

impl FileFinder<'_> {
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
            true if is_link => self.refuse(shown, "is a symbolic link to a folder; links to folders are not followed"),
            true if path == self.root(path).join(FRAGMENTS_FOLDER) => {}
            true => self.folder(path, shown),
            false if !is_scenario(path) => {}
            false if !real.starts_with(self.root(path)) => {
                self.refuse(shown, "is a symbolic link that leaves the suite's folder")
            }
            false => self.file(real, shown, path),
        }
    }

    fn file(&mut self, real: PathBuf, shown: &Path, path: &Path) {
        let root = self.root(path);
        let name = name_below(path, root);
        self.found.push(SuiteFile { real, shown: shown.to_owned(), root: root.to_owned(), name });
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

pub(super) fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// The path below the root, without its ending, with `/` between its parts.
pub(super) fn name_below(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path).with_extension("");
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
