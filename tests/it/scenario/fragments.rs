//! Suites in folders: names, fragments and their scopes, limits that need files of their own.

use std::path::{Path, PathBuf};

use flowproof::scenario::Suite;
use flowproof::scenario::model::{Call, Step, StepAction};
use flowproof::scenario::template::{PlaceholderKind, Values};
use serde_json::json;

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("flowproof-scenario-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn load(&self, below: &[&str]) -> Result<Suite, String> {
        let paths: Vec<PathBuf> = below.iter().map(|path| self.0.join(path)).collect();
        Suite::load(&paths).map_err(|problems| super::rendered(&problems))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn names(suite: &Suite) -> Vec<&str> {
    suite.scenarios.iter().map(|scenario| scenario.name.as_str()).collect()
}

fn call(step: &Step) -> &Call {
    match &step.action {
        StepAction::Call(call) => call,
        other => panic!("{other:?}"),
    }
}

fn scenario(title: &str) -> String {
    format!("scenario: {title}\nsteps:\n  - call: readDeviceAuthentication\n    path: {{ deviceAuthID: a }}\n")
}

const SIGN_ON: &str = "fragment: Sign-on
parameters: [user]
steps:
  - call: readDeviceAuthentication
    path: { deviceAuthID: \"{{user.id}}\" }
    save: { auth: /id }
";

#[test]
fn a_scenario_has_one_name_however_it_is_asked_for() {
    let folder = Folder::new("names");
    folder
        .write("cases/b.yaml", scenario("B"))
        .write("cases/mfa/otp/a.yaml", scenario("A"))
        .write("cases/mfa/readme.md", "");
    folder.write("cases/fragments/sign-on.yaml", SIGN_ON).write("cases/.hidden.yaml", "x");
    assert_eq!(names(&folder.load(&["cases"]).unwrap()), ["b", "mfa/otp/a"]);
    assert_eq!(names(&folder.load(&[""]).unwrap()), ["b", "mfa/otp/a"]);
    assert_eq!(names(&folder.load(&["cases/mfa"]).unwrap()), ["mfa/otp/a"]);
    assert_eq!(names(&folder.load(&["cases/mfa/otp/a.yaml", "cases"]).unwrap()), ["mfa/otp/a", "b"]);
}

#[test]
fn without_a_folder_named_cases_names_are_counted_from_the_folder_given() {
    let folder = Folder::new("plain");
    folder.write("suite/x/a.yaml", scenario("A"));
    assert_eq!(names(&folder.load(&["suite"]).unwrap()), ["x/a"]);
    assert_eq!(names(&folder.load(&["suite/x/a.yaml"]).unwrap()), ["a"]);
}

#[test]
fn an_empty_folder_is_an_empty_suite_for_the_caller_to_refuse() {
    let folder = Folder::new("empty");
    assert!(folder.load(&[""]).unwrap().scenarios.is_empty());
    assert!(folder.load(&["missing"]).unwrap_err().contains("cannot read"));
}

#[test]
fn a_parameter_hides_a_fact_within_the_fragment_and_nowhere_else() {
    let folder = Folder::new("scope");
    folder.write("cases/fragments/sign-on.yaml", SIGN_ON).write(
        "cases/a.yaml",
        "scenario: A
covers: [MFA-OTP-1]
steps:
  - use: sign-on
    with: { user: \"{{users.sms}}\" }
  - use: sign-on
    name: Again
    with: { user: \"{{user}}\" }
  - call: readDeviceAuthentication
    path: { deviceAuthID: \"{{user.id}}-{{auth}}\" }
",
    );
    let suite = folder.load(&["cases"]).unwrap();
    let steps = &suite.scenarios[0].steps;
    assert_eq!(steps.len(), 3);
    assert_eq!(steps[1].label.as_deref(), Some("Again"));
    let inner = &steps[0].bindings[0].name.value;
    assert_ne!(*inner, steps[1].bindings[0].name.value, "each use has parameters of its own");
    assert_eq!(call(&steps[0]).path[0].value.placeholders()[0].kind, PlaceholderKind::Name(format!("{inner}.id")));
    let mut values = Values::default();
    values.data.insert("user".into(), json!({"id": "fact"}));
    values.data.insert(inner.clone(), json!({"id": "argument"}));
    assert_eq!(call(&steps[0]).path[0].value.render(&values).unwrap(), json!("argument"));
    assert_eq!(super::linted(&suite), []);
}

#[test]
fn a_missing_key_of_an_argument_is_shown_as_it_is_written() {
    let folder = Folder::new("written");
    folder.write("cases/fragments/sign-on.yaml", SIGN_ON);
    folder.write("cases/a.yaml", "scenario: A\nsteps:\n  - use: sign-on\n    with: { user: { name: b } }\n");
    let suite = folder.load(&["cases"]).unwrap();
    let step = &suite.scenarios[0].steps[0];
    let mut values = Values::default();
    values.data.insert(step.bindings[0].name.value.clone(), step.bindings[0].value.render(&values).unwrap());
    let error = call(step).path[0].value.render(&values).unwrap_err();
    assert_eq!(error.to_string(), "`user.id` does not exist: there is no `id`");
}

#[test]
fn fragments_use_fragments_and_arguments_are_bound_before_the_first_step() {
    let folder = Folder::new("nested");
    folder.write("cases/fragments/sign-on.yaml", SIGN_ON);
    folder.write(
        "cases/fragments/area/outer.yaml",
        "fragment: Outer\nparameters: [who]\nsteps:\n  - use: sign-on\n    with: { user: \"{{who}}\" }\n",
    );
    folder.write(
        "cases/a.yaml",
        "scenario: A\ncovers: [MFA-OTP-1]\nsteps:\n  - use: area/outer\n    let: { x: 1 }\n    with: { who: \"{{users.sms}}\" }\n  - call: readDeviceAuthentication\n    path: { deviceAuthID: \"{{x}}{{auth}}\" }\n",
    );
    let suite = folder.load(&["cases"]).unwrap();
    let bound: Vec<&str> = suite.scenarios[0].steps[0].bindings.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(bound, ["x", "who@1", "user@2"]);
    assert_eq!(super::linted(&suite), []);
}

#[test]
fn y17_fragments_go_eight_deep_and_no_deeper() {
    let folder = Folder::new("depth");
    for depth in 1..=9 {
        let step = format!("  - use: f{}\n", depth + 1);
        folder.write(&format!("cases/fragments/f{depth}.yaml"), format!("fragment: F\nsteps:\n{step}"));
    }
    folder.write("cases/fragments/f10.yaml", SIGN_ON.replace("parameters: [user]\n", ""));
    folder.write("cases/a.yaml", "scenario: A\nsteps:\n  - use: f3\n");
    assert_eq!(folder.load(&["cases"]).unwrap().scenarios[0].steps.len(), 1);
    folder.write("cases/a.yaml", "scenario: A\nsteps:\n  - use: f2\n");
    let text = folder.load(&["cases"]).unwrap_err();
    assert!(text.contains("more than 8 levels deep: f2 → f3 → f4"), "{text}");
}

#[test]
fn a_mistake_in_a_fragment_is_told_once_however_often_it_is_used() {
    let folder = Folder::new("once");
    folder.write("cases/fragments/f.yaml", "fragment: F\nsteps:\n  - cal: x\n");
    folder
        .write("cases/a.yaml", "scenario: A\nsteps:\n  - use: f\n  - use: f\n")
        .write("cases/b.yaml", "scenario: B\nsteps:\n  - use: f\n");
    assert_eq!(folder.load(&["cases"]).unwrap_err().matches("unknown key `cal`").count(), 1);
}

#[cfg(unix)]
#[test]
fn y16_links_do_not_lead_out_of_the_suite() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("links");
    folder.write("outside/f.yaml", SIGN_ON).write("outside/s.yaml", scenario("S")).write("cases/fragments/x.yaml", "");
    symlink(folder.0.join("outside/f.yaml"), folder.0.join("cases/fragments/f.yaml")).unwrap();
    folder.write("cases/a.yaml", "scenario: A\nsteps:\n  - use: f\n    with: { user: a }\n");
    assert!(folder.load(&["cases"]).unwrap_err().contains("leaves the folder of fragments"));
    std::fs::remove_file(folder.0.join("cases/a.yaml")).unwrap();
    symlink(folder.0.join("outside/s.yaml"), folder.0.join("cases/s.yaml")).unwrap();
    assert!(folder.load(&["cases"]).unwrap_err().contains("leaves the suite's folder"));
    std::fs::remove_file(folder.0.join("cases/s.yaml")).unwrap();
    symlink(folder.0.join("outside"), folder.0.join("cases/o")).unwrap();
    assert!(folder.load(&["cases"]).unwrap_err().contains("is a symbolic link to a folder"));
}

#[test]
fn y19_a_file_that_is_too_big_is_refused_before_it_is_read() {
    let folder = Folder::new("big");
    folder.write("cases/a.yaml", vec![b'#'; 1024 * 1024 + 1]);
    assert!(folder.load(&["cases"]).unwrap_err().contains("is 1048577 bytes long; the limit is 1048576 bytes"));
}

#[test]
fn y03_twenty_thousand_open_brackets_are_refused() {
    let folder = Folder::new("brackets");
    folder.write("cases/a.yaml", format!("scenario: {}", "[".repeat(20_000)));
    assert!(folder.load(&["cases"]).is_err());
}

#[test]
fn y17_rows_and_steps_are_counted_before_they_are_made() {
    let folder = Folder::new("counts");
    let refused = |text: &str| folder.write("cases/a.yaml", text).load(&["cases"]).unwrap_err();
    let rows: String = (0..1001).map(|row| format!("  - name: r{row}\n")).collect();
    assert!(refused(&format!("scenario: A\nfor-each:\n{rows}steps: []\n")).contains("has 1001 rows"));
    let steps = "  - { call: x }\n".repeat(5_001);
    folder.write("cases/fragments/f.yaml", format!("fragment: F\nsteps:\n{steps}"));
    assert!(refused("scenario: A\nsteps: [{ use: f }, { use: f }]\n").contains("more than 10000 steps"));
}

#[test]
fn of_many_problems_the_first_are_shown() {
    let folder = Folder::new("many");
    folder.write("cases/a.yaml", format!("scenario: A\nsteps:\n{}", "  - { cal: x }\n".repeat(150)));
    let text = folder.load(&["cases"]).unwrap_err();
    assert!(text.contains("100 more problems"), "{}", text.len());
}

#[test]
fn y18_equal_titles_are_found_between_folders_given_apart() {
    let folder = Folder::new("titles");
    folder.write("one/a.yaml", scenario("Same")).write("two/b.yaml", scenario("Same"));
    assert!(folder.load(&["one", "two"]).unwrap_err().contains("the same title"));
    assert!(Path::new(&folder.0).exists());
}
