//! Makes a walk that broke a promise as small as it can be, with the machine in hand: first the shortest way to the state and
//! then the step that broke it; where that is not enough, as little of what came before as will do.
//!
//! Pure but for the question whether a walk breaks the promise again, which somebody else answers. Deliberately not here: what
//! becomes of the walk.

use super::input::Cast;
use super::machine::Item;
use super::survey::Survey;
use super::walk::{Does, Walk, WalkStep};

/// So many walks may be tried.
const MOST_TRIES: usize = 80;

/// A walk that broke a promise, and where.
pub(crate) struct Broken<'c> {
    pub(crate) walk: Walk<'c>,
    /// The step that broke it.
    pub(crate) at: usize,
}

/// What is known while a walk is made smaller.
struct Shrinking<'s, 'c, F> {
    survey: &'s Survey<'c>,
    breaks: F,
    /// Whom the walk is about.
    cast: &'s Cast,
    /// The state that was to follow, where it matters: what is accepted against all expectation leads there.
    ahead: Option<&'c str>,
    tries: usize,
    /// How many requests were sent.
    requests: usize,
}

/// The smallest walk that was found to break the same promise, and how many requests it took to find it.
pub(crate) fn shrunk<'c, F: FnMut(&Walk<'c>) -> bool>(
    survey: &Survey<'c>,
    broken: &Broken<'c>,
    breaks: F,
) -> (Walk<'c>, usize) {
    let cast = &broken.walk.cast;
    let mut shrinking = Shrinking { survey, breaks, cast, ahead: None, tries: 0, requests: 0 };
    let walk = shrinking.run(broken);
    (walk, shrinking.requests)
}

impl<'c, F: FnMut(&Walk<'c>) -> bool> Shrinking<'_, 'c, F> {
    fn run(&mut self, broken: &Broken<'c>) -> Walk<'c> {
        let whole = &broken.walk.steps[..=broken.at];
        let states = states(whole);
        let visit = visit(whole, &states);
        let moved = whole.iter().filter(|step| step.item.and_then(Item::moves_to).is_some()).count();
        let ahead = broken.walk.path.get(moved).copied();
        let last = vec![whole[broken.at].clone()];
        for (tail, ahead) in [(last.clone(), None), (last, ahead), (whole[visit..].to_vec(), ahead)] {
            self.ahead = ahead;
            if let Some(walk) = self.by_the_shortest_way(states[broken.at], &tail).filter(|walk| self.breaks(walk)) {
                return self.without_detours(walk);
            }
        }
        let walk = self.shortest_suffix(whole, &states, visit);
        self.without_detours(walk)
    }

    fn breaks(&mut self, walk: &Walk<'c>) -> bool {
        self.tries += 1;
        if self.tries > MOST_TRIES {
            return false;
        }
        self.requests += walk.requests();
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

    /// As much as needed of what came before, cut off where another way leads to the same state.
    fn shortest_suffix(&mut self, whole: &[WalkStep<'c>], states: &[Option<&'c str>], visit: usize) -> Walk<'c> {
        let all = self.walk(whole.to_vec());
        let cuts: Vec<usize> =
            (1..=visit).filter(|at| states[*at] != states[at - 1] && states[*at].is_some()).collect();
        // The more is cut off, the less it breaks: the boundary is looked for between the two.
        let (mut low, mut high, mut best) = (0, cuts.len(), all);
        while low < high {
            let middle = (low + high).div_ceil(2);
            let at = cuts[middle - 1];
            match self.by_the_shortest_way(states[at], &whole[at..]).filter(|walk| self.breaks(walk)) {
                Some(walk) => (low, best) = (middle, walk),
                None => high = middle - 1,
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
