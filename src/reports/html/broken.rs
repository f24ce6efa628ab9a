//! What broke, each thing once however many scenarios met it, and what changed against the baseline.
//!
//! Deliberately not here: the scenarios' own accounts.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::record::journal::ScenarioEntry;
use crate::record::{Bearing, ChangeRecord, ChangesRecord, Header};

use super::super::problems::signature;
use super::super::text::moment;
use super::anchor::anchor;
use super::diff::sides;
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

/// The data of what broke; `None` when nothing did and everything could be judged.
pub(super) fn broken(catalogue: &Catalogue<'_>, links: &Links<'_>, changes: Option<&ChangesRecord>) -> Option<Value> {
    let all = links.overview.breakages();
    let reasons = &links.overview.reasons;
    let title = match all.iter().all(|one| one.finding.is_expectation()) {
        _ if all.is_empty() => "What could not be judged",
        true => "What the scenarios expected and did not get",
        false => "What broke",
    };
    if all.is_empty() && reasons.is_empty() {
        return None;
    }
    let more = (all.len() > LIMIT).then(|| format!("{} more are in the scenarios below", all.len() - LIMIT));
    Some(json!({
        "title": title,
        "planted": planted(links.header()),
        "undated": changes.is_none(),
        "more": more,
        "breakages": all.into_iter().take(LIMIT).map(|one| breakage(one, catalogue, links, changes)).collect::<Value>(),
        "reasons": reasons.iter().take(LIMIT).map(|(text, cases)| reason(text, cases, links)).collect::<Value>(),
    }))
}

/// Says which faults were planted, if any were.
pub(super) fn planted(header: &Header) -> Option<String> {
    let faults = listed(header.faults.iter().cloned())?;
    Some(format!("The stand-in was broken on purpose ({faults}): this run says nothing about a real tenant"))
}

fn breakage(of: &Breakage, catalogue: &Catalogue<'_>, links: &Links<'_>, changes: Option<&ChangesRecord>) -> Value {
    let finding = &of.finding;
    let goal = links.goal(&Subject::Breakage(signature(finding)));
    let (expected, actual) = sides(finding.expected.as_deref(), finding.actual.as_deref());
    json!({
        "check": finding.check,
        "message": shortened(&one_line(&finding.message), 400),
        "operation": finding.operation.as_ref().filter(|operation| !finding.message.starts_with(operation.as_str())),
        "pointer": finding.pointer,
        "is_expectation": finding.is_expectation(),
        "compared": expected.is_some() || actual.is_some(),
        "expected": expected,
        "actual": actual,
        "requirements": catalogue.promises(&finding.requirements[..finding.requirements.len().min(PROMISES)]),
        "others": finding.requirements.get(PROMISES..).and_then(|rest| listed(rest.iter().cloned())),
        "href": of.anchor,
        "advice": catalogue.advice(&finding.check),
        "since": since(of, links, changes),
        "scenarios": counted(of.cases.len(), "scenario"),
        "marks": links.marks(&of.cases, MARKS),
        "more": more(of.cases.len()),
        "goal": goal,
        "label": format!("{} {}", finding.check, finding.operation.as_deref().unwrap_or_default()).trim_end(),
    })
}

/// Since when one of the scenarios has not passed, as far as the comparison with a baseline knows.
fn since(of: &Breakage, links: &Links<'_>, changes: Option<&ChangesRecord>) -> Option<String> {
    let names: HashSet<&str> = of.cases.iter().map(|position| links.name(*position)).collect();
    let changes = changes?.changes.iter().filter(|change| names.contains(change.subject.as_str()));
    changes.filter_map(|change| change.since).min().map(|since| moment(&since))
}

fn reason(text: &str, cases: &[usize], links: &Links<'_>) -> Value {
    json!({
        "reason": text,
        "scenarios": counted(cases.len(), "scenario"),
        "marks": links.marks(cases, MARKS),
        "more": more(cases.len()),
    })
}

fn more(cases: usize) -> Option<String> {
    (cases > MARKS).then(|| format!("and {} more", cases - MARKS))
}

/// How many changes of a kind are seen without unfolding.
const UNFOLDED: usize = 8;

/// The data of what differs from the baseline, what is worse first.
pub(super) fn changes(record: &ChangesRecord, entries: &[ScenarioEntry]) -> Value {
    let known: HashSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let kinds = [
        (Bearing::Worse, "worse", "Worse"),
        (Bearing::Better, "better", "Better"),
        (Bearing::Other, "other", "Changed"),
    ];
    let group = |(bearing, word, title)| {
        let changes = record.changes.iter().filter(|change| change.bearing == bearing);
        let changes: Vec<Value> = changes.map(|change| change_view(change, &known)).collect();
        (!changes.is_empty()).then(|| json!({ "word": word, "title": title, "lists": lists(&changes) }))
    };
    let groups: Vec<Value> = kinds.into_iter().filter_map(group).collect();
    json!({ "baseline": record.baseline, "none": groups.is_empty(), "groups": groups })
}

/// The first few changes, and those beyond, which are folded behind a line that counts them.
fn lists(changes: &[Value]) -> Vec<Value> {
    let (seen, rest) = changes.split_at(changes.len().min(UNFOLDED));
    let folded = (!rest.is_empty()).then(|| json!({ "folded": format!("{} more", rest.len()), "changes": rest }));
    [json!({ "folded": null, "changes": seen })].into_iter().chain(folded).collect()
}

fn change_view(change: &ChangeRecord, known: &HashSet<&str>) -> Value {
    json!({
        "subject": change.subject,
        "href": known.contains(change.subject.as_str()).then(|| anchor(&change.subject)),
        "message": change.message,
        "before": change.before,
        "after": change.after,
        "since": change.since.as_ref().map(moment),
    })
}
