//! Plans walks: in each state first what stays there, then what leads on, then the way to the nearest state where something
//! is left; whatever yields most comes first, so that a tour can be stopped at any time.
//!
//! Pure: it knows what has been tried and what came of it, and says what to try next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::inputs::{Input, Inputs, Nudge};
use super::machine::{Item, Machine};
use super::negatives::Negative;
use crate::contract::Contract;

/// How often something is tried that does not come about.
const TRIES: u8 = 2;
/// How many refusals are sent to see what they lead to; the second time more.
const REFUSALS: [usize; 2] = [3, 10];

/// What is left to try of a machine, and what became of the rest.
#[derive(Debug)]
pub(crate) struct Survey<'c> {
    pub(crate) machine: Machine<'c>,
    open: BTreeSet<Item<'c>>,
    /// The requests that break one thing each.
    negatives: BTreeMap<Item<'c>, Input>,
    tries: BTreeMap<Item<'c>, u8>,
    reached: BTreeSet<Item<'c>>,
    /// What is not tried any more, and why.
    given_up: BTreeMap<Item<'c>, String>,
    /// Where a promise was broken: nothing is walked over it again.
    broken: BTreeSet<Item<'c>>,
}

/// A walk: the life of one resource.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'c> {
    pub(crate) machine: Machine<'c>,
    /// The states that it goes through.
    pub(crate) path: Vec<&'c str>,
    pub(crate) steps: Vec<WalkStep<'c>>,
}

/// One step of a walk.
#[derive(Debug, Clone)]
pub(crate) struct WalkStep<'c> {
    /// What it tries.
    pub(crate) item: Option<Item<'c>>,
    pub(crate) does: Does,
    /// What must come of it.
    pub(crate) expects: Expects<'c>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Sends a request that is not about the resource.
    Prepare(Input),
    /// Begins the resource.
    Begin(Input),
    /// Acts on it.
    Act(Input),
    /// Looks at it.
    Read,
    /// Has something happen beside requests.
    Nudge(Nudge),
}

/// What must come of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects<'c> {
    /// Nothing beyond the contract.
    Anything,
    /// It is accepted, and this is the state.
    State(&'c str),
    /// It is refused.
    Refusal,
    /// It is refused, for what it breaks.
    RefusalOf(Negative),
}

impl<'c> Survey<'c> {
    /// Everything is left, except for what no request is known.
    pub(crate) fn new(machine: Machine<'c>, inputs: &Inputs, contract: &Contract) -> Self {
        let (mut open, without): (BTreeSet<_>, BTreeSet<_>) =
            machine.items().into_iter().partition(|item| is_possible(*item, inputs));
        let negatives = negatives(machine, inputs, contract);
        open.extend(negatives.keys().copied());
        let why = |item: Item<'c>| (item, "no request is known that would bring it about".to_owned());
        let given_up = without.into_iter().map(why).collect();
        let (tries, reached, broken) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { machine, open, negatives, tries, reached, given_up, broken }
    }

