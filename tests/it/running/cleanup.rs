//! What is done when a scenario is over, and what is listed when it could not be done.

use std::sync::Arc;

use flowproof::record::StepOutcome::{Errored, Held, NotRun, Violated};
use flowproof::record::{ExitCode, Level, Verdict};
use flowproof::run::{RunOptions, Silent, Stopped};

use super::support::{Act, Behind, READS, Ran, Seen, carry_out, folder, prepared, run_behind, scenario};
use crate::support::wait_until;

/// How a scenario ends, and what makes it end so.
type Ending = (&'static str, Verdict, fn(&Seen, usize) -> Act);

/// Reads once more when all is over, as if that removed something.
pub(super) const CLEANUP: &str = r#"
cleanup:
  - call: readDeviceAuthentication
    path: { deviceAuthID: "{{auth}}" }
    headers: { X-Cleanup: "yes" }
    expect: { status: 200 }
"#;

fn text() -> String {
    format!("{READS}{}", CLEANUP.trim_start())
}

fn outcomes(ran: &Ran) -> Vec<flowproof::record::StepOutcome> {
    ran.records[0].steps.iter().map(|step| step.outcome).collect()
}

#[test]
fn q10_cleanup_that_fails_changes_no_verdict_is_a_warning_and_is_listed() {
    let behind = Behind::new(|_, before| if before == 2 { Act::Miss } else { Act::Pass });
    let ran = run_behind("q10", &behind, &text());
    assert_eq!((ran.records[0].verdict, ran.finished.exit), (Verdict::Passed, ExitCode::Held));
    assert_eq!(outcomes(&ran), [Held, Held, Violated]);
    let findings = &ran.records[0].findings;
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding.level == Level::Warn));
    assert!(findings[0].message.starts_with("cleaning up: "));
    let left = ran.leftovers().expect("the list was written");
    let auth = behind.seen()[2].path.rsplit('/').next().unwrap_or_default().to_owned();
    assert_eq!(left["leftovers"][0]["operation"], "readDeviceAuthentication");
    assert_eq!(left["leftovers"][0]["resource"], serde_json::Value::from(auth));
    assert_eq!(left["run"], ran.journal.header().run_id.as_str());
}

#[test]
fn q10_cleanup_runs_after_a_pass_a_failure_and_an_error() {
    let cases: [Ending; 3] = [
        ("pass", Verdict::Passed, |_, _| Act::Pass),
        ("fail", Verdict::Failed, |_, before| if before == 1 { Act::Miss } else { Act::Pass }),
        ("error", Verdict::Errored, |_, before| if before == 1 || before == 2 { Act::Lose } else { Act::Pass }),
    ];
    for (name, verdict, act) in cases {
        let behind = Behind::new(act);
        let ran = run_behind(&format!("q10-{name}"), &behind, &text());
        assert_eq!(ran.records[0].verdict, verdict, "{:?}", ran.records[0].reason);
        assert_eq!(outcomes(&ran).last(), Some(&Held), "{name}");
        assert_eq!(ran.leftovers(), None, "{name}");
    }
}

#[test]
fn what_was_never_made_is_not_cleaned_up() {
    let behind = Behind::new(|_, before| if before == 0 { Act::Lose } else { Act::Pass });
    let ran = run_behind("cleanup-nothing", &behind, &text());
    assert_eq!(outcomes(&ran), [Errored, NotRun, NotRun]);
    assert_eq!(behind.seen().len(), 1);
}

#[test]
fn g01_q10_a_run_that_ends_at_once_cleans_up_and_lists_what_there_was_no_time_for() {
    // Neither the second step nor its cleanup is ever answered.
    let behind = Arc::new(Behind::new(|seen, _| if seen.method == "GET" { Act::Never } else { Act::Pass }));
    let folder = folder("g01-cleanup");
    let options = RunOptions { target: behind.target(), ..RunOptions::new(folder.clone()) };
    let prepared = prepared(vec![scenario("area/s", &text())], options, Box::new(Silent));
    let stop = prepared.stop();
    let asked = Arc::clone(&behind);
    std::thread::spawn(move || {
        wait_until("the second step is asked for", || asked.count("GET") == 1);
        stop.raise(Stopped::interrupted("SIGINT", ExitCode::Interrupted));
    });
    let ran = carry_out(prepared, folder);
    assert_eq!((ran.records[0].verdict, ran.finished.exit), (Verdict::Skipped, ExitCode::Interrupted));
    assert_eq!(outcomes(&ran), [Held, Errored, NotRun]);
    let left = ran.leftovers().expect("the list was written");
    assert_eq!(left["leftovers"][0]["why"], "the time for cleaning up was over");
    assert!(left["leftovers"][0]["resource"].is_string());
}
