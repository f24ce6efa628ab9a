//! `flowproof gate`, `merge` and `rerun` as a user runs them: the program, real runs, real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::support::{code, folder, names, program, said};

/// A folder of its own, with runs of a few scenarios in it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn flowproof(&self, arguments: &[&str]) -> Output {
        let empty = self.path("empty.toml");
        fs::write(&empty, "").expect("written");
        program().args(arguments).arg("--config").arg(empty).output().expect("the program runs")
    }

    /// A run that was made for all desks, in a folder of this one.
    fn copy(&self, name: &str, run: &Path) -> PathBuf {
        let folder = self.path(name);
        fs::create_dir(&folder).expect("a folder");
        for name in names(run) {
            fs::copy(run.join(&name), folder.join(name)).expect("copied");
        }
        folder
    }

    /// Runs scenarios into a folder of this desk; of the reports only one is written.
    fn run(&self, name: &str, arguments: &[&str]) -> PathBuf {
        let folder = self.path(name);
        let shown = folder.display().to_string();
        self.flowproof(&[&["run", "--quiet", "--json", "--report", &shown], arguments].concat());
        folder
    }

    fn gate(&self, run: &Path, baseline: &Path, arguments: &[&str]) -> Output {
        let (run, baseline) = (run.display().to_string(), baseline.display().to_string());
        // A machine that is busy is no news.
        let patient = ["gate", &run, "--baseline", &baseline, "--latency-factor", "1000000"];
        self.flowproof(&[&patient, arguments].concat())
    }
}

const SOME: &str = "cases/mfa/otp";

/// A run without a fault, and one with some, made once.
static GOOD: LazyLock<PathBuf> = LazyLock::new(|| made("gate/good", &[]));
static BROKEN: LazyLock<PathBuf> = LazyLock::new(|| made("gate/broken", &["--fault", "missing-status"]));

fn made(name: &str, more: &[&str]) -> PathBuf {
    let folder = folder(name);
    let output = program()
        .args(["run", "--quiet", "--json", SOME, "--report"])
        .arg(&folder)
        .args(more)
        .output()
        .expect("it runs");
    assert!(matches!(code(&output), 0 | 1), "{}", said(&output));
    folder
}

#[test]
fn a_run_like_the_baseline_passes_the_gate_in_either_form() {
    let desk = Desk::new();
    let (first, second) = (desk.copy("first", &GOOD), desk.run("second", &[SOME]));
    let baseline = desk.path("baseline.toml");
    let update = desk.gate(&first, &baseline, &["--update"]);
    assert_eq!(code(&update), 0, "{}", said(&update));
    for form in [&baseline, &first] {
        let gate = desk.gate(&second, form, &[]);
        assert_eq!(code(&gate), 0, "{}", said(&gate));
        assert!(said(&gate).contains("The gate is open"), "{}", said(&gate));
    }
    let text = fs::read_to_string(&baseline).expect("written");
    desk.gate(&second, &baseline, &["--update"]);
    assert_eq!(text, fs::read_to_string(&baseline).expect("written"), "the same behaviour leaves nothing to review");
}

