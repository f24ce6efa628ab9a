//! The formats of CI systems: goldens, their own rules, and that no value of the naughty list is more than data in any.

use std::collections::HashSet;

use flowproof::record::Verdict;
use flowproof::record::journal::{Journal, JournalLine, append};

use flowproof::record::{AttemptRecord, LeftoverRecord};
use flowproof::reports::console::{Palette, failure, line};
use flowproof::reports::{Gathered, RENDERERS, github, markdown};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use super::sample::{self, HOSTILE};
use super::{journal, junit, read, records, rendered, unfinished_journal};

/// The lines of the sample's journal.
fn lines() -> Vec<JournalLine> {
    let text = String::from_utf8(sample::journal()).expect("journals are UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

fn journal_of(lines: &[JournalLine]) -> Journal {
    let mut bytes = Vec::new();
    lines.iter().for_each(|line| append(&mut bytes, line).expect("a vector takes it"));
    read(&bytes)
}

/// The sample with a note on the run, a flaky scenario and something left behind.
pub(super) fn troubled() -> Journal {
    let mut lines = lines();
    for line in &mut lines {
        match line {
            JournalLine::Header(header) => header.notes.push(format!("TLS was not verified {HOSTILE}")),
            JournalLine::Scenario(record) if record.index == 0 => record.earlier.push(AttemptRecord {
                verdict: Verdict::Errored,
                reason: Some(HOSTILE.into()),
                started_at: record.started_at,
                duration_us: 9,
                findings: Vec::new(),
                exchanges: Vec::new(),
            }),
            JournalLine::Scenario(record) if record.index == 5 => record.leftovers.push(LeftoverRecord {
                operation: HOSTILE.into(),
                resource: Some(HOSTILE.into()),
                why: HOSTILE.into(),
            }),
            JournalLine::Footer(footer) => footer.counts.flaky += 1,
            JournalLine::Scenario(_) => {}
        }
    }
    journal_of(&lines)
}

fn naughty() -> Vec<String> {
    serde_json::from_str(include_str!("../../reports/naughty/blns.json")).expect("the list is JSON")
}

/// A journal with a scenario for every naughty string, which stands wherever the sample's hostile scenario has its own.
fn naughty_journal() -> Journal {
    let lines = lines();
    let hostile = lines.iter().find(|line| matches!(line, JournalLine::Scenario(record) if record.index == 4));
    let template = serde_json::to_value(hostile.expect("the sample has it")).expect("it is JSON");
    let header = serde_json::to_value(&lines[0]).expect("it is JSON");
    let mut made = vec![with(&header, &naughty().concat())];
    for (index, text) in naughty().iter().enumerate() {
        let JournalLine::Scenario(mut record) = with(&template, text) else { unreachable!("it was a scenario") };
        record.index = index;
        record.name = format!("{text}/{index}{text}");
        record.exchanges.truncate(1);
        made.push(JournalLine::Scenario(record));
    }
    journal_of(&made)
}

fn with(template: &Value, text: &str) -> JournalLine {
    fn replaced(value: &Value, text: &str) -> Value {
        match value {
            Value::String(old) => old.replace(HOSTILE, text).into(),
            Value::Array(items) => items.iter().map(|item| replaced(item, text)).collect(),
            Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), replaced(value, text))).collect(),
            other => other.clone(),
        }
    }
    serde_json::from_value(replaced(template, text)).expect("the types are as they were")
}

pub(super) fn all() -> Vec<Journal> {
    vec![journal(), unfinished_journal(), troubled(), naughty_journal()]
}

pub(super) fn json(journal: &Journal, name: &str) -> Value {
    serde_json::from_str(&rendered(journal, name)).expect("the report is JSON")
}

fn annotations(journal: &Journal) -> String {
    github::annotations(journal, &Gathered::of(journal).expect("it is readable"))
}

#[test]
fn the_formats_are_what_they_were() {
    let journal = troubled();
    for name in ["markdown", "tap", "junit"] {
        insta::assert_snapshot!(format!("troubled_{name}"), rendered(&journal, name));
    }
    for name in ["sarif", "gitlab"] {
        let pretty = serde_json::to_string_pretty(&json(&journal, name)).expect("it was JSON");
        insta::assert_snapshot!(format!("troubled_{name}"), pretty);
    }
    insta::assert_snapshot!("troubled_github", annotations(&journal));
}

#[test]
fn r08_r09_r10_r11_r14_every_naughty_value_leaves_junit_valid_and_its_names_unique() {
    for journal in all() {
        let xml = rendered(&journal, "junit");
        let mut names = HashSet::new();
        let elements = junit::elements(&xml);
        for case in elements.iter().filter(|element| element.name == "testcase") {
            assert!(names.insert((case.attribute("classname"), case.attribute("name"))));
        }
        assert!(names.len() >= journal.entries().len());
        junit::accepted_by_the_schema(&xml);
    }
}

