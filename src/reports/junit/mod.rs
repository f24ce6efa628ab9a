//! `junit.xml`: for CI systems, in the strict dialect that Jenkins' `junit-10.xsd` describes.
//!
//! One suite per area (the first folder of a scenario's name), one case per scenario, and what went wrong always as a
//! child element whose `type` is the check's id. A run that did not finish gets a case of its own that is an error, so
//! that no consumer shows it as green. Earlier attempts at a scenario are `flakyFailure` where it passed at last, and
//! `rerunFailure` where it did not, as surefire writes them.
//!
//! GitLab refuses a file over 30 MB and one of very many nodes; so a file has a budget, which the gravest cases use
//! first. What does not fit is counted in a case of its own, which names `report.json`. Deliberately not here:
//! attachments, and the exchanges, which the other reports have. Nor expected failures: they are agreed on after a run, by
//! `flowproof gate`, and a journal does not know of them.

use std::collections::HashSet;
use std::io::Write;
use std::time::Duration;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::record::{Header, Verdict};

use super::outcome::Outcome;
use super::reading::RunIndex;
use super::spool::{Spool, Spooled};
use super::{Reading, RecordRead, RenderError, Renderer};
use crate::base::text::{one_line, shortened, visible};

mod budget;
mod case;
mod dialect;

use budget::Budget;
use case::{CaseDraft, CaseName, Room};
use dialect::WithoutTotals;

/// The JUnit report.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "junit", file: "junit.xml", purpose: "test results for a CI system", write };

/// The longest name, in characters.
const NAME: usize = 1_000;
/// The most suites; scenarios of further areas share the last one.
const SUITES: usize = 500;
/// The most notes on the run.
const NOTES: usize = 20;
/// The verdicts whose cases are written first, and so on.
const BY_URGENCY: [Verdict; 4] = [Verdict::Failed, Verdict::Errored, Verdict::Skipped, Verdict::Passed];

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    report(reading)?.serialize(WithoutTotals::new(out))?;
    Ok(())
}

fn report(reading: Reading<'_>) -> Result<Report, RenderError> {
    let Reading { run, records, mut spool } = reading;
    let (outcome, mut budget) = (run.outcome(), Budget::new());
    let mut report = Report::new("flowproof");
    if let Some(us) = outcome.duration_us {
        report.set_time(Duration::from_micros(us));
    }
    let mut drafts = Drafts::new(run, records, &mut spool)?;
    let rooms = rooms(run, &mut drafts, &mut budget)?;
    for (area, positions) in areas(run) {
        let mut suite = new_suite(&area, run.header(), &outcome);
        suite.test_cases.reserve_exact(positions.len());
        for position in positions {
            if let Some(room) = rooms[position] {
                suite.add_test_case(drafts.read(position)?.case(&drafts.names[position], room));
            }
        }
        suite.set_time(suite.test_cases.iter().filter_map(|case| case.time).sum());
        if !suite.test_cases.is_empty() {
            report.add_test_suite(suite);
        }
    }
    let ours: Vec<TestCase> =
        unfinished(&outcome).into_iter().chain(uncovered(&outcome)).chain(budget.note()).map(ours).collect();
    if !ours.is_empty() {
        let mut suite = new_suite("flowproof", run.header(), &outcome);
        suite.add_test_cases(ours);
        report.add_test_suite(suite);
    }
    Ok(report)
}

/// The positions of the scenarios by their area, in the order of the run.
fn areas(run: RunIndex<'_>) -> IndexMap<String, Vec<usize>> {
    let mut areas: IndexMap<_, Vec<_>> = IndexMap::new();
    for (position, entry) in run.entries().iter().enumerate() {
        let area = short_name(area(&entry.name));
        let room = areas.len() < SUITES || areas.contains_key(&area);
        areas.entry(if room { area } else { "further areas".into() }).or_default().push(position);
    }
    areas
}

fn area(name: &str) -> &str {
    name.split_once('/').map_or("scenarios", |(area, _)| area)
}

/// What the cases will say, by their position, outside of memory: a case takes half a kilobyte.
struct Drafts<'a, 's> {
    spool: &'a mut Spool<'s>,
    places: Vec<Spooled>,
    names: Vec<CaseName>,
}

impl<'a, 's> Drafts<'a, 's> {
    fn new(
        run: RunIndex<'_>,
        records: impl Iterator<Item = RecordRead>,
        spool: &'a mut Spool<'s>,
    ) -> Result<Self, RenderError> {
        let mut places = Vec::with_capacity(run.entries().len());
        for record in records {
            places.push(spool.push(&serde_json::to_vec(&CaseDraft::new(run.header(), &*record?))?)?);
        }
        Ok(Self { spool, places, names: names(run) })
    }