#[test]
fn a_broken_tenant_shuts_the_gate_and_a_pasted_entry_opens_it() {
    let desk = Desk::new();
    let good = desk.copy("good", &GOOD);
    let broken = desk.copy("broken", &BROKEN);
    let gate = desk.gate(&broken, &good, &[]);
    assert_eq!(code(&gate), 1, "{}", said(&gate));
    assert!(said(&gate).contains("new failure"), "{}", said(&gate));

    let json = desk.gate(&broken, &good, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("one object");
    let entries = json["comparison"]["entries"].as_array().expect("a list");
    let filled = |entry: &serde_json::Value| {
        entry
            .as_str()
            .expect("a text")
            .replace("reason = \"\"", "reason = \"known\"")
            .replace("issue = \"\"", "issue = \"#1\"")
    };
    let file = desk.path("expectations.toml");
    let text: Vec<String> = entries.iter().map(filled).collect();
    fs::write(&file, text.join("\n")).expect("written");
    let shown = file.display().to_string();
    let gate = desk.gate(&broken, &good, &["--expectations", &shown]);
    assert_eq!(code(&gate), 0, "{}", said(&gate));
    assert!(said(&gate).contains("expected failures"), "{}", said(&gate));
    // What is expected must happen.
    let gate = desk.gate(&good, &good, &["--expectations", &shown]);
    assert_eq!(code(&gate), 1, "{}", said(&gate));
    assert!(said(&gate).contains("unexpected pass"), "{}", said(&gate));
}

#[test]
fn behaviour_that_changed_is_shown_and_shuts_the_gate_only_where_that_is_asked_for() {
    let desk = Desk::new();
    let good = desk.copy("good", &GOOD);
    let odd = desk.run("odd", &[SOME, "--fault", "undocumented-property"]);
    let gate = desk.gate(&odd, &good, &[]);
    assert_eq!(code(&gate), 0, "{}", said(&gate));
    assert!(said(&gate).contains("changed behaviour") && said(&gate).contains("appeared"), "{}", said(&gate));
    assert_eq!(code(&desk.gate(&odd, &good, &["--deny-changes"])), 1);
}

#[test]
fn e07_e12_e15_what_cannot_be_compared_is_unusable_and_never_empty() {
    let desk = Desk::new();
    let run = desk.copy("run", &GOOD);
    let text = fs::read_to_string(run.join("journal.jsonl")).expect("a journal");
    let files = [
        ("corrupt.jsonl", "{\"header\":".to_owned()),
        ("empty", String::new()),
        ("later.jsonl", text.replacen("\"format\":1", "\"format\":9", 1)),
        ("later.toml", "format = 9\ncontract = \"c\"\n".to_owned()),
        ("unfinished.jsonl", text.lines().take(3).map(|line| format!("{line}\n")).collect()),
    ];
    for (name, content) in files {
        let file = desk.path(name);
        fs::write(&file, content).expect("written");
        let gate = desk.gate(&run, &file, &[]);
        assert_eq!(code(&gate), 2, "{name}: {}", said(&gate));
    }
    let missing = desk.gate(&run, &desk.path("missing"), &[]);
    assert_eq!(code(&missing), 2, "{}", said(&missing));
    let unfinished = desk.gate(&desk.path("unfinished.jsonl"), &run, &[]);
    assert_eq!(code(&unfinished), 2);
    assert!(said(&unfinished).contains("did not finish"), "{}", said(&unfinished));
}

#[test]
fn a_baseline_is_never_updated_in_ci() {
    let desk = Desk::new();
    let run = desk.run("run", &["cases/mfa/otp/email-completes.yaml"]);
    let baseline = desk.path("baseline.toml");
    let mut command = program();
    command.args(["gate", "--update", "--baseline"]).arg(&baseline).arg(&run).env("CI", "true");
    assert_eq!(code(&command.output().expect("it runs")), 2);
    assert!(!baseline.exists());
}

#[test]
fn the_reports_of_a_gate_tell_what_changed_and_since_when() {
    let desk = Desk::new();
    let good = desk.copy("good", &GOOD);
    let broken = desk.copy("broken", &BROKEN);
    let (first, second) = (desk.path("gate"), desk.path("again"));
    fs::create_dir_all(&first).expect("made");
    fs::write(first.join("report.tap"), "TAP version 14").expect("written");
    let gate = desk.gate(&broken, &good, &["--report", &first.display().to_string()]);
    assert_eq!(code(&gate), 1, "{}", said(&gate));
    assert!(!first.join("report.tap").exists(), "a report of an earlier run looks like one of this run");
    let html = fs::read_to_string(first.join("report.html")).expect("written");
    assert!(html.contains("New in this run."), "the baseline has none of it");
    let changes =
        html.split("id=\"changes\"").nth(1).expect("the part is there").split("</section>").next().expect("it ends");
    assert!(changes.contains("against the run of") && changes.contains("Worse"), "{changes}");
    assert!(changes.contains("new failure") && changes.contains("href=\"#s-mfa_otp_"), "{changes}");
    assert!(changes.contains("since ") && changes.contains("more</summary>"), "the rest is folded: {changes}");

    let journal = |folder: &Path| fs::read_to_string(folder.join("journal.jsonl")).expect("written");
    let lines = |text: String| text.lines().rev().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(journal(&first)), lines(journal(&broken)), "only the footer is another");

    let gate = desk.gate(&broken, &first, &["--report", &second.display().to_string()]);
    // S2-20: nobody has accepted what the first gate was shut by.
    assert_eq!(code(&gate), 1, "{}", said(&gate));
    let footer: serde_json::Value =
        serde_json::from_str(journal(&second).lines().last().expect("a footer")).expect("JSON");
    let still = &footer["footer"]["changes"]["changes"][0];
    assert!(still["message"].as_str().is_some_and(|message| message.starts_with("new failure")), "{still}");
    let header: serde_json::Value =
        serde_json::from_str(journal(&broken).lines().next().expect("a header")).expect("JSON");
    assert_eq!(still["since"], header["header"]["started_at"], "since the run that failed first");
}

