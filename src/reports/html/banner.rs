//! What stands above, between and below the scenarios.
//!
//! Deliberately not here: the scenarios themselves.

use serde::Serialize;

use crate::record::Verdict;
use crate::record::journal::Header;

use super::super::outcome::{BY_URGENCY, Outcome};
use super::super::text::{counted, duration, moment};

#[derive(Serialize)]
pub struct Head<'a> {
    style: String,
    script: String,
    tool: &'a str,
    title: String,
}

/// The longest title that browsers and bookmarks show, in characters.
const TITLE: usize = 70;

pub fn head<'a>(header: &'a Header, outcome: &Outcome, style: String, script: String) -> Head<'a> {
    let title = format!("{}: {}", outcome.headline(), header.target.name).chars().take(TITLE).collect();
    Head { style, script, tool: &header.tool, title }
}

#[derive(Serialize)]
pub struct Banner {
    tone: &'static str,
    seal: &'static str,
    headline: &'static str,
    lede: String,
    shortfall: Option<String>,
    tally: String,
    counts: Vec<Count>,
    shares: Vec<Share>,
    facts: Vec<Fact>,
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

pub fn banner(header: &Header, outcome: &Outcome) -> Banner {
    let counts = BY_URGENCY.map(|verdict| Count { word: verdict.as_str(), count: count(outcome, verdict) });
    Banner {
        tone: outcome.tone(),
        seal: match outcome.tone() {
            "kept" => "✓",
            "broken" => "✕",
            _ => "?",
        },
        headline: outcome.headline(),
        lede: lede(header, outcome),
        shortfall: outcome.shortfall(),
        tally: outcome.tally(),
        shares: shares(&counts),
        counts: counts.into(),
        facts: facts(header, outcome),
    }
}

fn count(outcome: &Outcome, verdict: Verdict) -> usize {
    match verdict {
        Verdict::Passed => outcome.counts.passed,
        Verdict::Failed => outcome.counts.failed,
        Verdict::Errored => outcome.counts.errored,
        Verdict::Skipped => outcome.counts.skipped,
    }
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
    let took = outcome.duration_us.map_or_else(|| "an unknown time".into(), duration);
    let plain = |label, value| Fact { label, value, code: false };
    let code_fact = |label, value| Fact { label, value, code: true };
    vec![
        plain("Target", format!("{} ({})", header.target.name, header.target.kind)),
        code_fact("Requests went to", header.target.base_url.clone()),
        plain("Contract", format!("{}, version {}", contract.title, contract.version)),
        code_fact("Contract SHA-256", contract.digest.clone()),
        plain("When", format!("{}, for {took}", moment(&header.started_at))),
        plain("Exit code", format!("{code}: {}", outcome.meaning())),
        code_fact("Run", header.run_id.clone()),
        plain("Tool and seed", format!("{}, seed {}", header.tool, header.seed)),
    ]
}

#[derive(Serialize)]
pub struct Group {
    word: &'static str,
    title: &'static str,
    count: usize,
}

pub fn group(verdict: Verdict, count: usize) -> Group {
    let title = match verdict {
        Verdict::Passed => "Passed",
        Verdict::Failed => "Failed",
        Verdict::Errored => "Could not be judged",
        Verdict::Skipped => "Skipped",
    };
    Group { word: verdict.as_str(), title, count }
}
