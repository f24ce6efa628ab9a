//! One scenario's record, arranged for its templates, piece by piece.
//!
//! Deliberately not here: markup, which is the templates', and escaping, which the template engine does to every value.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::record::{
    AttemptRecord, BodyRecord, ExchangeRecord, Finding, Header, Level, Place, RequirementRecord, ScenarioRecord,
    SequenceRecord, StepOutcome, StepRecord,
};

use super::super::RenderError;
use super::super::again::run_line;
use super::super::curl::curl;
use super::super::text::{moment, status};
use super::anchor::{anchor, exchange_anchor, findings, kind};
use super::body::{self, BodyLine};
use super::diff::sides;
use super::links::Promise;
use super::overview::Group;
use super::page::Page;
use super::sequence;
use super::timeline;
use crate::base::duration;
use crate::base::text::counted;

/// What the scenarios of a run share: the contract's requirements by their ids, and the target's origin.
pub(super) struct Catalogue<'a> {
    requirements: HashMap<&'a str, &'a RequirementRecord>,
    header: &'a Header,
}

impl<'a> Catalogue<'a> {
    pub(super) fn new(header: &'a Header) -> Self {
        let known = header.contract.requirements.iter();
        Self { requirements: known.map(|known| (known.id.as_str(), known)).collect(), header }
    }

    /// What to do when a check finds something.
    pub(super) fn advice(&self, check: &str) -> Option<&'a str> {
        self.header.checks.iter().find(|known| known.id == check).map(|known| known.advice.as_str())
    }

    pub(super) fn promises<'b>(&self, ids: &'b [String]) -> Vec<Promise<'b>>
    where
        'a: 'b,
    {
        ids.iter().map(|id| Promise::new(id, self.requirements.get(id.as_str()).copied())).collect()
    }
}

/// Writes a scenario's whole account.
pub(super) fn put_account(
    page: &mut Page<'_>,
    catalogue: &Catalogue<'_>,
    record: &ScenarioRecord,
) -> Result<(), RenderError> {
    let anchor = anchor(&record.name);
    page.put("about", about(catalogue.header, record, &anchor))?;
    let (denied, warned): (Vec<_>, Vec<_>) = record.findings.iter().partition(|finding| finding.level == Level::Deny);
    for finding in denied.into_iter().chain(warned) {
        page.put("finding", finding_view(catalogue, record, &anchor, finding))?;
    }
    if !record.covers.is_empty() {
        page.put("covers", json!({ "covers": catalogue.promises(&record.covers) }))?;
    }
    for sequence in &record.sequences {
        page.put("sequence", sequence_view(&anchor, sequence))?;
    }
    if record.exchanges.len() > 1 {
        page.put("timeline", timeline::timeline(record, &anchor))?;
    }
    put_steps(page, catalogue.header, record, &anchor)
}

/// Writes the steps with their exchanges; exchanges that belong to no step come last.
fn put_steps(page: &mut Page<'_>, header: &Header, record: &ScenarioRecord, anchor: &str) -> Result<(), RenderError> {
    let known = record.steps.len();
    let strays = record.exchanges.iter().any(|exchange| exchange.step >= known);
    if known == 0 && !strays {
        return Ok(());
    }
    page.literal(&["<h4>Steps</h4>\n<ol class=\"steps\">\n"])?;
    for (index, step) in record.steps.iter().enumerate() {
        page.put("step", step_view(step))?;
        put_exchanges(page, header, record, anchor, |at| at == index)?;
    }
    if strays {
        page.put("step", stray_step())?;
        put_exchanges(page, header, record, anchor, |at| at >= known)?;
    }
    page.literal(&["</ol>\n"])
}

/// Writes the exchanges of some steps, and ends the list's item.
fn put_exchanges(
    page: &mut Page<'_>,
    header: &Header,
    record: &ScenarioRecord,
    anchor: &str,
    wanted: impl Fn(usize) -> bool,
) -> Result<(), RenderError> {
    for (index, exchange) in record.exchanges.iter().enumerate().filter(|(_, exchange)| wanted(exchange.step)) {
        let pointers = pointers(record, index);
        page.put("exchange", exchange_view(&header.target.base_url, record, anchor, index))?;
        let request = &exchange.request;
        put_message(page, "Request", &request.headers, request.body.as_ref(), &[])?;
        if let Some(response) = &exchange.response {
            put_message(page, "Response", &response.headers, response.body.as_ref(), &pointers)?;
        }
        page.put("repeat", json!({ "curl": curl(header, exchange) }))?;
    }
    page.literal(&["</li>\n"])
}

