//! States: the resource shows another one, alone or with all that belongs to it.
//!
//! With the state alone the links and properties contradict it; with all that belongs to it only the sequence does.

use serde_json::{Value, json};

use super::family::{Family, Operator};
use crate::checks::Resource;
use crate::contract::LifecycleState;
use crate::judge::audit::class::{LAWFUL, MutantClass};
use crate::judge::audit::lifecycle_oracle::{is_lawful, steps};
use crate::judge::audit::mutant::{BodyEdit, Mutant, Mutation};
use crate::judge::audit::original::Original;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "states",
    operators: &[
        Operator("state-alone", "another state, with the links and properties of this one"),
        Operator("state-whole", "another state, with the links and properties that belong to it"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let Some(resource) = &original.resource else { return };
    for (name, state) in resource.lifecycle.states.iter().filter(|(name, _)| *name != resource.state) {
        let lawful = is_lawful_as(original, resource, name);
        let mut add = |operator, edits, breach| {
            let class = MutantClass::breach_if(breach, LAWFUL);
            let place = format!("{} {name}", resource.lifecycle.state);
            emit(Mutant { operator, place, change: Mutation::Body(edits), class, onwards: true });
        };
        let alone = BodyEdit::Set(resource.lifecycle.state.clone(), json!(name));
        add("state-alone", vec![alone.clone()], !lawful || !fits(resource, state));
        let mut whole = vec![alone];
        whole.extend(edits_to_fit(resource, state));
        // What the state demands and nobody can make up is missing still.
        let incomplete = !demands(state).all(|pointer| is_shown(resource, pointer) || made_up(pointer).is_some());
        add("state-whole", whole, !lawful || incomplete);
    }
}

/// Whether the sequence would be as lawful with this state shown here.
fn is_lawful_as(original: &Original<'_>, resource: &Resource<'_>, state: &str) -> bool {
    let mut steps = steps(original.contract, original.history, resource.lifecycle, resource.id);
    steps.iter_mut().filter(|step| step.at == original.at).for_each(|step| step.shown = Some(state));
    is_lawful(resource.lifecycle, &steps)
}

fn links<'a>(resource: &Resource<'a>) -> impl Iterator<Item = &'a String> {
    resource.body.get("_links").and_then(Value::as_object).into_iter().flat_map(|links| links.keys())
}

fn is_shown(resource: &Resource<'_>, pointer: &str) -> bool {
    resource.body.pointer(pointer).is_some_and(|value| !value.is_null())
}

/// All that a state demands, of alternatives the first.
fn demands(state: &LifecycleState) -> impl Iterator<Item = &String> {
    state.properties.must.iter().chain(state.properties.any.iter().filter_map(|any| any.first()))
}

/// Whether links and properties are as the state wants them.
fn fits(resource: &Resource<'_>, state: &LifecycleState) -> bool {
    let shown = |name: &String| links(resource).any(|shown| shown == name);
    state.links.must.iter().all(shown)
        && state.links.any.iter().all(|any| any.iter().any(shown))
        && links(resource).all(|name| state.links.allows(name))
        && state.properties.must.iter().all(|pointer| is_shown(resource, pointer))
        && state.properties.any.iter().all(|any| any.iter().any(|pointer| is_shown(resource, pointer)))
        && !state.properties.never.iter().any(|pointer| is_shown(resource, pointer))
}

/// Gives the resource the links of a state, takes what it forbids and makes up what it demands.
fn edits_to_fit(resource: &Resource<'_>, state: &LifecycleState) -> Vec<BodyEdit> {
    let own = &resource.body["_links"]["self"];
    let named = |name: &String| (name.clone(), resource.body["_links"].get(name).unwrap_or(own).clone());
    let links: Value = state.links.fewest().map(named).collect::<serde_json::Map<_, _>>().into();
    let forbidden = state.properties.never.iter().filter(|pointer| is_shown(resource, pointer));
    let missing = demands(state).filter(|pointer| !is_shown(resource, pointer));
    let made_up = missing.filter_map(|pointer| Some(BodyEdit::Set(pointer.clone(), made_up(pointer)?)));
    std::iter::once(BodyEdit::Set("/_links".into(), links))
        .chain(forbidden.map(|pointer| BodyEdit::Remove(pointer.clone())))
        .chain(made_up)
        .collect()
}

/// A value for a property that stands at the top; none that lies deeper, of which more would have to be known.
fn made_up(pointer: &str) -> Option<Value> {
    match pointer {
        "/error" => Some(json!({"code": "AUDITED"})),
        "/selectedDevice" => Some(json!({"id": super::family::STRANGER})),
        "/publicKeyCredentialRequestOptions" => Some(json!("{}")),
        _ => None,
    }
}
