//! What came of an exploration: `explore.json`.
//!
//! Deliberately not here: writing it anywhere.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bound::bound;
use super::machine::Item;
use super::negatives::Negative;
use super::survey::Survey;
use super::walk::Walk;
use crate::judge::coverage::Meter;
use crate::judge::coverage::names;
use crate::record::{ScenarioRecord, StepOutcome, Verdict};

/// What came of an exploration.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Account {
    /// How many requests were sent.
    pub requests: usize,
    /// The least number of requests in which all that came about could have been tried.
    pub bound: usize,
    /// How long it took.
    pub seconds: f64,
    /// All lifecycles together.
    #[serde(flatten)]
    pub all: Extent,
    /// How many walks broke off because a promise was broken.
    pub findings: usize,
    /// The scenarios that were written.
    pub scenarios_written: Vec<String>,
    /// Each lifecycle.
    pub lifecycles: Vec<LifecycleAccount>,
}

/// What came of one lifecycle.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LifecycleAccount {
    /// Its name.
    pub lifecycle: String,
    /// How many requests were sent.
    pub requests: usize,
    /// The least number of requests in which all that came about could have been tried.
    pub bound: usize,
    /// How many walks there were.
    pub walks: usize,
    /// How many of them asked several times at once for what may happen once.
    #[serde(skip_serializing_if = "is_none")]
    pub races: usize,
    /// How many of them broke off because a promise was broken.
    pub findings: usize,
    /// How much of it was tried.
    #[serde(flatten)]
    pub extent: Extent,
    /// What was found, made small.
    pub found: Vec<Found>,
}

/// A finding that was made small.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// The name of its scenario.
    pub name: String,
    /// The check that spoke.
    pub check: String,
    /// How many steps the scenario has.
    pub steps: usize,
    /// How many requests it took to make it small.
    pub requests: usize,
    /// How often it failed of three times.
    pub failed: usize,
    /// The scenario.
    #[serde(skip)]
    pub text: String,
}

/// How much was tried.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Extent {
    /// Pairs of state and action.
    pub pairs: Pairs,
    /// What the contract says may follow.
    pub outcomes: Outcomes,
    /// Permitted actions with a value that is refused.
    pub refusals: Covered,
    /// Requests that break one thing each, by what they break.
    pub negatives: BTreeMap<Negative, Sent>,
}

/// How requests of one kind were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// How many were sent.
    pub sent: usize,
    /// How many were refused as they should be.
    pub refused: usize,
    /// How many were not.
    pub accepted: usize,
}

/// Pairs of state and action.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Pairs {
    /// Those that are permitted.
    pub permitted: Covered,
    /// Those that are not.
    pub forbidden: Covered,
}

/// A share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// How many were tried.
    pub covered: usize,
    /// How many there are.
    pub total: usize,
}

/// The outcomes that came about, and the others.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcomes {
    /// How many came about.
    pub taken: usize,
    /// How many the contract declares.
    pub declared: usize,
    /// What did not come about, and why.
    pub out_of_reach: Vec<OutOfReach>,
}

/// Something that did not come about.
#[derive(Debug, Clone, Serialize)]
pub struct OutOfReach {
    /// What, as coverage names it.
    pub item: String,
    /// Why.
    pub reason: String,
}

/// Whether there were none.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Covered {
    fn add(&mut self, covered: bool) {
        self.covered += usize::from(covered);
        self.total += 1;
    }

    fn plus(self, other: Self) -> Self {
        Self { covered: self.covered + other.covered, total: self.total + other.total }
    }
}

impl Extent {
    fn dimension(&self, name: &str) -> Covered {
        match name {
            "permitted" => self.pairs.permitted,
            "forbidden" => self.pairs.forbidden,
            "outcomes" => Covered { covered: self.outcomes.taken, total: self.outcomes.declared },
            _ => self.refusals,
        }
    }

    /// The thresholds, in per cent, that are not reached, each in a sentence.
    pub fn shortfalls(&self, least: &[(&str, f64)]) -> Vec<String> {
        let below = least.iter().filter_map(|(name, least)| {
            let Covered { covered, total } = self.dimension(name);
            let share = if total == 0 { 100.0 } else { 100.0 * covered as f64 / total as f64 };
            let said = || format!("exploring covered {covered} of {total} {name}, and must cover at least {least} %");
            (share < *least).then(said)
        });
        below.collect()
    }

    fn plus(mut self, other: &Self) -> Self {
        self.pairs.permitted = self.pairs.permitted.plus(other.pairs.permitted);
        self.pairs.forbidden = self.pairs.forbidden.plus(other.pairs.forbidden);
        self.refusals = self.refusals.plus(other.refusals);
        self.outcomes.taken += other.outcomes.taken;
        self.outcomes.declared += other.outcomes.declared;
        for (class, sent) in &other.negatives {
            let all = self.negatives.entry(*class).or_default();
            all.sent += sent.sent;
            all.refused += sent.refused;
            all.accepted += sent.accepted;
        }
        self.outcomes.out_of_reach.extend(other.outcomes.out_of_reach.iter().cloned());
        self
    }
}

impl LifecycleAccount {
    pub(super) fn new(lifecycle: &str) -> Self {
        Self { lifecycle: lifecycle.to_owned(), ..Self::default() }
    }

    /// Counts a walk.
    pub(super) fn count(&mut self, walk: &Walk<'_>, record: &ScenarioRecord) {
        for (step, ran) in walk.steps.iter().zip(&record.steps) {
            let Some(Item::Negative(.., class)) = step.item else { continue };
            let (held, violated) = (ran.outcome == StepOutcome::Held, ran.outcome == StepOutcome::Violated);
            let sent = self.extent.negatives.entry(class).or_default();
            sent.sent += usize::from(held || violated);
            sent.refused += usize::from(held);
            sent.accepted += usize::from(violated);
        }
        self.walks += 1;
        self.requests += record.exchanges.len();
        self.findings += usize::from(record.verdict == Verdict::Failed);
    }

    /// Says how much of the machine was tried.
    pub(super) fn close(&mut self, survey: &Survey<'_>, meter: &Meter<'_>) {
        self.bound = bound(survey);
        let Extent { pairs, outcomes, refusals, .. } = &mut self.extent;
        for item in survey.machine.items() {
            let name = item.name(&self.lifecycle);
            let came_about = meter.has(&name) || survey.has_reached(item);
            match item {
                Item::Forbidden(..) => pairs.forbidden.add(came_about),
                Item::Refused(state, action) => {
                    pairs.permitted.add(meter.has(&names::action(&self.lifecycle, state, action)));
                    refusals.add(came_about);
                }
                Item::Negative(..) | Item::Race(..) => {}
                _ if came_about => (outcomes.taken, outcomes.declared) = (outcomes.taken + 1, outcomes.declared + 1),
                _ => {
                    outcomes.declared += 1;
                    let reason = survey.why_not(item).to_owned();
                    outcomes.out_of_reach.push(OutOfReach { item: name, reason });
                }
            }
        }
    }
}

impl Account {
    pub(super) fn of(lifecycles: Vec<LifecycleAccount>, seconds: f64) -> Self {
        let all = lifecycles.iter().fold(Extent::default(), |all, one| all.plus(&one.extent));
        let sum = |count: fn(&LifecycleAccount) -> usize| lifecycles.iter().map(count).sum();
        let (requests, bound, findings) = (sum(|one| one.requests), sum(|one| one.bound), sum(|one| one.findings));
        Self { requests, bound, seconds, all, findings, scenarios_written: Vec::new(), lifecycles }
    }
}
