//! Every check can fail: the stand-in is broken in one way at a time, and exactly the check that the fault names speaks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowproof::checks::{CHECKS, Levels};
use flowproof::contract::Contract;
use flowproof::harness::{self, Options, Prepared, Silent, TargetChoice};
use flowproof::record::journal::Journal;
use flowproof::record::{ExitCode, Verdict};
use flowproof::tenant::Fault;
use libtest_mimic::Arguments;

/// Runs the suite against a stand-in with these faults, every check denying, and returns its journal.
fn run(name: &str, faults: Vec<Fault>) -> (ExitCode, Journal) {
    let contract = Arc::new(Contract::embedded().expect("the contract is valid"));
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let suite = harness::load(&[cases], &contract).unwrap_or_else(|problems| panic!("{problems:?}"));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("faults").join(name);
    let options =
        Options { target: TargetChoice::Broken(faults), levels: Levels::strict(), ..Options::new(folder.clone()) };
    let arguments = Arguments {
        test_threads: Some(2),
        logfile: Some(folder.join("libtest.log").display().to_string()),
        ..Arguments::default()
    };
    let prepared = Prepared::new(contract, suite.scenarios, options, Box::new(Silent));
    prepared.start().expect("the run can begin");
    let finished = prepared.run(&arguments).expect("the journal can be kept");
    (finished.exit, Journal::open(&finished.journal).expect("the journal can be read"))
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
    let (exit, journal) = run("none", Vec::new());
    assert_eq!(speaking(&journal), BTreeSet::new());
    assert_eq!(exit, ExitCode::Held);
}

#[test]
fn each_fault_makes_exactly_the_check_speak_that_it_names() {
    for fault in Fault::ALL {
        let (exit, journal) = run(fault.name(), vec![*fault]);
        let speaking = speaking(&journal);
        let ids: Vec<&str> = speaking.iter().map(|(check, _)| check.as_str()).collect();
        assert_eq!(ids, [fault.caught_by()], "{}: {speaking:#?}", fault.name());
        assert_eq!(exit, ExitCode::Violated, "{}", fault.name());
    }
}

#[test]
fn every_registered_check_is_named_by_a_fault() {
    for check in CHECKS {
        assert!(Fault::ALL.iter().any(|fault| fault.caught_by() == check.id), "{}", check.id);
    }
}
