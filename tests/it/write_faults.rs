//! What a run does when its reports cannot be written, or only just: the real program on full disks, closed pipes, broken
//! system calls and hostile names.
//!
//! Deliberately not here: what is in the reports.

#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{PROGRAM, code, names, program, root, stderr, stdout};

/// One quick scenario of the suite.
const ONE: [&str; 2] = ["--filter", "oauth/token/client-credentials"];

/// An empty folder of this test.
fn folder(name: &str) -> PathBuf {
    crate::support::folder(&format!("write-faults/{name}"))
}

fn run(report: &Path, more: &[&str]) -> Output {
    let mut command = program();
    command.args(["run", "cases/oauth", "--report"]).arg(report).args(ONE).args(more);
    command.output().expect("the program runs")
}

/// The program under strace, which makes a system call fail; `None` where strace cannot be used.
fn with_fault(fault: &str, arguments: &[&str]) -> Option<Output> {
    let strace = || {
        let mut command = Command::new("strace");
        command.current_dir(root()).stdin(Stdio::null()).args(["-f", "-qq", "-o", "/dev/null", "-e"]);
        command
    };
    if !strace().args(["trace=none", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("left out: strace cannot be used here");
        return None;
    }
    Some(strace().arg(fault).arg(PROGRAM).args(arguments).output().expect("strace runs"))
}

/// A journal with reports beside it, and the reports' texts as they are.
fn reported(name: &str) -> (PathBuf, String) {
    let folder = folder(name);
    assert_eq!(code(&run(&folder, &[])), 0);
    fs::write(folder.join("report.json"), "old").expect("it can be written");
    (folder.clone(), folder.display().to_string())
}

#[test]
fn r01_a_full_disk_leaves_the_old_report_removes_what_was_begun_and_ends_with_five() {
    let (folder, path) = reported("r01");
    let before = names(&folder);
    // The files that a report is written to have names of their own; all but they are written as ever.
    let limited = format!("ulimit -f 8; trap '' XFSZ; exec {} report {path}", PROGRAM);
    let output = Command::new("bash").args(["-c", &limited]).output().expect("a shell runs");
    assert_eq!(code(&output), 5, "{output:?}");
    let said = stderr(&output);
    assert!(said.contains("report.html") && said.contains("File too large"), "{said}");
    assert_eq!(names(&folder), before);
    assert!(fs::metadata(folder.join("report.html")).expect("it is there").len() > 8 * 1024, "the old one is whole");
}

#[test]
fn r01_a_full_disk_while_the_journal_is_written_is_no_pass() {
    let folder = folder("r01-journal");
    let limited = format!(
        "ulimit -f 1; trap '' XFSZ; exec {} run cases/oauth --report {} {}",
        PROGRAM,
        folder.display(),
        ONE.join(" ")
    );
    let shell = Command::new("bash").current_dir(root()).args(["-c", &limited]).output();
    let output = shell.expect("a shell runs");
    assert!([2, 5].contains(&code(&output)), "{output:?}");
    assert!(stderr(&output).contains("journal.jsonl"), "{output:?}");
    assert!(names(&folder).iter().all(|name| !name.ends_with(".tmp")), "{:?}", names(&folder));
}

/// A run of several scenarios that may write files of so many KiB.
fn limited(folder: &Path, kib: usize) -> Output {
    let run = format!("ulimit -f {kib}; trap '' XFSZ; exec {PROGRAM} run cases/oauth --report {}", folder.display());
    Command::new("bash").current_dir(root()).args(["-c", &run]).output().expect("a shell runs")
}

/// S1-8: want of space is no fault of Flowproof: 5, one sentence, and what there is.
#[test]
fn s1_8_no_space_ends_with_five_says_so_and_says_which_journal_there_is() {
    let folder = folder("s1-8");
    assert_eq!(code(&run(&folder, &[])), 0);
    let journal = fs::read_to_string(folder.join("journal.jsonl")).expect("a journal");
    let header = journal.lines().next().expect("a header").len() / 1024;
    for (kib, ended) in [(header / 2, false), (header + 20, true)] {
        let output = limited(&folder, kib);
        assert_eq!(code(&output), 5, "{kib}: {output:?}");
        let said = stderr(&output);
        assert!(said.contains("journal.jsonl: File too large"), "{kib}: {said}");
        assert!(!said.contains("internal error") && !said.contains("panicked"), "{kib}: {said}");
        assert_eq!(said.contains("makes their reports"), ended, "{kib}: {said}");
    }
    let elsewhere = folder.join("elsewhere");
    let mut report = program();
    let output = report.arg("report").arg(&folder).arg("--report").arg(&elsewhere).output().expect("it runs");
    assert!(stdout(&output).contains("did not finish"), "{output:?}");
    assert!(elsewhere.join("report.html").is_file());
}

/// S1-8: reports without space leave a journal, and it is said how they are made.
#[test]
fn s1_8_reports_for_which_there_is_no_space_are_made_later_from_the_journal() {
    let folder = folder("s1-8-reports");
    assert_eq!(code(&run(&folder, &[])), 0);
    let size =
        |name: &str| usize::try_from(fs::metadata(folder.join(name)).expect("there").len() / 1024).expect("small");
    let (journal, report) = (size("journal.jsonl"), size("report.html"));
    assert!(report > journal + 2, "{report} {journal}");
    let limited = format!(
        "ulimit -f {}; trap '' XFSZ; exec {PROGRAM} run cases/oauth --report {} {}",
        journal + 2,
        folder.display(),
        ONE.join(" ")
    );
    let output = Command::new("bash").current_dir(root()).args(["-c", &limited]).output().expect("a shell runs");
    assert_eq!(code(&output), 5, "{output:?}");
    assert!(stderr(&output).contains("the journal is whole; `flowproof report"), "{output:?}");
}

#[test]
fn r02_a_sync_or_rename_that_fails_is_told_and_leaves_no_half_report() {
    for call in ["fdatasync", "rename", "fsync"] {
        let (folder, path) = reported(&format!("r02-{call}"));
        let before = names(&folder);
        let Some(output) = with_fault(&format!("inject={call}:error=EIO"), &["report", &path]) else { return };
        assert_eq!(code(&output), 5, "{call}: {output:?}");
        assert!(stderr(&output).contains("Input/output error"), "{call}: {output:?}");
        assert_eq!(names(&folder), before);
        // The folder is brought to the disk last: by then the reports are in place, whole.
        let report = fs::read_to_string(folder.join("report.json")).expect("it is there");
        assert!(
            if call == "fsync" { report.ends_with("}\n") || report.ends_with('}') } else { report == "old" },
            "{call}"
        );
    }
}

#[test]
fn r03_a_folder_that_cannot_be_written_is_told_before_anything_is_sent() {
    let folder = folder("r03");
    fs::write(folder.join("file"), "").expect("it can be written");
    let long = "n".repeat(300);
    for bad in ["file", "file/below", long.as_str(), "/proc/nowhere", "/dev/null/x"] {
        let output = run(&folder.join(bad), &[]);
        assert_eq!(code(&output), 2, "{bad}: {output:?}");
        assert!(output.stdout.is_empty(), "{bad}: something ran: {output:?}");
        assert!(stderr(&output).starts_with("error: cannot write "), "{output:?}");
    }
    fs::create_dir_all(folder.join("taken/report.html")).expect("it can be made");
    assert_eq!(code(&run(&folder.join("taken"), &[])), 2);
}

#[test]
fn r04_a_report_that_is_a_link_to_elsewhere_is_refused_before_anything_is_sent() {
    let folder = folder("r04");
    let (inside, precious) = (folder.join("reports"), folder.join("precious"));
    fs::create_dir(&inside).expect("it can be made");
    fs::write(&precious, "precious").expect("it can be written");
    for name in ["report.html", "journal.jsonl", ".lock"] {
        let link = inside.join(name);
        std::os::unix::fs::symlink("../precious", &link).expect("it can be linked");
        let output = run(&inside, &[]);
        let told = code(&output) == 2 && output.stdout.is_empty();
        let replaced = code(&output) == 0 && !link.is_symlink();
        assert!(told || replaced, "{name}: {output:?}");
        assert_eq!(fs::read_to_string(&precious).expect("it is there"), "precious", "{name}");
        let _ = fs::remove_dir_all(&inside);
        fs::create_dir(&inside).expect("it can be made");
    }
}

#[test]
fn r06_a_process_that_is_killed_while_it_writes_leaves_the_old_report_or_the_new_one() {
    let (folder, path) = reported("r06");
    let new = {
        assert_eq!(code(&program().args(["report", &path]).output().expect("it runs")), 0);
        fs::read(folder.join("report.json")).expect("it is there")
    };
    for wait in (0..24).map(|step| Duration::from_millis(step * 4)) {
        fs::write(folder.join("report.json"), "old").expect("it can be written");
        let mut child = program().args(["report", &path]).stdout(Stdio::null()).spawn().expect("the program runs");
        thread::sleep(wait);
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
        let found = fs::read(folder.join("report.json")).expect("it is always there");
        assert!(found == b"old" || found == new, "half a report after {wait:?}: {} bytes", found.len());
    }
}

#[test]
fn r07_a_report_of_a_run_that_did_not_finish_says_so() {
    let (folder, path) = reported("r07");
    let journal = folder.join("journal.jsonl");
    let text = fs::read_to_string(&journal).expect("it is there");
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&journal, format!("{}\n", lines[..lines.len() - 1].join("\n"))).expect("it can be written");
    let output = program().args(["report", &path]).output().expect("the program runs");
    let said = stdout(&output);
    assert!(said.contains("did not finish"), "{output:?}");
    for name in ["report.html", "report.json", "junit.xml"] {
        let report = fs::read_to_string(folder.join(name)).expect("it is there");
        assert!(
            report.contains("did not finish")
                || report.contains("\"finished\":false")
                || report.contains("\"finished\": false"),
            "{name}"
        );
    }
}

