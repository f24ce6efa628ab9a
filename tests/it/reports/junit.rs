//! The JUnit report: a golden, and the rules of the strict dialect.

use std::collections::HashSet;
use std::process::Command;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::{journal, rendered, unfinished_journal};

/// The elements of the dialect: name, required attributes, further attributes, children.
const ELEMENTS: &[(&str, &str, &str, &str)] = &[
    ("testsuites", "name", "time", "testsuite"),
    ("testsuite", "name tests failures errors", "skipped time timestamp", "properties testcase"),
    ("properties", "", "", "property"),
    ("property", "name value", "", ""),
    (
        "testcase",
        "name classname",
        "time",
        "failure error skipped flakyFailure flakyError rerunFailure rerunError system-out",
    ),
    ("flakyFailure", "type message", "", ""),
    ("flakyError", "type message", "", ""),
    ("rerunFailure", "type message", "", ""),
    ("rerunError", "type message", "", ""),
    ("failure", "type message", "", ""),
    ("error", "type message", "", ""),
    ("skipped", "type message", "", ""),
    ("system-out", "", "", ""),
];

/// An element with its attributes and the name of its parent.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) parent: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// All elements of a document; panics when it is not well-formed.
pub(super) fn elements(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut open, mut found) = (vec![String::new()], Vec::new());
    loop {
        match reader.read_event().expect("the document is well-formed") {
            Event::Start(tag) => {
                found.push(element(&tag, &open));
                open.push(text(tag.name().as_ref()));
            }
            Event::Empty(tag) => found.push(element(&tag, &open)),
            Event::End(_) => drop(open.pop()),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open.len(), 1, "every element is closed");
    found
}

fn element(tag: &BytesStart<'_>, open: &[String]) -> Element {
    let attributes = tag.attributes().map(|attribute| {
        let attribute = attribute.expect("attributes are well-formed and unique");
        let value = text(&attribute.value);
        (text(attribute.key.as_ref()), unescape(&value).expect("references are known").into_owned())
    });
    Element {
        name: text(tag.name().as_ref()),
        parent: open.last().cloned().unwrap_or_default(),
        attributes: attributes.collect(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("names are UTF-8")
}

#[test]
fn the_report_is_what_it_was() {
    insta::assert_snapshot!(rendered(&journal(), "junit"));
}

#[test]
fn r11_r12_only_elements_and_attributes_of_the_strict_dialect_are_used() {
    for element in elements(&rendered(&journal(), "junit")) {
        let rule = ELEMENTS.iter().find(|(name, ..)| *name == element.name);
        let (_, required, further, _) = rule.unwrap_or_else(|| panic!("<{}> is not in the dialect", element.name));
        let has = |name: &str| element.attributes.iter().any(|(known, _)| known == name);
        assert!(required.split_whitespace().all(has), "<{}> lacks an attribute", element.name);
        let known = |name: &str| required.split(' ').chain(further.split(' ')).any(|known| known == name);
        assert!(element.attributes.iter().all(|(name, _)| known(name)), "<{}> has one too many", element.name);
        let parent = ELEMENTS.iter().find(|(name, ..)| *name == element.parent);
        assert!(parent.is_none_or(|(_, _, _, children)| children.split(' ').any(|child| child == element.name)));
    }
}

#[test]
fn r08_r09_r10_only_characters_of_xml_are_in_it() {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let xml = rendered(&journal(), "junit");
    assert_eq!(xml.chars().find(|c| !allowed(*c)), None);
    assert!(!xml.contains("]]>") && !xml.contains("<script"));
}

#[test]
fn r14_no_two_cases_have_the_same_name() {
    let mut names = HashSet::new();
    let elements = elements(&rendered(&journal(), "junit"));
    for case in elements.iter().filter(|element| element.name == "testcase") {
        assert!(names.insert((case.attribute("classname"), case.attribute("name"))));
    }
    assert_eq!(names.len(), 7);
}

#[test]
fn what_went_wrong_is_a_child_whose_type_is_the_check() {
    let elements = elements(&rendered(&journal(), "junit"));
    let types = |name: &str| -> Vec<_> {
        elements
            .iter()
            .filter(|element| element.name == name)
            .map(|element| element.attribute("type").to_owned())
            .collect()
    };
    assert_eq!(types("failure")[0], "expectation");
    assert_eq!((types("error"), types("skipped")), (vec!["errored".to_owned()], vec!["skipped".to_owned()]));
}

#[test]
fn r07_a_run_that_did_not_finish_has_an_error_so_that_it_is_never_green() {
    let xml = rendered(&unfinished_journal(), "junit");
    let elements = elements(&xml);
    assert!(elements.iter().any(|element| element.attribute("type") == "run-did-not-finish"));
    assert!(
        elements.iter().any(|element| element.attribute("name") == "finished" && element.attribute("value") == "false")
    );
}

#[test]
fn r11_the_schema_of_jenkins_accepts_it() {
    [journal(), unfinished_journal()].iter().for_each(|journal| accepted_by_the_schema(&rendered(journal, "junit")));
}

/// Fails unless `junit-10.xsd` accepts a document, where xmllint is there to say so.
pub(super) fn accepted_by_the_schema(xml: &str) {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reports/junit-10.xsd");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), xml).expect("it can be written");
    let ran = Command::new("xmllint").args(["--huge", "--noout", "--schema", schema]).arg(file.path()).output();
    let Ok(output) = ran else {
        eprintln!("left out: xmllint is not on this machine (Debian package libxml2-utils)");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
