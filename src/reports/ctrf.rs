//! `ctrf-report.json`: the Common Test Report Format, for dashboards, pull requests and tools that merge reports.
//!
//! A scenario is a test. Its `testId` is what CTRF's own tools make of its name, so that it is known again in every run; the
//! `runId` is shared by the parts of a run that was split, the `reportId` is this document's alone. A scenario without a
//! verdict is `other`, never `failed`: nobody could tell. What is about the whole run, a run that did not finish and promises
//! that are not covered, has a test of its own, as in JUnit.
//!
//! Deliberately not here: bodies and header fields, which `report.json` has, and insights over several runs.

use std::collections::BTreeSet;
use std::io::Write;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::outcome::Outcome;
use super::reading::RunIndex;
use super::text::{ended, folder_and_name};
use super::why::{account, message};
use super::{Reading, RenderError, Renderer};
use crate::base::text::{one_line, visible};
use crate::record::{
    AttemptRecord, ExchangeRecord, Finding, Header, Level, ScenarioRecord, ShardRecord, StepOutcome, StepRecord,
    Verdict,
};

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
        serde_json::to_writer(&mut *out, &test(header, &record))?;
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

/// An id of something in this run.
fn id(header: &Header, of: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("ctrf {} {of}", header.run_id).as_bytes())
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

fn test(header: &Header, record: &ScenarioRecord) -> Value {
    let (folder, name) = folder_and_name(&record.name);
    let name = if name.is_empty() { "(no name)".to_owned() } else { one_line(name) };
    let suite: Vec<String> = folder.split('/').map(one_line).collect();
    let stop = ended(record.started_at, record.duration_us);
    let identity = format!("{name}|{}|{}", suite.join("/"), record.file);
    let mut test = json!({
        "testId": Uuid::new_v5(&Uuid::NAMESPACE_DNS, identity.as_bytes()),
        "executionId": id(header, &record.name),
        "name": name,
        "suite": suite,
        "status": status(record.verdict),
        "rawStatus": record.verdict.as_str(),
        "duration": record.duration_us / 1000,
        "start": record.started_at.timestamp_millis(),
        "stop": stop.timestamp_millis(),
        "filePath": record.file,
        "flaky": record.is_flaky(),
        "retries": record.earlier.len(),
        "tags": record.tags,
        "labels": labels(record),
        "steps": steps(record),
        "extra": extra(record),
    });
    if record.verdict != Verdict::Passed {
        test["message"] = message(&record.findings, record.reason.as_deref()).into();
    }
    if let Some(account) = account(header, record) {
        test["trace"] = account.into();
    }
    if let Some(step) = record.steps.iter().find(|step| !matches!(step.outcome, StepOutcome::Held)) {
        test["line"] = step.place.line.into();
    }
    if !record.earlier.is_empty() {
        test["retryAttempts"] = attempts(header, record);
    }
    test
}

/// Four verdicts in the words of CTRF.
fn status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Errored => "other",
        Verdict::Skipped => "skipped",
    }
}

fn attempts(header: &Header, record: &ScenarioRecord) -> Value {
    let attempt = |(index, attempt): (usize, &AttemptRecord)| {
        json!({
            "attempt": index + 1,
            "attemptId": id(header, &format!("{} attempt {index}", record.name)),
            "status": status(attempt.verdict),
            "duration": attempt.duration_us / 1000,
            "start": attempt.started_at.timestamp_millis(),
            "stop": ended(attempt.started_at, attempt.duration_us).timestamp_millis(),
            "message": message(&attempt.findings, attempt.reason.as_deref()),
            "extra": {
                "rawStatus": attempt.verdict.as_str(),
                "exchanges": attempt.exchanges.iter().map(exchange).collect::<Vec<_>>(),
            },
        })
    };
    record.earlier.iter().enumerate().map(attempt).collect()
}

/// What the test is about, by names that a dashboard can filter by.
fn labels(record: &ScenarioRecord) -> Value {
    let operations = record.exchanges.iter().filter_map(|exchange| exchange.operation.as_deref());
    let denied = || record.findings.iter().filter(|finding| finding.level == Level::Deny);
    let lists: [(&str, BTreeSet<String>); 4] = [
        ("requirement", record.covers.iter().map(|id| one_line(id)).collect()),
        ("operation", operations.map(one_line).collect()),
        ("check", denied().map(|finding| one_line(&finding.check)).collect()),
        ("wfc", denied().filter_map(|finding| finding.wfc).map(|code| code.to_string()).collect()),
    ];
    let named = lists.into_iter().filter(|(_, values)| !values.is_empty());
    named.map(|(name, values)| (name.to_owned(), json!(values))).collect::<Map<_, _>>().into()
}

fn steps(record: &ScenarioRecord) -> Value {
    let step = |(index, step): (usize, &StepRecord)| {
        let sent = record.exchanges.iter().filter(|exchange| exchange.step == index);
        json!({
            "name": one_line(&step.label),
            "status": match step.outcome {
                StepOutcome::Held => "passed",
                StepOutcome::Violated => "failed",
                StepOutcome::Errored => "other",
                StepOutcome::NotRun => "skipped",
            },
            "extra": { "operation": step.operation, "exchanges": sent.map(exchange).collect::<Vec<_>>() },
        })
    };
    record.steps.iter().enumerate().map(step).collect()
}

fn exchange(exchange: &ExchangeRecord) -> Value {
    let mut short = json!({
        "method": exchange.request.method,
        "url": visible(&exchange.request.url),
        "status": exchange.response.as_ref().map(|response| response.status),
        "durationUs": exchange.total_us,
    });
    if let Some(trace) = &exchange.trace {
        short["traceId"] = trace.trace_id.clone().into();
        short["spanId"] = trace.span_id.clone().into();
    }
    short
}

fn extra(record: &ScenarioRecord) -> Value {
    let finding = |finding: &Finding| {
        let trace = finding.exchange.and_then(|index| record.exchanges.get(index)?.trace.as_ref());
        json!({
            "check": finding.check,
            "level": finding.level,
            "message": visible(&finding.message),
            "operation": finding.operation,
            "pointer": finding.pointer,
            "requirements": finding.requirements,
            "wfc": finding.wfc,
            "traceId": trace.map(|trace| &trace.trace_id),
        })
    };
    json!({
        "title": visible(&record.title),
        "findings": record.findings.iter().map(finding).collect::<Vec<_>>(),
    })
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
