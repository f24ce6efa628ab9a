//! Lifecycles: the state machines of resources, from `x-lifecycle`.
//!
//! Deliberately not here: judging what was observed (see `checks::lifecycle_transition`).

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::error::ContractError;
use super::remarks::Remarks;
use super::requirement::requirement_ids;
use super::server;
use crate::base::pointer::join;

/// The state machine of one kind of resource.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// Where it stands in the document.
    #[serde(skip)]
    pub pointer: String,
    /// The schema of the resource.
    #[serde(skip)]
    pub schema: String,
    /// The name people use, such as `deviceAuthentication`.
    pub name: String,
    /// JSON pointer to the state in the resource.
    pub state: String,
    /// JSON pointer to the id in the resource.
    pub identity: String,
    /// The operation that only looks.
    pub read: String,
    /// The operations that create a resource, with the states that it may start in.
    pub initial: IndexMap<String, Vec<String>>,
    /// The states by name.
    pub states: IndexMap<String, LifecycleState>,
    /// JSON pointers to properties that only some states may have, with those states; all others forbid them.
    #[serde(default)]
    only: IndexMap<String, Vec<String>>,
    /// JSON pointers to properties that resources usually show, although nothing promises them.
    #[serde(default)]
    pub usual: Vec<String>,
    /// JSON pointers to what stays the same for life, with the operations after which it may be another.
    #[serde(default)]
    pub fixed: IndexMap<String, Vec<String>>,
    /// For each operation, JSON pointers to what its request names, with those to where the answer shows it.
    #[serde(default)]
    pub asked: IndexMap<String, IndexMap<String, String>>,
    /// The operations after which the user is another, in later resources too.
    #[serde(default)]
    pub lasting: IndexMap<String, LastingChange>,
    /// The operations that add a user to the environment.
    #[serde(default)]
    pub adds: Vec<String>,
    /// Where its times stand.
    #[serde(default)]
    pub times: ResourceTimes,
    /// JSON pointers to addresses that lead elsewhere than to the resource, with the forms that each may have: `{base}` is
    /// the address of the tenant, `{envID}` and `{id}` are the resource's.
    #[serde(default, deserialize_with = "one_form_each")]
    pub addresses: IndexMap<String, Vec<String>>,
}

/// Two lifecycles of one contract are the same when they stand at the same place.
impl PartialEq for Lifecycle {
    fn eq(&self, other: &Self) -> bool {
        self.pointer == other.pointer
    }
}

impl Eq for Lifecycle {}

/// What an operation changes of its user for good.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastingChange {
    /// What is another afterwards, in a few words.
    pub what: String,
    /// Values of the request's body without which nothing changes, by JSON pointer.
    #[serde(default)]
    pub when: IndexMap<String, Value>,
}

/// JSON pointers to the times of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceTimes {
    /// When it began: never another.
    pub created: Option<String>,
    /// When it last changed: never goes back, never before it began.
    pub updated: Option<String>,
    /// When it ends unless something happens: never goes back, always after it began.
    pub expires: Option<String>,
}

/// One state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleState {
    /// What it means.
    #[serde(default)]
    pub description: String,
    /// Ids of the requirements that speak of it.
    #[serde(default, rename = "requirement", deserialize_with = "one_or_more_ids")]
    pub requirements: Vec<String>,
    /// Whether nothing can follow.
    #[serde(default, rename = "final")]
    pub is_final: bool,
    /// What may be done, and what may follow.
    #[serde(default)]
    pub permits: IndexMap<String, NextStates>,
    /// The states that may be found later without any request.
    #[serde(default)]
    pub elapse: Vec<String>,
    /// The links it offers.
    #[serde(default)]
    pub links: StateLinks,
    /// The properties that it demands and forbids.
    #[serde(default)]
    pub properties: StateProperties,
}

/// The properties that a state demands and forbids, by JSON pointer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateProperties {
    /// Always there.
    #[serde(default)]
    pub must: Vec<String>,
    /// One of each list is there.
    #[serde(default)]
    pub any: Vec<Vec<String>>,
    /// Never there.
    #[serde(default)]
    pub never: Vec<String>,
}

