//! Walks that try whether what may happen once happens once, when it is asked for several times at once.
//!
//! What may happen once is what the lifecycle does not permit any more where it leads; what can be had once only of other
//! operations, scenarios say. Deliberately not here: what is made of the answers (the engine counts those that were accepted).

use super::input::{Cast, Input};
use super::inputs::{Nudge, OnceOnly, Shown};
use super::machine::{Item, Machine};
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

/// The outcomes of an action that came about, those first that somebody reaches in the fewest steps.
fn nearest<'c>(survey: &Survey<'c>, is_it: impl Fn(Item<'c>, &Cast) -> bool) -> Option<(Walk<'c>, Item<'c>)> {
    let casts = |item| survey.inputs.casts().map(move |cast| (item, cast));
    let found = survey.all_reached().flat_map(casts).filter(|(item, cast)| is_it(*item, cast));
    let walks = found.filter_map(|(item, cast)| Some((survey.way_to(item.at()?, cast)?, item)));
    walks.min_by_key(|(walk, _)| walk.steps.len())
}

/// An action that is not permitted any more where it leads.
fn once<'c>(survey: &Survey<'c>, action: &str, times: u32) -> Option<Walk<'c>> {
    let is_once = |item: Item<'c>, cast: &Cast| match item {
        Item::Accepted(_, by, to) => by == action && !survey.machine.permits(to, by) && survey.is_sure(item, cast),
        _ => false,
    };
    let (way, item) = nearest(survey, is_once)?;
    let Item::Accepted(from, by, to) = item else { return None };
    let input = survey.request(item, &way.cast)?.clone();
    let expects = if input.shows_state { Expects::State(to) } else { Expects::Anything };
    let race =
        WalkStep { item: Some(Item::Race(from, by, to)), does: Does::Together(input.clone(), times, None), expects };
    Some(ended(survey, way, &input, race, Expects::State(to)))
}

/// Wrong values that come at once are counted like those that come one after the other.
fn wrong<'c>(survey: &Survey<'c>, action: &str) -> Option<Walk<'c>> {
    let is_wrong = |item: Item<'c>, cast: &Cast| {
        let leads = matches!(item, Item::Rejected(from, by, to) if by == action && from != to);
        leads && survey.adds_up(item) && survey.inputs.refused(action, cast).is_some()
    };
    let (way, item) = nearest(survey, is_wrong)?;
    let Item::Rejected(from, by, to) = item else { return None };
    let input = survey.inputs.refused(by, &way.cast)?.clone();
    let does = Does::Together(input.clone(), ALL, None);
    let race = WalkStep { item: Some(Item::Race(from, by, from)), does, expects: Expects::Anything };
    Some(ended(survey, way, &input, race, Expects::State(to)))
}

/// An action that ends the wait for a push, while that is approved.
fn against_a_push<'c>(survey: &Survey<'c>, action: &str, times: u32) -> Option<Walk<'c>> {
    let approved = |from: &str, cast: &Cast| {
        let states = survey.machine.leaving_by_itself(from);
        let push = |to: &&'c str| survey.inputs.nudge(from, to) == Nudge::Push(PushAnswer::Approve);
        states.into_iter().filter(push).find(|to| survey.inputs.has_seen(from, to, cast))
    };
    let (way, item) = nearest(survey, |item, cast| match item {
        Item::Accepted(from, by, to) => {
            by == action
                && survey.request(item, cast).is_some()
                && !survey.machine.permits(to, by)
                && approved(from, cast).is_some_and(|end| !survey.machine.permits(end, by))
        }
        _ => false,
    })?;
    let Item::Accepted(from, by, to) = item else { return None };
    let input = survey.request(item, &way.cast)?.clone();
    let does = Does::Together(input.clone(), times, Some(PushAnswer::Approve));
    let race = WalkStep { item: Some(Item::Race(from, by, to)), does, expects: Expects::Anything };
    Some(ended(survey, way, &input, race, Expects::Success))
}

