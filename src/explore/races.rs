//! Walks that try whether what may happen once happens once, when it is asked for several times at once.
//!
//! What may happen once is what the lifecycle does not permit any more where it leads; what can be had once only of other
//! operations, scenarios say. Deliberately not here: what is made of the answers (the engine counts those that were accepted).

use super::input::Input;
use super::inputs::{Nudge, OnceOnly};
use super::machine::Item;
use super::survey::Survey;
use super::walk::{Does, Expects, Walk, WalkStep};
use crate::contract::Contract;
use crate::scenario::model::PushAnswer;

/// How many requests are sent at once, one after the other.
const TIMES: [u32; 4] = [2, 4, 8, 16];
/// As many at once as any limit of attempts that is looked for.
const ALL: u32 = 16;

/// All races of a machine.
pub(super) fn races<'c>(survey: &Survey<'c>, contract: &'c Contract) -> Vec<Walk<'c>> {
    let mut races: Vec<Walk<'c>> = Vec::new();
    for action in survey.machine.actions() {
        let times = TIMES[races.len() % TIMES.len()];
        races.extend(once(survey, action, times));
        races.extend(wrong(survey, action));
        races.extend(against_a_push(survey, action, times));
    }
    races.extend(survey.inputs.once_only.iter().filter_map(|once| rush(survey, once, contract)));
    races
}

/// The outcomes of an action that came about, those first that are reached in the fewest steps.
fn nearest<'c>(survey: &Survey<'c>, is_it: impl Fn(Item<'c>) -> bool) -> Option<(Walk<'c>, Item<'c>)> {
    let found = survey.all_reached().filter(|item| is_it(*item));
    let walks = found.filter_map(|item| Some((survey.way_to(item.at()?)?, item)));
    walks.min_by_key(|(walk, _)| walk.steps.len())
}

/// An action that is not permitted any more where it leads.
fn once<'c>(survey: &Survey<'c>, action: &str, times: u32) -> Option<Walk<'c>> {
    let is_once = |item: Item<'c>| match item {
        Item::Accepted(_, by, to) => by == action && !survey.machine.permits(to, by) && survey.is_sure(item),
        _ => false,
    };
    let (way, item) = nearest(survey, is_once)?;
    let Item::Accepted(from, by, to) = item else { return None };
    let input = survey.inputs.accepted(by, to)?.clone();
    let expects = if input.shows_state { Expects::State(to) } else { Expects::Anything };
    let race =
        WalkStep { item: Some(Item::Race(from, by, to)), does: Does::Together(input.clone(), times, None), expects };
    Some(ended(survey, way, &input, race, Expects::State(to)))
}

/// Wrong values that come at once are counted like those that come one after the other.
fn wrong<'c>(survey: &Survey<'c>, action: &str) -> Option<Walk<'c>> {
    let (way, item) =
        nearest(survey, |item| matches!(item, Item::Rejected(from, by, to) if by == action && from != to))?;
    let Item::Rejected(from, by, to) = item else { return None };
    let input = survey.inputs.refused(by)?.clone();
    let does = Does::Together(input.clone(), ALL, None);
    let race = WalkStep { item: Some(Item::Race(from, by, from)), does, expects: Expects::Anything };
    Some(ended(survey, way, &input, race, Expects::State(to)))
}

/// An action that ends the wait for a push, while that is approved.
fn against_a_push<'c>(survey: &Survey<'c>, action: &str, times: u32) -> Option<Walk<'c>> {
    let approved = |from: &str| {
        let states = survey.machine.leaving_by_itself(from);
        let push = |to: &&'c str| survey.inputs.nudge(from, to) == Nudge::Push(PushAnswer::Approve);
        states.into_iter().filter(push).find(|to| survey.inputs.has_seen(from, to))
    };
    let (way, item) = nearest(survey, |item| match item {
        Item::Accepted(from, by, to) => {
            by == action
                && !survey.machine.permits(to, by)
                && approved(from).is_some_and(|end| !survey.machine.permits(end, by))
        }
        _ => false,
    })?;
    let Item::Accepted(from, by, to) = item else { return None };
    let input = survey.inputs.accepted(by, to)?.clone();
    let does = Does::Together(input.clone(), times, Some(PushAnswer::Approve));
    let race = WalkStep { item: Some(Item::Race(from, by, to)), does, expects: Expects::Anything };
    Some(ended(survey, way, &input, race, Expects::Success))
}

/// What can be had once only, at the end of the way that leads to it.
fn rush<'c>(survey: &Survey<'c>, once: &OnceOnly, contract: &'c Contract) -> Option<Walk<'c>> {
    let (mut steps, mut here) = (Vec::new(), None);
    for (at, (input, shown)) in once.way.iter().enumerate() {
        let next = once.way.get(at + 1).map(|(next, _)| next.operation.as_str());
        let step = on_the_way(survey, (here, next), input, shown.as_deref(), contract)?;
        here = step.item.and_then(Item::moves_to).or(here);
        steps.push(step);
    }
    here?;
    let does = Does::Rush(once.request.clone(), TIMES[2]);
    steps.push(WalkStep { item: None, does, expects: Expects::Success });
    Some(Walk::of(survey.machine, steps))
}

/// A request of a scenario as a step of a walk that is here; `next` is the request that follows. `None` where nobody knows to
/// which state it leads.
fn on_the_way<'c>(
    survey: &Survey<'c>,
    (here, next): (Option<&'c str>, Option<&str>),
    input: &Input,
    shown: Option<&str>,
    contract: &'c Contract,
) -> Option<WalkStep<'c>> {
    let lifecycle = survey.machine.lifecycle;
    let operation = contract.operation(&input.operation)?.name.as_str();
    let state = shown.and_then(|shown| lifecycle.states.get_key_value(shown)).map(|(name, _)| name.as_str());
    if let Some(states) = lifecycle.initial.get(operation) {
        let permits = |state: &&String| next.is_some_and(|next| survey.machine.permits(state, next));
        let first = state.or_else(|| states.iter().find(permits).map(String::as_str))?;
        let expects = state.map_or(Expects::Anything, Expects::State);
        return Some(WalkStep {
            item: Some(Item::Begins(operation, first)),
            does: Does::Begin(input.clone()),
            expects,
        });
    }
    if operation == lifecycle.read {
        return Some(WalkStep { item: None, does: Does::Read, expects: Expects::State(here?) });
    }
    if lifecycle.acts(operation) {
        let item = Some(Item::Accepted(here?, operation, state?));
        return Some(WalkStep { item, does: Does::Act(input.clone()), expects: Expects::State(state?) });
    }
    contract.lifecycle_of(operation).is_none().then(|| WalkStep::preparing(input))
}

/// A way, a race at its end, and a look at what came of it.
fn ended<'c>(survey: &Survey<'c>, way: Walk<'c>, input: &Input, race: WalkStep<'c>, sees: Expects<'c>) -> Walk<'c> {
    let needed = input.needs.iter().filter_map(|name| survey.inputs.saver(name)).map(WalkStep::preparing);
    let look = WalkStep { item: None, does: Does::Read, expects: sees };
    let steps = way.steps.into_iter().chain(needed).chain([race, look]).collect();
    Walk::of(survey.machine, steps)
}
