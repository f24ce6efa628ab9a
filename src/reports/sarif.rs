//! `report.sarif`: SARIF 2.1.0, for code scanning and for whatever else collects findings.
//!
//! A rule is a check, with what it promises and what to do; a result is a problem, at its place in the scenario's file. A
//! scenario without a verdict is an open result, which says that the tool could not tell. GitHub takes 25,000 results;
//! what is beyond is counted in a notification. Deliberately not here: exchanges.

use std::io::Write;

use indexmap::IndexSet;
use percent_encoding::utf8_percent_encode;
use serde_json::{Value, json};

use crate::record::{CheckText, Finding, Header, Level, ScenarioRecord};

use super::outcome::Outcome;
use super::problems::{FLAKY, NO_VERDICT, ReportedProblem, details, problems};
use super::reading::RunIndex;
use super::{Reading, RecordRead, RenderError, Renderer};
use crate::base::percent::PATH;
use crate::base::text::{counted, one_line, shortened, visible};

/// The SARIF report.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "sarif", file: "report.sarif", purpose: "findings for code scanning, SARIF 2.1.0", write };

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// How many results GitHub takes; it refuses a file with more.
const RESULTS: usize = 25_000;
/// The longest message, in characters.
const MESSAGE: usize = 1_000;

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let Reading { run, records, .. } = reading;
    let header = run.header();
    write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"results\":[")?;
    let mut rules: IndexSet<String> = header.checks.iter().map(|check| check.id.clone()).collect();
    let left_out = results(records, &mut rules, out)?;
    out.write_all(b"\n],\"tool\":")?;
    serde_json::to_writer(&mut *out, &tool(header, &rules))?;
    out.write_all(b",\n\"invocations\":[")?;
    serde_json::to_writer(&mut *out, &invocation(run, &run.outcome(), left_out))?;
    let id = format!("flowproof/{}/{}", one_line(&header.target.name).replace('/', "-"), one_line(&header.run_id));
    let rest = json!({ "automationDetails": { "id": id }, "columnKind": "unicodeCodePoints" });
    let rest = serde_json::to_string(&rest)?;
    writeln!(out, "],\n{}]}}", rest.strip_prefix('{').unwrap_or_default())?;
    Ok(())
}

/// Writes the results and says how many were beyond the limit.
fn results(
    records: impl Iterator<Item = RecordRead>,
    rules: &mut IndexSet<String>,
    out: &mut dyn Write,
) -> Result<usize, RenderError> {
    let (mut written, mut left_out) = (0, 0);
    for record in records {
        let record = record?;
        for problem in problems(&record) {
            if written == RESULTS {
                left_out += 1;
                continue;
            }
            out.write_all(if written == 0 { b"\n" } else { b",\n" })?;
            let (rule, _) = rules.insert_full(problem.rule.to_owned());
            serde_json::to_writer(&mut *out, &result(&record, &problem, rule))?;
            written += 1;
        }
    }
    Ok(left_out)
}

fn result(record: &ScenarioRecord, problem: &ReportedProblem<'_>, rule: usize) -> Value {
    let (kind, level) = match (problem.rule, problem.level) {
        (NO_VERDICT, _) => ("open", "none"),
        (_, Level::Deny) => ("fail", "error"),
        (_, Level::Warn | Level::Allow) => ("fail", "warning"),
    };
    let mut result = json!({
        "ruleId": one_line(problem.rule),
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": { "text": message(problem, record) },
        "locations": [location(record, problem)],
        "partialFingerprints": { "flowproof/v1": problem.fingerprint },
    });
    if let Some(finding) = problem.finding {
        result["properties"] = properties(finding, problem.trace);
    }
    result
}

fn message(problem: &ReportedProblem<'_>, record: &ScenarioRecord) -> String {
    let message = visible(&problem.message);
    plain(&format!("{} (scenario {})", shortened(&message, MESSAGE), one_line(&record.name)))
}

