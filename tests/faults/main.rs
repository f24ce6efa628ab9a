//! Every check can fail: the stand-in is broken in one way at a time, and exactly the check that the fault names speaks.

mod lapses;
mod missteps;
mod small;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use flowproof::checks::{CHECKS, Levels};
use flowproof::contract::Contract;
use flowproof::record::journal::Journal;
use flowproof::record::{ExitCode, Verdict};
use flowproof::run::{self, Prepared, RunOptions, Silent, TargetChoice};
use flowproof::scenario::model::Scenario;
use flowproof::tenant::Fault;
use libtest_mimic::Arguments;

/// Faults that scenarios feel as well: one that acts before it looks again meets the consequence, and one that asks for the
/// value which only warns by itself finds another.
const FELT: [Fault; 4] =
    [Fault::StateAfterRejection, Fault::UndocumentedValue, Fault::MisspeltValue, Fault::MissingPolicy];

/// Into how many parts those scenarios are divided that hardly any fault needs.
const PARTS: usize = 5;

/// The contract and the whole suite, read once.
static SUITE: LazyLock<(Arc<Contract>, Vec<Scenario>)> = LazyLock::new(|| {
    let contract = Arc::new(Contract::embedded().expect("the contract is valid"));
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let suite = run::load(&[cases], &contract).unwrap_or_else(|problems| panic!("{problems:?}"));
    (contract, suite.scenarios)
});

/// The suite with one row of each table: the rows of a table meet a fault alike.
fn one_row_each() -> Vec<Scenario> {
    let mut seen = BTreeSet::new();
    let scenarios = SUITE.1.iter().filter(|scenario| seen.insert(scenario.name.split('#').next()));
    scenarios.cloned().collect()
}

fn is_smoke(scenario: &Scenario) -> bool {
    scenario.tags.iter().any(|tag| tag.value == "smoke")
}

/// Runs scenarios against a stand-in with these faults, every check denying, and returns the journal.
fn run(name: &str, scenarios: Vec<Scenario>, faults: Vec<Fault>) -> (ExitCode, Journal) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("faults").join(name);
    let options = RunOptions {
        target: TargetChoice::Broken(faults),
        levels: Levels::strict(),
        // Nobody reads them.
        formats: Vec::new(),
        ..RunOptions::new(folder.clone())
    };
    let arguments = Arguments {
        test_threads: Some(2),
        logfile: Some(folder.join("libtest.log").display().to_string()),
        ..Arguments::default()
    };
    let prepared = Prepared::new(Arc::clone(&SUITE.0), scenarios, options, Box::new(Silent));
    prepared.start().expect("the run can begin");
    let finished = prepared.run(&arguments).expect("the journal can be kept");
    (finished.exit, Journal::open(&finished.path).expect("the journal can be read"))
}

/// The checks that speak in a journal, each with the first scenario in which it does.
fn speaking(journal: &Journal) -> BTreeSet<(String, String)> {
    let mut seen = BTreeSet::new();
    let mut speaking = BTreeSet::new();
    for record in journal.records().map(|record| record.expect("the record can be read")) {
        for finding in &record.findings {
            if seen.insert(finding.check.clone()) {
                let said = format!("{}: {} {:?}", record.name, finding.message, finding.actual);
                speaking.insert((finding.check.clone(), said));
            }
        }
        if record.verdict == Verdict::Errored {
            speaking.insert(("errored".into(), format!("{}: {:?}", record.name, record.reason)));
        }
    }
    speaking
}

#[test]
fn without_a_fault_no_check_speaks() {
    let (exit, journal) = run("none", SUITE.1.clone(), Vec::new());
    assert_eq!(speaking(&journal), BTreeSet::new());
    assert_eq!(exit, ExitCode::Held);
}

/// The faults that the suite catches; the others take an exploration (`lapses`).
fn of_runs() -> impl Iterator<Item = Fault> {
    Fault::ALL.iter().copied().filter(|fault| fault.found_by().is_none())
}

/// What the checks say of a fault in some scenarios.
fn said_of(fault: Fault, scenarios: &[Scenario]) -> BTreeSet<(String, String)> {
    let (_, journal) = run(fault.name(), scenarios.to_vec(), vec![fault]);
    let mut speaking = speaking(&journal);
    if FELT.contains(&fault) {
        speaking.retain(|(check, _)| check != "expectation");
    }
    speaking
}

/// What is wrong about how a fault was caught: that it was not, or that another check spoke, too.
fn miscaught(fault: Fault, said: &BTreeSet<(String, String)>) -> Option<String> {
    let caught = said.iter().map(|(check, _)| check.as_str()).eq([fault.caught_by()]);
    (!caught).then(|| format!("{} is to be caught by {}: {said:#?}", fault.name(), fault.caught_by()))
}

/// The parts of the suite that a fault meets one after the other until a check speaks: a few that most faults meet, and then the
/// others, of which each part has some of every folder.
fn parts() -> Vec<Vec<Scenario>> {
    let (smoke, others): (Vec<_>, Vec<_>) = one_row_each().into_iter().partition(is_smoke);
    let part = |first: usize| others.iter().skip(first).step_by(PARTS).cloned().collect();
    std::iter::once(smoke).chain((0..PARTS).map(part)).collect()
}

#[test]
fn each_fault_makes_exactly_the_check_speak_that_it_names() {
    let parts = parts();
    let said = |fault| parts.iter().map(|part| said_of(fault, part)).find(|said| !said.is_empty()).unwrap_or_default();
    let wrong: Vec<String> = of_runs().filter_map(|fault| miscaught(fault, &said(fault))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "takes minutes: every fault meets every scenario"]
fn each_fault_makes_exactly_that_check_speak_in_the_whole_suite() {
    let wrong: Vec<String> = of_runs().filter_map(|fault| miscaught(fault, &said_of(fault, &SUITE.1))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks for which the stand-in gives no occasion, as it has no addresses without a lifecycle that are written to. What each
/// catches is shown on another API, in `over_time` of the integration tests.
const OF_OTHER_APIS: [&str; 5] =
    ["stable-id", "stable-times", "gone-after-delete", "there-after-create", "repeated-put"];

#[test]
fn every_registered_check_is_named_by_a_fault() {
    for check in CHECKS.iter().filter(|check| !OF_OTHER_APIS.contains(&check.id)) {
        assert!(Fault::ALL.iter().any(|fault| fault.caught_by() == check.id), "{}", check.id);
    }
}
