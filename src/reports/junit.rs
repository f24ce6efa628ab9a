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

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::time::Duration;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite, XmlString};

use crate::record::journal::Journal;

use crate::record::{AttemptRecord, Header, ScenarioRecord};
use crate::record::{Counts, Finding, Level, Verdict};

use super::console::{Palette, failure};
use super::outcome::Outcome;
use super::{RenderError, Renderer};
use crate::base::text::{counted, one_line, shortened};

/// The JUnit report.
pub const RENDERER: Renderer =
    Renderer { name: "junit", file: "junit.xml", purpose: "test results for a CI system", render };

/// The longest text of one case, in characters; GitLab refuses text nodes over 10 MB.
const TEXT: usize = 64 * 1024;
/// The longest name, in characters.
const NAME: usize = 1_000;
/// The most bytes of all cases with their texts, as they are written.
const WHOLE: usize = 14_000_000;
/// The most bytes of the cases that come after those, without their texts.
const BARE: usize = 14_000_000;
/// The most cases: with five nodes each and those of the suites they stay below GitLab's 250,000.
const CASES: usize = 40_000;
/// The most suites; scenarios of further areas share the last one.
const SUITES: usize = 500;
/// The most notes on the run.
const NOTES: usize = 20;
/// The verdicts whose cases are written first, and so on.
const BY_URGENCY: [Verdict; 4] = [Verdict::Failed, Verdict::Errored, Verdict::Skipped, Verdict::Passed];
/// The most earlier attempts that a case tells.
const ATTEMPTS: usize = 5;

fn render(journal: &Journal, out: &mut dyn Write) -> Result<(), RenderError> {
    report(journal, &mut Budget::new())?.serialize(WithoutSkipped::new(out))?;
    Ok(())
}

fn report(journal: &Journal, budget: &mut Budget) -> Result<Report, RenderError> {
    let outcome = Outcome::of(journal);
    let mut report = Report::new("flowproof");
    if let Some(us) = outcome.duration_us {
        report.set_time(Duration::from_micros(us));
    }
    let mut cases = cases(journal, budget)?;
    for (area, positions) in areas(journal) {
        let mut suite = new_suite(&area, journal.header(), &outcome);
        let of_area: Vec<TestCase> = positions.iter().filter_map(|position| cases.remove(position)).collect();
        suite.set_time(of_area.iter().filter_map(|case| case.time).sum());
        suite.add_test_cases(of_area);
        if !suite.test_cases.is_empty() {
            report.add_test_suite(suite);
        }
    }
    let ours: Vec<TestCase> = unfinished(&outcome).into_iter().chain(budget.note()).collect();
    if !ours.is_empty() {
        let mut suite = new_suite("flowproof", journal.header(), &outcome);
        suite.add_test_cases(ours);
        report.add_test_suite(suite);
    }
    Ok(report)
}

/// The positions of the scenarios by their area, in the order of the run.
fn areas(journal: &Journal) -> IndexMap<String, Vec<usize>> {
    let mut areas: IndexMap<_, Vec<_>> = IndexMap::new();
    for (position, entry) in journal.entries().iter().enumerate() {
        let area = short_name(area(&entry.name));
        let room = areas.len() < SUITES || areas.contains_key(&area);
        areas.entry(if room { area } else { "further areas".into() }).or_default().push(position);
    }
    areas
}

fn area(name: &str) -> &str {
    name.split_once('/').map_or("scenarios", |(area, _)| area)
}

/// The cases that the budget has room for, by their position; the gravest are asked first.
fn cases(journal: &Journal, budget: &mut Budget) -> Result<HashMap<usize, TestCase>, RenderError> {
    let names = names(journal);
    let mut cases = HashMap::new();
    for verdict in BY_URGENCY {
        let entries = journal.entries().iter().enumerate().filter(|(_, entry)| entry.verdict == verdict);
        for (position, entry) in entries {
            let case = match budget.cases {
                0 => None,
                _ => budget.taken(journal.header(), &journal.record(entry)?, &names[position]),
            };
            match case {
                Some(case) => drop(cases.insert(position, case)),
                None => budget.left_out.add(verdict),
            }
        }
    }
    Ok(cases)
}

/// The names of all cases in the order of the run, no two the same.
fn names(journal: &Journal) -> Vec<String> {
    let mut names = HashSet::new();
    journal.entries().iter().map(|entry| unique(short_name(&entry.name), &mut names)).collect()
}

