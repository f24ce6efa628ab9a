//! The first steps of somebody new: the README's first scenario, `init`, mistakes in scenarios, names that are almost right.
//!
//! Ids such as `S2-1` are those of the findings of a trial. Deliberately not here: the texts of single lint rules
//! (`scenario`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use flowproof::config::Config;

use crate::support::{code, flowproof_in, folder, root, said, stderr, stdout};

/// A scenario that passes.
fn reads(title: &str, more: &str) -> String {
    format!(
        "scenario: {title}\ncovers: [MFA-INIT-1]\ntags: [smoke]\n{more}steps:\n  - call: initializeDeviceAuthentication\n    \
         body: {{ user: {{ id: \"{{{{user.id}}}}\" }} }}\n"
    )
}

/// A folder with these files.
fn with_files(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = folder(&format!("first-steps/{name}"));
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn runs(folder: &Path, arguments: &[&str]) -> Output {
    flowproof_in(folder, &[&["--color", "never"], arguments].concat())
}

/// The first block of YAML of a page, which is its first scenario.
fn first_scenario(page: &str) -> String {
    let text = fs::read_to_string(root().join(page)).expect("a page");
    let block = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("a scenario").to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => _ = fs::copy(entry.path(), to).expect("copied"),
        }
    }
}

/// S2-1: saved as the README says, its scenario had the title of one of the suite, and everything ended with 2.
#[test]
fn the_first_scenarios_of_the_pages_are_saved_beside_the_suite_and_run_by_their_names() {
    let folder = folder("first-steps/readme");
    copy(&root().join("cases"), &folder.join("cases"));
    fs::create_dir_all(folder.join("cases/my")).expect("made");
    fs::write(folder.join("cases/my/first.yaml"), first_scenario("README.md")).expect("written");
    fs::write(folder.join("cases/my/second.yaml"), first_scenario("docs/scenario-format.md")).expect("written");
    let lint = runs(&folder, &["lint"]);
    assert_eq!((code(&lint), stdout(&lint).trim()), (0, "no problems"), "{}", said(&lint));
    let run = runs(&folder, &["run", "my/first", "my/second", "-v"]);
    assert_eq!(code(&run), 0, "{}", said(&run));
    assert!(stdout(&run).contains("my/first") && stdout(&run).contains("2 passed"), "{}", stdout(&run));
}

/// S2-2: `init` refused a file that exists, and `--force` destroyed it.
#[test]
fn init_adds_a_target_to_a_file_that_exists_and_destroys_nothing() {
    let own = "[coverage]\noperations = 1\n";
    let folder = with_files("init", &[("flowproof.toml", own)]);
    let kept = || fs::read_to_string(folder.join("flowproof.toml")).expect("the file");
    let added = runs(&folder, &["init"]);
    assert_eq!(code(&added), 0, "{}", said(&added));
    let once = kept();
    assert!(once.starts_with(own) && once.contains("# [targets.staging]"), "{once}");
    Config::parse("flowproof.toml".into(), once.replace("\n# ", "\n"), &["operations"]).expect("accepted uncommented");
    let again = runs(&folder, &["init"]);
    assert_eq!((code(&again), kept()), (2, once.clone()), "{}", said(&again));
    let forced = runs(&folder, &["init", "--force"]);
    assert_eq!(code(&forced), 0, "{}", said(&forced));
    assert_eq!(fs::read_to_string(folder.join("flowproof.toml.bak")).expect("the old file"), once);
    assert!(!kept().contains("operations = 1\n"), "{}", kept());
}

