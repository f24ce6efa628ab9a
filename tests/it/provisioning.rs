//! A test environment made ready, used and taken away, on a tenant with nothing in it; also where something goes wrong half-way.
//!
//! Deliberately not here: the management API of the stand-in by itself, and what a plan consists of.

pub(crate) mod world;

use std::time::Duration;

use serde_json::{Value, json};

use self::world::World;
use crate::support::root;

/// A few scenarios that need a bit of everything: applications, policies, authenticators, passkeys, users to be used up.
const FEW: [&str; 4] =
    ["cases/mfa/assertion", "cases/flows/agreement", "cases/flows/sign-on", "cases/device-grant/grant.yaml"];

fn provision(world: &World) -> world::Ended {
    let mut arguments = vec!["provision", "--target", "bare", "--run-id", "k3f9"];
    FEW.iter().for_each(|path| arguments.extend(["--for", path]));
    world.flowproof(&arguments)
}

fn teardown(world: &World) -> world::Ended {
    world.flowproof(&["teardown", "--target", "bare", "--run-id", "k3f9"])
}

#[test]
fn scenarios_run_on_what_was_made_and_nothing_of_it_is_left_behind() {
    let world = World::start();
    provision(&world).says(0, &["run k3f9", "made, 0 kept, 0 mended"]);
    let report = world.path().join("report");
    let run =
        [&["run", "--target", "bare", "-j", "4", "--report", report.to_str().expect("a path")][..], &FEW].concat();
    let ran = world.flowproof(&run);
    ran.says(0, &["The contract is kept"]);
    let passed = ran.said.split(" passed").next().and_then(|before| before.rsplit(' ').next()?.parse::<usize>().ok());
    assert!(passed.is_some_and(|passed| passed >= 45), "{}", ran.said);
    teardown(&world).says(0, &["run k3f9", "removed"]);
    assert_eq!(world.count(), 0);
    assert_eq!(world.file("flowproof.bare.facts.toml") + &world.file("flowproof.bare.secrets.json"), "");
}

/// The three commands of the page, with what takes them away again, as they stand there; nothing limits requests here.
fn commands() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/real-tenant.md")).expect("the page");
    let block = page.split("## Three commands").nth(1).and_then(|rest| rest.split("```").nth(1)).expect("a block");
    let lines = block.lines().filter_map(|line| line.strip_prefix("$ flowproof "));
    let lines = lines.map(|line| line.split(" #").next().unwrap_or_default().replace("--rate 10", ""));
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn the_commands_of_the_page_make_a_tenant_ready_run_the_whole_suite_on_it_and_take_it_away() {
    // Nobody waits for a minute here; that scenarios wait is seen below.
    let world = World::with("staging", |_| "longest-wait = \"1s\"\n".to_owned());
    let commands = commands();
    assert_eq!(
        commands.iter().map(|words| &*words[0]).collect::<Vec<_>>(),
        ["provision", "provision", "run", "teardown"]
    );
    for words in &commands {
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        let report = world.path().join("report").display().to_string();
        if words[0] == "run" {
            words.extend(["-q", "-j", "8", "--report", &report]);
        }
        let ended = world.flowproof(&words);
        ended.says(0, &[]);
        let skipped =
            |kind: &str| ended.said.split(kind).next().and_then(|before| before.rsplit(' ').next()?.parse().ok());
        let passed: Option<usize> = skipped(" passed");
        assert!(words[0] != "run" || passed.is_some_and(|passed| passed > 600), "{}", ended.said);
    }
    assert_eq!(world.count(), 0);
}

#[test]
fn what_was_made_is_explored_though_scenarios_name_people_whom_no_api_makes() {
    let world = World::start();
    world.flowproof(&["provision", "--target", "bare", "--run-id", "k3f9"]).says(0, &[]);
    let report = world.path().join("report");
    let place = report.display().to_string();
    world.flowproof(&["explore", "--target", "bare", "--quiet", "--report", &place]).says(0, &["The contract is kept"]);
    let account = std::fs::read_to_string(report.join("explore.json")).expect("the account");
    let account: Value = serde_json::from_str(&account).expect("it is JSON");
    assert_eq!(account["findings"], 0, "{account:#}");
    for (lifecycle, least) in account["lifecycles"].as_array().expect("a list").iter().zip([10, 100]) {
        let forbidden = lifecycle["pairs"]["forbidden"]["covered"].as_u64();
        assert!(forbidden >= Some(least), "{lifecycle:#}");
    }
    teardown(&world).says(0, &["run k3f9", "removed"]);
    assert_eq!(world.count(), 0);
}

