//! Walks planned one after the other while a run goes on: each is run as a scenario, and what came of it decides the next.
//!
//! Deliberately not here: how a walk is planned ([`super::tour`]), and how it is sent and judged (`run`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::account::{Account, Found, LifecycleAccount};
use super::dials::{Dials, Planning};
use super::inputs::Inputs;
use super::machine::{Item, Machine};
use super::miner::mined;
use super::races::races;
use super::shrink::{Broken, shrunk, start};
use super::succession::Successions;
use super::survey::Survey;
use super::text::{self, Heading};
use super::walk::Walk;
use crate::contract::{Contract, Lifecycle};
use crate::judge::coverage::Meter;
use crate::record::{ContractRecord, Finding, Level, ScenarioRecord, StepOutcome, Verdict};
use crate::run::{Prepared, RunError, uses_up};
use crate::scenario::Suite;
use crate::scenario::model::Scenario;

/// So many walks in a row that yield nothing end the exploration of a machine.
const MOST_IN_VAIN: usize = 8;
/// So many findings of a machine are made small; more say nothing new.
const MOST_SHRUNK: usize = 25;
/// So many walks through a lifecycle are foreseen at the most.
const MOST_FORESEEN: usize = 500;
/// How often a scenario must fail before it is called reliable.
const REPEATS: usize = 3;
/// Why there is a walk.
const WHY: &str = "Planned by flowproof explore, from the lifecycle that the contract declares.";

/// A run that is explored.
struct Expedition<'e> {
    contract: &'e Contract,
    prepared: &'e Prepared,
    inputs: &'e Inputs,
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
    let inputs = mined(scenarios, contract, persona);
    let mut expedition = Expedition { contract, prepared, inputs: &inputs, dials, walks: 0, requests: 0 };
    let walked = ContractRecord::from(contract);
    let mut meter = Meter::new(contract, &walked);
    let mut machines = Vec::new();
    for lifecycle in chosen(contract, dials) {
        machines.push(expedition.machine(Machine::new(lifecycle), &mut meter)?);
    }
    Ok(Account::of(machines, begun.elapsed().as_secs_f64()))
}

/// A walk that is planned and not sent.
#[derive(Debug)]
pub struct PlannedWalk {
    /// Its name, such as `explore/flow#1`.
    pub name: String,
    /// The scenario.
    pub text: String,
    /// Why users are not the same afterwards, if they are not: changed, or locked.
    pub uses_up: Option<String>,
    /// Whether it is the first through its lifecycle.
    pub is_first: bool,
}

/// All walks as they would be sent if everything came about that they try; nothing is sent.
pub fn outlook(
    contract: &Contract,
    scenarios: &[Scenario],
    persona: Option<&serde_json::Value>,
    dials: &Dials,
) -> Vec<PlannedWalk> {
    let inputs = mined(scenarios, contract, persona);
    let planned = |lifecycle| foreseen(Survey::new(Machine::new(lifecycle), &inputs, contract, dials), contract, dials);
    chosen(contract, dials).flat_map(planned).collect()
}

/// The walks through one lifecycle.
fn foreseen(mut survey: Survey<'_>, contract: &Contract, dials: &Dials) -> Vec<PlannedWalk> {
    let (mut walks, mut room) = (Vec::new(), dials.most_requests.unwrap_or(usize::MAX));
    while let Some(walk) = survey.plan(room, dials.planning()).filter(|_| room > 0 && walks.len() < MOST_FORESEEN) {
        let (name, number) = (&walk.machine.lifecycle.name, walks.len() + 1);
        let left = survey.left();
        room = room.saturating_sub(walk.requests());
        walk.steps.iter().filter_map(|step| step.item).for_each(|item| survey.reached(item));
        let title = format!("Walk {number} through {name}");
        let text = text::scenario(&walk, contract, &Heading { title: &title, why: WHY, persona: dials.personas });
        let name = format!("explore/{name}#{number}");
        let locks = || format!("{} wrong tries may lock a user or a device", walk.wrong_tries());
        let uses_up = walk.may_lock().then(locks).or_else(|| uses_up(&scenario(&name, &text), contract));
        walks.push(PlannedWalk { name, text, uses_up, is_first: number == 1 });
        if survey.left() == left && !survey.in_vain(&walk.cast) {
            break;
        }
    }
    walks
}

fn chosen<'c>(contract: &'c Contract, dials: &Dials) -> impl Iterator<Item = &'c Lifecycle> {
    let chosen = |lifecycle: &&Lifecycle| dials.lifecycle.as_ref().is_none_or(|name| *name == lifecycle.name);
    contract.lifecycles().iter().filter(chosen)
}