#[test]
fn r22_no_name_of_a_scenario_becomes_the_name_of_a_file() {
    let folder = folder("r22");
    let cases = folder.join("cases");
    let text = fs::read_to_string(root().join("cases/oauth/token/client-credentials.yaml"));
    let text = text.expect("it is there");
    for name in ["CON", "con", "🦀", "..evil", "a b$(x)", "nul.x"] {
        fs::create_dir_all(&cases).expect("it can be made");
        let text = text.replacen("scenario: ", &format!("scenario: {name} "), 1);
        fs::write(cases.join(format!("{name}.yaml")), text).expect("it can be written");
    }
    let long = format!("{}.yaml", "n".repeat(240));
    fs::write(cases.join(long), &text).expect("it can be written");
    let mut command = program();
    let output = command.arg("run").arg(&cases).arg("--report").arg(folder.join("reports")).output();
    let output = output.expect("the program runs");
    assert_eq!(code(&output), 0, "{output:?}");
    let expected = [".lock", "journal.jsonl", "junit.xml", "report.html", "report.json"];
    assert_eq!(names(&folder.join("reports")), expected);
    assert_eq!(names(&folder), ["cases", "reports"]);
}

#[test]
fn r23_a_journal_from_elsewhere_cannot_write_outside_the_folder_and_an_archive_is_no_journal() {
    let (folder, path) = reported("r23");
    let journal = folder.join("journal.jsonl");
    let text = fs::read_to_string(&journal).expect("it is there");
    let hostile =
        text.replace("token/client-credentials", "../../../../evil").replace("client-credentials.yaml", "../evil.yaml");
    fs::write(&journal, hostile).expect("it can be written");
    let output = program().args(["report", &path]).output().expect("the program runs");
    assert_eq!(code(&output), 0, "{output:?}");
    let expected = [".lock", "journal.jsonl", "junit.xml", "report.html", "report.json"];
    assert_eq!(names(&folder), expected);
    fs::write(&journal, b"PK\x03\x04../../evil").expect("it can be written");
    assert_eq!(code(&program().args(["report", &path]).output().expect("the program runs")), 2);
}