/// S2-3: a third of the settings was absent.
#[test]
fn init_explains_every_setting_of_the_schema() {
    fn keys(schema: &serde_json::Value, found: &mut Vec<String>) {
        for (key, below) in schema.as_object().into_iter().flatten() {
            if key == "properties" {
                found.extend(below.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
            }
            keys(below, found);
        }
        schema.as_array().into_iter().flatten().for_each(|item| keys(item, found));
    }
    let schema = fs::read_to_string(root().join("docs/flowproof.schema.json")).expect("the schema");
    let mut names = Vec::new();
    keys(&serde_json::from_str(&schema).expect("JSON"), &mut names);
    let folder = with_files("init-new", &[]);
    assert_eq!(code(&runs(&folder, &["init"])), 0);
    let text = fs::read_to_string(folder.join("flowproof.toml")).expect("the file");
    let is_there = |name: &&String| [" = ", "]", "."].iter().any(|end| text.contains(&format!("{name}{end}")));
    let missing: Vec<&String> = names.iter().filter(|name| !is_there(name)).collect();
    assert!(names.len() > 40 && missing.is_empty(), "{missing:?}");
}

/// S2-2: the thresholds of the stand-in's suite failed a run against a tenant.
#[test]
fn the_thresholds_of_the_stand_in_are_not_those_of_a_target() {
    let target = "[targets.staging]\nregion = \"eu\"\nenvironment = \"00000000-0000-4000-8000-000000000001\"\n";
    let thresholds = "[coverage]\noperations = 100\n";
    let scenario = reads("One call", "");
    let folder = with_files("thresholds", &[("cases/a.yaml", &scenario)]);
    assert_eq!(code(&runs(&folder, &["run", "-r", "r"])), 0);
    let configured = |text: &str| {
        fs::write(folder.join("flowproof.toml"), text).expect("written");
        let output = runs(&folder, &["coverage", "r"]);
        (code(&output), said(&output))
    };
    let all = format!("{thresholds}{target}");
    let (exit, text) = configured(&all);
    assert_eq!(exit, 1, "{text}");
    let journal = fs::read_to_string(folder.join("r/journal.jsonl")).expect("a journal");
    fs::write(folder.join("r/journal.jsonl"), journal.replace("\"embedded stand-in\"", "\"staging\""))
        .expect("written");
    let (exit, text) = configured(&all);
    assert_eq!(exit, 0, "{text}");
    let (exit, text) = configured(&format!("{all}[targets.staging.coverage]\noperations = 90\n"));
    assert!(exit == 1 && text.contains("90 %"), "{exit} {text}");
    let (exit, text) = configured(&format!("{all}[targets.staging.coverage]\noperation = 90\nstates = 101\n"));
    assert!(
        exit == 2 && text.contains("did you mean `operations`?") && text.contains("from 0 to 100"),
        "{exit} {text}"
    );
}

/// S2-6: mistakes of one kind hid those of the next, so that a file took four rounds.
#[test]
fn mistakes_of_every_kind_are_reported_at_once() {
    let broken = "scenario: Many mistakes\ncover: [MFA-INIT-1]\ntags: [a]\nneeds: [user.opt]\nsteps:\n  \
                  - call: initializeDeviceAuthentication\n    body: { user: { idd: \"{{usr.id}}\" } }\n    \
                  expct: { status: 201 }\n  - use: sign-onn\n  - advance: 16m\n  - call: validateOpt\n    \
                  path: { deviceAuth: x }\n    body: { otp: 123456 }\n    expect: { status: 202, state: COMPLETEDD }\n";
    let files =
        [("cases/many.yaml", broken), ("cases/fragments/sign-on.yaml", "fragment: F\nsteps: [{ call: readFlow }]\n")];
    let folder = with_files("all-at-once", &files);
    let output = runs(&folder, &["lint"]);
    let text = said(&output);
    assert_eq!(code(&output), 2);
    for expected in [
        "unknown key `cover`",
        "does not supply `user.opt`",
        "no property `idd`",
        "unknown key `expct`",
        "there is no fragment `sign-onn`",
        "`advance` moves the target's clock",
        "unknown operation `validateOpt`",
        "no path parameter `deviceAuth`",
        "takes a string here, not an integer",
        "no status 202",
        "no state `COMPLETEDD`",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    // Nothing that follows only from what could not be read.
    for false_alarm in ["covers no requirement", "missing property", "needs the path parameter", "impossible-sequence"]
    {
        assert!(!text.contains(false_alarm), "{false_alarm}\n{text}");
    }
}

/// S2-6, S3: a mistyped state was told twice.
#[test]
fn a_mistyped_state_is_one_problem() {
    let text = reads("One state", "sequence: [OTP_REQIRED]\n") + "    expect: { status: 201, state: OTP_REQUIRED }\n";
    let folder = with_files("state", &[("cases/a.yaml", &text)]);
    let text = stdout(&runs(&folder, &["lint"]));
    assert!(text.contains("unknown-state") && text.ends_with("1 error\n"), "{text}");
}

/// S2-21: one broken file stopped every run, whatever it was asked for.
#[test]
fn a_broken_file_stops_only_runs_that_may_be_meant_for_it() {
    let good = reads("A good one", "");
    let misspelt = reads("A misspelt one", "").replace("smoke", "other").replace("initialize", "initialise");
    let files = [
        ("cases/good.yaml", &*good),
        ("cases/broken.yaml", "scenario: [\ntags: [slow]\n"),
        ("cases/odd.yaml", &misspelt),
    ];
    let folder = with_files("broken", &files);
    for chosen in [&["--filter", "good"][..], &["--tag", "smoke"], &["cases/good.yaml"]] {
        let output = runs(&folder, &[&["run"], chosen].concat());
        assert_eq!(code(&output), 0, "{chosen:?}: {}", said(&output));
        assert!(stdout(&output).contains("1 passed"), "{}", said(&output));
        let warned =
            stderr(&output).contains("errors in 2 files not chosen for this run (cases/broken.yaml, cases/odd.yaml)");
        assert_eq!(warned, chosen[0].starts_with("--"), "{}", stderr(&output));
    }
    for chosen in [&["--filter", "o"][..], &["--filter", "odd"], &["--tag", "slow"], &["--filter", "broken#row"], &[]] {
        let output = runs(&folder, &[&["run"], chosen].concat());
        assert_eq!(code(&output), 2, "{chosen:?}: {}", said(&output));
        assert!(stderr(&output).contains("cases/broken.yaml"), "all problems: {}", stderr(&output));
    }
}

/// S3: the names that a run prints could not be given to it.
#[test]
fn a_scenario_or_one_of_its_rows_is_run_by_its_name() {
    let rows = "for-each:\n  - { name: one }\n  - { name: two }\n";
    let files = [("cases/my/rows.yaml", &*reads("Rows", rows)), ("cases/my/one.yaml", &reads("One", ""))];
    let folder = with_files("names", &files);
    let listed = |name: &str| {
        let output = runs(&folder, &["run", name, "--list"]);
        assert_eq!(code(&output), 0, "{name}: {}", said(&output));
        stdout(&output).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(listed("my/one"), ["my/one"]);
    assert_eq!(listed("my/rows"), ["my/rows#one", "my/rows#two"]);
    assert_eq!(listed("my/rows#two"), ["my/rows#two"]);
    assert_eq!(listed("my"), ["my/one", "my/rows#one", "my/rows#two"]);
    for (name, suggestion) in [
        ("my/onee", "did you mean `cases/my/one.yaml`?"),
        ("cases/my/onee.yaml", "did you mean `cases/my/one.yaml`?"),
        ("cases/mye/one.yaml", "did you mean `cases/my/one.yaml`?"),
        ("my/rows#twoo", "did you mean `two`?"),
        ("elsewhere", "name a folder, a file, or a scenario"),
    ] {
        for command in ["run", "lint"] {
            let output = runs(&folder, &[command, name]);
            assert_eq!(code(&output), 2, "{command} {name}: {}", said(&output));
            assert!(said(&output).contains(suggestion), "{command} {name}: {}", said(&output));
        }
    }
}

/// S3: `--tag smok` said only that nothing is chosen.
#[test]
fn a_tag_that_no_scenario_has_is_told_with_the_nearest() {
    let folder = with_files("tags", &[("cases/a.yaml", &reads("A", ""))]);
    let output = runs(&folder, &["run", "--tag", "smok"]);
    assert_eq!(code(&output), 4);
    assert!(stderr(&output).contains("no scenario has the tag `smok`; did you mean `smoke`?"), "{}", stderr(&output));
    let output = runs(&folder, &["run", "--tag", "smok", "--tag", "smoke"]);
    assert_eq!(code(&output), 0);
    assert!(stderr(&output).contains("warning: no scenario has the tag `smok`"), "{}", stderr(&output));
}

/// S2-22: a document without paths was taken without a word, and judged nothing.
#[test]
fn a_contract_without_paths_is_refused_and_a_yaml_error_is_shown_in_its_line() {
    let folder = with_files(
        "contracts",
        &[
            ("empty.yaml", "openapi: 3.0.3\ninfo: { title: t, version: '1' }\npaths: {}\n"),
            ("broken.yaml", "openapi: 3.0.3\n  paths: {\n"),
        ],
    );
    let har = root().join("tests/replay/firefox.har").display().to_string();
    let refused = |contract: &str| {
        let output = runs(&folder, &["replay", &har, "--contract", contract]);
        assert_eq!(code(&output), 2, "{}", said(&output));
        stderr(&output)
    };
    assert!(refused("empty.yaml").contains("there are no paths with operations"), "{}", refused("empty.yaml"));
    let broken = refused("broken.yaml");
    assert!(broken.contains(" --> broken.yaml:2:3\n") && broken.contains("2 |   paths: {\n"), "{broken}");
    assert!(!broken.contains("\\u{a}"), "{broken}");
}

/// S2-22: with a base path and ids that are no UUIDs, nothing was judged, and the exit code was 0.
#[test]
fn traffic_of_another_api_is_judged_below_its_base_path() {
    let contract = "openapi: 3.0.3\ninfo: { title: Lockers, version: '1' }\nservers: [{ url: https://api.example.com/v1 }]\n\
                    paths:\n  /lockers/{id}:\n    get:\n      operationId: readLocker\n      parameters:\n        \
                    - { name: id, in: path, required: true, schema: { type: integer } }\n      responses:\n        \
                    '200':\n          description: A locker.\n          content:\n            application/json:\n              \
                    schema: { type: object, properties: { boxes: { type: integer } } }\n";
    let folder = with_files("own-api", &[("lockers.yaml", contract)]);
    let judged = |url: &str, body: &str| {
        let entry = serde_json::json!({
            "startedDateTime": "2026-03-02T10:15:04.000Z", "time": 1, "timings": { "wait": 1 },
            "request": { "method": "GET", "url": url, "headers": [], "httpVersion": "HTTP/1.1" },
            "response": {
                "status": 200, "headers": [{ "name": "Content-Type", "value": "application/json" }],
                "content": { "size": body.len(), "mimeType": "application/json", "text": body },
            },
        });
        let har = serde_json::json!({ "log": { "version": "1.2", "entries": [entry] } });
        fs::write(folder.join("traffic.har"), har.to_string()).expect("written");
        let output = runs(&folder, &["replay", "traffic.har", "--contract", "lockers.yaml"]);
        (code(&output), said(&output))
    };
    let (exit, text) = judged("https://api.example.com/v1/lockers/1", "{\"boxes\": 3}");
    assert_eq!(exit, 0, "{text}");
    let (exit, text) = judged("http://localhost:3000/v1/lockers/1", "{\"boxes\": \"three\"}");
    assert!(exit == 1 && text.contains("response-schema at /boxes"), "{exit} {text}");
    // Not in the contract, so nothing was judged.
    assert_eq!(judged("https://api.example.com/lockers/1", "{}").0, 4);
    assert_eq!(judged("https://api.example.com/v1/lockers/first", "{}").0, 4);
    let (_, text) = judged("https://api.example.com/v1/lockers/1", "[]");
    assert!(text.contains("response-schema: ") && !text.contains("at :"), "the root has no pointer to show: {text}");
}

/// S2-17: what `run` can leave out, `lint` could not, so that a broken draft hid whether the rest is sound.
#[test]
fn lint_leaves_out_what_run_leaves_out_by_the_same_options() {
    let draft = reads("A draft", "").replace("initializeDeviceAuthentication", "initialiseDeviceAuthentication");
    let draft = draft.replace("smoke", "draft");
    let files = [("cases/sound.yaml", &*reads("Sound", "")), ("cases/drafts/mine.yaml", &draft)];
    let cut = ("cases/drafts/cut.yaml", "scenario: Cut\ntags: [draft]\nsteps: {\n");
    let folder = with_files("lint-left-out", &[files[0], files[1]]);
    assert_eq!(code(&runs(&folder, &["lint"])), 2);
    for option in [["--not-tag", "draft"], ["--exclude", "drafts/"]] {
        let lint = runs(&folder, &[&["lint"][..], &option].concat());
        assert_eq!((code(&lint), stdout(&lint).trim()), (0, "no problems"), "{}", said(&lint));
        let run = runs(&folder, &[&["run", "-r", "r"][..], &option].concat());
        assert_eq!(code(&run), 0, "{}", said(&run));
    }
    let folder = with_files("lint-left-out-cut", &[files[0], cut]);
    let lint = runs(&folder, &["lint", "--exclude", "drafts/"]);
    assert_eq!((code(&lint), stdout(&lint).trim()), (0, "no problems"), "{}", said(&lint));
    assert_eq!(code(&runs(&folder, &["lint", "--exclude", "sound"])), 2);
}
