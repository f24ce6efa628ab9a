//! A lifecycle as a state diagram: what may happen, what did, how often, and what went wrong.
//!
//! Deliberately not here: where things stand (see `layout`).

use indexmap::IndexMap;
use maud::{Markup, html};

use crate::base::text::{counted, listed};
use crate::record::{LifecycleRecord, StateRecord};

use super::layout::{Layout, Measures, Point, layout};
use super::links::{Goal, Links};
use super::overview::FacetCount;
use super::touch::Subject;

const MEASURES: Measures = Measures { node: (172.0, 44.0), gap: 16.0, rise: 38.0, lane: 8.0 };

/// The room around the drawing.
const MARGIN: f64 = 18.0;

/// A pair of states, and how the contract permits to get from one to the other.
#[derive(Default)]
struct Passage {
    ways: Vec<String>,
    times: usize,
    violated: usize,
}

/// The most transitions that can be told apart in one drawing.
const CROWD: usize = 30;

/// The most transitions that a table shows at once.
const ROWS: usize = 12;

/// The states and transitions that are drawn: those that the run took; of a crowd only those that broke the contract.
struct Drawn<'a> {
    states: Vec<&'a StateRecord>,
    passages: Vec<((String, String), Passage)>,
    /// Whether there are so many that nobody would want to see them at once.
    crowded: bool,
    what: &'static str,
}

impl<'a> Drawn<'a> {
    fn of(lifecycle: &'a LifecycleRecord, links: &Links<'_>) -> Self {
        let mut passages: Vec<_> =
            passages(lifecycle, links).into_iter().filter(|(_, passage)| passage.times > 0).collect();
        let broke = passages.iter().any(|(_, passage)| passage.violated > 0);
        let crowded = passages.len() > CROWD;
        let only_broken = crowded && broke;
        passages.retain(|(_, passage)| !only_broken || passage.violated > 0);
        let is_end = |name: &String| passages.iter().any(|((from, to), _)| name == from || name == to);
        let seen = |state: &StateRecord| links.overview.facet(&state_of(lifecycle, state)).is_some();
        let states = lifecycle.states.iter();
        let states = states.filter(|state| is_end(&state.name) || (!only_broken && seen(state))).collect();
        let what = match only_broken {
            true => "only what broke the contract is drawn",
            false => "only what this run took is drawn",
        };
        Self { states, passages, crowded: crowded && !broke, what }
    }
}

fn state_of(lifecycle: &LifecycleRecord, state: &StateRecord) -> Subject {
    Subject::State { lifecycle: lifecycle.name.clone(), state: state.name.clone() }
}

/// The diagram; `None` when the run took nothing that could be drawn.
pub(super) fn diagram(number: usize, lifecycle: &LifecycleRecord, links: &Links<'_>) -> Option<Markup> {
    let Drawn { states, passages, crowded, what } = Drawn::of(lifecycle, links);
    let index = |name: &str| states.iter().position(|state| state.name == name).map(|at| at + 1);
    let known = |name: &str| if name.is_empty() { Some(0) } else { index(name) };
    let drawn =
        passages.iter().filter_map(|((from, to), passage)| Some(((known(from)?, index(to)?), (from, to), passage)));
    let drawn: Vec<_> = drawn.collect();
    let apart: Vec<(usize, usize)> = drawn.iter().map(|(pair, ..)| *pair).filter(|(from, to)| from != to).collect();
    let last: Vec<bool> = std::iter::once(false).chain(states.iter().map(|state| state.is_final)).collect();
    let laid = layout(&last, &apart, MEASURES);
    let mut points = laid.edges.iter();
    let edges = drawn.iter().map(|(pair, names, passage)| {
        let points = (pair.0 != pair.1).then(|| points.next()).flatten();
        edge(lifecycle, *pair, *names, passage, points.map_or(&[][..], Vec::as_slice), &laid, links)
    });
    let mut edges: Vec<Edge> = edges.collect();
    // What is wrong is drawn over everything.
    edges.sort_by_key(|edge| edge.kind == "violated");
    let begins = drawn.iter().any(|(pair, ..)| pair.0 == 0);
    let drawing = html! {
        (tips(number))
        @if let Some((x, y)) = laid.nodes.first().filter(|_| begins) {
            circle.start cx=(shown(x + MARGIN)) cy=(shown(y + MARGIN + MEASURES.node.1 / 2.0 - 9.0)) r="9" {}
        }
        @for edge in &edges { (edge.line(number)) }
        @for edge in &edges { (edge.label()) }
        @for (at, state) in states.iter().enumerate() { (node(lifecycle, at, state, &laid, links)) }
    };
    let (width, height) = (whole(laid.size.0 + 2.0 * MARGIN + 20.0), whole(laid.size.1 + 2.0 * MARGIN));
    let figure = figure((number, lifecycle), (width, height), what, &drawing);
    let folded = || html! { details.more.drawing { summary { "Draw the " (lifecycle.name) } (figure) } "\n" };
    (!states.is_empty()).then(|| {
        if crowded {
            folded()
        } else {
            html! { (figure) }
        }
    })
}

