//! The states that resources can be in, step by step, as far as a scenario says: so that an action that can only be refused is
//! found before it is sent.
//!
//! A resource is known by the saved variable that holds its id. What is not known for certain is forgotten: a mistake is
//! reported only where no possible state permits the action, or leads to the state that is expected.
//!
//! The states that a scenario lists in `sequence` are held against the lifecycle and what its steps expect.
//!
//! Deliberately not here: judging what a tenant did (see `checks::lifecycle_transition`).

use std::collections::{BTreeSet, HashMap};

use super::context::Lint;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::contract::{Lifecycle, Operation};
use crate::scenario::model::{Call, Expectation, SaveFrom, StateSequence, States};

/// A resource by its number in the scenario.
type Number = usize;

/// What is known of the resources of a scenario.
#[derive(Default)]
pub(super) struct Resources<'a> {
    /// What is known of the states, by number.
    tracked: HashMap<Number, TrackedResource<'a>>,
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
struct TrackedResource<'a> {
    lifecycle: &'a Lifecycle,
    /// The states it may be in; never empty.
    states: BTreeSet<&'a str>,
    /// The call after which it was so.
    since: &'a Span,
}

/// How a call is expected to end.
#[derive(Clone, Copy, PartialEq)]
enum ExpectedOutcome {
    Success,
    Rejection,
    Either,
}

impl<'a> Resources<'a> {
    /// The resource of a variable; one that was not known gets a number.
    fn of(&mut self, variable: &'a str) -> Number {
        if let Some(number) = self.holds.get(variable) {
            return *number;
        }
        let number = self.next_number();
        self.holds.insert(variable, number);
        number
    }

    fn next_number(&mut self) -> Number {
        self.count += 1;
        self.count
    }

    /// A variable has another value: that of a second variable, or an unknown one.
    pub(super) fn bind(&mut self, name: &'a str, other: Option<&'a str>) {
        match other.map(|other| self.of(other)) {
            Some(number) => _ = self.holds.insert(name, number),
            None => _ = self.holds.remove(name),
        }
    }

    fn forget(&mut self, lifecycle: &Lifecycle) {
        self.tracked.retain(|_, resource| resource.lifecycle.name != lifecycle.name);
    }

    /// Follows a call through the lifecycle that its operation belongs to.
    pub(super) fn follow(&mut self, lint: &mut Lint<'a>, call: &'a Call, operation: &'a Operation) {
        let Some(lifecycle) = lint.contract.lifecycle_of(&operation.name) else { return };
        if !self.lifecycles.iter().any(|known| known.name == lifecycle.name) {
            self.lifecycles.push(lifecycle);
        }
        let subject = subject(call, operation).map(|name| self.of(name));
        self.expected.extend(call.expectations().filter_map(|each| each.state.as_ref()).map(|state| (subject, state)));
        if call.raw.is_some() {
            return self.forget(lifecycle);
        }
        let initial = lifecycle.initial.get(&operation.name);
        let before = subject.and_then(|number| self.tracked.get(&number).cloned());
        let after = match (initial, before) {
            (Some(initial), _) => first_seen(call, lifecycle, initial.iter().map(String::as_str).collect()),
            (None, Some(before)) => acted(lint, call, operation, &before),
            (None, None) => {
                self.forget(lifecycle);
                first_seen(call, lifecycle, lifecycle.after(&operation.name))
            }
        };
        let number = subject.filter(|_| initial.is_none()).unwrap_or_else(|| self.next_number());
        match after {
            Some(resource) => _ = self.tracked.insert(number, resource),
            None => _ = self.tracked.remove(&number),
        }
        self.note_saves(call, lifecycle, number);
    }

    fn note_saves(&mut self, call: &'a Call, lifecycle: &Lifecycle, number: Number) {
        for save in &call.saves {
            let is_identity = matches!(&save.from, SaveFrom::Body(pointer) if *pointer == lifecycle.identity);
            match is_identity {
                true => _ = self.holds.insert(&save.name.value, number),
                false => self.bind(&save.name.value, None),
            }
        }
    }

