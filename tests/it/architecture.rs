//! Keeps the arrows between the modules: who may name whom. A forbidden arrow fails with its file and line.
//!
//! It reads the sources as text and asks the compiler for nothing; macros that make up paths would escape it.

use std::fs;
use std::path::Path;

use crate::support::{files, root};

/// What each top module may name, apart from itself. The page with the reasons is `ARCHITECTURE.md`.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("contract", &["base"]),
    ("record", &["base"]),
    ("scenario", &["base", "contract", "record"]),
    ("checks", &["base", "contract", "record", "scenario"]),
    ("judge", &["base", "checks", "client", "contract", "record", "scenario"]),
    ("tenant", &["base"]),
    ("client", &["base", "contract", "record"]),
    ("auth", &["base", "client", "config", "engine", "record"]),
    ("config", &["auth", "base", "checks", "client", "judge", "record"]),
    ("engine", &["auth", "base", "checks", "client", "config", "contract", "judge", "record", "scenario", "tenant"]),
    ("reports", &["base", "judge", "record"]),
    ("gate", &["base", "contract", "record", "reports"]),
    ("requirements", &["base", "contract", "record", "reports", "scenario"]),
    ("explain", &["base", "checks", "contract", "reports", "requirements"]),
    ("doctor", &["auth", "base", "client", "config", "record"]),
    // Build time only; `client` is named in the code that it writes, not by itself.
    ("codegen", &["base", "client"]),
];

/// What sees everything: here the house is put together.
const SEES_EVERYTHING: &[&str] = &["cli", "run", "lib", "main"];

/// One use of one top module by another.
#[derive(Debug, PartialEq)]
struct Arrow {
    line: usize,
    to: String,
}

#[test]
fn no_module_names_another_that_it_must_not() {
    let forbidden: Vec<String> = files(&root().join("src"), "rs")
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).expect("a source file can be read");
            forbidden(file.strip_prefix(root()).expect("it is in the package"), &text)
        })
        .collect();
    assert!(forbidden.is_empty(), "arrows that ARCHITECTURE.md forbids:\n{}", forbidden.join("\n"));
}

#[test]
fn every_top_module_has_a_place_in_the_house() {
    let known = |name: &str| SEES_EVERYTHING.contains(&name) || MAY_NAME.iter().any(|(module, _)| *module == name);
    for file in files(&root().join("src"), "rs") {
        let module = module_of(file.strip_prefix(root()).expect("it is in the package")).remove(0);
        assert!(known(&module), "{} belongs to no module that this test knows", file.display());
    }
}

#[test]
fn a_forbidden_arrow_is_seen_in_every_way_of_writing_it() {
    let file = Path::new("src/checks/media_type.rs");
    let ways = [
        "use crate::engine::run;",
        "fn f() -> crate::engine::Run {}",
        "use crate::{record::Finding, engine::{Run, plan}};",
        "use super::super::engine;",
    ];
    for way in ways {
        assert_eq!(forbidden(file, way).len(), 1, "{way}");
    }
    for fine in ["use crate::record::Finding; // not crate::engine", "/// See [`crate::engine`].", "use super::case;"] {
        assert_eq!(forbidden(file, fine), Vec::<String>::new(), "{fine}");
    }
}

/// The segments of the module that a file under `src` holds.
fn module_of(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    let segments = path.components().skip(1).map(|part| part.as_os_str().to_string_lossy().into_owned());
    segments.enumerate().filter(|(depth, name)| *depth == 0 || name != "mod").map(|(_, name)| name).collect()
}

fn forbidden(file: &Path, text: &str) -> Vec<String> {
    let module = module_of(file);
    let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == module[0]) else { return Vec::new() };
    let wrong = |arrow: &Arrow| arrow.to != module[0] && !allowed.contains(&arrow.to.as_str());
    let say = |arrow: Arrow| format!("{}:{}: {} must not name {}", file.display(), arrow.line, module[0], arrow.to);
    arrows(&without_comments(text), module.len()).into_iter().filter(wrong).map(say).collect()
}

/// Comments may name whom they like.
fn without_comments(text: &str) -> String {
    let code = |line: &str| line.split_once("//").map_or(line, |(code, _)| code).to_owned() + "\n";
    text.lines().map(code).collect()
}

/// The top modules that a file names, by `crate::` or by enough `super::`.
fn arrows(code: &str, depth: usize) -> Vec<Arrow> {
    let roots = ["crate::".to_owned(), "super::".repeat(depth)];
    let mut found: Vec<Arrow> = roots
        .iter()
        .flat_map(|root| code.match_indices(root.as_str()).map(move |(at, _)| at + root.len()))
        .flat_map(|at| {
            let line = code[..at].matches('\n').count() + 1;
            heads(&code[at..]).into_iter().map(move |to| Arrow { line, to })
        })
        .filter(|arrow| is_top_module(&arrow.to))
        .collect();
    found.sort_by_key(|arrow| arrow.line);
    found
}

/// The first names of a path, or of every path of a group.
fn heads(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else { return vec![identifier(path)] };
    let mut open = 1;
    let mut heads = vec![identifier(group)];
    for (at, character) in group.char_indices() {
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            ',' if open == 1 => heads.push(identifier(&group[at + 1..])),
            _ => (),
        }
        if open == 0 {
            break;
        }
    }
    heads
}

fn identifier(text: &str) -> String {
    text.trim_start().chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

fn is_top_module(name: &str) -> bool {
    SEES_EVERYTHING.contains(&name) || MAY_NAME.iter().any(|(module, _)| *module == name)
}
