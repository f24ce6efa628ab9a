//! The reports that are opened, rendered once for all tests from journals that are made here.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flowproof::record::journal::{Journal, JournalLine, append};

use flowproof::record::{Counts, Verdict};
use flowproof::record::{Footer, ScenarioRecord};
use flowproof::reports;
use serde_json::Value;

use super::sample::{self, HOSTILE};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
});

/// The fixed journal's report: every verdict, and hostile values in every place.
pub(crate) fn sample() -> PathBuf {
    static REPORT: LazyLock<PathBuf> = LazyLock::new(|| written("sample", sample::journal()));
    REPORT.clone()
}

/// The report of the same run, killed before its end.
pub(crate) fn interrupted() -> PathBuf {
    static REPORT: LazyLock<PathBuf> = LazyLock::new(|| {
        let whole = String::from_utf8(sample::journal()).expect("a journal is text");
        let lines: Vec<&str> = whole.trim_end().split('\n').collect();
        written("interrupted", lines[..lines.len() - 2].join("\n").into_bytes())
    });
    REPORT.clone()
}

/// A report with a scenario for every string of the naughty list, wherever the sample has a hostile value.
pub(crate) fn naughty() -> PathBuf {
    static REPORT: LazyLock<PathBuf> = LazyLock::new(|| {
        let lines = lines();
        let header = replaced(&lines[0], &naughty_strings().concat());
        let hostile =
            lines.iter().find(|line| matches!(line, JournalLine::Scenario(record) if record.name.contains("alert")));
        let hostile = hostile.expect("the sample has a hostile scenario");
        let scenarios = naughty_strings().into_iter().enumerate().map(|(index, text)| {
            let JournalLine::Scenario(record) = replaced(hostile, &text) else { unreachable!("it was a scenario") };
            ScenarioRecord { index, name: format!("{index}/{text}"), title: text, ..*record }
        });
        written("naughty", journal(header, scenarios))
    });
    REPORT.clone()
}

/// The Big List of Naughty Strings.
pub(crate) fn naughty_strings() -> Vec<String> {
    serde_json::from_str(include_str!("../reports/naughty/blns.json")).expect("the list is JSON")
}

/// A report of as many scenarios as are asked for: the sample's, again and again under other names, two failures among them.
pub(crate) fn many(count: usize) -> PathBuf {
    let lines = lines();
    let records = lines.iter().filter_map(|line| match line {
        JournalLine::Scenario(record) if record.verdict == Verdict::Passed && record.earlier.is_empty() => {
            Some(&**record)
        }
        _ => None,
    });
    let records: Vec<&ScenarioRecord> = records.collect();
    let scenarios = (0..count).map(|index| {
        let record = records[index % records.len()].clone();
        let verdict = if index % (count / 2) == 7 { Verdict::Failed } else { Verdict::Passed };
        let title = format!("{}, number {index}", record.title);
        ScenarioRecord {
            index,
            name: format!("round-{index}/{}", record.name),
            title,
            verdict,
            findings: vec![],
            ..record
        }
    });
    written(&format!("many-{count}"), journal(lines[0].clone(), scenarios))
}

/// A report of so many scenarios that failed, each for the same reason.
pub(crate) fn failing(count: usize) -> PathBuf {
    let lines = lines();
    let failed = lines.iter().find_map(|line| match line {
        JournalLine::Scenario(record) if record.name == "mfa/otp/wrong-value" => Some(&**record),
        _ => None,
    });
    let failed = failed.expect("the sample has one");
    let scenarios = (0..count).map(|index| ScenarioRecord {
        index,
        name: format!("round-{index}/{}", failed.name),
        ..failed.clone()
    });
    written(&format!("failing-{count}"), journal(lines[0].clone(), scenarios))
}

fn lines() -> Vec<JournalLine> {
    let text = String::from_utf8(sample::journal()).expect("a journal is text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
}

fn replaced(line: &JournalLine, text: &str) -> JournalLine {
    fn within(value: &Value, text: &str) -> Value {
        match value {
            Value::String(old) => old.replace(HOSTILE, text).into(),
            Value::Array(items) => items.iter().map(|item| within(item, text)).collect(),
            Value::Object(members) => {
                members.iter().map(|(key, value)| (key.replace(HOSTILE, text), within(value, text))).collect()
            }
            other => other.clone(),
        }
    }
    let value = serde_json::to_value(line).expect("a line is JSON");
    serde_json::from_value(within(&value, text)).expect("the types are as they were")
}

/// A finished journal of these scenarios.
fn journal(header: JournalLine, scenarios: impl Iterator<Item = ScenarioRecord>) -> Vec<u8> {
    let mut header = header;
    let mut counts = Counts::default();
    let scenarios: Vec<ScenarioRecord> = scenarios.inspect(|record| counts.take(record)).collect();
    if let JournalLine::Header(header) = &mut header {
        header.scenarios = scenarios.len();
    }
    let Some(JournalLine::Footer(footer)) = lines().pop() else { unreachable!("the sample is finished") };
    let footer = JournalLine::Footer(Footer { counts, changes: None, ..footer });
    let mut bytes = Vec::new();
    let all =
        std::iter::once(header).chain(scenarios.into_iter().map(|record| JournalLine::Scenario(Box::new(record))));
    all.chain([footer]).for_each(|line| append(&mut bytes, &line).expect("a vector takes it"));
    bytes
}

/// Tests of one process share a report, so its name needs nothing of the process.
fn written(name: &str, journal: Vec<u8>) -> PathBuf {
    let journal = Journal::read(Cursor::new(journal)).expect("it is a journal");
    let path = FOLDER.join(format!("{name}.html"));
    let begun = path.with_extension(format!("{}.part", std::process::id()));
    let mut out = std::io::BufWriter::new(std::fs::File::create(&begun).expect("a file"));
    let renderer = reports::renderer("html").expect("it is registered");
    renderer.render(&journal, &mut out).expect("it renders");
    out.into_inner().expect("it is written");
    std::fs::rename(&begun, &path).expect("it gets its name");
    path
}
