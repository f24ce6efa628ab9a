//! The least number of requests in which all that came about can be tried: the directed rural postman's bound.
//!
//! Whoever tries everything goes into each state as often as out of it. What that takes beyond one request for each thing is a
//! flow of least cost from the states that are left too seldom to those that are left too often; whatever is abandoned costs
//! nothing. Pure. Deliberately not here: a tour that needs no more ([`super::tour`]).

use std::collections::BTreeMap;

use super::machine::Item;
use super::survey::Survey;

/// Before there is a resource.
const NOTHING: &str = "";

/// Something that leads from one state to another at a cost.
type Way<'c> = (&'c str, &'c str);

/// How states are reached at the least cost: that, and the last way, forward or given back.
type Reached<'c> = BTreeMap<&'c str, (i64, Option<(Way<'c>, bool)>)>;

/// The bound for what a survey has reached.
pub(super) fn bound(survey: &Survey<'_>) -> usize {
    let (mut once, mut surplus) = (0, BTreeMap::new());
    let mut ways: BTreeMap<Way<'_>, usize> = BTreeMap::new();
    for item in survey.all_reached() {
        let cost = cost(item, survey);
        once += cost;
        let Some(to) = item.leads_to() else { continue };
        let from = item.at().unwrap_or(NOTHING);
        *surplus.entry(to).or_insert(0) += 1;
        *surplus.entry(from).or_insert(0) -= 1;
        let known = ways.entry((from, to)).or_insert(cost);
        *known = cost.min(*known);
    }
    let abandoned = survey.machine.lifecycle.states.keys().map(|state| ((state.as_str(), NOTHING), 0));
    ways.extend(abandoned);
    once + Balance { ways, surplus, flow: BTreeMap::new() }.cost()
}

/// How many requests it takes to try something once, where the resource is there already.
fn cost<'c>(item: Item<'c>, survey: &Survey<'c>) -> usize {
    match item {
        Item::Begins(..) | Item::Accepted(..) => {
            let input = survey.inputs.casts().find_map(|cast| survey.request(item, cast));
            input.map_or(1, |input| input.needs.len() + 1 + usize::from(!input.shows_state))
        }
        Item::Rejected(from, _, to) if from != to => survey.refusals(item) + 1,
        _ => 1,
    }
}

/// What goes into states and out of them, made equal.
struct Balance<'c> {
    ways: BTreeMap<Way<'c>, usize>,
    /// How much oftener a state is entered than left.
    surplus: BTreeMap<&'c str, i64>,
    /// How often a way is taken again.
    flow: BTreeMap<Way<'c>, usize>,
}

impl<'c> Balance<'c> {
    /// What it costs to leave each state as often as it is entered, one path of least cost after the other.
    fn cost(mut self) -> usize {
        let mut cost = 0;
        while let Some((path, length)) = self.cheapest() {
            cost += length;
            for (way, forward) in path {
                let taken = self.flow.entry(way).or_insert(0);
                *taken = if forward { *taken + 1 } else { *taken - 1 };
            }
        }
        usize::try_from(cost).unwrap_or_default()
    }

    /// The cheapest path from a state with a surplus to one without, by Bellman and Ford; it is noted as taken.
    fn cheapest(&mut self) -> Option<(Vec<(Way<'c>, bool)>, i64)> {
        let full = self.surplus.iter().filter(|(_, surplus)| **surplus > 0);
        let mut known: Reached<'c> = full.map(|(state, _)| (*state, (0, None))).collect();
        while self.relax(&mut known) {}
        let lacking = known.iter().filter(|(state, _)| self.surplus.get(*state).is_some_and(|surplus| *surplus < 0));
        let (end, (length, _)) = lacking.min_by_key(|(_, (length, _))| *length)?;
        let (end, length) = (*end, *length);
        let (mut path, mut at) = (Vec::new(), end);
        while let Some((way, forward)) = known[at].1 {
            path.push((way, forward));
            at = if forward { way.0 } else { way.1 };
        }
        *self.surplus.get_mut(at)? -= 1;
        *self.surplus.get_mut(end)? += 1;
        Some((path, length))
    }

    /// Looks whether some state can be reached at less cost; what was taken can be given back.
    fn relax(&self, known: &mut Reached<'c>) -> bool {
        let mut nearer = false;
        for (way, cost) in &self.ways {
            let cost = i64::try_from(*cost).unwrap_or(i64::MAX);
            let back = self.flow.get(way).is_some_and(|taken| *taken > 0);
            for (from, to, cost, forward) in [(way.0, way.1, cost, true), (way.1, way.0, -cost, false)] {
                let Some(length) = known.get(from).map(|(length, _)| length + cost).filter(|_| forward || back) else {
                    continue;
                };
                if known.get(to).is_none_or(|(known, _)| length < *known) {
                    known.insert(to, (length, Some((*way, forward))));
                    nearer = true;
                }
            }
        }
        nearer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balanced(once: &[(&'static str, &'static str, usize)]) -> usize {
        let mut surplus = BTreeMap::new();
        for (from, to, _) in once {
            *surplus.entry(*to).or_insert(0) += 1;
            *surplus.entry(*from).or_insert(0) -= 1;
        }
        let ways = once.iter().map(|(from, to, cost)| ((*from, *to), *cost)).chain([(("end", NOTHING), 0)]).collect();
        Balance { ways, surplus, flow: BTreeMap::new() }.cost()
    }

    #[test]
    fn a_round_costs_nothing_more_and_each_further_branch_costs_the_way_back_to_it() {
        assert_eq!(balanced(&[(NOTHING, "a", 2), ("a", "end", 1)]), 0);
        // Two branches leave `a`: it has to be begun a second time.
        assert_eq!(balanced(&[(NOTHING, "a", 2), ("a", "b", 1), ("b", "end", 1), ("a", "end", 1)]), 2);
        // It is nearer to come back from `c`.
        assert_eq!(balanced(&[(NOTHING, "a", 2), ("a", "c", 1), ("c", "a", 1), ("a", "end", 1)]), 0);
    }
}
