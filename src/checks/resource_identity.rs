//! `resource-identity`: a resource is the one that was asked for, and stays itself.

use serde_json::Value;

use super::{Case, Check, Observation, Resource, at};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "resource-identity",
    level: Level::Deny,
    promise: "A resource has the id and the environment of the address that it was asked for under, and its environment, \
              user, session and policy stay the same for life; one that begins has a new id, and is about what was asked for.",
    source: "IDENTITY-1, IDENTITY-3; fixed in x-lifecycle, with the operations after which a property may be another, and asked",
    example: "Polling a device authentication suddenly shows another `user.id`: two users were mixed up.",
    advice: "This is serious: look at the exchange that first showed the value, and at caches between you and the tenant.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let resource = case.resource?;
    let asked = case.operation?.subject(&case.exchange().request.url);
    let address = [(resource.lifecycle.identity.as_str(), asked), ("/environment/id", case.environment())];
    let mut findings: Vec<Finding> = address
        .iter()
        .filter_map(|(pointer, asked)| unlike_asked(case, &resource, pointer, asked.as_deref()))
        .collect();
    findings.extend(begun_before(case, &resource));
    findings.extend(unlike_named(case, &resource));
    for (pointer, released_by) in &resource.lifecycle.fixed {
        // What differs from the address needs no second finding.
        let known = findings.iter().any(|finding| finding.pointer.as_ref() == Some(pointer));
        findings.extend(changed(case, &resource, pointer, released_by).filter(|_| !known));
    }
    Some(findings)
}

fn unlike_asked(case: &Case<'_>, resource: &Resource<'_>, pointer: &str, asked: Option<&str>) -> Option<Finding> {
    let shown = at(resource.body, pointer)?.as_str()?;
    let asked = asked.filter(|asked| !asked.eq_ignore_ascii_case(shown))?;
    let expected = Value::from(asked);
    Some(problem(case, resource, pointer, &expected, "the value is not the one that the address names".into()))
}

/// What begins must not have been there before.
fn begun_before(case: &Case<'_>, resource: &Resource<'_>) -> Option<Finding> {
    let operation = case.exchange().operation.as_ref()?;
    resource.lifecycle.initial.get(operation)?;
    let earlier = case.earlier().find(|earlier| earlier.resource(case.contract).is_some())?;
    let message =
        format!("{operation} begins a {}, yet step {} showed it", resource.lifecycle.name, earlier.exchange.step + 1);
    let expected = Value::from("an id of its own");
    Some(problem(case, resource, &resource.lifecycle.identity, &expected, message))
}

/// What the request names and the resource shows must be the same.
fn unlike_named(case: &Case<'_>, resource: &Resource<'_>) -> Vec<Finding> {
    let named = case.exchange().operation.as_ref().and_then(|operation| resource.lifecycle.asked.get(operation));
    let Some(request) = named.and_then(|_| case.observation.sent()) else { return Vec::new() };
    let unlike = named.into_iter().flatten().filter_map(|(from, pointer)| {
        let (wanted, shown) = (at(request, from)?, at(resource.body, pointer)?);
        (wanted != shown).then(|| problem(case, resource, pointer, wanted, "the request names another one".into()))
    });
    unlike.collect()
}

fn changed(case: &Case<'_>, resource: &Resource<'_>, pointer: &str, released_by: &[String]) -> Option<Finding> {
    let shown = at(resource.body, pointer)?;
    if case.exchange().operation.as_ref().is_some_and(|operation| released_by.contains(operation)) {
        return None;
    }
    let (earlier, before) = last_shown(case, pointer, released_by)?;
    (before != shown).then(|| {
        let step = earlier.exchange.step + 1;
        problem(case, resource, pointer, before, format!("the value was another one in step {step}"))
    })
}

/// The value that was shown last, unless something has been sent since that may have changed it.
fn last_shown<'a>(case: &Case<'a>, pointer: &str, released_by: &[String]) -> Option<(&'a Observation, &'a Value)> {
    for observation in case.earlier() {
        if let Some(value) = observation.body.value().and_then(|value| at(value, pointer)) {
            return Some((observation, value));
        }
        if observation.exchange.operation.as_ref().is_some_and(|operation| released_by.contains(operation)) {
            return None;
        }
    }
    None
}

fn problem(case: &Case<'_>, resource: &Resource<'_>, pointer: &str, expected: &Value, message: String) -> Finding {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Finding {
        pointer: Some(pointer.to_owned()),
        expected: Some(text(expected)),
        actual: at(resource.body, pointer).map(text),
        requirements: case.contract.requirements_at(&resource.documented(&resource.lifecycle.identity)),
        promise: Some(resource.documented(pointer)),
        ..Finding::new(message)
    }
}
