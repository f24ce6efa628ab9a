//! Whether a lifecycle allows a sequence: the question that the audit answers for itself, forwards and over the whole
//! sequence, where the check looks back from one answer.
//!
//! Deliberately not here: links, properties and times of the states.

use std::collections::BTreeSet;

use crate::checks::Observation;
use crate::contract::{Contract, Lifecycle};

/// One exchange about a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct LifecycleStep<'a> {
    /// Which exchange of the sequence it is.
    pub at: usize,
    operation: &'a str,
    status: Option<u16>,
    /// The state that it shows.
    pub shown: Option<&'a str>,
}

/// The exchanges about one resource, in order.
pub(super) fn steps<'a>(
    contract: &'a Contract,
    history: &'a [Observation],
    lifecycle: &Lifecycle,
    id: &str,
) -> Vec<LifecycleStep<'a>> {
    let about = history.iter().enumerate().filter(|(_, observation)| observation.is_about(contract, lifecycle, id));
    about
        .map(|(at, observation)| LifecycleStep {
            at,
            operation: observation.exchange.operation.as_deref().unwrap_or_default(),
            status: observation.exchange.response().map(|response| response.status),
            shown: observation.resource(contract).map(|(_, _, state)| state),
        })
        .collect()
}

/// Whether a lifecycle allows a sequence of exchanges about one resource.
pub(super) fn is_lawful(lifecycle: &Lifecycle, steps: &[LifecycleStep<'_>]) -> bool {
    let mut possible: Option<BTreeSet<&str>> = None;
    for step in steps {
        let before = possible.take().map(|states| lifecycle.elapsed(&states));
        let after = match before {
            Some(before) => later(lifecycle, step, &before),
            None => first(lifecycle, step),
        };
        match after {
            Some(states) => possible = states,
            None => return false,
        }
    }
    true
}

/// Whether an answer must show what another one shows: both show one state, and all that happened in between were actions
/// that this state does not permit, and that were refused.
pub(super) fn is_held(lifecycle: &Lifecycle, steps: &[LifecycleStep<'_>], at: usize) -> bool {
    let mut reads = steps.iter().enumerate().filter(|(_, step)| step.operation == lifecycle.read);
    reads.any(|(place, read)| {
        let before = held_to(lifecycle, &steps[..place], read);
        before.is_some_and(|before| read.at == at || before.at == at)
    })
}

/// The answer that a read must repeat.
fn held_to<'s, 'a>(
    lifecycle: &Lifecycle,
    earlier: &'s [LifecycleStep<'a>],
    read: &LifecycleStep<'_>,
) -> Option<&'s LifecycleStep<'a>> {
    let permits = &lifecycle.states.get(read.shown?)?.permits;
    let refused = |step: &LifecycleStep<'_>| {
        let is_refused = step.status.is_some_and(|status| (400..500).contains(&status));
        is_refused && lifecycle.acts(step.operation) && !permits.contains_key(step.operation)
    };
    let shown = earlier.iter().rposition(|step| step.shown.is_some())?;
    let between = &earlier[shown + 1..];
    let holds = !between.is_empty() && between.iter().all(refused) && earlier[shown].shown == read.shown;
    holds.then(|| &earlier[shown])
}

/// The states after an exchange, if it was lawful; an inner `None` where nothing is known yet.
type After<'a> = Option<Option<BTreeSet<&'a str>>>;

fn first<'a>(lifecycle: &'a Lifecycle, step: &LifecycleStep<'_>) -> After<'a> {
    let Some(shown) = step.shown else { return Some(None) };
    let known = named(lifecycle, shown)?;
    let allowed = match lifecycle.initial.get(step.operation) {
        Some(initial) => initial.iter().any(|state| state == shown),
        None if lifecycle.acts(step.operation) => lifecycle.after(step.operation).contains(shown),
        None => true,
    };
    allowed.then(|| Some(BTreeSet::from([known])))
}

