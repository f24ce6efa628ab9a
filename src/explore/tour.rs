//! Plans walks: in each state first what stays there, then what leads on, then the way to the nearest state where something
//! is left; whatever yields most comes first, so that a tour can be stopped at any time.
//!
//! Pure: it knows what has been tried and what came of it ([`super::survey`]), and says what to try next.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::dials::Planning;
use super::input::{Cast, Input};
use super::machine::Item;
use super::survey::{Survey, is_possible};
use super::walk::{Does, Expects, Walk, WalkStep};

/// So many steps lie at the most between one thing that is tried and the next; beyond that a new beginning is nearer.
const FAR: usize = 2;
/// So many requests are one walk at the most where pairs of steps are wanted, of which there are thousands.
const LONG: usize = 400;

impl<'c> Survey<'c> {
    /// The next walk, of no more than so many requests; `None` when nothing is left that can be reached.
    pub(crate) fn plan(&self, most: usize, planning: Planning) -> Option<Walk<'c>> {
        let (begin, cast) = self.best_begin().or_else(|| self.any_begin(planning))?;
        let mut planner = Planner::new(self, cast, most, planning);
        planner.begin(begin)?;
        planner.go_on();
        planner.walk.cut_off(most);
        Some(planner.walk)
    }

    /// One long life: all that keeps the resource going, twice over.
    pub(crate) fn endurance(&self, most: usize) -> Option<Walk<'c>> {
        let (begin, cast) = self.best_begin()?;
        let mut planner = Planner::new(self, cast, most, Planning::Endurance);
        planner.begin(begin)?;
        planner.go_on();
        planner.done.clear();
        planner.go_on();
        planner.walk.cut_off(most);
        Some(planner.walk)
    }

    /// The shortest walk of somebody to a state.
    pub(crate) fn way_to(&self, state: &'c str, cast: &Cast) -> Option<Walk<'c>> {
        let way = |begin: Item<'c>| self.shortest(begin.leads_to()?, cast, |to| to == state);
        let ways = self.begins(cast).filter_map(|begin| Some((begin, way(begin)?)));
        let (begin, way) = ways.min_by_key(|(_, way)| way.len())?;
        let mut planner = Planner::new(self, cast, usize::MAX, Planning::Pairs);
        planner.begin(begin)?;
        way.into_iter().all(|item| planner.lead_on(item)).then_some(planner.walk)
    }

    /// The steps by which somebody gets from one state to another in the shortest way.
    pub(crate) fn steps_between(&self, from: &'c str, to: &'c str, cast: &Cast) -> Option<Vec<WalkStep<'c>>> {
        self.steps_of(self.shortest(from, cast, |state| state == to)?, cast)
    }

    /// The same, where the first step has to be one of some.
    pub(crate) fn steps_by(
        &self,
        from: &'c str,
        first: impl Fn(Item<'c>) -> bool,
        to: &'c str,
        cast: &Cast,
    ) -> Option<Vec<WalkStep<'c>>> {
        let firsts = self.walkable(from, cast).filter(|item| first(*item));
        let ways = firsts.filter_map(|item| {
            let rest = self.shortest(item.leads_to()?, cast, |state| state == to)?;
            Some([&[item], rest.as_slice()].concat())
        });
        self.steps_of(ways.min_by_key(Vec::len)?, cast)
    }

    fn steps_of(&self, way: Vec<Item<'c>>, cast: &Cast) -> Option<Vec<WalkStep<'c>>> {
        let mut planner = Planner::new(self, cast, usize::MAX, Planning::Pairs);
        way.into_iter().all(|item| planner.lead_on(item)).then_some(planner.walk.steps)
    }

    /// Where steps have to follow each other, a beginning from which two do that have not.
    fn any_begin(&self, planning: Planning) -> Option<(Item<'c>, &'c Cast)> {
        let all = self.inputs.casts().flat_map(|cast| self.begins(cast).map(move |begin| (begin, cast)));
        let mut begins = all.filter(|(begin, cast)| {
            let to = begin.leads_to();
            to.is_some_and(|to| self.walkable(to, cast).any(|next| !self.has_gone(*begin, next)))
        });
        begins.next().filter(|_| planning == Planning::PairsOfWays)
    }
}

