//! The states that resources can be in, step by step, as far as a scenario says: so that an action that can only be refused is
//! found before it is sent.
//!
//! A resource is known by the saved variable that holds its id. What is not known for certain is forgotten: a mistake is
//! reported only where no possible state permits the action, or leads to the state that is expected.
//!
//! Deliberately not here: judging what a tenant did (see `checks::lifecycle_transition`).

use std::collections::{BTreeSet, HashMap};

use super::Lint;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::contract::{Lifecycle, Operation};
use crate::scenario::model::{Call, Expectation, JsonValue, SaveFrom, Sequence, States};
use crate::scenario::template::root;

/// A resource by its number in the scenario.
type Number = usize;

/// What is known of the resources of a scenario.
#[derive(Default)]
pub(super) struct Resources<'a> {
    /// What is known of the states, by number.
    tracked: HashMap<Number, Resource<'a>>,
    /// The resource whose id a variable holds.
    holds: HashMap<&'a str, Number>,
    /// How many numbers have been given.
    count: Number,
    /// The states that steps expect, in order, with the resource where it is known.
    expected: Vec<(Option<Number>, &'a Spanned<String>)>,
    /// The lifecycles of everything called.
    lifecycles: Vec<&'a Lifecycle>,
}

#[derive(Clone)]
struct Resource<'a> {
    lifecycle: &'a Lifecycle,
    /// The states it may be in; never empty.
    states: BTreeSet<&'a str>,
    /// The call after which it was so.
    since: &'a Span,
}

/// How a call is expected to end.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Success,
    Rejection,
    Either,
}

impl<'a> Resources<'a> {
    /// The resource of a variable; one that was not known gets a number.
    fn of(&mut self, variable: &'a str) -> Number {
        let count = &mut self.count;
        *self.holds.entry(variable).or_insert_with(|| {
            *count += 1;
            *count
        })
    }

    /// A variable has another value: that of a second variable, or one that nobody knows.
    pub(super) fn bind(&mut self, name: &'a str, other: Option<&'a str>) {
        match other.map(|other| self.of(other)) {
            Some(number) => _ = self.holds.insert(name, number),
            None => _ = self.holds.remove(name),
        }
    }

    fn forget(&mut self, lifecycle: &Lifecycle) {
        self.tracked.retain(|_, resource| resource.lifecycle.name != lifecycle.name);
    }
}

impl<'a> Lint<'a> {
    /// Follows a call through the lifecycle that its operation belongs to.
    pub(super) fn follow(&mut self, call: &'a Call, operation: &'a Operation) {
        let Some(lifecycle) = self.contract.lifecycle_of(&operation.name) else { return };
        if !self.resources.lifecycles.iter().any(|known| known.name == lifecycle.name) {
            self.resources.lifecycles.push(lifecycle);
        }
        let subject = self.subject(call, operation).map(|name| self.resources.of(name));
        for state in call.expect.state.iter().chain(call.repeat.iter().filter_map(|repeat| repeat.until.state.as_ref()))
        {
            self.resources.expected.push((subject, state));
        }
        if call.raw.is_some() {
            return self.resources.forget(lifecycle);
        }
        let is_new = lifecycle.initial.contains_key(&operation.name);
        let before = subject.and_then(|number| self.resources.tracked.get(&number).cloned());
        let after = match (before, is_new) {
            (_, true) => begun(call, operation, lifecycle),
            (Some(before), _) => self.acted(call, operation, &before),
            (None, _) => {
                self.resources.forget(lifecycle);
                seen(call, operation, lifecycle)
            }
        };
        let number = subject.filter(|_| !is_new).unwrap_or_else(|| {
            self.resources.count += 1;
            self.resources.count
        });
        match after {
            Some(resource) => _ = self.resources.tracked.insert(number, resource),
            None => _ = self.resources.tracked.remove(&number),
        }
        for save in &call.saves {
            let is_identity = matches!(&save.from, SaveFrom::Body(pointer) if *pointer == lifecycle.identity);
            match is_identity {
                true => _ = self.resources.holds.insert(&save.name.value, number),
                false => self.resources.bind(&save.name.value, None),
            }
        }
    }

