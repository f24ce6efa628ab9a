//! Keeps what people read in step with the code: `docs/checks.md` and the help of the command line.
//!
//! `UPDATE_DOCS=1 cargo test --test it docs` writes the generated page again. Prose that is not generated is not judged here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use flowproof::checks::{CHECKS, Check};
use flowproof::contract::Contract;
use flowproof::record::Level;
use flowproof::run::{load, wanted};
use flowproof::tenant::Fault;

use crate::support::{files, flowproof, keep, root};

/// The width that help is read at.
const COLUMNS: usize = 100;

const HEAD: &str = "\
# Checks

<!-- Written by `UPDATE_DOCS=1 cargo test --test it docs` from the registry in `src/checks/mod.rs`; edit it there. -->

Every response is checked by all checks that apply to it, without being asked for. Each check has a level, like a rustc
lint: `allow` ignores findings, `warn` reports them, `deny` fails the scenario. Set levels in `flowproof.toml`, on the
command line (`-A`, `-W`, `-D`, or `--strict` for all) or in a scenario (`levels:`), which takes precedence.

A check that depends on another is *not evaluated* if that one denies; the reports count it as such, never as passed. The
faults named below break the stand-in on purpose: `flowproof run --fault NAME` shows the check at work.
";

#[test]
fn the_page_of_checks_is_what_the_registry_says() {
    keep("docs/checks.md", &checks_page());
}

#[test]
fn every_check_explains_itself() {
    for check in CHECKS {
        let texts = [check.promise, check.source, check.example, check.advice];
        assert!(texts.iter().all(|text| !text.trim().is_empty()), "{} leaves something unsaid", check.id);
    }
}

#[test]
fn help_fits_the_screen_and_says_what_every_option_does() {
    for command in [&[][..], &["run"], &["lint"], &["tenant"], &["report"], &["completions"]] {
        let help = help(command);
        for line in help.lines() {
            assert!(line.chars().count() <= COLUMNS, "{command:?}: too wide: {line}");
        }
        assert!(help.lines().next().is_some_and(|line| line.len() > 20), "{command:?} does not say what it is for");
        assert_eq!(unexplained(&help), Vec::<&str>::new(), "{command:?}");
    }
}

#[test]
fn help_teaches_by_example_and_names_the_exit_codes() {
    for command in [&[][..], &["run"]] {
        let help = help(command);
        for needed in ["Examples:", "flowproof run ", "Exit codes:", "contract violated"] {
            assert!(help.contains(needed), "{command:?} lacks `{needed}`");
        }
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    let root = root();
    let mut pages: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "fuzz/README.md"]
            .map(|name| root.join(name))
            .into();
    pages.extend(files(&root.join("docs"), "md"));
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page can be read");
        let folder = page.parent().expect("a page is in a folder");
        for target in links(&text) {
            let file = target.split('#').next().unwrap_or_default();
            assert!(folder.join(file).exists(), "{}: nothing at {target}", page.display());
        }
    }
}

/// The tables of docs/real-tenant.md, each with the root of the facts that it lists.
const FACTS: [(&str, &str); 3] =
    [("### Applications", "apps"), ("### MFA policies", "policies"), ("### Roles of users", "users")];

// S2-15: half of the suite's applications were on no page.
#[test]
fn the_page_about_a_real_tenant_names_every_application_policy_and_role_of_the_suite() {
    let contract = Contract::embedded().expect("the contract");
    let suite = load(&[root().join("cases")], &contract).expect("the suite");
    let wanted = wanted(&suite, &contract);
    let page = fs::read_to_string(root().join("docs/real-tenant.md")).expect("the page");
    let page = FACTS.iter().fold(page, |page, (heading, kind)| with_table(&page, heading, &rows(kind, &wanted)));
    assert!(!page.contains("| TODO |"), "describe the new rows of docs/real-tenant.md");
    keep("docs/real-tenant.md", &page);
}

/// The names of one kind of facts as the configuration has them, with how many scenarios want each.
fn rows(kind: &str, wanted: &BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let named =
        wanted.iter().filter_map(|(fact, count)| Some((kebab(fact.strip_prefix(kind)?.strip_prefix('.')?), *count)));
    let plain = wanted.get("user").filter(|_| kind == "users").map(|count| ("email".to_owned(), *count));
    named.chain(plain).collect()
}

