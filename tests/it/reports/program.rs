//! Which reports the program writes, what it tells a CI system, and how it shows that a run goes on.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::{PROGRAM, names as files, program, stderr, stdout as said};

const JOURNAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reports/journal.jsonl");

/// Runs the program here with this environment.
fn flowproof(dir: &TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = program();
    command.current_dir(dir.path()).args(arguments).envs(environment.iter().copied());
    command.output().expect("the program runs")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn cases(part: &str) -> String {
    format!("{}/cases/{part}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn exactly_the_reports_that_are_named_are_written() {
    let dir = folder();
    let report = |out: &str, flags: &[&str], environment: &[(&str, &str)]| {
        let arguments = [&["report", JOURNAL, "--report", out], flags].concat();
        assert_eq!(flowproof(&dir, &arguments, environment).status.code(), Some(0));
        files(&dir.path().join(out))
    };
    assert_eq!(report("usual", &[], &[]), ["junit.xml", "report.html", "report.json"]);
    assert_eq!(report("two", &["--sarif", "--tap"], &[]), ["report.sarif", "report.tap"]);
    let in_gitlab = [("GITLAB_CI", "true")];
    let usual = ["gl-code-quality-report.json", "junit.xml", "report.html", "report.json"];
    assert_eq!(report("in-gitlab", &[], &in_gitlab), usual);
    assert_eq!(report("named-in-gitlab", &["--markdown"], &in_gitlab), ["summary.md"]);
    assert_eq!(report("not-in-gitlab", &["--ci", "none"], &in_gitlab), ["junit.xml", "report.html", "report.json"]);
}

#[test]
fn r03_only_the_chosen_reports_are_held_against_the_folder_and_before_anything_is_sent() {
    let dir = folder();
    fs::create_dir_all(dir.path().join("out/report.sarif")).expect("it can be made");
    let scenarios = cases("oauth");
    let run = |flag: &str| flowproof(&dir, &["run", &scenarios, "--quiet", "--report", "out", flag], &[]);
    let refused = run("--sarif");
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert_eq!(files(&dir.path().join("out")), ["report.sarif"], "nothing was begun");
    assert_eq!(run("--tap").status.code(), Some(0));
    assert!(files(&dir.path().join("out")).contains(&"report.tap".to_owned()));
}

#[test]
fn github_is_told_by_annotations_and_a_step_summary_that_keeps_what_others_wrote() {
    let dir = folder();
    let summary = dir.path().join("summary");
    fs::write(&summary, "of another tool\n").expect("it can be written");
    let path = summary.display().to_string();
    let environment = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", path.as_str())];
    let told = flowproof(&dir, &["report", JOURNAL, "--report", "out"], &environment);
    assert_eq!(told.status.code(), Some(0));
    assert!(said(&told).lines().any(|line| line.starts_with("::error file=cases/mfa/otp/wrong-value.yaml,line=15,")));
    let text = fs::read_to_string(&summary).expect("it is there");
    assert!(text.starts_with("of another tool\n\n## The contract is broken\n"), "{text}");
    let silent = flowproof(&dir, &["report", JOURNAL, "--report", "out", "--ci", "none"], &environment);
    assert!(!said(&silent).contains("::error file="));
    assert_eq!(fs::read_to_string(&summary).expect("it is there"), text);
}

#[test]
fn r21_a_step_summary_that_is_nearly_full_gets_no_more_than_it_takes() {
    let dir = folder();
    let summary = dir.path().join("summary");
    let path = summary.display().to_string();
    for (before, grows) in [(1024 * 1024 - 4_000, true), (1024 * 1024 - 10, false)] {
        fs::write(&summary, "x".repeat(before)).expect("it can be written");
        let arguments = ["report", JOURNAL, "--report", "out", "--ci", "github"];
        let told = flowproof(&dir, &arguments, &[("GITHUB_STEP_SUMMARY", &path)]);
        assert_eq!(told.status.code(), Some(0));
        let size = fs::metadata(&summary).expect("it is there").len();
        assert!(size <= 1024 * 1024);
        assert_eq!(size > before as u64, grows);
    }
}

#[test]
fn the_parts_of_a_suite_make_one_report_and_other_journals_are_refused_with_advice() {
    let dir = folder();
    let scenarios = cases("oauth");
    for (part, out) in [("1/2", "one"), ("2/2", "two")] {
        let ran = flowproof(&dir, &["run", &scenarios, "--quiet", "--shard", part, "--report", out], &[]);
        assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    }
    let whole = flowproof(&dir, &["report", "one", "two", "--report", "whole", "--tap"], &[]);
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    let points = |folder: &str| {
        let text = fs::read_to_string(dir.path().join(folder).join("journal.jsonl")).expect("it is there");
        text.lines().filter(|line| line.starts_with("{\"scenario\"")).count()
    };
    let tap = fs::read_to_string(dir.path().join("whole/report.tap")).expect("it is there");
    assert!(tap.contains(&format!("\n1..{}\n", points("one") + points("two"))), "{tap}");
    for (arguments, advice) in [
        (vec!["report", "one", "two"], "say with --report where to write"),
        (vec!["report", "one", JOURNAL, "--report", "whole"], "run `flowproof report` on each"),
    ] {
        let refused = flowproof(&dir, &arguments, &[]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains(advice));
    }
}

#[test]
fn a_person_who_watches_sees_how_far_it_is_and_the_time_left() {
    let dir = folder();
    let command = format!("{} run {} --report out", PROGRAM, cases("mfa/otp"));
    let ran = Command::new("script").current_dir(dir.path()).args(["-qec", &command, "/dev/null"]).output();
    let Ok(ran) = ran else {
        eprintln!("left out: script is not on this machine (Debian package bsdutils)");
        return;
    };
    let shown = said(&ran);
    assert!(!shown.contains("/s, ") && shown.contains(" left"), "{shown}");
    assert!(shown.contains("The contract is kept"), "{shown}");
}

/// Runs some scenarios that one planted fault breaks in many places, and gives what was printed.
fn broken(more: &[&str]) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    let report = dir.path().join("out").display().to_string();
    let paths = ["cases/mfa", "cases/flows/mfa"];
    let arguments = [&["run", "--fault", "missing-link", "--report", &report], &paths[..], more].concat();
    said(&crate::support::flowproof(&arguments))
}

/// S2-7: a fault that breaks a hundred scenarios is a cause or two, and fits the screen.
#[test]
fn s2_7_a_run_ends_with_causes_and_what_to_do_in_sixty_lines_and_twenty_five_where_it_is_quiet() {
    let usual = broken(&[]);
    for (shown, most) in [(&usual, 60), (&broken(&["--quiet"]), 25)] {
        assert!(shown.lines().count() <= most, "{}: {shown}", shown.lines().count());
        assert!(shown.contains("What broke: 1 cause\n"), "{shown}");
        assert!(shown.contains("error[lifecycle-links]: OTP_REQUIRED has no link otp.check"), "{shown}");
        let failed =
            shown.split(" failed").next().and_then(|before| before.split_whitespace().last()).expect("a number");
        assert!(shown.contains(&format!("{failed} scenarios: ")), "{failed}: {shown}");
        assert!(shown.contains("do    Clients use links to decide what to show"), "{shown}");
    }
    // S2-11: the line repeats what happened.
    assert!(usual.contains("run   flowproof run cases/") && usual.contains(".yaml --fault missing-link\n"), "{usual}");
    assert!(usual.contains("# this stand-in is gone"), "{usual}");
    let verbose = broken(&["--verbose"]);
    assert!(
        verbose.matches("error[lifecycle-links]").count() > 20 && verbose.contains("passed  "),
        "everything is there"
    );
}

/// S2-7: what passes is not listed, wherever the output goes; S2-12: skips have one line for each reason.
#[test]
fn s2_12_skips_are_told_once_for_each_reason_and_passes_only_where_they_are_asked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let cases = dir.path().join("cases");
    fs::create_dir(&cases).expect("a folder");
    let case = fs::read_to_string("cases/mfa/otp/email-completes.yaml").expect("a scenario");
    for number in 0..4 {
        let text = case.replace("scenario: An", &format!("scenario: {number} An"));
        let text = if number == 0 { text } else { text.replace("[user.otp]", "[user.otp, user.nothing]") };
        fs::write(cases.join(format!("s{number}.yaml")), text).expect("written");
    }
    let (cases, report) = (cases.display().to_string(), dir.path().join("out").display().to_string());
    let shown = said(&crate::support::flowproof(&["run", &cases, "--report", &report]));
    assert!(shown.contains("Skipped: 1 reason\n  3 scenarios: "), "{shown}");
    assert!(!shown.contains("passed  s0") && !shown.contains("skipped  s1"), "{shown}");
    let again = said(&crate::support::flowproof(&["report", &report]));
    assert!(again.contains("Skipped: 1 reason"), "{again}");
}