#[test]
fn k08_shards_come_back_as_one_verdict_and_a_missing_or_doubled_one_is_refused() {
    let desk = Desk::new();
    let whole = desk.copy("whole", &GOOD);
    let part = |k: usize| desk.run(&format!("part-{k}"), &[SOME, "--shard", &format!("{k}/3")]).display().to_string();
    let parts: Vec<String> = (1..=3).map(part).collect();
    let united = desk.path("united").display().to_string();
    let merge = |parts: &[&str]| desk.flowproof(&[&["merge", "--report", &united], parts].concat());

    let missing = merge(&[&parts[0], &parts[2]]);
    assert_eq!(code(&missing), 2, "{}", said(&missing));
    assert!(said(&missing).contains("shard 2 of 3 is missing"), "{}", said(&missing));
    let doubled = merge(&[&parts[0], &parts[1], &parts[2], &parts[1]]);
    assert_eq!(code(&doubled), 2, "{}", said(&doubled));
    assert!(
        said(&doubled).contains("shard 2 occurs 2 times; the same journal was given twice: "),
        "{}",
        said(&doubled)
    );
    let alone = whole.display().to_string();
    assert!(said(&merge(&[&alone])).contains("not a shard"));

    let merged = merge(&[&parts[1], &parts[0], &parts[2]]);
    assert_eq!(code(&merged), 0, "{}", said(&merged));
    let gate = desk.gate(Path::new(&united), &whole, &[]);
    assert_eq!(code(&gate), 0, "{}", said(&gate));
    let back = desk.gate(&whole, Path::new(&united), &[]);
    assert_eq!(code(&back), 0, "{}", said(&back));
}

#[test]
fn k08_shards_of_another_suite_or_contract_are_refused() {
    let desk = Desk::new();
    let first = desk.run("first", &[SOME, "--shard", "1/2"]);
    let second = desk.run("second", &["cases/mfa/push", "--shard", "2/2"]);
    let merge = |second: &Path| {
        let (first, second) = (first.display().to_string(), second.display().to_string());
        desk.flowproof(&["merge", "--report", &desk.path("united").display().to_string(), &first, &second])
    };
    assert_eq!(code(&merge(&second)), 2);
    assert!(said(&merge(&second)).contains("suites that differ"), "{}", said(&merge(&second)));
    let second = desk.run("other", &[SOME, "--shard", "2/2"]);
    let journal = second.join("journal.jsonl");
    let text = fs::read_to_string(&journal).expect("a journal");
    let digest: serde_json::Value = serde_json::from_str(text.lines().next().expect("a header")).expect("JSON");
    let digest = digest["header"]["contract"]["digest"].as_str().expect("a digest").to_owned();
    // Whoever edits a journal is found out by its digest; one of an earlier build has none.
    let (lines, footer) = text.trim_end().rsplit_once('\n').expect("a footer");
    let mut footer: serde_json::Value = serde_json::from_str(footer).expect("JSON");
    footer["footer"].as_object_mut().expect("a footer").remove("digest");
    fs::write(&journal, format!("{}\n{footer}\n", lines.replace(&digest, "0000"))).expect("written");
    assert_eq!(code(&merge(&second)), 2);
    assert!(said(&merge(&second)).contains("contracts that differ"), "{}", said(&merge(&second)));
}

#[test]
fn rerun_runs_what_failed_and_nothing_else() {
    let desk = Desk::new();
    let broken = desk.copy("broken", &BROKEN).display().to_string();
    let report = desk.path("again").display().to_string();
    let list = desk.flowproof(&["rerun", "--failed", &broken, "--list"]);
    let names: Vec<String> = said(&list).lines().map(str::to_owned).collect();
    assert!(!names.is_empty() && names.iter().all(|name| name.starts_with("mfa/otp/")), "{}", said(&list));
    let again = desk
        .flowproof(&["rerun", "--failed", &broken, "--target", "embedded", "--quiet", "--json", "--report", &report]);
    assert_eq!(code(&again), 0, "{}", said(&again));
    let nothing = desk.flowproof(&["rerun", "--failed", &report]);
    assert_eq!(code(&nothing), 4, "{}", said(&nothing));
}

