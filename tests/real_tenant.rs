//! Runs against a tenant that looks real: TLS by a private authority, real tokens, a long way there and back, one environment
//! for everybody.
//!
//! The tenant is the stand-in; what stands before it counts. Runs are those of the command itself.

#[path = "real_tenant/description.rs"]
mod description;
#[path = "real_tenant/front.rs"]
mod front;
#[path = "real_tenant/world.rs"]
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use description::WORKER_SECRET;
use front::Options;
use world::{Ran, World};

/// How far away the tenant is.
const AWAY: Duration = Duration::from_millis(80);
/// Scenarios that neither lock nor change anybody: what can be run again and again in one environment.
const HARMLESS: &[&str] = &["cases/mfa/otp", "cases/device-grant/consent", "cases/flows/agreement"];
/// A few of them that need a token.
const FEW: &[&str] = &["cases/mfa/otp", "--filter", "wrong-type"];

fn near() -> Options {
    Options::default()
}

fn load(count: &AtomicUsize) -> usize {
    count.load(Ordering::SeqCst)
}

fn with<'a>(paths: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [paths, more].concat()
}

fn all_passed(ran: &Ran) {
    let wrong = [ran.reasons("failed"), ran.reasons("errored")].concat();
    assert!(ran.code == Some(0) && wrong.is_empty() && ran.count("passed") > 0, "{wrong:#?}\n{}", ran.said);
}

#[test]
fn k04_q12_sixty_four_jobs_come_to_the_same_verdicts_as_one_and_ask_for_one_token() {
    let world = World::start(8, Options { latency: AWAY, ..near() });
    let together = world.run(&with(HARMLESS, &["-j", "64"]));
    let tokens = load(&world.front.counts.token_requests);
    assert_eq!(tokens, 1, "a stampede: {:?}", world.front.counts);
    assert!(load(&world.front.counts.most_at_once) > 4, "nothing ran side by side: {:?}", world.front.counts);
    let alone = world.run(&with(HARMLESS, &["-j", "1"]));
    assert_eq!(load(&world.front.counts.token_requests), 2, "{:?}", world.front.counts);
    assert_eq!(together.verdicts(), alone.verdicts());
    all_passed(&together);
    assert!(
        together.count("passed") >= 60,
        "only {} really ran: {:#?}",
        together.count("passed"),
        together.reasons("skipped")
    );
    assert_eq!(load(&world.front.counts.strangers), 0, "a session cookie was shared");
}

#[test]
fn behind_a_custom_domain_the_environment_is_in_no_path() {
    let world = World::start(2, Options { environment: Some(String::new()), ..near() });
    let ran = world.run(&["cases/mfa/otp", "cases/device-grant/consent", "-j", "8"]);
    all_passed(&ran);
    assert!(ran.count("passed") >= 60, "{}", ran.said);
}

#[test]
fn q06_a_token_that_expires_during_the_run_is_renewed_once_and_nothing_fails() {
    let world = World::start(8, Options { worn_out_after: Some(5), ..near() });
    let ran = world.run(&with(FEW, &["-j", "8"]));
    all_passed(&ran);
    assert_eq!(load(&world.front.counts.token_requests), 2, "{:?}", world.front.counts);
    assert!(load(&world.front.counts.refused) > 0, "{:?}", world.front.counts);
}

#[test]
fn q06_a_second_401_is_an_error_of_authentication_and_no_failure() {
    let world = World::start(1, Options { refuse_tokens: true, ..near() });
    let ran = world.run(&with(FEW, &["-j", "1"]));
    assert_eq!((ran.code, ran.count("failed"), ran.count("passed")), (Some(3), 0, 0), "{}", ran.said);
    assert!(ran.reasons("errored")[0].contains("authentication: the tenant refused"), "{:?}", ran.reasons("errored"));
}

