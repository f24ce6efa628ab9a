//! The spans of an attempt at a scenario: of itself, of its steps, and of the requests of each.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::attributes::{Attributes, text};
use super::span::{Event, Kind, Link, Span, Status};
use crate::base::digest::short;
use crate::record::{ExchangeRecord, Finding, Header, StepOutcome, TraceRecord, Verdict};
use crate::reports::attempt::Attempt;
use crate::reports::text::ended;
use crate::reports::why::message;

/// One attempt, which is a trace.
pub(super) struct Traced<'a> {
    header: &'a Header,
    attempt: Attempt<'a>,
    trace: String,
    /// The id of the span that all others stand below.
    root: String,
}

impl<'a> Traced<'a> {
    pub(super) fn new(header: &'a Header, attempt: Attempt<'a>) -> Self {
        let said = attempt.exchanges.iter().find_map(|exchange| exchange.trace.as_ref()).filter(|_| is_ours(header));
        let own = || {
            let name = format!("otlp {} {} {}", header.run_id, attempt.record.name, attempt.number);
            Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).simple().to_string()
        };
        // The trace that the requests said they belong to; where they said nothing, one of our own.
        let trace = said.map_or_else(own, |trace| trace.trace_id.clone());
        let root = span_id(&trace, "scenario");
        Self { header, attempt, trace, root }
    }

    /// All spans, those above before those below.
    pub(super) fn spans(&self) -> Vec<Span<'_>> {
        let mut spans = vec![self.scenario()];
        let mut steps: Vec<usize> = self.attempt.exchanges.iter().map(|exchange| exchange.step).collect();
        steps.dedup();
        for step in steps {
            let sent: Vec<usize> =
                (0..self.attempt.exchanges.len()).filter(|at| self.attempt.exchanges[*at].step == step).collect();
            let id = span_id(&self.trace, &format!("step {step}"));
            spans.push(self.step(id.clone(), step, &sent));
            spans.extend(sent.iter().map(|at| self.request(&id, *at)));
        }
        spans
    }

    fn scenario(&self) -> Span<'_> {
        let (attempt, record) = (&self.attempt, self.attempt.record);
        let attributes = Attributes::default()
            .text("test.case.name", &record.name)
            .text("test.case.result.status", if attempt.verdict == Verdict::Passed { "pass" } else { "fail" })
            .text("flowproof.verdict", attempt.verdict.as_str())
            .text("flowproof.title", &record.title)
            .text("code.file.path", &record.file)
            .number("flowproof.attempt", i64::try_from(attempt.number + 1).unwrap_or(i64::MAX));
        let times = (attempt.begun, ended(attempt.begun, attempt.duration_us));
        let span = self.span(self.root.as_str().into(), &record.name, Kind::Internal, times, attributes);
        let failed = matches!(attempt.verdict, Verdict::Failed | Verdict::Errored);
        let why = || text(&message(attempt.findings, attempt.reason)).into_owned().into();
        Span { status: failed.then(|| Status::error(Some(why()))), ..span }
    }

    fn step(&self, id: String, step: usize, sent: &[usize]) -> Span<'_> {
        let exchanges = || sent.iter().map(|at| &self.attempt.exchanges[*at]);
        let begun = exchanges().map(|exchange| exchange.started_at).min().unwrap_or(self.attempt.begun);
        let over = exchanges().map(|exchange| ended(exchange.started_at, exchange.total_us)).max().unwrap_or(begun);
        let planned = self.attempt.record.steps.get(step);
        let label = planned.map_or("a request", |step| step.label.as_str());
        let operation = planned.and_then(|step| step.operation.as_deref());
        let attributes = Attributes::default().known("flowproof.operation", operation);
        let outcome = planned.filter(|_| self.attempt.counts()).map(|step| step.outcome);
        let failed = matches!(outcome, Some(StepOutcome::Violated | StepOutcome::Errored));
        Span {
            parent_span_id: Some(self.root.as_str().into()),
            status: failed.then(|| Status::error(None)),
            ..self.span(id.into(), label, Kind::Internal, (begun, over), attributes)
        }
    }

    fn request(&self, step: &str, at: usize) -> Span<'_> {
        let exchange = &self.attempt.exchanges[at];
        let (ours, recorded) = if is_ours(self.header) { (&exchange.trace, &None) } else { (&None, &exchange.trace) };
        let own = || span_id(&self.trace, &format!("request {at}")).into();
        let id = ours.as_ref().map_or_else(own, |place| place.span_id.as_str().into());
        let times = (exchange.started_at, ended(exchange.started_at, exchange.total_us));
        let found = self.attempt.findings.iter().filter(|finding| finding.exchange == Some(at));
        let failed = self.attempt.denies(at) || exchange.error.is_some();
        let span = self.span(id, "", Kind::Client, times, attributes(exchange));
        Span {
            name: self.name(exchange),
            parent_span_id: Some(step.to_owned().into()),
            status: failed.then(|| Status::error(None)),
            events: found.map(|finding| event(finding, times.1)).collect(),
            links: recorded.iter().map(|TraceRecord { trace_id, span_id }| Link { trace_id, span_id }).collect(),
            ..span
        }
    }

    /// Method and path template, which are the same for all requests of an operation.
    fn name(&self, exchange: &'a ExchangeRecord) -> Cow<'a, str> {
        let operations = &self.header.contract.operations;
        let known = exchange.operation.as_ref().and_then(|name| operations.iter().find(|known| known.name == *name));
        match known {
            Some(operation) => text(&format!("{} {}", exchange.request.method, operation.path)).into_owned().into(),
            None => text(&exchange.request.method),
        }
    }

    /// A span of this trace.
    fn span<'s>(
        &'s self,
        span_id: Cow<'s, str>,
        name: &'s str,
        kind: Kind,
        (start, end): (DateTime<Utc>, DateTime<Utc>),
        attributes: Attributes<'s>,
    ) -> Span<'s> {
        let (trace_id, name) = (self.trace.as_str(), text(name));
        let (parent_span_id, status, events, links) = (None, None, Vec::new(), Vec::new());
        Span { trace_id, span_id, name, kind, start, end, attributes, parent_span_id, status, events, links }
    }
}

/// Whether the requests were sent by us, and not only recorded.
fn is_ours(header: &Header) -> bool {
    !matches!(header.target.kind.as_str(), "recording" | "proxy")
}

fn attributes(exchange: &ExchangeRecord) -> Attributes<'_> {
    let request = &exchange.request;
    let attributes = Attributes::default()
        .text("http.request.method", &request.method)
        .text("url.full", &request.url)
        .known("flowproof.operation", exchange.operation.as_deref())
        .known("error.type", exchange.error.as_ref().map(|error| error.phase.into()))
        .known("flowproof.resent", exchange.resent.as_deref());
    match &exchange.response {
        Some(response) => attributes.number("http.response.status_code", i64::from(response.status)),
        None => attributes,
    }
}

fn event(finding: &Finding, time: DateTime<Utc>) -> Event<'_> {
    let attributes = Attributes::default()
        .text("flowproof.check", &finding.check)
        .text("flowproof.level", finding.level.as_str())
        .text("flowproof.message", &finding.message)
        .known("flowproof.pointer", finding.pointer.as_deref());
    Event { time, name: "finding", attributes }
}

/// The id of a span that went out nowhere: half as long as a trace's, and the same for the same place in it.
fn span_id(trace: &str, place: &str) -> String {
    short(format!("{trace} {place}"), 8)
}
