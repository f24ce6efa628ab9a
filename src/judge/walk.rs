//! The walk of each resource through its lifecycle, as the exchanges of a scenario show it: the states that it was in, how
//! it came from one to the next, and what was tried in them.
//!
//! Only what is certain counts. An action whose outcome was not shown counts once a later answer shows the state; when
//! several things may have moved the resource in between, none of them is named. Coverage, diagrams and maps all read this
//! walk, so that they cannot disagree. It needs of the contract what a journal's header holds, and where resources hold
//! their ids and states ([`Places`]).
//!
//! Deliberately not here: whether anything was permitted, which is for `checks::lifecycle_transition` to say; and the
//! audit's reading of a lifecycle, which is its own so that it cannot share a mistake with this one.

use std::collections::{HashMap, HashSet};
use std::ptr;

use serde_json::Value;

use super::bodies::Bodies;
use super::places::Places;
use crate::base::media_range::covers;
use crate::base::path_template::PathTemplate;
use crate::record::{
    ContractRecord, ExchangeRecord, LifecycleRecord, NextRecord, OperationRecord, RequestRecord, ResponseRecord,
};

/// Something that the exchanges show of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WalkEvent<'a> {
    /// The index of the exchange that shows it.
    pub exchange: usize,
    /// The kind of resource.
    pub lifecycle: &'a LifecycleRecord,
    /// What is shown.
    pub what: Shown<'a>,
}

/// What an exchange shows of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    /// It is in a state in which it was not the last time.
    Entered(String),
    /// It came to a state.
    Moved {
        /// The state before; `None` when it had not been seen before.
        from: Option<String>,
        /// What moved it; `None` when that is not certain.
        by: Option<MoveCause<'a>>,
        /// The state after, which may be the same.
        to: String,
    },
    /// An operation was tried while it was in a state.
    Tried(String, &'a str),
}

/// What moved a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MoveCause<'a> {
    /// An operation that was accepted.
    Accepted(&'a str),
    /// An operation whose value was refused.
    Rejected(&'a str),
    /// Time, or somebody outside.
    Elapsed,
}

/// The operations of a contract, each with the first lifecycle that it reads, creates or acts on.
pub(crate) struct Routes<'a>(HashMap<&'a str, Route<'a>>);

#[derive(Clone, Copy)]
struct Route<'a> {
    operation: &'a OperationRecord,
    lifecycle: Option<&'a LifecycleRecord>,
    acts: bool,
}

impl<'a> Routes<'a> {
    /// Indexes a contract by its operations.
    pub(crate) fn of(contract: &'a ContractRecord) -> Self {
        let known: Vec<(&LifecycleRecord, HashSet<&str>)> =
            contract.lifecycles.iter().map(|lifecycle| (lifecycle, lifecycle.actions().collect())).collect();
        let route = |operation: &'a OperationRecord| {
            let name = operation.name.as_str();
            let own = |(lifecycle, acting): &&(&LifecycleRecord, HashSet<&str>)| {
                lifecycle.read == name || lifecycle.initial.contains_key(name) || acting.contains(name)
            };
            let own = known.iter().find(own);
            let (lifecycle, acts) = (own.map(|own| own.0), own.is_some_and(|own| own.1.contains(name)));
            (name, Route { operation, lifecycle, acts })
        };
        Self(contract.operations.iter().map(route).collect())
    }

    /// All that the exchanges of one scenario show, in their order.
    pub(crate) fn walk(&self, bodies: &Bodies<'a>, places: &Places) -> Vec<WalkEvent<'a>> {
        let mut walk = LifecycleWalk { events: Vec::new(), resources: Vec::new(), begun: Vec::new() };
        for step in bodies.exchanges.iter().enumerate().filter_map(|(index, exchange)| self.step(index, exchange)) {
            match step.resource(places, bodies) {
                Some((id, state)) => walk.arrive(&step, id, &state),
                None => walk.unseen(&step),
            }
        }
        walk.events
    }

    /// An exchange that was answered and went to the address of its operation, where that belongs to a lifecycle.
    fn step(&self, index: usize, exchange: &'a ExchangeRecord) -> Option<WalkStep<'a>> {
        let Route { operation, lifecycle, acts } = *self.0.get(exchange.operation.as_deref()?)?;
        let (lifecycle, response) = (lifecycle?, exchange.response.as_ref()?);
        let step = WalkStep { index, lifecycle, operation, request: &exchange.request, response, acts };
        is_at(&operation.path, &exchange.request.url).then_some(step)
    }
}

struct WalkStep<'a> {
    index: usize,
    lifecycle: &'a LifecycleRecord,
    operation: &'a OperationRecord,
    request: &'a RequestRecord,
    response: &'a ResponseRecord,
    acts: bool,
}

