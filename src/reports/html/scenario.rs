//! One scenario's record as markup, piece by piece.
//!
//! Elements that hold what is written by other pieces are opened and closed by literals. Deliberately not here: escaping,
//! which is the page's.

use std::collections::HashMap;

use maud::{Markup, html};

use crate::record::{
    AttemptRecord, BodyRecord, ExchangeRecord, Finding, Header, Level, Place, RequirementRecord, ScenarioRecord,
    StepOutcome, StepRecord,
};

use super::super::RenderError;
use super::super::again::run_line;
use super::super::curl::curl;
use super::super::text::{moment, status};
use super::anchor::{anchor, exchange_anchor, findings, kind};
use super::body;
use super::diff::compared;
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
        ids.iter().map(|id| Promise { id, known: self.requirements.get(id.as_str()).copied() }).collect()
    }
}

/// Writes a scenario's whole account.
pub(super) fn put_account(
    page: &mut Page<'_>,
    catalogue: &Catalogue<'_>,
    record: &ScenarioRecord,
) -> Result<(), RenderError> {
    let anchor = anchor(&record.name);
    put_about(page, catalogue.header, record, &anchor)?;
    let (denied, warned): (Vec<_>, Vec<_>) = record.findings.iter().partition(|finding| finding.level == Level::Deny);
    for finding in denied.into_iter().chain(warned) {
        page.markup(&finding_view(catalogue, record, &anchor, finding))?;
    }
    if !record.covers.is_empty() {
        let promises = catalogue.promises(&record.covers);
        page.markup(&html! {
            h4 { "Promises covered" }
            ul.promises { @for promise in promises { li { (promise) } } }
            "\n"
        })?;
    }
    for sequence in &record.sequences {
        page.markup(&sequence::sequence(&anchor, sequence))?;
    }
    if record.exchanges.len() > 1 {
        page.markup(&timeline::timeline(record, &anchor))?;
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
        put_step_head(page, step)?;
        put_exchanges(page, header, record, anchor, |at| at == index)?;
    }
    if strays {
        page.literal(&["<li class=\"step not-run\">\n<p class=\"step-head\"><span class=\"label\">Requests outside the steps</span></p>\n"])?;
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
        put_exchange_head(page, &header.target.base_url, record, anchor, index)?;
        let request = &exchange.request;
        put_message(page, "Request", &request.headers, request.body.as_ref(), &[])?;
        if let Some(response) = &exchange.response {
            put_message(page, "Response", &response.headers, response.body.as_ref(), &pointers)?;
        }
        page.literal(&["</div>\n<div class=\"again-head\"><h5>Repeat it</h5> <button type=\"button\" class=\"copy\">Copy</button></div>\n"])?;
        page.markup(&html! { pre.curl tabindex="0" { (curl(header, exchange)) } "\n" })?;
        page.literal(&["</div>\n</details>\n"])?;
    }
    page.literal(&["</li>\n"])
}

/// A scenario's line.
pub(super) fn line(record: &ScenarioRecord) -> Markup {
    let warnings = record.findings.iter().filter(|finding| finding.level == Level::Warn).count();
    html! {
        summary {
            span.verdict { (Group::of(record).word()) } " "
            span.title {
                (record.title) " " code { (record.name) }
                @if warnings > 0 { " " span.warned { (counted(warnings, "warning")) } }
            }
            " " span.took { (duration::human(record.duration_us)) }
            @if let Some(reason) = &record.reason { " " span.reason { (reason) } }
        }
    }
}

