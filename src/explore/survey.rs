//! What is left to try of a lifecycle, and what became of the rest.
//!
//! Pure: it is told what came of each walk. Deliberately not here: what is tried next ([`super::tour`]).

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::dials::Dials;
use super::input::Input;
use super::inputs::{Inputs, Nudge};
use super::machine::{Item, Machine};
use super::square::negatives;
use crate::base::digest;
use crate::contract::Contract;

/// How often something is tried that does not come about.
const TRIES: u8 = 2;
/// How many refusals are sent to see what they lead to; the second time more.
const REFUSALS: [usize; 2] = [3, 10];
/// Why something is not tried for which there is no request.
const UNKNOWN: &str = "no request is known that would bring it about";
/// Why something is not tried that takes more than reading.
const WRITES: &str = "only requests that read were allowed";

/// Why something is not tried that time alone brings.
const WAITS: &str = "only a stand-in has a clock that can be moved";

/// What is left to try of a machine, and what became of the rest.
#[derive(Debug)]
pub(crate) struct Survey<'c> {
    pub(crate) machine: Machine<'c>,
    pub(crate) inputs: &'c Inputs,
    /// Whether the target goes where a walk wants it to go.
    pub(crate) chooses: bool,
    /// What is left, by the state in which it is tried.
    open: BTreeMap<Option<&'c str>, BTreeSet<Item<'c>>>,
    /// The requests that break one thing each.
    negatives: BTreeMap<Item<'c>, Input>,
    tries: BTreeMap<Item<'c>, u8>,
    reached: BTreeSet<Item<'c>>,
    /// What is not tried any more, and why.
    given_up: BTreeMap<Item<'c>, String>,
    /// Where a promise was broken: nothing is walked over it again.
    broken: BTreeSet<Item<'c>>,
    /// Which comes first where nothing else decides.
    order: HashMap<Item<'c>, usize>,
    /// Steps that followed each other.
    ways: BTreeSet<(Item<'c>, Item<'c>)>,
}

