//! Inputs that were made after public fault reports of this field, with the right verdict of every entry.
//!
//! `tests/handed/KIND/NAME/` holds a recording, the contract if it is not the built-in one, and `expected.json`: per entry its verdict, the
//! check that must speak, the checks that must be `silent`, and the texts that must stand nowhere (`hidden`). Entries that are not listed
//! are left open by the standards. One test per folder, named after it; what a folder shows by other commands (`EXPECTED.md`) has tests
//! beside those of its part.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::support::{folder, program, root, stderr};

/// What `expected.json` says about an entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    entry: usize,
    verdict: String,
    check: Option<String>,
    #[serde(default)]
    silent: Vec<Silent>,
    #[serde(default)]
    hidden: Vec<String>,
    why: String,
}

/// A check that must have found nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Silent {
    check: String,
}

fn judge(folder_of_kind: &str) {
    let input = root().join("tests/handed").join(folder_of_kind);
    let expected = fs::read_to_string(input.join("expected.json")).expect("the right verdicts");
    let expected: Vec<Expected> = serde_json::from_str(&expected).expect("a list of verdicts");
    for recording in ["session.har", "session.zip"].map(|name| input.join(name)) {
        if recording.exists() {
            judge_recording(&input, &recording, &expected);
        }
    }
}

fn judge_recording(input: &Path, recording: &Path, expected: &[Expected]) {
    let reports = folder(&format!("handed/{}", input.file_name().and_then(|name| name.to_str()).expect("a name")));
    let mut replay = program();
    replay.arg("replay").arg(recording).args(["--format", "json", "--verbose", "--report"]).arg(&reports);
    let contract = input.join("contract.yaml");
    if contract.exists() {
        replay.arg("--contract").arg(contract);
    }
    let output = replay.output().expect("the program starts");
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let entries: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON object per line")).collect();
    assert!(!entries.is_empty(), "nothing was judged: {}", stderr(&output));
    let written: Vec<(PathBuf, String)> = fs::read_dir(&reports)
        .expect("reports")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), String::from_utf8_lossy(&fs::read(&path).expect("a report")).into_owned()))
        .collect();
    let mut wrong = Vec::new();
    for expected in expected {
        let entry = entries.iter().find(|entry| entry["entry"] == expected.entry).expect("an object for every entry");
        let spoke: BTreeSet<&str> = entry["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|finding| finding["check"].as_str())
            .collect();
        let heard = expected.check.as_deref().is_none_or(|check| spoke.contains(check));
        let silent = !expected.silent.iter().any(|silent| spoke.contains(silent.check.as_str()));
        let places = [(PathBuf::from("console"), text.clone()), (PathBuf::from("errors"), stderr(&output))];
        let leaks: Vec<&Path> = written
            .iter()
            .chain(&places)
            .filter(|(_, text)| expected.hidden.iter().any(|secret| text.contains(secret.as_str())))
            .map(|(path, _)| path.as_path())
            .collect();
        if entry["verdict"] != expected.verdict.as_str() || !heard || !silent || !leaks.is_empty() {
            wrong.push(format!(
                "entry {} should be {} ({:?}; {}), leaks: {leaks:?}, but: {entry:#}",
                expected.entry, expected.verdict, expected.check, expected.why
            ));
        }
    }
    assert!(wrong.is_empty(), "{}: {}", recording.display(), wrong.join("\n"));
}

macro_rules! handed {
    ($kind:ident: $($name:ident = $folder:literal),+ $(,)?) => {
        mod $kind {
            $(
                #[test]
                fn $name() {
                    super::judge(concat!(stringify!($kind), "/", $folder));
                }
            )+

            #[test]
            fn every_folder_with_verdicts_has_a_test() {
                super::assert_listed(stringify!($kind), &[$($folder),+]);
            }
        }
    };
}

fn assert_listed(kind: &str, listed: &[&str]) {
    let folders: BTreeSet<String> = fs::read_dir(root().join("tests/handed").join(kind))
        .expect("the inputs")
        .map(|entry| entry.expect("a folder"))
        .filter(|entry| entry.path().join("expected.json").exists())
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .collect();
    assert_eq!(folders, listed.iter().map(ToString::to_string).collect());
}

handed! {
    reported:
    header_schema_by_ref = "01-header-schema-by-ref",
    writeonly_required = "03-writeonly-required",
    not_json_media = "04-not-json-media",
    head = "05-head",
    open_format = "06-open-format",
    partial_segments = "07-partial-segments",
    discriminator_inheritance = "09-discriminator-inheritance",
    extension_in_responses = "10-extension-in-responses",
    path_item_ref = "11-path-item-ref",
    integer_formats = "14-integer-formats",
    optional_body = "19-optional-body",
    userinfo = "21-userinfo",
    yaml_contract_scalars = "24-yaml-contract-scalars",
    har_oddities = "25-har-oddities",
    echo_by_chance = "26-echo-by-chance",
    server_base_path = "27-server-base-path",
}

handed! {
    recordings:
    masked_secret = "01-masked-secret",
    lone_surrogates_request = "02-lone-surrogates-request",
    not_json = "03-not-json",
    attached = "04-attached",
    cancelled_playwright = "05-cancelled-playwright",
    nul_padding = "06-nul-padding",
    revalidated = "07-revalidated",
    redirect = "08-redirect",
    no_answer = "10-no-answer",
}

handed! {
    documents:
    path_parameter_no_uuid = "01-path-parameter-no-uuid",
    discriminator_narrows = "02-discriminator-narrows",
    pattern_not_compiled = "04-pattern-not-compiled",
    equal_paths_other_methods = "05-equal-paths-other-methods",
    extension_of_others = "06-extension-of-others",
    redirection_without_location = "07-redirection-without-location",
    query_in_path = "09-query-in-path",
    json_with_charset = "12-json-with-charset",
}
