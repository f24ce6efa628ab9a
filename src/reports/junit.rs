//! `junit.xml`: for CI systems, in the strict dialect that Jenkins' `junit-10.xsd` describes.
//!
//! One suite per area (the first folder of a scenario's name), one case per scenario, and what went wrong always as a
//! child element whose `type` is the check's id. A run that did not finish gets a case of its own that is an error, so
//! that no consumer shows it as green.
//!
//! Deliberately not here: reruns, attachments, and the exchanges, which the other reports have.

use std::collections::HashSet;
use std::io::{self, Write};
use std::time::Duration;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::record::journal::{Entry, Header, Journal, ScenarioRecord};
use crate::record::{Finding, Level, Verdict};

use super::console::{Palette, failure};
use super::outcome::Outcome;
use super::text::{one_line, shortened};
use super::{RenderError, Renderer};

/// The JUnit report.
pub const RENDERER: Renderer =
    Renderer { name: "junit", file: "junit.xml", purpose: "test results for a CI system", render };

/// The longest text of one case, in characters; GitLab refuses files over 30 MB.
const TEXT: usize = 64 * 1024;

fn render(journal: &Journal, out: &mut dyn Write) -> Result<(), RenderError> {
    let outcome = Outcome::of(journal)?;
    let mut report = Report::new("flowproof");
    if let Some(us) = outcome.duration_us {
        report.set_time(Duration::from_micros(us));
    }
    let mut names = HashSet::new();
    for (area, entries) in areas(journal) {
        report.add_test_suite(suite(journal, &outcome, &area, &entries, &mut names)?);
    }
    if !outcome.finished() {
        report.add_test_suite(unfinished(journal.header(), &outcome));
    }
    report.serialize(WithoutSkipped::new(out))?;
    Ok(())
}

/// The scenarios by their area, in the order of the run.
fn areas(journal: &Journal) -> IndexMap<String, Vec<&Entry>> {
    let mut areas: IndexMap<_, Vec<_>> = IndexMap::new();
    for entry in journal.entries() {
        areas.entry(one_line(area(&entry.name))).or_default().push(entry);
    }
    areas
}

fn area(name: &str) -> &str {
    name.split_once('/').map_or("scenarios", |(area, _)| area)
}

fn suite(
    journal: &Journal,
    outcome: &Outcome,
    area: &str,
    entries: &[&Entry],
    names: &mut HashSet<String>,
) -> Result<TestSuite, RenderError> {
    let header = journal.header();
    let mut suite = new_suite(area, header, outcome);
    let mut us = 0;
    for entry in entries {
        let record = journal.record(entry)?;
        us += record.duration_us;
        suite.add_test_case(case(header, &record, unique(one_line(&record.name), names)));
    }
    suite.set_time(Duration::from_micros(us));
    Ok(suite)
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

fn case(header: &Header, record: &ScenarioRecord, name: String) -> TestCase {
    let folder = name.rsplit_once('/').map_or("scenarios", |(folder, _)| folder).replace('/', ".");
    let mut case = TestCase::new(name, case_status(header, record));
    case.set_classname(folder);
    case.set_time(Duration::from_micros(record.duration_us));
    if record.verdict == Verdict::Passed && !record.findings.is_empty() {
        case.set_system_out(text(header, record));
    }
    case
}

fn case_status(header: &Header, record: &ScenarioRecord) -> TestCaseStatus {
    let denied = record.findings.iter().find(|finding| finding.level == Level::Deny);
    let (mut status, kind) = match record.verdict {
        Verdict::Passed => return TestCaseStatus::success(),
        Verdict::Skipped => (TestCaseStatus::skipped(), "skipped"),
        Verdict::Failed => (TestCaseStatus::non_success(NonSuccessKind::Failure), "failed"),
        Verdict::Errored => (TestCaseStatus::non_success(NonSuccessKind::Error), "errored"),
    };
    status.set_type(denied.map_or(kind.into(), |finding| one_line(&finding.check)));
    status.set_message(message(record, denied));
    if record.verdict != Verdict::Skipped {
        status.set_description(text(header, record));
    }
    status
}

fn message(record: &ScenarioRecord, denied: Option<&Finding>) -> String {
    let message = denied.map(|finding| finding.message.as_str()).or(record.reason.as_deref());
    shortened(&one_line(message.unwrap_or("no reason was recorded")), 1_000).into_owned()
}

fn text(header: &Header, record: &ScenarioRecord) -> String {
    shortened(&failure(header, record, &Palette::plain()), TEXT).into_owned()
}

fn unfinished(header: &Header, outcome: &Outcome) -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("run-did-not-finish");
    status.set_message(outcome.shortfall().unwrap_or_default());
    let mut case = TestCase::new("flowproof/run-finished", status);
    case.set_classname("flowproof");
    let mut suite = new_suite("flowproof", header, outcome);
    suite.add_test_case(case);
    suite
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