/// What can be had once only, at the end of the way that leads to it.
fn rush<'c>(survey: &Survey<'c>, once: &OnceOnly, contract: &'c Contract) -> Option<Walk<'c>> {
    let (mut steps, mut here) = (Vec::new(), None);
    for at in 0..once.way.len() {
        let step = on_the_way(survey, here, &once.way[at..], contract)?;
        here = step.item.and_then(Item::moves_to).or(here);
        steps.push(step);
    }
    here?;
    let does = Does::Rush(once.request.clone(), TIMES[2]);
    steps.push(WalkStep { item: None, does, expects: Expects::Success });
    Some(Walk::of(survey.machine, once.cast.clone(), steps))
}

/// The first request of a way as a step of a walk that is here. `None` where nobody knows to which state it leads.
fn on_the_way<'c>(
    survey: &Survey<'c>,
    here: Option<&'c str>,
    way: &[Shown],
    contract: &'c Contract,
) -> Option<WalkStep<'c>> {
    let ((input, shown), then) = way.split_first()?;
    let lifecycle = survey.machine.lifecycle;
    let operation = contract.operation(&input.operation)?.name.as_str();
    let state = shown.as_ref().and_then(|shown| lifecycle.states.get_key_value(shown)).map(|(name, _)| name.as_str());
    if let Some(states) = lifecycle.initial.get(operation) {
        let first = state.or_else(|| begun_in(survey.machine, states, then))?;
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

/// The state in which a resource begins where the answer does not show it: the one that is seen when somebody looks, or that
/// permits what follows.
fn begun_in<'c>(machine: Machine<'c>, states: &'c [String], then: &[Shown]) -> Option<&'c str> {
    let (next, shown) = then.first()?;
    let looks = next.operation == machine.lifecycle.read;
    let fits = |state: &&String| match looks {
        true => shown.as_ref() == Some(*state),
        false => machine.permits(state, &next.operation),
    };
    states.iter().find(fits).map(String::as_str)
}

/// A way, a race at its end, and a look at what came of it.
fn ended<'c>(survey: &Survey<'c>, way: Walk<'c>, input: &Input, race: WalkStep<'c>, sees: Expects<'c>) -> Walk<'c> {
    let needed = input.needs.iter().filter_map(|name| survey.inputs.saver(name, &way.cast)).map(WalkStep::preparing);
    let look = WalkStep { item: None, does: Does::Read, expects: sees };
    let steps = way.steps.iter().cloned().chain(needed).chain([race, look]).collect();
    Walk::of(survey.machine, way.cast.clone(), steps)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;
    use crate::explore::dials::Dials;
    use crate::explore::miner::mined;
    use crate::scenario::{LintContext, examine};

    #[test]
    fn what_scenarios_have_only_once_is_asked_for_several_times_at_once() {
        let contract = Contract::embedded().expect("the contract");
        let context = LintContext { contract: &contract, checks: &[], facts: None, elsewhere: &[] };
        let suite = examine(&[PathBuf::from("cases/device-grant/token/twice.yaml")], &context).suite;
        let user = json!({ "username": "somebody", "password": "secret" });
        let persona = json!({ "app": { "clientId": "screen" }, "user": user });
        let inputs = mined(&suite.scenarios, &contract, Some(&persona));
        let flow = contract.lifecycles().iter().find(|known| known.name == "flow").expect("a lifecycle");
        let dials = Dials { personas: true, ..Dials::default() };
        let survey = Survey::new(Machine::new(flow), &inputs, &contract, &dials);
        let races = races(&survey, &contract);
        let [walk] = races.as_slice() else { panic!("{races:#?}") };
        let rushed = walk.steps.last().map(|step| &step.does);
        assert!(matches!(rushed, Some(Does::Rush(input, 8)) if input.operation == "requestToken"), "{walk:#?}");
        // The application does not show the state in which the flow begins; whoever looks next does.
        let path = ["USERNAME_PASSWORD_REQUIRED", "DAG_USER_CODE_REQUIRED", "DAG_CONSENT_REQUIRED", "COMPLETED"];
        assert_eq!(walk.path, path);
    }
}
