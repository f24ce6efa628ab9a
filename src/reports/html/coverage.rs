//! Heat maps of what was touched: operation × status × media type, and state × action.
//!
//! Deliberately not here: shares and thresholds, which need what is declared out of reach; `flowproof coverage` knows that.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use indexmap::IndexSet;
use maud::{Markup, Render, html};

use crate::base::text::counted;
use crate::record::{LifecycleRecord, OperationRecord, ReplyRecord, StateRecord};

use super::links::{Goal, Links};
use super::overview::FacetCount;
use super::touch::Subject;
use crate::base::media_type::essence;

/// What was seen of an operation's replies: under which documented status, or which code beside.
struct SeenReply<'a> {
    operation: &'a str,
    column: String,
    media_type: &'a str,
    subject: &'a Subject,
    tally: &'a FacetCount,
}

/// The map of answers: operation × status × media type.
pub(super) fn replies(links: &Links<'_>) -> Markup {
    let operations = &links.header().contract.operations;
    let seen = seen(operations, links);
    let documented = operations.iter().flat_map(|known| &known.replies).map(|reply| reply.status.as_str());
    let columns: BTreeSet<&str> = documented.chain(seen.iter().map(|seen| seen.column.as_str())).collect();
    let legend = html! {
        span.cell.reached.h2 { "n" } " documented and seen " span.cell.empty { "0" } " documented, never seen "
        span.cell.beside.h2 { "n" } " seen, not documented " span.cell.violated { "n" } " broke the contract"
    };
    let rows = operations.iter().map(|known| HeatRow {
        head: &known.name,
        detail: format!("{} {}", known.method, known.path),
        cells: columns.iter().map(|column| entries(known, column, &seen, links)).collect(),
    });
    heat_map("Responses by operation, status and media type", ("Operation", &columns), rows, false, &legend)
}

/// A row of a map: for each column the cells that stand there.
struct HeatRow<'a> {
    head: &'a str,
    detail: String,
    cells: Vec<Vec<Cell>>,
}

/// What is counted at a place of a map.
struct Cell {
    kind: &'static str,
    times: usize,
    wrong: usize,
    label: String,
    title: String,
    goal: Option<Goal>,
}

impl Render for Cell {
    fn render_to(&self, out: &mut String) {
        let cell = html! {
            @match &self.goal {
                Some(goal) => {
                    a class={ "cell " (self.kind) " h" (heat(self.times)) } href={ "#" (goal.href) } data-facet=(goal.facet) title=(self.title) {
                        @if self.wrong > 0 { "✕ " (self.wrong) " of " }
                        (self.times)
                        @if !self.label.is_empty() { " " small { (self.label) } }
                    }
                }
                None => {
                    span class={ "cell " (self.kind) } title=(self.title) {
                        span.zero { (self.times) }
                        @if !self.label.is_empty() { " " small { (self.label) } }
                    }
                }
            }
        };
        out.push_str(&cell.0);
    }
}

fn heat_map<'a, 'c>(
    caption: &str,
    (corner, columns): (&str, impl IntoIterator<Item = &'c &'c str>),
    rows: impl Iterator<Item = HeatRow<'a>>,
    upright: bool,
    legend: &Markup,
) -> Markup {
    html! {
        section.scroll.heat-frame tabindex="0" aria-label=(caption) {
            table.heat.upright[upright] {
                caption { (caption) }
                thead { tr {
                    th scope="col" { (corner) }
                    @for column in columns { th scope="col" { span { (column) } } }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" title=(row.detail) { code { (row.head) } }
                            @for cells in &row.cells { td { @for cell in cells { (cell) } } }
                        }
                        "\n"
                    }
                }
            }
        }
        p.legend { (legend) }
        "\n"
    }
}