    /// What is left to try.
    pub(crate) fn open(&self) -> impl Iterator<Item = Item<'c>> {
        self.open.iter().copied()
    }

    fn is_new(&self, item: Option<Item<'c>>) -> bool {
        item.is_some_and(|item| item.is_outcome() && self.open.contains(&item))
    }

    pub(crate) fn left(&self) -> usize {
        self.open.len()
    }

    /// Notes that something came about.
    pub(crate) fn reached(&mut self, item: Item<'c>) {
        self.open.remove(&item);
        self.given_up.remove(&item);
        self.reached.insert(item);
    }

    pub(crate) fn has_reached(&self, item: Item<'c>) -> bool {
        self.reached.contains(&item)
    }

    /// Why something did not come about.
    pub(crate) fn why_not(&self, item: Item<'c>) -> &str {
        match self.given_up.get(&item) {
            Some(why) => why,
            None if self.broken.contains(&item) => "a promise was broken when it was tried",
            None => "no way led there",
        }
    }

    /// Notes that something was tried; after some tries nobody expects it any more.
    pub(crate) fn tried(&mut self, item: Item<'c>, why: impl FnOnce() -> String) {
        if !self.open.contains(&item) {
            return;
        }
        let tries = self.tries.entry(item).or_default();
        *tries += 1;
        if *tries >= TRIES && self.open.remove(&item) {
            self.given_up.insert(item, why());
        }
    }

    /// Gives up all that is left.
    pub(crate) fn give_up(&mut self, why: &str) {
        let left = std::mem::take(&mut self.open);
        self.given_up.extend(left.into_iter().map(|item| (item, why.to_owned())));
    }

    /// Notes that a promise was broken when this was tried.
    pub(crate) fn broke(&mut self, item: Item<'c>) {
        self.open.remove(&item);
        self.broken.insert(item);
    }

    fn tries(&self, item: Item<'c>) -> usize {
        usize::from(self.tries.get(&item).copied().unwrap_or_default())
    }

    /// What is left that is tried in a state and stays there.
    fn staying(&self, state: &str) -> impl Iterator<Item = Item<'c>> {
        self.open.iter().copied().filter(move |item| item.at() == Some(state) && !item.is_outcome())
    }

    /// What is left that leads on from a state.
    fn leaving(&self, state: &str) -> impl Iterator<Item = Item<'c>> {
        self.open.iter().copied().filter(move |item| item.at() == Some(state) && item.is_outcome())
    }

    /// How much there is to gain in a state.
    fn gain(&self, state: &str) -> usize {
        self.staying(state).count() + self.leaving(state).count()
    }

    /// The next walk, of no more than so many requests; `None` when nothing is left that can be reached.
    pub(crate) fn plan(&self, inputs: &Inputs, most: usize, planning: Planning) -> Option<Walk<'c>> {
        let begin = self.best_begin(inputs)?;
        let (done, saved) = (BTreeSet::new(), BTreeSet::new());
        let walk = Walk::new(self.machine);
        let mut planner = Planner { survey: self, inputs, most, dials: planning, done, saved, walk };
        planner.begin(begin)?;
        planner.go_on();
        planner.walk.cut_off(most);
        Some(planner.walk)
    }

    /// One long life: all that keeps the resource going, twice over.
    pub(crate) fn endurance(&self, inputs: &Inputs, most: usize) -> Option<Walk<'c>> {
        let begin = self.best_begin(inputs)?;
        let (done, saved) = (BTreeSet::new(), BTreeSet::new());
        let walk = Walk::new(self.machine);
        let mut planner = Planner { survey: self, inputs, most, dials: Planning::Endurance, done, saved, walk };
        planner.begin(begin)?;
        planner.go_on();
        planner.done.clear();
        planner.go_on();
        planner.walk.cut_off(most);
        Some(planner.walk)
    }

    /// The shortest walk to a state.
    pub(crate) fn way_to(&self, state: &'c str, inputs: &Inputs) -> Option<Walk<'c>> {
        let begins = self.machine.outcomes().into_iter().filter(|item| {
            matches!(item, Item::Begins(..)) && is_possible(*item, inputs) && !self.broken.contains(item)
        });
        let ways =
            begins.filter_map(|begin| Some((begin, self.shortest(begin.leads_to()?, inputs, |to| to == state)?)));
        let (begin, way) = ways.min_by_key(|(_, way)| way.len())?;
        let (done, saved) = (BTreeSet::new(), BTreeSet::new());
        let walk = Walk::new(self.machine);
        let mut planner = Planner { survey: self, inputs, most: usize::MAX, dials: Planning::Pairs, done, saved, walk };
        planner.begin(begin)?;
        way.into_iter().all(|item| planner.lead_on(item)).then_some(planner.walk)
    }

    /// The shortest way from a state to one that is looked for.
    fn shortest(&self, from: &'c str, inputs: &Inputs, found: impl Fn(&str) -> bool) -> Option<Vec<Item<'c>>> {
        let mut seen = BTreeSet::from([from]);
        let mut queue = VecDeque::from([(from, Vec::new())]);
        while let Some((state, way)) = queue.pop_front() {
            if found(state) {
                return Some(way);
            }
            for item in self.machine.leaving(state).into_iter().filter(|item| self.can_walk(*item, inputs)) {
                let Some(to) = item.leads_to().filter(|to| seen.insert(to)) else { continue };
                queue.push_back((to, [way.as_slice(), &[item]].concat()));
            }
        }
        None
    }

    /// The way to begin from which something is left at the least distance; of those the one with most to gain.
    fn best_begin(&self, inputs: &Inputs) -> Option<Item<'c>> {
        let possible = self.machine.outcomes().into_iter().filter(|item| {
            matches!(item, Item::Begins(..)) && is_possible(*item, inputs) && !self.broken.contains(item)
        });
        let scored = possible.filter(|item| !self.given_up.contains_key(item)).filter_map(|item| {
            let to = item.leads_to()?;
            let fresh = self.open.contains(&item);
            let distance = if fresh || self.gain(to) > 0 { 0 } else { self.way(to, inputs, &BTreeSet::new())?.len() };
            Some((item, (distance, !fresh, std::cmp::Reverse(self.gain(to)))))
        });
        scored.min_by_key(|(_, score)| *score).map(|(item, _)| item)
    }

    /// The shortest way from a state to one where something is left that has not been done.
    fn way(&self, from: &'c str, inputs: &Inputs, done: &BTreeSet<Item<'c>>) -> Option<Vec<Item<'c>>> {
        let left = |state: &str| self.staying(state).chain(self.leaving(state)).any(|item| !done.contains(&item));
        self.shortest(from, inputs, |state| state != from && left(state))
    }

    fn can_walk(&self, item: Item<'c>, inputs: &Inputs) -> bool {
        let leads = matches!(item, Item::Accepted(..) | Item::Elapses(..));
        leads && is_possible(item, inputs) && !self.broken.contains(&item) && !self.given_up.contains_key(&item)
    }
}