    /// Checks the states that the whole scenario lists against the lifecycles and what its steps expect.
    pub(super) fn check_sequence(&mut self, lint: &mut Lint<'a>) {
        match &lint.scenario.sequence {
            None => {}
            Some(StateSequence::Only(states)) => {
                let only = (self.lifecycles.len() == 1).then(|| self.lifecycles[0]);
                let expected: Vec<_> = self.expected.iter().map(|(_, state)| *state).collect();
                check_sequence(lint, states, only, &expected);
            }
            Some(StateSequence::ByVariable(named)) => {
                for (variable, states) in named {
                    let number = self.of(&variable.value);
                    let only = self.tracked.get(&number).map(|resource| resource.lifecycle);
                    let expected = self.expected.iter().filter(|(of, _)| *of == Some(number));
                    let expected: Vec<_> = expected.map(|(_, state)| *state).collect();
                    check_sequence(lint, states, only, &expected);
                }
            }
        }
    }
}

/// The variable that holds the id of the resource that a call is about.
fn subject<'a>(call: &'a Call, operation: &Operation) -> Option<&'a str> {
    let last = operation.path.rsplit('/').next()?.strip_prefix('{')?.strip_suffix('}')?;
    let binding = call.path.iter().find(|binding| binding.name.value == last)?;
    binding.value.whole_name()
}

/// What a call makes of a resource; `None` when nothing is known afterwards.
fn acted<'a>(
    lint: &mut Lint<'a>,
    call: &'a Call,
    operation: &'a Operation,
    before: &TrackedResource<'a>,
) -> Option<TrackedResource<'a>> {
    let lifecycle = before.lifecycle;
    let possible = lifecycle.elapsed(&before.states);
    let outcome = outcome(last(call));
    let permitting: Vec<&str> = possible
        .iter()
        .copied()
        .filter(|state| lifecycle.states[*state].permits.contains_key(&operation.name))
        .collect();
    let acts = lifecycle.acts(&operation.name);
    if acts && outcome == ExpectedOutcome::Success && permitting.is_empty() {
        forbidden(lint, call, operation, before, &possible);
        return None;
    }
    let mut states = BTreeSet::new();
    if outcome != ExpectedOutcome::Rejection {
        match acts {
            true => states.extend(following(lifecycle, &permitting, operation, true)),
            false => states.extend(possible.iter().copied()),
        }
    }
    if outcome != ExpectedOutcome::Success {
        states.extend(possible.iter().copied());
        states.extend(following(lifecycle, &permitting, operation, false));
    }
    narrowed(lint, call, before, &lifecycle.elapsed(&states))
}

/// What remains of the possible states after the one that is expected.
fn narrowed<'a>(
    lint: &mut Lint<'a>,
    call: &'a Call,
    before: &TrackedResource<'a>,
    states: &BTreeSet<&'a str>,
) -> Option<TrackedResource<'a>> {
    let lifecycle = before.lifecycle;
    let since = &call.operation.span;
    let Some(expected) = &last(call).state else {
        return Some(TrackedResource { lifecycle, states: states.clone(), since });
    };
    let (name, _) = lifecycle.states.get_key_value(&expected.value)?;
    let expected_state = name.as_str();
    if outcome(last(call)) == ExpectedOutcome::Success && !states.contains(&expected_state) && !states.is_empty() {
        let message = format!("after this call the state cannot be {expected_state}");
        let problem = Diagnostic::at(&expected.span, message).help(format!("it can be {}", words(states)));
        let was = format!("{} from here on", words(&before.states));
        lint.report(problem.related(before.since, was).rule("impossible-state"));
    }
    Some(TrackedResource { lifecycle, states: BTreeSet::from([expected_state]), since })
}

fn forbidden(
    lint: &mut Lint<'_>,
    call: &Call,
    operation: &Operation,
    before: &TrackedResource<'_>,
    possible: &BTreeSet<&str>,
) {
    let lifecycle = before.lifecycle;
    let message = format!("`{}` is refused in the state {}", operation.name, words(possible));
    let permitted = lifecycle.states.iter().filter(|(_, state)| state.permits.contains_key(&operation.name));
    let permitted: BTreeSet<&str> = permitted.map(|(name, _)| name.as_str()).collect();
    let help = format!("it is permitted in {}; if the refusal is intended, expect its status", words(&permitted));
    let problem = Diagnostic::at(&call.operation.span, message).help(help).rule("forbidden-action");
    let reached = format!("after this the state is {}", words(&before.states));
    lint.report(if before.since == &call.operation.span { problem } else { problem.related(before.since, reached) });
}