/// A walk that is being planned.
pub(super) struct Planner<'p, 'c> {
    survey: &'p Survey<'c>,
    cast: &'p Cast,
    most: usize,
    planning: Planning,
    /// What the walk tries.
    done: BTreeSet<Item<'c>>,
    /// The steps that led from state to state.
    led: Vec<Item<'c>>,
    /// Whether the last of them can only have led where it was to lead, and what was sent for that.
    is_sure: bool,
    last: Option<String>,
    /// The names that it has saved.
    saved: BTreeSet<String>,
    pub(super) walk: Walk<'c>,
}

impl<'p, 'c> Planner<'p, 'c> {
    pub(super) fn new(survey: &'p Survey<'c>, cast: &'p Cast, most: usize, planning: Planning) -> Self {
        let (done, led, saved) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        let walk = Walk::new(survey.machine, cast.clone());
        Self { survey, cast, most, planning, done, led, is_sure: false, last: None, saved, walk }
    }

    pub(super) fn begin(&mut self, item: Item<'c>) -> Option<()> {
        let Item::Begins(_, to) = item else { return None };
        let input = self.survey.request(item, self.cast)?.clone();
        self.prepare(&input);
        self.show(item, input, to, Does::Begin);
        Some(())
    }

    /// Sends what leads to a state, and looks at the resource where the answer does not show it: whoever is sent to a page
    /// sees it only when it is read.
    fn show(&mut self, item: Item<'c>, input: Input, to: &'c str, does: impl Fn(Input) -> Does) {
        self.is_sure = self.can_only_lead(item);
        let expects = match self.is_sure {
            true => Expects::State(to),
            false if input.is_guess => Expects::Anything,
            false => Expects::Success,
        };
        // Of a tenant that is not ours nobody knows whether it accepts what no scenario has tried so.
        let shows = input.shows_state && (self.is_sure || !self.survey.inputs.has_casts());
        self.last = Some(input.sent());
        self.push(Some(item), does(input), if shows { expects } else { Expects::Anything });
        if !shows {
            self.push(None, Does::Read, expects);
        }
        self.arrive(item, to);
    }

    /// Whether it can only lead where it is wanted to: where users of the target are asked, what came before has to be what it was.
    fn can_only_lead(&self, item: Item<'c>) -> bool {
        let (Item::Begins(_, to) | Item::Accepted(_, _, to)) = item else {
            return self.survey.is_sure(item, self.cast);
        };
        let seen = |input: &Input| input.has_followed(self.cast, item.at(), to, self.last.as_deref());
        let free = !self.survey.inputs.has_casts() || self.survey.machine.is_only(item);
        let known = free || self.survey.request(item, self.cast).is_some_and(seen);
        known && self.survey.is_sure(item, self.cast)
    }

    fn arrive(&mut self, item: Item<'c>, to: &'c str) {
        self.led.push(item);
        self.walk.path.push(to);
    }

    /// Goes on until nothing is left that is nearer than a new beginning, or until nobody knows where the resource is.
    fn go_on(&mut self) {
        while let Some(here) = self.here() {
            self.sweep(here);
            let next = self.best_leaving(here).or_else(|| self.next_way(here));
            let far = if self.planning == Planning::Endurance { usize::MAX } else { FAR };
            let way = match next {
                Some(next) => Some(vec![next]),
                None => self.survey.way(here, self.cast, &self.done).filter(|way| way.len() <= far),
            };
            if !way.is_some_and(|way| way.into_iter().all(|item| self.lead_on(item))) {
                break;
            }
        }
    }