/// Whether a request is known by which something can be tried.
fn is_possible(item: Item<'_>, inputs: &Inputs) -> bool {
    let sendable = |input: &Input| input.needs.iter().all(|name| inputs.saver(name).is_some());
    match item {
        Item::Begins(by, to) | Item::Accepted(_, by, to) => inputs.accepted(by, to).is_some_and(sendable),
        Item::Rejected(_, by, _) | Item::Refused(_, by) => inputs.refused(by).is_some_and(sendable),
        Item::Forbidden(_, by) => inputs.out_of_turn(by).is_some_and(sendable),
        Item::Elapses(..) | Item::Negative(..) => true,
    }
}

/// What breaks one thing, one for each state and each action that is permitted there; looking is always permitted.
fn negatives<'c>(machine: Machine<'c>, inputs: &Inputs, contract: &Contract) -> BTreeMap<Item<'c>, Input> {
    let mut actions = machine.actions();
    let read = machine.lifecycle.read.as_str();
    actions.push(read);
    let looks = Input { operation: read.to_owned(), ..Input::default() };
    let mut negatives = BTreeMap::new();
    for (row, state) in machine.lifecycle.states.keys().enumerate() {
        for (column, action) in actions.iter().copied().enumerate() {
            let permitted = action == read || machine.permits(state, action);
            let right = if action == read { Some(&looks) } else { inputs.out_of_turn(action) };
            let Some((right, operation)) = right.zip(contract.operation(action)).filter(|_| permitted) else {
                continue;
            };
            if let Some((class, broken)) = Negative::for_pair((row, column), right, operation, contract) {
                negatives.insert(Item::Negative(state, action, class), broken);
            }
        }
    }
    negatives
}

impl<'c> WalkStep<'c> {
    /// A request that saves something.
    pub(crate) fn preparing(input: &Input) -> Self {
        Self { item: None, does: Does::Prepare(input.clone()), expects: Expects::Anything }
    }

    fn input(&self) -> Option<&Input> {
        match &self.does {
            Does::Prepare(input) | Does::Begin(input) | Does::Act(input) => Some(input),
            Does::Read | Does::Nudge(_) => None,
        }
    }

    /// The names that it saves.
    pub(crate) fn saves(&self) -> impl Iterator<Item = String> + use<> {
        self.input().map(|input| input.saves.keys().cloned().collect::<Vec<_>>()).unwrap_or_default().into_iter()
    }

