//! The register of faults: every fault has a test whose name begins with its id, or a reason why it has none.
//!
//! `docs/faults.md` is written from the register and the tests' names: `UPDATE_DOCS=1 cargo test --test it fault_register`. What
//! a test proves is its own affair; this one reads names only.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::LazyLock;

use indexmap::IndexMap;
use regex::Regex;
use serde::Deserialize;

use crate::support::{files, keep, names, root};

/// The groups of which every fault must be accounted for.
const COMPLETE: &[char] = &['T', 'L', 'B', 'M', 'S', 'Q', 'Y', 'P', 'C', 'X', 'K', 'G', 'E'];

const HEAD: &str = "\
# Faults

<!-- Written by `UPDATE_DOCS=1 cargo test --test it fault_register` from tests/faults/register.toml and the names of all tests. -->

Things that can go wrong around a run, and the tests that show how Flowproof reacts: their names begin with the fault's id. In
no case does a run panic or exceed its deadline, and a response that could not be checked never counts as passed. Where no test is
possible, the reason is given. For the ways to break the stand-in on purpose (`--fault`), see [tenant.md](tenant.md#faults).

A redirection is the response under test and is never followed. No request asks for a content coding; a coding that is used all
the same is decoded, up to two of them. Limits are set in `flowproof.toml`:

```toml
[limits]
connect = \"10s\"      # name resolution, TCP and TLS together
first-byte = \"20s\"   # until the header block has arrived, from the start of the request
total = \"30s\"        # for the whole exchange, from the start of the request
body = 10485760      # bytes of a body, as it came and again once its content codings are undone
ratio = 200          # how many bytes one encoded byte may become, once a body is larger than a megabyte
head = 65536         # bytes of a header block
fields = 256         # header fields
```
";

static TEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"#\[(?:tokio::)?test\](?:\s*#\[[^\]]*\])*\s*(?:async )?fn ((?:[a-z]\d\d_)+)(\w+)").expect("a pattern")
});

/// What is written down of faults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    groups: IndexMap<char, String>,
    faults: IndexMap<String, String>,
    reasons: BTreeMap<String, String>,
}

/// A test, and the file that it is in.
#[derive(Debug, Clone, PartialEq)]
struct Test {
    file: String,
    name: String,
}

type Tests = BTreeMap<String, Vec<Test>>;

fn register() -> Register {
    let text = fs::read_to_string(root().join("tests/faults/register.toml")).expect("the register can be read");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// The tests in a text, by the ids at the beginning of their names.
fn tests_in(file: &str, text: &str) -> Vec<(String, Test)> {
    let found = TEST.captures_iter(text).flat_map(|found| {
        let test = Test { file: file.to_owned(), name: format!("{}{}", &found[1], &found[2]) };
        let ids: Vec<String> = found[1].trim_end_matches('_').split('_').map(str::to_uppercase).collect();
        ids.into_iter().map(move |id| (id, test.clone()))
    });
    found.collect()
}

fn tests() -> Tests {
    let mut tests = Tests::new();
    for path in ["src", "tests"].iter().flat_map(|folder| files(&root().join(folder), "rs")) {
        let file = path.strip_prefix(root()).expect("it is in the package").to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).expect("a source file can be read");
        for (id, test) in tests_in(&file, &text) {
            tests.entry(id).or_default().push(test);
        }
    }
    for name in broken_scenarios() {
        let id = name[..3].to_uppercase();
        tests.entry(id).or_default().push(Test { file: format!("{BROKEN}/{name}"), name });
    }
    tests
}

/// Scenarios of which one test says what is wrong, each by a golden; their names begin with ids, too.
const BROKEN: &str = "tests/scenario/broken";

fn broken_scenarios() -> Vec<String> {
    let id = Regex::new(r"^[a-z]\d\d-").expect("a pattern");
    names(&root().join(BROKEN)).into_iter().filter(|name| id.is_match(name)).collect()
}