#[test]
fn flaky_scenarios_are_passed_cases_with_their_earlier_attempts() {
    let xml = rendered(&troubled(), "junit");
    let elements = junit::elements(&xml);
    let flaky: Vec<_> = elements.iter().filter(|element| element.name == "flakyError").collect();
    assert_eq!(flaky.len(), 1);
    assert_eq!((flaky[0].parent.as_str(), flaky[0].attribute("type")), ("testcase", "errored"));
}

#[test]
fn the_official_schema_accepts_sarif_with_every_naughty_value() {
    let mut schema: Value =
        serde_json::from_str(include_str!("../../reports/sarif-2.1.0.json")).expect("the schema is JSON");
    // A slip in the official schema: a bracket too many in two patterns, which only lenient readers take.
    for place in ["run", "toolComponent"] {
        let language = schema["definitions"][place]["properties"]["language"].as_object_mut();
        assert!(language.is_some_and(|language| language.remove("pattern").is_some()));
    }
    let validator = jsonschema::draft7::new(&schema).expect("the schema is one");
    for journal in all() {
        let report = json(&journal, "sarif");
        let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let rules = report["runs"][0]["tool"]["driver"]["rules"].as_array().expect("there are rules");
        for result in report["runs"][0]["results"].as_array().expect("there are results") {
            let rule = result["ruleIndex"].as_u64().and_then(|index| rules.get(usize::try_from(index).ok()?));
            let rule = rule.expect("the rule is there");
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(rule["help"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        }
    }
    let mut broken = json(&journal(), "sarif");
    broken["runs"][0]["results"][0]["level"] = "grave".into();
    assert!(!validator.is_valid(&broken), "the schema would accept anything");
}

#[test]
fn gitlab_knows_every_problem_by_a_fingerprint_that_a_second_run_repeats() {
    for journal in all() {
        let report = json(&journal, "gitlab");
        let mut prints = HashSet::new();
        for entry in report.as_array().expect("it is a list") {
            assert!(prints.insert(entry["fingerprint"].as_str().expect("it is text")));
            assert!(["minor", "major", "critical"].contains(&entry["severity"].as_str().expect("it is text")));
            assert!(entry["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
            assert!(entry["location"]["path"].is_string() && entry["description"].is_string());
        }
        assert!(prints.len() >= journal.entries().len() / 2);
    }
    let mut lines = lines();
    for line in &mut lines {
        if let JournalLine::Scenario(record) = line {
            record.findings.iter_mut().for_each(|finding| finding.message.push_str(" at 12:00"));
        }
    }
    let prints = |report: Value| -> Vec<Value> {
        report.as_array().expect("a list").iter().map(|entry| entry["fingerprint"].clone()).collect()
    };
    assert_eq!(prints(json(&journal_of(&lines), "gitlab")), prints(json(&journal(), "gitlab")));
}

/// Reads TAP strictly: the version, a plan, numbered points, blocks of quoted values.
fn points(tap: &str) -> usize {
    let mut lines = tap.lines().peekable();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let planned: usize = lines.next().and_then(|line| line.strip_prefix("1..")?.parse().ok()).expect("a plan");
    let mut points = 0;
    while let Some(line) = lines.next() {
        if line.starts_with("Bail out! ") {
            assert_eq!(lines.next(), None);
            assert!(points <= planned);
            return points;
        }
        points += 1;
        let rest = line.strip_prefix("not ").unwrap_or(line);
        let rest = rest.strip_prefix(&format!("ok {points} - ")).unwrap_or_else(|| panic!("{line}"));
        let bare = rest.replace("\\\\", "").replace("\\#", "");
        assert!(!bare.contains('#') || bare.matches(" # SKIP ").count() == 1, "{line}");
        if lines.next_if_eq(&"  ---").is_some() {
            while let Some(line) = lines.next().filter(|line| *line != "  ...") {
                let (key, value) = line.trim_start().trim_start_matches("- ").split_once(':').expect("a key");
                assert!(key.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
                assert!(value.is_empty() || serde_json::from_str::<Value>(value).is_ok(), "{line}");
            }
        }
    }
    assert_eq!(points, planned);
    points
}

#[test]
fn r20_every_naughty_value_leaves_tap_a_list_of_points() {
    for journal in all() {
        assert_eq!(points(&rendered(&journal, "tap")), journal.entries().len());
    }
}

#[test]
fn r07_tap_of_a_run_that_did_not_finish_bails_out() {
    assert!(rendered(&unfinished_journal(), "tap").contains("\nBail out! The run did not finish"));
}

#[test]
fn r21_nothing_in_markdown_but_our_own_words_is_outside_of_code() {
    for journal in all() {
        let page = rendered(&journal, "markdown");
        let (mut in_code, mut outside) = (false, String::new());
        for event in Parser::new_ext(&page, Options::all()) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Text(text) if !in_code => outside.push_str(&text),
                Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::Rule => {}
                Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::List(_) | Tag::Item) => {}
                Event::End(TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::List(_) | TagEnd::Item) => {}
                other => panic!("{other:?} came of a value"),
            }
        }
        assert!(outside.chars().all(|c| c.is_ascii_alphanumeric() || " ,.:;µ()".contains(c)), "{outside}");
        assert!(!outside.contains("alert") && !outside.contains("script"), "{outside}");
    }
}

#[test]
fn r21_a_page_stays_below_its_limit_and_says_what_it_left_out() {
    let journal = naughty_journal();
    let gathered = Gathered::of(&journal).expect("it is readable");
    for limit in [3_000, 20_000, markdown::LIMIT] {
        let page = markdown::within(&journal, &gathered, limit);
        assert!(page.len() <= limit);
        assert_eq!(
            page.contains("left out here; `report.html`"),
            limit < markdown::LIMIT || page.len() + 10_000 > limit
        );
    }
    assert_eq!(markdown::within(&journal, &gathered, 100), "");
}

#[test]
fn r20_every_annotation_is_one_command_of_ours_and_github_takes_them_all() {
    for journal in all() {
        let lines = annotations(&journal);
        for line in lines.lines() {
            let (properties, _) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).expect("a command");
            let (kind, properties) = properties.split_once(' ').expect("it has properties");
            assert!(["error", "warning", "notice"].contains(&kind), "{line}");
            for property in properties.split(',') {
                let (key, value) = property.split_once('=').expect("a property");
                assert!(["file", "line", "col", "title"].contains(&key), "{line}");
                assert!(!value.contains(':'), "{line}");
            }
            assert!(!line.contains("##[") && !line.chars().any(char::is_control), "{line}");
        }
        for kind in ["::error ", "::warning ", "::notice "] {
            assert!(lines.lines().filter(|line| line.starts_with(kind)).count() <= 10);
        }
    }
    let lines = annotations(&naughty_journal());
    assert!(lines.ends_with("the reports have them all\n"), "{lines}");
}

#[test]
fn r19_r20_every_naughty_value_is_shown_on_the_console_and_never_obeyed() {
    let journal = naughty_journal();
    for record in records(&journal) {
        let told =
            format!("{}{}", line(&record, &Palette::plain()), failure(journal.header(), &record, &Palette::plain()));
        for line in told.lines() {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
            assert!(
                !line.chars().any(|c| c.is_control() || "\u{202e}\u{2066}\u{200f}\u{2028}".contains(c)),
                "{line:?}"
            );
        }
    }
}

#[test]
fn r22_no_name_of_a_scenario_becomes_the_name_of_a_file() {
    let dir = tempfile::tempdir().expect("a folder");
    flowproof::reports::write::write_chosen(&naughty_journal(), dir.path(), RENDERERS, &mut Gathered::default())
        .expect("they can be written");
    let found = std::fs::read_dir(dir.path()).expect("it is there");
    let found: HashSet<_> = found.map(|entry| entry.expect("readable").file_name()).collect();
    assert_eq!(found, RENDERERS.iter().map(|renderer| renderer.file.into()).collect());
}

#[test]
fn r13_junit_stays_within_what_gitlab_takes_and_says_what_it_left_out() {
    let lines = lines();
    let of = |index: usize| {
        lines.iter().find_map(|line| match line {
            JournalLine::Scenario(record) if record.index == index => Some(record.clone()),
            _ => None,
        })
    };
    let (mut failed, mut passed) = (of(1).expect("it failed"), of(5).expect("it passed"));
    let finding = failed.findings[0].clone();
    let long = "<&>".repeat(190);
    failed.findings = vec![finding; 20];
    failed.findings.iter_mut().for_each(|finding| finding.actual = Some(long.clone()));
    let mut made = vec![lines[0].clone()];
    for index in 0..300 {
        (failed.index, failed.name) = (index, format!("mfa/failed-{index}"));
        made.push(JournalLine::Scenario(failed.clone()));
    }
    for index in 300..40_300 {
        (passed.index, passed.name) = (index, format!("area-{index}/passed-{index}"));
        made.push(JournalLine::Scenario(passed.clone()));
    }
    let xml = rendered(&journal_of(&made), "junit");
    let elements = junit::elements(&xml);
    assert!(xml.len() < 30_000_000, "{} bytes", xml.len());
    assert!(2 * elements.len() < 250_000, "{} elements, each with a text at most", elements.len());
    assert_eq!(elements.iter().filter(|element| element.name == "failure").count(), 300);
    assert!(xml.contains("The text has no room in this file; report.json has it."));
    let note = elements.iter().find(|element| element.attribute("type") == "left-out").expect("it says so");
    assert_eq!(
        (note.name.as_str(), note.attribute("message")),
        ("skipped", "300 more cases left out of this file; report.json has them")
    );
    junit::accepted_by_the_schema(&xml);
}
