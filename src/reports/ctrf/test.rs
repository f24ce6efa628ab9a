//! A scenario as a test of CTRF, with its steps and what was tried before.
//!
//! Deliberately not here: the document that it stands in.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;
use uuid::Uuid;

use super::id::id;
use crate::base::text::{one_line, visible};
use crate::record::{
    AttemptRecord, ExchangeRecord, Finding, Header, Level, ScenarioRecord, StepOutcome, StepRecord, Verdict,
};
use crate::reports::text::{ended, folder_and_name};
use crate::reports::why::{account, message};

/// A scenario.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Test<'a> {
    test_id: Uuid,
    execution_id: Uuid,
    name: String,
    suite: Vec<String>,
    status: &'static str,
    raw_status: &'static str,
    duration: u64,
    start: i64,
    stop: i64,
    file_path: &'a str,
    flaky: bool,
    retries: usize,
    tags: &'a [String],
    labels: Labels,
    steps: Vec<Step<'a>>,
    extra: Extra<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retry_attempts: Vec<Attempt<'a>>,
}

/// What a test is about, by names that a dashboard can filter by.
#[derive(Serialize)]
struct Labels {
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    requirement: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    operation: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    check: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    wfc: BTreeSet<String>,
}

#[derive(Serialize)]
struct Step<'a> {
    name: String,
    status: &'static str,
    extra: StepExtra<'a>,
}

#[derive(Serialize)]
struct StepExtra<'a> {
    operation: Option<&'a str>,
    exchanges: Vec<Exchange<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exchange<'a> {
    method: &'a str,
    url: Cow<'a, str>,
    status: Option<u16>,
    duration_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<&'a str>,
}

/// An attempt before the one that counts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attempt<'a> {
    attempt: usize,
    attempt_id: Uuid,
    status: &'static str,
    duration: u64,
    start: i64,
    stop: i64,
    message: String,
    extra: AttemptExtra<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptExtra<'a> {
    raw_status: &'static str,
    exchanges: Vec<Exchange<'a>>,
}

#[derive(Serialize)]
struct Extra<'a> {
    title: Cow<'a, str>,
    findings: Vec<Found<'a>>,
}

/// What a check found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    check: &'a str,
    level: Level,
    message: Cow<'a, str>,
    operation: Option<&'a str>,
    pointer: Option<&'a str>,
    requirements: &'a [String],
    wfc: Option<u16>,
    trace_id: Option<&'a str>,
}

impl<'a> Test<'a> {
    /// A scenario as the journal has it.
    pub(super) fn of(header: &Header, record: &'a ScenarioRecord) -> Self {
        let (folder, name) = folder_and_name(&record.name);
        let name = if name.is_empty() { "(no name)".to_owned() } else { one_line(name) };
        let suite: Vec<String> = folder.split('/').map(one_line).collect();
        let identity = format!("{name}|{}|{}", suite.join("/"), record.file);
        let is_told = record.verdict != Verdict::Passed;
        let stopped_at = record.steps.iter().find(|step| !matches!(step.outcome, StepOutcome::Held));
        let attempts = record.earlier.iter().enumerate();
        Self {
            test_id: Uuid::new_v5(&Uuid::NAMESPACE_DNS, identity.as_bytes()),
            execution_id: id(header, &record.name),
            name,
            suite,
            status: status(record.verdict),
            raw_status: record.verdict.as_str(),
            duration: record.duration_us / 1000,
            start: record.started_at.timestamp_millis(),
            stop: ended(record.started_at, record.duration_us).timestamp_millis(),
            file_path: &record.file,
            flaky: record.is_flaky(),
            retries: record.earlier.len(),
            tags: &record.tags,
            labels: Labels::of(record),
            steps: record.steps.iter().enumerate().map(|(index, step)| Step::of(index, step, record)).collect(),
            extra: Extra::of(record),
            message: is_told.then(|| message(&record.findings, record.reason.as_deref())),
            trace: account(header, record),
            line: stopped_at.map(|step| step.place.line),
            retry_attempts: attempts.map(|(index, one)| Attempt::of(header, &record.name, (index, one))).collect(),
        }
    }
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

impl Labels {
    fn of(record: &ScenarioRecord) -> Self {
        let denied = || record.findings.iter().filter(|finding| finding.level == Level::Deny);
        let operations = record.exchanges.iter().filter_map(|exchange| exchange.operation.as_deref());
        Self {
            requirement: record.covers.iter().map(|id| one_line(id)).collect(),
            operation: operations.map(one_line).collect(),
            check: denied().map(|finding| one_line(&finding.check)).collect(),
            wfc: denied().filter_map(|finding| finding.wfc).map(|code| code.to_string()).collect(),
        }
    }
}

impl<'a> Step<'a> {
    fn of(index: usize, step: &'a StepRecord, record: &'a ScenarioRecord) -> Self {
        let sent = record.exchanges.iter().filter(|exchange| exchange.step == index);
        let status = match step.outcome {
            StepOutcome::Held => "passed",
            StepOutcome::Violated => "failed",
            StepOutcome::Errored => "other",
            StepOutcome::NotRun => "skipped",
        };
        let extra = StepExtra { operation: step.operation.as_deref(), exchanges: sent.map(Exchange::from).collect() };
        Self { name: one_line(&step.label), status, extra }
    }
}

impl<'a> From<&'a ExchangeRecord> for Exchange<'a> {
    fn from(exchange: &'a ExchangeRecord) -> Self {
        let trace = exchange.trace.as_ref();
        Self {
            method: &exchange.request.method,
            url: visible(&exchange.request.url),
            status: exchange.response.as_ref().map(|response| response.status),
            duration_us: exchange.total_us,
            trace_id: trace.map(|trace| trace.trace_id.as_str()),
            span_id: trace.map(|trace| trace.span_id.as_str()),
        }
    }
}

impl<'a> Attempt<'a> {
    fn of(header: &Header, scenario: &str, (index, attempt): (usize, &'a AttemptRecord)) -> Self {
        Self {
            attempt: index + 1,
            attempt_id: id(header, &format!("{scenario} attempt {index}")),
            status: status(attempt.verdict),
            duration: attempt.duration_us / 1000,
            start: attempt.started_at.timestamp_millis(),
            stop: ended(attempt.started_at, attempt.duration_us).timestamp_millis(),
            message: message(&attempt.findings, attempt.reason.as_deref()),
            extra: AttemptExtra {
                raw_status: attempt.verdict.as_str(),
                exchanges: attempt.exchanges.iter().map(Exchange::from).collect(),
            },
        }
    }
}

impl<'a> Extra<'a> {
    fn of(record: &'a ScenarioRecord) -> Self {
        let findings = record.findings.iter().map(|finding| Found::of(finding, record)).collect();
        Self { title: visible(&record.title), findings }
    }
}

impl<'a> Found<'a> {
    fn of(finding: &'a Finding, record: &'a ScenarioRecord) -> Self {
        let trace = finding.exchange.and_then(|index| record.exchanges.get(index)?.trace.as_ref());
        Self {
            check: &finding.check,
            level: finding.level,
            message: visible(&finding.message),
            operation: finding.operation.as_deref(),
            pointer: finding.pointer.as_deref(),
            requirements: &finding.requirements,
            wfc: finding.wfc,
            trace_id: trace.map(|trace| trace.trace_id.as_str()),
        }
    }
}