/// S2-9 of the trial: a wrong `expect` of one's own was called a broken contract everywhere.
#[test]
fn s2_9_a_wrong_expectation_of_ones_own_is_no_broken_contract_in_any_report() {
    let dir = folder();
    let scenario = "scenario: A flow that is not there is expected\ncovers: [FLOW-LIFE-1]\nsteps:\n  - call: readFlow\n    \
                    path: { flowID: \"{{uuid}}\" }\n    expect: { status: 200 }\n";
    fs::write(dir.path().join("mine.yaml"), scenario).expect("it can be written");
    let formats = ["--html", "--junit", "--json", "--markdown"];
    let arguments = [&["run", "mine.yaml", "--report", "out"][..], &formats].concat();
    let output = flowproof(&dir, &arguments, &[]);
    let console = format!("{}{}", said(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(1), "{console}");
    assert!(console.contains("1: the tenant did not do what the scenarios expect"), "{console}");
    let read = |name: &str| fs::read_to_string(dir.path().join("out").join(name)).expect("it is there");
    let report = crate::support::report(&dir.path().join("out")).expect("a report");
    assert_eq!(report["counts"]["unmet"], 1);
    for text in [console, read("report.html"), read("junit.xml"), read("summary.md")] {
        assert!(text.contains("is not what the scenario expected"), "{text}");
        for accusation in
            ["The contract is broken", "broke its contract", "<dt>Promised</dt>", "What broke", "promised  "]
        {
            assert!(!text.contains(accusation), "{accusation}");
        }
    }
}
