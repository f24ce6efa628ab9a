//! `unchanged-after-refusal`: what was refused has changed nothing of the resource, not only its state.
//!
//! A value that was refused may be counted, and time may pass by itself: neither is asked about. Deliberately not here: the
//! state, which is `lifecycle-transition`'s.

use serde_json::Value;

use super::address::{Address, is_accepted, is_updated, writes};
use super::{Case, Check, Observation, Resource};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "unchanged-after-refusal",
    level: Level::Deny,
    promise: "After an action that its state does not permit was refused, a resource shows what it showed before, apart from \
              the times at which it was last used; without a lifecycle, so does one after any write that was refused.",
    source: "x-lifecycle in the contract: what is not listed in permits is refused and changes nothing; without one, RFC 9110, \
             section 15.5, where it is a warning",
    example: "A passcode that came too early is refused, and yet the resource shows another selected device afterwards.",
    advice: "The refusal came too late: compare the two representations at the pointer, and look for what is changed before \
             the state is checked.",
    needs: &["documented-status", "media-type", "response-schema", "lifecycle-transition", "resource-identity"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    match Address::of(case) {
        Some(address) => read_again(case, &address),
        None => in_lifecycle(case),
    }
}

/// Where no lifecycle says more: what stands under an address before and after a write that was refused.
fn read_again<'a>(case: &Case<'a>, address: &Address<'a, '_>) -> Option<Vec<Finding>> {
    let shown = address.shown(case.observation)?;
    let before = address.shown_before(|earlier| writes(earlier) && is_accepted(earlier))?;
    let mut since = address.history().take_while(|earlier| address.shown(earlier).is_none());
    let refused = since.find(|earlier| address.is_of(earlier) && writes(earlier))?;
    let is_asked = |name: &String| !is_updated(name) && address.documented(name).is_some();
    let other = before.iter().find(|(name, then)| is_asked(name) && shown.get(*name).is_some_and(|now| now != *then));
    let message = format!(
        "{} in step {} was refused, and changed this",
        refused.exchange.request.method,
        refused.exchange.step + 1
    );
    Some(other.map(|(name, then)| address.changed(name, then, message)).into_iter().collect())
}

fn in_lifecycle(case: &Case<'_>) -> Option<Vec<Finding>> {
    let resource = case.resource?;
    let operation = case.exchange().operation.as_deref()?;
    if operation != resource.lifecycle.read {
        return None;
    }
    let (before, refused) = since_last_shown(case, &resource)?;
    let times = &resource.lifecycle.times;
    let ignored = [times.updated.as_deref(), times.expires.as_deref()];
    let (pointer, was) = difference(before, Some(resource.body), String::new(), &ignored)?;
    let message =
        format!("{refused} is not permitted in {}, was refused, and changed something all the same", resource.state);
    let promise = format!("{}/states/{}", resource.lifecycle.pointer, resource.state);
    Some(vec![Finding {
        expected: Some(was.map_or_else(|| "nothing".to_owned(), Value::to_string)),
        actual: Some(resource.body.pointer(&pointer).map_or_else(|| "nothing".to_owned(), Value::to_string)),
        pointer: Some(pointer),
        requirements: case.contract.requirements_at(&promise),
        promise: Some(promise),
        ..Finding::new(message)
    }])
}

/// What the resource showed last, and the action that was refused since; `None` where anything else may have changed it.
fn since_last_shown<'c>(case: &Case<'c>, resource: &Resource<'c>) -> Option<(Option<&'c Value>, &'c str)> {
    let history = &case.history[..case.index()];
    let mut refused = None;
    for earlier in history.iter().rev().filter(|one| one.is_about(case.contract, resource.lifecycle, resource.id)) {
        match earlier.resource(case.contract) {
            Some((_, _, state)) if state == resource.state => return refused.map(|name| (earlier.body.value(), name)),
            Some(_) => return None,
            None => refused = Some(refused_out_of_turn(earlier, resource)?),
        }
    }
    None
}

/// The action of an exchange that was refused because its state does not permit it.
fn refused_out_of_turn<'c>(earlier: &'c Observation, resource: &Resource<'c>) -> Option<&'c str> {
    let operation = earlier.exchange.operation.as_deref()?;
    let status = earlier.exchange.response()?.status;
    let permitted = resource.lifecycle.states.get(resource.state)?.permits.contains_key(operation);
    let out_of_turn = resource.lifecycle.acts(operation) && !permitted && (400..500).contains(&status);
    out_of_turn.then_some(operation)
}

/// The first place at which two values differ, with what was there before.
fn difference<'v>(
    before: Option<&'v Value>,
    after: Option<&Value>,
    at: String,
    ignored: &[Option<&str>],
) -> Option<(String, Option<&'v Value>)> {
    if before == after || ignored.contains(&Some(&at)) {
        return None;
    }
    let (Some(Value::Object(was)), Some(Value::Object(is))) = (before, after) else { return Some((at, before)) };
    let names = was.keys().chain(is.keys().filter(|name| !was.contains_key(*name)));
    let mut below = names.map(|name| (name, crate::base::pointer::join(&at, name)));
    below.find_map(|(name, place)| difference(was.get(name), is.get(name), place, ignored))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named_and_times_of_use_are_passed_over() {
        let (was, is) = (json!({ "a": { "b": 1 }, "updatedAt": 1 }), json!({ "a": { "b": 2 }, "updatedAt": 2 }));
        let found = difference(Some(&was), Some(&is), String::new(), &[Some("/updatedAt")]);
        assert_eq!(found, Some(("/a/b".to_owned(), Some(&json!(1)))));
        let only_time = json!({ "a": { "b": 1 }, "updatedAt": 2 });
        assert_eq!(difference(Some(&was), Some(&only_time), String::new(), &[Some("/updatedAt")]), None);
    }
}
