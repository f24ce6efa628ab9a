//! Spans in the JSON form of OTLP, one line for each scenario, as the file receiver of the OpenTelemetry Collector reads them.
//!
//! An attempt at a scenario is a trace: its span has the steps below it, and each step its requests, whose ids are those that
//! went out in `traceparent`. So what the target's own spans say of a request stands below it. What was only recorded was
//! part of somebody else's trace, to which its spans link. A scenario that did not run has no span.
//!
//! Deliberately not here: bodies and header fields, and sending any of it.

mod attributes;
mod span;
mod traced;

use std::io::Write;

use serde::Serialize;

use self::attributes::Attributes;
use self::span::Span;
use self::traced::Traced;
use super::attempt::Attempt;
use super::{Reading, RenderError, Renderer};
use crate::record::{Header, Verdict};

/// The report of spans.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "otlp", file: "spans.otlp.jsonl", purpose: "spans for OpenTelemetry, OTLP as JSON lines", write };

/// What a collector is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TracesData<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: &'a Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

/// Who made the spans.
#[derive(Serialize)]
struct Resource<'a> {
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope<'a>,
    spans: Vec<Span<'a>>,
}

#[derive(Clone, Copy, Serialize)]
struct Scope<'a> {
    name: &'a str,
    version: &'a str,
}

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let Reading { run, records, .. } = reading;
    let header = run.header();
    let contract = format!("{} {}", header.contract.title, header.contract.version);
    let (resource, scope) = (resource(header, &contract), scope(header));
    for record in records {
        let record = record?;
        if record.verdict == Verdict::Skipped && record.exchanges.is_empty() {
            continue;
        }
        let attempts: Vec<Traced<'_>> =
            Attempt::of(&record).into_iter().map(|attempt| Traced::new(header, attempt)).collect();
        let spans = attempts.iter().flat_map(Traced::spans).collect();
        let scope_spans = [ScopeSpans { scope, spans }];
        let data = TracesData { resource_spans: [ResourceSpans { resource: &resource, scope_spans }] };
        serde_json::to_writer(&mut *out, &data)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn resource<'a>(header: &'a Header, contract: &'a str) -> Resource<'a> {
    let attributes = Attributes::default()
        .text("service.name", "flowproof")
        .text("flowproof.run.id", header.whole_run.as_ref().unwrap_or(&header.run_id))
        .text("flowproof.target", &header.target.name)
        .text("flowproof.contract", contract);
    Resource { attributes }
}

fn scope(header: &Header) -> Scope<'_> {
    let (name, version) = header.tool.split_once(' ').unwrap_or((&header.tool, ""));
    Scope { name, version }
}
