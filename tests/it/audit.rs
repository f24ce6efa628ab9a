//! The audit of the suite's own traffic, as far as it fits into a test run: what the contract forbids is killed, what it does
//! not mind is not denied, and a check that is taken away is missed.

use std::path::PathBuf;
use std::sync::LazyLock;

use flowproof::base::format::TableFormat;
use flowproof::checks::{CHECKS, Levels};
use flowproof::judge::audit::{AuditOptions, AuditReport, Recorded, audit};
use flowproof::record::Level;
use flowproof::run::TargetChoice;

use crate::support::{CONTRACT, folder, program, run_cases, stdout};

/// Folders in which every check that looks at answers has something to say, and every lifecycle goes to its end.
const PARTS: [&str; 4] = ["device-grant/consent/", "flows/sign-on/", "flows/mfa/", "mfa/otp/"];

/// Checks that the audit does not ask: a second opinion, what only a scenario knows, what only the wire shows, and what holds
/// only where there is no lifecycle.
const NOT_ASKED: [&str; 8] = [
    "typed-decode",
    "expectation",
    "content-coding",
    "stable-id",
    "stable-times",
    "gone-after-delete",
    "there-after-create",
    "repeated-put",
];

/// The journal of a part of the suite, run once.
static JOURNAL: LazyLock<PathBuf> = LazyLock::new(|| {
    run_cases("audit", TargetChoice::Embedded, |name| PARTS.iter().any(|part| name.starts_with(part)))
});

/// Every twelfth scenario of it: to look at a scenario costs as much as some hundred changes, so fewer are changed more often.
static FEW: LazyLock<Recorded> = LazyLock::new(|| {
    let recorded = Recorded::open(&JOURNAL, &CONTRACT).expect("a journal");
    let few = (0..recorded.count()).step_by(12).map(|index| recorded.sequence(index).expect("a scenario"));
    Recorded::Sequences(few.collect())
});

fn audited(recorded: &Recorded, options: &AuditOptions) -> AuditReport {
    audit(&CONTRACT, recorded, options).expect("it can be read")
}

fn sample(percent: f64) -> AuditOptions {
    AuditOptions { share: percent / 100.0, ..AuditOptions::default() }
}

#[test]
fn what_the_contract_forbids_is_killed_and_what_it_does_not_mind_is_not_denied() {
    let recorded = Recorded::open(&JOURNAL, &CONTRACT).expect("a journal");
    let report = audited(&recorded, &sample(3.0));
    let total = report.total();
    assert!(total.breaches() > 1_000, "{}", report.render(TableFormat::Text));
    assert!(total.killed() >= 99.0 && total.refused() >= 98.0, "{}", report.render(TableFormat::Text));
    assert!(total.seen() >= 99.0, "{}", report.render(TableFormat::Text));
    assert_eq!(report.alarms(), [], "rule and check disagree");
    assert_eq!(report.broken, 0, "the suite keeps the contract");
}

#[test]
fn every_check_is_missed_when_it_is_taken_away() {
    let recorded = Recorded::open(&JOURNAL, &CONTRACT).expect("a journal");
    let seen_without = |scenario: &Recorded, ids: &[&str]| {
        let mut levels = Levels::default();
        ids.iter().for_each(|id| levels.set(id, Level::Allow));
        let total = audited(scenario, &AuditOptions { levels, ..sample(4.0) }).total();
        total.denied + total.warned + total.reported
    };
    let mut never_missed: Vec<&str> =
        CHECKS.iter().map(|check| check.id).filter(|id| !NOT_ASKED.contains(id)).collect();
    // Scenarios that stand beside each other are much alike.
    let spread = (0..4).flat_map(|first| (first..recorded.count()).step_by(4));
    for index in spread {
        if never_missed.is_empty() {
            break;
        }
        let scenario = Recorded::Sequences(vec![recorded.sequence(index).expect("a scenario")]);
        let whole = seen_without(&scenario, &[]);
        // Where all of them together are not missed, none is.
        if seen_without(&scenario, &never_missed) < whole {
            never_missed.retain(|id| seen_without(&scenario, &[id]) >= whole);
        }
    }
    assert_eq!(never_missed, [""; 0]);
}

