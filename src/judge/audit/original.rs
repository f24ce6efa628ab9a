//! The original of mutants: one recorded answer, and what it turned out to be.
//!
//! Deliberately not here: any change.

use crate::checks::{Case, Observation, Resource};
use crate::contract::Contract;

use super::class::MutantClass;
use super::lifecycle_oracle::{is_held, steps};
use super::mutant::{Mutant, Mutation};
use super::schema_oracle::{BodyValue, nodes};

/// One answer of a sequence, as the mutants need it.
pub(super) struct Original<'a> {
    /// What was promised.
    pub contract: &'a Contract,
    /// All exchanges of the sequence.
    pub history: &'a [Observation],
    /// Which of them it is.
    pub at: usize,
    /// What the checks would be shown.
    pub case: Case<'a>,
    /// The resource that it shows.
    pub resource: Option<Resource<'a>>,
    /// The values of its body.
    pub nodes: Vec<BodyValue<'a>>,
}

impl<'a> Original<'a> {
    /// Looks at one exchange; `None` when it has no complete answer of a documented status.
    pub(super) fn of(contract: &'a Contract, history: &'a [Observation], at: usize) -> Option<Self> {
        let case = Case::new(contract, &history[..=at], None)?;
        case.reply?;
        let schema = case.media_type.and_then(|media_type| media_type.schema.as_deref());
        let body = case.body().value().zip(schema);
        let nodes = body.map(|(value, schema)| nodes(contract, schema, value)).unwrap_or_default();
        Some(Self { contract, history, at, resource: case.resource, case, nodes })
    }

    /// The node at a pointer.
    pub(super) fn node(&self, pointer: &str) -> Option<&BodyValue<'a>> {
        self.nodes.iter().find(|node| node.pointer == pointer)
    }

    /// Whether what the state promises depends on a value being there: a property that it demands, or the last of those of
    /// which it demands one, is the value or lies within it.
    pub(super) fn demands(&self, pointer: &str) -> bool {
        let Some(resource) = &self.resource else { return false };
        let Some(state) = resource.lifecycle.states.get(resource.state) else { return false };
        let holds = |demanded: &str| is_within(demanded, pointer);
        let link = |name: &String| format!("/_links/{name}");
        let any = state.links.any.iter().map(|any| any.iter().map(link).collect::<Vec<_>>());
        let links = state.links.must.iter().map(link);
        let shown = |demanded: &&String| self.node(demanded).is_some_and(|node| !node.value.is_null());
        let last = |any: &Vec<String>| any.iter().filter(shown).all(|demanded| holds(demanded));
        links.into_iter().any(|link| holds(&link))
            || state.properties.must.iter().any(|demanded| holds(demanded))
            || state.properties.any.iter().any(last)
            || any.into_iter().any(|any| last(&any))
    }

    /// What a mutant is where a refusal holds this answer to another one: a breach, whatever the schema says of it alone.
    pub(super) fn held(&self, mutant: Mutant) -> Mutant {
        let changes_body = matches!(mutant.change, Mutation::Body(_) | Mutation::Text(_));
        match &self.resource {
            Some(resource) if changes_body && self.must_repeat(resource, &mutant.place) => {
                Mutant { class: MutantClass::Breach, onwards: true, ..mutant }
            }
            _ => mutant,
        }
    }

    /// Whether a refusal forbids that something changes at this place.
    fn must_repeat(&self, resource: &Resource<'_>, place: &str) -> bool {
        let lifecycle = resource.lifecycle;
        let free = [Some(&lifecycle.identity), lifecycle.times.updated.as_ref(), lifecycle.times.expires.as_ref()];
        let mut steps = steps(self.contract, self.history, lifecycle, resource.id);
        if let Some(state) = place.strip_prefix(&lifecycle.state).and_then(|rest| rest.strip_prefix(' ')) {
            steps.iter_mut().filter(|step| step.at == self.at).for_each(|step| step.shown = Some(state));
        }
        !free.into_iter().flatten().any(|free| is_within(place, free)) && is_held(lifecycle, &steps, self.at)
    }

    /// The name of the operation; empty when none was meant.
    pub(super) fn operation(&self) -> &'a str {
        self.history[self.at].exchange.operation.as_deref().unwrap_or_default()
    }

    /// The other exchanges that show the same resource.
    pub(super) fn siblings(&self) -> impl Iterator<Item = Resource<'a>> {
        let at = self.at;
        self.shown((0..self.history.len()).filter(move |other| *other != at))
    }

    /// The earlier exchanges that show the same resource.
    pub(super) fn earlier(&self) -> impl Iterator<Item = Resource<'a>> {
        self.shown(0..self.at)
    }

    fn shown(&self, places: impl Iterator<Item = usize>) -> impl Iterator<Item = Resource<'a>> {
        let (contract, history, own) = (self.contract, self.history, self.resource);
        let shown = places.filter_map(move |other| Case::new(contract, &history[..=other], None)?.resource);
        shown.filter(move |other| own.is_some_and(|own| own.id == other.id && own.lifecycle == other.lifecycle))
    }
}

/// Whether one pointer is another or leads into it.
fn is_within(pointer: &str, holder: &str) -> bool {
    pointer.strip_prefix(holder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