fn later<'a>(lifecycle: &'a Lifecycle, step: &LifecycleStep<'_>, before: &BTreeSet<&'a str>) -> After<'a> {
    // What is there already cannot begin once more.
    if lifecycle.initial.contains_key(step.operation) && step.shown.is_some() {
        return None;
    }
    let after = if lifecycle.acts(step.operation) { acted(lifecycle, step, before) } else { before.clone() };
    let after = match step.shown {
        Some(shown) => BTreeSet::from([*after.get(shown)?]),
        None => after,
    };
    (!after.is_empty()).then_some(Some(after))
}

fn acted<'a>(lifecycle: &'a Lifecycle, step: &LifecycleStep<'_>, before: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let next = |state: &str| lifecycle.states.get(state).and_then(|state| state.permits.get(step.operation));
    let accepted =
        || before.iter().filter_map(|state| next(state)).flat_map(|next| next.success.iter().map(String::as_str));
    let rejected = || {
        before.iter().flat_map(move |state| match next(state) {
            Some(next) if !next.rejection.is_empty() => next.rejection.iter().map(String::as_str).collect(),
            _ => vec![*state],
        })
    };
    match step.status {
        Some(200..400) => accepted().collect(),
        Some(400) => rejected().collect(),
        Some(401..500) => before.clone(),
        _ => accepted().chain(rejected()).collect(),
    }
}

fn named<'a>(lifecycle: &'a Lifecycle, state: &str) -> Option<&'a str> {
    lifecycle.states.get_key_value(state).map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lawful(steps: &[(&'static str, u16, Option<&'static str>)]) -> bool {
        let contract = Contract::embedded().expect("the contract is valid");
        let lifecycle = contract.lifecycle_of("validateOtp").expect("a lifecycle");
        let steps = steps.iter().enumerate();
        let steps: Vec<LifecycleStep<'_>> = steps
            .map(|(at, (operation, status, shown))| LifecycleStep {
                at,
                operation,
                status: Some(*status),
                shown: *shown,
            })
            .collect();
        is_lawful(lifecycle, &steps)
    }

    const BEGUN: (&str, u16, Option<&str>) = ("initializeDeviceAuthentication", 201, Some("OTP_REQUIRED"));
    const DONE: (&str, u16, Option<&str>) = ("validateOtp", 200, Some("COMPLETED"));

    #[test]
    fn a_sequence_that_the_lifecycle_draws_is_lawful() {
        assert!(lawful(&[
            BEGUN,
            ("validateOtp", 400, None),
            DONE,
            ("readDeviceAuthentication", 200, Some("COMPLETED"))
        ]));
        assert!(lawful(&[("readDeviceAuthentication", 200, Some("OTP_REQUIRED")), DONE]));
    }

    #[test]
    fn only_a_refusal_out_of_turn_between_two_answers_of_one_state_holds_the_second_to_the_first() {
        let contract = Contract::embedded().expect("the contract is valid");
        let lifecycle = contract.lifecycle_of("validateOtp").expect("a lifecycle");
        let held = |operation: &'static str, status: u16, then: &'static str| {
            let shown = |at, operation, status, shown| LifecycleStep { at, operation, status: Some(status), shown };
            let read = shown(2, "readDeviceAuthentication", 200, Some(then));
            let steps = [shown(0, BEGUN.0, BEGUN.1, BEGUN.2), shown(1, operation, status, None), read];
            [0, 1, 2].map(|at| is_held(lifecycle, &steps, at))
        };
        assert_eq!(held("checkAssertion", 400, "OTP_REQUIRED"), [true, false, true]);
        for (operation, status, then) in [
            ("checkAssertion", 400, "FAILED"),
            ("checkAssertion", 500, "OTP_REQUIRED"),
            ("validateOtp", 400, "OTP_REQUIRED"),
        ] {
            assert_eq!(held(operation, status, then), [false; 3], "{operation} {status} {then}");
        }
    }

    #[test]
    fn what_skips_repeats_or_follows_the_end_is_not() {
        assert!(!lawful(&[BEGUN, ("readDeviceAuthentication", 200, Some("COMPLETED"))]));
        assert!(!lawful(&[BEGUN, DONE, DONE]));
        assert!(!lawful(&[BEGUN, BEGUN]));
        assert!(!lawful(&[BEGUN, DONE, ("readDeviceAuthentication", 200, Some("OTP_REQUIRED"))]));
    }
}