impl<'a> WalkStep<'a> {
    fn name(&self) -> &'a str {
        &self.operation.name
    }

    /// The id and state of the resource in the answer, where its status and media type are documented.
    fn resource(&self, places: &Places, bodies: &Bodies<'_>) -> Option<(String, String)> {
        let place = places.of(&self.lifecycle.name)?;
        let given = self.response.header("content-type")?;
        let reply = self.operation.reply(self.response.status)?;
        let documented = reply.media_types.iter().any(|known| covers(known, given));
        let body = bodies.get(self.index).filter(|_| documented)?;
        let text = |pointer: &str| match body.pointer(pointer)? {
            Value::Number(number) => Some(number.to_string()),
            other => other.as_str().map(str::to_owned),
        };
        Some((text(&place.identity)?, text(&place.state)?))
    }

    /// Whether the tenant looked at what was asked, rather than refusing it before (no token, no such resource, …).
    fn considered(&self) -> bool {
        let own = self.request.method == self.operation.method
            && self.operation.media_type.as_ref().is_none_or(|own| is_sent_as(self.request, own));
        own && (self.accepted() || self.response.status == 400)
    }

    fn accepted(&self) -> bool {
        (200..400).contains(&self.response.status)
    }

    /// Whether the request is about a resource: its id is in the address.
    fn is_about(&self, resource: &TrackedResource<'_>) -> bool {
        ptr::eq(self.lifecycle, resource.lifecycle) && self.request.url.contains(&resource.id)
    }
}

/// A resource as it was last shown.
struct TrackedResource<'a> {
    lifecycle: &'a LifecycleRecord,
    id: String,
    state: String,
    /// What was tried since, without being shown what came of it.
    since: Vec<UnseenAction<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct UnseenAction<'a> {
    operation: &'a str,
    accepted: bool,
}

struct LifecycleWalk<'a> {
    events: Vec<WalkEvent<'a>>,
    resources: Vec<TrackedResource<'a>>,
    /// Operations that have begun a resource without showing it, with where they sent the browser.
    begun: Vec<(&'a str, &'a str)>,
}

impl<'a> LifecycleWalk<'a> {
    fn event(&mut self, step: &WalkStep<'a>, what: Shown<'a>) {
        self.events.push(WalkEvent { exchange: step.index, lifecycle: step.lifecycle, what });
    }

    fn moved(&mut self, step: &WalkStep<'a>, from: Option<&str>, by: impl Into<Option<MoveCause<'a>>>, to: &str) {
        self.event(step, Shown::Moved { from: from.map(str::to_owned), by: by.into(), to: to.to_owned() });
    }

    fn arrive(&mut self, step: &WalkStep<'a>, id: String, state: &str) {
        let is_known = |known: &TrackedResource<'_>| known.id == id && ptr::eq(known.lifecycle, step.lifecycle);
        let known = self.resources.iter().position(is_known);
        let before = known.map(|at| self.resources.swap_remove(at));
        before.iter().for_each(|before| self.tried(step, before));
        if before.as_ref().is_none_or(|before| before.state != state) {
            self.event(step, Shown::Entered(state.to_owned()));
        }
        match &before {
            Some(before) => self.follow(step, before, state),
            None => self.first_seen(step, &id, state),
        }
        let lifecycle = step.lifecycle;
        self.resources.push(TrackedResource { lifecycle, id, state: state.to_owned(), since: Vec::new() });
    }

    fn first_seen(&mut self, step: &WalkStep<'a>, id: &str, state: &str) {
        let begun = || self.begun.iter().position(|(_, location)| location.contains(id));
        let origin = if step.lifecycle.initial.contains_key(step.name()) {
            Some(step.name())
        } else if step.name() == step.lifecycle.read {
            begun().map(|at| self.begun.swap_remove(at).0)
        } else {
            None
        };
        self.moved(step, None, origin.map(MoveCause::Accepted), state);
    }

