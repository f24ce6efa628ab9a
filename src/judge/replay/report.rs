//! What was judged of a recording as the records of a journal, so that every report of a run is one of a recording too.
//!
//! Deliberately not here: writing the journal, and the reports.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::entries::Sequence;
use super::judgement::{Judged, Outcome};
use crate::checks::{CHECKS, traces};
use crate::contract::Contract;
use crate::judge::recording;
use crate::record::{CheckRecord, ExchangeRecord, ScenarioRecord, SequenceRecord, StepOutcome, StepRecord};
use crate::record::{Finding, Level, Place, Verdict};

/// Makes the record of a sequence.
pub fn record(index: usize, file: &Path, sequence: &Sequence<'_>, contract: &Contract) -> ScenarioRecord {
    let file = file.display().to_string();
    let exchanges: Vec<ExchangeRecord> = sequence
        .observations
        .iter()
        .enumerate()
        .map(|(step, observation)| ExchangeRecord { step, ..recording::exchange(observation, sequence.redactor) })
        .collect();
    let findings = findings(sequence);
    let (verdict, reason) = verdict(sequence.judged, &findings);
    let (started_at, duration_us) = span(&exchanges);
    ScenarioRecord {
        leftovers: Vec::new(),
        index,
        name: format!("{file}/{}", sequence.name),
        title: title(sequence),
        why: String::new(),
        steps: sequence
            .entries
            .iter()
            .zip(sequence.judged)
            .zip(&exchanges)
            .map(|((entry, judged), exchange)| step(&file, *entry, judged, exchange))
            .collect(),
        file,
        digest: String::new(),
        demands: 0,
        levels: BTreeMap::new(),
        tags: Vec::new(),
        covers: Vec::new(),
        verdict,
        reason,
        started_at,
        duration_us,
        exchanges,
        findings,
        sequences: sequences(sequence, contract),
        checks: tally(sequence.judged),
        earlier: Vec::new(),
    }
}

fn title(sequence: &Sequence<'_>) -> String {
    match sequence.entries {
        [one] => format!("entry {one} of the recording"),
        several => format!("{} entries of the recording about one resource", several.len()),
    }
}

fn findings(sequence: &Sequence<'_>) -> Vec<Finding> {
    let findings = sequence.judged.iter().flat_map(|judged| &judged.judgement.findings);
    findings.map(|finding| recording::clean(finding, sequence.redactor)).collect()
}

fn verdict(judged: &[Judged], findings: &[Finding]) -> (Verdict, Option<String>) {
    if let Some(first) = findings.iter().find(|finding| finding.level == Level::Deny) {
        return (Verdict::Failed, Some(format!("{}: {}", first.check, first.message)));
    }
    match judged.iter().find(|judged| judged.outcome != Outcome::Passed) {
        Some(judged) => (Verdict::Errored, judged.reason.clone()),
        None => (Verdict::Passed, None),
    }
}

/// When the first exchange began, and microseconds until the last was over.
fn span(exchanges: &[ExchangeRecord]) -> (DateTime<Utc>, u64) {
    let begun = exchanges.iter().map(|exchange| exchange.started_at).min().unwrap_or_default();
    let over = |exchange: &ExchangeRecord| {
        let begun = exchange.started_at.signed_duration_since(begun).num_microseconds();
        u64::try_from(begun.unwrap_or_default()).unwrap_or_default().saturating_add(exchange.total_us)
    };
    (begun, exchanges.iter().map(over).max().unwrap_or_default())
}

fn step(file: &str, entry: usize, judged: &Judged, exchange: &ExchangeRecord) -> StepRecord {
    let outcome = match judged.outcome {
        Outcome::Passed => StepOutcome::Held,
        Outcome::Failed => StepOutcome::Violated,
        Outcome::Errored | Outcome::Unknown => StepOutcome::Errored,
    };
    let operation = exchange.operation.clone();
    StepRecord {
        label: operation.clone().unwrap_or_else(|| format!("entry {entry}")),
        operation,
        // The line is that of `flowproof replay --format json`, which has one for each entry.
        place: Place { file: file.to_owned(), line: entry + 1, column: 1, excerpt: String::new() },
        outcome,
    }
}

fn sequences(sequence: &Sequence<'_>, contract: &Contract) -> Vec<SequenceRecord> {
    let traces = traces(contract, sequence.observations).into_iter();
    let records = traces.map(|trace| SequenceRecord {
        lifecycle: trace.lifecycle.name.clone(),
        resource: sequence.redactor.text(&trace.resource),
        // A tenant may put anything where a state is documented.
        observed: trace.states.into_iter().map(|(state, at)| (sequence.redactor.text(&state), at)).collect(),
        expected: None,
    });
    records.collect()
}

fn tally(judged: &[Judged]) -> Vec<CheckRecord> {
    let count = |list: fn(&Judged) -> &Vec<&'static str>, id: &str| {
        judged.iter().filter(|judged| list(judged).contains(&id)).count()
    };
    let records = CHECKS.iter().map(|check| CheckRecord {
        check: check.id.to_owned(),
        evaluated: count(|judged| &judged.judgement.evaluated, check.id),
        not_evaluated: count(|judged| &judged.judgement.not_evaluated, check.id),
    });
    records.filter(|record| record.evaluated + record.not_evaluated > 0).collect()
}
