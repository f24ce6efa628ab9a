//! How fast requests leave, which are sent again, and when nobody is asked any more.

use std::time::{Duration, Instant};

use flowproof::record::StepOutcome;
use flowproof::record::{ExitCode, Verdict};
use flowproof::run::RunOptions;

use super::support::{Act, Behind, READS, Seen, folder, run, run_behind, several};
use crate::support::{flowproof, journal, records};

fn is_get(seen: &Seen) -> bool {
    seen.method == "GET"
}

#[test]
fn t36_k07_a_refused_request_is_sent_again_when_the_time_has_come_and_both_are_recorded() {
    let behind = Behind::new(|_, before| if before == 0 { Act::Refuse("1") } else { Act::Pass });
    let ran = run_behind("t36-again", &behind, READS);
    let record = &ran.records[0];
    assert_eq!((record.verdict, ran.finished.exit), (Verdict::Passed, ExitCode::Held), "{:?}", record.reason);
    let statuses: Vec<_> = record.exchanges.iter().filter_map(|each| Some(each.response.as_ref()?.status)).collect();
    assert_eq!(statuses, [429, 201, 200]);
    let resent: Vec<_> = record.exchanges.iter().map(|each| each.resent.as_deref()).collect();
    assert_eq!(resent, [None, Some("429"), None]);
    let seen = behind.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1), "it was sent again too early");
    assert!(ran.notes().contains("429") && ran.notes().contains("per second"), "{}", ran.notes());
    assert!(!record.is_flaky());
}

#[test]
fn t36_a_wait_that_nobody_waits_for_is_an_error_and_not_a_verdict() {
    for (name, asked) in [("seconds", "1000000000"), ("date", "Fri, 02 Mar 2040 09:20:00 GMT")] {
        let behind = Behind::new(move |_, _| Act::Refuse(asked));
        // The contract promises seconds; whether a date breaks it is another question.
        let text = READS.replace("steps:", "levels: { response-headers: warn }\nsteps:");
        let ran = run_behind(&format!("t36-{name}"), &behind, &text);
        let reason = ran.records[0].reason.clone().unwrap_or_default();
        assert_eq!((ran.records[0].verdict, ran.finished.exit), (Verdict::Errored, ExitCode::CouldNotTell));
        assert!(reason.starts_with("limit: ") && reason.contains("60 s"), "{reason}");
        assert_eq!(behind.seen().len(), 1);
    }
}

#[test]
fn t36_a_refusal_that_breaks_the_contract_fails_the_scenario_although_it_is_a_refusal() {
    let text = "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 0\r\n\
                Content-Length: 2\r\nConnection: close\r\n\r\n{}";
    let behind = Behind::new(move |_, _| Act::Say(text.into()));
    let ran = run_behind("t36-schema", &behind, READS);
    assert_eq!(ran.records[0].verdict, Verdict::Failed);
    assert!(ran.records[0].findings.iter().any(|finding| finding.check == "response-schema"));
}

#[test]
fn t11_t26_a_read_that_was_lost_unheard_is_sent_once_more_and_both_attempts_are_recorded() {
    let behind = Behind::new(|seen, before| if is_get(seen) && before == 1 { Act::Lose } else { Act::Pass });
    let ran = run_behind("t11-once", &behind, READS);
    let record = &ran.records[0];
    assert_eq!(record.verdict, Verdict::Passed, "{:?}", record.reason);
    assert!(record.exchanges[1].error.is_some());
    assert_eq!(record.exchanges[2].resent.as_deref(), Some("connection lost"));

    let behind = Behind::new(|seen, _| if is_get(seen) { Act::Lose } else { Act::Pass });
    let ran = run_behind("t11-twice", &behind, READS);
    assert_eq!((ran.records[0].verdict, behind.count("GET")), (Verdict::Errored, 2));
}

#[test]
fn q05_a_lost_answer_to_a_post_is_an_error_that_is_never_sent_again_and_listed() {
    let behind = Behind::new(|_, _| Act::LoseTheAnswer);
    let ran = run_behind("q05", &behind, READS);
    assert_eq!((ran.records[0].verdict, ran.finished.exit), (Verdict::Errored, ExitCode::CouldNotTell));
    assert_eq!(behind.count("POST"), 1);
    let left = ran.leftovers().expect("the list was written");
    assert_eq!(left["leftovers"][0]["scenario"], "area/s");
    assert_eq!(left["leftovers"][0]["operation"], "initializeDeviceAuthentication");
    assert!(ran.finished.written.iter().any(|path| path.ends_with("leftovers.json")));
}

#[test]
fn a_run_keeps_to_its_rate() {
    let behind = Behind::new(|_, _| Act::Pass);
    let begun = Instant::now();
    let ran =
        run("rate", several(3, READS), |options| RunOptions { target: behind.target(), rate: Some(20.0), ..options });
    assert_eq!(ran.finished.exit, ExitCode::Held);
    assert!(begun.elapsed() >= Duration::from_millis(250), "six requests at 20 per second take a quarter of a second");
    let configured = &ran.journal.header().configuration["rate"];
    assert_eq!(configured.as_f64(), Some(20.0));
}