impl<'c> Survey<'c> {
    /// Everything is left, except for what no request is known.
    pub(crate) fn new(machine: Machine<'c>, inputs: &'c Inputs, contract: &Contract, dials: &Dials) -> Self {
        let negatives = negatives(machine, inputs, contract);
        let outcomes = machine.outcomes();
        let stay = machine.items().into_iter().filter(|item| !item.is_outcome());
        let order = order(outcomes.into_iter().chain(stay).chain(negatives.keys().copied()), machine, dials.seed);
        let why_not = |item: Item<'c>| match () {
            () if !is_possible(item, inputs) => Some(UNKNOWN),
            () if !dials.personas && waits(item, inputs) => Some(WAITS),
            () if dials.read_only && !reads(item, machine, inputs, contract) => Some(WRITES),
            () => None,
        };
        let mut open: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut given_up = BTreeMap::new();
        let compared: BTreeSet<Item<'c>> = negatives.keys().filter_map(|item| item.instead_of()).collect();
        for item in order.keys().copied().filter(|item| !compared.contains(item)) {
            match why_not(item) {
                Some(why) => drop(given_up.insert(item, why.to_owned())),
                None => drop(open.entry(item.at()).or_default().insert(item)),
            }
        }
        Self {
            machine,
            inputs,
            chooses: dials.personas,
            open,
            negatives,
            tries: BTreeMap::new(),
            reached: BTreeSet::new(),
            given_up,
            broken: BTreeSet::new(),
            order,
            ways: BTreeSet::new(),
        }
    }

    /// What is left to try.
    pub(crate) fn open(&self) -> impl Iterator<Item = Item<'c>> {
        self.open.values().flatten().copied()
    }

    pub(crate) fn is_open(&self, item: Item<'c>) -> bool {
        self.open.get(&item.at()).is_some_and(|left| left.contains(&item))
    }

    pub(super) fn is_new(&self, item: Option<Item<'c>>) -> bool {
        item.is_some_and(|item| item.is_outcome() && self.is_open(item))
    }

    /// How much is left.
    pub(crate) fn left(&self) -> usize {
        self.open.values().map(BTreeSet::len).sum()
    }

    fn close(&mut self, item: Item<'c>) -> bool {
        self.open.get_mut(&item.at()).is_some_and(|left| left.remove(&item))
    }

    /// Notes that something came about.
    pub(crate) fn reached(&mut self, item: Item<'c>) {
        for item in [Some(item), item.instead_of()].into_iter().flatten() {
            self.close(item);
            self.given_up.remove(&item);
            self.reached.insert(item);
        }
    }

    pub(crate) fn has_reached(&self, item: Item<'c>) -> bool {
        self.reached.contains(&item)
    }

    /// All that came about.
    pub(crate) fn all_reached(&self) -> impl Iterator<Item = Item<'c>> {
        self.reached.iter().copied()
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
        if !self.is_open(item) {
            return;
        }
        let tries = self.tries.entry(item).or_default();
        *tries += 1;
        if *tries >= TRIES && self.close(item) {
            self.given_up.insert(item, why());
        }
    }

    /// Notes that a walk could not be sent at all, which would be so the next time, too.
    pub(crate) fn skipped(&mut self, items: impl Iterator<Item = Item<'c>>, why: &str) {
        for item in items.collect::<Vec<_>>() {
            if self.close(item) {
                self.given_up.insert(item, why.to_owned());
            }
        }
    }

    /// Gives up all that is left.
    pub(crate) fn give_up(&mut self, why: &str) {
        let left = std::mem::take(&mut self.open);
        self.given_up.extend(left.into_values().flatten().map(|item| (item, why.to_owned())));
    }

    /// Notes that a promise was broken when this was tried.
    pub(crate) fn broke(&mut self, item: Item<'c>) {
        self.close(item);
        self.broken.insert(item);
    }

    /// How many refusals are sent to see what they lead to.
    pub(super) fn refusals(&self, item: Item<'c>) -> usize {
        let tries = usize::from(self.tries.get(&item).copied().unwrap_or_default());
        REFUSALS[tries.min(REFUSALS.len() - 1)]
    }

    /// Notes which steps of a walk followed each other, and says how many had not before.
    pub(crate) fn went(&mut self, steps: &[Item<'c>]) -> usize {
        let before = self.ways.len();
        self.ways.extend(steps.windows(2).map(|pair| (pair[0], pair[1])));
        self.ways.len() - before
    }

    /// Whether one step has followed another.
    pub(super) fn has_gone(&self, first: Item<'c>, then: Item<'c>) -> bool {
        self.ways.contains(&(first, then))
    }

    /// Where something stands where nothing else decides: by the seed.
    pub(super) fn rank(&self, item: Item<'c>) -> usize {
        self.order.get(&item).copied().unwrap_or(usize::MAX)
    }

    /// The request that breaks one thing.
    pub(super) fn negative(&self, item: Item<'c>) -> Option<&Input> {
        self.negatives.get(&item)
    }

    fn at(&self, state: &'c str) -> impl Iterator<Item = Item<'c>> {
        self.open.get(&Some(state)).into_iter().flatten().copied()
    }

    /// What is left that is tried in a state and stays there.
    pub(super) fn staying(&self, state: &'c str) -> impl Iterator<Item = Item<'c>> {
        self.at(state).filter(|item| !item.is_outcome())
    }

    /// What is left that leads on from a state.
    pub(super) fn leaving(&self, state: &'c str) -> impl Iterator<Item = Item<'c>> {
        self.at(state).filter(|item| item.is_outcome())
    }

    /// How much there is to gain in a state.
    fn gain(&self, state: &'c str) -> usize {
        self.at(state).count()
    }

    /// The shortest way from a state to one that is looked for.
    pub(super) fn shortest(&self, from: &'c str, found: impl Fn(&'c str) -> bool) -> Option<Vec<Item<'c>>> {
        let mut seen = BTreeSet::from([from]);
        let mut queue = VecDeque::from([(from, Vec::new())]);
        while let Some((state, way)) = queue.pop_front() {
            if found(state) {
                return Some(way);
            }
            for item in self.machine.leaving(state).into_iter().filter(|item| self.can_walk(*item)) {
                let Some(to) = item.leads_to().filter(|to| seen.insert(to)) else { continue };
                queue.push_back((to, [way.as_slice(), &[item]].concat()));
            }
        }
        None
    }

    /// The ways to begin that are known to work.
    pub(super) fn begins(&self) -> impl Iterator<Item = Item<'c>> {
        self.machine.begins().filter(|item| is_possible(*item, self.inputs) && !self.broken.contains(item))
    }

    /// The way to begin from which something is left at the least distance; of those the one with most to gain.
    pub(super) fn best_begin(&self) -> Option<Item<'c>> {
        let possible = self.begins().filter(|item| !self.given_up.contains_key(item));
        let scored = possible.filter_map(|item| {
            let to = item.leads_to()?;
            let fresh = self.is_open(item);
            let distance = if fresh || self.gain(to) > 0 { 0 } else { self.way(to, &BTreeSet::new())?.len() };
            Some((item, (distance, !fresh, std::cmp::Reverse(self.gain(to)), self.rank(item))))
        });
        scored.min_by_key(|(_, score)| *score).map(|(item, _)| item)
    }

    /// The shortest way from a state to one where something is left that has not been done.
    pub(super) fn way(&self, from: &'c str, done: &BTreeSet<Item<'c>>) -> Option<Vec<Item<'c>>> {
        let left = |state: &'c str| self.at(state).any(|item| !done.contains(&item));
        self.shortest(from, |state| state != from && left(state))
    }

    /// What can be walked over from a state.
    pub(super) fn walkable(&self, state: &'c str) -> impl Iterator<Item = Item<'c>> {
        self.machine.leaving(state).into_iter().filter(|item| self.can_walk(*item))
    }

    fn can_walk(&self, item: Item<'c>) -> bool {
        let leads = matches!(item, Item::Accepted(..) | Item::Elapses(..));
        leads && is_possible(item, self.inputs) && !self.broken.contains(&item) && !self.given_up.contains_key(&item)
    }

    /// Whether a request that is accepted can only lead there: the target was asked for it, nothing else is declared, or it has
    /// always been so.
    pub(super) fn is_sure(&self, item: Item<'c>) -> bool {
        match item {
            Item::Begins(by, to) | Item::Accepted(_, by, to) => {
                let input = self.inputs.accepted(by, to);
                let works = input.is_some_and(|input| !input.is_guess) || self.reached.contains(&item);
                let only = self.chooses || self.machine.is_only(item);
                works && (only || input.is_some_and(|input| input.leads_only_to(to)))
            }
            Item::Elapses(from, to) => self.chooses || self.inputs.has_seen(from, to),
            _ => self.chooses,
        }
    }
}

