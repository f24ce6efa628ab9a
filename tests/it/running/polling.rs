//! Steps that wait for something, and steps that are not run.

use flowproof::record::StepOutcome::{Held, NotRun, Violated};
use flowproof::record::{ExitCode, Verdict};
use flowproof::run::RunOptions;

use super::support::{Act, Behind, READS, run, run_behind, scenario};

fn embedded(name: &str, text: &str) -> super::support::Ran {
    run(name, vec![scenario("area/s", text)], |options| RunOptions { ..options })
}

fn polling(budget: &str, until: &str) -> String {
    READS.replace("expect: { status: 200 }", &format!("repeat: {budget}\n    until: {until}"))
}

#[test]
fn q03_polling_ends_with_its_number_of_calls_and_tells_what_was_seen() {
    let ran = embedded("q03-count", &polling("{ at-most: 3, every: 1ms }", "{ state: COMPLETED }"));
    let reason = ran.records[0].reason.clone().unwrap_or_default();
    assert_eq!((ran.records[0].verdict, ran.records[0].exchanges.len()), (Verdict::Failed, 4));
    assert!(reason.contains("within 3 calls") && reason.contains("OTP_REQUIRED × 3"), "{reason}");
}

#[test]
fn q03_polling_ends_when_its_time_is_over() {
    let text = polling("{ at-most: 1000, every: 50ms, within: 200ms }", "{ state: COMPLETED }");
    let ran = embedded("q03-time", &text);
    let calls = ran.records[0].exchanges.len() - 1;
    assert_eq!((ran.records[0].verdict, ran.finished.exit), (Verdict::Failed, ExitCode::Violated));
    assert!((1..=5).contains(&calls), "{calls} calls fit into 200 ms");
}

#[test]
fn q04_what_is_there_only_at_the_third_look_passes_where_looking_again_was_declared() {
    let misses = |seen: &super::support::Seen, before: usize| {
        if seen.method == "GET" && before < 3 { Act::Miss } else { Act::Pass }
    };
    let behind = Behind::new(misses);
    let ran = run_behind("q04-declared", &behind, &polling("{ at-most: 5, every: 1ms }", "{ status: 200 }"));
    let record = &ran.records[0];
    assert_eq!((record.verdict, record.exchanges.len()), (Verdict::Passed, 4), "{:?}", record.reason);
    assert!(!record.is_flaky());
    let behind = Behind::new(misses);
    assert_eq!(run_behind("q04-not", &behind, READS).records[0].verdict, Verdict::Failed);
}

#[test]
fn q01_what_cannot_be_saved_is_one_root_failure_and_the_rest_is_not_run() {
    for (name, pointer) in [("missing", "/nowhere"), ("deep", "/id/0")] {
        let ran = embedded(&format!("q01-{name}"), &READS.replace("auth: /id", &format!("auth: {pointer}")));
        let outcomes: Vec<_> = ran.records[0].steps.iter().map(|step| step.outcome).collect();
        assert_eq!((ran.records[0].verdict, outcomes), (Verdict::Failed, vec![Violated, NotRun]));
        assert_eq!(ran.records[0].findings.len(), 1);
        assert!(ran.records[0].reason.as_ref().is_some_and(|why| why.contains("nothing to save as `auth`")));
    }
}

#[test]
fn q01_what_was_saved_and_is_no_text_is_never_put_into_an_address() {
    let begun = |id: &str| {
        format!(
            "HTTP/1.1 201 Created\r\nContent-Type: application/hal+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
            id.len() + 7,
            format_args!("{{\"id\":{id}}}")
        )
    };
    for id in ["null", "{\"a\":1}", "[1]"] {
        let answer = begun(id);
        let behind = Behind::new(move |_, _| Act::Say(answer.clone()));
        let ran = run_behind("q01-type", &behind, READS);
        let outcomes: Vec<_> = ran.records[0].steps.iter().map(|step| step.outcome).collect();
        assert_eq!((ran.records[0].verdict, outcomes), (Verdict::Failed, vec![Violated, NotRun]), "{id}");
        assert_eq!(behind.count("GET"), 0, "{id}");
    }
}

#[test]
fn q02_a_sequence_in_another_order_is_told_beside_the_one_that_was_expected() {
    for expected in ["[COMPLETED, OTP_REQUIRED]", "[OTP_REQUIRED, COMPLETED]", "[OTP_REQUIRED, OTP_REQUIRED]"] {
        let ran = embedded("q02", &format!("{READS}sequence: {expected}\n"));
        let finding = &ran.records[0].findings[0];
        assert_eq!(ran.records[0].verdict, Verdict::Failed);
        assert!(finding.actual.as_ref().is_some_and(|actual| actual.contains("OTP_REQUIRED")), "{finding:?}");
        assert!(finding.expected.is_some());
    }
}

#[test]
fn q15_nothing_is_sent_after_a_result_that_was_forbidden() {
    let behind = Behind::new(|_, _| Act::Pass);
    let ran = run_behind("q15", &behind, &READS.replace("status: 201", "status: 201, state: COMPLETED"));
    let outcomes: Vec<_> = ran.records[0].steps.iter().map(|step| step.outcome).collect();
    assert_eq!((outcomes, behind.count("GET")), (vec![Violated, NotRun], 0));
    assert_ne!(ran.records[0].steps[0].outcome, Held);
}
