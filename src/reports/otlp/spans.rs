//! The spans of a scenario: its attempts, their steps, and the requests of each.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::attributes::{Attributes, text};
use crate::base::digest::short;
use crate::record::{ExchangeRecord, Finding, Header, ScenarioRecord, StepOutcome, TraceRecord, Verdict};
use crate::reports::attempt::Attempt;
use crate::reports::text::ended;
use crate::reports::why::message;

/// Something that is done here.
const INTERNAL: u8 = 1;
/// A request to somebody else.
const CLIENT: u8 = 3;
/// It went wrong.
const ERROR: u8 = 2;

/// All spans of a scenario, attempt by attempt.
pub(super) fn of(header: &Header, record: &ScenarioRecord) -> Vec<Value> {
    Attempt::of(record).into_iter().flat_map(|attempt| Traced { header, attempt }.spans()).collect()
}

/// One attempt, which is a trace.
struct Traced<'a> {
    header: &'a Header,
    attempt: Attempt<'a>,
}

impl Traced<'_> {
    fn spans(&self) -> Vec<Value> {
        let trace = self.trace();
        let root = span_id(&trace, "scenario");
        let mut spans = vec![self.scenario(&trace, &root)];
        let mut steps: Vec<usize> = self.attempt.exchanges.iter().map(|exchange| exchange.step).collect();
        steps.dedup();
        for step in steps {
            let sent: Vec<usize> =
                (0..self.attempt.exchanges.len()).filter(|at| self.attempt.exchanges[*at].step == step).collect();
            let id = span_id(&trace, &format!("step {step}"));
            spans.push(self.step(&trace, [&root, &id], step, &sent));
            spans.extend(sent.iter().map(|at| self.request(&trace, &id, *at)));
        }
        spans
    }

    /// Whether the requests were sent by us, and not only recorded.
    fn is_ours(&self) -> bool {
        !matches!(self.header.target.kind.as_str(), "recording" | "proxy")
    }

    /// The trace that the requests said they belong to; where they said nothing, one of our own.
    fn trace(&self) -> String {
        let said =
            self.attempt.exchanges.iter().find_map(|exchange| exchange.trace.as_ref()).filter(|_| self.is_ours());
        let own = || {
            let name = format!("otlp {} {} {}", self.header.run_id, self.attempt.record.name, self.attempt.number);
            Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).simple().to_string()
        };
        said.map_or_else(own, |trace| trace.trace_id.clone())
    }

    fn scenario(&self, trace: &str, id: &str) -> Value {
        let record = self.attempt.record;
        let attributes = Attributes::default()
            .text("test.case.name", &record.name)
            .text("test.case.result.status", if self.attempt.verdict == Verdict::Passed { "pass" } else { "fail" })
            .text("flowproof.verdict", self.attempt.verdict.as_str())
            .text("flowproof.title", &record.title)
            .text("code.file.path", &record.file)
            .number("flowproof.attempt", i64::try_from(self.attempt.number + 1).unwrap_or(i64::MAX));
        let times = (self.attempt.begun, ended(self.attempt.begun, self.attempt.duration_us));
        let mut span = span([trace, id, ""], &record.name, INTERNAL, times, attributes);
        if matches!(self.attempt.verdict, Verdict::Failed | Verdict::Errored) {
            span["status"] =
                json!({ "code": ERROR, "message": text(&message(self.attempt.findings, self.attempt.reason)) });
        }
        span
    }

    fn step(&self, trace: &str, [root, id]: [&str; 2], step: usize, sent: &[usize]) -> Value {
        let exchanges = || sent.iter().map(|at| &self.attempt.exchanges[*at]);
        let begun = exchanges().map(|exchange| exchange.started_at).min().unwrap_or(self.attempt.begun);
        let over = exchanges().map(|exchange| ended(exchange.started_at, exchange.total_us)).max().unwrap_or(begun);
        let planned = self.attempt.record.steps.get(step);
        let label = planned.map_or("a request", |step| step.label.as_str());
        let operation = planned.and_then(|step| step.operation.as_deref());
        let attributes = Attributes::default().known("flowproof.operation", operation);
        let mut span = span([trace, id, root], label, INTERNAL, (begun, over), attributes);
        let outcome = planned.filter(|_| self.attempt.counts()).map(|step| step.outcome);
        if matches!(outcome, Some(StepOutcome::Violated | StepOutcome::Errored)) {
            span["status"] = json!({ "code": ERROR });
        }
        span
    }

    fn request(&self, trace: &str, step: &str, at: usize) -> Value {
        let exchange = &self.attempt.exchanges[at];
        let said = exchange.trace.as_ref();
        let own = || span_id(trace, &format!("request {at}"));
        let id = said.filter(|_| self.is_ours()).map_or_else(own, |place| place.span_id.clone());
        let times = (exchange.started_at, ended(exchange.started_at, exchange.total_us));
        let mut span = span([trace, &id, step], &self.name(exchange), CLIENT, times, attributes(exchange));
        let events: Vec<Value> = self
            .attempt
            .findings
            .iter()
            .filter(|finding| finding.exchange == Some(at))
            .map(|finding| event(finding, times.1))
            .collect();
        if self.attempt.denies(at) || exchange.error.is_some() {
            span["status"] = json!({ "code": ERROR });
        }
        span["events"] = events.into();
        if let Some(TraceRecord { trace_id, span_id }) = said.filter(|_| !self.is_ours()) {
            span["links"] = json!([{ "traceId": trace_id, "spanId": span_id }]);
        }
        span
    }

    /// Method and path template, which are the same for all requests of an operation.
    fn name(&self, exchange: &ExchangeRecord) -> String {
        let operations = &self.header.contract.operations;
        let known = exchange.operation.as_ref().and_then(|name| operations.iter().find(|known| known.name == *name));
        let path = known.map_or(String::new(), |operation| format!(" {}", operation.path));
        format!("{}{path}", exchange.request.method)
    }
}

