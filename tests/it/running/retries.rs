//! Scenarios that are run again: flaky is neither passed nor failed in silence.

use flowproof::record::{ExitCode, Verdict};
use flowproof::reports::console::{self, Palette};
use flowproof::run::{Flaky, RunOptions};

use super::support::{Act, Behind, READS, Ran, run, scenario};

const OUT_OF_SERVICE: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Out of service for two requests, then in order.
fn tried(name: &str, retries: usize, flaky: Flaky) -> (Behind, Ran) {
    let behind = Behind::new(|_, before| if before < 2 { Act::Say(OUT_OF_SERVICE.into()) } else { Act::Pass });
    let ran = run(name, vec![scenario("area/s", READS)], |options| RunOptions {
        target: behind.target(),
        retries,
        flaky,
        ..options
    });
    (behind, ran)
}

#[test]
fn t37_e13_what_passes_at_the_third_attempt_is_flaky_and_every_attempt_is_kept() {
    let (behind, ran) = tried("e13-warn", 3, Flaky::Warn);
    let record = &ran.records[0];
    assert_eq!((record.verdict, ran.finished.exit), (Verdict::Passed, ExitCode::Held), "{:?}", record.reason);
    assert!(record.is_flaky());
    let earlier: Vec<_> = record.earlier.iter().map(|attempt| (attempt.verdict, attempt.exchanges.len())).collect();
    assert_eq!(earlier, [(Verdict::Failed, 1), (Verdict::Failed, 1)]);
    let counts = ran.journal.footer().expect("a footer").counts;
    assert_eq!((counts.flaky, counts.passed, counts.exchanges, behind.seen().len()), (1, 1, 4, 4));
    assert!(console::line(record, &Palette::plain()).starts_with("FLAKY"));
    let report = crate::support::report(&ran.folder).expect("a report").to_string();
    assert!(report.contains("\"flaky\":1") && report.contains("\"earlier\":["));
}

#[test]
fn t37_without_another_try_it_fails() {
    let (_, ran) = tried("t37-none", 0, Flaky::Warn);
    assert_eq!((ran.records[0].verdict, ran.finished.exit), (Verdict::Failed, ExitCode::Violated));
    let (_, ran) = tried("t37-one", 1, Flaky::Warn);
    assert_eq!((ran.records[0].verdict, ran.records[0].earlier.len()), (Verdict::Failed, 1));
}

#[test]
fn e13_the_policy_decides_whether_flaky_scenarios_fail_the_run() {
    let (_, ran) = tried("e13-fail", 2, Flaky::Fail);
    assert_eq!((ran.records[0].verdict, ran.finished.exit), (Verdict::Passed, ExitCode::Violated));
    assert_eq!(ran.journal.footer().map(|footer| footer.exit_code), Some(1));
}
