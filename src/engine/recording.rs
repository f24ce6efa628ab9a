//! The birth of a record: what happened, with every secret replaced. From here on nothing is secret any more.
//!
//! Order matters: redact, then cut, then (in the reports) escape.

use super::plan::{Plan, Planned};
use super::run::Run;
use crate::checks::{self, CHECKS, Observation};
use crate::contract::Contract;
use crate::record::journal::{
    BodyRecord, CheckRecord, ErrorRecord, ExchangeRecord, RequestRecord, ResponseRecord, ScenarioRecord,
    SequenceRecord, StepRecord,
};
use crate::record::redaction::{Redactor, register};
use crate::record::{Finding, Headers, Place};

/// Bodies are cut at this many bytes in records.
const BODY: usize = 64 * 1024;
/// Values in findings are cut at this many bytes.
const VALUE: usize = 1024;

/// Makes the record of a run.
pub fn record(index: usize, plan: &Plan<'_>, run: &Run, contract: &Contract) -> ScenarioRecord {
    let redactor = redactor(run);
    let scenario = plan.scenario;
    let texts = |list: &[crate::source::Spanned<String>]| list.iter().map(|text| redactor.text(&text.value)).collect();
    ScenarioRecord {
        index,
        name: scenario.name.clone(),
        title: redactor.text(&scenario.title.value),
        why: scenario.why.as_ref().map(|why| redactor.text(&why.value)).unwrap_or_default(),
        file: scenario.source.path.display().to_string(),
        digest: scenario.digest(),
        demands: scenario.demands(),
        levels: scenario.levels.iter().map(|(check, level)| (check.value.clone(), level.value)).collect(),
        tags: texts(&scenario.tags),
        covers: texts(&scenario.covers),
        verdict: run.verdict,
        reason: run.reason.as_ref().map(|reason| redactor.text(reason)),
        started_at: run.started_at,
        duration_us: micros(run.duration),
        steps: steps(plan, run, &redactor),
        exchanges: run.history.iter().map(|observation| exchange(observation, &redactor)).collect(),
        findings: run.findings.iter().map(|finding| clean(finding, &redactor)).collect(),
        sequences: sequences(run, contract, &redactor),
        checks: tally(run),
        earlier: Vec::new(),
    }
}

/// What is known of the process comes first: its marks are the same in every scenario.
fn redactor(run: &Run) -> Redactor {
    let mut secrets = register::secrets();
    if secrets.is_empty() {
        return run.secrets.redactor();
    }
    secrets.extend(&run.secrets);
    secrets.redactor()
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn steps(plan: &Plan<'_>, run: &Run, redactor: &Redactor) -> Vec<StepRecord> {
    let planned = plan.steps.iter().zip(&run.steps);
    planned
        .map(|(planned, step)| {
            let (operation, doing) = match planned.action {
                Planned::Call { call, .. } => (Some(call.operation.value.clone()), call.operation.value.clone()),
                Planned::Push { .. } => (None, "push".to_owned()),
                Planned::Advance(_) => (None, "advance".to_owned()),
                Planned::Limit(_) => (None, "limit".to_owned()),
            };
            StepRecord {
                label: planned.step.label.as_ref().map_or(doing, |label| redactor.text(label)),
                operation,
                place: clean_place(&Place::from(&planned.step.span), redactor),
                outcome: step.outcome,
            }
        })
        .collect()
}

fn exchange(observation: &Observation, redactor: &Redactor) -> ExchangeRecord {
    let exchange = &observation.exchange;
    ExchangeRecord {
        step: exchange.step,
        operation: exchange.operation.clone(),
        started_at: exchange.started_at,
        first_byte_us: micros(exchange.first_byte),
        total_us: micros(exchange.total),
        request: RequestRecord {
            method: exchange.request.method.clone(),
            url: redactor.text(&exchange.request.url),
            headers: headers(&exchange.request.headers, redactor),
            body: exchange.request.body.as_ref().and_then(|bytes| body(bytes, redactor)),
        },
        response: exchange.response().map(|response| ResponseRecord {
            status: response.status,
            headers: headers(&response.headers, redactor),
            body: body(&response.body, redactor),
        }),
        error: exchange
            .outcome
            .as_ref()
            .err()
            .map(|error| ErrorRecord { phase: error.phase, message: redactor.text(&error.message) }),
    }
}

fn headers(headers: &Headers, redactor: &Redactor) -> Vec<(String, String)> {
    headers.0.iter().map(|(name, value)| (redactor.text(name), redactor.header(name, value))).collect()
}

fn body(bytes: &[u8], redactor: &Redactor) -> Option<BodyRecord> {
    if bytes.is_empty() {
        return None;
    }
    let mut text = redacted(&readable(bytes), redactor);
    let cut = shorten(&mut text, BODY);
    Some(BodyRecord { text, bytes: bytes.len(), cut })
}

/// JSON stays JSON, so that a journal can be judged again.
fn redacted(text: &str, redactor: &Redactor) -> String {
    if text.trim_start().starts_with(['{', '[']) { redactor.json(text) } else { redactor.text(text) }
}

/// The bytes as text, those that are not UTF-8 as `\xNN`.
fn readable(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::with_capacity(bytes.len()), |mut text, chunk| {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
        text
    })
}

fn shorten(text: &mut String, limit: usize) -> bool {
    let cut = text.len() > limit;
    text.truncate(text.floor_char_boundary(limit));
    cut
}

fn clean(finding: &Finding, redactor: &Redactor) -> Finding {
    let value = |text: &Option<String>| {
        text.as_ref().map(|text| {
            let mut text = redactor.text(text);
            let whole = text.len();
            if shorten(&mut text, VALUE) {
                text.push_str(&format!("… ({whole} bytes)"));
            }
            text
        })
    };
    Finding {
        message: redactor.text(&finding.message),
        pointer: finding.pointer.as_ref().map(|pointer| redactor.text(pointer)),
        expected: value(&finding.expected),
        actual: value(&finding.actual),
        place: finding.place.as_ref().map(|place| clean_place(place, redactor)),
        ..finding.clone()
    }
}

fn clean_place(place: &Place, redactor: &Redactor) -> Place {
    Place { excerpt: redactor.text(&place.excerpt), ..place.clone() }
}

fn sequences(run: &Run, contract: &Contract, redactor: &Redactor) -> Vec<SequenceRecord> {
    let traces = checks::traces(contract, &run.history);
    let only = traces.len() == 1;
    let records = traces.into_iter().map(|trace| {
        let asked = run.expected.iter().find(|expected| match &expected.resource {
            Some(id) => *id == trace.resource,
            None => only,
        });
        SequenceRecord {
            lifecycle: trace.lifecycle.name.clone(),
            resource: redactor.text(&trace.resource),
            observed: trace.states.into_iter().map(|(state, at)| (redactor.text(&state), at)).collect(),
            expected: asked.map(|expected| expected.states.value.clone()),
        }
    });
    records.collect()
}

fn tally(run: &Run) -> Vec<CheckRecord> {
    let counted = CHECKS.iter().zip(&run.tally).filter(|(_, counts)| **counts != (0, 0));
    counted
        .map(|(check, (evaluated, not_evaluated))| CheckRecord {
            check: check.id.to_owned(),
            evaluated: *evaluated,
            not_evaluated: *not_evaluated,
        })
        .collect()
}
