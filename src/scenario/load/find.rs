//! The files of a suite: which there are, and what their scenarios are called.
//!
//! Deliberately not here: reading them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::base::source::Diagnostic;
use crate::base::text::nearest;

/// The folder that names are counted from, if there is one above a path.
const SUITE_FOLDER: &str = "cases";

/// How the names of scenario files end.
const ENDINGS: [&str; 2] = ["yaml", "yml"];

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
    /// The row of data, where only one was asked for.
    pub row: Option<String>,
}

/// Finds the files below the paths, each once, in a fixed order.
pub(super) fn find(paths: &[PathBuf], problems: &mut Vec<Diagnostic>) -> Vec<SuiteFile> {
    let mut found = Vec::new();
    for path in paths {
        match path.canonicalize() {
            Ok(real) => find_below(&real, path, problems, &mut found),
            Err(error) => match by_name(path) {
                Some((file, row)) => {
                    let before = found.len();
                    file.canonicalize().iter().for_each(|real| find_below(real, &file, problems, &mut found));
                    found[before..].iter_mut().for_each(|file| file.row.clone_from(&row));
                }
                None => problems.push(not_found(path, &error)),
            },
        }
    }
    let mut seen = HashSet::new();
    found.retain(|file| seen.insert(file.real.clone()));
    found
}

/// The file of a scenario that is asked for by its name, and the row behind its `#`.
fn by_name(path: &Path) -> Option<(PathBuf, Option<String>)> {
    let text = path.to_str()?;
    let (name, row) = text.split_once('#').map_or((text, None), |(name, row)| (name, Some(row.to_owned())));
    let folder = Path::new(SUITE_FOLDER);
    let named = ENDINGS.iter().map(|ending| folder.join(format!("{name}.{ending}"))).chain([folder.join(name)]);
    let of_row = row.as_ref().map(|_| PathBuf::from(name));
    let file = named.chain(of_row).find(|file| file.exists())?;
    Some((file, row))
}

/// Says that a path leads nowhere, with the nearest one that leads somewhere.
fn not_found(path: &Path, error: &std::io::Error) -> Diagnostic {
    let problem = Diagnostic::whole(format!("cannot read `{}`: {error}", path.display()));
    match near_miss(path).or_else(|| near_miss(&Path::new(SUITE_FOLDER).join(path))) {
        Some(near) => problem.help(format!("did you mean `{}`?", near.display())),
        None => problem.help(
            "name a folder, a file, or a scenario of the folder `cases` by its name, such as `mfa/otp/email-completes`",
        ),
    }
}

/// The path with its first part that does not exist replaced by the nearest one beside it.
fn near_miss(path: &Path) -> Option<PathBuf> {
    let missing = path.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists()).last()?;
    let parent = missing.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = std::fs::read_dir(parent.unwrap_or(Path::new("."))).ok()?.flatten();
    let names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let given = missing.file_name()?.to_str()?;
    // A name is written without the ending of its file.
    let comparable = |name: &'_ str| match (given.contains('.'), name.split_once('.')) {
        (false, Some((stem, _))) => stem.to_owned(),
        _ => name.to_owned(),
    };
    let stems: Vec<String> = names.iter().map(|name| comparable(name)).collect();
    let near = nearest(given, stems.iter().map(String::as_str))?;
    let near = &names[stems.iter().position(|stem| stem == near)?];
    let near = parent.map_or_else(|| PathBuf::from(near), |parent| parent.join(near));
    let whole = path.strip_prefix(missing).map(|rest| near.join(rest)).ok().filter(|whole| whole.exists());
    Some(whole.unwrap_or(near))
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
        self.found.push(SuiteFile { real, shown: shown.to_owned(), root: root.to_owned(), name, row: None });
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
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

/// The path below the root, without its ending, with `/` between its parts.
pub(super) fn name_below(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path).with_extension("");
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