/// S1-4: a run with planted faults says so wherever it is read, and is no baseline.
#[test]
fn s1_4_planted_faults_are_named_by_every_report_and_refused_as_a_baseline() {
    let desk = Desk::new();
    let broken = desk.run("broken", &[SOME, "--fault", "missing-status", "--html", "--junit", "--markdown", "--tap"]);
    for name in ["journal.jsonl", "junit.xml", "report.json", "summary.md", "report.tap"] {
        let text = fs::read_to_string(broken.join(name)).expect("written");
        let head: String = text.lines().take(30).collect();
        assert!(head.contains("missing-status"), "{name}: {head}");
    }
    let report = desk.flowproof(&["report", &broken.display().to_string(), "--json"]);
    let shown = said(&report).replace("\n             ", " ");
    assert!(shown.contains("The stand-in was broken on purpose: `missing-status`."), "{shown}");
    assert!(shown.contains("1: the stand-in, which was broken on purpose, broke the contract"), "{shown}");
    let baseline = desk.path("baseline.toml");
    for more in [&["--update"][..], &["--update", "--accept-part"]] {
        let refused = desk.gate(&broken, &baseline, more);
        assert_eq!(code(&refused), 2, "{}", said(&refused));
        assert!(said(&refused).contains("broken on purpose (missing-status)"), "{}", said(&refused));
    }
    assert!(!baseline.exists());
}

/// S1-4: a part of a suite is a baseline only where somebody says so.
#[test]
fn s1_4_a_filtered_run_or_a_single_shard_is_no_baseline_unless_it_is_accepted() {
    let desk = Desk::new();
    for (name, part) in [
        ("tag", ["--tag", "mfa"]),
        ("filter", ["--filter", "otp"]),
        ("shard", ["--shard", "1/2"]),
        ("not-tag", ["--not-tag", "smoke"]),
        ("exclude", ["--exclude", "wrong"]),
    ] {
        let (run, baseline) = (desk.run(name, &[SOME, part[0], part[1]]), desk.path(&format!("{name}.toml")));
        let refused = desk.gate(&run, &baseline, &["--update"]);
        assert_eq!(code(&refused), 2, "{}", said(&refused));
        assert!(said(&refused).contains(&part.join(" ")) && !baseline.exists(), "{}", said(&refused));
        let accepted = desk.gate(&run, &baseline, &["--update", "--accept-part"]);
        assert_eq!(code(&accepted), 0, "{}", said(&accepted));
        assert!(said(&accepted).contains("; none of them fails"), "{}", said(&accepted));
    }
}

/// S1-4: a first baseline says how many failures it accepts.
#[test]
fn s1_4_a_first_baseline_counts_the_failures_that_it_accepts() {
    let desk = Desk::new();
    let cases = desk.path("cases");
    fs::create_dir(&cases).expect("a folder");
    let case = fs::read_to_string("cases/mfa/otp/email-completes.yaml").expect("a scenario");
    fs::write(cases.join("fails.yaml"), case.replace("[201, 200]", "[201, 201]")).expect("written");
    let run = desk.run("run", &[&cases.display().to_string()]);
    let update = desk.gate(&run, &desk.path("baseline.toml"), &["--update"]);
    assert!(said(&update).contains("a first baseline of 1 scenario; 1 of them"), "{}", said(&update));
}

