//! What was done in which state, and which state followed, resource by resource.
//!
//! Only what is certain counts: where several things may have brought a resource from one state to another, none of them is named.
//! Deliberately not here: any lifecycle that is known already; nothing is looked for but what the recordings show.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::evidence::Evidence;
use super::found::{FoundLifecycle, FoundState, StateCounts};
use super::property::Properties;

/// Follows all resources of a schema; nothing where no state ever followed another.
pub(super) fn walk(properties: Properties<'_>, sessions: &[Vec<Evidence>]) -> Option<FoundLifecycle> {
    let mut walk =
        Walk { properties, states: IndexMap::new(), initial: IndexMap::new(), reads: IndexMap::new(), resources: 0 };
    sessions.iter().for_each(|session| walk.session(session));
    let has_outcomes = walk.states.values().any(|state| !state.accepted.is_empty());
    let Walk { properties, states, initial, reads, resources } = walk;
    let Properties { schema, identity, state, created, updated } = properties;
    let read = reads.into_iter().max_by_key(|(_, count)| *count).map(|(operation, _)| operation);
    let schema = schema.to_owned();
    has_outcomes.then_some(FoundLifecycle {
        schema,
        identity,
        state,
        created,
        updated,
        read,
        resources,
        initial,
        states,
    })
}

struct Walk<'a> {
    properties: Properties<'a>,
    states: IndexMap<String, FoundState>,
    initial: IndexMap<String, StateCounts>,
    reads: IndexMap<String, usize>,
    resources: usize,
}

/// A resource as it was last shown.
struct Tracked<'e> {
    state: &'e str,
    /// What was asked since, and whether it was accepted.
    since: Vec<(&'e str, bool)>,
}

impl Walk<'_> {
    fn session(&mut self, session: &[Evidence]) {
        let shown = |evidence: &Evidence| self.shows(evidence).map(|(id, _)| id.to_owned());
        let ids: HashSet<String> = session.iter().filter_map(shown).collect();
        let mut known: HashMap<&str, Tracked<'_>> = HashMap::new();
        // What began a resource without showing it, and where it sent the client.
        let mut begun: Vec<(&str, &str)> = Vec::new();
        for evidence in session {
            let about = evidence.named.iter().rfind(|value| ids.contains(*value)).map(String::as_str);
            match (self.shows(evidence), about) {
                (Some((id, state)), _) => {
                    let is_named = evidence.named.iter().any(|value| value == id);
                    match known.remove(id) {
                        Some(before) => self.follow(&before, evidence, state, is_named),
                        None => self.begin(evidence, state, is_named, id, &mut begun),
                    }
                    known.insert(id, Tracked { state, since: Vec::new() });
                }
                (None, Some(id)) if !evidence.reads && (evidence.is_accepted() || evidence.is_refused()) => {
                    known.get_mut(id).into_iter().for_each(|tracked| {
                        tracked.since.push((evidence.operation.as_str(), evidence.is_accepted()));
                    });
                }
                (None, None) if evidence.is_accepted() => {
                    begun.extend(evidence.location.as_deref().map(|location| (evidence.operation.as_str(), location)));
                }
                _ => {}
            }
        }
        known.into_values().for_each(|tracked| self.end(&tracked));
    }

    /// The id and the state of the resource that an answer shows.
    fn shows<'e>(&self, evidence: &'e Evidence) -> Option<(&'e str, &'e str)> {
        if evidence.schema.as_deref() != Some(self.properties.schema) {
            return None;
        }
        Some((evidence.value(&self.properties.identity)?, evidence.value(&self.properties.state)?))
    }

    fn state(&mut self, name: &str) -> &mut FoundState {
        self.states.entry(name.to_owned()).or_default()
    }

    fn begin(&mut self, evidence: &Evidence, state: &str, is_named: bool, id: &str, begun: &mut Vec<(&str, &str)>) {
        self.resources += 1;
        self.state(state).seen += 1;
        let sent_there = begun.iter().position(|(_, location)| location.contains(id));
        let by = match sent_there.map(|at| begun.swap_remove(at).0) {
            Some(operation) if is_named => Some(operation),
            _ if !is_named && !self.is_read(evidence) => Some(evidence.operation.as_str()),
            _ => None,
        };
        if is_named && evidence.reads {
            count(&mut self.reads, &evidence.operation);
        }
        if let Some(operation) = by {
            count(self.initial.entry(operation.to_owned()).or_default(), state);
        }
    }

    /// A list that shows a resource only looks at it; a GET that begins one is not about a resource that it names.
    fn is_read(&self, evidence: &Evidence) -> bool {
        evidence.reads && self.reads.contains_key(&evidence.operation)
    }

    /// How a resource came from where it was to where it is now.
    fn follow(&mut self, before: &Tracked<'_>, evidence: &Evidence, to: &str, is_named: bool) {
        self.state(to).seen += 1;
        if is_named && evidence.reads {
            count(&mut self.reads, &evidence.operation);
        }
        let from = before.state;
        let acted = (!evidence.reads).then_some(evidence.operation.as_str());
        match (acted, before.since.as_slice()) {
            (Some(operation), since) if since.iter().all(|(_, accepted)| !accepted) => {
                self.refused(from, since);
                self.accepted(from, operation, to);
            }
            (None, [(operation, true)]) => self.accepted(from, operation, to),
            (None, since) if from == to && since.iter().all(|(_, accepted)| !accepted) => self.refused(from, since),
            (None, [(operation, false)]) => {
                count(self.state(from).rejected.entry((*operation).to_owned()).or_default(), to);
            }
            (None, []) => count(&mut self.state(from).elapsed, to),
            _ => {}
        }
    }

    fn end(&mut self, tracked: &Tracked<'_>) {
        if let Some((first, false)) = tracked.since.first() {
            count(&mut self.state(tracked.state).refused, first);
        }
    }

    fn accepted(&mut self, from: &str, operation: &str, to: &str) {
        count(self.state(from).accepted.entry(operation.to_owned()).or_default(), to);
    }

    fn refused(&mut self, state: &str, operations: &[(&str, bool)]) {
        operations.iter().for_each(|(operation, _)| count(&mut self.state(state).refused, operation));
    }
}

fn count(counts: &mut IndexMap<String, usize>, name: &str) {
    *counts.entry(name.to_owned()).or_default() += 1;
}
