//! Runs against a tenant that looks real: TLS by a private authority, real tokens, a long way there and back, one environment
//! for everybody.
//!
//! The tenant is the stand-in; what stands before it counts. Runs are those of the command itself.

mod again;
mod description;
mod exploring;
mod front;
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
    let report = crate::support::report(&reports).expect("a report");
    assert!(!report.to_string().contains("s3cr3t-but-wrong"), "the secret is in the report");
    let ran = Ran { code: output.status.code(), said: crate::support::stdout(&output), report };
    assert_eq!((ran.code, ran.count("errored"), ran.count("failed")), (Some(3), 1, 0), "{}", ran.said);
    assert!(
        ran.reasons("errored")[0].contains("refuses the client's credentials: 401"),
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

/// Scenarios that change passwords, lock users and devices, and answer pushes, among others that sign the same roles on.
const HARMFUL: &[&str] =
    &["cases/flows/recovery", "cases/flows/sign-on", "cases/mfa/push", "cases/registration/invitation"];

#[test]
fn k04_q12_scenarios_that_change_or_lock_users_are_in_nobodys_way_in_whatever_order_they_run() {
    let verdicts = ["64", "1"].map(|jobs| {
        let ran = World::start(6, near()).run(&with(HARMFUL, &["-j", jobs]));
        all_passed(&ran);
        assert!(ran.count("passed") > 30, "{:#?}", ran.reasons("skipped"));
        ran.verdicts()
    });
    assert_eq!(verdicts[0], verdicts[1]);
}

#[test]
fn k07_q12_a_tenant_that_limits_requests_is_heeded_and_no_scenario_suffers() {
    let world = World::start(8, Options { limit: Some(3), latency: AWAY, ..near() });
    let ran = world.run(&with(FEW, &["-j", "8"]));
    all_passed(&ran);
    assert!(load(&world.front.counts.limited) > 0, "the limit was never reached: {:?}", world.front.counts);
    let journal = std::fs::read_to_string(world.path("reports/journal.jsonl")).expect("a journal");
    assert!(journal.lines().last().is_some_and(|footer| footer.contains("too many (429)")), "nobody is told");
}

#[test]
fn q10_a_user_is_used_up_once_by_one_scenario_and_listed_with_the_id() {
    let world = World::start(1, near());
    let two = &["cases/flows/recovery/right-code.yaml", "cases/flows/recovery/sent-again.yaml", "-j", "2"];
    let ran = world.run(two);
    assert_eq!((ran.code, ran.count("passed")), (Some(0), 1), "{}", ran.said);
    assert!(ran.reasons("skipped")[0].contains("one more user `user` to be used up"), "{:?}", ran.reasons("skipped"));
    let left = std::fs::read_to_string(world.path("reports/leftovers.json")).expect("a list");
    let left: serde_json::Value = serde_json::from_str(&left).expect("JSON");
    let [used] = left["leftovers"].as_array().expect("a list").as_slice() else { panic!("{left:#}") };
    assert!(
        used["operation"] == "user" && used["why"].as_str().is_some_and(|why| why.contains("no later run will use it")),
        "{used}"
    );
    let toml = std::fs::read_to_string(world.path("flowproof.toml")).expect("the description");
    let (_, after) = toml.split_once(used["resource"].as_str().expect("an id")).expect("a user of the target");
    let (before, _) = toml.split_at(toml.len() - after.len());
    let (_, entry) = before.rsplit_once("[[").expect("an entry");
    assert!(entry.contains("expendable = true"), "a user was used up who must not be: {entry}");
    world.edit(|text| text.replace("expendable = true", ""));
    let ran = world.run(two);
    assert_eq!((ran.code, ran.count("skipped")), (Some(4), 2), "{}", ran.said);
    assert!(ran.reasons("skipped")[0].contains("(`expendable = true`)"), "{:?}", ran.reasons("skipped"));
}

#[test]
fn a_push_that_nobody_answers_is_no_verdict() {
    let world = World::start(1, near());
    world.edit(|text| text.replace("curl -fsS", "echo the phone is off >&2; false"));
    let ran = world.run(&["cases/mfa/push/approved.yaml", "-j", "1"]);
    assert_eq!((ran.code, ran.count("errored")), (Some(3), 1), "{}", ran.said);
    assert!(ran.reasons("errored")[0].contains("the phone is off"), "{:?}", ran.reasons("errored"));
}

#[test]
fn q13_a_row_with_the_code_of_somebody_unknown_is_skipped_and_the_others_run() {
    let world = World::start(1, near());
    let scenario = "scenario: Somebody's code\ncovers: [MFA-OTP-1]\nfor-each:\n  - { name: known, user: \"{{users.sms}}\" }\n  \
                    - { name: stranger, user: nobody@example.com }\nsteps:\n  - call: initializeDeviceAuthentication\n    \
                    body: { user: { id: \"{{users.sms.id}}\" } }\n    expect: { status: 201 }\n    save: { auth: /id }\n  \
                    - call: validateOtp\n    path: { deviceAuthID: \"{{auth}}\" }\n    body: { otp: \"{{otp row.user}}\" }\n    \
                    expect: { status: 200, state: COMPLETED }\n";
    std::fs::write(world.path("rows.yaml"), scenario).expect("written");
    let path = world.path("rows.yaml");
    let ran = world.run(&[path.to_str().expect("a path"), "-j", "1"]);
    assert_eq!((ran.code, ran.count("passed"), ran.count("skipped")), (Some(0), 1, 1), "{}", ran.said);
    assert!(ran.reasons("skipped")[0].contains("the codes of `nobody@example.com`"), "{:?}", ran.reasons("skipped"));
}

#[test]
fn a_tenant_that_does_not_know_the_environment_is_the_one_root_cause() {
    let world = World::start(1, near());
    world.edit(|text| {
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some(("environment", _)) => "environment = \"00000000-0000-4000-8000-000000000001\"\n".to_owned(),
            _ => format!("{line}\n"),
        });
        lines.collect()
    });
    let ran = world.run(&with(FEW, &["-j", "1"]));
    assert_eq!((ran.code, ran.count("passed"), ran.count("errored")), (Some(3), 0, 0), "{}", ran.said);
    assert!(ran.said.contains("it knows no"), "{}", ran.said);
    assert!(ran.said.matches("not run: ").count() <= 1, "the reason is repeated: {}", ran.said);
    assert_eq!(load(&world.front.counts.token_requests), 0);
}

