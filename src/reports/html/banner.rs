//! What stands above the scenarios.
//!
//! Deliberately not here: the scenarios themselves.

use serde_json::{Value, json};
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

/// The data of the head, with the digests of the style and the script that the page may hold.
pub(super) fn head(header: &Header, outcome: &Outcome, style: String, script: String) -> Value {
    let planted = if header.faults.is_empty() { "" } else { "Planted: " };
    let title = format!("{planted}{}: {}", outcome.headline(), header.target.name);
    let title: String = title.chars().take(TITLE).collect();
    json!({ "style": style, "script": script, "tool": header.tool, "title": title })
}

/// The data of what stands above the scenarios.
pub(super) fn banner(run: RunIndex<'_>, outcome: &Outcome, overview: &Overview) -> Value {
    let header = run.header();
    let counts: Vec<(Group, usize)> = Group::VARIANTS.iter().map(|group| (*group, overview.count(*group))).collect();
    json!({
        "tone": outcome.tone(),
        "seal": match outcome.tone() {
            "kept" => "✓",
            "broken" => "✕",
            _ => "?",
        },
        "headline": outcome.headline(),
        "lede": lede(header, outcome),
        "notices": notices(run, outcome),
        "tally": outcome.tally(),
        "shares": shares(&counts),
        "counts": counts
            .iter()
            .filter(|(group, count)| *count > 0 || *group != Group::Flaky)
            .map(|(group, count)| json!({ "word": group.word(), "count": count }))
            .collect::<Value>(),
        "facts": facts(header, outcome),
        "details": details(header),
        "settings": settings(header),
        "planted": planted(header),
    })
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
fn settings(header: &Header) -> Vec<Value> {
    let mut rows = Vec::new();
    for (name, value) in &header.configuration {
        flat(name, value, &mut rows);
    }
    let usual = |name: &str, value: &str| {
        let check = name.strip_prefix("levels.");
        check.is_some_and(|id| header.checks.iter().any(|known| known.id == id && known.level.as_str() == value))
    };
    rows.retain(|(name, value)| !usual(name, value));
    rows.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
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

/// The parts of the bar in thousandths, without rounding gaps between them.
fn shares(counts: &[(Group, usize)]) -> Value {
    let all = counts.iter().map(|(_, count)| count).sum::<usize>().max(1);
    let mut before = 0;
    let share = |(group, count): &(Group, usize)| {
        let (x, end) = (before * 1_000 / all, (before + count) * 1_000 / all);
        before += count;
        (*count > 0).then(|| json!({ "word": group.word(), "x": x, "width": end - x }))
    };
    counts.iter().filter_map(share).collect()
}

fn facts(header: &Header, outcome: &Outcome) -> [Value; 4] {
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
fn details(header: &Header) -> Vec<Value> {
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
fn fact(label: &str, value: String, code: bool) -> Value {
    json!({ "label": label, "value": value, "code": code })
}
