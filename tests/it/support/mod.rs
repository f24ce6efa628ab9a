//! What the parts share: the program as a process of its own, folders, journals, pages that are kept.
//!
//! Deliberately not here: servers that misbehave; every part has one that does so in its own way.

pub(crate) mod peers;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use flowproof::contract::Contract;
use flowproof::record::ScenarioRecord;
use flowproof::record::journal::Journal;
use flowproof::reports;
use flowproof::run::{self, Finished, Prepared, RunOptions, Silent, TargetChoice};
use libtest_mimic::Arguments;
use serde_json::Value;

/// The embedded contract.
pub(crate) static CONTRACT: LazyLock<Arc<Contract>> =
    LazyLock::new(|| Arc::new(Contract::embedded().expect("the contract is valid")));

/// The contract of a shop, whose orders are paid and stay so.
pub(crate) const SHOP: &str = include_str!("shop.yaml");

/// The folder of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_flowproof");

/// What a CI system calls its pipeline.
const PIPELINES: &[&str] = &["BUILD_TAG", "CI_PIPELINE_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_RUN_ID"];

/// The program in the package's folder, without what the environment of these tests would tell it.
pub(crate) fn program() -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(root()).stdin(Stdio::null());
    for name in
        ["CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI", "JOB_COMPLETION_INDEX"].iter().chain(PIPELINES)
    {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FLOWPROOF_")) {
        command.env_remove(name);
    }
    command
}

/// Runs the program in the package's folder to its end.
pub(crate) fn flowproof(arguments: &[&str]) -> Output {
    flowproof_in(root(), arguments)
}

/// Runs the program in a folder to its end. A report that it writes to a folder that an argument names fits its schema.
#[track_caller]
pub(crate) fn flowproof_in(folder: &Path, arguments: &[&str]) -> Output {
    let output = program().current_dir(folder).args(arguments).output().expect("the program runs");
    let named = arguments.iter().filter_map(|argument| argument.rsplit('=').next());
    named.for_each(|named| _ = report(&folder.join(named)));
    output
}

/// The `report.json` in the folder of a run, which must fit its schema; `None` where there is none. Nothing else reads it.
#[track_caller]
pub(crate) fn report(folder: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(folder.join("report.json")).ok()?;
    let report: Value = serde_json::from_str(&text).expect("a report is JSON");
    let errors = REPORT_SCHEMA.iter_errors(&report).map(|error| format!("{}: {error:.300}", error.instance_path()));
    let errors: Vec<String> = errors.take(5).collect();
    assert!(errors.is_empty(), "{} does not fit its schema: {errors:#?}", folder.display());
    Some(report)
}

/// The schema of `report.json`.
pub(crate) static REPORT_SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../../docs/report.schema.json")).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
});

/// One test of this program in a process of its own, where it may do what others must not see. Modules are named by `module_path!()`.
pub(crate) fn alone(module: &str, test: &str) -> Command {
    let module = module.split_once("::").map_or("", |(_, module)| module);
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", &format!("{module}::{test}"), "--include-ignored", "--nocapture", "--test-threads=1"]);
    command
}

/// Serves on a port of this machine until the tests end, and gives the port.
pub(crate) fn serve(app: axum::Router) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("it can be awaited");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || serve_on(listener, app));
    port
}

#[tokio::main(flavor = "current_thread")]
async fn serve_on(listener: std::net::TcpListener, app: axum::Router) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    axum::serve(listener, app).await.expect("it serves");
}

/// Waits until something is so. It says nothing of how long that may take: a test that hangs is ended, after minutes.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < HANGS, "it never comes to this: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What only a test takes that hangs.
pub(crate) const HANGS: Duration = Duration::from_secs(600);

/// The exit code of a process that was not killed.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("it was killed: {output:?}"))
}

/// What was written to standard output.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What was written to standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What was written to standard output, and then what was written to standard error.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", stdout(output), stderr(output))
}

/// An empty folder that stays after the test, for people who look for what went wrong. Its name must be of one test only.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("it").join(name);
    let _not_there = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// All files below a folder whose names have this ending, in order.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    let inside = |path: PathBuf| if path.is_dir() { files(&path, ending) } else { vec![path] };
    entries.into_iter().flat_map(inside).filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
}

/// The names of what is in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Runs what is prepared to its end, so many scenarios at a time.
pub(crate) fn finish(prepared: Prepared, folder: &Path, jobs: usize) -> Finished {
    prepared.start().expect("the run can begin");
    let arguments = Arguments {
        test_threads: Some(jobs),
        logfile: Some(folder.join("libtest.log").display().to_string()),
        ..Arguments::default()
    };
    let finished = prepared.run(&arguments).expect("the journal can be kept");
    report(folder);
    finished
}

/// Runs the scenarios of `cases/` with such names in a folder of this name, and gives the journal's path. Of the reports only
/// the one is written that is held against its schema: the page takes a quarter of a run.
pub(crate) fn run_cases(name: &str, target: TargetChoice, chooses: fn(&str) -> bool) -> PathBuf {
    let folder = folder(name);
    let suite = run::load(&[root().join("cases")], &CONTRACT).unwrap_or_else(|problems| panic!("{problems:?}"));
    let scenarios = suite.scenarios.into_iter().filter(|scenario| chooses(&scenario.name)).collect();
    let formats = reports::renderer("json").into_iter().copied().collect();
    let options = RunOptions { target, formats, ..RunOptions::new(folder.clone()) };
    finish(Prepared::new(Arc::clone(&CONTRACT), scenarios, options, Box::new(Silent)), &folder, 2).path
}

/// The journal of the whole suite, run once for all tests that look at it.
pub(crate) static SUITE: LazyLock<PathBuf> = LazyLock::new(|| run_cases("suite", TargetChoice::Embedded, |_| true));

/// The journal in the folder of a run.
pub(crate) fn journal(folder: &Path) -> Journal {
    Journal::open(&folder.join("journal.jsonl")).expect("a journal")
}

/// The scenarios of a journal.
pub(crate) fn records(journal: &Journal) -> Vec<ScenarioRecord> {
    journal.records().map(|record| record.expect("a record")).collect()
}

/// Compares a generated page with the one that is kept, or writes it where the environment says `UPDATE_DOCS=1`.
pub(crate) fn keep(path: &str, text: &str) {
    let page = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, text).expect("the page can be written");
    }
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(kept == text, "{path} is out of date; write it again: UPDATE_DOCS=1 cargo test --test it");
}
