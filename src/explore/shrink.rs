//! Makes a walk that broke a promise as small as it can be, with the machine in hand: first the shortest way to the state and
//! then the step that broke it; where that is not enough, as little of what came before as will do.
//!
//! Pure but for the question whether a walk breaks the promise again, which somebody else answers. Deliberately not here: what
//! becomes of the walk.

use std::collections::BTreeSet;

use super::input::Cast;
use super::machine::Item;
use super::succession::{Successions, deed};
use super::survey::Survey;
use super::walk::{Does, Walk, WalkStep};

/// So many requests may be sent to make one walk small.
const MOST_REQUESTS: usize = 2000;

/// A walk that broke a promise, and where.
pub(crate) struct Broken<'c> {
    pub(crate) walk: Walk<'c>,
    /// The step that broke it.
    pub(crate) at: usize,
}

/// What is known while a walk is made smaller.
struct Shrinking<'s, 'c, F> {
    survey: &'s Survey<'c>,
    known: &'s Successions<'c>,
    breaks: F,
    /// Whom the walk is about.
    cast: &'s Cast,
    /// The state that was to follow, where it matters: what is accepted against all expectation leads there.
    ahead: Option<&'c str>,
    /// How many requests were sent.
    requests: usize,
}

/// The smallest walk that was found to break the same promise, and how many requests it took to find it.
pub(crate) fn shrunk<'c, F: FnMut(&Walk<'c>) -> bool>(
    survey: &Survey<'c>,
    known: &Successions<'c>,
    broken: &Broken<'c>,
    breaks: F,
) -> (Walk<'c>, usize) {
    let cast = &broken.walk.cast;
    let mut shrinking = Shrinking { survey, known, breaks, cast, ahead: None, requests: 0 };
    let walk = shrinking.run(broken);
    (walk, shrinking.requests)
}

impl<'c, F: FnMut(&Walk<'c>) -> bool> Shrinking<'_, 'c, F> {
    fn run(&mut self, broken: &Broken<'c>) -> Walk<'c> {
        let whole = &broken.walk.steps[..=broken.at];
        let states = states(whole);
        let (visit, acts) = (visit(whole, &states), start(whole, broken.at));
        let moved = whole.iter().filter(|step| step.item.and_then(Item::moves_to).is_some()).count();
        let ahead = broken.walk.path.get(moved).copied();
        let last = whole[acts..].to_vec();
        let tails = [(acts, last.clone(), None), (acts, last, ahead), (visit, whole[visit..].to_vec(), ahead)];
        for (from, tail, ahead) in tails {
            self.ahead = ahead;
            if let Some(walk) = self.by_the_shortest_way(states[from], &tail).filter(|walk| self.breaks(walk)) {
                return self.without_detours(walk);
            }
        }
        let found = self.after_one_step(whole, &states, acts);
        let walk = found.unwrap_or_else(|| self.shortest_suffix(whole, &states, visit));
        self.without_detours(walk)
    }

    /// What broke it after one earlier step: what led somewhere first, and of that what came before it in no other life, the
    /// cheapest first; of those that came before it in lives in which all was as promised none, unless it led elsewhere there.
    fn after_one_step(&mut self, whole: &[WalkStep<'c>], states: &[Option<&'c str>], acts: usize) -> Option<Walk<'c>> {
        let (broke, later) = whole[acts..].iter().find_map(|step| Some((step.item?, deed(step.item?)?)))?;
        let mut tried = BTreeSet::new();
        let earlier = (0..acts).rev().filter_map(|at| Some((at, whole[at].item?, deed(whole[at].item?)?)));
        let possible = earlier.filter(|(_, _, deed)| tried.insert(*deed) && !self.known.holds_outcome(*deed, broke));
        let walks = possible.filter_map(|(at, item, deed)| {
            let walk = self.through(&whole[start(whole, at)..=at], (whole, states, at), acts)?;
            Some(((item.leads_to().is_none(), self.known.holds(deed, later), walk.requests()), walk))
        });
        let mut walks: Vec<_> = walks.collect();
        walks.sort_by_key(|(order, _)| *order);
        walks.into_iter().map(|(_, walk)| walk).find(|walk| self.breaks(walk))
    }

    /// The shortest way to some steps of a walk, these steps, and the shortest way to those that broke it.
    fn through(
        &self,
        steps: &[WalkStep<'c>],
        (whole, states, at): (&[WalkStep<'c>], &[Option<&'c str>], usize),
        acts: usize,
    ) -> Option<Walk<'c>> {
        let first = match states[at] {
            Some(state) => self.survey.way_to(state, self.cast)?.steps,
            None => Vec::new(),
        };
        let (item, to) = (whole[at].item?, states[acts]?);
        let by = |way: Item<'c>| deed(way) == deed(item);
        let between = states[at].and_then(|state| self.survey.steps_by(state, by, to, self.cast));
        let between = between.or_else(|| {
            let here = item.leads_to().or(states[at])?;
            Some([steps, &self.survey.steps_between(here, to, self.cast)?].concat())
        })?;
        let rest = [&between, &whole[acts..]].concat();
        Some(self.walk(self.prepared(&first, &rest)))
    }

