//! One attempt at a scenario as a result of Allure.
//!
//! Deliberately not here: what is attached, and where it is written.

use serde_json::{Value, json};
use uuid::Uuid;

use super::names::{attachment, id};
use crate::base::digest::short;
use crate::base::text::{one_line, visible};
use crate::record::{Header, Level, StepOutcome, StepRecord, Verdict};
use crate::reports::attempt::Attempt;
use crate::reports::text::{ended, folder_and_name};
use crate::reports::why::{account, message};

/// The id of the result of an attempt.
pub(super) fn result_id(header: &Header, attempt: &Attempt<'_>) -> Uuid {
    id(header, &format!("{} attempt {}", attempt.record.name, attempt.number))
}

/// What came of an exchange: what was found about it, or how far its step came where it is the step's last.
fn status_of(attempt: &Attempt<'_>, index: usize) -> &'static str {
    let exchange = &attempt.exchanges[index];
    let is_last = attempt.exchanges[index + 1..].iter().all(|later| later.step != exchange.step);
    let step = attempt.record.steps.get(exchange.step).filter(|_| is_last && attempt.counts());
    match step.map(|step| step.outcome) {
        _ if attempt.denies(index) => "failed",
        Some(outcome) => of_step(outcome),
        None if exchange.error.is_some() => "broken",
        None => "passed",
    }
}

/// The file of an attempt.
pub(super) fn result(header: &Header, attempt: &Attempt<'_>) -> Value {
    let record = attempt.record;
    let (folder, name) = folder_and_name(&record.name);
    // Allure takes the attempt that began last for the one that counts, and knows only milliseconds.
    let later = i64::try_from(attempt.number).unwrap_or_default();
    // The same for the same scenario in every run, whatever else it is called.
    let history = short(&record.name, 16);
    json!({
        "uuid": result_id(header, attempt),
        "historyId": history,
        "testCaseId": history,
        "fullName": one_line(&record.name),
        "name": one_line(name),
        "titlePath": folder.split('/').map(one_line).collect::<Vec<_>>(),
        "description": visible(&[record.title.as_str(), &record.why].join("\n\n")).trim(),
        "status": status(attempt.verdict),
        "statusDetails": details(header, attempt),
        "stage": "finished",
        "start": attempt.begun.timestamp_millis() + later,
        "stop": ended(attempt.begun, attempt.duration_us).timestamp_millis() + later,
        "labels": labels(folder, attempt),
        "parameters": [],
        "links": [],
        "steps": steps(header, attempt),
    })
}

/// Four verdicts in the words of Allure: broken is what has no verdict.
fn status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Errored => "broken",
        Verdict::Skipped => "skipped",
    }
}

fn of_step(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Held => "passed",
        StepOutcome::Violated => "failed",
        StepOutcome::Errored => "broken",
        StepOutcome::NotRun => "skipped",
    }
}

fn details(header: &Header, attempt: &Attempt<'_>) -> Value {
    let mut details = json!({ "flaky": attempt.record.is_flaky() });
    if attempt.verdict != Verdict::Passed {
        details["message"] = message(attempt.findings, attempt.reason).into();
    }
    if let Some(account) = account(header, attempt.record).filter(|_| attempt.counts()) {
        details["trace"] = account.into();
    }
    let denied = attempt.findings.iter().find(|finding| finding.level == Level::Deny);
    for (name, value) in denied.iter().flat_map(|denied| [("expected", &denied.expected), ("actual", &denied.actual)]) {
        if let Some(value) = value {
            details[name] = visible(value).into();
        }
    }
    details
}

fn labels(folder: &str, attempt: &Attempt<'_>) -> Value {
    let record = attempt.record;
    let mut labels: Vec<(&str, String)> = vec![
        ("framework", "flowproof".into()),
        ("package", folder.replace('/', ".")),
        ("parentSuite", folder.split('/').next().unwrap_or(folder).to_owned()),
        ("suite", folder.to_owned()),
    ];
    labels.extend(record.tags.iter().map(|tag| ("tag", tag.clone())));
    labels.extend(record.covers.iter().map(|id| ("requirement", id.clone())));
    let mut operations: Vec<&String> =
        attempt.exchanges.iter().filter_map(|exchange| exchange.operation.as_ref()).collect();
    operations.sort_unstable();
    operations.dedup();
    labels.extend(operations.into_iter().map(|name| ("operation", name.clone())));
    labels.iter().map(|(name, value)| json!({ "name": name, "value": one_line(value) })).collect()
}

/// One step for each exchange, and for each planned step that has none.
fn steps(header: &Header, attempt: &Attempt<'_>) -> Value {
    let mut steps = Vec::new();
    for (index, planned) in attempt.record.steps.iter().enumerate() {
        let sent = || attempt.exchanges.iter().enumerate().filter(|(_, exchange)| exchange.step == index);
        steps.extend(sent().map(|(at, _)| step(header, attempt, at, &planned.label)));
        if sent().next().is_none() && attempt.counts() {
            steps.push(silent(planned));
        }
    }
    let unplanned = attempt.exchanges.iter().enumerate().filter(|(_, sent)| sent.step >= attempt.record.steps.len());
    steps.extend(unplanned.map(|(at, _)| step(header, attempt, at, "a request")));
    steps.into()
}

fn step(header: &Header, attempt: &Attempt<'_>, at: usize, label: &str) -> Value {
    let exchange = &attempt.exchanges[at];
    let came = exchange.response.as_ref().map_or("no response".into(), |response| response.status.to_string());
    let attached = |what: &str| json!({ "name": what, "type": "text/plain", "source": attachment(result_id(header, attempt), at, what) });
    let trace = exchange.trace.as_ref().map(|trace| json!({ "name": "trace", "value": trace.trace_id }));
    json!({
        "name": one_line(&format!("{label}: {} {came}", exchange.request.method)),
        "status": status_of(attempt, at),
        "stage": "finished",
        "start": exchange.started_at.timestamp_millis(),
        "stop": ended(exchange.started_at, exchange.total_us).timestamp_millis(),
        "parameters": trace.into_iter().collect::<Vec<_>>(),
        "attachments": [attached("request"), attached("response")],
        "steps": [],
    })
}

/// A step in which nothing was sent.
fn silent(planned: &StepRecord) -> Value {
    json!({ "name": one_line(&planned.label), "status": of_step(planned.outcome), "stage": "finished", "steps": [] })
}
