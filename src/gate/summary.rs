//! What a run came to, small enough to compare and to keep: per scenario its verdict and how much it checked, per operation
//! what the tenant was seen to do.
//!
//! Made by reading a journal once, record by record; bodies are looked at and let go. Deliberately not here: any comparison,
//! and the text that a baseline is kept as.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::base::duration::percentile;
use crate::base::{digest, pointer};
use crate::contract::{Contract, Documented, MediaType, ShapeEvent, ShapeId};
use crate::record::journal::{Journal, JournalError};
use crate::record::{Finding, Level, ResponseRecord, ScenarioRecord, Verdict};

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Summary {
    /// SHA-256 of the contract.
    pub contract: String,
    /// When the run began; a baseline does not know.
    pub started_at: Option<DateTime<Utc>>,
    /// The level of every check, where the journal knows.
    pub levels: BTreeMap<String, Level>,
    /// The sets of checks by which scenarios were judged: of many scenarios most have one of a few.
    pub check_sets: BTreeMap<String, BTreeSet<String>>,
    /// The scenarios by name.
    pub scenarios: BTreeMap<String, ScenarioStanding>,
    /// What was observed, by operation.
    pub operations: BTreeMap<String, Behaviour>,
    /// The steps that resources were seen to take, such as `flow: SIGN_ON_REQUIRED → COMPLETED`.
    pub transitions: BTreeSet<String>,
    /// What the suite does not reach of what it must reach; a baseline accepts none of it.
    pub uncovered: Vec<String>,
}

/// Where a scenario stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioStanding {
    /// What it came to.
    pub verdict: Verdict,
    /// Whether it passed only after an attempt that did not.
    #[serde(default)]
    pub flaky: bool,
    /// How many steps it has.
    pub steps: usize,
    /// How many things it asks for beyond the contract.
    pub demands: usize,
    /// The levels that it sets for itself.
    #[serde(default)]
    pub levels: BTreeMap<String, Level>,
    /// The set of the checks that were evaluated at least once.
    pub checks: String,
    /// The findings that failed it, without the values that differ from run to run.
    #[serde(default)]
    pub findings: BTreeSet<String>,
    /// Since when it does not pass, where a baseline remembers.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
}

/// What was observed of an operation.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Behaviour {
    /// Status and media type, such as `200 application/hal+json`.
    pub answers: BTreeSet<String>,
    /// Status and property, such as `200 /_links/self/href`; the index of a list is `*`.
    pub properties: BTreeSet<String>,
    /// Status, property and value of enumerations, such as `200 /status OTP_REQUIRED`.
    pub values: BTreeSet<String>,
    /// How long answers took.
    pub latency: Option<Latency>,
}

/// How long answers took: percentiles in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Latency {
    /// How many answers were timed.
    pub samples: u64,
    /// Half of the answers were as quick as this.
    pub p50: u64,
    /// Nine of ten were.
    pub p90: u64,
    /// Ninety-nine of a hundred were.
    pub p99: u64,
}

/// A scenario that did not come to pass, with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// The scenario's name.
    pub scenario: String,
    /// Failed or Errored.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: Option<String>,
    /// The findings that failed it.
    pub findings: Vec<Finding>,
}

/// Summarises a journal, and gives the failures in the order of the run.
///
/// # Errors
/// When the journal cannot be read to its end.
pub(crate) fn summarise(journal: &Journal, contract: &Contract) -> Result<(Summary, Vec<Failure>), JournalError> {
    let mut failures = Vec::new();
    let header = journal.header();
    let mut summary = Summary {
        contract: header.contract.digest.clone(),
        started_at: Some(header.started_at),
        uncovered: journal.footer().map(|footer| footer.uncovered.clone()).unwrap_or_default(),
        levels: levels(header.configuration.get("levels")),
        ..Summary::default()
    };
    let mut times = BTreeMap::new();
    for record in journal.records() {
        let record = record?;
        summary.take(contract, &record, &mut times);
        failures.extend(failure(&record));
        summary.scenarios.insert(record.name.clone(), standing(record, &mut summary.check_sets));
    }
    for (operation, times) in times {
        summary.operations.entry(operation).or_default().latency = Some(latency(times));
    }
    Ok((summary, failures))
}

