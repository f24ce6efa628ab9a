//! Whole processes: what one scenario takes, and a thousand files, beside hurl where it is installed, and beside another build
//! of Flowproof where one is named.
//!
//! ```console
//! $ cargo bench --bench whole
//! $ FLOWPROOF_BASE=/path/to/another/flowproof cargo bench --bench whole
//! $ FLOWPROOF_FILES=10 cargo bench --bench whole      # so many files instead of a thousand, to see that it runs
//! ```
//!
//! Every row is measured in turns, one of ours and one of theirs, against the same stand-in on the same machine; what is
//! printed are medians, and the median of the ratios pair by pair. Nothing here is asserted: machines differ, and tests
//! never time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use flowproof::tenant::{Contents, Tenant, TenantOptions};
use serde_json::Value;

/// So many files unless `FLOWPROOF_FILES` says otherwise.
const FILES: usize = 1_000;

/// The scenario, in which NUMBER stands for a number of its own.
const SCENARIO: &str = include_str!("scenario.yaml");

/// The same requests for hurl, which reads the passcode by a request of its own.
const HURL: &str = r#"# NUMBER
POST {{base}}/{{env}}/deviceAuthentications
Authorization: Bearer {{token}}
{ "user": { "id": "{{user}}" } }
HTTP 201
[Captures]
auth: jsonpath "$.id"
[Asserts]
jsonpath "$.status" == "OTP_REQUIRED"

GET {{base}}/_control/environments/{{env}}/messages?to={{user}}&kind=otp
HTTP 200
[Captures]
otp: jsonpath "$.code"

POST {{base}}/{{env}}/deviceAuthentications/{{auth}}
Authorization: Bearer {{token}}
Content-Type: application/vnd.pingidentity.otp.check+json
`{ "otp": "{{otp}}" }`
HTTP 200
[Asserts]
jsonpath "$.status" == "COMPLETED"
"#;

fn main() {
    let ours = PathBuf::from(env!("CARGO_BIN_EXE_flowproof"));
    let files = std::env::var("FLOWPROOF_FILES").map_or(FILES, |files| files.parse().expect("a number of files"));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("whole-{files}"));
    written(&folder, files, "cases", "yaml", SCENARIO);
    written(&folder, files, "hurl", "hurl", HURL);
    let tenant = Tenant::start(TenantOptions::default()).expect("a stand-in");
    let bench = Bench {
        folder,
        files,
        base: tenant.base_url().to_owned(),
        facts: tenant.control().open_environment(Contents::Seeded),
    };
    println!("{:52} {:>9} {:>9} {:>6}", "whole processes, medians", "ours, s", "theirs, s", "ratio");
    if let Some(base) = std::env::var_os("FLOWPROOF_BASE").map(PathBuf::from) {
        println!("beside {}:", base.display());
        bench.beside(&ours, &base);
    } else {
        println!("FLOWPROOF_BASE names no other build: none is measured beside this one");
    }
    if is_there("hurl") {
        println!("beside hurl:");
        bench.beside_hurl(&ours);
    } else {
        println!("hurl is not installed, so nothing is measured beside it: https://hurl.dev");
    }
}

/// Writes so many files of a kind, each with its number; what is there stays.
fn written(folder: &Path, files: usize, kind: &str, extension: &str, text: &str) {
    let folder = folder.join(kind);
    std::fs::create_dir_all(&folder).expect("a folder");
    for number in 0..files {
        let path = folder.join(format!("{number:05}.{extension}"));
        if !path.exists() {
            std::fs::write(path, text.replace("NUMBER", &number.to_string())).expect("a file");
        }
    }
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

struct Bench {
    folder: PathBuf,
    files: usize,
    /// Where the stand-in is, in which one environment is open.
    base: String,
    facts: Value,
}

impl Bench {
    fn beside(&self, ours: &Path, base: &Path) {
        let pair = |name: &str, turns: usize, of: &dyn Fn(&Path) -> Command| compare(name, turns, of(ours), of(base));
        pair("one scenario, embedded stand-in, usual reports", 15, &|program| {
            self.flowproof(program, "cases/00000.yaml", 1)
        });
        let all = |what: &str| format!("{} files, {what}, usual reports", self.files);
        pair(&all("1 job, embedded"), 5, &|program| self.flowproof(program, "cases", 1));
        pair(&all("8 jobs, embedded"), 5, &|program| self.flowproof(program, "cases", 8));
        pair(&all("1 job, over HTTP"), 5, &|program| self.over_http(program));
    }

    fn beside_hurl(&self, ours: &Path) {
        let one = self.flowproof(ours, "cases/00000.yaml", 1);
        compare("one scenario / hurl without reports", 15, one, self.hurl("hurl/00000.hurl", false));
        let all = |reports: &str| format!("{} files, 1 job / hurl {reports} reports", self.files);
        compare(&all("with"), 3, self.over_http(ours), self.hurl("hurl", true));
        compare(&all("without"), 5, self.over_http(ours), self.hurl("hurl", false));
    }

    fn flowproof(&self, program: &Path, cases: &str, jobs: usize) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).args(["run", cases, "--jobs", &jobs.to_string(), "--quiet"]);
        command
    }

    /// Against the stand-in that hurl asks as well.
    fn over_http(&self, program: &Path) -> Command {
        let mut command = self.flowproof(program, "cases", 1);
        command.args(["--target", &self.base]);
        command
    }

    fn hurl(&self, files: &str, reports: bool) -> Command {
        let mut command = Command::new("hurl");
        command.current_dir(&self.folder).args(["--test", "--jobs", "1", files]);
        command.arg("--variable").arg(format!("base={}", self.base));
        for (name, pointer) in [("env", "/env/id"), ("user", "/user/id"), ("token", "/worker/accessToken")] {
            let value = self.facts.pointer(pointer).and_then(Value::as_str).expect("a fact");
            command.arg("--variable").arg(format!("{name}={value}"));
        }
        if reports {
            let reports =
                [("--report-html", "hurl-html"), ("--report-junit", "hurl.xml"), ("--report-json", "hurl-json")];
            command.args(reports.into_iter().flat_map(|(flag, place)| [OsString::from(flag), place.into()]));
        }
        command
    }
}

/// Runs both in turn, and prints medians and the median ratio.
fn compare(name: &str, turns: usize, mut ours: Command, mut theirs: Command) {
    let pairs: Vec<(f64, f64)> = (0..=turns).map(|_| (seconds(&mut ours), seconds(&mut theirs))).skip(1).collect();
    let of = |value: fn(&(f64, f64)) -> f64| median(pairs.iter().map(value));
    let (ours, theirs, ratio) = (of(|pair| pair.0), of(|pair| pair.1), of(|pair| pair.0 / pair.1));
    println!("{name:52} {ours:>9.3} {theirs:>9.3} {ratio:>6.2}");
}

fn seconds(command: &mut Command) -> f64 {
    let clock = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} passes");
    clock.elapsed().as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