/// S1-2: whoever failed is asked again, not somebody else.
#[test]
fn s1_2_a_rerun_asks_the_target_of_that_run_with_the_same_faults_or_refuses() {
    let desk = Desk::new();
    let broken = desk.copy("broken", &BROKEN);
    let again = |name: &str, more: &[&str]| {
        let (failed, report) = (broken.display().to_string(), desk.path(name).display().to_string());
        desk.flowproof(&[&["rerun", "--failed", &failed, "--json", "--report", &report], more].concat())
    };
    let same = again("same", &[]);
    assert_eq!(code(&same), 1, "{}", said(&same));
    let lower = again("lower", &["--warn", "response-schema"]);
    assert!(said(&lower).contains("`response-schema` was at \"deny\" in that run"), "{}", said(&lower));
    let without = again("without", &["--target", "embedded"]);
    assert_eq!(code(&without), 0, "{}", said(&without));
    assert!(said(&without).contains("with the fault `missing-status`"), "{}", said(&without));

    let journal = broken.join("journal.jsonl");
    let text = fs::read_to_string(&journal).expect("a journal");
    let embedded = "\"target\":{\"name\":\"embedded stand-in\",\"kind\":\"embedded\"";
    assert!(text.contains(embedded));
    fs::write(&journal, text.replacen(embedded, "\"target\":{\"name\":\"staging\",\"kind\":\"tenant\"", 1))
        .expect("written");
    let elsewhere = again("elsewhere", &[]);
    assert_eq!(code(&elsewhere), 2, "{}", said(&elsewhere));
    assert!(said(&elsewhere).contains("that run was against `staging`"), "{}", said(&elsewhere));
    assert!(said(&elsewhere).contains("--target"), "{}", said(&elsewhere));
    assert!(!desk.path("elsewhere").exists(), "nothing ran");
}

/// A folder with a suite of one scenario and a threshold that it does not reach.
fn undercovered() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("cases")).expect("a folder");
    for name in ["email-completes.yaml", "sms-completes.yaml", "totp-completes.yaml"] {
        fs::copy(Path::new("cases/mfa/otp").join(name), folder.path().join("cases").join(name)).expect("copied");
    }
    fs::write(folder.path().join("flowproof.toml"), "[coverage]\noperations = 100\n").expect("written");
    folder
}

/// S1-7: thresholds are a verdict of the run: journal, reports and gate know it.
#[test]
fn s1_7_a_coverage_shortfall_is_in_the_journal_in_every_report_and_shuts_the_gate() {
    let folder = undercovered();
    let flowproof = |arguments: &[&str]| crate::support::flowproof_in(folder.path(), arguments);
    let run = flowproof(&["run", "--report", "r", "--html", "--junit", "--json", "--markdown", "--tap"]);
    assert_eq!(code(&run), 1, "{}", said(&run));
    let shortfall = "coverage of operations is ";
    assert!(said(&run).contains(shortfall), "{}", said(&run));
    for name in ["journal.jsonl", "junit.xml", "report.html", "report.json", "summary.md", "report.tap"] {
        let text = fs::read_to_string(folder.path().join("r").join(name)).expect("written");
        assert!(text.contains(shortfall), "{name}");
    }
    let junit = fs::read_to_string(folder.path().join("r/junit.xml")).expect("written");
    assert!(
        junit.contains("failures=\"1\"") && junit.contains("<testcase name=\"coverage\" classname=\"flowproof\">"),
        "{junit}"
    );
    let footer = fs::read_to_string(folder.path().join("r/journal.jsonl")).expect("written");
    assert!(footer.lines().last().is_some_and(|line| line.contains("\"exit_code\":1")));
    // An action that turns 1 into 0 because a gate follows must not swallow it.
    let update = flowproof(&["gate", "r", "--baseline", "b.toml", "--update"]);
    assert_eq!(code(&update), 0, "{}", said(&update));
    let gate = flowproof(&["gate", "r", "--baseline", "b.toml"]);
    assert_eq!(code(&gate), 1, "{}", said(&gate));
    assert!(said(&gate).contains("too little covered"), "{}", said(&gate));
}

/// S1-7: what no part can reach by itself is judged when the parts are put together.
#[test]
fn s1_7_the_coverage_of_a_split_suite_is_judged_when_it_is_merged() {
    let folder = undercovered();
    let flowproof = |arguments: &[&str]| crate::support::flowproof_in(folder.path(), arguments);
    for part in ["1", "2"] {
        let run = flowproof(&["run", "--shard", &format!("{part}/2"), "--report", part]);
        assert_eq!(code(&run), 0, "{}", said(&run));
    }
    let merged = flowproof(&["merge", "1", "2", "--report", "whole"]);
    assert_eq!(code(&merged), 1, "{}", said(&merged));
    assert!(said(&merged).contains("coverage of operations is "), "{}", said(&merged));
}