/// What everybody can read of a scenario whose account is packed.
pub(super) fn put_core(page: &mut Page<'_>, record: &ScenarioRecord) -> Result<(), RenderError> {
    let line = |(index, exchange): (usize, &ExchangeRecord)| {
        let operation = exchange.operation.as_deref().unwrap_or(&exchange.request.method);
        let status = exchange.response.as_ref().map_or("no response".into(), |response| response.status.to_string());
        let shown = record.sequences.iter().flat_map(|sequence| &sequence.observed).filter(|(_, at)| *at == index);
        let states: String = shown.map(|(state, _)| format!(" {state}")).collect();
        format!("{operation} {status}{states}")
    };
    let exchanges: Vec<String> = record.exchanges.iter().enumerate().map(line).collect();
    page.literal(&["<p class=\"core\">"])?;
    page.markup(&html! {
        (exchanges.join(" → "))
        @for finding in &record.findings { "\n" (finding.message) }
        "\n" (record.file) " " (record.covers.join(", "))
    })?;
    page.literal(&["</p>"])
}

/// What the account begins with; the element around it stays open.
fn put_about(page: &mut Page<'_>, header: &Header, record: &ScenarioRecord, anchor: &str) -> Result<(), RenderError> {
    page.literal(&["<div class=\"inside\">\n"])?;
    page.markup(&html! {
        @if !record.why.is_empty() { p.why { (record.why) } }
        p.meta {
            code { (record.file) }
            @for tag in &record.tags { " " span.tag { (tag) } }
            " " a href={ "#" (anchor) } { "link to this scenario" }
        }
        div.again { code { (run_line(header, record)) } " " button.copy type="button" { "Copy" } }
        "\n"
        @if !record.earlier.is_empty() {
            h4 { "Earlier attempts" }
            ol.attempts { @for attempt in &record.earlier { (attempt_view(attempt)) } }
            "\n"
        }
    })
}

fn attempt_view(attempt: &AttemptRecord) -> Markup {
    let word = attempt.verdict.as_str();
    html! {
        li {
            span class={ "verdict " (word) } { (word) } " after " (duration::human(attempt.duration_us))
            @if let Some(reason) = &attempt.reason { ": " (reason) }
            @if !attempt.findings.is_empty() { ul { @for finding in &attempt.findings { li { (finding.message) } } } }
        }
        "\n"
    }
}

fn finding_view(catalogue: &Catalogue<'_>, record: &ScenarioRecord, anchor: &str, finding: &Finding) -> Markup {
    html! {
        div class={ "finding " (finding.level.as_str()) } {
            h4 { span.check { (finding.check) } " " (finding.message) }
            (compared(finding))
            (about_finding(catalogue, record, anchor, finding))
            @if let Some(place) = &finding.place { (excerpt(place)) }
        }
        "\n"
    }
}

/// Where a finding is, what it rests on, and what to do.
fn about_finding(catalogue: &Catalogue<'_>, record: &ScenarioRecord, anchor: &str, finding: &Finding) -> Markup {
    let exchange = finding.exchange.and_then(|index| Some((index, record.exchanges.get(index)?)));
    let code = |label: &str, value: Option<&String>| html! { @if let Some(value) = value { div { dt { (label) } dd.code { (value) } } } };
    let place = finding.place.as_ref().map(at);
    html! {
        dl.about {
            (code("At", finding.pointer.as_ref()))
            (code("Operation", finding.operation.as_ref()))
            @if !finding.requirements.is_empty() {
                div { dt { "Requirement" } @for promise in catalogue.promises(&finding.requirements) { dd { (promise) } } }
            }
            (code("Contract", finding.promise.as_ref()))
            @if let Some(advice) = catalogue.advice(&finding.check) { div { dt { "What to do" } dd { (advice) } } }
            @if let Some((index, exchange)) = exchange {
                div { dt { "Exchange" } dd { a href={ "#" (exchange_anchor(anchor, index)) } { (label(record, exchange)) } } }
            }
            (code("Requested in", place.as_ref()))
        }
        "\n"
    }
}

/// The lines of a scenario's file that a finding points at.
fn excerpt(place: &Place) -> Markup {
    let number = place.line.to_string();
    let gutter = |index| if index == 0 { number.clone() } else { " ".repeat(number.len()) };
    html! {
        @if !place.excerpt.is_empty() {
            pre.excerpt tabindex="0" {
                @for (index, text) in place.excerpt.lines().enumerate() {
                    span.gutter { (gutter(index)) " │ " } (text.trim_end()) "\n"
                }
            }
            "\n"
        }
    }
}