    /// The variable that holds the id of the resource that a call is about.
    fn subject(&self, call: &'a Call, operation: &Operation) -> Option<&'a str> {
        let last = operation.path.rsplit('/').next()?.strip_prefix('{')?.strip_suffix('}')?;
        let binding = call.path.iter().find(|binding| binding.name.value == last)?;
        let JsonValue::Template(template) = &binding.value.value else { return None };
        template.whole_path().filter(|path| root(path) == *path)
    }

    /// What a call makes of a resource; `None` when nothing is known afterwards.
    fn acted(&mut self, call: &'a Call, operation: &'a Operation, before: &Resource<'a>) -> Option<Resource<'a>> {
        let lifecycle = before.lifecycle;
        let possible = lifecycle.elapsed(&before.states);
        let ending = ending(last(call));
        let permitting: Vec<&str> = possible
            .iter()
            .copied()
            .filter(|state| lifecycle.states[*state].permits.contains_key(&operation.name))
            .collect();
        let acts = lifecycle.acts(&operation.name);
        if acts && ending == Ending::Success && permitting.is_empty() {
            self.forbidden(call, operation, before, &possible);
            return None;
        }
        let mut states = BTreeSet::new();
        if ending != Ending::Rejection {
            match acts {
                true => states.extend(following(lifecycle, &permitting, operation, true)),
                false => states.extend(possible.iter().copied()),
            }
        }
        if ending != Ending::Success {
            states.extend(possible.iter().copied());
            states.extend(following(lifecycle, &permitting, operation, false));
        }
        self.narrowed(call, before, &lifecycle.elapsed(&states))
    }

    /// What remains of the possible states after the one that is expected.
    fn narrowed(&mut self, call: &'a Call, before: &Resource<'a>, states: &BTreeSet<&'a str>) -> Option<Resource<'a>> {
        let lifecycle = before.lifecycle;
        let since = &call.operation.span;
        let Some(wanted) = &last(call).state else {
            return Some(Resource { lifecycle, states: states.clone(), since });
        };
        let (wanted_name, _) = lifecycle.states.get_key_value(&wanted.value)?;
        let wanted_state = wanted_name.as_str();
        if ending(last(call)) == Ending::Success && !states.contains(&wanted_state) && !states.is_empty() {
            let message = format!("after this call the state cannot be {wanted_state}");
            let problem = Diagnostic::at(&wanted.span, message).help(format!("it can be {}", words(states)));
            let was = format!("{} since here", words(&before.states));
            self.report(problem.related(before.since, was).rule("impossible-state"));
        }
        Some(Resource { lifecycle, states: BTreeSet::from([wanted_state]), since })
    }

    fn forbidden(&mut self, call: &Call, operation: &Operation, before: &Resource<'a>, possible: &BTreeSet<&'a str>) {
        let lifecycle = before.lifecycle;
        let message = format!("`{}` is refused in the state {}", operation.name, words(possible));
        let permitted = lifecycle.states.iter().filter(|(_, state)| state.permits.contains_key(&operation.name));
        let permitted: BTreeSet<&str> = permitted.map(|(name, _)| name.as_str()).collect();
        let help = format!("it is permitted in {}; if it is to be refused, expect the status", words(&permitted));
        let problem = Diagnostic::at(&call.operation.span, message).help(help).rule("forbidden-action");
        let reached = format!("after this the state is {}", words(&before.states));
        self.report(if before.since == &call.operation.span {
            problem
        } else {
            problem.related(before.since, reached)
        });
    }

    /// Checks the states that the whole scenario lists against the lifecycles and what its steps expect.
    pub(super) fn sequences(&mut self) {
        match &self.scenario.sequence {
            None => {}
            Some(Sequence::Only(states)) => {
                let lifecycles = &self.resources.lifecycles;
                let only = (lifecycles.len() == 1).then(|| lifecycles[0]);
                let expected = self.resources.expected.iter().map(|(_, state)| *state).collect();
                self.one_sequence(states, only, expected);
            }
            Some(Sequence::ByVariable(named)) => {
                for (variable, states) in named {
                    self.saved_variable(variable);
                    let number = self.resources.of(&variable.value);
                    let only = self.resources.tracked.get(&number).map(|resource| resource.lifecycle);
                    let expected = self.resources.expected.iter().filter(|(of, _)| *of == Some(number));
                    let expected = expected.map(|(_, state)| *state).collect();
                    self.one_sequence(states, only, expected);
                }
            }
        }
    }

    fn one_sequence(
        &mut self,
        states: &'a States,
        lifecycle: Option<&'a Lifecycle>,
        expected: Vec<&'a Spanned<String>>,
    ) {
        for state in &states.value {
            self.state(state, lifecycle.map(|lifecycle| lifecycle.name.as_str()));
        }
        for pair in states.windows(2) {
            if pair[0].value == pair[1].value {
                let message = format!("{} stands twice in a row; equal states in a row count once", pair[1].value);
                self.report(Diagnostic::at(&pair[1].span, message).rule("impossible-sequence"));
            } else if lifecycle.is_some_and(|lifecycle| !leads(lifecycle, &pair[0].value, &pair[1].value)) {
                let message = format!("{} can never follow {}", pair[1].value, pair[0].value);
                self.report(Diagnostic::at(&pair[1].span, message).rule("impossible-sequence"));
            }
        }
        self.in_order(states, &expected);
    }

    /// The states that steps expect must be found in the sequence, in their order.
    fn in_order(&mut self, states: &'a States, expected: &[&'a Spanned<String>]) {
        let mut at = 0;
        for wanted in expected {
            match states[at..].iter().position(|state| state.value == wanted.value) {
                Some(further) => at += further,
                None => {
                    let message = match states.iter().any(|state| state.value == wanted.value) {
                        true => format!("`sequence` has no {} after the states before it", wanted.value),
                        false => format!("{} is expected here, and `sequence` does not list it", wanted.value),
                    };
                    let problem =
                        Diagnostic::at(&wanted.span, message).related(&states.span, "the whole list of states");
                    return self.report(problem.rule("impossible-sequence"));
                }
            }
        }
    }
}

/// The expectation that the last answer of a call must meet in full.
fn last(call: &Call) -> &Expectation {
    match &call.repeat {
        Some(repeat) if call.expect.state.is_none() && call.expect.status.is_empty() => &repeat.until,
        _ => &call.expect,
    }
}

fn ending(expectation: &Expectation) -> Ending {
    let refused = expectation.status.iter().filter(|status| status.value >= 400).count();
    match expectation.status.len() - refused {
        _ if refused == 0 => Ending::Success,
        0 => Ending::Rejection,
        _ => Ending::Either,
    }
}

/// A resource that has just been made.
fn begun<'a>(call: &'a Call, operation: &Operation, lifecycle: &'a Lifecycle) -> Option<Resource<'a>> {
    let initial: BTreeSet<&str> = lifecycle.initial.get(&operation.name)?.iter().map(String::as_str).collect();
    let states = narrow(call, lifecycle, initial)?;
    Some(Resource { lifecycle, states, since: &call.operation.span })
}

/// A resource that was not known before: it is as the step expects, or as the action leaves it.
fn seen<'a>(call: &'a Call, operation: &Operation, lifecycle: &'a Lifecycle) -> Option<Resource<'a>> {
    let states = narrow(call, lifecycle, lifecycle.after(&operation.name))?;
    Some(Resource { lifecycle, states, since: &call.operation.span })
}

fn narrow<'a>(call: &Call, lifecycle: &'a Lifecycle, states: BTreeSet<&'a str>) -> Option<BTreeSet<&'a str>> {
    let expectation = last(call);
    if ending(expectation) != Ending::Success {
        return None;
    }
    let states = match &expectation.state {
        Some(state) => BTreeSet::from([lifecycle.states.get_key_value(&state.value)?.0.as_str()]),
        None => lifecycle.elapsed(&states),
    };
    (!states.is_empty()).then_some(states)
}

/// The states that follow an action from the states that permit it.
fn following<'a>(lifecycle: &'a Lifecycle, from: &[&str], operation: &Operation, accepted: bool) -> BTreeSet<&'a str> {
    let next = from.iter().filter_map(|state| lifecycle.states[*state].permits.get(&operation.name));
    next.flat_map(|next| if accepted { &next.success } else { &next.rejection }).map(String::as_str).collect()
}

/// Whether one state can lead to another by any number of actions.
fn leads(lifecycle: &Lifecycle, from: &str, to: &str) -> bool {
    let mut open = vec![from];
    let mut reached = BTreeSet::new();
    while let Some(state) = open.pop().and_then(|name| lifecycle.states.get(name)) {
        let acted = state.permits.values().flat_map(|next| next.success.iter().chain(&next.rejection));
        for later in acted.chain(&state.elapse).map(String::as_str) {
            if reached.insert(later) {
                open.push(later);
            }
        }
    }
    reached.contains(to)
}

fn words(states: &BTreeSet<&str>) -> String {
    match states.len() {
        0 => "no state".to_owned(),
        _ => states.iter().copied().collect::<Vec<_>>().join(" or "),
    }
}