    /// How a resource came from where it was last shown to where it is now.
    fn follow(&mut self, step: &WalkStep<'a>, before: &TrackedResource<'a>, to: &str) {
        let (lifecycle, from) = (before.lifecycle, before.state.as_str());
        let acted = step.acts.then_some(step.name());
        let mut moving = moving(lifecycle, from, &before.since);
        moving.dedup();
        match (acted, moving.as_slice()) {
            (Some(operation), &[]) | (None, &[UnseenAction { operation, accepted: true }]) => {
                self.acted(step, from, operation, to);
            }
            (None, &[UnseenAction { operation, .. }]) if leads(rejections(lifecycle, from, operation), to) => {
                self.moved(step, Some(from), MoveCause::Rejected(operation), to);
            }
            (None, [] | [_]) if from != to => self.moved(step, Some(from), MoveCause::Elapsed, to),
            _ if from != to => self.moved(step, Some(from), None, to),
            _ => {}
        }
    }

    /// An accepted action; what it found may have come about by itself since the resource was last shown.
    fn acted(&mut self, step: &WalkStep<'a>, from: &str, operation: &'a str, to: &str) {
        let permits = |state: &str| next(step.lifecycle, state, operation).is_some_and(|next| leads(&next.success, to));
        if permits(from) {
            return self.moved(step, Some(from), MoveCause::Accepted(operation), to);
        }
        let elapsed = step.lifecycle.state(from).map_or(&[][..], |state| &state.elapse);
        if let [between] = elapsed.iter().filter(|state| permits(state)).collect::<Vec<_>>()[..] {
            self.moved(step, Some(from), MoveCause::Elapsed, between);
            self.moved(step, Some(between), MoveCause::Accepted(operation), to);
        } else if from != to {
            self.moved(step, Some(from), None, to);
        }
    }

    fn unseen(&mut self, step: &WalkStep<'a>) {
        if step.lifecycle.initial.contains_key(step.name()) {
            let location = step.response.header("location").filter(|_| step.accepted());
            self.begun.extend(location.map(|location| (step.name(), location)));
            return;
        }
        let Some(at) = self.resources.iter().position(|known| step.is_about(known)) else { return };
        if step.acts && step.considered() {
            let mut resource = self.resources.swap_remove(at);
            self.tried(step, &resource);
            resource.since.push(UnseenAction { operation: step.name(), accepted: step.accepted() });
            self.resources.push(resource);
        }
    }

    /// Adds what was tried in a state, if it is certain that the resource was in it.
    fn tried(&mut self, step: &WalkStep<'a>, resource: &TrackedResource<'a>) {
        if step.acts && step.considered() && keeps(resource) {
            self.event(step, Shown::Tried(resource.state.clone(), step.name()));
        }
    }
}

/// Whether everything that was tried left the state as it was, by what the lifecycle says.
fn keeps(resource: &TrackedResource<'_>) -> bool {
    let TrackedResource { lifecycle, state, since, .. } = resource;
    since
        .iter()
        .all(|tried| !tried.accepted && rejections(lifecycle, state, tried.operation).iter().all(|next| next == state))
}

/// What was tried and may have moved the resource: whatever was accepted, and what says where a rejection leads.
fn moving<'a>(lifecycle: &LifecycleRecord, state: &str, since: &[UnseenAction<'a>]) -> Vec<UnseenAction<'a>> {
    let may_move =
        |tried: &UnseenAction<'_>| tried.accepted || !rejections(lifecycle, state, tried.operation).is_empty();
    since.iter().copied().filter(may_move).collect()
}

fn next<'l>(lifecycle: &'l LifecycleRecord, state: &str, operation: &str) -> Option<&'l NextRecord> {
    lifecycle.state(state)?.permits.get(operation)
}

fn rejections<'l>(lifecycle: &'l LifecycleRecord, state: &str, operation: &str) -> &'l [String] {
    next(lifecycle, state, operation).map_or(&[], |next| &next.rejection)
}

fn leads(states: &[String], to: &str) -> bool {
    states.iter().any(|state| state == to)
}

/// Whether a request has the media type that is its operation's.
pub(super) fn is_sent_as(request: &RequestRecord, media_type: &str) -> bool {
    request.header("content-type").is_some_and(|sent| covers(media_type, sent))
}

/// Whether a URL ends in a path that a template describes; a target may have a path of its own before it.
pub(super) fn is_at(template: &str, url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| PathTemplate::parse(template).describes_end(url.path().split('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_fits_its_own_template_only() {
        let template = "/{envID}/flows/{flowID}";
        assert!(is_at(template, "https://auth.example.com/e/flows/f?x=1"));
        assert!(is_at(template, "https://example.com/prefix/e/flows/f"));
        assert!(!is_at(template, "https://auth.example.com/e/flows/f/otp"));
        assert!(!is_at(template, "https://auth.example.com/e/flows/"));
        assert!(!is_at(template, "https://auth.example.com/flows/f"));
    }
}