#[test]
fn c07_the_header_says_what_the_run_was_given_and_no_secret() {
    let world = World::start(1, near());
    world.edit(|text| format!("[run]\nretries = 2\nrate = 500\nflaky = \"fail\"\ndeadline = \"10m\"\n{text}"));
    all_passed(&world.run(&with(FEW, &["-j", "2"])));
    let journal = std::fs::read_to_string(world.path("reports/journal.jsonl")).expect("a journal");
    let header: serde_json::Value = serde_json::from_str(journal.lines().next().expect("a line")).expect("JSON");
    let given = &header["header"]["configuration"];
    for (name, value) in
        [("jobs", "2"), ("retries", "2"), ("rate", "500.0"), ("flaky", "\"fail\""), ("deadlineSeconds", "600.0")]
    {
        assert_eq!(given[name].to_string(), value, "{name}: {given:#}");
    }
    assert!(given["limits"]["total"].is_number() && given["levels"].is_object(), "{given:#}");
    let source = &given["target"]["worker"]["clientSecret"]["from"];
    assert_eq!(source, "the environment variable FLOWPROOF_TEST_WORKER_SECRET");
    let secret = world.facts["worker"]["clientSecret"].as_str().expect("a secret");
    assert!(!journal.contains(secret));
}

#[test]
fn q13_what_the_target_does_not_supply_is_skipped_by_name_and_never_a_pass() {
    let world = World::start(1, near());
    world
        .edit(|text| text.lines().filter(|line| !line.starts_with("push =")).map(|line| format!("{line}\n")).collect());
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