    fn read(&mut self, position: usize) -> Result<CaseDraft, RenderError> {
        Ok(serde_json::from_slice(&self.spool.read(self.places[position])?)?)
    }
}

/// How much room there is for each case, by its position; the gravest are asked first.
fn rooms(
    run: RunIndex<'_>,
    drafts: &mut Drafts<'_, '_>,
    budget: &mut Budget,
) -> Result<Vec<Option<Room>>, RenderError> {
    let mut rooms = vec![None; run.entries().len()];
    for verdict in BY_URGENCY {
        let entries = run.entries().iter().enumerate().filter(|(_, entry)| entry.verdict == verdict);
        for (position, _) in entries {
            if budget.has_room() {
                rooms[position] = budget.room(&drafts.read(position)?, &drafts.names[position]);
            }
            if rooms[position].is_none() {
                budget.leave_out(verdict);
            }
        }
    }
    Ok(rooms)
}

/// The class and name of all cases in the order of the run, no two the same.
fn names(run: RunIndex<'_>) -> Vec<CaseName> {
    let mut known = HashSet::new();
    run.entries().iter().map(|entry| unique(CaseName::of(&short_name(&entry.name)), &mut known)).collect()
}

fn short_name(name: &str) -> String {
    shortened(&one_line(name), NAME).into_owned()
}

fn new_suite(name: &str, header: &Header, outcome: &Outcome) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.set_timestamp(header.started_at);
    for (name, value) in properties(header, outcome) {
        suite.add_property(Property::new(name, one_line(&value)));
    }
    suite
}

fn properties(header: &Header, outcome: &Outcome) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("tool", header.tool.clone()),
        ("run", header.run_id.clone()),
        ("target", format!("{} ({})", header.target.name, header.target.base_url)),
        ("contract", format!("{} {}", header.contract.title, header.contract.version)),
        ("contract-sha256", header.contract.digest.clone()),
        ("finished", outcome.finished().to_string()),
    ];
    properties.extend((!outcome.faults.is_empty()).then(|| ("faults", outcome.faults.join(", "))));
    properties.extend(outcome.planted().map(|note| ("note", note)));
    properties.extend(outcome.notes.iter().take(NOTES).map(|note| ("note", note.clone())));
    properties.extend(outcome.ended_early.clone().map(|reason| ("ended-early", reason)));
    properties
}

/// The class and name of a case that no other has, also after characters that XML refuses were made visible.
fn unique(wanted: CaseName, known: &mut HashSet<CaseName>) -> CaseName {
    let mut candidate = wanted.clone();
    for number in 2.. {
        if known.insert(candidate.clone()) {
            break;
        }
        candidate.name = format!("{} ({number})", wanted.name);
    }
    candidate
}

fn unfinished(outcome: &Outcome) -> Option<TestCase> {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("run-did-not-finish");
    status.set_message(one_line(&outcome.shortfall()?));
    (!outcome.finished()).then(|| TestCase::new("run-finished", status))
}

/// What the suite does not reach: without a case of its own a test view would be green and the job red.
fn uncovered(outcome: &Outcome) -> Option<TestCase> {
    let first = outcome.uncovered.first()?;
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type("coverage");
    status.set_message(one_line(first));
    status.set_description(visible(&outcome.uncovered.join("\n")));
    Some(TestCase::new("coverage", status))
}

/// A case that is about the run and stands for no scenario.
fn ours(mut case: TestCase) -> TestCase {
    case.set_classname("flowproof");
    case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_equal_names_are_told_apart() {
        let mut known = HashSet::new();
        let names = ["a.b/c", "a/b/c", "a/b/c", "c"];
        let made = names.map(|name| unique(CaseName::of(name), &mut known)).map(|made| (made.class, made.name));
        let wanted = [("a.b", "c"), ("a.b", "c (2)"), ("a.b", "c (3)"), ("scenarios", "c")];
        assert_eq!(made, wanted.map(|(class, name)| (class.to_owned(), name.to_owned())));
    }

    #[test]
    fn a_case_is_not_named_twice_by_its_folder() {
        for (scenario, class, name) in [
            ("mfa/otp/wrong-value", "mfa.otp", "wrong-value"),
            ("flows/row#a/b", "flows", "row#a/b"),
            ("alone", "scenarios", "alone"),
            ("folder/", "scenarios", "folder/"),
            ("#a/b", "scenarios", "#a/b"),
        ] {
            let made = CaseName::of(scenario);
            assert_eq!((made.class.as_str(), made.name.as_str()), (class, name), "{scenario}");
        }
    }
}