#[test]
fn where_nobody_says_how_long_to_wait_scenarios_that_let_a_minute_pass_run_all_the_same() {
    let pending = "cases/device-grant/token/pending.yaml";
    let provision = ["provision", "--target", "bare", "--for", pending];
    let list = ["run", "--target", "bare", "--list", pending];
    let world = World::start();
    world.flowproof(&list).says(0, &["0 of 1 scenarios would run"]);
    world.flowproof(&provision).says(0, &["for 1 of 1 scenarios"]);
    assert!(world.file("flowproof.bare.facts.toml").contains("longest-wait = \"65s\""));
    world.flowproof(&list).says(0, &["1 of 1 scenarios would run"]);
    let hurried = World::with("bare", |_| "longest-wait = \"1s\"\n".to_owned());
    hurried.flowproof(&provision).says(0, &["for 0 of 1 scenarios", "`clock`: a real clock cannot be moved"]);
}

#[test]
#[cfg(unix)]
fn a_program_that_pairs_phones_has_scenarios_run_that_wait_for_a_push_and_waiting_those_that_let_time_pass() {
    let phone = root().join("examples/stand-in-phone").display().to_string();
    let world = World::with("bare", |tenant| {
        let [base, environment] = ["base", "environment"].map(|name| tenant[name].as_str().expect("a text"));
        format!("longest-wait = \"6s\"\n[targets.bare.phone]\ncommand = [{phone:?}, \"{base}\", \"{environment}\"]\n")
    });
    let few = [
        "cases/mfa/push/approved.yaml",
        "cases/mfa/push/rejected.yaml",
        "cases/mfa/push/passcode-while-waiting.yaml",
        "cases/mfa/selection/phone.yaml",
        "cases/device-grant/token/pending.yaml",
        "cases/mfa/push/timed-out.yaml",
    ];
    let mut provision = vec!["provision", "--target", "bare"];
    few.iter().for_each(|path| provision.extend(["--for", path]));
    world.flowproof(&provision).says(0, &["for 5 of 6 scenarios", "`clock`: a real clock cannot be moved"]);
    let report = world.path().join("report").display().to_string();
    let ran = world.flowproof(&[&["run", "--target", "bare", "--report", &report][..], &few].concat());
    ran.says(0, &["1 skipped", "5 passed"]);
    world.flowproof(&provision).says(0, &["0 made", "0 mended"]);
    world.flowproof(&["teardown", "--target", "bare"]).says(0, &["removed"]);
    assert_eq!(world.count(), 0);
}

#[test]
#[cfg(unix)]
fn a_phone_that_is_not_paired_is_told_with_what_the_program_says() {
    for (script, words) in
        [("echo no phone is free >&2; exit 3", "no phone is free"), ("exit 0", "no active device of the type MOBILE")]
    {
        let world =
            World::with("bare", |_| format!("[targets.bare.phone]\ncommand = [\"sh\", \"-c\", \"{script}\"]\n"));
        world
            .flowproof(&["provision", "--target", "bare", "--run-id", "k3f9", "--for", "cases/mfa/push/approved.yaml"])
            .says(3, &["pairing a phone", words, "teardown --target bare --run-id k3f9"]);
        teardown(&world).says(0, &["removed"]);
        assert_eq!(world.count(), 0);
    }
}

#[test]
fn nothing_secret_is_said_or_written_where_others_may_read_it() {
    let world = World::start();
    let said = provision(&world).said + &world.flowproof(&["provision", "--target", "bare", "--dry-run"]).said;
    let facts = world.file("flowproof.bare.facts.toml");
    let secrets: Value = serde_json::from_str(&world.file("flowproof.bare.secrets.json")).expect("a file of secrets");
    let secrets = secrets.as_object().expect("an object");
    for kind in ["password", "apps.", "totp.", "passkey."] {
        assert!(secrets.keys().any(|entry| entry.starts_with(kind)), "{kind} in {:?}", secrets.keys());
    }
    for (entry, secret) in secrets {
        let secret = secret.as_str().expect("a text");
        assert!(!said.contains(secret) && !facts.contains(secret), "{entry}");
    }
    #[cfg(unix)]
    for file in ["flowproof.bare.facts.toml", "flowproof.bare.secrets.json"] {
        let mode = std::os::unix::fs::MetadataExt::mode(&world.path().join(file).metadata().expect("a file"));
        assert_eq!(mode & 0o077, 0, "{file}");
    }
    assert!(
        said.lines().all(|line| line.chars().count() <= 80 || line.contains("flowproof.bare.facts.toml")),
        "{said}"
    );
}

#[test]
fn doing_it_again_keeps_what_is_there_and_mends_what_is_not() {
    let world = World::start();
    provision(&world).says(0, &[]);
    let before = world.count();
    provision(&world).says(0, &["0 made", "0 mended"]);
    let users = world.api("GET", "users?limit=1000", None);
    let users = users["_embedded"]["users"].as_array().expect("users");
    let called = |user: &&Value| user["username"].as_str().is_some_and(|name| name.contains("-fido2-1-"));
    let user = users.iter().find(called).and_then(|user| user["id"].as_str()).expect("a user");
    world.api("PUT", &format!("users/{user}/enabled"), Some(&json!({ "enabled": false })));
    let applications = world.api("GET", "applications", None);
    let mut application = applications["_embedded"]["applications"][0].clone();
    application["description"] = json!("somebody changed it");
    let path = format!("applications/{}", application["id"].as_str().expect("an id"));
    world.api("PUT", &path, Some(&application));
    provision(&world).says(0, &["0 made", "2 mended"]);
    assert_eq!(world.count(), before);
}