/// The data of a scenario's line.
pub(super) fn line(record: &ScenarioRecord) -> Value {
    let warnings = record.findings.iter().filter(|finding| finding.level == Level::Warn).count();
    json!({
        "name": record.name,
        "title": record.title,
        "word": Group::of(record).word(),
        "reason": record.reason,
        "duration": duration::human(record.duration_us),
        "warnings": (warnings > 0).then(|| counted(warnings, "warning")),
    })
}

/// The data of what everybody can read of a scenario whose account is packed.
pub(super) fn core(record: &ScenarioRecord) -> Value {
    let line = |(index, exchange): (usize, &ExchangeRecord)| {
        let operation = exchange.operation.as_deref().unwrap_or(&exchange.request.method);
        let status = exchange.response.as_ref().map_or("no response".into(), |response| response.status.to_string());
        let shown = record.sequences.iter().flat_map(|sequence| &sequence.observed).filter(|(_, at)| *at == index);
        let states: String = shown.map(|(state, _)| format!(" {state}")).collect();
        format!("{operation} {status}{states}")
    };
    let exchanges: Vec<String> = record.exchanges.iter().enumerate().map(line).collect();
    json!({
        "exchanges": exchanges.join(" → "),
        "covers": record.covers.join(", "),
        "file": record.file,
        "messages": messages(&record.findings),
    })
}

fn messages(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.message.as_str()).collect()
}

fn about(header: &Header, record: &ScenarioRecord, anchor: &str) -> Value {
    let attempt = |attempt: &AttemptRecord| {
        json!({
            "word": attempt.verdict.as_str(),
            "reason": attempt.reason,
            "duration": duration::human(attempt.duration_us),
            "messages": messages(&attempt.findings),
        })
    };
    json!({
        "id": anchor,
        "why": record.why,
        "file": record.file,
        "tags": record.tags,
        "again": run_line(header, record),
        "attempts": record.earlier.iter().map(attempt).collect::<Value>(),
    })
}

fn finding_view(catalogue: &Catalogue<'_>, record: &ScenarioRecord, anchor: &str, finding: &Finding) -> Value {
    let exchange = finding.exchange.and_then(|index| Some((index, record.exchanges.get(index)?)));
    let (expected, actual) = sides(finding.expected.as_deref(), finding.actual.as_deref());
    json!({
        "level": finding.level.as_str(),
        "check": finding.check,
        "message": finding.message,
        "operation": finding.operation,
        "pointer": finding.pointer,
        "is_expectation": finding.is_expectation(),
        "compared": expected.is_some() || actual.is_some(),
        "expected": expected,
        "actual": actual,
        "advice": catalogue.advice(&finding.check),
        "promise": finding.promise,
        "requirements": catalogue.promises(&finding.requirements),
        "exchange": exchange.map(|(index, exchange)| link(record, anchor, index, exchange)),
        "place": finding.place.as_ref().map(place_view),
    })
}

fn link(record: &ScenarioRecord, anchor: &str, index: usize, exchange: &ExchangeRecord) -> Value {
    let step = record.steps.get(exchange.step).map_or("a request", |step| &step.label);
    let label = format!("step {}, {step}: {}", exchange.step + 1, came(exchange));
    json!({ "id": exchange_anchor(anchor, index), "label": label })
}

fn place_view(place: &Place) -> Value {
    let number = place.line.to_string();
    let gutter = |index| if index == 0 { number.clone() } else { " ".repeat(number.len()) };
    let lines = place.excerpt.lines().enumerate();
    let lines = lines.map(|(index, text)| json!({ "gutter": gutter(index), "text": text.trim_end() }));
    json!({ "at": at(place), "lines": lines.collect::<Value>() })
}

fn at(place: &Place) -> String {
    format!("{}:{}:{}", place.file, place.line, place.column)
}

fn sequence_view(anchor: &str, record: &SequenceRecord) -> Value {
    let observed: Vec<_> =
        record.observed.iter().map(|(state, index)| (state.clone(), exchange_anchor(anchor, *index))).collect();
    json!({
        "lifecycle": record.lifecycle,
        "resource": record.resource,
        "compared": record.expected.is_some(),
        "rows": match &record.expected {
            Some(expected) => sequence::aligned(expected, &observed),
            None => sequence::chain(&observed),
        },
    })
}

fn step_view(step: &StepRecord) -> Value {
    let (outcome, word) = match step.outcome {
        StepOutcome::Held => ("held", "held"),
        StepOutcome::Violated => ("violated", "violated"),
        StepOutcome::Errored => ("errored", "could not be judged"),
        StepOutcome::NotRun => ("not-run", "not run"),
    };
    json!({
        "label": step.label,
        "operation": step.operation.as_ref().filter(|operation| **operation != step.label),
        "place": at(&step.place),
        "outcome": outcome,
        "outcome_word": word,
    })
}

