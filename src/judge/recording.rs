//! Makes the records of an exchange, of a finding and of the rest of a scenario, with every secret replaced. From here on
//! nothing is secret any more.
//!
//! Order matters: redact, then truncate, then (in the reports) escape. Deliberately not here: sending, and what a scenario
//! that runs adds to its record (see `engine`).

use std::collections::HashMap;

use indexmap::IndexSet;

use crate::base::duration::micros;
use crate::base::text::truncate;
use crate::base::trace_context::{TRACEPARENT, TraceContext};
use crate::checks::expectation::ExpectedSequence;
use crate::checks::{self, CHECKS, Check, Judgement, Observation};
use crate::contract::{Called, Contract};
use crate::record;
use crate::record::redaction::Redactor;
use crate::record::{
    BodyRecord, CheckRecord, ErrorRecord, Exchange, ExchangeRecord, Finding, Headers, Level, Place, Request,
    RequestRecord, ResponseRecord, SequenceRecord, TraceRecord, Verdict,
};

/// Bodies are truncated at this many bytes in records.
const BODY: usize = 64 * 1024;
/// Values in findings are truncated at this many bytes.
const VALUE: usize = 1024;

/// Makes the record of an exchange.
pub(crate) fn exchange(observation: &Observation, redactor: &Redactor) -> ExchangeRecord {
    let exchange = &observation.exchange;
    let request = request(&exchange.request, redactor);
    ExchangeRecord {
        step: exchange.step,
        operation: exchange.operation.clone(),
        resent: None,
        trace: request.header(TRACEPARENT).and_then(TraceContext::parse).map(TraceRecord::from),
        started_at: exchange.started_at,
        first_byte_us: micros(exchange.first_byte),
        total_us: micros(exchange.total),
        request,
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

fn request(request: &Request, redactor: &Redactor) -> RequestRecord {
    RequestRecord {
        method: request.method.clone(),
        url: redactor.text(&request.url),
        headers: headers(&request.headers, redactor),
        body: request.body.as_ref().and_then(|bytes| body(bytes, redactor)),
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
    let cut = truncate(&mut text, BODY);
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

/// The operation that a request calls; `None` where the contract documents no such request.
pub(crate) fn called<'c>(contract: &'c Contract, exchange: &Exchange) -> Option<&'c str> {
    let request = &exchange.request;
    let operation = contract.called(&Called {
        method: &request.method,
        url: &request.url,
        media_type: request.headers.get("content-type").as_deref(),
        has_body: request.body.is_some(),
        header: &|name| request.headers.get(name),
    });
    operation.map(|operation| operation.name.as_str())
}

/// A finding without secrets, its values cut.
pub(crate) fn clean(finding: &Finding, redactor: &Redactor) -> Finding {
    let value = |text: &String| {
        let mut text = redactor.text(text);
        let whole = text.len();
        if truncate(&mut text, VALUE) {
            text.push_str(&format!("… ({whole} bytes)"));
        }
        text
    };
    Finding {
        message: value(&finding.message),
        pointer: finding.pointer.as_ref().map(value),
        expected: finding.expected.as_ref().map(value),
        actual: finding.actual.as_ref().map(value),
        place: finding.place.as_ref().map(|place| clean_place(place, redactor)),
        ..finding.clone()
    }
}

/// A place without secrets.
pub(crate) fn clean_place(place: &Place, redactor: &Redactor) -> Place {
    Place { excerpt: redactor.text(&place.excerpt), ..place.clone() }
}

/// The finding as it is kept: it names the requirements that it breaks; where it breaks none, those that it is about.
pub(crate) fn charged(found: Finding, covers: &[String], contract: &Contract) -> Finding {
    let judges = |id: &str| contract.requirement(id).map_or(&[][..], |known| known.checks.as_slice());
    // What the check itself judges there comes first, then what the scenario proves of the operation.
    let judged = if found.is_expectation() { Vec::new() } else { record::charged(&found, covers, judges) };
    let named = of_operation(&found, covers, contract);
    let proven = record::charged(&named, covers, judges);
    let requirements: IndexSet<String> = judged.into_iter().chain(proven).map(str::to_owned).collect();
    if requirements.is_empty() { found } else { Finding { requirements: requirements.into_iter().collect(), ..found } }
}

/// The finding, which names as well what a scenario proves of the operation.
fn of_operation(found: &Finding, covers: &[String], contract: &Contract) -> Finding {
    let operation = found.operation.as_deref().and_then(|name| contract.operation(name));
    let of_operation = operation.map_or(&[][..], |operation| &operation.requirements);
    let proven = of_operation.iter().filter(|id| covers.contains(id) && !found.requirements.contains(id));
    Finding { requirements: found.requirements.iter().chain(proven).cloned().collect(), ..found.clone() }
}

/// What a scenario comes to, and why it does not pass: the first finding that denies decides. Where none does, it passes,
/// unless something kept it from being judged.
pub(crate) fn verdict(findings: &[Finding], unjudged: Option<(Verdict, Option<String>)>) -> (Verdict, Option<String>) {
    match findings.iter().find(|finding| finding.level == Level::Deny) {
        Some(first) => (Verdict::Failed, Some(format!("{}: {}", first.check, first.message))),
        None => unjudged.unwrap_or((Verdict::Passed, None)),
    }
}

/// On how many exchanges each check was evaluated, and on how many it could not be.
#[derive(Debug, Clone, Default)]
pub(crate) struct CheckTally(HashMap<&'static str, [usize; 2]>);

impl CheckTally {
    /// Adds what was judged of one exchange.
    pub(crate) fn add(&mut self, judgement: &Judgement) {
        judgement.evaluated.iter().for_each(|check| self.0.entry(check).or_default()[0] += 1);
        judgement.not_evaluated.iter().for_each(|check| self.0.entry(check).or_default()[1] += 1);
    }

    /// The checks that were to be evaluated at all, in the order of the registry.
    pub(crate) fn records(&self) -> Vec<CheckRecord> {
        let record = |check: &Check| {
            let [evaluated, not_evaluated] = *self.0.get(check.id)?;
            Some(CheckRecord { check: check.id.into(), evaluated, not_evaluated })
        };
        CHECKS.iter().filter_map(record).collect()
    }
}

/// The states that each resource went through, beside those that were asked for.
pub(crate) fn sequences(
    contract: &Contract,
    history: &[Observation],
    expected: &[ExpectedSequence],
    redactor: &Redactor,
) -> Vec<SequenceRecord> {
    let traces = checks::traces(contract, history);
    let only = traces.len() == 1;
    let records = traces.into_iter().map(|trace| {
        let asked = expected.iter().find(|expected| match &expected.resource {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::redaction::Secrets;

    const SECRET: &str = "a-secret-at-the-cut-0123456789";

    fn redactor() -> Redactor {
        let mut secrets = Secrets::default();
        secrets.learn("token", SECRET);
        secrets.redactor()
    }

    /// The longest beginning and end of the secret that a text holds.
    fn part(text: &str) -> usize {
        (4..SECRET.len())
            .filter(|length| text.contains(&SECRET[..*length]) || text.contains(&SECRET[SECRET.len() - length..]))
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn x09_a_secret_that_straddles_the_cut_is_redacted_before_the_text_is_cut() {
        let redactor = redactor();
        for before in BODY - SECRET.len() - 2..=BODY + 1 {
            let text = format!("{}{SECRET}{}", "x".repeat(before), "y".repeat(BODY));
            let record = body(text.as_bytes(), &redactor).expect("it is not empty");
            assert!(record.cut && part(&record.text) == 0, "{before}");
        }
        for before in VALUE - SECRET.len() - 2..=VALUE + 1 {
            let actual = Some(format!("{}{SECRET}{}", "x".repeat(before), "y".repeat(VALUE)));
            let finding = Finding {
                check: "expectation".into(),
                level: crate::record::Level::Deny,
                message: format!("not {SECRET}"),
                operation: None,
                pointer: Some(format!("/{SECRET}")),
                expected: Some(SECRET.into()),
                actual,
                promise: None,
                requirements: Vec::new(),
                exchange: None,
                place: None,
                wfc: None,
            };
            let clean = clean(&finding, &redactor);
            assert_eq!(part(&format!("{clean:?}")), 0, "{before}");
        }
    }

    #[test]
    fn a_redacted_json_body_is_json_and_other_text_is_left_as_it_is() {
        let mut secrets = Secrets::default();
        secrets.learn("otp", "482913");
        let redactor = secrets.redactor();
        let text = |given: &str| body(given.as_bytes(), &redactor).expect("it is not empty").text;
        assert_eq!(text(r#" {"otp":482913}"#), r#" {"otp":"‹otp#1›"}"#);
        assert_eq!(text("code: 482913"), "code: ‹otp#1›");
    }
}