fn kebab(name: &str) -> String {
    name.chars()
        .flat_map(
            |letter| if letter.is_ascii_uppercase() { vec!['-', letter.to_ascii_lowercase()] } else { vec![letter] },
        )
        .collect()
}

/// The page with the rows of one table written again; what each is has been written by hand and stays.
fn with_table(page: &str, heading: &str, rows: &BTreeMap<String, usize>) -> String {
    let (before, rest) = page.split_once(&format!("{heading}\n")).expect("the heading");
    let (head, table) = rest.split_once("| --: |\n").expect("a table");
    let written: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let after: String = table.lines().skip(written.len()).map(|line| format!("{line}\n")).collect();
    let described: BTreeMap<&str, &str> = written.iter().filter_map(|row| described(row)).collect();
    let rows = rows.iter().map(|(name, count)| {
        format!("| `{name}` | {} | {count} |\n", described.get(&**name).copied().unwrap_or("TODO"))
    });
    format!("{before}{heading}\n{head}| --: |\n{}{after}", rows.collect::<String>())
}

/// The name and the description of a row.
fn described(row: &str) -> Option<(&str, &str)> {
    let mut cells = row.trim_matches('|').split(" | ").map(str::trim);
    Some((cells.next()?.trim_matches('`'), cells.next()?))
}

/// The targets of the links of a page that are files here.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://") && !target.starts_with('#')).collect()
}

fn help(command: &[&str]) -> String {
    let output = flowproof(&[command, &["--help"]].concat());
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("help is text")
}

/// The options and commands that stand there without a word of explanation.
fn unexplained(help: &str) -> Vec<&str> {
    let lines: Vec<&str> = help.lines().collect();
    let listed = |line: &str| line.starts_with("  -") || line.starts_with("      --");
    let explained = |at: usize| {
        let beside = lines[at].trim_start().split_once("  ").is_some_and(|(_, text)| !text.trim().is_empty());
        let below = lines.get(at + 1).is_some_and(|next| next.starts_with("          ") && !next.trim().is_empty());
        beside || below
    };
    (0..lines.len()).filter(|at| listed(lines[*at]) && !explained(*at)).map(|at| lines[at]).collect()
}

fn checks_page() -> String {
    let mut page = format!("{HEAD}\n| check | level | promise |\n| --- | --- | --- |\n");
    for check in CHECKS {
        let _ = writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", check.id, level(check.level), check.promise);
    }
    CHECKS.iter().for_each(|check| page.push_str(&section(check)));
    page
}

/// A heading that is the id alone gets the id as its anchor.
fn section(check: &Check) -> String {
    let mut section = format!("\n## {}\n\n{}\n\n", check.id, check.promise);
    let _ = writeln!(section, "* Level: `{}`", level(check.level));
    let _ = writeln!(section, "* Promised by: {}", check.source);
    let _ = writeln!(section, "* A violation: {}", check.example);
    let _ = writeln!(section, "* What to do: {}", check.advice);
    if !check.needs.is_empty() {
        let _ = writeln!(section, "* Not evaluated when one of these denies: {}", names(check.needs, "#"));
    }
    let faults: Vec<&str> =
        Fault::ALL.iter().filter(|fault| fault.caught_by() == check.id).map(|fault| fault.name()).collect();
    if !faults.is_empty() {
        let _ = writeln!(section, "* Faults that it catches: {}", names(&faults, ""));
    }
    section
}

fn names(names: &[&str], anchor: &str) -> String {
    let shown =
        |name: &&str| if anchor.is_empty() { format!("`{name}`") } else { format!("[`{name}`]({anchor}{name})") };
    names.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Allow => "allow",
        Level::Warn => "warn",
        Level::Deny => "deny",
    }
}

#[test]
fn the_licences_that_releases_accept_are_those_that_builds_may_have() {
    let list = |file: &str, path: &[&str]| -> toml::Value {
        let text = fs::read_to_string(root().join(file)).expect("it is there");
        let whole: toml::Table = text.parse().expect("it is TOML");
        path.iter().fold(whole.into(), |value: toml::Value, key| value[*key].clone())
    };
    assert_eq!(list("about.toml", &["accepted"]), list("deny.toml", &["licenses", "allow"]));
}