    /// The names that it needs to be saved.
    pub(crate) fn all_needs(&self) -> Vec<String> {
        self.input().map(|input| input.needs.iter().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn needs(&self, name: &String) -> bool {
        self.input().is_some_and(|input| input.needs.contains(name))
    }
}

impl<'c> Walk<'c> {
    fn new(machine: Machine<'c>) -> Self {
        Self { machine, path: Vec::new(), steps: Vec::new() }
    }

    /// The walk that takes these steps.
    pub(crate) fn of(machine: Machine<'c>, steps: Vec<WalkStep<'c>>) -> Self {
        let leads = |item: &Item<'c>| matches!(item, Item::Begins(..) | Item::Accepted(..) | Item::Elapses(..));
        let path = steps.iter().filter_map(|step| step.item.filter(leads)?.leads_to()).collect();
        Self { machine, path, steps }
    }

    /// Leaves out what would be more than so many requests.
    fn cut_off(&mut self, most: usize) {
        let mut requests = 0;
        let fits = |step: &WalkStep<'_>| {
            requests += usize::from(!matches!(step.does, Does::Nudge(_)));
            requests <= most
        };
        let kept = self.steps.iter().map(fits).take_while(|fits| *fits).count();
        self.steps.truncate(kept);
    }

    /// How many requests it sends.
    pub(crate) fn requests(&self) -> usize {
        self.steps.iter().filter(|step| !matches!(step.does, Does::Nudge(_))).count()
    }
}

/// How walks are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planning {
    /// Everything once.
    Pairs,
    /// What is not permitted in a state again after each way into it.
    Depth,
    /// Nothing that ends a life.
    Endurance,
}

/// A walk that is being planned.
struct Planner<'p, 'c> {
    survey: &'p Survey<'c>,
    inputs: &'p Inputs,
    most: usize,
    dials: Planning,
    /// What the walk tries.
    done: BTreeSet<Item<'c>>,
    /// The names that it has saved.
    saved: BTreeSet<String>,
    walk: Walk<'c>,
}

