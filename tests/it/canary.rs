//! The canary: secrets that could not be mistaken for anything else go through every channel there is, and afterwards
//! everything that was printed or written is searched for them, in clear and encoded. Not one may be found (X17).
//!
//! The real program runs as a process against a hostile tenant that repeats all it is told, in every encoding, in places that
//! no contract knows. Deliberately not here: how secrets are found; the search is written again, in other ways, so that it
//! does not share a mistake with the redactor.

mod looks;
mod search;
mod tenant;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowproof::checks::Levels;
use flowproof::contract::Contract;
use flowproof::record::{Header, Level, ScenarioRecord};
use flowproof::run::printer::Printer;
use flowproof::run::{Listener, Prepared, RunOptions, TargetChoice};
use libtest_mimic::Arguments;
use search::Artefacts;
use tenant::{Hostile, MARKERS, Mood};

use crate::provisioning::world::World;
use crate::proxy::support::Passing;
use crate::support::{alone, flowproof_in, program, stderr};

/// A literal in the scenario; it is dull enough for lint to let it pass.
const LITERAL: &str = "literal-canary-in-the-scenario";

const SCENARIO: &str = r#"scenario: Everything secret goes through here
why: The password literal-canary-in-the-scenario must not be told to anybody.
covers: [ERR-404-1]
tags: [literal-canary-in-the-scenario]
steps:
  - call: requestToken
    body: { grant_type: client_credentials }
    headers: { Authorization: "{{basic worker}}" }
  - call: requestToken
    body: { grant_type: client_credentials, client_id: "{{worker.clientId}}", client_secret: "{{worker.clientSecret}}" }
  - call: authorize
    query: { client_id: "{{worker.clientId}}", response_type: code, login_hint_token: "{{worker.accessToken}}" }
  - name: literal-canary-in-the-scenario
    call: checkUsernamePassword
    path: { flowID: "{{uuid}}" }
    body: { username: "{{user.username}}", password: "literal-canary-in-the-scenario" }
  - call: checkUsernamePassword
    path: { flowID: "{{uuid}}" }
    body: { username: "{{user.password}}", password: "{{user.password}}" }
  - call: checkFlowOtp
    path: { flowID: "{{uuid}}" }
    body: { otp: "{{otp user}}" }
  - call: recoverPassword
    path: { flowID: "{{uuid}}" }
    body: { recoveryCode: "{{recoveryCode user}}", newPassword: "{{user.password}}" }
"#;

/// What the last step asks for decides what the scenario comes to.
const ENDS: [(&str, Mood, &str); 4] = [
    ("pass", Mood::Talkative, "    expect: { status: 200 }\n"),
    (
        "fail",
        Mood::Talkative,
        "    expect: { status: 200, body: { /username: 'something else', /email: \"{{user.password}}\" } }\n",
    ),
    ("error", Mood::Broken, "    expect: { status: 200 }\n"),
    ("cannot-say", Mood::Unparsable, "    expect: { status: 200, body: { /username: x } }\n"),
];

/// Only what the scenario asks for is judged.
const QUIET: &[&str] = &["-A", "all", "-D", "expectation"];
/// Everything is judged and told.
const TALKING: &[&str] = &["--verbose", "-W", "all", "-D", "expectation"];

struct Run {
    folder: PathBuf,
    output: Output,
}

impl Run {
    fn artefacts(&self) -> Artefacts {
        let mut artefacts = Artefacts::below(&self.folder.join("reports"));
        artefacts.add("standard output", &self.output.stdout);
        artefacts.add("standard error", &self.output.stderr);
        artefacts
    }
}

/// The scenario with its last step, in a folder of its own.
fn scenario(name: &str, last: &str) -> PathBuf {
    let folder = crate::support::folder(&format!("canary/{name}"));
    fs::create_dir_all(folder.join("cases")).expect("a folder can be made");
    let last = format!(
        "  - call: readFlow\n    path: {{ flowID: \"{{{{uuid}}}}\" }}\n    headers: {{ Authorization: \"Bearer {{{{worker.accessToken}}}}\" }}\n{last}"
    );
    fs::write(folder.join("cases/secrets.yaml"), format!("{SCENARIO}{last}")).expect("it can be written");
    folder
}

