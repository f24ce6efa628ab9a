//! What stands above the scenarios.
//!
//! Deliberately not here: the scenarios themselves.

use maud::{Markup, html};
use serde_json::Value;
use strum::VariantArray;

use crate::record::Header;

use super::super::outcome::Outcome;
use super::super::reading::RunIndex;
use super::super::text::moment;
use super::broken::planted;
use super::overview::{Group, Overview};
use crate::base::duration;
use crate::base::text::counted;

/// The longest title that browsers and bookmarks show, in characters.
const TITLE: usize = 70;

/// What the head says, with the digests of the style and the script that the page may hold.
pub(super) fn head(header: &Header, outcome: &Outcome, style: &str, script: &str) -> Markup {
    let planted = if header.faults.is_empty() { "" } else { "Planted: " };
    let title = format!("{planted}{}: {}", outcome.headline(), header.target.name);
    let title: String = title.chars().take(TITLE).collect();
    let policy =
        format!("default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'");
    html! {
        meta http-equiv="Content-Security-Policy" content=(policy); "\n"
        meta name="viewport" content="width=device-width, initial-scale=1"; "\n"
        meta name="color-scheme" content="light dark"; "\n"
        meta name="referrer" content="no-referrer"; "\n"
        meta name="generator" content=(header.tool); "\n"
        title { (title) } "\n"
    }
}

/// What stands above the scenarios.
pub(super) fn banner(run: RunIndex<'_>, outcome: &Outcome, overview: &Overview) -> Markup {
    let header = run.header();
    let seal = match outcome.tone() {
        "kept" => "✓",
        "broken" => "✕",
        _ => "?",
    };
    html! {
        a.skip href="#main" { "Skip to the findings" } "\n"
        header.banner.(outcome.tone()) {
            div.page {
                p.product { "Flowproof " span { "contract report" } } "\n"
                h1 { span.seal aria-hidden="true" { (seal) } (outcome.headline()) } "\n"
                @if let Some(planted) = planted(header) {
                    p.planted role="note" { strong { "Planted fault." } " " (planted) "." } "\n"
                }
                p.lede { (lede(header, outcome)) } "\n"
                (noticed(&notices(run, outcome)))
                (tallied(outcome, overview))
                (listed(&facts(header, outcome)))
                (about(header))
            }
        }
        "\n"
    }
}

fn noticed(notices: &[String]) -> Markup {
    html! {
        @if !notices.is_empty() {
            div.notice role="note" {
                p { strong { "Before you rely on this" } }
                ul { @for notice in notices { li { (notice) } "\n" } }
            }
            "\n"
        }
    }
}

/// How many scenarios came to what, as numbers and as a bar.
fn tallied(outcome: &Outcome, overview: &Overview) -> Markup {
    let counts: Vec<(Group, usize)> = Group::VARIANTS.iter().map(|group| (*group, overview.count(*group))).collect();
    let shown = counts.iter().filter(|(group, count)| *count > 0 || *group != Group::Flaky);
    html! {
        dl.counts {
            @for (group, count) in shown {
                div.(group.word()).none[*count == 0] { dt { (group.word()) } dd { (count) } } "\n"
            }
        }
        "\n"
        svg.share viewBox="0 0 1000 8" preserveAspectRatio="none" role="img" aria-label=(outcome.tally()) {
            @for share in shares(&counts) {
                rect class=(share.group.word()) x=(share.x) y="0" width=(share.width) height="8" {}
            }
        }
        "\n"
    }
}

/// What is needed to find the run again, and what decided it.
fn about(header: &Header) -> Markup {
    let settings = settings(header);
    html! {
        details.more {
            summary { "About this run" } "\n"
            (listed(&details(header)))
            @if !settings.is_empty() {
                table.plain.settings {
                    caption { "What decided the run" }
                    thead { tr { th scope="col" { "Setting" } th scope="col" { "Value" } } }
                    tbody {
                        @for (name, value) in settings {
                            tr { th scope="row" { code { (name) } } td { code { (value) } } } "\n"
                        }
                    }
                }
            }
        }
    }
}