impl<'c> Planner<'_, 'c> {
    fn begin(&mut self, item: Item<'c>) -> Option<()> {
        let Item::Begins(by, to) = item else { return None };
        let input = self.inputs.accepted(by, to)?.clone();
        self.prepare(&input);
        // Whoever is sent to a page sees the resource only when it is read.
        let shows = input.led_to.is_empty();
        self.push(Some(item), Does::Begin(input), if shows { Expects::Anything } else { Expects::State(to) });
        if shows {
            self.push(None, Does::Read, Expects::State(to));
        }
        self.walk.path.push(to);
        Some(())
    }

    /// Goes on until nothing is left that is nearer than a new beginning.
    fn go_on(&mut self) {
        while let Some(here) = self.walk.path.last().copied().filter(|_| self.walk.requests() < self.most) {
            self.sweep(here);
            if let Some(next) = self.best_leaving(here) {
                if !self.lead_on(next) {
                    break;
                }
                continue;
            }
            let Some(way) = self.survey.way(here, self.inputs, &self.done) else { break };
            let far = if self.dials == Planning::Endurance { usize::MAX } else { 2 };
            if way.len() > far || !way.into_iter().all(|item| self.lead_on(item)) {
                break;
            }
        }
    }

    /// Tries all that stays in a state, and looks at the resource when that is done.
    fn sweep(&mut self, here: &'c str) {
        let mut left: Vec<Item<'c>> = self.survey.staying(here).filter(|item| !self.done.contains(item)).collect();
        if self.dials == Planning::Depth && self.walk.steps.last().is_some_and(|step| self.survey.is_new(step.item)) {
            let again = self.survey.machine.items().into_iter();
            let again = again.filter(|item| matches!(item, Item::Forbidden(state, _) if *state == here));
            left.extend(again.filter(|item| is_possible(*item, self.inputs)));
            left.sort_unstable();
            left.dedup();
        }
        // What is refused for its value may be counted, so that it comes last.
        left.sort_by_key(|item| matches!(item, Item::Refused(..)));
        for item in &left {
            let (input, expects) = match *item {
                Item::Forbidden(_, action) => (self.inputs.out_of_turn(action), Expects::Refusal),
                Item::Refused(_, action) => (self.inputs.refused(action), Expects::Refusal),
                Item::Negative(.., class) => (self.survey.negatives.get(item), Expects::RefusalOf(class)),
                _ => continue,
            };
            let Some(input) = input.cloned() else { continue };
            self.prepare_once(&input);
            self.push(Some(*item), Does::Act(input), expects);
        }
        if !left.is_empty() {
            let stays = left.iter().filter_map(|item| match *item {
                Item::Refused(state, action) => Some(Item::Rejected(state, action, state)),
                _ => None,
            });
            self.done.extend(stays);
            self.push(None, Does::Read, Expects::State(here));
        }
    }

    /// The outcome with most to gain behind it; what ends the life of the resource comes last.
    fn best_leaving(&self, here: &str) -> Option<Item<'c>> {
        let endures = |item: &Item<'c>| {
            let ends = item.leads_to().is_some_and(|to| self.survey.machine.is_final(to));
            !matches!(item, Item::Rejected(..)) && !ends
        };
        let left = self.survey.leaving(here).filter(|item| !self.done.contains(item));
        let left = left.filter(|item| self.dials != Planning::Endurance || endures(item));
        left.max_by_key(|item| {
            let to = item.leads_to().unwrap_or_default();
            let gain = self.survey.staying(to).chain(self.survey.leaving(to)).filter(|item| !self.done.contains(item));
            let ends = self.survey.machine.is_final(to);
            (!matches!(item, Item::Rejected(..)), !ends, gain.count(), std::cmp::Reverse(*item))
        })
    }

    /// Adds what leads to the next state; false where the life is over.
    fn lead_on(&mut self, item: Item<'c>) -> bool {
        match item {
            Item::Accepted(_, action, to) => {
                let Some(input) = self.inputs.accepted(action, to).cloned() else { return false };
                self.prepare(&input);
                let shows = !input.led_to.is_empty();
                self.push(Some(item), Does::Act(input), if shows { Expects::State(to) } else { Expects::Anything });
                if !shows {
                    self.push(None, Does::Read, Expects::State(to));
                }
                self.walk.path.push(to);
                true
            }
            Item::Elapses(from, to) => {
                self.push(None, Does::Nudge(self.inputs.nudge(from, to)), Expects::Anything);
                self.push(Some(item), Does::Read, Expects::State(to));
                self.walk.path.push(to);
                true
            }
            Item::Rejected(from, action, to) => {
                self.reject(item, (from, action, to));
                false
            }
            Item::Begins(..) | Item::Forbidden(..) | Item::Refused(..) | Item::Negative(..) => false,
        }
    }

    /// Sends a value that is refused so often that it leads somewhere, and looks.
    fn reject(&mut self, item: Item<'c>, (from, action, to): (&'c str, &'c str, &'c str)) {
        let Some(input) = self.inputs.refused(action).cloned() else { return };
        let often = REFUSALS[self.survey.tries(item).min(REFUSALS.len() - 1)];
        for _ in 0..if from == to { 1 } else { often } {
            self.prepare(&input);
            self.push(None, Does::Act(input.clone()), Expects::Anything);
        }
        self.push(Some(item), Does::Read, Expects::Anything);
    }

    /// Sends first what has to be saved first.
    fn prepare(&mut self, input: &Input) {
        for name in &input.needs {
            let Some(saver) = self.inputs.saver(name) else { continue };
            self.push(None, Does::Prepare(saver.clone()), Expects::Anything);
            self.saved.insert(name.clone());
        }
    }

    /// As [`Planner::prepare`], where what was saved earlier will do: it is to be refused anyway.
    fn prepare_once(&mut self, input: &Input) {
        if !input.needs.iter().all(|name| self.saved.contains(name)) {
            self.prepare(input);
        }
    }

    fn push(&mut self, item: Option<Item<'c>>, does: Does, expects: Expects<'c>) {
        self.done.extend(item);
        self.walk.steps.push(WalkStep { item, does, expects });
    }
}