    /// The state that the resource is in, where that is known and there is room for more requests.
    pub(super) fn here(&self) -> Option<&'c str> {
        let most = if self.planning == Planning::PairsOfWays { self.most.min(LONG) } else { self.most };
        self.walk.path.last().copied().filter(|_| self.is_sure && self.walk.requests() < most)
    }

    /// Tries all that stays in a state, and looks at the resource when that is done.
    fn sweep(&mut self, here: &'c str) {
        let (left, inputs) = (self.to_sweep(here), self.survey.inputs);
        for item in left.iter().copied() {
            let (input, expects) = match item {
                Item::Forbidden(_, action) => (inputs.out_of_turn(action, self.cast), Expects::Refusal),
                Item::Refused(_, action) => (inputs.refused(action, self.cast).cloned(), Expects::Refusal),
                Item::Negative(.., class) => (self.survey.negative(item).cloned(), Expects::RefusalOf(class)),
                _ => continue,
            };
            let Some(input) = input.filter(|_| !self.done.contains(&item)) else { continue };
            self.prepare_once(&input);
            for _ in 0..self.often(item) {
                self.push(Some(item), Does::Act(input.clone()), expects);
            }
            self.spare_attempts(item);
        }
        if !left.is_empty() {
            let stays = left.iter().filter_map(|item| match item.instead_of().unwrap_or(*item) {
                Item::Refused(state, action) => Some(Item::Rejected(state, action, state)),
                _ => None,
            });
            self.done.extend(stays);
            self.push(None, Does::Read, Expects::State(here));
        }
    }

    /// How often something is tried. Where refusals add up to nothing, what is refused is refused the second time, too; users of
    /// a target that is not ours have few attempts.
    fn often(&self, item: Item<'c>) -> usize {
        let Survey { machine, inputs, chooses, .. } = *self.survey;
        let (state, action) = match item {
            Item::Refused(state, action) => (state, action),
            Item::Negative(state, action, _) if !is_possible(Item::Refused(state, action), machine, inputs) => {
                (state, action)
            }
            _ => return 1,
        };
        let adds_up = |next: Item<'c>| matches!(next, Item::Rejected(_, by, to) if by == action && to != state);
        if chooses && machine.permits(state, action) && !machine.leaving(state).into_iter().any(adds_up) {
            2
        } else {
            1
        }
    }

    /// Users of a target that is not ours have few attempts, and one wrong value in a walk locks nobody.
    fn spare_attempts(&mut self, tried: Item<'c>) {
        if self.survey.inputs.has_casts() && matches!(tried, Item::Refused(..)) {
            self.done.extend(self.survey.open().filter(|item| matches!(item, Item::Refused(..))));
        }
    }

    /// What stays in a state. What is refused for its value may be counted, so that it comes last.
    fn to_sweep(&self, here: &'c str) -> Vec<Item<'c>> {
        let mut left: Vec<Item<'c>> =
            self.survey.staying(here, self.cast).filter(|item| !self.done.contains(item)).collect();
        if self.is_new_way() {
            let forbidden = self.survey.machine.forbidden(here);
            left.extend(forbidden.filter(|item| is_possible(*item, self.survey.machine, self.survey.inputs)));
            left.sort_unstable();
            left.dedup();
        }
        left.sort_by_key(|item| (matches!(item, Item::Refused(..)), self.survey.rank(*item)));
        left
    }

    /// Whether the resource has come here in a way that asks for everything again.
    fn is_new_way(&self) -> bool {
        match (self.planning, self.led.as_slice()) {
            (Planning::Ways, [.., last]) => self.survey.is_new(Some(*last)),
            (Planning::PairsOfWays, [before @ .., first, last]) => {
                let again = before.windows(2).any(|pair| pair == [*first, *last]);
                !again && !self.survey.has_gone(*first, *last)
            }
            (Planning::PairsOfWays, [last]) => self.survey.is_new(Some(*last)),
            _ => false,
        }
    }

    /// The outcome with most to gain behind it; what ends the life of the resource comes last.
    fn best_leaving(&self, here: &'c str) -> Option<Item<'c>> {
        let survey = self.survey;
        let ends = |item: &Item<'c>| item.leads_to().is_some_and(|to| survey.machine.is_final(to));
        let endures = |item: &Item<'c>| !matches!(item, Item::Rejected(..)) && !ends(item);
        let left = survey.leaving(here, self.cast).filter(|item| !self.done.contains(item));
        let left = left.filter(|item| self.planning != Planning::Endurance || endures(item));
        left.max_by_key(|item| {
            let to = item.leads_to().unwrap_or_default();
            let gain = survey
                .staying(to, self.cast)
                .chain(survey.leaving(to, self.cast))
                .filter(|item| !self.done.contains(item));
            (!matches!(item, Item::Rejected(..)), !ends(item), gain.count(), Reverse(survey.rank(*item)))
        })
    }

    /// Where pairs of steps are wanted: a step that has not followed the last one.
    fn next_way(&self, here: &'c str) -> Option<Item<'c>> {
        let last = *self.led.last().filter(|_| self.planning == Planning::PairsOfWays)?;
        let gone = |next: &Item<'c>| {
            self.survey.has_gone(last, *next) || self.led.windows(2).any(|pair| pair == [last, *next])
        };
        let mut next: Vec<Item<'c>> = self.survey.walkable(here, self.cast).filter(|next| !gone(next)).collect();
        next.sort_by_key(|next| {
            (next.leads_to().is_some_and(|to| self.survey.machine.is_final(to)), self.survey.rank(*next))
        });
        next.first().copied()
    }

    /// Adds what leads to the next state; false where the life is over, or nobody knows where it goes on.
    pub(super) fn lead_on(&mut self, item: Item<'c>) -> bool {
        match item {
            Item::Accepted(_, _, to) => {
                let Some(input) = self.survey.request(item, self.cast).cloned() else { return false };
                self.prepare(&input);
                self.show(item, input, to, Does::Act);
                self.is_sure
            }
            Item::Elapses(from, to) => {
                self.is_sure = self.survey.is_sure(item, self.cast);
                self.push(None, Does::Nudge(self.survey.inputs.nudge(from, to)), Expects::Anything);
                self.push(Some(item), Does::Read, if self.is_sure { Expects::State(to) } else { Expects::Success });
                self.arrive(item, to);
                self.is_sure
            }
            Item::Rejected(from, action, to) => {
                self.reject(item, (from, action, to));
                false
            }
            Item::Begins(..) | Item::Forbidden(..) | Item::Refused(..) | Item::Negative(..) | Item::Race(..) => false,
        }
    }

    /// Sends a value that is refused so often that it leads somewhere, and looks. Where one value did not do, others may.
    fn reject(&mut self, item: Item<'c>, (from, action, to): (&'c str, &'c str, &'c str)) {
        let mut known = self.survey.inputs.refusals(action, self.cast);
        let mut expects = Expects::Anything;
        if !self.survey.was_tried(item) {
            known.truncate(1);
            // What was refused there once is refused again, where nobody was locked before.
            if self.survey.chooses && self.survey.has_reached(Item::Refused(from, action)) {
                expects = Expects::Refusal;
            }
        }
        let often = if from == to { 1 } else { self.survey.refusals(item) };
        for input in known.into_iter().cycle().take(often) {
            self.prepare(input);
            self.push(None, Does::Act(input.clone()), expects);
        }
        self.push(Some(item), Does::Read, Expects::Anything);
    }

    /// Sends first what has to be saved first.
    fn prepare(&mut self, input: &Input) {
        for name in &input.needs {
            let Some(saver) = self.survey.inputs.saver(name, self.cast) else { continue };
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
