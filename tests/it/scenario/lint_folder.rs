//! The lint against the real contract and the stand-in's facts: a folder of scenarios with one mistake each, the rules' page,
//! the schema for editors.
//!
//! A file is named by the rule it breaks, with a few words behind it where a rule can be broken in several ways.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use flowproof::base::source::{Diagnostic, Severity};
use flowproof::checks::{CHECKS, ids};
use flowproof::scenario::editor_schema::schema;
use flowproof::scenario::lint::report::{LintFormat, render};
use flowproof::scenario::lint::rules::{LintRule, RULES};
use flowproof::scenario::{Examination, LintContext, Suite, examine};
use serde_json::Value;

use crate::support::{CONTRACT, files, keep};

const FOLDER: &str = "tests/scenario/lint-folder";

fn examined(path: &str) -> (Suite, Vec<Diagnostic>) {
    let facts = flowproof::tenant::default_facts();
    let context = LintContext { contract: &CONTRACT, checks: &ids(), facts: Some(&facts), elsewhere: &[] };
    let Examination { suite, problems, .. } = examine(&[PathBuf::from(path)], &context);
    (suite, problems)
}

/// The problems of the folder by the name of the file that they are in.
fn by_file(problems: Vec<Diagnostic>) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut files: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for problem in problems {
        let span = problem.span.as_ref().expect("every problem has a place");
        let name = span.source.path.file_stem().expect("a name").to_string_lossy().into_owned();
        files.entry(name).or_default().push(problem);
    }
    files
}

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    files(Path::new(folder), "yaml")
}

#[test]
fn each_broken_scenario_has_one_problem_at_the_right_place() {
    let found = by_file(examined(FOLDER).1);
    let names: BTreeSet<String> =
        yaml_files(FOLDER).iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert!(names.len() >= 40, "the mistakes are there");
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), names, "every file has its problem");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("goldens/lint-folder");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, problems) in found {
            assert_eq!(problems.len(), 1, "{name}: {problems:?}");
            let rule = problems[0].rule.expect("a rule");
            assert!(name == rule || name.starts_with(&format!("{rule}-")), "{name} breaks {rule}");
            insta::assert_snapshot!(name, render(&problems, LintFormat::Text, false));
        }
    });
}

#[test]
fn every_rule_is_broken_by_some_scenario_and_weighs_what_the_list_says() {
    let (_, problems) = examined(FOLDER);
    let broken: BTreeSet<&str> = problems.iter().filter_map(|problem| problem.rule).collect();
    // A path that cannot be read is no file of the folder.
    let missing = examined("tests/scenario/missing").1;
    assert_eq!(missing[0].rule, Some("file"));
    let listed: BTreeSet<&str> = RULES.iter().map(|rule| rule.id.as_str()).filter(|id| *id != "file").collect();
    assert_eq!(broken, listed);
    for problem in &problems {
        let rule = RULES.iter().find(|rule| Some(rule.id.as_str()) == problem.rule).expect("a listed rule");
        assert_eq!(problem.severity, rule.severity(), "{}", rule.id);
    }
}

#[test]
fn what_machines_read_tells_the_same_problems() {
    let (_, problems) = examined(FOLDER);
    let parsed = |format| serde_json::from_str::<Value>(&render(&problems, format, false)).expect("JSON");
    assert_eq!(parsed(LintFormat::Json).as_array().map(Vec::len), Some(problems.len()));
    assert_eq!(parsed(LintFormat::Sarif)["runs"][0]["results"].as_array().map(Vec::len), Some(problems.len()));
    assert_eq!(
        render(&problems, LintFormat::Github, false).lines().filter(|line| line.starts_with("::error")).count(),
        10
    );
}

#[test]
fn the_suite_itself_is_clean() {
    let (suite, problems) = examined("cases");
    assert!(!suite.scenarios.is_empty());
    assert!(problems.is_empty(), "{}", render(&problems, LintFormat::Text, false));
}

fn section(rule: &LintRule) -> String {
    let severity = if rule.severity() == Severity::Error { "error" } else { "warning" };
    format!("## `{}`\n\n{} ({severity})\n\n```yaml\n{}\n```\n\n{}\n", rule.id, rule.about, rule.example, rule.fix)
}

#[test]
fn the_page_of_rules_is_up_to_date() {
    let sections: Vec<String> = RULES.iter().map(section).collect();
    keep("docs/lint.md", &format!("{}\n{}", include_str!("lint-page.md"), sections.join("\n")));
}

fn editor_schema() -> Value {
    let checks: Vec<(&str, &str)> = CHECKS.iter().map(|check| (check.id, check.promise)).collect();
    schema(&CONTRACT, &checks)
}

#[test]
fn the_schema_for_editors_is_up_to_date() {
    keep("docs/scenario.schema.json", &format!("{:#}\n", editor_schema()));
}

/// A file as an editor's YAML reader sees it; `None` for what is no YAML, or no JSON.
fn as_json(path: &Path) -> Option<Value> {
    serde_saphyr::from_str(&String::from_utf8(std::fs::read(path).ok()?).ok()?).ok()
}

#[test]
fn the_schema_takes_every_scenario_of_the_suite() {
    let validator = jsonschema::draft7::new(&editor_schema()).expect("a schema");
    for path in yaml_files("cases") {
        let value = as_json(&path).expect("YAML");
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_has_the_wrong_structure() {
    /// Mistakes that are about values, or that a schema cannot see.
    const BEYOND: [&str; 5] =
        ["fragment-as-scenario", "regular-expression", "y06-huge-number", "y06-number-would-change", "y18-equal-rows"];
    let validator = jsonschema::draft7::new(&editor_schema()).expect("a schema");
    let (mut looked_at, mut wrong) = (0, Vec::new());
    let is_fragment = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "fragments");
    for path in yaml_files("tests/scenario/broken").into_iter().filter(|path| !is_fragment(path)) {
        let (_, problems) = Suite::read(std::slice::from_ref(&path));
        let structural = problems.iter().any(|problem| matches!(problem.rule, Some("form" | "unknown-key")));
        let Some(value) = as_json(&path).filter(|_| structural) else { continue };
        let name = path.file_stem().unwrap().to_string_lossy();
        if validator.is_valid(&value) != BEYOND.contains(&&*name) {
            wrong.push(name.into_owned());
        }
        looked_at += 1;
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(looked_at > 15, "only {looked_at} were looked at");
}

#[test]
fn every_key_is_described() {
    let schema = editor_schema();
    for (table, definition) in schema["definitions"].as_object().expect("definitions") {
        for (key, value) in definition["properties"].as_object().expect("properties") {
            assert!(value["description"].as_str().is_some_and(|text| text.ends_with('.')), "{table}.{key}");
        }
    }
}