#[test]
fn r24_the_report_is_one_file_that_asks_nobody_for_anything() {
    let (folder, _) = reported("r24");
    let report = fs::read_to_string(folder.join("report.html")).expect("it is there");
    assert!(report.contains("default-src 'none'"), "no policy keeps it from asking");
    for outside in ["<link rel=\"stylesheet\"", "<script src", "<img src=\"http", "@import", "url(http", "<iframe"] {
        assert!(!report.contains(outside), "{outside}");
    }
}

/// Times, ids and ports are what may differ; everything else of two runs is the same.
fn comparable(text: &str) -> String {
    let declared = [
        r#""(started_at|finished_at|run_id|duration_us|first_byte_us|total_us|run|date|timestamp)":("[^"]*"|[0-9]+)"#,
        r"127\.0\.0\.1:[0-9]+",
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT",
        r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z",
        // The footer's digest is made of all that, too.
        r#""digest":"[0-9a-f]{64}"\}\}"#,
    ];
    declared.iter().fold(text.to_owned(), |text, pattern| {
        regex::Regex::new(pattern).expect("a literal pattern").replace_all(&text, "~").into_owned()
    })
}

#[test]
fn r25_the_same_input_gives_the_same_journal_but_for_times_and_ids() {
    let journals = ["r25-a", "r25-b"].map(|name| {
        let folder = folder(name);
        assert_eq!(code(&run(&folder, &["--seed", "7"])), 0);
        comparable(&fs::read_to_string(folder.join("journal.jsonl")).expect("it is there"))
    });
    assert!(journals[0].contains("client-credentials"), "{}", journals[0]);
    assert_eq!(journals[0], journals[1]);
}

#[test]
fn r26_a_reader_who_leaves_changes_neither_reports_nor_exit_code() {
    let folder = folder("r26");
    let mut command = program();
    command
        .args(["run", "cases/oauth", "--verbose", "--report"])
        .arg(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("it can be read");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("panicked") && !said.contains("internal error"), "{said}");
    assert!(folder.join("report.html").is_file() && folder.join("junit.xml").is_file());
}

#[test]
fn x13_x16_x19_everything_in_the_folder_is_for_its_owner_only_and_nothing_else_is_there() {
    let folder = folder("x16");
    let reports = folder.join("deep/reports");
    assert_eq!(code(&run(&reports, &[])), 0);
    let again = folder.join("again");
    let output = program().arg("report").arg(&reports).arg("--report").arg(&again).output().expect("the program runs");
    assert_eq!(code(&output), 0, "{output:?}");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    for reports in [&reports, &again] {
        assert_eq!(mode(reports), 0o700);
        for name in names(reports) {
            assert_eq!(mode(&reports.join(&name)), 0o600, "{name}");
        }
    }
    // No raw body, no token, no cookie jar: the journal and its reports, and nothing beside them.
    let expected = [".lock", "journal.jsonl", "junit.xml", "report.html", "report.json"];
    assert_eq!(names(&reports), expected);
    assert_eq!(names(&folder), ["again", "deep"]);
}
