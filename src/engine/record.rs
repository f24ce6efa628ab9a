//! The record of a scenario that ran: what was planned, what was done, and what came of it.
//!
//! Deliberately not here: how an exchange or a finding becomes a record, which is the same for a recording that is judged
//! (see [`crate::judge::recording`]).

use super::run::{ScenarioRun, StepRun};
use crate::base::duration::micros;
use crate::checks::Observation;
use crate::contract::Contract;
use crate::judge::recording::{self, charged, clean, clean_place};
use crate::judge::secrets;
use crate::record::redaction::{Redactor, Register};
use crate::record::{ExchangeRecord, ScenarioRecord, StepRecord};
use crate::record::{Place, Verdict};
use crate::scenario::model::{Scenario, Step};

/// Makes the record of a run, free of the secrets of the register.
pub(crate) fn record(
    index: usize,
    scenario: &Scenario,
    run: &ScenarioRun,
    contract: &Contract,
    register: &Register,
) -> ScenarioRecord {
    let redactor = redactor(scenario, run, contract, register);
    let covers: Vec<String> = scenario.covers.iter().map(|id| id.value.clone()).collect();
    let texts =
        |list: &[crate::base::source::Spanned<String>]| list.iter().map(|text| redactor.text(&text.value)).collect();
    ScenarioRecord {
        title: redactor.text(&scenario.title.value),
        why: scenario.why.as_ref().map(|why| redactor.text(&why.value)).unwrap_or_default(),
        file: scenario.source.file(),
        digest: scenario.digest(),
        demands: scenario.demands(),
        levels: scenario.levels.iter().map(|(check, level)| (check.value.clone(), level.value)).collect(),
        tags: texts(&scenario.tags),
        covers: covers.clone(),
        reason: run.reason.as_ref().map(|reason| redactor.text(reason)),
        started_at: run.started_at,
        duration_us: micros(run.duration),
        steps: steps(scenario, run, &redactor),
        exchanges: exchanges(run, &redactor),
        findings: run.findings.iter().map(|found| charged(clean(found, &redactor), &covers, contract)).collect(),
        sequences: recording::sequences(contract, run.before_cleanup(), &run.expected, &redactor),
        checks: run.tally.records(),
        leftovers: run.leftovers.iter().map(|leftover| leftover.record(&redactor)).collect(),
        ..ScenarioRecord::new(index, &scenario.name, run.verdict)
    }
}

/// What is known of the process comes first: its marks are the same in every scenario.
fn redactor(scenario: &Scenario, run: &ScenarioRun, contract: &Contract, register: &Register) -> Redactor {
    let mut secrets = run.secrets.clone();
    if run.verdict != Verdict::Passed {
        secrets::literals(&mut secrets, contract, scenario);
    }
    let texts = scenario.texts();
    secrets.open_words(|value| texts.iter().any(|text| text.contains(value)));
    register.redactor_with(&secrets)
}

fn steps(scenario: &Scenario, run: &ScenarioRun, redactor: &Redactor) -> Vec<StepRecord> {
    let record = |(at, (step, ran)): (usize, (&Step, &StepRun))| {
        let label = step.label.as_ref().map(|label| redactor.text(label));
        let label = label.unwrap_or_else(|| step.action.name().to_owned());
        StepRecord {
            label: if at < scenario.steps.len() { label } else { format!("cleanup: {label}") },
            operation: step.call().map(|call| call.operation.value.clone()),
            place: clean_place(&Place::from(&step.span), redactor),
            outcome: ran.outcome,
        }
    };
    scenario.all_steps().zip(&run.steps).enumerate().map(record).collect()
}

fn exchanges(run: &ScenarioRun, redactor: &Redactor) -> Vec<ExchangeRecord> {
    let record = |(index, observation): (usize, &Observation)| ExchangeRecord {
        resent: run.resent.get(&index).map(|why| (*why).to_owned()),
        ..recording::exchange(observation, redactor)
    };
    run.history.iter().enumerate().map(record).collect()
}
