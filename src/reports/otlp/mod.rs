//! Spans in the JSON form of OTLP, one line for each scenario, as the file receiver of the OpenTelemetry Collector reads them.
//!
//! An attempt at a scenario is a trace: its span has the steps below it, and each step its requests, whose ids are those that
//! went out in `traceparent`. So what the target's own spans say of a request stands below it. What was only recorded was
//! part of somebody else's trace, to which its spans link. A scenario that did not run has no span.
//!
//! Deliberately not here: bodies and header fields, and sending any of it.

mod attributes;
mod spans;

use std::io::Write;

use serde_json::{Value, json};

use self::attributes::Attributes;
use super::{Reading, RenderError, Renderer};
use crate::record::{Header, Verdict};

/// The report of spans.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "otlp", file: "spans.otlp.jsonl", purpose: "spans for OpenTelemetry, OTLP as JSON lines", write };

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let Reading { run, records, .. } = reading;
    let (resource, scope) = (resource(run.header()), scope(run.header()));
    for record in records {
        let record = record?;
        if record.verdict == Verdict::Skipped && record.exchanges.is_empty() {
            continue;
        }
        let spans = spans::of(run.header(), &record);
        let scoped = json!([{ "scope": scope, "spans": spans }]);
        serde_json::to_writer(
            &mut *out,
            &json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": scoped }] }),
        )?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Who made the spans.
fn resource(header: &Header) -> Value {
    let attributes = Attributes::default()
        .text("service.name", "flowproof")
        .text("flowproof.run.id", header.whole_run.as_ref().unwrap_or(&header.run_id))
        .text("flowproof.target", &header.target.name)
        .text("flowproof.contract", &format!("{} {}", header.contract.title, header.contract.version));
    json!({ "attributes": attributes.written() })
}

fn scope(header: &Header) -> Value {
    let (name, version) = header.tool.split_once(' ').unwrap_or((&header.tool, ""));
    json!({ "name": name, "version": version })
}
