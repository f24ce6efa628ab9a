//! Faults that no scenario meets by itself: strangers who are let in, and what may happen once and happens twice.

use flowproof::explore::Dials;
use flowproof::run::TargetChoice;
use flowproof::tenant::Fault;

use crate::missteps::{explored, quick};

/// One in so many is tried always.
const SAMPLE: usize = 5;

/// Those of these faults that exploring does not find.
fn missed(faults: impl Iterator<Item = Fault>) -> Vec<&'static str> {
    let is_missed = |fault: &Fault| {
        let dials = Dials { races: fault.found_by() == Some("explore --races"), ..quick() };
        explored(TargetChoice::Broken(vec![*fault]), &dials).0.findings == 0
    };
    faults.filter(is_missed).map(Fault::name).collect()
}

fn lapses() -> impl Iterator<Item = Fault> {
    Fault::ALL.iter().copied().filter(|fault| fault.found_by().is_some())
}

#[test]
fn strangers_who_are_let_in_and_what_happens_twice_are_found() {
    assert_eq!(missed(lapses().step_by(SAMPLE)), [""; 0]);
}

#[test]
#[ignore = "takes a minute: each of these faults is planted"]
fn every_stranger_and_everything_that_happens_twice_is_found() {
    assert_eq!(missed(lapses()), [""; 0]);
}

#[test]
fn nothing_happens_twice_where_nothing_is_wrong() {
    let dials = Dials { personas: true, races: true, ..Dials::default() };
    let (account, exit) = explored(TargetChoice::Embedded, &dials);
    assert_eq!((account.findings, exit), (0, flowproof::record::ExitCode::Held));
    let races: usize = account.lifecycles.iter().map(|one| one.races).sum();
    assert!(races >= 20, "{races}");
}