fn failure(record: &ScenarioRecord) -> Option<Failure> {
    matches!(record.verdict, Verdict::Failed | Verdict::Errored).then(|| Failure {
        scenario: record.name.clone(),
        verdict: record.verdict,
        reason: record.reason.clone(),
        findings: record.findings.iter().filter(|finding| finding.level == Level::Deny).cloned().collect(),
    })
}

fn levels(recorded: Option<&Value>) -> BTreeMap<String, Level> {
    let recorded = recorded.and_then(Value::as_object).into_iter().flatten();
    recorded.filter_map(|(check, level)| Some((check.clone(), level.as_str()?.parse().ok()?))).collect()
}

fn standing(record: ScenarioRecord, check_sets: &mut BTreeMap<String, BTreeSet<String>>) -> ScenarioStanding {
    let evaluated = record.checks.iter().filter(|check| check.evaluated > 0);
    let set: BTreeSet<String> = evaluated.map(|check| check.check.clone()).collect();
    // A set is named after its content, so that another set never changes its name.
    let checks = digest::short(set.iter().map(String::as_str).collect::<Vec<_>>().join(" "), 3);
    check_sets.entry(checks.clone()).or_insert(set);
    let denied = record.findings.iter().filter(|finding| finding.level == Level::Deny);
    ScenarioStanding {
        verdict: record.verdict,
        flaky: record.is_flaky(),
        steps: record.steps.len(),
        demands: record.demands,
        findings: denied.map(signature).collect(),
        levels: record.levels,
        since: None,
        checks,
    }
}

type Times = BTreeMap<String, Vec<u64>>;

impl ScenarioStanding {
    /// Whether it failed or came to no verdict.
    pub(super) fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Failed | Verdict::Errored)
    }
}

impl Summary {
    /// Forgets the failures that an earlier gate was shut by: nobody has agreed to them, whatever was run since.
    pub(crate) fn without_failures_of<'n>(&mut self, scenarios: impl Iterator<Item = &'n str>) {
        for name in scenarios {
            if let Some(standing) = self.scenarios.get_mut(name).filter(|standing| standing.is_bad()) {
                standing.findings.clear();
                standing.verdict = Verdict::Failed;
            }
        }
    }

    /// Since when scenarios do not pass, as far as it remembers.
    pub(crate) fn since(&self) -> BTreeMap<String, DateTime<Utc>> {
        let known = self.scenarios.iter().filter_map(|(name, standing)| Some((name.clone(), standing.since?)));
        known.collect()
    }

    /// The checks that a scenario was judged by.
    pub(super) fn checks_of(&self, standing: &ScenarioStanding) -> impl Iterator<Item = &String> {
        self.check_sets.get(&standing.checks).into_iter().flatten()
    }

    fn take(&mut self, contract: &Contract, record: &ScenarioRecord, times: &mut Times) {
        for exchange in &record.exchanges {
            let Some((operation, response)) = exchange.operation.as_ref().zip(exchange.response.as_ref()) else {
                continue;
            };
            times.entry(operation.clone()).or_default().push(exchange.total_us.max(1));
            let behaviour = self.operations.entry(operation.clone()).or_default();
            behaviour.take(contract, operation, response);
        }
        for sequence in &record.sequences {
            for pair in sequence.observed.windows(2) {
                self.transitions.insert(format!("{}: {} → {}", sequence.lifecycle, pair[0].0, pair[1].0));
            }
        }
    }
}

