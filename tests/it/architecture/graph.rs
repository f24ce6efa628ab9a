//! Which source file names which: read from the syntax trees, with `use`, paths and re-exports resolved to files.
//!
//! Deliberately not here: what is allowed. Macros that make up paths, and what only unit tests name, are not seen.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

use crate::support::files;

/// The segments of a module, without the crate: empty for the root.
type Module = Vec<String>;

/// One file naming an item of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow {
    /// The file that names.
    pub from: String,
    /// The file whose item is named.
    pub to: String,
    /// The line of the name, from 1.
    pub line: usize,
    /// The item.
    pub name: String,
}

/// All modules of a crate, and what each defines, re-exports and names.
pub(super) struct Graph {
    modules: HashMap<Module, SourceFile>,
}

/// One module that is a file.
#[derive(Default)]
struct SourceFile {
    path: String,
    /// The names of its own items.
    items: BTreeSet<String>,
    /// What `use` brings into it: the name here, the path it stands for, and whether others see it.
    uses: Vec<Use>,
    /// Paths in its code, with their lines.
    paths: Vec<(Vec<String>, usize)>,
}

struct Use {
    /// `None` for a glob.
    name: Option<String>,
    path: Vec<String>,
    line: usize,
    public: bool,
}

impl Graph {
    /// Reads the sources under a folder that holds `lib.rs`.
    pub(super) fn read(src: &Path) -> Self {
        let read = |file: &PathBuf| {
            let inside = file.strip_prefix(src).expect("it is below");
            (inside.to_string_lossy().into_owned(), fs::read_to_string(file).expect("a source file can be read"))
        };
        let files: Vec<(String, String)> = files(src, "rs").iter().map(read).collect();
        Self::of(&files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect::<Vec<_>>())
    }

    /// Reads sources that are given, each with its path below `src`.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| {
            let tree = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let mut file = SourceFile { path: format!("src/{path}"), ..SourceFile::default() };
            Reader { file: &mut file }.visit_file(&tree);
            (module_of(Path::new(path)), file)
        };
        Self { modules: files.iter().map(file).collect() }
    }

    /// All arrows between different files. Re-exports are no arrows: whoever uses one names the file behind it.
    pub(super) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (module, file) in &self.modules {
            let imports = file.uses.iter().filter(|each| !each.public).map(|each| (&each.path, each.line));
            let paths = file.paths.iter().map(|(path, line)| (path, *line));
            for (path, line) in imports.chain(paths) {
                let Some(to) = self.file_of(module, path, 0).filter(|to| *to != file.path) else { continue };
                arrows.push(Arrow { from: file.path.clone(), to, line, name: path.join("::") });
            }
        }
        arrows.sort();
        arrows
    }

    /// The file that defines what a path names, seen from a module.
    fn file_of(&self, from: &Module, path: &[String], depth: usize) -> Option<String> {
        if depth > 16 {
            return None;
        }
        let (mut module, mut rest) = self.start(from, path, depth)?;
        loop {
            let file = self.modules.get(&module)?;
            let Some((first, others)) = rest.split_first() else { return Some(file.path.clone()) };
            let child: Module = module.iter().chain([first]).cloned().collect();
            if self.modules.contains_key(&child) {
                (module, rest) = (child, others);
            } else if file.items.contains(first) {
                return Some(file.path.clone());
            } else {
                return self.exported(&module, rest, depth);
            }
        }
    }

    /// What a module re-exports under the first name of a path.
    fn exported(&self, module: &Module, rest: &[String], depth: usize) -> Option<String> {
        let file = self.modules.get(module)?;
        let named = file.uses.iter().find(|each| each.name.as_ref() == rest.first());
        if let Some(each) = named {
            let path: Vec<String> = each.path.iter().chain(&rest[1..]).cloned().collect();
            return self.file_of(module, &path, depth + 1);
        }
        let globs = file.uses.iter().filter(|each| each.name.is_none());
        globs.into_iter().find_map(|each| {
            let path: Vec<String> = each.path.iter().chain(rest).cloned().collect();
            self.file_of(module, &path, depth + 1)
        })
    }

    /// The module where a path starts, and what of the path is left.
    fn start<'p>(&self, from: &Module, path: &'p [String], depth: usize) -> Option<(Module, &'p [String])> {
        let (first, mut rest) = path.split_first()?;
        let mut module = from.clone();
        match first.as_str() {
            "crate" => module.clear(),
            "self" => {}
            "super" => drop(module.pop()),
            _ if depth == 0 && rest.is_empty() => return None,
            _ if self.modules.contains_key(&[from.as_slice(), std::slice::from_ref(first)].concat()) => {
                return Some((module, path));
            }
            _ => return None,
        }
        while rest.first().is_some_and(|segment| segment == "super") {
            module.pop();
            rest = &rest[1..];
        }
        Some((module, rest))
    }
}

/// Collects what one file says.
struct Reader<'a> {
    file: &'a mut SourceFile,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(attributes(item)) {
            return;
        }
        if let Some(name) = name_of(item) {
            self.file.items.insert(name);
        }
        match item {
            Item::Use(each) => {
                let public = !matches!(each.vis, Visibility::Inherited);
                let line = each.use_token.span.start().line;
                flatten(&each.tree, &mut Vec::new(), line, public, &mut self.file.uses);
            }
            _ => visit::visit_item(self, item),
        }
    }

    /// Who may see an item names nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
        self.file.paths.push((segments, line));
        visit::visit_path(self, path);
    }
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, line: usize, public: bool, uses: &mut Vec<Use>) {
    let mut leaf = |name: Option<String>, path: Vec<String>| uses.push(Use { name, path, line, public });
    match tree {
        UseTree::Path(each) => {
            path.push(each.ident.to_string());
            flatten(&each.tree, path, line, public, uses);
            path.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|each| flatten(each, path, line, public, uses)),
        UseTree::Glob(_) => leaf(None, path.clone()),
        UseTree::Name(each) if each.ident == "self" => leaf(path.last().cloned(), path.clone()),
        UseTree::Name(each) => leaf(Some(each.ident.to_string()), with(path, &each.ident)),
        UseTree::Rename(each) if each.ident == "self" => leaf(Some(each.rename.to_string()), path.clone()),
        UseTree::Rename(each) => leaf(Some(each.rename.to_string()), with(path, &each.ident)),
    }
}

fn with(path: &[String], last: &syn::Ident) -> Vec<String> {
    path.iter().cloned().chain([last.to_string()]).collect()
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|each| {
        each.path().is_ident("cfg") && each.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(each) => &each.attrs,
        Item::Enum(each) => &each.attrs,
        Item::Fn(each) => &each.attrs,
        Item::Impl(each) => &each.attrs,
        Item::Mod(each) => &each.attrs,
        Item::Static(each) => &each.attrs,
        Item::Struct(each) => &each.attrs,
        Item::Trait(each) => &each.attrs,
        Item::Use(each) => &each.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(each) => each.ident.to_string(),
        Item::Enum(each) => each.ident.to_string(),
        Item::Fn(each) => each.sig.ident.to_string(),
        Item::Static(each) => each.ident.to_string(),
        Item::Struct(each) => each.ident.to_string(),
        Item::Trait(each) => each.ident.to_string(),
        Item::Type(each) => each.ident.to_string(),
        _ => return None,
    })
}

/// The module that a file below `src` holds.
fn module_of(file: &Path) -> Module {
    let path = file.with_extension("");
    let segments = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let mut module: Module = segments.collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}