/// The expectation that the last answer of a call must meet in full.
fn last(call: &Call) -> &Expectation {
    match &call.repeat {
        Some(repeat) if call.expect.state.is_none() && call.expect.status.is_empty() => &repeat.until,
        _ => &call.expect,
    }
}

fn outcome(expectation: &Expectation) -> ExpectedOutcome {
    let refused = expectation.status.iter().filter(|status| status.value >= 400).count();
    match expectation.status.len() - refused {
        _ if refused == 0 => ExpectedOutcome::Success,
        0 => ExpectedOutcome::Rejection,
        _ => ExpectedOutcome::Either,
    }
}

/// A resource of which nothing was known: it is as the step expects, or in one of these states.
fn first_seen<'a>(call: &'a Call, lifecycle: &'a Lifecycle, states: BTreeSet<&'a str>) -> Option<TrackedResource<'a>> {
    let expectation = last(call);
    if outcome(expectation) != ExpectedOutcome::Success {
        return None;
    }
    let states = match &expectation.state {
        Some(state) => BTreeSet::from([lifecycle.states.get_key_value(&state.value)?.0.as_str()]),
        None => lifecycle.elapsed(&states),
    };
    (!states.is_empty()).then_some(TrackedResource { lifecycle, states, since: &call.operation.span })
}

/// The states that follow an action from the states that permit it.
fn following<'a>(lifecycle: &'a Lifecycle, from: &[&str], operation: &Operation, accepted: bool) -> BTreeSet<&'a str> {
    let next = from.iter().filter_map(|state| lifecycle.states[*state].permits.get(&operation.name));
    next.flat_map(|next| if accepted { &next.success } else { &next.rejection }).map(String::as_str).collect()
}

fn words(states: &BTreeSet<&str>) -> String {
    match states.len() {
        0 => "no state".to_owned(),
        _ => states.iter().copied().collect::<Vec<_>>().join(" or "),
    }
}

/// Checks one list of states; `expected` are those that steps expect, in order.
fn check_sequence(lint: &mut Lint<'_>, states: &States, lifecycle: Option<&Lifecycle>, expected: &[&Spanned<String>]) {
    for state in &states.value {
        lint.state(state, lifecycle.map(|lifecycle| lifecycle.name.as_str()));
    }
    let known = |state: &str| lint.contract.lifecycles().iter().any(|each| each.states.contains_key(state));
    let mistyped = states.iter().chain(expected.iter().copied()).any(|state| !known(state));
    for pair in states.windows(2) {
        let (before, after) = (&pair[0].value, &pair[1].value);
        if before == after {
            let message = format!("{after} is listed twice in a row; a state that does not change is listed once");
            lint.broken("impossible-sequence", &pair[1].span, message);
        } else if known(before) && known(after) && lifecycle.is_some_and(|lifecycle| !lifecycle.leads(before, after)) {
            lint.broken("impossible-sequence", &pair[1].span, format!("{after} can never follow {before}"));
        }
    }
    // A mistyped state has been reported; as it was meant, it may well fit.
    if !mistyped {
        in_order(lint, states, expected);
    }
}

/// The states that steps expect must be found in the sequence, in their order.
fn in_order(lint: &mut Lint<'_>, states: &States, expected: &[&Spanned<String>]) {
    let mut at = 0;
    for state in expected {
        match states[at..].iter().position(|listed| listed.value == state.value) {
            Some(further) => at += further,
            None => {
                let message = match states.iter().any(|listed| listed.value == state.value) {
                    true => format!("{} is expected here, but `sequence` lists it only earlier", state.value),
                    false => format!("{} is expected here, but `sequence` does not list it", state.value),
                };
                let problem = Diagnostic::at(&state.span, message).related(&states.span, "all states, in order");
                return lint.report(problem.rule("impossible-sequence"));
            }
        }
    }
}