#[test]
fn q07_refused_credentials_stop_the_run_with_one_root_cause() {
    let world = World::start(8, near());
    let reports = world.path("reports");
    let mut command = world.command(&with(HARMLESS, &["-j", "64"]));
    let output = command.env(WORKER_SECRET, "s3cr3t-but-wrong").output().expect("it runs");
    let report = std::fs::read_to_string(reports.join("report.json")).expect("a report");
    assert!(!report.contains("s3cr3t-but-wrong"), "the secret is in the report");
    let ran = Ran {
        code: output.status.code(),
        said: String::from_utf8_lossy(&output.stdout).into_owned(),
        report: serde_json::from_str(&report).expect("JSON"),
    };
    assert_eq!((ran.code, ran.count("errored"), ran.count("failed")), (Some(3), 1, 0), "{}", ran.said);
    assert!(
        ran.reasons("errored")[0].contains("refuses the worker's credentials: 401"),
        "{:?}",
        ran.reasons("errored")
    );
    // The stand-in words the refusal as PingOne does where it is spurious, so it was asked three times; by one scenario.
    assert_eq!(load(&world.front.counts.token_requests), 3, "{:?}", world.front.counts);
}

#[test]
fn a_spurious_refusal_of_the_token_is_asked_about_again() {
    let world = World::start(1, Options { spurious: 2, ..near() });
    let ran = world.run(&with(FEW, &["-j", "1"]));
    all_passed(&ran);
    assert_eq!(load(&world.front.counts.token_requests), 3);
}

#[test]
fn a_worker_may_authenticate_in_the_form() {
    let world = World::start(1, near());
    world.edit(|text| {
        text.replace("[targets.staging.worker]\n", "[targets.staging.worker]\nauthentication = \"post\"\n")
    });
    all_passed(&world.run(&with(FEW, &["-j", "1"])));
}

#[test]
fn q13_what_the_target_does_not_supply_is_skipped_by_name_and_never_a_pass() {
    let world = World::start(1, near());
    let ran = world.run(&["cases/mfa/push/approved.yaml", "-j", "1"]);
    assert_eq!((ran.code, ran.count("passed")), (Some(4), 0), "{}", ran.said);
    let reasons = ran.reasons("skipped");
    assert!(!reasons.is_empty() && reasons.iter().all(|why| why.contains("does not supply")), "{reasons:#?}");
    assert!(reasons.iter().any(|why| why.contains("`users.mobile.push`")), "{reasons:#?}");
}

#[test]
fn k03_two_runs_at_one_tenant_make_up_different_names() {
    let world = World::start(1, near());
    for _ in 0..2 {
        all_passed(&world.run(&["cases/registration/open.yaml", "-j", "1"]));
    }
}

#[test]
fn l05_unverified_tls_needs_two_switches_and_is_noted() {
    let world = World::start(1, near());
    world.edit(|text| text.replace("ca = \"ca.pem\"", "insecure = true"));
    let ran = world.run(&with(FEW, &["-j", "1", "--insecure"]));
    all_passed(&ran);
    let journal = std::fs::read_to_string(world.path("reports/journal.jsonl")).expect("a journal");
    assert!(journal.lines().next().is_some_and(|header| header.contains("TLS NOT VERIFIED")));
    world.edit(|text| text.replace("insecure = true", ""));
    let ran = world.run(&with(FEW, &["-j", "1"]));
    assert_eq!((ran.code, ran.count("passed")), (Some(3), 0), "an unknown authority was believed: {}", ran.said);
}

#[test]
fn l11_another_host_than_the_one_that_tls_vouches_for_is_refused() {
    let world = World::start(1, near());
    let scenario = "scenario: Another host\ncovers: [HOST-1]\nsteps:\n  - call: requestToken\n    headers: { Host: elsewhere.example }\n    \
                    body: { grant_type: client_credentials }\n    expect: { status: 400 }\n";
    std::fs::write(world.path("host.yaml"), scenario).expect("written");
    let path = world.path("host.yaml");
    let ran = world.run(&[path.to_str().expect("a path")]);
    assert_eq!(ran.code, Some(2), "{}", ran.said);
    assert!(ran.said.contains("TLS vouches for"), "{}", ran.said);
    assert_eq!(load(&world.front.counts.requests), 0);
}