/// A message in which nothing is a link: SARIF reads `[text](target)` as one.
fn plain(text: &str) -> String {
    if !text.contains("](") {
        return text.to_owned();
    }
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn location(record: &ScenarioRecord, problem: &ReportedProblem<'_>) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(problem.file) },
            "region": { "startLine": problem.line, "startColumn": problem.column },
        },
        "logicalLocations": [{ "fullyQualifiedName": one_line(&record.name), "kind": "scenario" }],
    })
}

fn uri(file: &str) -> String {
    let file = file.replace('\\', "/");
    utf8_percent_encode(file.strip_prefix("./").unwrap_or(&file), PATH).to_string()
}

fn properties(finding: &Finding, trace: Option<&str>) -> Value {
    let promise = finding.promise.as_deref().map(|promise| ("promise", promise));
    let trace = trace.map(|trace| ("traceId", trace));
    let text = |text| shortened(&visible(text), MESSAGE).into_owned();
    let mut properties: Value =
        details(finding).chain(promise).chain(trace).map(|(name, value)| (name, text(value))).collect();
    if !finding.requirements.is_empty() {
        properties["requirements"] = finding.requirements.iter().map(|id| one_line(id)).collect();
    }
    if let Some(code) = finding.wfc {
        properties["wfc"] = code.into();
    }
    properties
}

fn tool(header: &Header, rules: &IndexSet<String>) -> Value {
    let tool = one_line(&header.tool);
    let (name, version) = tool.split_once(' ').unwrap_or((&tool, "0"));
    let rule = |id: &String| match header.checks.iter().find(|check| check.id == *id) {
        Some(check) => of_check(check),
        None => of_our_own(id),
    };
    json!({ "driver": { "name": name, "version": version, "rules": rules.iter().map(rule).collect::<Value>() } })
}

fn of_check(check: &CheckText) -> Value {
    let CheckText { id, level, promise, example, advice } = check;
    let id = one_line(id);
    let help = format!(
        "{promise}\n\nA violation: {example}\n\nWhat to do: {advice}\n\n\
         `flowproof explain {id}` says more; so does docs/checks.md#{id}."
    );
    let level = match level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "none",
    };
    json!({
        "id": id,
        "shortDescription": { "text": plain(&visible(promise)) },
        "fullDescription": { "text": plain(&visible(example)) },
        "help": { "text": plain(&visible(&help)) },
        "defaultConfiguration": { "level": level },
    })
}

/// A rule that is no check, or a check that the header says nothing about.
fn of_our_own(id: &str) -> Value {
    let text = match id {
        NO_VERDICT => "The scenario has no verdict: find out what prevented it, and run it again.",
        FLAKY => "The scenario passed only when it was run again: find out what differs between two runs.",
        _ => "This check has no text in the journal: `flowproof explain` knows it.",
    };
    json!({ "id": one_line(id), "shortDescription": { "text": text }, "help": { "text": text } })
}

fn invocation(run: RunIndex<'_>, outcome: &Outcome, left_out: usize) -> Value {
    let warnings = outcome.caveats().into_iter();
    let beyond =
        (left_out > 0).then(|| format!("{} left out; report.json has them all", counted(left_out, "more result")));
    let notifications: Vec<Value> = warnings
        .chain(beyond)
        .map(|text| json!({ "level": "warning", "message": { "text": plain(&visible(&text)) } }))
        .collect();
    let mut invocation = json!({
        "executionSuccessful": matches!(outcome.exit_code, Some(0 | 1)),
        "startTimeUtc": run.header().started_at,
        "toolExecutionNotifications": notifications,
    });
    if let Some(footer) = run.footer() {
        invocation["endTimeUtc"] = json!(footer.finished_at);
        invocation["exitCode"] = footer.exit_code.into();
    }
    invocation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_is_a_link() {
        assert_eq!(plain("an [a] and \\b"), "an [a] and \\b");
        assert_eq!(plain("[x](https://evil.example) \\"), "\\[x\\](https://evil.example) \\\\");
    }

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("./cases\\mfa/ä b#1.yaml"), "cases/mfa/%C3%A4%20b%231.yaml");
    }
}
