//! Heat maps of what was touched: operation × status × media type, and state × action.
//!
//! Deliberately not here: shares and thresholds, which need what is declared out of reach; `flowproof coverage` knows that.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use serde::Serialize;

use crate::base::text::counted;
use crate::record::{LifecycleRecord, OperationRecord, ReplyRecord, StateRecord};

use super::links::{Goal, Links};
use super::overview::Tally;
use super::touch::Subject;
use crate::base::media_type::essence;

/// One map.
#[derive(Serialize)]
pub(super) struct HeatMap<'a> {
    caption: String,
    corner: &'static str,
    upright: bool,
    columns: Vec<String>,
    rows: Vec<HeatRow<'a>>,
}

#[derive(Serialize)]
struct HeatRow<'a> {
    head: &'a str,
    detail: String,
    cells: Vec<HeatCell>,
}

/// One place of a map; the media types of one status share it.
#[derive(Serialize)]
struct HeatCell {
    entries: Vec<HeatEntry>,
}

#[derive(Serialize)]
struct HeatEntry {
    kind: &'static str,
    heat: u32,
    times: usize,
    wrong: Option<usize>,
    label: String,
    title: String,
    goal: Option<Goal>,
}

/// What was seen of an operation's replies: under which documented status, or which code beside.
struct SeenReply<'a> {
    operation: &'a str,
    column: String,
    media_type: &'a str,
    subject: &'a Subject,
    tally: &'a Tally,
}

/// Operation × status × media type.
pub(super) fn replies<'a>(links: &Links<'a>) -> HeatMap<'a> {
    let operations = &links.header().contract.operations;
    let seen = seen(operations, links);
    let documented = operations.iter().flat_map(|known| &known.replies).map(|reply| reply.status.clone());
    let columns: BTreeSet<String> = documented.chain(seen.iter().map(|seen| seen.column.clone())).collect();
    let columns: Vec<String> = columns.into_iter().collect();
    let row = |known: &'a OperationRecord| HeatRow {
        head: &known.name,
        detail: format!("{} {}", known.method, known.path),
        cells: columns.iter().map(|column| HeatCell { entries: entries(known, column, &seen, links) }).collect(),
    };
    let caption = "Answers by operation, status and media type".into();
    HeatMap { caption, corner: "Operation", upright: false, rows: operations.iter().map(row).collect(), columns }
}

fn seen<'a>(operations: &[OperationRecord], links: &Links<'a>) -> Vec<SeenReply<'a>> {
    let of = |(subject, tally): (&'a Subject, &'a Tally)| match subject {
        Subject::Reply { operation, status, media_type } => {
            let known = operations.iter().find(|known| known.name == *operation)?;
            Some(SeenReply { operation, column: column(known, *status), media_type, subject, tally })
        }
        _ => None,
    };
    links.overview.facets().filter_map(of).collect()
}

/// The documented status that an answer falls under, the most specific first; its own code when there is none.
fn column(known: &OperationRecord, status: u16) -> String {
    known.reply(status).map_or_else(|| status.to_string(), |reply| reply.status.clone())
}