/// A span with its ids: of the trace, of itself, and of the one above it.
fn span(
    [trace, id, parent]: [&str; 3],
    name: &str,
    kind: u8,
    (begun, over): (DateTime<Utc>, DateTime<Utc>),
    attributes: Attributes,
) -> Value {
    let mut span = json!({
        "traceId": trace,
        "spanId": id,
        "name": text(name),
        "kind": kind,
        "startTimeUnixNano": nanoseconds(begun),
        "endTimeUnixNano": nanoseconds(over),
        "attributes": attributes.written(),
    });
    if !parent.is_empty() {
        span["parentSpanId"] = parent.into();
    }
    span
}

fn attributes(exchange: &ExchangeRecord) -> Attributes {
    let request = &exchange.request;
    let attributes = Attributes::default()
        .text("http.request.method", &request.method)
        .text("url.full", &request.url)
        .known("flowproof.operation", exchange.operation.as_deref())
        .known("error.type", exchange.error.as_ref().map(|error| error.phase.to_string()).as_deref())
        .known("flowproof.resent", exchange.resent.as_deref());
    match &exchange.response {
        Some(response) => attributes.number("http.response.status_code", i64::from(response.status)),
        None => attributes,
    }
}

fn event(finding: &Finding, at: DateTime<Utc>) -> Value {
    let attributes = Attributes::default()
        .text("flowproof.check", &finding.check)
        .text("flowproof.level", finding.level.as_str())
        .text("flowproof.message", &finding.message)
        .known("flowproof.pointer", finding.pointer.as_deref());
    json!({ "timeUnixNano": nanoseconds(at), "name": "finding", "attributes": attributes.written() })
}

/// Nanoseconds since the epoch, as a text; they are beyond what JavaScript can count.
fn nanoseconds(at: DateTime<Utc>) -> String {
    at.timestamp_nanos_opt().unwrap_or_default().max(0).to_string()
}

/// The id of a span that went out nowhere: half as long as a trace's, and the same for the same place in it.
fn span_id(trace: &str, place: &str) -> String {
    short(format!("{trace} {place}"), 8)
}