/// What is wrong with the register, given the tests that there are.
fn problems(register: &Register, tests: &Tests, complete: &[char]) -> Vec<String> {
    let known = |id: &&String| register.faults.contains_key(*id);
    let unknown = tests.keys().chain(register.reasons.keys()).filter(|id| !known(id));
    let unknown = unknown.map(|id| format!("{id} is not in the register"));
    let each = register.faults.keys().filter_map(|id| match (tests.get(id), register.reasons.get(id)) {
        (Some(tests), Some(_)) => Some(format!("{id} has a reason for having no test, and {}", tests[0].name)),
        (None, None) if complete.contains(&group(id)) => Some(format!("{id} has neither a test nor a reason")),
        (None, Some(reason)) if reason.trim().is_empty() => Some(format!("the reason of {id} says nothing")),
        _ => None,
    });
    unknown.chain(each).collect()
}

fn group(id: &str) -> char {
    id.chars().next().unwrap_or_default()
}

fn page(register: &Register, tests: &Tests) -> String {
    let mut page = HEAD.to_owned();
    let covered = register.faults.keys().filter(|id| tests.contains_key(*id)).count();
    let _ = writeln!(page, "\n{covered} of {} faults have a test.", register.faults.len());
    for (letter, title) in &register.groups {
        let _ = writeln!(page, "\n## {letter}: {title}\n\n| id | fault | shown by |\n| --- | --- | --- |");
        for (id, title) in register.faults.iter().filter(|(id, _)| group(id) == *letter) {
            let shown = shown_by(tests.get(id).map_or(&[], Vec::as_slice), register.reasons.get(id));
            let _ = writeln!(page, "| {id} | {} | {shown} |", cell(title));
        }
    }
    page
}

fn shown_by(tests: &[Test], reason: Option<&String>) -> String {
    let links: Vec<String> = tests.iter().map(|test| format!("[`{}`](../{})", test.name, test.file)).collect();
    match reason {
        Some(reason) => format!("no test: {}", cell(reason)),
        None if links.is_empty() => "no test yet".to_owned(),
        None => links.join("<br>"),
    }
}

// Titles speak of markup; a page must show it and not obey it.
fn cell(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    ["\\", "|", "*", "_", "[", "]", "$", "#", "`"]
        .iter()
        .fold(escaped, |text, mark| text.replace(mark, &format!("\\{mark}")))
}

#[test]
fn every_fault_has_a_test_or_a_reason_and_never_both() {
    let problems = problems(&register(), &tests(), COMPLETE);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_page_of_faults_is_what_register_and_tests_say() {
    keep("docs/faults.md", &page(&register(), &tests()));
}

#[test]
fn every_mistake_in_the_register_is_told() {
    let register: Register = toml::from_str(
        "groups = { T = \"a\" }\nfaults = { T01 = \"a\", T02 = \"b\", T03 = \"c\", T04 = \"d\" }\nreasons = { T02 = \"r\", T03 = \" \", T09 = \"r\" }",
    )
    .expect("a register");
    let text = "#[test]\nfn t02_x01_both() {}\n#[tokio::test]\n#[ignore = \"slow\"]\nasync fn t05_gone() {}\nfn t01_no_test() {}";
    let tests: Tests = tests_in("f.rs", text).into_iter().map(|(id, test)| (id, vec![test])).collect();
    assert_eq!(tests.keys().collect::<Vec<_>>(), ["T02", "T05", "X01"]);
    let told = problems(&register, &tests, &['T']);
    let wanted = [
        "T05 is not in the register",
        "X01 is not in the register",
        "T09 is not in the register",
        "T01 has neither a test nor a reason",
        "T02 has a reason for having no test, and t02_x01_both",
        "the reason of T03 says nothing",
        "T04 has neither a test nor a reason",
    ];
    assert_eq!(told, wanted);
    assert!(problems(&register, &tests, &[]).len() < told.len());
}
