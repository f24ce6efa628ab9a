//! One attempt at a scenario as a result of Allure.
//!
//! Deliberately not here: what is attached, and where it is written.

use std::borrow::Cow;

use serde::Serialize;
use uuid::Uuid;

use super::exchange::MEDIA_TYPE;
use super::names::{attachment, id};
use crate::base::digest::short;
use crate::base::text::{one_line, visible};
use crate::record::{Header, Level, StepOutcome, StepRecord, TraceRecord, Verdict};
use crate::reports::attempt::Attempt;
use crate::reports::text::{ended, folder_and_name};
use crate::reports::why::{account, message};

/// The file of an attempt.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestResult<'a> {
    /// The id of the result.
    pub(super) uuid: Uuid,
    history_id: String,
    test_case_id: String,
    full_name: String,
    name: String,
    title_path: Vec<String>,
    description: String,
    status: &'static str,
    status_details: StatusDetails<'a>,
    stage: &'static str,
    start: i64,
    stop: i64,
    labels: Vec<Named>,
    steps: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct StatusDetails<'a> {
    flaky: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    value: String,
}

/// An exchange, or a planned step that has none.
#[derive(Serialize)]
struct Step<'a> {
    name: String,
    status: &'static str,
    stage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<i64>,
    parameters: Vec<Parameter<'a>>,
    attachments: Vec<Attachment>,
}

#[derive(Serialize)]
struct Parameter<'a> {
    name: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct Attachment {
    name: &'static str,
    #[serde(rename = "type")]
    media_type: &'static str,
    source: String,
}

/// Allure's word for what has come to its end.
const FINISHED: &str = "finished";

impl<'a> TestResult<'a> {
    /// What came of an attempt.
    pub(super) fn of(header: &Header, attempt: &Attempt<'a>) -> Self {
        let record = attempt.record;
        let (folder, name) = folder_and_name(&record.name);
        let uuid = id(header, &format!("{} attempt {}", record.name, attempt.number));
        // Allure takes the attempt that began last for the one that counts, and knows only milliseconds.
        let later = i64::try_from(attempt.number).unwrap_or_default();
        // The same for the same scenario in every run, whatever else it is called.
        let history = short(&record.name, 16);
        Self {
            uuid,
            history_id: history.clone(),
            test_case_id: history,
            full_name: one_line(&record.name),
            name: one_line(name),
            title_path: folder.split('/').map(one_line).collect(),
            description: visible(&[record.title.as_str(), &record.why].join("\n\n")).trim().to_owned(),
            status: status(attempt.verdict),
            status_details: details(header, attempt),
            stage: FINISHED,
            start: attempt.begun.timestamp_millis() + later,
            stop: ended(attempt.begun, attempt.duration_us).timestamp_millis() + later,
            labels: labels(folder, attempt),
            steps: steps(uuid, attempt),
        }
    }
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

fn details<'a>(header: &Header, attempt: &Attempt<'a>) -> StatusDetails<'a> {
    let denied = attempt.findings.iter().find(|finding| finding.level == Level::Deny);
    let is_told = attempt.verdict != Verdict::Passed;
    StatusDetails {
        flaky: attempt.record.is_flaky(),
        message: is_told.then(|| message(attempt.findings, attempt.reason)),
        trace: if attempt.counts() { account(header, attempt.record) } else { None },
        expected: denied.and_then(|denied| denied.expected.as_deref()).map(visible),
        actual: denied.and_then(|denied| denied.actual.as_deref()).map(visible),
    }
}

fn labels(folder: &str, attempt: &Attempt<'_>) -> Vec<Named> {
    let record = attempt.record;
    let mut operations: Vec<&str> =
        attempt.exchanges.iter().filter_map(|exchange| exchange.operation.as_deref()).collect();
    operations.sort_unstable();
    operations.dedup();
    let package = folder.replace('/', ".");
    let place = [
        ("framework", "flowproof"),
        ("package", &package),
        ("parentSuite", folder.split('/').next().unwrap_or(folder)),
        ("suite", folder),
    ];
    let tags = record.tags.iter().map(|tag| ("tag", tag.as_str()));
    let requirements = record.covers.iter().map(|id| ("requirement", id.as_str()));
    let operations = operations.into_iter().map(|name| ("operation", name));
    let all = place.into_iter().chain(tags).chain(requirements).chain(operations);
    all.map(|(name, value)| Named { name, value: one_line(value) }).collect()
}

/// One step for each exchange, and for each planned step that has none.
fn steps<'a>(result: Uuid, attempt: &Attempt<'a>) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    for (index, planned) in attempt.record.steps.iter().enumerate() {
        let sent = || attempt.exchanges.iter().enumerate().filter(|(_, exchange)| exchange.step == index);
        steps.extend(sent().map(|(at, _)| step(result, attempt, at, &planned.label)));
        if sent().next().is_none() && attempt.counts() {
            steps.push(silent(planned));
        }
    }
    let unplanned = attempt.exchanges.iter().enumerate().filter(|(_, sent)| sent.step >= attempt.record.steps.len());
    steps.extend(unplanned.map(|(at, _)| step(result, attempt, at, "a request")));
    steps
}

fn step<'a>(result: Uuid, attempt: &Attempt<'a>, at: usize, label: &str) -> Step<'a> {
    let exchange = &attempt.exchanges[at];
    let came = exchange.response.as_ref().map_or("no response".into(), |response| response.status.to_string());
    let trace = |trace: &'a TraceRecord| Parameter { name: "trace", value: &trace.trace_id };
    Step {
        name: one_line(&format!("{label}: {} {came}", exchange.request.method)),
        status: status_of(attempt, at),
        stage: FINISHED,
        start: Some(exchange.started_at.timestamp_millis()),
        stop: Some(ended(exchange.started_at, exchange.total_us).timestamp_millis()),
        parameters: exchange.trace.iter().map(trace).collect(),
        attachments: vec![Attachment {
            name: "request and response",
            media_type: MEDIA_TYPE,
            source: attachment(result, at),
        }],
    }
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

/// A step in which nothing was sent.
fn silent(planned: &StepRecord) -> Step<'static> {
    Step {
        name: one_line(&planned.label),
        status: of_step(planned.outcome),
        stage: FINISHED,
        start: None,
        stop: None,
        parameters: Vec::new(),
        attachments: Vec::new(),
    }
}