    fn breaks(&mut self, walk: &Walk<'c>) -> bool {
        let requests = walk.requests();
        if self.requests + requests > MOST_REQUESTS {
            return false;
        }
        self.requests += requests;
        (self.breaks)(walk)
    }

    /// The shortest way to a state, and these steps; what has to be saved before them comes first.
    fn by_the_shortest_way(&self, state: Option<&'c str>, tail: &[WalkStep<'c>]) -> Option<Walk<'c>> {
        let Some(state) = state else {
            return Some(self.walk(self.prepared(&[], tail)));
        };
        let way = self.survey.way_to(state, self.cast)?;
        let steps = self.prepared(&way.steps, tail);
        Some(self.walk(steps))
    }

    /// The walk that takes these steps.
    fn walk(&self, steps: Vec<WalkStep<'c>>) -> Walk<'c> {
        let mut walk = Walk::of(self.survey.machine, self.cast.clone(), steps);
        walk.path.extend(self.ahead);
        walk
    }

    /// The steps one after the other, with what has to be saved and is not.
    fn prepared(&self, first: &[WalkStep<'c>], then: &[WalkStep<'c>]) -> Vec<WalkStep<'c>> {
        let mut steps = first.to_vec();
        for step in then {
            for name in step.all_needs() {
                let known = steps.iter().flat_map(WalkStep::saves).any(|saved| saved == name);
                let saver = self.survey.inputs.saver(&name, self.cast).filter(|_| !known);
                steps.extend(saver.map(WalkStep::preparing));
            }
            steps.push(step.clone());
        }
        steps
    }

    /// As much as needed of what came before, cut off where another way leads to the same state: from the end twice as much
    /// each time, and then the boundary.
    fn shortest_suffix(&mut self, whole: &[WalkStep<'c>], states: &[Option<&'c str>], visit: usize) -> Walk<'c> {
        let all = self.walk(whole.to_vec());
        let cuts: Vec<usize> =
            (1..=visit).rev().filter(|at| states[*at] != states[at - 1] && states[*at].is_some()).collect();
        let mut from = |cut: usize| {
            let at = *cuts.get(cut)?;
            self.by_the_shortest_way(states[at], &whole[at..]).filter(|walk| self.breaks(walk))
        };
        let doubled = std::iter::successors(Some(1), |cut| Some(cut * 2)).take_while(|cut| *cut < cuts.len());
        let Some((mut high, mut best)) = doubled.clone().find_map(|cut| Some((cut, from(cut)?))) else { return all };
        let mut low = high / 2;
        while high - low > 1 {
            let middle = low.midpoint(high);
            match from(middle) {
                Some(walk) => (high, best) = (middle, walk),
                None => low = middle,
            }
        }
        best
    }

    /// Takes away whatever is not needed: rounds that end where they began, and what stays in a state; large pieces first.
    fn without_detours(&mut self, mut walk: Walk<'c>) -> Walk<'c> {
        let mut size = walk.steps.len() / 2;
        while size > 0 {
            let mut at = 1;
            while at + size < walk.steps.len() {
                let smaller = without(&walk, at, at + size).map(|steps| self.walk(steps));
                match smaller.filter(|smaller| self.breaks(smaller)) {
                    Some(smaller) => walk = smaller,
                    None => at += size.div_ceil(2),
                }
            }
            size /= 2;
        }
        walk
    }
}

/// What is left of a walk without some steps, if it is in the same state before and after them.
fn without<'c>(walk: &Walk<'c>, from: usize, to: usize) -> Option<Vec<WalkStep<'c>>> {
    let states = states(&walk.steps);
    let begins = |step: &WalkStep<'_>| matches!(step.does, Does::Begin(_));
    let closed = states.get(from)? == states.get(to)? && !walk.steps[from..to].iter().any(begins);
    let mut saved = walk.steps[from..to].iter().flat_map(WalkStep::saves);
    let needed = |name: String| walk.steps[to..].iter().any(|step| step.needs(&name));
    if !closed || saved.any(needed) {
        return None;
    }
    Some([&walk.steps[..from], &walk.steps[to..]].concat())
}

/// Where that begins which ends with a step: with what is sent for it, or with the action that is looked at.
pub(crate) fn start(steps: &[WalkStep<'_>], at: usize) -> usize {
    let mut from = at;
    while from > 0 {
        let (before, step) = (&steps[from - 1], &steps[from]);
        let looks = |step: &WalkStep<'_>| step.item.is_none() && matches!(step.does, Does::Read);
        let is_for_it = before.item.is_none() && !looks(before);
        let is_looked_at = looks(step) && before.item.is_some_and(|item| item.leads_to().is_some());
        if !is_for_it && !is_looked_at {
            break;
        }
        from -= 1;
    }
    from
}

/// The state before each step; `None` before there is a resource.
fn states<'c>(steps: &[WalkStep<'c>]) -> Vec<Option<&'c str>> {
    let mut state = None;
    let before = steps.iter().map(|step| {
        let before = state;
        state = step.item.and_then(Item::moves_to).or(state);
        before
    });
    before.collect()
}

/// Where the visit of the state begins in which the last step is.
fn visit(steps: &[WalkStep<'_>], states: &[Option<&str>]) -> usize {
    let last = steps.len() - 1;
    (0..last).rev().find(|at| states[*at] != states[last]).map_or(0, |at| at + 1)
}
