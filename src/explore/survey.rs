//! What is left to try of a lifecycle, and what became of the rest.
//!
//! Pure: it is told what came of each walk. Deliberately not here: what is tried next ([`super::tour`]).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::dials::Dials;
use super::input::{Cast, Input};
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
    /// Of whom the target has fewer than walks wanted, and for what they will do.
    scarce: BTreeMap<Cast, Scarce>,
}

/// How few users and applications there are like those that a walk wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scarce {
    /// None is left that may be changed or locked.
    Spared,
    /// There is none at all.
    Absent,
}

impl<'c> Survey<'c> {
    /// Everything is left, except for what no request is known.
    pub(crate) fn new(machine: Machine<'c>, inputs: &'c Inputs, contract: &Contract, dials: &Dials) -> Self {
        let negatives = negatives(machine, inputs, contract);
        let outcomes = machine.outcomes();
        let stay = machine.items().into_iter().filter(|item| !item.is_outcome());
        let order = order(outcomes.into_iter().chain(stay).chain(negatives.keys().copied()), machine, dials.seed);
        let why_not = |item: Item<'c>| match () {
            () if !is_possible(item, machine, inputs) => Some(UNKNOWN),
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
            scarce: BTreeMap::new(),
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
            None if !self.scarce.is_empty() => "the target has nobody left who could be led there",
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

    /// Notes that a walk could not be sent at all, which would be so the next time, too. Where others could walk it, less is
    /// asked of those whom it was about.
    pub(crate) fn skipped(&mut self, cast: &Cast, items: impl Iterator<Item = Item<'c>>, why: &str) {
        if self.inputs.has_casts() {
            let scarce = if self.scarce.contains_key(cast) { Scarce::Absent } else { Scarce::Spared };
            self.scarce.insert(cast.clone(), scarce);
            return;
        }
        for item in items.collect::<Vec<_>>() {
            if self.close(item) {
                self.given_up.insert(item, why.to_owned());
            }
        }
    }

    /// Notes that a walk brought nothing new. Where others are left to walk, nobody like those whom it was about is asked again;
    /// says whether that is so.
    pub(crate) fn in_vain(&mut self, cast: &Cast) -> bool {
        self.inputs.has_casts() && self.scarce.insert(cast.clone(), Scarce::Absent) != Some(Scarce::Absent)
    }

    /// How much less is asked of users and applications than at first.
    pub(crate) fn scarcity(&self) -> usize {
        self.scarce.values().map(|scarce| if *scarce == Scarce::Absent { 2 } else { 1 }).sum()
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

    /// Whether the first value that came to mind led somewhere by being refused again and again.
    pub(super) fn adds_up(&self, item: Item<'c>) -> bool {
        self.has_reached(item) && !self.was_tried(item)
    }

    /// Whether something was tried in vain.
    pub(super) fn was_tried(&self, item: Item<'c>) -> bool {
        self.tries.contains_key(&item)
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

    /// The request by which somebody brings an outcome about.
    pub(super) fn request(&self, item: Item<'c>, cast: &Cast) -> Option<&'c Input> {
        self.inputs.request(self.machine, item, cast)
    }

    /// Whether somebody can try something, and may.
    fn may(&self, item: Item<'c>, cast: &Cast) -> bool {
        let allowed = match self.scarce.get(cast) {
            None => true,
            Some(Scarce::Spared) => !uses_up(item, self.machine),
            Some(Scarce::Absent) => false,
        };
        allowed && is_possible_for(item, cast, self.machine, self.inputs)
    }

    fn at(&self, state: &'c str, cast: &Cast) -> impl Iterator<Item = Item<'c>> {
        let all = self.open.get(&Some(state)).into_iter().flatten().copied();
        all.filter(|item| !self.inputs.has_casts() || self.may(*item, cast))
    }

    /// What is left for somebody that is tried in a state and stays there.
    pub(super) fn staying(&self, state: &'c str, cast: &Cast) -> impl Iterator<Item = Item<'c>> {
        self.at(state, cast).filter(|item| !item.is_outcome())
    }

    /// What is left for somebody that leads on from a state.
    pub(super) fn leaving(&self, state: &'c str, cast: &Cast) -> impl Iterator<Item = Item<'c>> {
        self.at(state, cast).filter(|item| item.is_outcome())
    }

    /// How much there is to gain in a state.
    fn gain(&self, state: &'c str, cast: &Cast) -> usize {
        self.at(state, cast).count()
    }

    /// The shortest way of somebody from a state to one that is looked for.
    pub(super) fn shortest(
        &self,
        from: &'c str,
        cast: &Cast,
        found: impl Fn(&'c str) -> bool,
    ) -> Option<Vec<Item<'c>>> {
        let mut seen = BTreeSet::from([from]);
        let mut queue = VecDeque::from([(from, Vec::new())]);
        while let Some((state, way)) = queue.pop_front() {
            if found(state) {
                return Some(way);
            }
            for item in self.machine.leaving(state).into_iter().filter(|item| self.can_walk(*item, cast)) {
                let Some(to) = item.leads_to().filter(|to| seen.insert(to)) else { continue };
                queue.push_back((to, [way.as_slice(), &[item]].concat()));
            }
        }
        None
    }

    /// The ways to begin that are known to work for somebody.
    pub(super) fn begins(&self, cast: &Cast) -> impl Iterator<Item = Item<'c>> {
        self.machine.begins().filter(|item| self.may(*item, cast) && !self.broken.contains(item))
    }

    /// The way to begin, and for whom, from which something is left at the least distance; of those the one with most to gain.
    pub(super) fn best_begin(&self) -> Option<(Item<'c>, &'c Cast)> {
        let all = self.inputs.casts().flat_map(|cast| self.begins(cast).map(move |item| (item, cast)));
        let possible = all.filter(|(item, _)| !self.given_up.contains_key(item));
        let scored = possible.filter_map(|(item, cast)| Some(((item, cast), self.score(item, cast)?)));
        scored.min_by_key(|(_, score)| *score).map(|(begin, _)| begin)
    }

    /// How good it is to begin so; less is better. `None` where nothing is left in reach.
    fn score(&self, item: Item<'c>, cast: &Cast) -> Option<(usize, bool, Reverse<usize>, usize)> {
        let to = item.leads_to()?;
        let (fresh, gain) = (self.is_open(item), self.gain(to, cast));
        let distance = if fresh || gain > 0 { 0 } else { self.way(to, cast, &BTreeSet::new())?.len() };
        Some((distance, !fresh, Reverse(gain), self.rank(item)))
    }

    /// The shortest way from a state to one where something is left for somebody that has not been done.
    pub(super) fn way(&self, from: &'c str, cast: &Cast, done: &BTreeSet<Item<'c>>) -> Option<Vec<Item<'c>>> {
        let left = |state: &'c str| self.at(state, cast).any(|item| !done.contains(&item));
        self.shortest(from, cast, |state| state != from && left(state))
    }

    /// What somebody can walk over from a state.
    pub(super) fn walkable(&self, state: &'c str, cast: &Cast) -> impl Iterator<Item = Item<'c>> {
        self.machine.leaving(state).into_iter().filter(|item| self.can_walk(*item, cast))
    }

    fn can_walk(&self, item: Item<'c>, cast: &Cast) -> bool {
        let leads = matches!(item, Item::Accepted(..) | Item::Elapses(..));
        leads && self.may(item, cast) && !self.broken.contains(&item) && !self.given_up.contains_key(&item)
    }

    /// Whether a request that is accepted can only lead there: the target was asked for it, nothing else is declared, or it has
    /// always been so.
    pub(super) fn is_sure(&self, item: Item<'c>, cast: &Cast) -> bool {
        match item {
            Item::Begins(_, to) | Item::Accepted(_, _, to) => {
                let input = self.request(item, cast);
                let works = input.is_some_and(|input| !input.is_guess) || self.reached.contains(&item);
                let only = self.chooses || self.machine.is_only(item);
                let always = |input: &Input| input.leads_only_to(to) || input.has_only_led(cast, item.at(), to);
                works && (only || input.is_some_and(always))
            }
            Item::Elapses(from, to) => self.chooses || self.inputs.has_seen(from, to, cast),
            _ => self.chooses,
        }
    }
}

/// Whether a request is known by which somebody can try something.
pub(super) fn is_possible(item: Item<'_>, machine: Machine<'_>, inputs: &Inputs) -> bool {
    inputs.casts().any(|cast| is_possible_for(item, cast, machine, inputs))
}

fn is_possible_for(item: Item<'_>, cast: &Cast, machine: Machine<'_>, inputs: &Inputs) -> bool {
    let sendable = |input: &Input| input.needs.iter().all(|name| inputs.saver(name, cast).is_some());
    match item {
        Item::Begins(..) | Item::Accepted(..) => inputs.request(machine, item, cast).is_some_and(sendable),
        Item::Rejected(_, by, _) | Item::Refused(_, by) => inputs.refused(by, cast).is_some_and(sendable),
        Item::Forbidden(_, by) => inputs.out_of_turn(by, cast).is_some_and(|input| sendable(&input)),
        Item::Elapses(from, to) => !inputs.has_casts() || inputs.has_seen(from, to, cast),
        Item::Negative(..) => true,
        Item::Race(from, by, to) => inputs.request(machine, Item::Accepted(from, by, to), cast).is_some(),
    }
}

/// Whether users are not the same after this: changed for good, or locked.
fn uses_up(item: Item<'_>, machine: Machine<'_>) -> bool {
    let lifecycle = machine.lifecycle;
    match item {
        Item::Begins(by, _) | Item::Accepted(_, by, _) => {
            lifecycle.lasting.contains_key(by) || lifecycle.adds.iter().any(|adding| adding == by)
        }
        Item::Rejected(from, _, to) => from != to,
        _ => false,
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
    let read_by = |cast: &Cast, input: &Input| {
        input.needs.iter().all(|name| inputs.saver(name, cast).is_some_and(|by| safe(&by.operation)))
    };
    let begun = |cast: &Cast| inputs.request(machine, item, cast).is_some_and(|input| read_by(cast, input));
    match item {
        Item::Begins(by, _) => safe(by) && inputs.casts().any(begun),
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
