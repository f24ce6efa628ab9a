//! What the exchanges of a scenario show together: the states that resources went through, and by which action.
//!
//! Only what is certain counts. An action whose outcome was not shown counts once a later answer shows the state; when
//! several things may have moved the resource in between, none of them is marked.

use serde_json::Value;

use super::exchanges::{answered, header, media_type, own};
use super::{Coverage, inventory};
use crate::contract::{Contract, Lifecycle, Operation};
use crate::record::{ExchangeRecord, ResponseRecord};

/// Marks states, transitions and actions of a scenario's resources.
pub(super) fn mark(contract: &Contract, exchanges: &[ExchangeRecord], coverage: &mut Coverage) {
    let mut travels = Travels { coverage, resources: Vec::new(), begun: Vec::new() };
    for exchange in exchanges {
        let Some((operation, response)) = answered(contract, exchange) else { continue };
        let Some(lifecycle) = contract.lifecycle_of(&operation.name) else { continue };
        let step = Step { lifecycle, operation, exchange, response };
        match step.shown(contract) {
            Some((id, state)) => travels.arrive(&step, &id, &state),
            None => travels.unseen(&step),
        }
    }
}

struct Step<'a, 'e> {
    lifecycle: &'a Lifecycle,
    operation: &'a Operation,
    exchange: &'e ExchangeRecord,
    response: &'e ResponseRecord,
}

impl Step<'_, '_> {
    /// The id and state of the resource in the answer.
    fn shown(&self, contract: &Contract) -> Option<(String, String)> {
        let known = media_type(self.operation.reply(self.response.status)?, self.response)?;
        let of_this_kind = known.lifecycle.is_some_and(|at| contract.lifecycles()[at] == *self.lifecycle);
        let value = self.response.body.as_ref().filter(|_| of_this_kind)?.json()?;
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Some((text(&self.lifecycle.identity)?, text(&self.lifecycle.state)?))
    }

    fn acts(&self) -> bool {
        self.lifecycle.acts(&self.operation.name)
    }

    /// Whether the tenant looked at what was asked, rather than refusing it before (no token, no such resource, …).
    fn considered(&self) -> bool {
        own(self.operation, self.exchange) && (self.accepted() || self.response.status == 400)
    }

    fn accepted(&self) -> bool {
        (200..400).contains(&self.response.status)
    }

    /// Whether the request is about a resource: its id is in the address.
    fn is_about(&self, resource: &Resource<'_>) -> bool {
        let url = &self.exchange.request.url;
        self.lifecycle == resource.lifecycle && (url.contains(&resource.id))
    }
}

/// A resource as it was last shown.
struct Resource<'a> {
    lifecycle: &'a Lifecycle,
    id: String,
    state: String,
    /// What was tried since, without being shown what came of it: the operation, and whether it was accepted.
    since: Vec<(&'a str, bool)>,
}

struct Travels<'a, 'c> {
    coverage: &'c mut Coverage,
    resources: Vec<Resource<'a>>,
    /// Operations that have begun a resource without showing it, with where they sent the browser.
    begun: Vec<(&'a str, String)>,
}

impl<'a> Travels<'a, '_> {
    fn arrive(&mut self, step: &Step<'a, '_>, id: &str, state: &str) {
        let lifecycle = step.lifecycle;
        self.coverage.reach(super::STATES, &inventory::state(lifecycle, state));
        let known = self.resources.iter().position(|known| known.id == id && known.lifecycle == lifecycle);
        match known {
            Some(at) => {
                let before = self.resources.swap_remove(at);
                self.try_action(step, &before);
                self.follow(step, &before, state);
            }
            None => self.first_seen(step, id, state),
        }
        let resource = Resource { lifecycle, id: id.to_owned(), state: state.to_owned(), since: Vec::new() };
        self.resources.push(resource);
    }

    fn first_seen(&mut self, step: &Step<'a, '_>, id: &str, state: &str) {
        let lifecycle = step.lifecycle;
        if lifecycle.initial.contains_key(&step.operation.name) {
            self.took(lifecycle, inventory::NEW, &step.operation.name, state);
        } else if step.operation.name == lifecycle.read
            && let Some(at) = self.begun.iter().position(|(_, location)| location.contains(id))
        {
            let (operation, _) = self.begun.swap_remove(at);
            self.took(lifecycle, inventory::NEW, operation, state);
        }
    }