fn label(record: &ScenarioRecord, exchange: &ExchangeRecord) -> String {
    let step = record.steps.get(exchange.step).map_or("a request", |step| &step.label);
    format!("step {}, {step}: {}", exchange.step + 1, came(exchange))
}

fn at(place: &Place) -> String {
    format!("{}:{}:{}", place.file, place.line, place.column)
}

/// The beginning of a step's item, which stays open.
fn put_step_head(page: &mut Page<'_>, step: &StepRecord) -> Result<(), RenderError> {
    let (outcome, word) = match step.outcome {
        StepOutcome::Held => ("held", "held"),
        StepOutcome::Violated => ("violated", "violated"),
        StepOutcome::Errored => ("errored", "could not be judged"),
        StepOutcome::NotRun => ("not-run", "not run"),
    };
    page.literal(&["<li class=\"step ", outcome, "\">\n"])?;
    page.markup(&html! {
        p.step-head {
            span.label { (step.label) }
            @if let Some(operation) = step.operation.as_ref().filter(|operation| **operation != step.label) {
                " " code { (operation) }
            }
            " " span.outcome { (word) } " " span.place { (at(&step.place)) }
        }
        "\n"
    })
}

/// The beginning of an exchange, which stays open.
fn put_exchange_head(
    page: &mut Page<'_>,
    base_url: &str,
    record: &ScenarioRecord,
    anchor: &str,
    index: usize,
) -> Result<(), RenderError> {
    let exchange = &record.exchanges[index];
    let denied = findings(record, index).any(|finding| finding.level == Level::Deny);
    let open = denied || exchange.error.is_some();
    let id = exchange_anchor(anchor, index);
    let total = duration::human(exchange.total_us);
    page.literal(&["<details class=\"exchange ", kind(exchange, denied), "\" id=\""])?;
    page.text(&id)?;
    page.literal(&[if open { "\" open>\n" } else { "\">\n" }])?;
    page.markup(&html! {
        summary {
            span.status { (exchange.response.as_ref().map_or_else(|| "no response".into(), |response| status(response.status))) } " "
            span.call { b { (exchange.request.method) } " " (within(base_url, &exchange.request.url)) } " "
            span.took { (total) }
        }
        "\n"
    })?;
    page.literal(&["<div class=\"inside\">\n"])?;
    page.markup(&html! {
        @if let Some(error) = &exchange.error {
            p.transport { strong { "No response." } " " (error.phase) ": " (error.message) }
        }
        p.times {
            "first byte " (duration::human(exchange.first_byte_us)) ", last byte " (total)
            ", started " (moment(&exchange.started_at))
            @if let Some(trace) = &exchange.trace { ", trace " code { (trace.trace_id) } }
            " " a href={ "#" (id) } { "link to this exchange" }
        }
        "\n"
    })?;
    page.literal(&["<div class=\"pair\">\n"])
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
    title: &'static str,
    headers: &[(String, String)],
    body: Option<&BodyRecord>,
    pointers: &[&str],
) -> Result<(), RenderError> {
    page.literal(&["<div class=\"message\">\n<h5>", title, "</h5>\n"])?;
    page.markup(&fields(headers, pointers))?;
    if let Some(body) = body {
        let lines = body::lines(&body.text, pointers);
        page.markup(&html! { pre.body tabindex="0" { (lines) } "\n" })?;
    }
    page.literal(&["<p class=\"size\">"])?;
    page.text(&size(body))?;
    page.literal(&["</p>\n</div>\n"])
}

fn fields(headers: &[(String, String)], pointers: &[&str]) -> Markup {
    html! {
        @if !headers.is_empty() {
            table.headers {
                thead.unseen { tr { th scope="col" { "Header" } th scope="col" { "Value" } } }
                tbody {
                    @for (name, value) in headers {
                        tr.mark[points_at(pointers, name)] { th scope="row" { (name) } td { (value) } } "\n"
                    }
                }
            }
            "\n"
        }
    }
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
