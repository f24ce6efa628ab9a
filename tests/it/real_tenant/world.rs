//! A tenant that looks real from outside, in one shared environment, with a folder that describes it.
//!
//! Runs are those of the command itself: a process, its exit code, and the report that it wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use flowproof::tenant::{self, Contents, Tenant};
use serde_json::Value;
use uuid::Uuid;

use super::description::{Description, WORKER_SECRET};
use super::front::{Front, Options};
use crate::support::{program, said};

/// A stand-in, what stands before it, and a folder with its description.
pub(super) struct World {
    tenant: Tenant,
    environment: Uuid,
    pub front: Front,
    pub facts: Value,
    folder: tempfile::TempDir,
}

/// What came of a run.
pub(super) struct Ran {
    pub code: Option<i32>,
    pub said: String,
    pub report: Value,
}

impl World {
    /// Starts a world in which every role that has passcodes or passwords has so many users.
    pub(super) fn start(users: usize, options: Options) -> Self {
        let tenant = Tenant::start(tenant::TenantOptions::default()).expect("a stand-in");
        let control = tenant.control();
        let environment = control.open(Contents::Seeded);
        let facts = control.environment(environment).expect("its facts");
        let custom = options.environment.is_some();
        let options = Options {
            environment: custom.then(|| environment.to_string()),
            described: environment.to_string(),
            ..options
        };
        let front = Front::start(tenant.base_url(), options);
        let folder = tempfile::tempdir().expect("a folder");
        let description = Description { tenant: &tenant, environment, facts: &facts, url: &front.url, ca: &front.ca };
        description.write(folder.path(), users, custom);
        Self { tenant, environment, front, facts, folder }
    }

    /// Lets time pass at the tenant, as it does between two runs: phones show other passcodes.
    pub(super) fn pass(&self, time: Duration) {
        self.tenant.control().advance(self.environment, time).expect("the clock goes on");
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the description.
    pub(super) fn edit(&self, change: impl FnOnce(String) -> String) {
        let path = self.path("flowproof.toml");
        let text = std::fs::read_to_string(&path).expect("the description");
        std::fs::write(path, change(text)).expect("written");
    }

    /// Runs `flowproof run --target staging` with more arguments; of the reports only the one is written that is read.
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let _ = std::fs::remove_dir_all(self.path("reports"));
        let output = self.command(&[arguments, &["--json"]].concat()).output().expect("it runs");
        Ran { code: output.status.code(), said: said(&output), ..self.last() }
    }

    /// What the last run has reported, whoever started it.
    pub(super) fn last(&self) -> Ran {
        let report = crate::support::report(&self.path("reports")).unwrap_or_default();
        Ran { code: None, said: String::new(), report }
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let run = [&["run", "--target", "staging"], arguments].concat();
        self.flowproof(&run.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
    }

    /// A command of `flowproof` with this description; reports are written beside it.
    pub(super) fn flowproof(&self, arguments: &[String]) -> Command {
        let mut command = program();
        command.args(["--color", "never", "--config"]).arg(self.path("flowproof.toml")).args(arguments);
        if arguments[0] == "run" {
            command.arg("--report").arg(self.path("reports"));
        }
        let secret = self.facts.pointer("/worker/clientSecret").and_then(Value::as_str).unwrap_or_default();
        command.env(WORKER_SECRET, secret);
        command
    }
}

impl Ran {
    /// The verdicts by the names of the scenarios.
    pub(super) fn verdicts(&self) -> BTreeMap<String, String> {
        let told = |scenario: &Value| {
            let text = |key: &str| scenario[key].as_str().unwrap_or_default().to_owned();
            (text("name"), text("verdict"))
        };
        self.report["scenarios"].as_array().into_iter().flatten().map(told).collect()
    }

    pub(super) fn count(&self, verdict: &str) -> usize {
        self.verdicts().values().filter(|known| *known == verdict).count()
    }

    /// Why scenarios did not pass, by name.
    pub(super) fn reasons(&self, verdict: &str) -> Vec<String> {
        let all = self.report["scenarios"].as_array().into_iter().flatten();
        let wanted = all.filter(|scenario| scenario["verdict"] == verdict);
        wanted.map(|scenario| format!("{}: {}", scenario["name"], scenario["reason"])).collect()
    }
}
