//! A tenant that looks real from outside, and the `flowproof.toml` that describes it: one shared environment, a pool of users
//! of every role, secrets in files and variables, passcodes from a test inbox.
//!
//! Runs are those of the command itself: a process, its exit code, and the report that it wrote.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use flowproof::tenant::{self, Tenant};
use serde_json::Value;
use uuid::Uuid;

use crate::front::{Front, Options};

/// The variable that holds the worker's secret.
pub const WORKER_SECRET: &str = "FLOWPROOF_TEST_WORKER_SECRET";

/// A stand-in, what stands before it, and a folder with its description.
pub struct World {
    pub tenant: Tenant,
    pub front: Front,
    pub environment: Uuid,
    pub facts: Value,
    folder: tempfile::TempDir,
}

/// What came of a run.
pub struct Ran {
    pub code: Option<i32>,
    pub said: String,
    pub report: Value,
}

impl World {
    /// Starts a world in which every role that has passcodes or passwords has so many users.
    pub fn start(users: usize, options: Options) -> Self {
        let tenant = Tenant::start(tenant::Options::default()).expect("a stand-in");
        let control = tenant.control();
        let environment = control.open();
        let facts = control.environment(environment).expect("its facts");
        let custom = options.environment.is_some();
        let options = Options { environment: custom.then(|| environment.to_string()), ..options };
        let front = Front::start(tenant.base_url(), options);
        let world = Self { tenant, front, environment, facts, folder: tempfile::tempdir().expect("a folder") };
        world.describe(users, custom);
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the description.
    pub fn edit(&self, change: impl FnOnce(String) -> String) {
        let path = self.path("flowproof.toml");
        let text = std::fs::read_to_string(&path).expect("the description");
        std::fs::write(path, change(text)).expect("written");
    }

    /// Runs `flowproof run --target staging` with more arguments.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let reports = self.path("reports");
        let _ = std::fs::remove_dir_all(&reports);
        let output = self.command(arguments).output().expect("it runs");
        let report = std::fs::read(reports.join("report.json")).ok();
        let report = report.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Ran { code: output.status.code(), said: said(&output), report }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
        command.args(["--color", "never", "--config"]).arg(self.path("flowproof.toml"));
        command.args(["run", "--target", "staging", "--report"]).arg(self.path("reports")).args(arguments);
        let secret = self.facts.pointer("/worker/clientSecret").and_then(Value::as_str).unwrap_or_default();
        command.env(WORKER_SECRET, secret).current_dir(env!("CARGO_MANIFEST_DIR"));
        command
    }

    fn describe(&self, users: usize, custom: bool) {
        std::fs::write(self.path("ca.pem"), &self.front.ca).expect("written");
        let worker = self.facts.pointer("/worker/clientId").and_then(Value::as_str).expect("a worker");
        let mut text = format!(
            "[targets.staging]\nauth-path = \"{}\"\nenvironment-in-path = {}\nenvironment = \"{}\"\nca = \"ca.pem\"\n\
             default-user = \"user\"\n[targets.staging.worker]\nclient-id = \"{worker}\"\n\
             client-secret = {{ env = \"{WORKER_SECRET}\" }}\n",
            self.front.url, !custom, self.environment,
        );
        for kind in ["apps", "policies"] {
            for (name, settings) in self.facts[kind].as_object().expect("an object") {
                let _ = writeln!(text, "[targets.staging.{kind}.{}]", kebab(name));
                self.settings(&mut text, &format!("{kind}-{name}"), settings);
            }
        }
        let others = self.facts["users"].as_object().expect("users").iter();
        let all = others.map(|(role, user)| (role.as_str(), user)).chain([("user", &self.facts["user"])]);
        for (role, first) in all {
            self.user(&mut text, role, 0, first);
            for number in 1..users {
                let another = self.tenant.control().enrol(self.environment, role).expect("one more");
                self.user(&mut text, role, number, &another);
            }
        }
        std::fs::write(self.path("flowproof.toml"), text).expect("written");
    }

    fn user(&self, text: &mut String, role: &str, number: usize, user: &Value) {
        let _ = writeln!(text, "[[targets.staging.users.{}]]", kebab(role));
        self.settings(text, &format!("user-{role}-{number}"), user);
        if user["otp"] == true {
            let url = format!("{}/_control/environments/{}", self.tenant.base_url(), self.environment);
            let _ = writeln!(
                text,
                "[targets.staging.users.{}.passcode]\nsource = \"http\"\nurl = \"{url}/messages?to={{id}}&kind={{code}}\"\n\
                 text = \"/code\"\npattern = {{ otp = \"^([0-9]{{6}})$\", verification-code = \"^(.+)$\", recovery-code = \"^(.+)$\" }}",
                kebab(role)
            );
        }
    }

    /// Settings as the file has them: what is secret goes into files of its own.
    fn settings(&self, text: &mut String, owner: &str, settings: &Value) {
        const SECRET: &[&str] = &["clientSecret", "password", "assertion", "ticket", "inviteCode", "cookie"];
        for (key, value) in settings.as_object().expect("an object") {
            let name = kebab(key);
            match value {
                Value::String(secret) if SECRET.contains(&key.as_str()) => {
                    let file = format!("{owner}-{name}");
                    std::fs::write(self.path(&file), secret).expect("written");
                    let _ = writeln!(text, "{name} = {{ file = \"{file}\" }}");
                }
                Value::String(plain) => _ = writeln!(text, "{name} = \"{plain}\""),
                Value::Object(_) if key == "device" => _ = writeln!(text, "device = {}", device(value)),
                Value::Object(devices) if key == "devices" => {
                    let devices = devices.iter().map(|(name, value)| format!("{name} = {}", device(value)));
                    let _ = writeln!(text, "devices = {{ {} }}", devices.collect::<Vec<_>>().join(", "));
                }
                _ => {}
            }
        }
    }
}

impl Ran {
    /// The verdicts by the names of the scenarios.
    pub fn verdicts(&self) -> BTreeMap<String, String> {
        let told = |scenario: &Value| {
            let text = |key: &str| scenario[key].as_str().unwrap_or_default().to_owned();
            (text("name"), text("verdict"))
        };
        self.report["scenarios"].as_array().into_iter().flatten().map(told).collect()
    }

    pub fn count(&self, verdict: &str) -> usize {
        self.verdicts().values().filter(|known| *known == verdict).count()
    }

    /// Why scenarios did not pass, by name.
    pub fn reasons(&self, verdict: &str) -> Vec<String> {
        let all = self.report["scenarios"].as_array().into_iter().flatten();
        let wanted = all.filter(|scenario| scenario["verdict"] == verdict);
        wanted.map(|scenario| format!("{}: {}", scenario["name"], scenario["reason"])).collect()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn device(device: &Value) -> String {
    format!("{{ id = {}, type = {} }}", device["id"], device["type"])
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}