/// The states that may follow an action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextStates {
    /// When it was accepted.
    #[serde(default)]
    pub success: Vec<String>,
    /// When its value was refused; empty means the same state.
    #[serde(default)]
    pub rejection: Vec<String>,
}

/// The links that a state offers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateLinks {
    /// Always there.
    #[serde(default)]
    pub must: Vec<String>,
    /// One of each list is there.
    #[serde(default)]
    pub any: Vec<Vec<String>>,
    /// Perhaps there.
    #[serde(default)]
    pub may: Vec<String>,
}

impl StateLinks {
    /// All links that may be there; names may repeat.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.must.iter().chain(self.any.iter().flatten()).chain(&self.may)
    }

    /// Whether a link of this name may be there.
    pub fn allows(&self, name: &str) -> bool {
        self.all().any(|known| known == name)
    }

    /// As few links as there can be: of each list the first.
    pub fn fewest(&self) -> impl Iterator<Item = &String> {
        self.must.iter().chain(self.any.iter().filter_map(|any| any.first()))
    }
}

fn one_or_more_ids<'de, D: Deserializer<'de>>(written: D) -> Result<Vec<String>, D::Error> {
    Value::deserialize(written).map(|ids| requirement_ids(Some(&ids)))
}

/// The addresses as they are written; reading the document gives each all the forms that its servers have.
fn one_form_each<'de, D: Deserializer<'de>>(written: D) -> Result<IndexMap<String, Vec<String>>, D::Error> {
    let written = IndexMap::<String, String>::deserialize(written)?;
    Ok(written.into_iter().map(|(at, form)| (at, vec![form])).collect())
}

impl Lifecycle {
    /// All operations that read, create or act; names may repeat.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        let acting = self.states.values().flat_map(|state| state.permits.keys());
        std::iter::once(&self.read).chain(self.initial.keys()).chain(acting).map(String::as_str)
    }

    /// Whether an operation acts on an existing resource.
    pub fn acts(&self, operation: &str) -> bool {
        self.states.values().any(|state| state.permits.contains_key(operation))
    }

    /// Whether it makes no difference to a resource which of two operations was called.
    pub fn treats_alike(&self, one: &str, other: &str) -> bool {
        let lists = |list: &[String]| list.iter().any(|known| known == one) == list.iter().any(|known| known == other);
        (self.read == one) == (self.read == other)
            && self.initial.get(one) == self.initial.get(other)
            && self.asked.get(one) == self.asked.get(other)
            && self.lasting.get(one) == self.lasting.get(other)
            && self.fixed.values().map(Vec::as_slice).chain([&*self.adds]).all(lists)
            && self.states.values().all(|state| state.permits.get(one) == state.permits.get(other))
    }

    /// Whether anything is documented of links.
    pub fn has_links(&self) -> bool {
        self.states.values().any(|state| state.links != StateLinks::default())
    }

    /// Whether a link of this name is documented for any state.
    pub fn offers(&self, link: &str) -> bool {
        self.states.values().any(|state| state.links.allows(link))
    }

    /// All states that may follow an accepted action, whatever the state before.
    pub fn after(&self, operation: &str) -> BTreeSet<&str> {
        let next = self.states.values().filter_map(|state| state.permits.get(operation));
        next.flat_map(|next| next.success.iter().map(String::as_str)).collect()
    }

    /// The states with all those that may be found later without any request.
    pub fn elapsed<'a>(&'a self, states: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
        let mut found = self.reached(states.iter().copied().collect(), |state| state.elapse.iter().collect());
        found.extend(states);
        found
    }

    /// Whether one state can lead to another by any number of actions.
    pub fn leads(&self, from: &str, to: &str) -> bool {
        self.reached(vec![from], |state| state.following().collect()).contains(to)
    }

    /// The states that come after some others by any number of steps.
    fn reached<'a>(
        &'a self,
        mut open: Vec<&'a str>,
        next: impl Fn(&'a LifecycleState) -> Vec<&'a String>,
    ) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        while let Some(name) = open.pop() {
            let later = self.states.get(name).map(&next).unwrap_or_default();
            open.extend(later.into_iter().map(String::as_str).filter(|later| reached.insert(*later)));
        }
        reached
    }
}

