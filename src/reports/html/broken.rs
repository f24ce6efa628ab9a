//! What broke, each thing once however many scenarios met it, and what changed against the baseline.
//!
//! Deliberately not here: the scenarios' own accounts.

use std::collections::HashMap;

use serde::Serialize;

use crate::record::journal::ScenarioEntry;

use crate::record::{Bearing, ChangeRecord, ChangesRecord};

use super::super::text::moment;
use super::anchor::anchor;
use super::diff::{Piece, sides};
use super::links::{Links, Mark, Promise};
use super::overview::Breakage;
use super::scenario::Catalogue;
use crate::base::text::{counted, listed, one_line, shortened};

/// How many ways of breaking are shown; the scenarios below have the rest.
const LIMIT: usize = 40;

/// How many requirements are told in full, the most specific first; of others the ids.
const PROMISES: usize = 2;

/// How many scenarios stand beside each.
const MARKS: usize = 6;

#[derive(Serialize)]
pub(super) struct Broken<'a> {
    title: String,
    breakages: Vec<BreakageView<'a>>,
    reasons: Vec<ReasonView<'a>>,
    more: Option<String>,
}

#[derive(Serialize)]
struct BreakageView<'a> {
    check: &'a str,
    message: String,
    operation: Option<&'a str>,
    pointer: Option<&'a str>,
    compared: bool,
    expected: Option<Vec<Piece>>,
    actual: Option<Vec<Piece>>,
    requirements: Vec<Promise<'a>>,
    others: Option<String>,
    href: &'a str,
    scenarios: String,
    marks: Vec<Mark>,
    more: Option<String>,
}

#[derive(Serialize)]
struct ReasonView<'a> {
    reason: &'a str,
    scenarios: String,
    marks: Vec<Mark>,
    more: Option<String>,
}

/// `None` when nothing broke and everything could be judged.
pub(super) fn broken<'a>(catalogue: &Catalogue<'a>, links: &Links<'a>) -> Option<Broken<'a>> {
    let all = links.overview.breakages();
    let reasons = &links.overview.reasons;
    if all.is_empty() && reasons.is_empty() {
        return None;
    }
    let more = (all.len() > LIMIT).then(|| format!("{} more are in the scenarios below", all.len() - LIMIT));
    let title = if all.is_empty() { "What could not be judged" } else { "What broke" }.into();
    Some(Broken {
        title,
        more,
        breakages: all.into_iter().take(LIMIT).map(|one| breakage(one, catalogue, links)).collect(),
        reasons: reasons.iter().take(LIMIT).map(|(text, cases)| reason(text, cases, links)).collect(),
    })
}

fn breakage<'a>(of: &'a Breakage, catalogue: &Catalogue<'a>, links: &Links<'a>) -> BreakageView<'a> {
    let finding = &of.finding;
    let (expected, actual) = sides(finding.expected.as_deref(), finding.actual.as_deref());
    BreakageView {
        check: &finding.check,
        message: shortened(&one_line(&finding.message), 400).into_owned(),
        operation: finding.operation.as_deref(),
        pointer: finding.pointer.as_deref(),
        compared: expected.is_some() || actual.is_some(),
        expected,
        actual,
        requirements: catalogue.promises(&finding.requirements[..finding.requirements.len().min(PROMISES)]),
        others: finding.requirements.get(PROMISES..).and_then(|rest| listed(rest.iter().cloned())),
        href: &of.anchor,
        scenarios: counted(of.cases.len(), "scenario"),
        marks: links.marks(&of.cases, MARKS),
        more: more(of.cases.len()),
    }
}

fn reason<'a>(text: &'a str, cases: &[usize], links: &Links<'_>) -> ReasonView<'a> {
    let scenarios = counted(cases.len(), "scenario");
    ReasonView { reason: text, scenarios, marks: links.marks(cases, MARKS), more: more(cases.len()) }
}

fn more(cases: usize) -> Option<String> {
    (cases > MARKS).then(|| format!("and {} more", cases - MARKS))
}

#[derive(Serialize)]
pub(super) struct Changes<'a> {
    baseline: &'a str,
    none: bool,
    groups: Vec<ChangeGroup<'a>>,
}

#[derive(Serialize)]
struct ChangeGroup<'a> {
    word: &'static str,
    title: &'static str,
    lists: Vec<ChangeList<'a>>,
}

/// Some of the changes; those beyond the first few are folded behind a line that counts them.
#[derive(Serialize)]
struct ChangeList<'a> {
    folded: Option<String>,
    changes: Vec<ChangeView<'a>>,
}

/// How many changes of a kind are seen without unfolding.
const UNFOLDED: usize = 8;

#[derive(Serialize)]
struct ChangeView<'a> {
    subject: &'a str,
    href: Option<String>,
    message: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    since: Option<String>,
}

/// What differs from the baseline, what is worse first.
pub(super) fn changes<'a>(record: &'a ChangesRecord, entries: &'a [ScenarioEntry]) -> Changes<'a> {
    let known: HashMap<&str, &ScenarioEntry> = entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
    let kinds = [
        (Bearing::Worse, "worse", "For the worse"),
        (Bearing::Better, "better", "For the better"),
        (Bearing::Other, "other", "Other than it was"),
    ];
    let group = |(bearing, word, title)| {
        let changes = record.changes.iter().filter(|change| change.bearing == bearing);
        let changes: Vec<_> = changes.map(|change| change_view(change, &known)).collect();
        (!changes.is_empty()).then(|| ChangeGroup { word, title, lists: lists(changes) })
    };
    let groups: Vec<_> = kinds.into_iter().filter_map(group).collect();
    Changes { baseline: &record.baseline, none: groups.is_empty(), groups }
}

fn lists(mut changes: Vec<ChangeView<'_>>) -> Vec<ChangeList<'_>> {
    let rest = changes.split_off(changes.len().min(UNFOLDED));
    let folded = (!rest.is_empty()).then(|| format!("{} more", rest.len()));
    let seen = ChangeList { folded: None, changes };
    std::iter::once(seen).chain(folded.map(|folded| ChangeList { folded: Some(folded), changes: rest })).collect()
}

fn change_view<'a>(change: &'a ChangeRecord, known: &HashMap<&str, &ScenarioEntry>) -> ChangeView<'a> {
    ChangeView {
        subject: &change.subject,
        href: known.get(change.subject.as_str()).map(|entry| anchor(&entry.name)),
        message: &change.message,
        before: change.before.as_deref(),
        after: change.after.as_deref(),
        since: change.since.as_ref().map(moment),
    }
}
