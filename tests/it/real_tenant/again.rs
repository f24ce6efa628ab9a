//! The same tenant again and again: nothing that a run leaves behind makes the next one accuse it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::support::{root, said, stderr, stdout};

use super::front::Options;
use super::world::{Ran, World};

/// Between two runs: a phone that shows passcodes has a fresh one then.
const BETWEEN: Duration = Duration::from_secs(180);

/// Scenarios that change people or lock them, among others that do not.
const HARMFUL: &[&str] = &["cases/flows/recovery", "cases/registration", "-j", "16"];

fn succeeds(ran: &Ran) {
    let wrong = [ran.reasons("failed"), ran.reasons("errored")].concat();
    assert!(ran.code == Some(0) && wrong.is_empty(), "{wrong:#?}\n{}", ran.said);
}

// That the whole suite finds the tenant as the last run left it is seen below.
#[test]
fn s1_1_without_users_to_be_used_up_every_run_finds_the_tenant_as_the_last_one_did() {
    let world = World::start(1, Options::default());
    world.edit(|text| text.replace("expendable = true", "expendable = false"));
    let verdicts = [(); 3].map(|()| {
        world.pass(BETWEEN);
        let ran = world.run(HARMFUL);
        succeeds(&ran);
        ran.verdicts()
    });
    assert!(verdicts[0] == verdicts[1] && verdicts[1] == verdicts[2], "{verdicts:#?}");
    assert!(!world.path("used-users.jsonl").exists(), "nobody was to be used up");
}

// S2-14: the list named 811 scenarios where 349 ran.
#[test]
fn s2_14_the_list_is_what_would_run_and_says_what_one_more_fact_would_add() {
    let world = World::start(1, Options::default());
    world.edit(|text| text.replace("[[targets.staging.users.sms]]", "[[targets.staging.users.sms-of-nobody]]"));
    world.edit(|text| {
        text.replace("[targets.staging.users.sms.passcode]", "[targets.staging.users.sms-of-nobody.passcode]")
    });
    let paths = ["cases/mfa/otp", "cases/mfa/one-time"];
    let listed = world.command(&[&paths[..], &["--list"]].concat()).output().expect("it runs");
    let (names, said) = (stdout(&listed), stderr(&listed));
    let ran = world.run(&paths);
    let runs: Vec<String> =
        ran.verdicts().into_iter().filter(|(_, verdict)| verdict != "skipped").map(|(name, _)| name).collect();
    let mut names: Vec<&str> = names.lines().collect();
    names.sort_unstable();
    assert_eq!(names, runs);
    let all = ran.verdicts().len();
    assert!(said.contains(&format!("{} of {all} scenarios would run against `staging`", runs.len())), "{said}");
    assert!(said.contains("one more fact would add:") && said.contains("  `users.sms`"), "{said}");
    let never = said.lines().find_map(|line| line.strip_prefix("a real tenant does not supply: "));
    assert!(never.is_some_and(|never| never.contains("`clock` (")), "{said}");
}

// S2-17: production refused scenarios by name, and nothing left them out.
#[test]
fn s2_17_what_production_refuses_can_be_left_out() {
    let world = World::start(1, Options::default());
    world.edit(|text| text.replace("[targets.staging]\n", "[targets.staging]\nproduction = true\n"));
    let refused = world.run(&["cases/flows/recovery"]);
    assert!(refused.code == Some(2) && refused.said.contains("--exclude"), "{}", refused.said);
    let names = refused.said.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, _)| name.to_owned());
    let left_out: Vec<String> =
        names.filter(|name| name.starts_with("flows/")).flat_map(|name| ["--exclude".into(), name]).collect();
    assert!(!left_out.is_empty(), "{}", refused.said);
    let arguments: Vec<&str> =
        std::iter::once("cases/flows/recovery").chain(left_out.iter().map(String::as_str)).collect();
    let ran = world.run(&arguments);
    assert!(ran.code == Some(0) && ran.count("passed") > 0, "{}", ran.said);
    let none = world.run(&["cases/flows/recovery", "--not-tag", "flows"]);
    assert_eq!(none.code, Some(4), "{}", none.said);
}

/// The commands of the page, as they stand there, but for the way of three commands, which makes a tenant and takes it away: this
/// one was made by hand. A run is not slowed down, as nothing limits requests here, and writes the report that is read.
fn commands() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/real-tenant.md")).expect("the page");
    let lines = page.lines().filter_map(|line| line.strip_prefix("$ flowproof "));
    let written =
        lines.map(|line| line.split(" #").next().unwrap_or_default().replace("--rate 5 --jobs 1", "-j 16 -q --json"));
    let of_three =
        |line: &String| line.starts_with("provision") || line.starts_with("teardown") || line.contains("--rate 10");
    let by_hand = written.filter(|line| !of_three(line));
    by_hand.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

// S1-1: the page, followed to the letter, ended with 1.
#[test]
fn s1_1_the_commands_of_the_page_succeed_again_and_nobody_is_used_up_twice() {
    let world = World::start(1, Options::default());
    let commands = commands();
    assert!(commands.len() >= 5 && commands.iter().any(|command| command[0] == "doctor"), "{commands:?}");
    let [first, second] = [1, 2].map(|round| {
        world.pass(BETWEEN);
        for command in &commands {
            let output = world.flowproof(command).output().expect("it runs");
            assert_eq!(output.status.code(), Some(0), "{command:?}, round {round}: {}", said(&output));
        }
        world.last().verdicts()
    });
    // Whoever the first run used up is missed by the second; nothing else changes.
    let lost: Vec<&String> = first.keys().filter(|name| first[*name] != second[*name]).collect();
    assert!(lost.iter().all(|name| (&*first[*name], &*second[*name]) == ("passed", "skipped")), "{lost:#?}");
    assert!(lost.len() > 5, "nobody is missed: {lost:#?}");
    let ledger = world.path("used-users.jsonl");
    let text = std::fs::read_to_string(&ledger).expect("the list");
    let used: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let ids: BTreeSet<&str> = used.iter().filter_map(|line| line["user"].as_str()).collect();
    assert!(ids.len() == used.len() && ids.len() > 5, "somebody was used up twice, or nobody at all: {text}");
    // The reason names the file; whoever deletes the line of a user gets the user again.
    let accepted = &["cases/registration/invitation/accepted.yaml"];
    let skipped = world.run(accepted).reasons("skipped").concat();
    assert!(skipped.contains("earlier runs used up 1 (see ") && skipped.contains("used-users.jsonl"), "{skipped}");
    let others = text.lines().filter(|line| !line.contains("acceptInvite")).map(|line| format!("{line}\n"));
    std::fs::write(&ledger, others.collect::<String>()).expect("written");
    assert_eq!(world.run(accepted).count("skipped"), 0);
}
