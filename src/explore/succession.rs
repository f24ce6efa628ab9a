//! Which steps have come after which in one life, and lives in which the rest do: what one step leaves behind may be felt by one that
//! comes much later.
//!
//! Pure. Deliberately not here: how single steps are planned ([`super::tour`]).

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};

use super::dials::Planning;
use super::input::Cast;
use super::machine::Item;
use super::survey::Survey;
use super::tour::Planner;
use super::walk::Walk;

/// So many requests are one life at the most.
const LONG: usize = 400;

/// A state and what was done there, wherever it led; before there is a resource there is no state.
pub(crate) type Deed<'c> = (Option<&'c str>, &'c str);

/// What was done where something was tried; `None` of requests that are broken on purpose.
pub(crate) fn deed<'c>(item: Item<'c>) -> Option<Deed<'c>> {
    let by = match item {
        Item::Begins(by, _)
        | Item::Accepted(_, by, _)
        | Item::Rejected(_, by, _)
        | Item::Forbidden(_, by)
        | Item::Refused(_, by) => by,
        Item::Elapses(..) => "",
        Item::Negative(..) | Item::Race(..) => return None,
    };
    Some((item.at(), by))
}

/// What has come after what in one life, at whatever distance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Successions<'c> {
    deeds: HashSet<(Deed<'c>, Deed<'c>)>,
    /// The same, with where the later one led.
    outcomes: HashSet<(Deed<'c>, Item<'c>)>,
}

impl<'c> Successions<'c> {
    /// Notes a life: what was done in it, one after the other.
    pub(crate) fn add(&mut self, life: impl Iterator<Item = Item<'c>>) {
        let mut done = Vec::new();
        for (item, deed) in life.filter_map(|item| Some((item, deed(item)?))) {
            self.deeds.extend(done.iter().map(|earlier| (*earlier, deed)));
            self.outcomes.extend(done.iter().map(|earlier| (*earlier, item)));
            if !done.contains(&deed) {
                done.push(deed);
            }
        }
    }

    /// Whether something has come after something else.
    pub(crate) fn holds(&self, earlier: Deed<'c>, later: Deed<'c>) -> bool {
        self.deeds.contains(&(earlier, later))
    }

    /// Whether something has come after something else, and led where this does.
    pub(crate) fn holds_outcome(&self, earlier: Deed<'c>, later: Item<'c>) -> bool {
        self.outcomes.contains(&(earlier, later))
    }
}

impl<'c> Survey<'c> {
    /// A life of no more than so many requests in which steps come after others that they have not come after; `None` where no
    /// life is left that has any.
    pub(crate) fn succession(&self, known: &Successions<'c>, most: usize) -> Option<Walk<'c>> {
        let mut begins = self.inputs.casts().flat_map(|cast| self.begins(cast).map(move |begin| (begin, cast)));
        begins.find_map(|(begin, cast)| Life::new(self, known, cast, most.min(LONG)).planned(begin))
    }
}

/// A life that is being planned.
struct Life<'p, 'c> {
    survey: &'p Survey<'c>,
    known: &'p Successions<'c>,
    cast: &'p Cast,
    planner: Planner<'p, 'c>,
    done: HashSet<Deed<'c>>,
    /// After how much of what was done a step would come for the first time.
    gains: HashMap<Deed<'c>, usize>,
    /// What is done in all that leads from state to state, each once.
    deeds: HashSet<Deed<'c>>,
    /// The steps after which others can come that have not come after them.
    promising: HashSet<Item<'c>>,
    has_gained: bool,
}

/// Why a step is worth taking; the less, the sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// It comes after what it has not come after.
    Gains,
    /// Others come after it that have not.
    Promises,
    /// As the first, and it ends the life.
    Ends(Reverse<usize>),
}

impl<'p, 'c> Life<'p, 'c> {
    fn new(survey: &'p Survey<'c>, known: &'p Successions<'c>, cast: &'p Cast, most: usize) -> Self {
        let states = survey.machine.lifecycle.states.keys();
        let leading = states.flat_map(|state| survey.walkable(state, cast));
        let leading: Vec<_> = leading.filter_map(|item| Some((item, deed(item)?))).collect();
        let deeds = leading.iter().map(|(_, deed)| *deed).collect();
        let promising = promising(&leading, known);
        let planner = Planner::new(survey, cast, most, Planning::Endurance);
        let (done, gains) = (HashSet::new(), HashMap::new());
        Self { survey, known, cast, planner, done, gains, deeds, promising, has_gained: false }
    }