/// The documented media types of a place with how often they came, then those that came without being documented.
fn entries(known: &OperationRecord, column: &str, seen: &[SeenReply<'_>], links: &Links<'_>) -> Vec<HeatEntry> {
    let here: Vec<_> = seen.iter().filter(|seen| seen.operation == known.name && seen.column == column).collect();
    let reply = known.replies.iter().find(|reply| reply.status == column);
    let promised: Vec<String> = reply.map(media_types).unwrap_or_default();
    let mut entries = Vec::new();
    for media_type in &promised {
        let came: Vec<_> = here.iter().filter(|seen| seen.media_type == media_type).collect();
        match came.first() {
            Some(seen) => entries.push(came_in(known, seen, true, links)),
            None => entries.push(never(known, column, media_type)),
        }
    }
    let beside = here.iter().filter(|seen| !promised.iter().any(|known| known == seen.media_type));
    entries.extend(beside.map(|seen| came_in(known, seen, false, links)));
    entries
}

fn media_types(reply: &ReplyRecord) -> Vec<String> {
    if reply.media_types.is_empty() {
        return vec![String::new()];
    }
    reply.media_types.iter().map(|name| essence(name)).collect()
}

fn came_in(known: &OperationRecord, seen: &SeenReply<'_>, documented: bool, links: &Links<'_>) -> HeatEntry {
    let kind = match (seen.tally.violated, documented) {
        (0, true) => "reached",
        (0, false) => "beside",
        _ => "violated",
    };
    let wrong = (seen.tally.violated > 0).then(|| format!(", {} of them broke the contract", seen.tally.violated));
    let beside = if documented { "" } else { ", which is not documented" };
    let (name, times) = (named(seen.media_type), counted(seen.tally.times, "time"));
    HeatEntry {
        kind,
        heat: heat(seen.tally.times),
        times: seen.tally.times,
        wrong: (seen.tally.violated > 0).then_some(seen.tally.violated),
        label: short(seen.media_type),
        title: format!("{} {}, {name}{beside}: {times}{}", known.name, seen.column, wrong.unwrap_or_default()),
        goal: links.goal(seen.subject),
    }
}

fn never(known: &OperationRecord, column: &str, media_type: &str) -> HeatEntry {
    HeatEntry {
        kind: "empty",
        heat: 0,
        times: 0,
        wrong: None,
        label: short(media_type),
        title: format!("{} {column}, {}: never", known.name, named(media_type)),
        goal: None,
    }
}

fn named(media_type: &str) -> &str {
    if media_type.is_empty() { "no body" } else { media_type }
}

/// A media type in as little room as can be: its subtype.
fn short(media_type: &str) -> String {
    let subtype = media_type.split_once('/').map_or(media_type, |(_, subtype)| subtype);
    let subtype = subtype.trim_start_matches("vnd.pingidentity.");
    if subtype.is_empty() { "no body".into() } else { subtype.chars().take(24).collect() }
}

/// Stronger the more often, by powers of four.
fn heat(times: usize) -> u32 {
    if times == 0 { 0 } else { (times.ilog2() / 2 + 1).min(5) }
}

/// State × action.
pub(super) fn actions<'a>(lifecycle: &'a LifecycleRecord, links: &Links<'a>) -> HeatMap<'a> {
    let columns: IndexSet<String> = lifecycle.actions().map(str::to_owned).collect();
    let columns: Vec<String> = columns.into_iter().collect();
    let row = |state: &'a StateRecord| HeatRow {
        head: &state.name,
        detail: state.description.clone(),
        cells: columns
            .iter()
            .map(|action| HeatCell { entries: vec![tried(lifecycle, state, action, links)] })
            .collect(),
    };
    let caption = format!("What was tried in the states of the {}", lifecycle.name);
    HeatMap { caption, corner: "State", upright: true, rows: lifecycle.states.iter().map(row).collect(), columns }
}

fn tried(lifecycle: &LifecycleRecord, state: &StateRecord, action: &str, links: &Links<'_>) -> HeatEntry {
    let subject =
        Subject::Action { lifecycle: lifecycle.name.clone(), state: state.name.clone(), operation: action.to_owned() };
    let tally = links.overview.facet(&subject).map(|(_, tally)| (tally.times, tally.violated));
    let (times, violated) = tally.unwrap_or_default();
    let permitted = state.permits.contains_key(action);
    let kind = match (times, violated, permitted) {
        (0, _, true) => "empty",
        (0, _, false) => "closed",
        (_, 0, true) => "reached",
        (_, 0, false) => "forbidden",
        _ => "violated",
    };
    let right = if permitted { "permitted" } else { "not permitted" };
    let wrong = (violated > 0).then(|| format!(", {violated} of them broke the contract"));
    HeatEntry {
        kind,
        heat: heat(times),
        times,
        wrong: (violated > 0).then_some(violated),
        label: String::new(),
        title: format!(
            "{action} in {} ({right}): tried {}{}",
            state.name,
            counted(times, "time"),
            wrong.unwrap_or_default()
        ),
        goal: links.goal(&subject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_falls_under_the_most_specific_status_that_is_documented() {
        let reply = |status: &str| ReplyRecord { status: status.into(), media_types: Vec::new() };
        let known = OperationRecord { replies: vec![reply("200"), reply("4XX")], ..OperationRecord::default() };
        assert_eq!([200, 404, 500].map(|status| column(&known, status)), ["200", "4XX", "500"]);
        let known = OperationRecord { replies: vec![reply("default")], ..OperationRecord::default() };
        assert_eq!(column(&known, 500), "default");
    }

    #[test]
    fn a_media_type_is_shortened_to_what_tells_it_apart() {
        assert_eq!(short("application/vnd.pingidentity.otp.check+json"), "otp.check+json");
        assert_eq!(short(""), "no body");
    }
}