fn command(folder: &Path, tenant: &Hostile, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .current_dir(folder)
        .args(["run", "cases", "--report", "reports", "--target", &tenant.url()])
        .args(["--html", "--junit", "--json", "--markdown", "--sarif", "--gitlab", "--tap", "--ctrf"])
        .args(["--allure", "reports/allure", "--otlp", "reports/spans.jsonl"])
        .args(arguments)
        .env("RUST_BACKTRACE", "full")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the program to its end.
fn run(name: &str, mood: Mood, last: &str, arguments: &[&str]) -> Run {
    let (folder, tenant) = (scenario(name, last), Hostile::start(mood));
    let output = command(&folder, &tenant, arguments).output().expect("the program runs");
    tenant.assert_told(&output);
    let run = Run { folder, output };
    let leaks = tenant.leaks(&run.artefacts());
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    run
}

/// Not one secret is in what was printed or written; and what was searched was worth searching.
fn assert_clean(artefacts: &Artefacts, least: usize) {
    assert_clean_of(&MARKERS, artefacts, least);
}

fn assert_clean_of(markers: &[(&str, &str)], artefacts: &Artefacts, least: usize) {
    assert!(artefacts.len() >= least, "only {artefacts:?}");
    assert!(artefacts.mention("‹password#") || least < 4, "nothing was redacted in {artefacts:?}");
    let leaks = artefacts.leaks(markers, &[("literal", LITERAL)]);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

#[test]
fn x01_x06_x10_x17_no_secret_is_printed_or_written_however_a_run_ends() {
    for ((name, mood, last), code) in ENDS.into_iter().zip([0, 1, 3, 1]) {
        let quiet = run(name, mood, last, QUIET);
        assert_eq!(quiet.output.status.code(), Some(code), "{name}: {:?}", quiet.output);
        assert_clean(&quiet.artefacts(), 7);
        let verbose = run(&format!("{name}-verbose"), mood, last, TALKING);
        assert!(verbose.output.status.code().is_some_and(|code| code < 4), "{name}: {:?}", verbose.output);
        assert_clean(&verbose.artefacts(), 7);
    }
}

#[test]
fn x17_no_secret_of_traffic_that_passes_through_the_proxy_is_printed_or_written() {
    for ((name, mood, last), _) in ENDS.into_iter().zip(0..) {
        let (folder, tenant) = (scenario(&format!("proxy-{name}"), last), Hostile::start(mood));
        let place = folder.join("proxied").display().to_string();
        let formats = ["--html", "--junit", "--json", "--markdown", "--sarif", "--gitlab", "--tap", "--ctrf"];
        let elsewhere = [format!("--allure={place}/allure"), format!("--otlp={place}/spans.jsonl")];
        let more = formats.into_iter().chain(elsewhere.iter().map(String::as_str)).chain(["-W", "all"]);
        let proxy = Passing::start(&format!("canary-{name}"), &tenant.url(), &more.collect::<Vec<_>>());
        let through = format!("http://127.0.0.1:{}", proxy.port);
        let words = ["run", "cases", "--report", "reports", "--target", &through, "--control", &tenant.url()];
        let output = program().current_dir(&folder).args(words).args(QUIET).output().expect("the program runs");
        tenant.assert_told(&output);
        let reports = proxy.folder.clone();
        let output = proxy.interrupt();
        assert!(output.status.code().is_some_and(|code| code < 5), "{output:?}");
        let mut artefacts = Artefacts::below(&reports);
        artefacts.add_below(&folder.join("proxied"));
        artefacts.add("standard output", &output.stdout);
        assert_clean(&artefacts, 10);
    }
}

/// What is secret of a secret: of a passkey the key alone, not the site that it is for.
fn kernel(secret: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(secret) {
        Ok(passkey) if passkey.is_object() => passkey["key"].as_str().expect("a key").to_owned(),
        _ => secret.to_owned(),
    }
}

#[test]
fn x17_no_secret_of_a_test_environment_is_in_its_plan_its_tables_and_its_facts() {
    let world = World::start();
    let few = ["--for", "cases/mfa/assertion", "--for", "cases/flows/sign-on", "--for", "cases/flows/external"];
    let provision = [&["provision", "--target", "bare"][..], &few].concat();
    let mut artefacts = Artefacts::default();
    let mut say = |name: &str, arguments: &[&str]| {
        artefacts.add(name, world.flowproof(arguments).said.as_bytes());
    };
    say("the plan", &[&provision[..], &["--dry-run"]].concat());
    say("what was made", &provision);
    say("what was made again", &provision);
    say("the targets", &["targets"]);
    say("the doctor", &["doctor", "--target", "bare"]);
    say("what would be removed", &["teardown", "--target", "bare", "--dry-run"]);
    let facts = world.file("flowproof.bare.facts.toml");
    let secrets: serde_json::Value =
        serde_json::from_str(&world.file("flowproof.bare.secrets.json")).expect("a file of secrets");
    say("what was removed", &["teardown", "--target", "bare"]);
    artefacts.add("the facts", facts.as_bytes());
    let [secret, token] = world.secrets();
    let own = [("the worker's secret", secret.as_str()), ("a token", token.as_str())];
    let made = secrets.as_object().expect("an object").iter();
    let made: Vec<(&str, String)> =
        made.filter_map(|(name, secret)| Some((&**name, kernel(secret.as_str()?)))).collect();
    let made = made.iter().map(|(name, secret)| (*name, secret.as_str()));
    let markers: Vec<(&str, &str)> = own.into_iter().chain(made).collect();
    assert!(markers.len() > 10 && facts.contains("[apps") && artefacts.mention("made"), "{artefacts:?}");
    let leaks = artefacts.leaks(&markers, &[]);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

#[test]
fn x17_reports_that_are_made_again_from_the_journal_hold_none_either() {
    let (_, mood, last) = ENDS[1];
    let run = run("again", mood, last, TALKING);
    let output = flowproof_in(&run.folder, &["report", "reports", "--report", "reports/again"]);
    let mut artefacts = run.artefacts();
    artefacts.add("report's output", &output.stdout);
    assert_clean(&artefacts, 10);
}

/// Set for the process that panics: when it does.
const PANICS: &str = "FLOWPROOF_TEST_PANICS";
/// Set for the process that panics: where the tenant is.
const TENANT: &str = "FLOWPROOF_TEST_TENANT";

/// Panics with all that a server said: when a scenario begins again, or when it has ended.
struct Panicking {
    when: String,
    begun: AtomicUsize,
}

impl Panicking {
    fn panic(&self, now: &str) {
        assert!(self.when != now, "{}", MARKERS.map(|(_, secret)| secret).join(" "));
    }
}

impl Listener for Panicking {
    fn began(&self, _: &str) {
        if self.begun.fetch_add(1, Ordering::Relaxed) == 1 {
            self.panic("again");
        }
    }

    fn ended(&self, _: &Header, _: &ScenarioRecord) {
        self.panic("ended");
    }
}

/// Runs the scenario in the process that another test started; by itself it has nothing to do.
#[test]
fn the_process_that_panics() {
    let (Ok(when), Ok(tenant)) = (std::env::var(PANICS), std::env::var(TENANT)) else { return };
    let printer = Printer::of_process();
    printer.hide_panics();
    let contract = Arc::new(Contract::embedded().expect("the contract"));
    let suite = flowproof::run::load(&["cases".into()], &contract).expect("the scenario is well written");
    let url: url::Url = tenant.parse().expect("a URL");
    let target = TargetChoice::StandIn { base_url: url.clone(), control: url };
    // Only what the scenario asks for is judged, so that it comes to its last step.
    let mut levels = Levels::default();
    flowproof::checks::ids().iter().for_each(|check| levels.set(check, Level::Allow));
    levels.set("expectation", Level::Deny);
    let register = printer.register().clone();
    let options = RunOptions { target, levels, retries: 1, register, ..RunOptions::new("reports") };
    let listener = Panicking { when, begun: AtomicUsize::new(0) };
    let prepared = Prepared::new(contract, suite.scenarios, options, Box::new(listener));
    let finished = prepared.run(&Arguments::default()).expect("it ends");
    std::process::exit(i32::from(finished.exit.code()));
}

#[test]
fn x17_no_secret_is_told_when_the_program_panics() {
    for (when, code) in [("again", 3), ("ended", 70)] {
        let (folder, tenant) = (scenario(&format!("panic-{when}"), ENDS[1].2), Hostile::start(Mood::Talkative));
        let mut command = alone(module_path!(), "the_process_that_panics");
        command.current_dir(&folder).env_remove("GITHUB_ACTIONS");
        command.env(PANICS, when).env(TENANT, tenant.url()).env("RUST_BACKTRACE", "full");
        let output = command.output().expect("the program runs");
        tenant.assert_told(&output);
        assert_eq!(output.status.code(), Some(code), "a panic is no verdict: {output:?}");
        assert!(stderr(&output).contains("fault of Flowproof"), "{output:?}");
        let run = Run { folder, output };
        assert_clean(&run.artefacts(), 3);
    }
}

#[cfg(unix)]
#[test]
fn x17_no_secret_is_told_when_the_run_is_interrupted() {
    let (folder, tenant) = (scenario("interrupt", ENDS[0].2), Hostile::start(Mood::Silent));
    let child = command(&folder, &tenant, TALKING).spawn().expect("the program runs");
    tenant.wait_until_silent();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    tenant.assert_told(&output);
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let run = Run { folder, output };
    assert_clean(&run.artefacts(), 3);
}

/// A target whose secrets come from a variable, a file and a program.
const TARGET: &str = r#"[targets.canary]
auth-path = "ADDRESS"
environment-in-path = true
environment = "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001"
[targets.canary.worker]
client-id = "worker"
client-secret = { env = "CANARY_WORKER_SECRET" }
authentication = "post"
[targets.canary.apps.mfa]
client-secret = { command = ["cat", "api-key"] }
[[targets.canary.users.email]]
id = "6b7a5e0c-8f6e-4b57-9f0e-0d7f6a1c2b3d"
username = "ada"
expendable = true
password = { file = "password" }
passcode = { source = "command", command = ["cat", "passcode"] }
"#;

#[test]
fn x14_x17_no_secret_of_a_configured_target_is_printed_or_written_however_a_run_ends() {
    let marker = |name: &str| MARKERS.iter().find(|(known, _)| *known == name).expect("there is one").1;
    for ((name, mood, last), code) in ENDS.into_iter().zip([0, 1, 3, 1]) {
        let (folder, tenant) = (scenario(&format!("target-{name}"), last), Hostile::start(mood));
        fs::write(folder.join("flowproof.toml"), TARGET.replace("ADDRESS", &tenant.url())).expect("written");
        for (file, secret) in [("password", "password"), ("passcode", "passcode"), ("api-key", "api-key")] {
            fs::write(folder.join(file), marker(secret)).expect("written");
        }
        // The program's secret is used as well, or nobody would read it.
        let cases = folder.join("cases/secrets.yaml");
        let text = fs::read_to_string(&cases).expect("it was written");
        let more = "password: \"{{user.password}}{{apps.mfa.clientSecret}}\"";
        fs::write(&cases, text.replacen("password: \"{{user.password}}\"", more, 1)).expect("written");
        let mut command = program();
        command.current_dir(&folder).args(["run", "cases", "--report", "reports", "--target", "canary"]).args(TALKING);
        command.env("CANARY_WORKER_SECRET", marker("worker-secret"));
        let output = command.output().expect("the program runs");
        assert_eq!(output.status.code(), Some(code), "{name}: {output:?}");
        tenant.assert_told_what_is_configured(&output);
        // The worker was issued another token here: nobody could know that this one is a secret.
        let known: Vec<_> = MARKERS.into_iter().filter(|(name, _)| *name != "worker-token").collect();
        assert_clean_of(&known, &Run { folder, output }.artefacts(), 7);
    }
}

#[test]
fn x12_x17_lint_does_not_show_the_secret_that_it_complains_of() {
    let folder = scenario("lint", ENDS[0].2);
    let path = folder.join("cases/secrets.yaml");
    let text = fs::read_to_string(&path).expect("it was written");
    let jwt = MARKERS.iter().find(|(name, _)| *name == "id-token").expect("there is one").1;
    let literal = format!("\"Bearer {jwt}\" }} # and a comment\n    unknown: key");
    fs::write(&path, text.replacen("\"{{basic worker}}\" }", &literal, 1)).expect("it can be written");
    let mut artefacts = Artefacts::default();
    for arguments in ["lint", "lint --format json", "lint --format github", "lint --format sarif", "run"] {
        let output = flowproof_in(&folder, &arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        artefacts.add(arguments, &output.stdout);
        artefacts.add(&format!("{arguments}, errors"), &output.stderr);
    }
    assert!(artefacts.mention("literal-secret"), "lint does not complain");
    assert_clean(&artefacts, 2);
}