    fn planned(mut self, begin: Item<'c>) -> Option<Walk<'c>> {
        self.planner.begin(begin)?;
        self.note(begin);
        while let Some(way) = self.planner.here().and_then(|here| self.next(here)) {
            if !way.into_iter().all(|item| self.go(item)) {
                break;
            }
        }
        self.has_gained.then_some(self.planner.walk)
    }

    fn go(&mut self, item: Item<'c>) -> bool {
        let goes_on = self.planner.lead_on(item);
        self.note(item);
        goes_on
    }

    /// Notes that something is done: it has come after all before it, and whatever comes now comes after it.
    fn note(&mut self, item: Item<'c>) {
        let Some(now) = deed(item) else { return };
        self.has_gained |= self.gains.insert(now, 0).is_some_and(|gain| gain > 0);
        if self.done.insert(now) {
            for later in self.deeds.iter().filter(|later| !self.known.holds(now, **later)) {
                *self.gains.entry(*later).or_default() += 1;
            }
        }
    }

    fn gain(&self, deed: Deed<'c>) -> usize {
        self.gains.get(&deed).copied().unwrap_or_default()
    }

    /// The way to the nearest step that is worth most, with that step.
    fn next(&self, here: &'c str) -> Option<Vec<Item<'c>>> {
        let mut best: Option<(Worth, Vec<Item<'c>>)> = None;
        let mut seen = HashSet::from([here]);
        let mut queue = VecDeque::from([(here, Vec::new())]);
        while let Some((state, way)) = queue.pop_front() {
            for item in self.survey.walkable(state, self.cast) {
                let further = || [way.as_slice(), &[item]].concat();
                if let Some(worth) = self.worth(item).filter(|worth| best.as_ref().is_none_or(|(most, _)| worth < most))
                {
                    best = Some((worth, further()));
                }
                if let Some(to) = item.leads_to().filter(|to| seen.insert(to)) {
                    queue.push_back((to, further()));
                }
            }
        }
        best.map(|(_, way)| way)
    }

    fn worth(&self, item: Item<'c>) -> Option<Worth> {
        let (now, to) = (deed(item)?, item.leads_to()?);
        match (self.survey.machine.is_final(to), self.gain(now)) {
            (true, 0) => None,
            (true, gain) => Some(Worth::Ends(Reverse(gain))),
            (false, 0) => (!self.done.contains(&now) && self.promising.contains(&item)).then_some(Worth::Promises),
            (false, _) => Some(Worth::Gains),
        }
    }
}

/// The steps after which others can come that have not come after them.
fn promising<'c>(leading: &[(Item<'c>, Deed<'c>)], known: &Successions<'c>) -> HashSet<Item<'c>> {
    let within = within(leading);
    let promises = |(item, now): &(Item<'c>, Deed<'c>)| {
        let reached = item.leads_to().and_then(|to| within.get(to));
        let follows = |later: &Item<'c>| later.at().zip(reached).is_some_and(|(at, reached)| reached.contains(at));
        leading.iter().any(|(later, deed)| follows(later) && !known.holds(*now, *deed))
    };
    leading.iter().filter(|one| promises(one)).map(|(item, _)| *item).collect()
}

/// The states within reach of each that something leads out of, itself among them.
fn within<'c>(leading: &[(Item<'c>, Deed<'c>)]) -> HashMap<&'c str, HashSet<&'c str>> {
    let mut ways: HashMap<&str, Vec<&str>> = HashMap::new();
    for (item, _) in leading {
        let Some((from, to)) = item.at().zip(item.leads_to()) else { continue };
        ways.entry(from).or_default().push(to);
    }
    let reached = |from| {
        let (mut seen, mut left) = (HashSet::from([from]), vec![from]);
        while let Some(state) = left.pop() {
            let next = ways.get(state).into_iter().flatten().copied();
            left.extend(next.filter(|to| seen.insert(*to)).collect::<Vec<_>>());
        }
        seen
    };
    ways.keys().map(|from| (*from, reached(*from))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_in_a_life_has_come_after_all_before_it_and_after_itself_where_it_comes_twice() {
        let mut known = Successions::default();
        let life = [Item::Begins("begin", "A"), Item::Accepted("A", "go", "B"), Item::Accepted("B", "back", "A")];
        known.add(life.into_iter().chain([Item::Accepted("A", "go", "C")]));
        let (begun, gone, back) = ((None, "begin"), (Some("A"), "go"), (Some("B"), "back"));
        for (earlier, later) in [(begun, gone), (begun, back), (gone, back), (back, gone), (gone, gone)] {
            assert!(known.holds(earlier, later), "{earlier:?} {later:?}");
        }
        assert!(!known.holds(back, back) && !known.holds(gone, begun));
    }
}
