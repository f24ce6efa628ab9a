//! What was judged of a recording as the records of a journal, so that every report of a run is one of a recording too.
//!
//! Deliberately not here: writing the journal, and the reports.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::entries::JudgedSequence;
use super::judgement::{Judged, Outcome, unjudged};
use super::replayed::request_line;
use crate::contract::Contract;
use crate::judge::recording::{self, CheckTally, verdict};
use crate::record::{ExchangeRecord, Finding, Place, ScenarioRecord, StepOutcome, StepRecord};

/// Makes the record of a sequence.
pub(crate) fn record(index: usize, file: &Path, sequence: &JudgedSequence<'_>, contract: &Contract) -> ScenarioRecord {
    let file = file.display().to_string();
    let exchanges: Vec<ExchangeRecord> = sequence
        .observations
        .iter()
        .enumerate()
        .map(|(step, observation)| ExchangeRecord { step, ..recording::exchange(observation, sequence.redactor) })
        .collect();
    let findings = findings(sequence);
    let (verdict, reason) = verdict(&findings, unjudged(sequence.judged));
    let reason = reason.map(|reason| sequence.redactor.text(&with_request(sequence, reason)));
    let (started_at, duration_us) = span(&exchanges);
    let steps = sequence.entries.iter().zip(sequence.judged).zip(&exchanges);
    let mut tally = CheckTally::default();
    sequence.judged.iter().for_each(|judged| tally.add(&judged.judgement));
    ScenarioRecord {
        title: title(sequence),
        steps: steps.map(|((entry, judged), exchange)| step(&file, *entry, judged, exchange)).collect(),
        reason: reason.map(|reason| sequence.redactor.text(&reason)),
        started_at,
        duration_us,
        findings,
        sequences: recording::sequences(contract, sequence.observations, &[], sequence.redactor),
        checks: tally.records(),
        exchanges,
        file: file.clone(),
        ..ScenarioRecord::new(index, format!("{file}/{}", sequence.name), verdict)
    }
}

fn title(sequence: &JudgedSequence<'_>) -> String {
    match sequence.entries {
        [one] => format!("entry {one} of the recording"),
        several => format!("{} entries of the recording about one resource", several.len()),
    }
}

/// A reason with the request that it is about: whoever reads it alone knows of which.
fn with_request(sequence: &JudgedSequence<'_>, reason: String) -> String {
    let is_it = |judged: &Judged| judged.reason.as_ref() == Some(&reason);
    let about = sequence.judged.iter().position(is_it).map(|at| &sequence.observations[at].exchange);
    let Some(exchange) = about else { return reason };
    let operation = exchange.operation.as_deref().unwrap_or("no operation");
    format!("{operation}, {}: {reason}", request_line(&exchange.request.method, &exchange.request.url))
}

fn findings(sequence: &JudgedSequence<'_>) -> Vec<Finding> {
    let findings = sequence.judged.iter().flat_map(|judged| &judged.judgement.findings);
    findings.map(|finding| recording::clean(finding, sequence.redactor)).collect()
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
