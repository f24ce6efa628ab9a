//! Explorations of a tenant that looks real: nobody can be asked for a persona, and there is no control channel.

use serde_json::Value;

use super::front::Options;
use super::world::World;
use super::{load, near};
use crate::support::said;

/// Scenarios to learn from, about users with devices of several kinds.
const LEARNED: &[&str] = &["cases/mfa/otp", "cases/mfa/selection", "cases/mfa/assertion"];

/// What came of an exploration.
struct Explored {
    code: Option<i32>,
    said: String,
    account: Value,
    journal: String,
}

/// Explores device authentications of a world.
fn explored(world: &World, arguments: &[&str]) -> Explored {
    let reports = world.path("explored");
    let place = reports.display().to_string();
    let fixed = ["explore", "--target", "staging", "--lifecycle", "deviceAuthentication", "--report", &place];
    let all = [&fixed[..], arguments, LEARNED].concat();
    let arguments: Vec<String> = all.iter().map(|&argument| argument.to_owned()).collect();
    let output = world.flowproof(&arguments).output().expect("it runs");
    let read = |name: &str| std::fs::read_to_string(reports.join(name)).unwrap_or_default();
    let account = serde_json::from_str(&read("explore.json")).unwrap_or_default();
    Explored { code: output.status.code(), said: said(&output), account, journal: read("journal.jsonl") }
}

fn count(account: &Value, pointer: &str) -> u64 {
    account.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

#[test]
fn walks_are_about_users_of_the_target_and_accuse_nobody() {
    let world = World::start(3, near());
    let Explored { code, said, account, journal } = explored(&world, &[]);
    assert_eq!((code, count(&account, "/findings")), (Some(0), 0), "{said}");
    assert_eq!(load(&world.front.counts.strangers), 0, "a session cookie was shared");
    let forbidden = ["covered", "total"].map(|part| count(&account, &format!("/pairs/forbidden/{part}")));
    assert!(forbidden[0] * 2 > forbidden[1], "{account:#}");
    assert!(count(&account, "/outcomes/taken") >= 12, "{account:#}");
    let out_of_reach = account["outcomes"]["out_of_reach"].as_array().expect("a list");
    assert!(out_of_reach.iter().all(|one| one["reason"].as_str().is_some_and(|reason| !reason.is_empty())));
    assert!(!journal.contains("persona"), "a real tenant has none");
}

#[test]
fn nobody_is_changed_or_locked_who_may_not_be() {
    let world = World::start(2, near());
    world.edit(|text| text.replace("expendable = true", "expendable = false"));
    let Explored { code, said, account, .. } = explored(&world, &[]);
    assert_eq!((code, count(&account, "/findings")), (Some(0), 0), "{said}");
    assert!(count(&account, "/pairs/forbidden/covered") > 5, "{account:#}");
    // Whoever was locked would be refused now, by a user's first right passcode.
    let again = world.run(&["cases/mfa/otp", "--filter", "right", "-j", "1"]);
    assert_eq!((again.code, again.count("failed"), again.count("errored")), (Some(0), 0, 0), "{}", again.said);
    let used = std::fs::read_to_string(world.path("explored/leftovers.json")).unwrap_or_default();
    assert!(!used.contains("no later run will use it"), "{used}");
}

#[test]
fn a_dry_run_shows_walks_of_users_of_the_target_and_sends_nothing() {
    let world = World::start(1, Options::default());
    let Explored { code, said, .. } = explored(&world, &["--dry-run"]);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code, Some(0), "{said}");
    assert!(words.contains("{{users."), "it names users of the target: {words}");
    assert_eq!(load(&world.front.counts.requests), 0);
}