#[test]
fn q08_after_three_scenarios_without_a_verdict_nobody_is_asked_any_more() {
    let behind = Behind::new(|_, _| Act::LoseTheAnswer);
    let ran = run("q08", several(6, READS), |options| RunOptions { target: behind.target(), ..options });
    let verdicts: Vec<_> = ran.records.iter().map(|record| record.verdict).collect();
    assert_eq!(verdicts[..3], [Verdict::Errored; 3]);
    assert_eq!(verdicts[3..], [Verdict::Skipped; 3]);
    assert_eq!((behind.seen().len(), ran.finished.exit), (3, ExitCode::CouldNotTell));
    let cause = ran.journal.footer().and_then(|footer| footer.ended_early.clone()).expect("it ended early");
    for skipped in &ran.records[3..] {
        assert_eq!(skipped.reason.as_deref(), Some(format!("not run: {cause}").as_str()));
    }
}

#[test]
fn q08_a_verdict_in_between_begins_the_count_again() {
    // Every scenario sends two requests when it works, one when its first answer is lost.
    let lost = [0, 1, 4, 5];
    let behind = Behind::new(move |_, before| if lost.contains(&before) { Act::LoseTheAnswer } else { Act::Pass });
    let ran = run("q08-between", several(6, READS), |options| RunOptions { target: behind.target(), ..options });
    assert!(ran.records.iter().all(|record| record.verdict != Verdict::Skipped));
}

#[test]
fn q09_a_target_that_is_not_there_at_first_is_said_once() {
    let behind = Behind::new(|_, _| Act::Pass);
    drop(behind.tenant.lock().expect("no panic").take());
    let ran = run("q09-first", several(4, READS), |options| RunOptions { target: behind.target(), ..options });
    assert!(ran.records.iter().all(|record| record.verdict == Verdict::Skipped));
    assert_eq!(ran.finished.exit, ExitCode::CouldNotTell);
    assert!(ran.records[0].reason.as_ref().is_some_and(|why| why.contains("cannot be reached")));
}

#[test]
fn q09_a_target_that_is_gone_at_the_end_leaves_no_run_that_could_tell() {
    let behind = std::sync::Arc::new(std::sync::OnceLock::<Behind>::new());
    let itself = std::sync::Arc::clone(&behind);
    let made = Behind::new(move |seen, _| {
        let gone = || itself.get().and_then(|behind| behind.tenant.lock().ok()?.take());
        if is_get(seen) {
            drop(gone());
            Act::Say("HTTP/1.1 503 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into())
        } else {
            Act::Pass
        }
    });
    let behind = {
        behind.set(made).ok();
        behind.get().expect("it was set")
    };
    let ran = run_behind("q09-last", behind, READS);
    assert!(ran.notes().contains("could not be reached after the last scenario"), "{}", ran.notes());
}

/// A refusal that the scenario asks for says nothing about an earlier run, whatever is wrong with it.
#[test]
fn q11_a_name_that_is_to_be_refused_is_not_blamed_on_an_earlier_run() {
    let report = folder("q11-asked-for");
    let (path, cases) = (report.display().to_string(), "cases/registration/taken-name.yaml");
    flowproof(&["run", cases, "--fault", "wrong-error-id", "--report", &path]);
    let records = records(&journal(&report));
    assert!(records.iter().any(|record| record.verdict == Verdict::Failed), "{records:?}");
    for record in records {
        let reason = record.reason.unwrap_or_default();
        assert!(!reason.contains("an earlier run"), "{reason}");
    }
}

#[test]
fn q11_a_name_that_is_taken_is_the_fault_of_an_earlier_run_and_says_so() {
    let text = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\
                Connection: close\r\n\r\n{\"code\":\"UNIQUENESS_VIOLATION\"}";
    let behind = Behind::new(move |seen, _| if seen.body.contains("otp") { Act::Say(text.into()) } else { Act::Pass });
    let step = r#"
  - call: validateOtp
    path: { deviceAuthID: "{{auth}}" }
    body: { otp: "{{unique}}" }
"#;
    let ran = run_behind("q11", &behind, &format!("{READS}{}", step.trim_start_matches('\n')));
    let reason = ran.records[0].reason.clone().unwrap_or_default();
    assert_eq!(ran.records[0].verdict, Verdict::Errored, "{reason}");
    assert!(reason.contains("this run's prefix"), "{reason}");
}

#[test]
fn k03_two_runs_against_a_tenant_that_stays_never_make_the_same_name() {
    let text = READS.replace("expect: { status: 200 }", "expect: { status: 200 }\n  - call: validateOtp\n    path: { deviceAuthID: \"{{auth}}\" }\n    body: { otp: \"{{unique}}\" }\n    expect: { status: 400 }");
    let name = |run: &str| {
        let behind = Behind::new(|_, _| Act::Pass);
        let ran = run_behind(run, &behind, &text);
        assert_eq!(ran.records[0].steps[1].outcome, StepOutcome::Held);
        behind.seen().into_iter().next_back().expect("a request").body
    };
    let (first, second) = (name("k03-a"), name("k03-b"));
    assert_ne!(first, second);
    let prefix = |body: &str| body.chars().skip(8).take(6).collect::<String>();
    assert_ne!(prefix(&first), prefix(&second), "{first} {second}");
}