    /// How a resource came from where it was last shown to where it is now.
    fn follow(&mut self, step: &Step<'a, '_>, before: &Resource<'a>, to: &str) {
        let (lifecycle, from) = (before.lifecycle, before.state.as_str());
        let acted = step.acts().then_some(step.operation.name.as_str());
        match (acted, sole(&moving(lifecycle, from, &before.since))) {
            (Some(operation), Sole::None) | (None, Sole::One(operation, true)) => {
                self.acted(lifecycle, from, operation, to);
            }
            (None, Sole::One(operation, false))
                if rejections(lifecycle, from, operation).iter().any(|next| next == to) =>
            {
                self.coverage.reach(super::TRANSITIONS, &inventory::refusal(lifecycle, from, operation, to));
            }
            (None, Sole::None | Sole::One(_, false)) if from != to => self.took(lifecycle, from, inventory::ELAPSE, to),
            _ => {}
        }
    }

    /// An accepted action; what it found may have come about by itself since the resource was last shown.
    fn acted(&mut self, lifecycle: &Lifecycle, from: &str, operation: &str, to: &str) {
        let permits = |state: &str| {
            let next = lifecycle.states.get(state).and_then(|state| state.permits.get(operation));
            next.is_some_and(|next| next.success.iter().any(|next| next == to))
        };
        if permits(from) {
            return self.took(lifecycle, from, operation, to);
        }
        let elapsed = lifecycle.states.get(from).map_or(&[][..], |state| &state.elapse);
        if let [between] = elapsed.iter().filter(|state| permits(state)).collect::<Vec<_>>()[..] {
            self.took(lifecycle, from, inventory::ELAPSE, between);
            self.took(lifecycle, between, operation, to);
        }
    }

    fn took(&mut self, lifecycle: &Lifecycle, from: &str, operation: &str, to: &str) {
        self.coverage.reach(super::TRANSITIONS, &inventory::transition(lifecycle, from, operation, to));
    }

    fn unseen(&mut self, step: &Step<'a, '_>) {
        let operation = step.operation.name.as_str();
        if step.lifecycle.initial.contains_key(operation) {
            let location = header(&step.response.headers, "location").filter(|_| step.accepted());
            self.begun.extend(location.map(|location| (operation, location.to_owned())));
            return;
        }
        let Some(at) = self.resources.iter().position(|known| step.is_about(known)) else { return };
        if step.acts() && step.considered() {
            let mut resource = self.resources.swap_remove(at);
            self.try_action(step, &resource);
            resource.since.push((operation, step.accepted()));
            self.resources.push(resource);
        }
    }

    /// Marks what was tried in a state, if it is certain that the resource was in it.
    fn try_action(&mut self, step: &Step<'a, '_>, resource: &Resource<'a>) {
        if !step.acts() || !step.considered() || !keeps(resource.lifecycle, &resource.state, &resource.since) {
            return;
        }
        let item = inventory::action(resource.lifecycle, &resource.state, &step.operation.name);
        self.coverage.reach(super::PERMITTED_ACTIONS, &item);
        self.coverage.reach(super::FORBIDDEN_ACTIONS, &item);
    }
}

/// What was tried and not shown, if it was one thing only.
enum Sole<'a> {
    None,
    One(&'a str, bool),
    Several,
}

fn sole<'a>(since: &[(&'a str, bool)]) -> Sole<'a> {
    match since {
        [] => Sole::None,
        [first, rest @ ..] if rest.iter().all(|other| other == first) => Sole::One(first.0, first.1),
        _ => Sole::Several,
    }
}

/// Whether everything that was tried left the state as it was, by what the lifecycle says.
fn keeps(lifecycle: &Lifecycle, state: &str, since: &[(&str, bool)]) -> bool {
    since
        .iter()
        .all(|(operation, accepted)| !accepted && rejections(lifecycle, state, operation).iter().all(|to| to == state))
}

/// What was tried and may have moved the resource: whatever was accepted, and what says where a rejection leads.
fn moving<'a>(lifecycle: &Lifecycle, state: &str, since: &[(&'a str, bool)]) -> Vec<(&'a str, bool)> {
    let may_move = |operation: &str, accepted| accepted || !rejections(lifecycle, state, operation).is_empty();
    since.iter().copied().filter(|(operation, accepted)| may_move(operation, *accepted)).collect()
}

fn rejections<'a>(lifecycle: &'a Lifecycle, state: &str, operation: &str) -> &'a [String] {
    let next = lifecycle.states.get(state).and_then(|state| state.permits.get(operation));
    next.map_or(&[], |next| &next.rejection)
}
