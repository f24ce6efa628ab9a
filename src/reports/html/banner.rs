//! What stands above, between and below the scenarios.
//!
//! Deliberately not here: the scenarios themselves.

use serde::Serialize;

use crate::record::Header;

use super::super::outcome::Outcome;
use super::super::reading::RunIndex;
use super::super::text::moment;
use super::overview::{Group, Overview};
use crate::base::duration;
use crate::base::text::counted;

#[derive(Serialize)]
pub(super) struct Head<'a> {
    style: String,
    script: String,
    tool: &'a str,
    title: String,
}

/// The longest title that browsers and bookmarks show, in characters.
const TITLE: usize = 70;

pub(super) fn head<'a>(header: &'a Header, outcome: &Outcome, style: String, script: String) -> Head<'a> {
    let title = format!("{}: {}", outcome.headline(), header.target.name).chars().take(TITLE).collect();
    Head { style, script, tool: &header.tool, title }
}

#[derive(Serialize)]
pub(super) struct Banner {
    tone: &'static str,
    seal: &'static str,
    headline: &'static str,
    lede: String,
    notices: Vec<String>,
    tally: String,
    counts: Vec<Count>,
    shares: Vec<Share>,
    facts: Vec<Fact>,
    details: Vec<Fact>,
    settings: Vec<Setting>,
}

/// A part of the effective configuration.
#[derive(Serialize)]
struct Setting {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Count {
    word: &'static str,
    count: usize,
}

/// A verdict's part of the bar, in thousandths.
#[derive(Serialize)]
struct Share {
    word: &'static str,
    x: usize,
    width: usize,
}

#[derive(Serialize)]
struct Fact {
    label: &'static str,
    value: String,
    code: bool,
}

pub(super) fn banner(run: RunIndex<'_>, outcome: &Outcome, overview: &Overview) -> Banner {
    let header = run.header();
    let count = |group: Group| Count { word: group.word(), count: overview.count(group) };
    let counts: Vec<_> =
        Group::ALL.map(count).into_iter().filter(|part| part.count > 0 || part.word != "flaky").collect();
    let setting =
        |(name, value): (&String, &serde_json::Value)| Setting { name: name.clone(), value: value.to_string() };
    Banner {
        tone: outcome.tone(),
        seal: match outcome.tone() {
            "kept" => "✓",
            "broken" => "✕",
            _ => "?",
        },
        headline: outcome.headline(),
        lede: lede(header, outcome),
        notices: notices(run, outcome),
        tally: outcome.tally(),
        shares: shares(&counts),
        counts,
        facts: facts(header, outcome),
        details: details(header),
        settings: header.configuration.iter().map(setting).collect(),
    }
}

/// What a reader must know before believing anything else on the page.
fn notices(run: RunIndex<'_>, outcome: &Outcome) -> Vec<String> {
    let header = run.header();
    let shard = header.shard.map(|shard| {
        format!("This is part {} of {}; the other parts of the suite have reports of their own", shard.index, shard.of)
    });
    let left = run.entries().iter().filter(|entry| entry.left_something).count();
    let left = (left > 0).then(|| {
        format!("{} may have left something on the target; leftovers.json says what", counted(left, "scenario"))
    });
    let footer = run.footer().map(|footer| footer.notes.as_slice()).unwrap_or_default();
    let notes = header.notes.iter().chain(footer).cloned();
    outcome.shortfall().into_iter().chain(shard).chain(left).chain(notes).map(|note| sentence(&note)).collect()
}

fn sentence(note: &str) -> String {
    format!("{}.", note.trim_end_matches('.'))
}

fn lede(header: &Header, outcome: &Outcome) -> String {
    let counts = outcome.counts;
    let checked = counted(counts.checks, "promise");
    let sent = counted(counts.exchanges, "request");
    let all = counted(counts.scenarios(), "scenario");
    let name = &header.target.name;
    let found = match (counts.failed, counts.errored) {
        (0, 0) => String::new(),
        (0, errored) => format!(" {errored} of {all} could not be judged."),
        (failed, _) => format!(" {failed} of {all} found a promise that was not kept."),
    };
    let warned = match counts.warnings {
        0 => String::new(),
        warnings => format!(" {} to look at.", counted(warnings, "warning")),
    };
    format!("{checked} checked on {sent} to “{name}”.{found}{warned}")
}

/// The bar's parts, without rounding gaps between them.
fn shares(counts: &[Count]) -> Vec<Share> {
    let all = counts.iter().map(|part| part.count).sum::<usize>().max(1);
    let mut before = 0;
    let mut shares = Vec::new();
    for part in counts.iter().filter(|part| part.count > 0) {
        let (x, end) = (before * 1_000 / all, (before + part.count) * 1_000 / all);
        shares.push(Share { word: part.word, x, width: end - x });
        before += part.count;
    }
    shares
}

fn facts(header: &Header, outcome: &Outcome) -> Vec<Fact> {
    let contract = &header.contract;
    let code = outcome.exit_code.map_or_else(|| "none".into(), |code| code.to_string());
    let took = outcome.duration_us.map_or_else(|| "an unknown time".into(), duration::human);
    vec![
        plain("Target", format!("{} ({})", header.target.name, header.target.kind)),
        plain("Contract", format!("{}, version {}", contract.title, contract.version)),
        plain("When", format!("{}, for {took}", moment(&header.started_at))),
        plain("Exit code", format!("{code}: {}", outcome.meaning())),
    ]
}

/// What is needed to find the run again, and rarely otherwise.
fn details(header: &Header) -> Vec<Fact> {
    let code = |label, value| Fact { label, value, code: true };
    let mut details = vec![
        code("Requests went to", header.target.base_url.clone()),
        code("Run", header.run_id.clone()),
        code("Contract, SHA-256", header.contract.digest.clone()),
        plain("Tool and seed", format!("{}, seed {}", header.tool, header.seed)),
    ];
    details.extend((!header.suite.is_empty()).then(|| code("Suite, SHA-256", header.suite.clone())));
    details
}

fn plain(label: &'static str, value: String) -> Fact {
    Fact { label, value, code: false }
}

#[derive(Serialize)]
pub(super) struct GroupView {
    word: &'static str,
    title: &'static str,
    count: usize,
}

pub(super) fn group(group: Group, count: usize) -> GroupView {
    GroupView { word: group.word(), title: group.title(), count }
}