fn short_name(name: &str) -> String {
    shortened(&one_line(name), NAME).into_owned()
}

/// What may still be written, and what there was no room for.
struct Budget {
    whole: usize,
    bare: usize,
    cases: usize,
    left_out: Counts,
}

impl Budget {
    fn new() -> Self {
        Self { whole: WHOLE, bare: BARE, cases: CASES, left_out: Counts::default() }
    }

    /// The case of a record, whole or without its text; `None` when there is no room for it.
    fn taken(&mut self, header: &Header, record: &ScenarioRecord, name: &str) -> Option<TestCase> {
        let of = |limit| case(header, record, name, limit);
        let taken = fitting(&mut self.whole, || of(TEXT)).or_else(|| fitting(&mut self.bare, || of(0)));
        self.cases -= usize::from(taken.is_some());
        taken
    }

    /// A case that says how many others there was no room for; an error where one of them is not harmless.
    fn note(&self) -> Option<TestCase> {
        let Counts { failed, errored, .. } = self.left_out;
        let mut status = match failed + errored {
            0 => TestCaseStatus::skipped(),
            _ => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        let cases = counted(self.left_out.scenarios(), "more case");
        status.set_type("left-out");
        status.set_message(format!("{cases} left out of this file; report.json has them"));
        (self.left_out.scenarios() > 0).then(|| our_case("flowproof/left-out", status))
    }
}

/// The case, if so many bytes have room for it; they become fewer.
fn fitting(bytes: &mut usize, case: impl FnOnce() -> TestCase) -> Option<TestCase> {
    // Less than the smallest case: not even worth making one.
    let case = (*bytes > 300).then(case)?;
    *bytes = bytes.checked_sub(size(&case))?;
    Some(case)
}

/// How many bytes a case takes, at most as many as counted here.
fn size(case: &TestCase) -> usize {
    // A mark-up of its own for every case, and characters that are written as references.
    let texts = match &case.status {
        TestCaseStatus::Success { flaky_runs } => attempts_size(flaky_runs),
        TestCaseStatus::Skipped { message, description, .. } => escaped(message) + escaped(description),
        TestCaseStatus::NonSuccess { message, description, reruns, .. } => {
            escaped(message) + escaped(description) + attempts_size(&reruns.runs)
        }
    };
    let classname = case.classname.as_ref().map_or(0, |name| escaped_size(name.as_str()));
    300 + escaped_size(case.name.as_str()) + classname + texts + escaped(&case.system_out)
}

fn attempts_size(attempts: &[TestRerun]) -> usize {
    attempts.iter().map(|attempt| 200 + escaped(&attempt.message)).sum()
}

fn escaped(text: &Option<XmlString>) -> usize {
    text.as_ref().map_or(0, |text| escaped_size(text.as_str()))
}

fn escaped_size(text: &str) -> usize {
    text.len() + 5 * text.bytes().filter(|byte| matches!(byte, b'<' | b'>' | b'&' | b'"' | b'\'')).count()
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
    properties.extend(outcome.notes.iter().take(NOTES).map(|note| ("note", note.clone())));
    properties.extend(outcome.ended_early.clone().map(|reason| ("ended-early", reason)));
    properties
}

/// A name that no other case has, also after characters that XML refuses were made visible.
fn unique(name: String, names: &mut HashSet<String>) -> String {
    let mut candidate = name.clone();
    for number in 2.. {
        if names.insert(candidate.clone()) {
            break;
        }
        candidate = format!("{name} ({number})");
    }
    candidate
}

/// A case with at most so many characters of text.
fn case(header: &Header, record: &ScenarioRecord, name: &str, limit: usize) -> TestCase {
    let folder = name.rsplit_once('/').map_or("scenarios", |(folder, _)| folder).replace('/', ".");
    let mut case = TestCase::new(name, case_status(header, record, limit));
    case.set_classname(folder);
    case.set_time(Duration::from_micros(record.duration_us));
    if record.verdict == Verdict::Passed && !record.findings.is_empty() {
        case.set_system_out(text(header, record, limit));
    }
    case
}

fn case_status(header: &Header, record: &ScenarioRecord, limit: usize) -> TestCaseStatus {
    let denied = record.findings.iter().find(|finding| finding.level == Level::Deny);
    let (mut status, kind) = match record.verdict {
        Verdict::Passed => (TestCaseStatus::success(), "passed"),
        Verdict::Skipped => (TestCaseStatus::skipped(), "skipped"),
        Verdict::Failed => (TestCaseStatus::non_success(NonSuccessKind::Failure), "failed"),
        Verdict::Errored => (TestCaseStatus::non_success(NonSuccessKind::Error), "errored"),
    };
    if record.verdict != Verdict::Skipped {
        status.add_reruns(record.earlier.iter().rev().take(ATTEMPTS).rev().map(attempt));
    }
    if record.verdict == Verdict::Passed {
        return status;
    }
    status.set_type(denied.map_or(kind.into(), |finding| one_line(&finding.check)));
    status.set_message(message(&record.findings, record.reason.as_deref()));
    if record.verdict != Verdict::Skipped {
        status.set_description(text(header, record, limit));
    }
    status
}

/// An attempt before the one that counts.
fn attempt(attempt: &AttemptRecord) -> TestRerun {
    let kind = if attempt.verdict == Verdict::Errored { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let denied = attempt.findings.iter().find(|finding| finding.level == Level::Deny);
    let mut rerun = TestRerun::new(kind);
    rerun.set_type(denied.map_or(attempt.verdict.as_str().into(), |finding| one_line(&finding.check)));
    rerun.set_message(message(&attempt.findings, attempt.reason.as_deref()));
    rerun
}

fn message(findings: &[Finding], reason: Option<&str>) -> String {
    let denied = findings.iter().find(|finding| finding.level == Level::Deny);
    let message = denied.map(|finding| finding.message.as_str()).or(reason);
    shortened(&one_line(message.unwrap_or("no reason was recorded")), 1_000).into_owned()
}

fn text(header: &Header, record: &ScenarioRecord, limit: usize) -> String {
    if limit == 0 {
        return "The text has no room in this file; report.json has it.".into();
    }
    shortened(&failure(header, record, &Palette::plain()), limit).into_owned()
}

fn unfinished(outcome: &Outcome) -> Option<TestCase> {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("run-did-not-finish");
    status.set_message(one_line(&outcome.shortfall()?));
    (!outcome.finished()).then(|| our_case("flowproof/run-finished", status))
}

fn our_case(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname("flowproof");
    case
}

/// Takes the `skipped` attribute off the root element, which the strict dialect refuses and quick-junit always writes.
struct WithoutSkipped<W> {
    out: W,
    head: Option<Vec<u8>>,
}

impl<W: Write> WithoutSkipped<W> {
    fn new(out: W) -> Self {
        Self { out, head: Some(Vec::new()) }
    }
}

impl<W: Write> Write for WithoutSkipped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(mut head) = self.head.take() else { return self.out.write(bytes) };
        head.extend_from_slice(bytes);
        match String::from_utf8_lossy(&head).split_once("<testsuites").and_then(|(_, tag)| tag.find('>')) {
            Some(_) => self.out.write_all(&without_skipped(&head))?,
            None => self.head = Some(head),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn without_skipped(head: &[u8]) -> Vec<u8> {
    let head = String::from_utf8_lossy(head);
    let Some((before, rest)) = head.split_once(" skipped=\"") else { return head.as_bytes().to_vec() };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_the_root_element_loses_its_skipped_attribute_however_the_bytes_arrive() {
        let text = "<testsuites name=\"x\" skipped=\"2\" errors=\"0\"><testsuite skipped=\"1\"/></testsuites>";
        for size in [1, 7, 1_000] {
            let mut out = Vec::new();
            let mut writer = WithoutSkipped::new(&mut out);
            text.as_bytes().chunks(size).for_each(|chunk| writer.write_all(chunk).expect("a vector takes it"));
            let out = String::from_utf8(out).expect("text");
            assert_eq!(out, "<testsuites name=\"x\" errors=\"0\"><testsuite skipped=\"1\"/></testsuites>");
        }
    }

    #[test]
    fn r14_equal_names_are_told_apart() {
        let mut names = HashSet::new();
        let made: Vec<_> = ["a", "a", "a"].into_iter().map(|name| unique(name.into(), &mut names)).collect();
        assert_eq!(made, ["a", "a (2)", "a (3)"]);
    }
}
