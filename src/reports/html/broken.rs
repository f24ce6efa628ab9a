//! What broke, each thing once however many scenarios met it.
//!
//! Deliberately not here: the scenarios' own accounts, and what changed against a baseline.

use std::collections::HashSet;

use maud::{Markup, html};

use crate::record::{ChangesRecord, Finding, Header};

use super::super::problems::signature;
use super::super::text::moment;
use super::diff::compared;
use super::links::Links;
use super::overview::Breakage;
use super::scenario::Catalogue;
use super::touch::Subject;
use crate::base::text::{counted, listed, one_line, shortened};

/// How many ways of breaking are shown; the scenarios below have the rest.
const LIMIT: usize = 40;

/// How many requirements are shown in full, the most specific first; of others the ids.
const PROMISES: usize = 2;

/// How many scenarios stand beside each.
const MARKS: usize = 6;

/// What broke; `None` when nothing did and everything could be judged.
pub(super) fn broken(catalogue: &Catalogue<'_>, links: &Links<'_>, changes: Option<&ChangesRecord>) -> Option<Markup> {
    let all = links.overview.breakages();
    let reasons = &links.overview.reasons;
    if all.is_empty() && reasons.is_empty() {
        return None;
    }
    let title = match all.iter().all(|one| one.finding.is_expectation()) {
        _ if all.is_empty() => "What could not be judged",
        true => "What the scenarios expected and did not get",
        false => "What broke",
    };
    Some(html! {
        section.part #broken aria-labelledby="broken-title" {
            h2 #broken-title { (title) }
            @if changes.is_none() {
                p.summary {
                    "Since when is not known: this run was not compared with an earlier one. "
                    code { "flowproof gate --report" } " compares them."
                }
            }
            @for one in all.iter().take(LIMIT) { (breakage(one, catalogue, links, changes)) }
            @for (text, cases) in reasons.iter().take(LIMIT) { (reason(text, cases, links)) }
            @if all.len() > LIMIT { p { (all.len() - LIMIT) " more are in the scenarios below." } }
        }
        "\n"
    })
}

/// Says which faults were planted, if any were.
pub(super) fn planted(header: &Header) -> Option<String> {
    let faults = listed(header.faults.iter().cloned())?;
    Some(format!("The stand-in was broken on purpose ({faults}): this run says nothing about a real tenant"))
}

fn breakage(of: &Breakage, catalogue: &Catalogue<'_>, links: &Links<'_>, changes: Option<&ChangesRecord>) -> Markup {
    let finding = &of.finding;
    let operation = finding.operation.as_ref().filter(|operation| !finding.message.starts_with(operation.as_str()));
    let (promises, others) = finding.requirements.split_at(finding.requirements.len().min(PROMISES));
    html! {
        article.breakage {
            h3 { @if let Some(operation) = operation { code { (operation) } " " } (shortened(&one_line(&finding.message), 400)) }
            @if !promises.is_empty() {
                ul.promises {
                    @for promise in catalogue.promises(promises) { li { (promise) } }
                    @if let Some(others) = listed(others.iter().cloned()) { li { "and " code { (others) } } }
                }
            }
            (compared(finding))
            @if let Some(advice) = catalogue.advice(&finding.check) {
                p.advice {
                    strong { "What to do" } " "
                    @if !links.header().faults.is_empty() { "Nothing here, because the fault was planted. On a real tenant: " }
                    (advice)
                }
            }
            p.where {
                span.check { (finding.check) }
                @if let Some(pointer) = &finding.pointer { " at " code { (pointer) } }
                " " a.go href={ "#" (of.anchor) } { "See the exchange" }
            }
            p.met {
                @if let Some(since) = since(of, links, changes) { strong.since { (since) "." } " " }
                "Found by " (marked(&of.cases, links))
                @if let Some(more) = more(of.cases.len()) { (all_of(&more, finding, links)) }
            }
        }
        "\n"
    }
}

/// How many scenarios there are, and the most urgent of them.
fn marked(cases: &[usize], links: &Links<'_>) -> Markup {
    html! {
        (counted(cases.len(), "scenario")) ": "
        @for mark in links.marks(cases, MARKS) { a class=(mark.word) href={ "#" (mark.href) } { (mark.name) } " " }
    }
}

/// The link to all scenarios that met a finding.
fn all_of(more: &str, finding: &Finding, links: &Links<'_>) -> Markup {
    let label = format!("{} {}", finding.check, finding.operation.as_deref().unwrap_or_default());
    match links.goal(&Subject::Breakage(signature(finding))) {
        Some(goal) => {
            html! { a href={ "#" (goal.href) } data-facet=(goal.facet) data-label=(label.trim_end()) { (more) } }
        }
        None => html! { (more) },
    }
}

/// Since when one of the scenarios has not passed, as far as the comparison with a baseline knows.
fn since(of: &Breakage, links: &Links<'_>, changes: Option<&ChangesRecord>) -> Option<String> {
    let names: HashSet<&str> = of.cases.iter().map(|position| links.name(*position)).collect();
    let changes = changes?.changes.iter().filter(|change| names.contains(change.subject.as_str()));
    let first = changes.filter_map(|change| change.since).min()?;
    Some(if first == links.header().started_at {
        "New in this run".into()
    } else {
        format!("Since {}", moment(&first))
    })
}

fn reason(text: &str, cases: &[usize], links: &Links<'_>) -> Markup {
    html! {
        article.breakage.errored {
            h3 { (text) }
            p.met { "No verdict for " (marked(cases, links)) @if let Some(more) = more(cases.len()) { (more) } }
        }
        "\n"
    }
}

fn more(cases: usize) -> Option<String> {
    (cases > MARKS).then(|| format!("and {} more", cases - MARKS))
}
