//! `ctrf-report.json`: the Common Test Report Format, for dashboards, pull requests and tools that merge reports.
//!
//! A scenario is a test. Its `testId` is what CTRF's own tools make of its name, so that it is known again in every run; the
//! `runId` is shared by the parts of a run that was split, the `reportId` is this document's alone. A scenario without a
//! verdict is `other`, never `failed`: nobody could tell. What is about the whole run, a run that did not finish and promises
//! that are not covered, has a test of its own, as in JUnit.
//!
//! Deliberately not here: bodies and header fields, which `report.json` has, and insights over several runs.

mod id;
mod test;

use std::collections::BTreeSet;
use std::io::Write;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use self::id::id;
use self::test::Test;
use super::outcome::Outcome;
use super::reading::RunIndex;
use super::text::{ended, folder_and_name};
use super::{Reading, RenderError, Renderer};
use crate::base::text::{one_line, visible};
use crate::record::{Header, ShardRecord};

/// The CTRF report.
pub(crate) const RENDERER: Renderer = Renderer {
    name: "ctrf",
    file: "ctrf-report.json",
    purpose: "test results in the Common Test Report Format",
    write,
};

/// The version of the specification.
const SPECIFICATION: &str = "0.0.0";

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let Reading { run, records, .. } = reading;
    let (header, outcome) = (run.header(), run.outcome());
    let head = document(run).to_string();
    let open = head.strip_suffix('}').unwrap_or(&head);
    write!(out, "{open},\"results\":{{\"tests\":[")?;
    let (mut last, mut separator) = (header.started_at, "\n");
    for record in records {
        let record = record?;
        last = last.max(ended(record.started_at, record.duration_us));
        out.write_all(separator.as_bytes())?;
        serde_json::to_writer(&mut *out, &Test::of(header, &record))?;
        separator = ",\n";
    }
    let stop = run.footer().map_or(last, |footer| footer.finished_at);
    let ours = [unfinished(&outcome), uncovered(&outcome)];
    for test in ours.iter().flatten() {
        write!(out, "{separator}{test}")?;
        separator = ",\n";
    }
    let rest = json!({
        "tool": tool(header),
        "summary": summary(run, &outcome, stop),
        "environment": environment(header, &outcome),
    });
    write!(out, "\n],{}", rest.to_string().strip_prefix('{').unwrap_or_default())?;
    writeln!(out, ",\"timestamp\":\"{}\"}}", stop.to_rfc3339())?;
    Ok(())
}

/// What identifies the document.
fn document(run: RunIndex<'_>) -> Value {
    let header = run.header();
    let digest = run.footer().map_or("", |footer| footer.digest.as_str());
    json!({
        "reportFormat": "CTRF",
        "specVersion": SPECIFICATION,
        "reportId": id(header, &format!("report {digest}")),
        "runId": header.whole_run.as_ref().unwrap_or(&header.run_id),
        "generatedBy": header.tool,
    })
}

fn tool(header: &Header) -> Value {
    let (name, version) = header.tool.split_once(' ').unwrap_or((&header.tool, ""));
    json!({ "name": if name.is_empty() { "flowproof" } else { name }, "version": version })
}

fn summary(run: RunIndex<'_>, outcome: &Outcome, stop: DateTime<Utc>) -> Value {
    let (counts, start) = (outcome.counts, run.header().started_at);
    let ours = [usize::from(!outcome.finished()), usize::from(!outcome.uncovered.is_empty())];
    let areas: BTreeSet<&str> = run.entries().iter().map(|entry| folder_and_name(&entry.name).0).collect();
    json!({
        "tests": counts.scenarios() + ours.iter().sum::<usize>(),
        "passed": counts.passed,
        "failed": counts.failed + ours[1],
        "skipped": counts.skipped,
        "pending": 0,
        "other": counts.errored + ours[0],
        "flaky": counts.flaky,
        "suites": areas.len(),
        "start": start.timestamp_millis(),
        "stop": stop.timestamp_millis(),
        "duration": stop.signed_duration_since(start).num_milliseconds(),
    })
}

fn environment(header: &Header, outcome: &Outcome) -> Value {
    let mut environment = json!({
        "appName": header.contract.title,
        "appVersion": header.contract.version,
        "testEnvironment": header.target.name,
        "healthy": outcome.exit_code == Some(0),
        "extra": {
            "baseUrl": header.target.base_url,
            "contractSha256": header.contract.digest,
            "seed": header.seed,
            "exitCode": outcome.exit_code,
            "caveats": outcome.caveats().iter().map(|text| visible(text).into_owned()).collect::<Vec<_>>(),
        },
    });
    if let Some(ShardRecord { index, of }) = header.shard {
        environment["shardId"] = format!("{index}-of-{of}").into();
    }
    environment
}

/// A run that did not finish is never green.
fn unfinished(outcome: &Outcome) -> Option<Value> {
    let why = outcome.shortfall().filter(|_| !outcome.finished())?;
    Some(ours("run-finished", "other", &why))
}

/// What the suite does not reach: without a test of its own a dashboard would be green and the job red.
fn uncovered(outcome: &Outcome) -> Option<Value> {
    Some(ours("coverage", "failed", outcome.uncovered.first()?))
}

/// A test that is about the run and stands for no scenario.
fn ours(name: &str, status: &str, message: &str) -> Value {
    json!({ "name": name, "suite": ["flowproof"], "status": status, "duration": 0, "message": one_line(message) })
}
