//! What there is to try of a lifecycle: its outcomes, its refusals, and what it does not permit.
//!
//! Deliberately not here: in which order, and with which requests.

use std::collections::BTreeSet;

use super::negatives::Negative;
use crate::contract::Lifecycle;
use crate::judge::coverage::names;
use crate::judge::walk::MoveCause;

/// Something that can be tried once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Item<'c> {
    /// An operation begins a resource in a state.
    Begins(&'c str, &'c str),
    /// In a state, an action that is accepted leads to another.
    Accepted(&'c str, &'c str, &'c str),
    /// In a state, refusals of an action lead to another.
    Rejected(&'c str, &'c str, &'c str),
    /// One state follows another without any request.
    Elapses(&'c str, &'c str),
    /// In a state, an action that is not permitted there.
    Forbidden(&'c str, &'c str),
    /// In a state, a permitted action with a value that is refused.
    Refused(&'c str, &'c str),
    /// In a state, an action that would be permitted, with one thing broken.
    Negative(&'c str, &'c str, Negative),
    /// In a state, an action that is sent several times at once, and the state that follows.
    Race(&'c str, &'c str, &'c str),
}

impl<'c> Item<'c> {
    /// The state in which it is tried; `None` before there is a resource.
    pub(crate) fn at(self) -> Option<&'c str> {
        match self {
            Self::Begins(..) => None,
            Self::Accepted(at, ..)
            | Self::Rejected(at, ..)
            | Self::Elapses(at, _)
            | Self::Forbidden(at, _)
            | Self::Refused(at, _)
            | Self::Negative(at, ..)
            | Self::Race(at, ..) => Some(at),
        }
    }

    /// The state that it leads to; `None` where it stays.
    pub(crate) fn leads_to(self) -> Option<&'c str> {
        match self {
            Self::Begins(_, to) | Self::Accepted(.., to) | Self::Rejected(.., to) | Self::Elapses(_, to) => Some(to),
            Self::Forbidden(..) | Self::Refused(..) | Self::Negative(..) | Self::Race(..) => None,
        }
    }

    /// The state in which the resource is afterwards, where that is another or a new one of the same name.
    pub(crate) fn moves_to(self) -> Option<&'c str> {
        match self {
            Self::Begins(_, to) | Self::Accepted(.., to) | Self::Elapses(_, to) => Some(to),
            Self::Race(at, _, to) => (at != to).then_some(to),
            _ => None,
        }
    }

    /// What need not be tried where this is: a wrong value is a wrong value, and attempts are counted.
    pub(crate) fn instead_of(self) -> Option<Self> {
        match self {
            Self::Negative(state, action, class) if class.compares_secrets() => Some(Self::Refused(state, action)),
            _ => None,
        }
    }

    /// Whether it is one of the outcomes that the contract declares.
    pub(crate) fn is_outcome(self) -> bool {
        self.leads_to().is_some()
    }

    /// The name by which coverage speaks of it.
    pub(crate) fn name(self, lifecycle: &str) -> String {
        match self {
            Self::Begins(by, to) => names::transition(lifecycle, None, MoveCause::Accepted(by), to),
            Self::Accepted(from, by, to) => names::transition(lifecycle, Some(from), MoveCause::Accepted(by), to),
            Self::Rejected(from, by, to) => names::transition(lifecycle, Some(from), MoveCause::Rejected(by), to),
            Self::Elapses(from, to) => names::transition(lifecycle, Some(from), MoveCause::Elapsed, to),
            Self::Forbidden(state, action) => names::action(lifecycle, state, action),
            Self::Refused(state, action) => format!("{} refused", names::action(lifecycle, state, action)),
            Self::Negative(state, action, class) => {
                format!("{} {}", names::action(lifecycle, state, action), class.name())
            }
            Self::Race(state, action, _) => format!("{} at once", names::action(lifecycle, state, action)),
        }
    }
}

/// A lifecycle as something to walk on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine<'c> {
    pub(crate) lifecycle: &'c Lifecycle,
}

impl<'c> Machine<'c> {
    pub(crate) fn new(lifecycle: &'c Lifecycle) -> Self {
        Self { lifecycle }
    }

    /// The operations that act on such a resource, in the order in which the states name them.
    pub(crate) fn actions(self) -> Vec<&'c str> {
        let mut seen = BTreeSet::new();
        let named = self.lifecycle.states.values().flat_map(|state| state.permits.keys()).map(String::as_str);
        named.filter(|name| seen.insert(*name)).collect()
    }

    /// Everything that there is to try.
    pub(crate) fn items(self) -> BTreeSet<Item<'c>> {
        let actions = self.actions();
        let states = self.lifecycle.states.keys().map(String::as_str);
        let stay = states.flat_map(|state| actions.iter().map(move |action| self.staying(state, action)));
        self.outcomes().into_iter().chain(stay).collect()
    }

    fn staying(self, state: &'c str, action: &'c str) -> Item<'c> {
        match self.permits(state, action) {
            true => Item::Refused(state, action),
            false => Item::Forbidden(state, action),
        }
    }

    /// Every outcome that is declared.
    pub(crate) fn outcomes(self) -> Vec<Item<'c>> {
        self.begins().chain(self.lifecycle.states.keys().flat_map(|state| self.leaving(state))).collect()
    }

    /// Every way to begin that is declared.
    pub(crate) fn begins(self) -> impl Iterator<Item = Item<'c>> {
        let begins = self.lifecycle.initial.iter();
        begins.flat_map(|(by, states)| states.iter().map(move |to| Item::Begins(by, to)))
    }

    /// The states that may follow without any request.
    pub(crate) fn leaving_by_itself(self, from: &str) -> Vec<&'c str> {
        let state = self.lifecycle.states.get(from);
        state.map(|state| state.elapse.iter().map(String::as_str).collect()).unwrap_or_default()
    }

    /// What a state does not permit.
    pub(crate) fn forbidden(self, state: &'c str) -> impl Iterator<Item = Item<'c>> {
        let forbidden = self.actions().into_iter().filter(move |action| !self.permits(state, action));
        forbidden.map(move |action| Item::Forbidden(state, action))
    }

    /// Whether a request that is accepted can lead nowhere else.
    pub(crate) fn is_only(self, item: Item<'_>) -> bool {
        match item {
            Item::Begins(by, _) => self.lifecycle.initial.get(by).is_some_and(|states| states.len() == 1),
            Item::Accepted(from, by, _) => {
                let state = self.lifecycle.states.get(from);
                state.and_then(|state| state.permits.get(by)).is_some_and(|next| next.success.len() == 1)
            }
            _ => false,
        }
    }

    /// Every outcome that is declared for a state.
    pub(crate) fn leaving(self, from: &'c str) -> Vec<Item<'c>> {
        let Some(state) = self.lifecycle.states.get(from) else { return Vec::new() };
        let acted = state.permits.iter().flat_map(|(by, next)| {
            let accepted = next.success.iter().map(move |to| Item::Accepted(from, by, to));
            accepted.chain(next.rejection.iter().map(move |to| Item::Rejected(from, by, to)))
        });
        acted.chain(state.elapse.iter().map(|to| Item::Elapses(from, to))).collect()
    }

    pub(crate) fn permits(self, state: &str, action: &str) -> bool {
        self.lifecycle.states.get(state).is_some_and(|state| state.permits.contains_key(action))
    }

    pub(crate) fn is_final(self, state: &str) -> bool {
        self.lifecycle.states.get(state).is_some_and(|state| state.is_final)
    }
}
