//! Ids swapped between resources and steps: every id of an answer becomes a stranger's, and another that the answer shows.

use serde_json::{Value, json};

use super::family::{Family, Operator, STRANGER, set};
use crate::checks::{Resource, at};
use crate::judge::audit::class::{FREE_ID, MutantClass};
use crate::judge::audit::lifecycle_oracle::steps;
use crate::judge::audit::mutant::Mutant;
use crate::judge::audit::original::Original;
use crate::judge::audit::schema_oracle::BodyValue;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "identity",
    operators: &[
        Operator("id-stranger", "an id that occurs nowhere else"),
        Operator("id-swapped", "an id that belongs to something else in the same answer"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let ids: Vec<&BodyValue<'_>> = original.nodes.iter().filter(|node| is_id(node)).collect();
    for node in &ids {
        let class = MutantClass::breach_if(is_tied(original, node), FREE_ID);
        let mut add = |operator, other: Value| {
            emit(Mutant { onwards: true, ..set(operator, &node.pointer, other, class) });
        };
        add("id-stranger", json!(STRANGER));
        if let Some(other) = ids.iter().find(|other| other.value != node.value) {
            add("id-swapped", other.value.clone());
        }
    }
}

fn is_id(node: &BodyValue<'_>) -> bool {
    node.value.is_string() && node.promise.keyword("format").is_some_and(|format| format == "uuid")
}

/// Whether something says which id it must be.
fn is_tied(original: &Original<'_>, node: &BodyValue<'_>) -> bool {
    let Some(resource) = &original.resource else {
        // The id of an error is the correlation id.
        let headers = &original.case.response.headers;
        return node.pointer == "/id"
            && original.case.response.status >= 400
            && headers.get("correlation-id").is_some();
    };
    let pointer = &node.pointer;
    let by_address = *pointer == resource.lifecycle.identity
        || pointer == "/environment/id" && original.case.environment().is_some();
    by_address || is_asked(original, resource, pointer) || is_kept(original, resource, pointer)
}

/// Whether the request says which it must be.
fn is_asked(original: &Original<'_>, resource: &Resource<'_>, pointer: &str) -> bool {
    let asked = resource.lifecycle.asked.get(original.operation()).into_iter().flatten();
    let named: Vec<&String> = asked.filter(|(_, shown)| *shown == pointer).map(|(named, _)| named).collect();
    let request = original.case.observation.sent().filter(|_| !named.is_empty());
    request.is_some_and(|request| named.iter().any(|named| request.pointer(named).is_some()))
}

/// Whether it never changes, and the answer before or after shows it, with nothing sent in between that may change it.
fn is_kept(original: &Original<'_>, resource: &Resource<'_>, pointer: &str) -> bool {
    let Some(released) = resource.lifecycle.fixed.get(pointer) else { return false };
    let about: Vec<usize> = steps(original.contract, original.history, resource.lifecycle, resource.id)
        .iter()
        .map(|step| step.at)
        .collect();
    let Some(place) = about.iter().position(|at| *at == original.at) else { return false };
    let shows = |other: usize| original.history[other].body.value().is_some_and(|body| at(body, pointer).is_some());
    let releases =
        |other: usize| original.history[other].exchange.operation.as_ref().is_some_and(|name| released.contains(name));
    let before = || {
        let shown = about[..place].iter().rposition(|at| shows(*at))?;
        (!about[shown + 1..=place].iter().any(|at| releases(*at))).then_some(())
    };
    let after = || {
        let shown = place + 1 + about[place + 1..].iter().position(|at| shows(*at))?;
        (!about[place + 1..=shown].iter().any(|at| releases(*at))).then_some(())
    };
    before().or_else(after).is_some()
}