impl<'e> Expedition<'e> {
    /// Walks on one machine until nothing is left, or nothing more may be sent.
    fn machine(&mut self, machine: Machine<'e>, meter: &mut Meter<'_>) -> Result<LifecycleAccount, RunError> {
        let mut survey = Survey::new(machine, self.inputs, self.contract, self.dials);
        let mut account = LifecycleAccount::new(&machine.lifecycle.name);
        let planning = self.dials.planning();
        let mut walked = Walked::default();
        let mut in_vain = 0;
        while self.goes_on(&account) {
            let Some(walk) = survey.plan(self.room(), planning) else { break };
            let (left, scarcity) = (survey.left(), survey.scarcity());
            let cast = walk.cast.clone();
            let record = self.walk(&walk, &mut account)?;
            meter.add(&record);
            learn(&mut survey, &walk, &record, meter);
            let new_ways = survey.went(&led(&walk, &record));
            walked.add(walk, &record);
            let fewer = survey.scarcity() > scarcity;
            let gained = survey.left() < left || fewer || (planning == Planning::PairsOfWays && new_ways > 0);
            in_vain = if gained || survey.in_vain(&cast) { 0 } else { in_vain + 1 };
            if in_vain >= MOST_IN_VAIN {
                survey.give_up("walks that tried it came to nothing");
            }
        }
        if self.dials.races {
            for walk in races(&survey, self.contract) {
                if !self.goes_on(&account) {
                    break;
                }
                let record = self.walk(&walk, &mut account)?;
                account.races += 1;
                walked.add(walk, &record);
            }
        }
        if self.dials.endurance {
            self.endure(machine, &mut account, &mut walked)?;
        }
        if self.room() == 0 {
            survey.give_up("no more requests were allowed");
        }
        account.close(&survey, meter);
        if !self.dials.unshrunk {
            account.found = self.small(&survey, &walked)?;
        }
        Ok(account)
    }

    /// One long life, or several where a promise is broken in it; then lives in which steps come after each other that have
    /// not in any.
    fn endure(
        &mut self,
        machine: Machine<'e>,
        account: &mut LifecycleAccount,
        walked: &mut Walked<'e>,
    ) -> Result<(), RunError> {
        let mut survey = Survey::new(machine, self.inputs, self.contract, self.dials);
        let (mut planned, mut is_long) = (walked.successions(), true);
        while self.goes_on(account) {
            let long = is_long.then(|| survey.endurance(self.room())).flatten();
            let Some(walk) = long.or_else(|| survey.succession(&planned, self.room())) else { break };
            planned.add(walk.steps.iter().filter_map(|step| step.item));
            let record = self.walk(&walk, account)?;
            let broken = walked.add(walk, &record).and_then(|broken| broken.walk.steps[broken.at].item);
            is_long &= broken.is_some();
            broken.into_iter().for_each(|item| survey.broke(item));
        }
        Ok(())
    }

    fn goes_on(&self, account: &LifecycleAccount) -> bool {
        let enough = self.dials.first_only && account.findings > 0;
        !enough && self.room() > 0 && self.prepared.stop().stopped().is_none()
    }

    /// How many requests may still be sent.
    fn room(&self) -> usize {
        self.dials.most_requests.unwrap_or(usize::MAX).saturating_sub(self.requests)
    }

    fn walk(&mut self, walk: &Walk<'_>, account: &mut LifecycleAccount) -> Result<Arc<ScenarioRecord>, RunError> {
        let (name, number) = (&walk.machine.lifecycle.name, account.walks + 1);
        let title = format!("Walk {number} through {name}");
        let heading = Heading { title: &title, why: WHY, persona: self.dials.personas };
        let written = text::scenario(walk, self.contract, &heading);
        let record = self.prepared.walk(self.walks, &scenario(&format!("explore/{name}#{number}"), &written))?;
        self.walks += 1;
        self.requests += record.exchanges.len();
        account.count(walk, &record);
        Ok(record)
    }

    /// Makes each finding small, one of each kind.
    fn small<'c>(&self, survey: &Survey<'c>, walked: &Walked<'c>) -> Result<Vec<Found>, RunError> {
        if walked.broken.is_empty() {
            return Ok(Vec::new());
        }
        let (known, mut kinds) = (walked.successions(), BTreeSet::new());
        let new = walked.broken.iter().filter(|breach| kinds.insert(breach.kind()));
        new.take(MOST_SHRUNK).map(|breach| self.shrink(survey, &known, breach)).collect()
    }

    fn shrink<'c>(&self, survey: &Survey<'c>, known: &Successions<'c>, breach: &Breach<'c>) -> Result<Found, RunError> {
        let mut failure = None;
        let mut fails = |written: &str| match self.prepared.rehearse(&scenario("explore/shrinking", written)) {
            Ok(record) => breach.is_of(&record),
            Err(error) => {
                failure = Some(error);
                false
            }
        };
        let heading = Heading { title: &breach.title(), why: &breach.why(None), persona: self.dials.personas };
        let (walk, requests) =
            shrunk(survey, known, &breach.broken, |walk| fails(&text::scenario(walk, self.contract, &heading)));
        let written = text::scenario(&walk, self.contract, &heading);
        let failed = (0..REPEATS).filter(|_| fails(&written)).count();
        let why = breach.why((failed < REPEATS).then_some((failed, REPEATS)));
        let text = text::scenario(&walk, self.contract, &Heading { why: &why, ..heading });
        match failure {
            Some(error) => Err(error),
            None => Ok(Found {
                name: breach.name(),
                check: breach.finding.check.clone(),
                steps: walk.steps.len(),
                requests,
                failed,
                text,
            }),
        }
    }
}