fn seen<'a>(operations: &[OperationRecord], links: &Links<'a>) -> Vec<SeenReply<'a>> {
    let of = |(subject, tally): (&'a Subject, &'a FacetCount)| match subject {
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
fn entries(known: &OperationRecord, column: &str, seen: &[SeenReply<'_>], links: &Links<'_>) -> Vec<Cell> {
    let here: Vec<_> = seen.iter().filter(|seen| seen.operation == known.name && seen.column == column).collect();
    let reply = known.replies.iter().find(|reply| reply.status == column);
    let promised: Vec<String> = reply.map(media_types).unwrap_or_default();
    let documented = promised.iter().map(|media_type| match here.iter().find(|seen| seen.media_type == media_type) {
        Some(seen) => came_in(known, seen, true, links),
        None => never(known, column, media_type),
    });
    let beside = here.iter().filter(|seen| !promised.iter().any(|known| known == seen.media_type));
    documented.chain(beside.map(|seen| came_in(known, seen, false, links))).collect()
}

fn media_types(reply: &ReplyRecord) -> Vec<String> {
    if reply.media_types.is_empty() {
        return vec![String::new()];
    }
    reply.media_types.iter().map(|name| essence(name)).collect()
}

fn came_in(known: &OperationRecord, seen: &SeenReply<'_>, documented: bool, links: &Links<'_>) -> Cell {
    let FacetCount { times, violated, .. } = *seen.tally;
    let kind = match (violated, documented) {
        (0, true) => "reached",
        (0, false) => "beside",
        _ => "violated",
    };
    let beside = if documented { "" } else { ", which is not documented" };
    let came = format!("{}{beside}: {}{}", named(seen.media_type), counted(times, "time"), against(violated));
    Cell {
        kind,
        times,
        wrong: violated,
        label: short(seen.media_type),
        title: format!("{} {}, {came}", known.name, seen.column),
        goal: links.goal(seen.subject),
    }
}

/// How many of the times before were against the contract.
fn against(violated: usize) -> String {
    if violated == 0 { String::new() } else { format!(", {violated} of them broke the contract") }
}

fn never(known: &OperationRecord, column: &str, media_type: &str) -> Cell {
    let title = format!("{} {column}, {}: never", known.name, named(media_type));
    Cell { kind: "empty", times: 0, wrong: 0, label: short(media_type), title, goal: None }
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

/// The map of what was tried: state × action.
pub(super) fn actions(lifecycle: &LifecycleRecord, links: &Links<'_>) -> Markup {
    let columns: IndexSet<&str> = lifecycle.actions().collect();
    let legend = html! {
        span.cell.reached.h2 { "n" } " permitted and done " span.cell.empty { "0" } " permitted, never done "
        span.cell.forbidden.h2 { "n" } " not permitted, tried and refused " span.cell.violated { "n" } " broke the contract"
    };
    let seen = attempts(lifecycle, links);
    let rows = lifecycle.states.iter().map(|state| HeatRow {
        head: &state.name,
        detail: state.description.clone(),
        cells: columns
            .iter()
            .map(|action| vec![tried(state, action, seen.get(&(&state.name, action)), links)])
            .collect(),
    });
    let caption = format!("What was tried in the states of the {}", lifecycle.name);
    heat_map(&caption, ("State", &columns), rows, true, &legend)
}

/// What was tried of a lifecycle, by state and action: a small part of all that there is.
fn attempts<'a>(lifecycle: &LifecycleRecord, links: &Links<'a>) -> HashMap<(&'a str, &'a str), Attempt<'a>> {
    let of = |(subject, tally): Attempt<'a>| match subject {
        Subject::Action { lifecycle: name, state, operation } if *name == lifecycle.name => {
            Some(((state.as_str(), operation.as_str()), (subject, tally)))
        }
        _ => None,
    };
    links.overview.facets().filter_map(of).collect()
}

/// Something that was tried, and how often.
type Attempt<'a> = (&'a Subject, &'a FacetCount);

fn tried(state: &StateRecord, action: &str, attempt: Option<&Attempt<'_>>, links: &Links<'_>) -> Cell {
    let (times, violated) = attempt.map_or((0, 0), |(_, tally)| (tally.times, tally.violated));
    let permitted = state.permits.contains_key(action);
    let kind = match (times, violated, permitted) {
        (0, _, true) => "empty",
        (0, _, false) => "closed",
        (_, 0, true) => "reached",
        (_, 0, false) => "forbidden",
        _ => "violated",
    };
    let right = if permitted { "permitted" } else { "not permitted" };
    let often = match times {
        0 => Cow::Borrowed("tried 0 times"),
        _ => format!("tried {}{}", counted(times, "time"), against(violated)).into(),
    };
    Cell {
        kind,
        times,
        wrong: violated,
        label: String::new(),
        title: format!("{action} in {} ({right}): {often}", state.name),
        goal: attempt.and_then(|(subject, _)| links.goal(subject)),
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