fn listed(facts: &[Fact]) -> Markup {
    html! {
        dl.facts {
            @for fact in facts { div { dt { (fact.label) } dd class=[fact.code.then_some("code")] { (fact.value) } } "\n" }
        }
        "\n"
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
    outcome
        .shortfall()
        .into_iter()
        .chain(outcome.uncovered.iter().cloned())
        .chain(shard)
        .chain(left)
        .chain(notes)
        .map(|note| sentence(&note))
        .collect()
}

/// What decided the run, one value a line. Levels are shown where they are not those of the checks themselves.
fn settings(header: &Header) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for (name, value) in &header.configuration {
        flat(name, value, &mut rows);
    }
    let usual = |name: &str, value: &str| {
        let check = name.strip_prefix("levels.");
        check.is_some_and(|id| header.checks.iter().any(|known| known.id == id && known.level.as_str() == value))
    };
    rows.retain(|(name, value)| !usual(name, value));
    rows
}

/// Members of objects by their path; everything else as people write it.
fn flat(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(member, value)| flat(&format!("{name}.{member}"), value, rows));
        }
        Value::String(text) => rows.push((name.to_owned(), text.clone())),
        other => rows.push((name.to_owned(), other.to_string())),
    }
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
        (failed, _) => format!(" {}", failures(failed, counts.unmet, &all)),
    };
    let warned = match counts.warnings {
        0 => String::new(),
        warnings => format!(" {} to look at.", counted(warnings, "warning")),
    };
    format!("{checked} checked on {sent} to “{name}”.{found}{warned}")
}

/// How many scenarios found a broken promise, and how many only missed what they expected.
fn failures(failed: usize, unmet: usize, all: &str) -> String {
    match failed - unmet.min(failed) {
        0 => format!("{failed} of {all} did not get what they expected."),
        broke if unmet == 0 => format!("{broke} of {all} found a broken promise."),
        broke => format!("{broke} of {all} found a broken promise, {unmet} more did not get what they expected."),
    }
}

/// A part of the bar, in thousandths.
struct Share {
    group: Group,
    x: usize,
    width: usize,
}

/// The parts of the bar, without rounding gaps between them.
fn shares(counts: &[(Group, usize)]) -> Vec<Share> {
    let all = counts.iter().map(|(_, count)| count).sum::<usize>().max(1);
    let mut before = 0;
    let share = |(group, count): &(Group, usize)| {
        let (x, end) = (before * 1_000 / all, (before + count) * 1_000 / all);
        before += count;
        (*count > 0).then(|| Share { group: *group, x, width: end - x })
    };
    counts.iter().filter_map(share).collect()
}

fn facts(header: &Header, outcome: &Outcome) -> [Fact; 4] {
    let contract = &header.contract;
    let code = outcome.exit_code.map_or_else(|| "none".into(), |code| code.to_string());
    let took = outcome.duration_us.map_or_else(|| "an unknown time".into(), duration::human);
    [
        fact("Target", format!("{} ({})", header.target.name, header.target.kind), false),
        fact("Contract", format!("{}, version {}", contract.title, contract.version), false),
        fact("When", format!("{}, for {took}", moment(&header.started_at)), false),
        fact("Exit code", format!("{code}: {}", outcome.meaning()), false),
    ]
}

/// What is needed to find the run again, and rarely otherwise.
fn details(header: &Header) -> Vec<Fact> {
    let mut details = vec![
        fact("Requests went to", header.target.base_url.clone(), true),
        fact("Run", header.run_id.clone(), true),
        fact("Contract, SHA-256", header.contract.digest.clone(), true),
        fact("Tool and seed", format!("{}, seed {}", header.tool, header.seed), false),
    ];
    details.extend((!header.suite.is_empty()).then(|| fact("Suite, SHA-256", header.suite.clone(), true)));
    details
}

/// A line of a list of facts, whose value may be set as code.
struct Fact {
    label: &'static str,
    value: String,
    code: bool,
}

fn fact(label: &'static str, value: String, code: bool) -> Fact {
    Fact { label, value, code }
}