/// What came of walks: what was done as promised, one after the other, and where they broke off.
#[derive(Default)]
struct Walked<'c> {
    lives: Vec<Vec<Item<'c>>>,
    broken: Vec<Breach<'c>>,
}

impl<'c> Walked<'c> {
    /// Adds a walk, and says where it broke off if it did.
    fn add(&mut self, walk: Walk<'c>, record: &ScenarioRecord) -> Option<&Broken<'c>> {
        self.lives.push(held(&walk, record).collect());
        let breach = Breach::of(walk, record)?;
        self.broken.push(breach);
        self.broken.last().map(|breach| &breach.broken)
    }

    /// What came after what as promised.
    fn successions(&self) -> Successions<'c> {
        let mut known = Successions::default();
        self.lives.iter().for_each(|life| known.add(life.iter().copied()));
        known
    }
}

/// A walk that broke off, and the finding by which it did.
struct Breach<'c> {
    broken: Broken<'c>,
    finding: Finding,
    state: Option<&'c str>,
}

impl<'c> Breach<'c> {
    fn of(walk: Walk<'c>, record: &ScenarioRecord) -> Option<Self> {
        let at = record.steps.iter().position(|step| step.outcome == StepOutcome::Violated)?;
        let finding = record.findings.iter().find(|finding| finding.level == Level::Deny)?.clone();
        let state = walk.steps[..=at].iter().rev().find_map(|step| step.item.and_then(Item::at));
        Some(Self { broken: Broken { walk, at }, finding, state })
    }

    fn kind(&self) -> (String, Option<String>, String) {
        let Finding { check, operation, message, .. } = &self.finding;
        (check.clone(), operation.clone(), format!("{message} {:?}", self.broken.walk.steps[self.broken.at].item))
    }

    /// Whether a record shows the same.
    fn is_of(&self, record: &ScenarioRecord) -> bool {
        let denied = record.findings.iter().find(|finding| finding.level == Level::Deny);
        let same = |found: &Finding| found.check == self.finding.check && found.operation == self.finding.operation;
        record.verdict == Verdict::Failed && denied.is_some_and(same)
    }

    fn operation(&self) -> &str {
        self.finding.operation.as_deref().unwrap_or("resource")
    }

    fn name(&self) -> String {
        let lifecycle = &self.broken.walk.machine.lifecycle.name;
        let words = [lifecycle.as_str(), self.state.unwrap_or("new"), self.operation(), &self.finding.check];
        words.join("-").to_lowercase().replace('_', "-")
    }

    fn title(&self) -> String {
        let state = self.state.map_or_else(String::new, |state| format!(" in {state}"));
        format!("{}{state} keeps the promise of {}", self.operation(), self.finding.check)
    }

    fn why(&self, flaky: Option<(usize, usize)>) -> String {
        let flaky = flaky.map_or_else(String::new, |(failed, of)| format!(" Flaky: it failed {failed} times of {of}."));
        format!("Found by flowproof explore: {}.{flaky}", self.finding.message)
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

/// What a walk tried that came about, until it broke off.
fn held<'c>(walk: &Walk<'c>, record: &ScenarioRecord) -> impl Iterator<Item = Item<'c>> {
    let ran = record.steps.len().min(walk.steps.len());
    let end = record.steps[..ran].iter().position(|step| step.outcome != StepOutcome::Held);
    // What was looked at and is not as it should be did not come about.
    let end = end.map_or(ran, |at| start(&walk.steps, at));
    walk.steps[..end].iter().filter_map(|step| step.item)
}

/// The steps of a walk that led from state to state as they should.
fn led<'c>(walk: &Walk<'c>, record: &ScenarioRecord) -> Vec<Item<'c>> {
    held(walk, record).filter(|item| item.leads_to().is_some()).collect()
}

/// Notes what a walk reached, what it tried in vain, and where it broke off.
fn learn<'c>(survey: &mut Survey<'c>, walk: &Walk<'c>, record: &ScenarioRecord, meter: &Meter<'_>) {
    if record.verdict == Verdict::Skipped {
        let items = walk.steps.iter().filter_map(|step| step.item);
        return survey.skipped(&walk.cast, items, record.reason.as_deref().unwrap_or("the walk was skipped"));
    }
    let name = &survey.machine.lifecycle.name;
    let reached: Vec<Item<'c>> = survey.open().filter(|item| meter.has(&item.name(name))).collect();
    reached.into_iter().for_each(|item| survey.reached(item));
    for (step, ran) in walk.steps.iter().zip(&record.steps) {
        let Some(item) = step.item else { continue };
        match ran.outcome {
            StepOutcome::Held if matches!(item, Item::Forbidden(..) | Item::Refused(..) | Item::Negative(..)) => {
                survey.reached(item);
            }
            StepOutcome::Held => survey.tried(item, || "it was tried, and something else came of it".to_owned()),
            StepOutcome::Violated => survey.broke(item),
            StepOutcome::Errored => survey.tried(item, || record.reason.clone().unwrap_or_default()),
            StepOutcome::NotRun => {}
        }
    }
}
