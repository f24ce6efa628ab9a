//! Requests per second of a run with every check on, against a bare reqwest client that sends the same requests to the same
//! kind of stand-in in the same process; and the peak memory of runs of 1,000 and 10,000 scenarios.
//!
//! `cargo bench --bench throughput` prints a table. Nothing here is asserted: machines differ, and tests never time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowproof::contract::Contract;
use flowproof::run::{self, Choice, Prepared, RunOptions, Silent};
use flowproof::scenario::IncompleteFile;
use flowproof::scenario::model::Scenario;
use flowproof::tenant::{Contents, Control, MessageKind, Tenant};
use libtest_mimic::Arguments;
use mimalloc::MiMalloc;
use serde_json::{Value, json};

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The scenario, in which NUMBER stands for a number of its own.
const SCENARIO: &str = include_str!("scenario.yaml");

const REQUESTS: usize = 2;
/// How often both are measured.
const PAIRS: usize = 9;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--child") {
        let number = |offset: usize| arguments[at + offset].parse().expect("a number");
        return child(number(1), number(2));
    }
    println!("{:44} {:>10} {:>10} {:>7}", "1,000 scenarios, 2 requests each", "flowproof", "bare", "ratio");
    for jobs in [1, 8] {
        // In turn, so that both see the same weather; the median of each, and of the ratios pair by pair.
        let pairs: Vec<(f64, f64)> = (0..PAIRS).map(|_| (run(1_000, jobs).0, bare(1_000, jobs))).collect();
        let (ours, theirs) = (median(pairs.iter().map(|pair| pair.0)), median(pairs.iter().map(|pair| pair.1)));
        let ratio = median(pairs.iter().map(|pair| pair.0 / pair.1));
        println!("{:44} {ours:>10.0} {theirs:>10.0} {ratio:>7.2}", format!("requests per second, {jobs} job(s)"));
    }
    for scenarios in [1_000, 10_000] {
        let (whole, memory) = in_child(scenarios, 8);
        println!("{scenarios} scenarios, 8 jobs, files to reports: {whole:.2} s, peak memory {memory} MiB");
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs in a process of its own, so that its memory is its own.
fn in_child(scenarios: usize, jobs: usize) -> (f64, usize) {
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this).args(["--child", &scenarios.to_string(), &jobs.to_string()]).output();
    let text = String::from_utf8(output.expect("the child runs").stdout).expect("text");
    let mut parts = text.split_whitespace().map(|part| part.parse::<f64>().expect("a number"));
    (parts.next().expect("seconds"), parts.next().expect("memory") as usize)
}

fn child(scenarios: usize, jobs: usize) {
    let clock = Instant::now();
    run(scenarios, jobs);
    println!("{} {}", clock.elapsed().as_secs_f64(), peak_memory());
}

/// The most memory that this process ever had, in MiB; 0 where the system does not say.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse::<usize>().ok()).map_or(0, |kib| kib / 1024)
}

/// Runs a suite, and gives requests per second of the run itself and of everything from files to reports.
fn run(scenarios: usize, jobs: usize) -> (f64, f64) {
    let folder = suite(scenarios);
    let whole = Instant::now();
    let contract = Arc::new(Contract::embedded().expect("the contract is valid"));
    let chosen = run::load_chosen(&[folder.join("cases")], &contract, None, &All);
    let chosen = chosen.unwrap_or_else(|problems| panic!("{problems:?}"));
    let reports = folder.join("reports");
    let arguments = Arguments {
        test_threads: Some(jobs),
        logfile: Some(reports.join("libtest.log").display().to_string()),
        ..Arguments::default()
    };
    let prepared = Prepared::new(contract, chosen.scenarios, RunOptions::new(reports), Box::new(Silent));
    prepared.start().expect("the run can begin");
    let finished = prepared.run(&arguments).expect("the journal can be kept");
    let (journal, _) = finished.journal.expect("the run is not shared");
    let footer = journal.footer().expect("it is finished");
    assert_eq!(footer.counts.passed, scenarios, "every scenario passes");
    let per_second = |took: Duration| (scenarios * REQUESTS) as f64 / took.as_secs_f64();
    (per_second(Duration::from_micros(footer.duration_us)), per_second(whole.elapsed()))
}

/// Chooses every scenario, as `flowproof run` does.
struct All;

impl Choice for All {
    fn chooses(&self, _: &Scenario) -> bool {
        true
    }

    fn may_choose(&self, _: &IncompleteFile) -> bool {
        true
    }
}

fn suite(scenarios: usize) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("throughput-{scenarios}"));
    let cases = folder.join("cases");
    std::fs::create_dir_all(&cases).expect("a folder");
    for number in 0..scenarios {
        write_once(&cases.join(format!("{number:05}.yaml")), &SCENARIO.replace("NUMBER", &number.to_string()));
    }
    folder
}

fn write_once(path: &Path, text: &str) {
    if !path.exists() {
        std::fs::write(path, text).expect("a file");
    }
}

/// Sends the same requests with nothing around them, and gives requests per second.
fn bare(scenarios: usize, jobs: usize) -> f64 {
    let tenant = Tenant::start(flowproof::tenant::TenantOptions::default()).expect("a stand-in");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("a client");
    let clock = Instant::now();
    runtime.block_on(async {
        let each =
            (0..jobs).map(|_| some(client.clone(), tenant.base_url().to_owned(), tenant.control(), scenarios / jobs));
        let tasks: Vec<_> = each.map(tokio::spawn).collect();
        for task in tasks {
            task.await.expect("the task ends");
        }
    });
    (scenarios * REQUESTS) as f64 / clock.elapsed().as_secs_f64()
}

async fn some(client: reqwest::Client, base: String, control: Control, scenarios: usize) {
    let facts = control.open_environment(Contents::Seeded);
    let text = |pointer: &str| facts.pointer(pointer).and_then(Value::as_str).expect("a fact").to_owned();
    let (env, user, token) = (text("/env/id"), text("/user/id"), text("/worker/accessToken"));
    for _ in 0..scenarios {
        let request = client.post(format!("{base}/{env}/deviceAuthentications")).bearer_auth(&token);
        let answer = request.json(&json!({ "user": { "id": user } })).send().await.expect("an answer");
        let body: Value = answer.json().await.expect("JSON");
        let id = body["id"].as_str().expect("an id");
        let otp = control.message(env.parse().expect("an id"), &user, MessageKind::Otp).expect("a passcode");
        let answer = client
            .post(format!("{base}/{env}/deviceAuthentications/{id}"))
            .bearer_auth(&token)
            .header("content-type", "application/vnd.pingidentity.otp.check+json")
            .body(json!({ "otp": otp }).to_string())
            .send()
            .await
            .expect("an answer");
        assert!(!answer.bytes().await.expect("a body").is_empty());
    }
}
