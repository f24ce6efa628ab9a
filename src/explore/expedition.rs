//! Walks planned one after the other while a run goes on: each is run as a scenario, and what came of it decides the next.
//!
//! Deliberately not here: how a walk is planned ([`super::tour`]), and how it is sent and judged (`run`).

use std::sync::Arc;
use std::time::Instant;

use super::account::{Account, LifecycleAccount};
use super::inputs::Inputs;
use super::machine::{Item, Machine};
use super::text::{self, Heading};
use super::tour::{Survey, Walk};
use crate::contract::{Contract, Lifecycle};
use crate::judge::coverage::Meter;
use crate::record::{ContractRecord, ScenarioRecord, StepOutcome};
use crate::run::{Prepared, RunError};
use crate::scenario::Suite;
use crate::scenario::model::Scenario;

/// So many walks in a row that yield nothing end the exploration of a machine.
const MOST_IN_VAIN: usize = 8;
/// Why there is a walk.
const WHY: &str = "Planned by flowproof explore, from the lifecycle that the contract declares.";

/// How to explore.
#[derive(Debug, Clone, Default)]
pub struct Dials {
    /// Only this lifecycle.
    pub lifecycle: Option<String>,
    /// The most requests.
    pub most_requests: Option<usize>,
    /// Whether the target can be asked for personas.
    pub personas: bool,
}

/// A run that is explored.
struct Expedition<'e> {
    contract: &'e Contract,
    prepared: &'e Prepared,
    inputs: Inputs,
    dials: &'e Dials,
    walks: usize,
    requests: usize,
}

/// Explores the lifecycles of a contract, and says what there was to find.
///
/// # Errors
/// When the run could not begin.
pub fn explore(
    prepared: &Prepared,
    contract: &Contract,
    scenarios: &[Scenario],
    persona: Option<&serde_json::Value>,
    dials: &Dials,
) -> Result<Account, RunError> {
    let begun = Instant::now();
    let inputs = Inputs::mined(scenarios, contract, persona);
    let mut expedition = Expedition { contract, prepared, inputs, dials, walks: 0, requests: 0 };
    let walked = ContractRecord::from(contract);
    let mut meter = Meter::new(contract, &walked);
    let chosen = |lifecycle: &&Lifecycle| dials.lifecycle.as_ref().is_none_or(|name| *name == lifecycle.name);
    let mut machines = Vec::new();
    for lifecycle in contract.lifecycles().iter().filter(chosen) {
        machines.push(expedition.machine(Machine::new(lifecycle), &mut meter)?);
    }
    Ok(Account::of(machines, begun.elapsed().as_secs_f64()))
}

impl Expedition<'_> {
    /// Walks on one machine until nothing is left, or nothing more may be sent.
    fn machine(&mut self, machine: Machine<'_>, meter: &mut Meter<'_>) -> Result<LifecycleAccount, RunError> {
        let mut survey = Survey::new(machine, &self.inputs, self.contract);
        let mut account = LifecycleAccount::new(&machine.lifecycle.name);
        let (mut number, mut in_vain) = (0, 0);
        while self.prepared.stop().stopped().is_none() {
            let Some(walk) = survey.plan(&self.inputs, self.room()) else { break };
            let left = survey.left();
            number += 1;
            let record = self.walk(&walk, number)?;
            meter.add(&record);
            learn(&mut survey, &walk, &record, meter);
            account.count(&walk, &record);
            in_vain = if survey.left() < left { 0 } else { in_vain + 1 };
            if in_vain >= MOST_IN_VAIN {
                survey.give_up("walks that tried it came to nothing");
            }
        }
        if self.room() == 0 {
            survey.give_up("no more requests were allowed");
        }
        account.close(&survey, meter);
        Ok(account)
    }

    /// How many requests may still be sent.
    fn room(&self) -> usize {
        self.dials.most_requests.unwrap_or(usize::MAX).saturating_sub(self.requests)
    }

    fn walk(&mut self, walk: &Walk<'_>, number: usize) -> Result<Arc<ScenarioRecord>, RunError> {
        let name = &walk.machine.lifecycle.name;
        let title = format!("Walk {number} through {name}");
        let heading = Heading { title: &title, why: WHY, persona: self.dials.personas };
        let written = text::scenario(walk, self.contract, &heading);
        let scenario = scenario(&format!("explore/{name}#{number}"), &written);
        let record = self.prepared.walk(self.walks, &scenario)?;
        self.walks += 1;
        self.requests += record.exchanges.len();
        Ok(record)
    }
}

/// The scenario that a text is.
///
/// # Panics
/// Never: the text is our own.
fn scenario(name: &str, written: &str) -> Scenario {
    let file = format!("{}.yaml", name.replace('#', "-"));
    let mut suite = Suite::from_text(file, written).unwrap_or_else(|problems| panic!("{written}\n{problems:?}"));
    let scenario = suite.scenarios.pop().expect("a file is a scenario");
    Scenario { name: name.to_owned(), ..scenario }
}

/// Notes what a walk reached, what it tried in vain, and where it broke off.
fn learn<'c>(survey: &mut Survey<'c>, walk: &Walk<'c>, record: &ScenarioRecord, meter: &Meter<'_>) {
    let name = &survey.machine.lifecycle.name;
    let reached: Vec<Item<'c>> = survey.open().filter(|item| meter.has(&item.name(name))).collect();
    reached.into_iter().for_each(|item| survey.reached(item));
    for (step, ran) in walk.steps.iter().zip(&record.steps) {
        let Some(item) = step.item else { continue };
        match ran.outcome {
            StepOutcome::Held if matches!(item, Item::Refused(..) | Item::Negative(..)) => survey.reached(item),
            StepOutcome::Held => survey.tried(item, || "it was tried, and something else came of it".to_owned()),
            StepOutcome::Violated => survey.broke(item),
            StepOutcome::Errored => survey.tried(item, || record.reason.clone().unwrap_or_default()),
            StepOutcome::NotRun => {}
        }
    }
}