impl LifecycleState {
    /// The states that may follow, by an action or without any request; names may repeat.
    fn following(&self) -> impl Iterator<Item = &String> {
        self.permits.values().flat_map(|next| next.success.iter().chain(&next.rejection)).chain(&self.elapse)
    }
}

/// The first lifecycle that each operation reads, creates or acts on.
pub(super) fn by_operation(lifecycles: &[Lifecycle]) -> HashMap<String, usize> {
    let mut index = HashMap::new();
    for (at, lifecycle) in lifecycles.iter().enumerate() {
        for operation in lifecycle.operations() {
            index.entry(operation.to_owned()).or_insert(at);
        }
    }
    index
}

/// Reads every `x-lifecycle` below the document's schemas; something else of that name is another vendor's.
pub(super) fn read(document: &Value, remarks: &mut Remarks) -> Vec<Lifecycle> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    let mut lifecycles = Vec::new();
    for (name, written) in schemas.filter_map(|(name, schema)| Some((name, schema.get("x-lifecycle")?))) {
        let schema = join("/components/schemas", name);
        let pointer = format!("{schema}/x-lifecycle");
        match Lifecycle::deserialize(written) {
            Ok(read) => match completed(document, Lifecycle { pointer, schema, ..read }) {
                Ok(lifecycle) => lifecycles.push(lifecycle),
                Err(fault) => remarks.faults.push(fault),
            },
            Err(error) => remarks.note(pointer, format!("it is not what Flowproof calls so: {error}")),
        }
    }
    lifecycles
}

fn completed(document: &Value, mut lifecycle: Lifecycle) -> Result<Lifecycle, ContractError> {
    for forms in lifecycle.addresses.values_mut() {
        *forms = forms.iter().flat_map(|form| server::expand(document, form)).collect();
    }
    for (property, states) in std::mem::take(&mut lifecycle.only) {
        confine(&mut lifecycle, &property, &states)?;
    }
    check_states(&lifecycle)?;
    check_lasting(&lifecycle)?;
    Ok(lifecycle)
}

/// Forbids a property in every state that is not named.
fn confine(lifecycle: &mut Lifecycle, property: &str, states: &[String]) -> Result<(), ContractError> {
    if let Some(unknown) = states.iter().find(|name| !lifecycle.states.contains_key(*name)) {
        return Err(ContractError::new(&lifecycle.pointer, format!("`{unknown}` is not one of its states")));
    }
    for (_, state) in lifecycle.states.iter_mut().filter(|(name, _)| !states.contains(name)) {
        state.properties.never.push(property.to_owned());
    }
    Ok(())
}

/// What changes a user for good must be an operation of the lifecycle.
fn check_lasting(lifecycle: &Lifecycle) -> Result<(), ContractError> {
    let mut named = lifecycle.lasting.keys().chain(&lifecycle.adds);
    match named.find(|name| !lifecycle.operations().any(|known| known == *name)) {
        Some(unknown) => {
            Err(ContractError::new(&lifecycle.pointer, format!("`{unknown}` is not one of its operations")))
        }
        None => Ok(()),
    }
}

/// Every state that is named must be one of the lifecycle's own, and nothing follows a final state by itself.
fn check_states(lifecycle: &Lifecycle) -> Result<(), ContractError> {
    let mut named =
        lifecycle.states.values().flat_map(LifecycleState::following).chain(lifecycle.initial.values().flatten());
    if let Some(unknown) = named.find(|name| !lifecycle.states.contains_key(*name)) {
        return Err(ContractError::new(&lifecycle.pointer, format!("`{unknown}` is not one of its states")));
    }
    match lifecycle.states.iter().find(|(_, state)| state.is_final && !state.elapse.is_empty()) {
        Some((name, _)) => Err(ContractError::new(&lifecycle.pointer, format!("`{name}` is final, yet it elapses"))),
        None => Ok(()),
    }
}
