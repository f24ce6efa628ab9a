//! What the tenant was seen to do, then and now: what appeared, what disappeared, what became slow.
//!
//! Deliberately not here: whether that is bad. A promise that was broken is a finding of a check.

use std::collections::BTreeSet;

use super::comparison::BehaviourChange;
use super::policy::Policy;
use super::summary::{Behaviour, Latency, Summary};

/// Differences below this are noise, in microseconds.
const NOISE: u64 = 2_000;

/// What changed between two runs.
pub(super) fn changes(before: &Summary, run: &Summary, policy: &Policy) -> Vec<BehaviourChange> {
    let mut changes = Vec::new();
    let mut names: Vec<&String> = before.operations.keys().chain(run.operations.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let nothing = Behaviour::default();
    for name in names {
        let then = before.operations.get(name).unwrap_or(&nothing);
        let now = run.operations.get(name).unwrap_or(&nothing);
        let mut differ = |kind, then: &BTreeSet<String>, now: &BTreeSet<String>| {
            changes.extend(difference(name, kind, then, now));
        };
        differ("answer", &then.answers, &now.answers);
        differ("property", &then.properties, &now.properties);
        differ("value", &then.values, &now.values);
        changes.extend(slower(name, then.latency.as_ref(), now.latency.as_ref(), policy));
    }
    changes.extend(difference("lifecycle", "transition", &before.transitions, &run.transitions));
    changes
}

fn difference(
    operation: &str,
    kind: &'static str,
    then: &BTreeSet<String>,
    now: &BTreeSet<String>,
) -> Vec<BehaviourChange> {
    let change = |what: &String, appeared| BehaviourChange {
        subject: operation.to_owned(),
        kind,
        what: what.clone(),
        how: if appeared { "appeared" } else { "disappeared" }.to_owned(),
    };
    let appeared = now.difference(then).map(|what| change(what, true));
    appeared.chain(then.difference(now).map(|what| change(what, false))).collect()
}

fn slower(operation: &str, then: Option<&Latency>, now: Option<&Latency>, policy: &Policy) -> Option<BehaviourChange> {
    let (then, now) = then.zip(now)?;
    let [p50, p90, p99] = [(then.p50, now.p50), (then.p90, now.p90), (then.p99, now.p99)]
        .map(|(then, now)| format!("{} → {}", ms(then), ms(now)));
    latency_grew(then, now, policy).then(|| BehaviourChange {
        subject: operation.to_owned(),
        kind: "latency",
        what: format!("median {p50}, p90 {p90}, p99 {p99}"),
        how: format!("beyond {} times the baseline", policy.latency_factor),
    })
}

fn ms(us: u64) -> String {
    format!("{}.{} ms", us / 1000, us % 1000 / 100)
}

/// Whether a percentile grew beyond the factor, with enough answers to say so; a p99 needs a hundred.
#[expect(clippy::cast_precision_loss, reason = "no latency has 2^52 microseconds")]
pub(super) fn latency_grew(then: &Latency, now: &Latency, policy: &Policy) -> bool {
    let samples = then.samples.min(now.samples);
    let grew = |then: u64, now: u64, least: u64| {
        samples >= least && now as f64 > then as f64 * policy.latency_factor && now.saturating_sub(then) > NOISE
    };
    let least = policy.latency_samples;
    grew(then.p50, now.p50, least) || grew(then.p90, now.p90, least) || grew(then.p99, now.p99, least.max(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_counts_as_grown_with_enough_answers_and_beyond_noise_only() {
        let latency = |samples, p50| Latency { samples, p50, p90: p50, p99: p50 };
        let policy = Policy::default();
        assert!(latency_grew(&latency(100, 10_000), &latency(100, 20_100), &policy));
        assert!(!latency_grew(&latency(100, 10_000), &latency(100, 19_000), &policy));
        assert!(!latency_grew(&latency(10, 10_000), &latency(100, 90_000), &policy));
        assert!(!latency_grew(&latency(100, 100), &latency(100, 900), &policy));
    }
}