fn stray_step() -> Value {
    let label = "Requests outside the steps";
    json!({ "label": label, "operation": null, "place": "", "outcome": "not-run", "outcome_word": "" })
}

fn exchange_view(base_url: &str, record: &ScenarioRecord, anchor: &str, index: usize) -> Value {
    let exchange = &record.exchanges[index];
    let denied = findings(record, index).any(|finding| finding.level == Level::Deny);
    json!({
        "id": exchange_anchor(anchor, index),
        "kind": kind(exchange, denied),
        "open": denied || exchange.error.is_some(),
        "status": exchange.response.as_ref().map_or_else(|| "no response".into(), |response| status(response.status)),
        "method": exchange.request.method,
        "url": within(base_url, &exchange.request.url),
        "first_byte": duration::human(exchange.first_byte_us),
        "total": duration::human(exchange.total_us),
        "started": moment(&exchange.started_at),
        "error": exchange.error.as_ref().map(|error| format!("{}: {}", error.phase, error.message)),
    })
}

/// A URL without the target's origin, which the page's head has; any other URL stays whole.
fn within<'a>(base_url: &str, url: &'a str) -> &'a str {
    let path = url.strip_prefix(base_url.trim_end_matches('/'));
    path.filter(|path| path.starts_with('/')).unwrap_or(url)
}

/// Where findings point at an exchange's answer.
fn pointers(record: &ScenarioRecord, exchange: usize) -> Vec<&str> {
    findings(record, exchange).filter_map(|finding| finding.pointer.as_deref()).collect()
}

fn came(exchange: &ExchangeRecord) -> String {
    match (&exchange.response, &exchange.error) {
        (Some(response), _) => status(response.status),
        (None, Some(error)) => format!("no response ({})", error.phase),
        (None, None) => "no response".into(),
    }
}

/// Writes a request or response: its headers, its body, how long that is.
fn put_message(
    page: &mut Page<'_>,
    title: &str,
    headers: &[(String, String)],
    body: Option<&BodyRecord>,
    pointers: &[&str],
) -> Result<(), RenderError> {
    let fields =
        headers.iter().map(|(name, value)| json!({ "name": name, "value": value, "mark": points_at(pointers, name) }));
    page.put("message", json!({ "title": title, "headers": fields.collect::<Value>() }))?;
    if let Some(body) = body {
        put_body(page, &body::lines(&body.text, pointers))?;
    }
    page.literal(&["<p class=\"size\">"])?;
    page.text(&size(body))?;
    page.literal(&["</p>\n</div>\n"])
}

/// Writes a body line by line; a template takes four times as long, and most of a report is bodies.
fn put_body(page: &mut Page<'_>, lines: &[BodyLine]) -> Result<(), RenderError> {
    page.literal(&["<pre class=\"body\" tabindex=\"0\">"])?;
    for line in lines {
        page.literal(&[if line.mark { "<mark><span class=\"unseen\">a finding points here: </span>" } else { "" }])?;
        page.text(&line.indent)?;
        if !line.key.is_empty() {
            page.literal(&["<b>"])?;
            page.text(&line.key)?;
            page.literal(&["</b>: "])?;
        }
        page.text(&line.rest)?;
        page.literal(&[if line.mark { "\n</mark>" } else { "\n" }])?;
    }
    page.literal(&["</pre>\n"])
}

/// Whether a finding points at a header field.
fn points_at(pointers: &[&str], name: &str) -> bool {
    let mut fields = pointers.iter().filter_map(|pointer| pointer.strip_prefix("header:"));
    fields.any(|field| field.eq_ignore_ascii_case(name))
}

fn size(body: Option<&BodyRecord>) -> String {
    match body {
        None => "no body".into(),
        Some(body) if body.cut => format!("body of {}, cut here", counted(body.bytes, "byte")),
        Some(body) => format!("body of {}", counted(body.bytes, "byte")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r22_an_anchor_is_readable_where_it_can_be_and_always_its_own() {
        assert_eq!(anchor("mfa/otp/wrong-value"), "s-mfa_otp_wrong-value");
        let names = ["A/b", "a/b", "a_b", "a//b", "../x", "CON", "é", "è", &"x".repeat(300), &"x".repeat(301), ""];
        let mut anchors: Vec<_> = names.iter().map(|name| anchor(name)).collect();
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(anchors.iter().all(|anchor| anchor.len() < 110 && anchor.chars().all(valid)), "{anchors:?}");
        anchors.sort_unstable();
        anchors.dedup();
        assert_eq!(anchors.len(), names.len());
    }
}