#[test]
fn the_report_does_not_depend_on_the_threads_but_on_the_seed() {
    let with = |threads: usize, seed: u64| {
        let threads = threads.try_into().expect("some");
        audited(&FEW, &AuditOptions { threads, seed, ..sample(2.0) }).render(TableFormat::Json)
    };
    assert_eq!(with(1, 7), with(3, 7));
    assert_ne!(with(2, 7), with(2, 8));
}

#[test]
fn the_command_fails_below_the_wanted_share_and_refuses_what_is_no_recording() {
    let flowproof = |arguments: &[&str]| {
        let output = program().arg("audit").args(arguments).output().expect("it runs");
        (output.status.code(), stdout(&output))
    };
    let journal = run_cases("audit-command", TargetChoice::Embedded, |name| name.starts_with("mfa/otp/e"));
    let journal = journal.to_str().expect("a path");
    let (code, text) = flowproof(&[journal, "--sample", "10", "--min-killed", "99", "--format", "json"]);
    assert_eq!(code, Some(0), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).expect("one object");
    assert!(report["mutants"].as_u64().is_some_and(|mutants| mutants > 100) && report["killed"].is_number());
    let weak = [journal, "--sample", "10", "--min-killed", "99", "-A", "response-schema"];
    let (code, text) = flowproof(&weak);
    assert!(code == Some(1) && text.contains("survivors"), "{text}");
    assert_eq!(flowproof(&[journal, "--sample", "0"]).0, Some(4));
    assert_eq!(flowproof(&["no-such-file"]).0, Some(2));
    assert_eq!(flowproof(&["Cargo.toml"]).0, Some(2));
}

#[test]
fn a_har_file_is_audited_like_a_journal() {
    let example = |name: &str| CONTRACT.document()["components"]["examples"][name]["value"].clone();
    let own = example("DeviceAuthenticationCompleted")["_links"]["self"]["href"].clone();
    let header = |name: &str, value: &str| serde_json::json!({"name": name, "value": value});
    let entry = serde_json::json!({
        "startedDateTime": "2026-03-02T09:20:00.000Z", "time": 12,
        "request": {"method": "GET", "url": own, "httpVersion": "HTTP/1.1", "headers": [], "queryString": [],
            "cookies": [], "headersSize": -1, "bodySize": 0},
        "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "redirectURL": "",
            "headersSize": -1, "bodySize": -1,
            "headers": [header("Content-Type", "application/hal+json;charset=UTF-8"),
                header("Correlation-Id", "9c2f6b1a-5d3e-4c7f-8a90-1f2e3d4c5b6a"),
                header("Cache-Control", "no-store"), header("Date", "Mon, 02 Mar 2026 09:20:00 GMT")],
            "content": {"size": 1, "mimeType": "application/hal+json",
                "text": example("DeviceAuthenticationCompleted").to_string()}},
        "cache": {}, "timings": {"send": 0, "wait": 12, "receive": 0}});
    let har =
        serde_json::json!({"log": {"version": "1.2", "creator": {"name": "t", "version": "1"}, "entries": [entry]}});
    let path = folder("audit-har").join("one.har");
    std::fs::write(&path, har.to_string()).expect("it can be written");
    let recorded = Recorded::open(&path, &CONTRACT).expect("a HAR file");
    let report = audit(&CONTRACT, &recorded, &AuditOptions::default()).expect("it can be read");
    assert_eq!((report.exchanges, report.broken), (1, 0), "{}", report.render(TableFormat::Text));
    assert!(report.total().breaches() > 100, "{}", report.render(TableFormat::Text));
    assert!(report.total().killed() >= 99.0, "{}", report.render(TableFormat::Text));
    assert_eq!(report.alarms(), []);
}