/// Whether a request is known by which something can be tried.
pub(super) fn is_possible(item: Item<'_>, inputs: &Inputs) -> bool {
    let sendable = |input: &Input| input.needs.iter().all(|name| inputs.saver(name).is_some());
    match item {
        Item::Begins(by, to) | Item::Accepted(_, by, to) => inputs.accepted(by, to).is_some_and(sendable),
        Item::Rejected(_, by, _) | Item::Refused(_, by) => inputs.refused(by).is_some_and(sendable),
        Item::Forbidden(_, by) => inputs.out_of_turn(by).is_some_and(sendable),
        Item::Elapses(..) | Item::Negative(..) => true,
        Item::Race(_, by, to) => inputs.accepted(by, to).is_some(),
    }
}

/// Whether something takes nothing but time.
fn waits(item: Item<'_>, inputs: &Inputs) -> bool {
    matches!(item, Item::Elapses(from, to) if matches!(inputs.nudge(from, to), Nudge::Advance(_)))
}

/// Whether trying something takes requests of safe methods only (RFC 9110, 9.2.1).
fn reads(item: Item<'_>, machine: Machine<'_>, inputs: &Inputs, contract: &Contract) -> bool {
    let safe = |name: &str| {
        contract.operation(name).is_some_and(|operation| matches!(operation.method.as_str(), "GET" | "HEAD"))
    };
    let needs = |input: &Input| input.needs.iter().all(|name| inputs.saver(name).is_some_and(|by| safe(&by.operation)));
    match item {
        Item::Begins(by, to) => safe(by) && inputs.accepted(by, to).is_some_and(needs),
        Item::Negative(_, action, _) => action == machine.lifecycle.read,
        Item::Elapses(..) => true,
        _ => false,
    }
}

/// The order of everything that there is to try: that of the contract, and with a seed another one.
fn order<'c>(items: impl Iterator<Item = Item<'c>>, machine: Machine<'c>, seed: u64) -> HashMap<Item<'c>, usize> {
    let mut items: Vec<Item<'c>> = items.collect();
    if seed != 0 {
        let name = |item: &Item<'c>| digest::short(format!("{seed} {}", item.name(&machine.lifecycle.name)), 8);
        items.sort_by_cached_key(name);
    }
    items.into_iter().enumerate().map(|(at, item)| (item, at)).collect()
}