#[test]
fn killed_at_any_moment_twenty_times_it_leaves_nothing_that_is_not_found_and_touches_nobody_elses() {
    let world = World::start();
    world.look_alikes();
    let mut seen = 0;
    for round in 0..20_u64 {
        let verb = if round % 2 == 0 { "provision" } else { "teardown" };
        let mut arguments = vec![verb, "--target", "bare", "--run-id", "k3f9"];
        if verb == "provision" {
            FEW.iter().for_each(|path| arguments.extend(["--for", path]));
        }
        let mut child = world.command(&arguments).stdout(std::process::Stdio::null()).spawn().expect("it starts");
        // Another moment each time, spread over what it takes.
        std::thread::sleep(Duration::from_millis(150 + (round * 613) % 1900));
        child.kill().expect("it is killed");
        child.wait().expect("it has ended");
        seen = seen.max(world.count());
    }
    assert!(seen > 3, "it was always killed before it made anything");
    teardown(&world).says(0, &[]);
    assert_eq!(world.count(), 3, "what looks alike, and nothing else");
}

#[test]
fn whatever_the_management_api_does_the_message_is_clear_and_nothing_is_lost() {
    let faults: [(Value, Option<i32>, &[&str]); 8] = [
        (
            json!({ "method": "POST", "path": "applications", "status": 403 }),
            Some(3),
            &["applications", "may not do that (403)", "roles"],
        ),
        (
            json!({ "method": "POST", "path": "users", "skip": 3, "status": 429, "retryAfter": 1, "times": 2 }),
            None,
            &["slowed down"],
        ),
        (
            json!({ "method": "POST", "path": "users", "status": 429, "retryAfter": 3600 }),
            Some(3),
            &["429", "no more than 60 s are waited"],
        ),
        (json!({ "method": "POST", "path": "users", "skip": 5, "status": 503 }), None, &[]),
        (json!({ "method": "POST", "path": "signOnPolicies", "skip": 1, "statusAfter": 502 }), None, &[]),
        (json!({ "method": "POST", "path": "devices", "skip": 2, "delayMs": 1500 }), None, &[]),
        (
            json!({ "method": "POST", "path": "populations", "body": { "id": "seven" } }),
            Some(1),
            &["createPopulation", "broke the contract", "response-schema", "/environment"],
        ),
        (
            json!({ "method": "GET", "path": "users", "body": [1] }),
            Some(1),
            &["readAllUsers", "broke the contract", "response-schema"],
        ),
    ];
    for (fault, code, words) in faults {
        let world = World::start();
        world.look_alikes();
        world.control("interference", &fault);
        let ended = provision(&world);
        ended.says(code.unwrap_or(0), words);
        if code.is_some() {
            ended.says(code.unwrap_or(0), &["teardown --target bare --run-id k3f9"]);
        }
        provision(&world).says(0, &[]);
        teardown(&world).says(0, &[]);
        assert_eq!(world.count(), 3, "{fault}");
    }
}

#[test]
fn a_worker_without_a_role_and_a_name_that_is_taken_are_told() {
    let world = World::start();
    world.control("roles", &json!({ "identities": false, "configuration": true }));
    provision(&world).says(3, &["users", "Identity Data Admin"]);
    world.control("roles", &json!({ "identities": true, "configuration": true }));
    let plan = world.flowproof(&["provision", "--target", "bare", "--run-id", "K_3"]);
    plan.says(2, &["`K_3` is no id of a run"]);
    teardown(&world).says(0, &[]);
    assert_eq!(world.count(), 0);
}

#[test]
fn runs_that_nobody_remembers_are_found_by_their_age() {
    let world = World::start();
    provision(&world).says(0, &[]);
    for file in ["flowproof.bare.facts.toml", "flowproof.bare.secrets.json"] {
        std::fs::remove_file(world.path().join(file)).expect("removed");
    }
    world.flowproof(&["teardown", "--target", "bare"]).says(0, &["run k3f9", "nothing was removed"]);
    world.flowproof(&["teardown", "--target", "bare", "--older-than", "2h"]).says(0, &["0 things removed"]);
    world.flowproof(&["teardown", "--target", "bare", "--older-than", "0s", "--dry-run"]).says(0, &["run k3f9"]);
    assert!(world.count() > 0);
    world.flowproof(&["teardown", "--target", "bare", "--older-than", "0s"]).says(0, &["removed"]);
    assert_eq!(world.count(), 0);
}