fn figure(
    (number, lifecycle): (usize, &LifecycleRecord),
    (width, height): (i64, i64),
    what: &str,
    drawing: &Markup,
) -> Markup {
    let id = format!("diagram-{number}");
    html! {
        figure.diagram {
            section.scroll tabindex="0" aria-labelledby={ "lifecycle-" (number) } {
                svg viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="group"
                    aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-desc" } {
                    title id={ (id) "-title" } { "State diagram of the " (lifecycle.name) }
                    desc id={ (id) "-desc" } { (what) ". The table above the diagram says the same in words." }
                    (drawing)
                }
            }
            figcaption.legend {
                span { (what) } " " span.key.taken { "taken (thicker: more often)" } " "
                span.key.violated { "broke the contract" } " " span.key.final { "final" } " "
                span { "⊘ tried although not permitted" }
            }
        }
        "\n"
    }
}

/// The arrow heads.
fn tips(number: usize) -> Markup {
    html! {
        defs {
            @for (kind, size) in [("taken", 9), ("violated", 10)] {
                marker id={ "tip-" (number) "-" (kind) } class={ "tip " (kind) } viewBox="0 0 8 8" refX="7" refY="4"
                    markerWidth=(size) markerHeight=(size) markerUnits="userSpaceOnUse" orient="auto" {
                    path d="M0 0L8 4L0 8z" {}
                }
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a drawing is never that large")]
fn whole(number: f64) -> i64 {
    number.ceil() as i64
}

/// All pairs of states that the contract permits, in its order, then those that were seen beside.
fn passages(lifecycle: &LifecycleRecord, links: &Links<'_>) -> IndexMap<(String, String), Passage> {
    let mut passages: IndexMap<(String, String), Passage> = IndexMap::new();
    for (from, way, to) in permitted(lifecycle) {
        let ways = &mut passages.entry((from.into(), to.into())).or_default().ways;
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    for (from, to, tally) in moves(lifecycle, links) {
        let passage = passages.entry((from.into(), to.into())).or_default();
        (passage.times, passage.violated) = (tally.times, tally.violated);
    }
    passages
}

fn permitted(lifecycle: &LifecycleRecord) -> Vec<(&str, String, &str)> {
    let mut all = Vec::new();
    for (operation, states) in &lifecycle.initial {
        all.extend(states.iter().map(|to| ("", operation.clone(), to.as_str())));
    }
    for state in &lifecycle.states {
        for (operation, next) in &state.permits {
            all.extend(next.success.iter().map(|to| (state.name.as_str(), operation.clone(), to.as_str())));
            let refused = next.rejection.iter();
            all.extend(refused.map(|to| (state.name.as_str(), format!("{operation}, refused"), to.as_str())));
        }
        all.extend(
            state.elapse.iter().map(|to| (state.name.as_str(), "by itself, after some time".into(), to.as_str())),
        );
    }
    all
}

fn moves<'a>(lifecycle: &LifecycleRecord, links: &Links<'a>) -> Vec<(&'a str, &'a str, &'a FacetCount)> {
    let of = |(subject, tally): (&'a Subject, &'a FacetCount)| match subject {
        Subject::Move { lifecycle: name, from, to } if *name == lifecycle.name => {
            Some((from.as_str(), to.as_str(), tally))
        }
        _ => None,
    };
    links.overview.facets().filter_map(of).collect()
}

/// A transition as it is drawn.
struct Edge {
    kind: &'static str,
    times: usize,
    path: String,
    title: String,
    /// The numbers of the states that it connects.
    ends: (usize, usize),
    /// Where the number of times stands.
    label: Point,
    goal: Option<Goal>,
}

impl Edge {
    fn line(&self, number: usize) -> Markup {
        let (kind, (from, to)) = (self.kind, self.ends);
        let tip = html! { path.line d=(self.path) marker-end={ "url(#tip-" (number) "-" (kind) ")" } {} };
        html! {
            @match &self.goal {
                Some(goal) => a class={ "edge " (kind) " w" (weight(self.times)) } href={ "#" (goal.href) } data-facet=(goal.facet) data-from=(from) data-to=(to) {
                    title { (self.title) } path.hit d=(self.path) {} (tip)
                },
                None => g class={ "edge " (kind) } data-from=(from) data-to=(to) { title { (self.title) } (tip) },
            }
            "\n"
        }
    }

    fn label(&self) -> Markup {
        let (x, y) = (shown(self.label.0 + MARGIN), shown(self.label.1 + MARGIN + 3.5));
        html! {
            @if self.times > 0 {
                text class={ "times " (self.kind) } paint-order="stroke" x=(x) y=(y) data-from=(self.ends.0) data-to=(self.ends.1) aria-hidden="true" {
                    (self.times)
                }
                "\n"
            }
        }
    }
}

fn edge(
    lifecycle: &LifecycleRecord,
    pair: (usize, usize),
    (from, to): (&String, &String),
    passage: &Passage,
    points: &[Point],
    laid: &Layout,
    links: &Links<'_>,
) -> Edge {
    let subject = Subject::Move { lifecycle: lifecycle.name.clone(), from: from.clone(), to: to.clone() };
    let (path, label) = if pair.0 == pair.1 { circle(laid.nodes[pair.0]) } else { curve(points) };
    let origin = if from.is_empty() { "new" } else { from };
    let how = listed(passage.ways.iter().cloned()).unwrap_or_else(|| "not permitted by the contract".into());
    let (kind, often) = match (passage.times, passage.violated) {
        (0, _) => ("untouched", "never taken".into()),
        (times, 0) => ("taken", format!("taken {}", counted(times, "time"))),
        (times, wrong) => {
            ("violated", format!("taken {}, {wrong} of them in breach of the contract", counted(times, "time")))
        }
    };
    Edge {
        kind,
        times: passage.times,
        path,
        title: format!("{origin} → {to}: {often} ({how})"),
        ends: pair,
        label,
        goal: links.goal(&subject),
    }
}

/// Thicker the more often, by powers of four.
fn weight(times: usize) -> u32 {
    if times == 0 { 0 } else { (times.ilog2() / 2 + 1).min(6) }
}

/// A smooth line through the points, and where its label stands.
fn curve(points: &[Point]) -> (String, Point) {
    let [first, second, ..] = points else { return (String::new(), (0.0, 0.0)) };
    let mut path = format!("M{} {}", shown(first.0 + MARGIN), shown(first.1 + MARGIN));
    for (at, pair) in points.windows(2).enumerate() {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if at % 2 == 1 {
            path.push_str(&format!("L{} {}", shown(x1 + MARGIN), shown(y1 + MARGIN)));
            continue;
        }
        let middle = (y0 + y1) / 2.0 + MARGIN;
        let (x0, x1, y1) = (shown(x0 + MARGIN), shown(x1 + MARGIN), shown(y1 + MARGIN));
        path.push_str(&format!("C{x0} {} {x1} {} {x1} {y1}", shown(middle), shown(middle)));
    }
    // Near its end a line runs in a lane of its own, or towards a port of its own: there is room for the label.
    (path, on_curve(*first, *second, 0.78))
}

/// The point of a line between two points, both of which it leaves upright.
fn on_curve((x0, y0): Point, (x1, y1): Point, t: f64) -> Point {
    let (s, middle) = (1.0 - t, (y0 + y1) / 2.0);
    let (a, b, c, d) = (s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t);
    ((a + b) * x0 + (c + d) * x1, a * y0 + (b + c) * middle + d * y1)
}

/// A line from a state to itself, at its right side.
fn circle((x, y): Point) -> (String, Point) {
    let right = x + MEASURES.node.0 / 2.0;
    let (side, out) = (shown(right + MARGIN), shown(right + MARGIN + 20.0));
    let (top, bottom) = (shown(y + MARGIN - 11.0), shown(y + MARGIN + 11.0));
    (format!("M{side} {top}C{out} {top} {out} {bottom} {side} {bottom}"), (right + 16.0, y))
}

fn node(lifecycle: &LifecycleRecord, at: usize, state: &StateRecord, laid: &Layout, links: &Links<'_>) -> Markup {
    let tally = links.overview.facet(&state_of(lifecycle, state)).map(|(_, tally)| tally);
    let forbidden = forbidden(lifecycle, state, links);
    let kind = match tally {
        None => "untouched",
        Some(tally) if tally.violated > 0 => "violated",
        Some(_) => "taken",
    };
    let inside = html! { title { (title(state, tally, forbidden)) } (node_box(state, laid.nodes[at + 1], forbidden)) };
    html! {
        @match links.goal(&state_of(lifecycle, state)) {
            Some(goal) => a class={ "node " (kind) } href={ "#" (goal.href) } data-facet=(goal.facet) data-node=(at + 1) { (inside) },
            None => g class={ "node " (kind) } data-node=(at + 1) { (inside) },
        }
        "\n"
    }
}

/// The rectangle of a state, with its name and what was tried there though it is not permitted.
fn node_box(state: &StateRecord, (x, y): Point, forbidden: usize) -> Markup {
    let (left, top) = (x - MEASURES.node.0 / 2.0 + MARGIN, y - MEASURES.node.1 / 2.0 + MARGIN);
    let words = lines(&state.name);
    let raised = if forbidden > 0 { 7.0 } else { 0.0 };
    let first = y + MARGIN + 4.0 - raised - 6.5 * (f64::from(u8::try_from(words.len()).unwrap_or(1)) - 1.0);
    let middle = shown(x + MARGIN);
    html! {
        rect.box x=(shown(left)) y=(shown(top)) width="172" height="44" rx="7" {}
        @if state.is_final { rect.final x=(shown(left + 3.0)) y=(shown(top + 3.0)) width="166" height="38" rx="5" {} }
        @for (line, text) in (0_u8..).zip(&words) {
            text x=(middle) y=(shown(first + 13.0 * f64::from(line))) { (text) }
        }
        @if forbidden > 0 { text.note x=(middle) y=(shown(top + MEASURES.node.1 - 6.0)) { "⊘ " (forbidden) } }
    }
}

/// How often something that the state does not permit was tried.
fn forbidden(lifecycle: &LifecycleRecord, state: &StateRecord, links: &Links<'_>) -> usize {
    let tried = |(subject, tally): (&Subject, &FacetCount)| match subject {
        Subject::Action { lifecycle: of, state: name, operation }
            if *of == lifecycle.name && *name == state.name && !state.permits.contains_key(operation) =>
        {
            tally.times
        }
        _ => 0,
    };
    links.overview.facets().map(tried).sum()
}

fn title(state: &StateRecord, tally: Option<&FacetCount>, forbidden: usize) -> String {
    let mut parts = vec![format!("{}{}", state.name, if state.is_final { " (final)" } else { "" })];
    parts.extend((!state.description.is_empty()).then(|| state.description.clone()));
    parts.push(tally.map_or("Never seen.".into(), |tally| format!("Entered {}.", counted(tally.times, "time"))));
    parts.extend(
        (forbidden > 0).then(|| format!("Something that it does not permit was tried {}.", counted(forbidden, "time"))),
    );
    let wrong = tally.map_or(0, |tally| tally.violated);
    parts.extend((wrong > 0).then(|| format!("Promises were broken here {}.", counted(wrong, "time"))));
    parts.join("\n")
}

/// A state's name in at most two lines, broken where words end.
fn lines(name: &str) -> Vec<String> {
    const ROOM: usize = 24;
    let short = |text: &str| match text.chars().count() {
        0..=ROOM => text.to_owned(),
        _ => format!("{}…", text.chars().take(ROOM - 1).collect::<String>()),
    };
    if name.chars().count() <= ROOM {
        return vec![name.to_owned()];
    }
    let middle = name.len() / 2;
    let breaks = name.match_indices(['_', ' ', '-']).map(|(at, _)| at + 1);
    match breaks.min_by_key(|at| at.abs_diff(middle)) {
        Some(at) => vec![short(&name[..at]), short(&name[at..])],
        None => vec![short(name)],
    }
}

fn shown(number: f64) -> String {
    format!("{}", (number * 10.0).round() / 10.0)
}

/// The transitions as rows, which come before the drawing: what broke, what was taken, and on demand what was not.
pub(super) fn table(number: usize, lifecycle: &LifecycleRecord, links: &Links<'_>) -> Markup {
    let passages = passages(lifecycle, links);
    let summary = summary(lifecycle, &passages, links);
    // What broke comes first.
    let (mut taken, untouched): (Vec<_>, Vec<_>) = passages.into_iter().partition(|(_, passage)| passage.times > 0);
    taken.sort_by_key(|(_, passage)| passage.violated == 0);
    let broken = taken.iter().filter(|(_, passage)| passage.violated > 0).count();
    let shown = if taken.len() > ROWS + ROWS / 2 { broken.max(ROWS) } else { taken.len() };
    let others = taken.split_off(shown);
    let folds = [(others, "that this run took"), (untouched, "that the contract permits, never taken")];
    html! {
        h3 id={ "lifecycle-" (number) } { (lifecycle.name) " " span.count { (summary) } }
        "\n"
        (rows(&format!("Transitions of the {}", lifecycle.name), &taken, lifecycle, links))
        @for (passages, what) in folds.iter().filter(|(passages, _)| !passages.is_empty()) {
            @let title = format!("{} {what}", counted(passages.len(), "more transition"));
            details.more { summary { (title) } (rows(&title, passages, lifecycle, links)) }
            "\n"
        }
    }
}

type PassageEntry = ((String, String), Passage);

fn rows(label: &str, passages: &[PassageEntry], lifecycle: &LifecycleRecord, links: &Links<'_>) -> Markup {
    html! {
        @if !passages.is_empty() {
            section.scroll tabindex="0" aria-label=(label) {
                table.plain {
                    thead { tr {
                        th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "By" } th scope="col" { "Taken" }
                    } }
                    tbody { @for passage in passages { (row(lifecycle, passage, links)) } }
                }
            }
            "\n"
        }
    }
}

fn row(lifecycle: &LifecycleRecord, ((from, to), passage): &PassageEntry, links: &Links<'_>) -> Markup {
    let subject = || Subject::Move { lifecycle: lifecycle.name.clone(), from: from.clone(), to: to.clone() };
    let goal = (passage.times > 0).then(|| links.goal(&subject())).flatten();
    let origin = if from.is_empty() { "new" } else { from };
    html! {
        tr.violated[passage.violated > 0] {
            td { code { (origin) } }
            td { code { (to) } }
            td { (listed(passage.ways.iter().cloned()).unwrap_or_else(|| "not permitted".into())) }
            td {
                @match &goal {
                    Some(goal) => {
                        a href={ "#" (goal.href) } data-facet=(goal.facet) data-label={ (origin) " → " (to) } {
                            (passage.times) span.unseen { " times, in " (goal.scenarios) }
                        }
                        @if passage.violated == passage.times { " " strong { "broke the contract" } }
                        @else if passage.violated > 0 { " " strong { (passage.violated) " of them broke the contract" } }
                    }
                    None => "never",
                }
            }
        }
        "\n"
    }
}

fn summary(lifecycle: &LifecycleRecord, passages: &IndexMap<(String, String), Passage>, links: &Links<'_>) -> String {
    let seen = lifecycle.states.iter().filter(|state| links.overview.facet(&state_of(lifecycle, state)).is_some());
    let count = |which: fn(&Passage) -> bool| passages.values().filter(|passage| which(passage)).count();
    let wrong = count(|passage| passage.violated > 0);
    let wrong = (wrong > 0).then(|| format!("; {} broke the contract", counted(wrong, "transition")));
    format!(
        "{} of {} seen, {} of {} taken{}",
        seen.count(),
        counted(lifecycle.states.len(), "state"),
        count(|passage| passage.times > 0),
        counted(passages.len(), "transition"),
        wrong.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_broken_where_a_word_ends_and_cut_where_it_must_be() {
        assert_eq!(lines("OTP_REQUIRED"), ["OTP_REQUIRED"]);
        assert_eq!(lines("EXTERNAL_AUTHENTICATION_REQUIRED"), ["EXTERNAL_", "AUTHENTICATION_REQUIRED"]);
        assert_eq!(lines(&"x".repeat(99)), [format!("{}…", "x".repeat(23))]);
    }

    #[test]
    fn lines_grow_thicker_slowly() {
        assert_eq!([0, 1, 4, 16, 100_000].map(weight), [0, 1, 2, 3, 6]);
    }
}