fn latency(mut times: Vec<u64>) -> Latency {
    times.sort_unstable();
    let at = |percent| percentile(&times, percent);
    Latency { samples: times.len() as u64, p50: at(50), p90: at(90), p99: at(99) }
}

impl Behaviour {
    fn take(&mut self, contract: &Contract, operation: &str, response: &ResponseRecord) {
        let media_type = response.media_type().unwrap_or_else(|| "-".into());
        let answer = format!("{} {media_type}", response.status);
        self.answers.insert(answer);
        let Some(body) = response.body.as_ref().and_then(|body| body.json()) else { return };
        self.properties_of(response.status, &body, &mut String::new());
        if let Some(shape) = shape(contract, operation, response.status) {
            self.values_of(contract, shape, response.status, &body);
        }
    }

    fn properties_of(&mut self, status: u16, value: &Value, at: &mut String) {
        let whole = at.len();
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    at.push('/');
                    at.push_str(&if is_id(name) { "*".to_owned() } else { pointer::escape(name).into_owned() });
                    self.properties.insert(format!("{status} {at}"));
                    self.properties_of(status, member, at);
                    at.truncate(whole);
                }
            }
            Value::Array(entries) => {
                at.push_str("/*");
                entries.iter().for_each(|entry| self.properties_of(status, entry, at));
                at.truncate(whole);
            }
            _ => {}
        }
    }

    fn values_of(&mut self, contract: &Contract, shape: ShapeId, status: u16, body: &Value) {
        let values = &mut self.values;
        contract.shapes.kept(shape, body, &mut |kept| {
            if let Documented::Value(schema, value) = kept {
                values.insert(format!("{status} {} {value}", schema.rsplit("schemas/").next().unwrap_or(schema)));
            }
        });
        contract.shapes.walk(shape, body, &mut |seen, at, _| {
            if let ShapeEvent::UndocumentedValue { value, .. } = seen {
                values.insert(format!("{status} {at} {value}"));
            }
        });
    }
}

/// Keys that are ids would make every run another.
fn is_id(name: &str) -> bool {
    uuid::Uuid::try_parse(name).is_ok() || name.bytes().all(|byte| byte.is_ascii_digit())
}

fn shape(contract: &Contract, operation: &str, status: u16) -> Option<ShapeId> {
    let reply = contract.operation(operation)?.reply(status)?;
    reply.media_types.iter().find_map(|media_type: &MediaType| media_type.shape)
}

/// A finding without the values that differ from run to run: check, operation and pointer.
pub(super) fn signature(finding: &Finding) -> String {
    let parts = [Some(finding.check.as_str()), finding.operation.as_deref(), finding.pointer.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ExchangeRecord;

    #[test]
    fn percentiles_are_those_of_the_answers_in_whatever_order_they_came() {
        let times = (1..=1000_u64).rev().map(|ms| ms * 1000).collect();
        assert_eq!(latency(times), Latency { samples: 1000, p50: 500_000, p90: 900_000, p99: 990_000 });
    }

    #[test]
    fn a_slow_answer_after_a_quick_one_is_timed_in_full() {
        let exchange = |total_us: u64| -> ExchangeRecord {
            let exchange = serde_json::json!({
                "step": 0, "operation": "readFlow", "started_at": "2026-01-02T03:04:05Z", "first_byte_us": 1,
                "total_us": total_us, "request": { "method": "GET", "url": "https://t.example/", "headers": [] },
                "response": { "status": 200, "headers": [] },
            });
            serde_json::from_value(exchange).expect("a record")
        };
        let exchanges = [100, 40_000_000].map(exchange).into();
        let record = ScenarioRecord { exchanges, ..ScenarioRecord::new(0, "a", Verdict::Passed) };
        let (contract, mut times) = (Contract::embedded().expect("the embedded contract holds"), Times::new());
        Summary::default().take(&contract, &record, &mut times);
        assert!(latency(times.remove("readFlow").unwrap_or_default()).p99 > 39_000_000);
    }
}
