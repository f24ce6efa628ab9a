//! Lifecycles: the state machines of resources, from `x-lifecycle`.
//!
//! Deliberately not here: judging what was observed (see `checks::lifecycle_transition`).

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::error::ContractError;
use super::extension::requirement_ids;
use super::server;
use crate::base::pointer::join;

/// The state machine of one kind of resource.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    /// Where it stands in the document.
    pub pointer: String,
    /// The schema of the resource.
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
    pub states: IndexMap<String, State>,
    /// JSON pointers to what stays the same for life, with the operations after which it may be another.
    pub fixed: IndexMap<String, Vec<String>>,
    /// For each operation, JSON pointers to what its request names, with those to where the answer shows it.
    pub asked: IndexMap<String, IndexMap<String, String>>,
    /// Where its times stand.
    pub times: Times,
    /// JSON pointers to addresses that lead elsewhere than to the resource, with the forms that each may have: `{base}` is
    /// the address of the tenant, `{envID}` and `{id}` are the resource's.
    pub addresses: IndexMap<String, Vec<String>>,
}

/// Two lifecycles of one contract are the same when they stand at the same place.
impl PartialEq for Lifecycle {
    fn eq(&self, other: &Self) -> bool {
        self.pointer == other.pointer
    }
}

impl Eq for Lifecycle {}

/// JSON pointers to the times of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// When it began: never another.
    pub created: Option<String>,
    /// When it last changed: never goes back, never before it began.
    pub updated: Option<String>,
    /// When it ends unless something happens: never goes back, always after it began.
    pub expires: Option<String>,
}

/// One state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// What it means.
    pub description: String,
    /// Ids of the requirements that speak of it.
    pub requirements: Vec<String>,
    /// Whether nothing can follow.
    pub is_final: bool,
    /// What may be done, and what may follow.
    pub permits: IndexMap<String, Next>,
    /// The states that may be found later without any request.
    pub elapse: Vec<String>,
    /// The links it offers.
    pub links: StateLinks,
    /// The properties that it demands and forbids.
    pub properties: Properties,
}

/// The properties that a state demands and forbids, by JSON pointer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Properties {
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
pub struct Next {
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
    /// Perhaps there.
    #[serde(default)]
    pub may: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    state: String,
    identity: String,
    read: String,
    initial: IndexMap<String, Vec<String>>,
    states: IndexMap<String, WrittenState>,
    #[serde(default)]
    only: IndexMap<String, Vec<String>>,
    #[serde(default)]
    fixed: IndexMap<String, Vec<String>>,
    #[serde(default)]
    asked: IndexMap<String, IndexMap<String, String>>,
    #[serde(default)]
    times: Times,
    #[serde(default)]
    addresses: IndexMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenState {
    description: String,
    #[serde(default)]
    requirement: Value,
    #[serde(default, rename = "final")]
    is_final: bool,
    #[serde(default)]
    permits: IndexMap<String, Next>,
    #[serde(default)]
    elapse: Vec<String>,
    links: StateLinks,
    #[serde(default)]
    properties: Properties,
}

impl Lifecycle {
    /// Whether an operation reads, creates or acts on such a resource.
    pub fn knows(&self, operation: &str) -> bool {
        self.operations().any(|name| name == operation)
    }

    /// All operations that read, create or act; names may repeat.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        let acting = self.states.values().flat_map(|state| state.permits.keys());
        std::iter::once(&self.read).chain(self.initial.keys()).chain(acting).map(String::as_str)
    }

    /// Whether an operation acts on an existing resource.
    pub fn acts(&self, operation: &str) -> bool {
        self.states.values().any(|state| state.permits.contains_key(operation))
    }

    /// Whether a link of this name is documented for any state.
    pub fn offers(&self, link: &str) -> bool {
        let mut links = self.states.values().map(|state| &state.links);
        links.any(|links| links.must.iter().chain(&links.may).any(|name| name == link))
    }

    /// All states that may follow an accepted action, whatever the state before.
    pub fn after(&self, operation: &str) -> BTreeSet<&str> {
        let next = self.states.values().filter_map(|state| state.permits.get(operation));
        next.flat_map(|next| next.success.iter().map(String::as_str)).collect()
    }

    /// The states with all those that may be found later without any request.
    pub fn elapsed<'a>(&'a self, states: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
        let mut reached = states.clone();
        let mut open: Vec<&str> = states.iter().copied().collect();
        while let Some(state) = open.pop() {
            for later in self.states.get(state).map(|state| &state.elapse).into_iter().flatten() {
                if reached.insert(later) {
                    open.push(later);
                }
            }
        }
        reached
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

/// Reads every `x-lifecycle` below the document's schemas.
pub(super) fn read(document: &Value) -> Result<Vec<Lifecycle>, ContractError> {
    let Some(schemas) = document.pointer("/components/schemas").and_then(Value::as_object) else {
        return Ok(Vec::new());
    };
    let with_lifecycle = schemas.iter().filter_map(|(name, schema)| Some((name, schema.get("x-lifecycle")?)));
    with_lifecycle.map(|(name, written)| read_one(document, &join("/components/schemas", name), written)).collect()
}

fn read_one(document: &Value, schema: &str, written: &Value) -> Result<Lifecycle, ContractError> {
    let pointer = format!("{schema}/x-lifecycle");
    let written = Written::deserialize(written).map_err(|error| ContractError::new(&pointer, error.to_string()))?;
    let mut lifecycle = Lifecycle {
        pointer,
        schema: schema.to_owned(),
        name: written.name,
        state: written.state,
        identity: written.identity,
        read: written.read,
        initial: written.initial,
        states: written.states.into_iter().map(|(name, state)| (name, state.into())).collect(),
        fixed: written.fixed,
        asked: written.asked,
        times: written.times,
        addresses: written.addresses.into_iter().map(|(at, form)| (at, server::expand(document, &form))).collect(),
    };
    for (property, states) in &written.only {
        confine(&mut lifecycle, property, states)?;
    }
    check_states(&lifecycle)?;
    Ok(lifecycle)
}

impl From<WrittenState> for State {
    fn from(written: WrittenState) -> Self {
        Self {
            description: written.description,
            requirements: requirement_ids(&serde_json::json!({ "ids": written.requirement }), "ids"),
            is_final: written.is_final,
            permits: written.permits,
            elapse: written.elapse,
            links: written.links,
            properties: written.properties,
        }
    }
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

/// Every state that is named must be one of the lifecycle's own, and nothing follows a final state by itself.
fn check_states(lifecycle: &Lifecycle) -> Result<(), ContractError> {
    let named = lifecycle.states.values().flat_map(|state| {
        let next = state.permits.values().flat_map(|next| next.success.iter().chain(&next.rejection));
        next.chain(&state.elapse)
    });
    if let Some(unknown) =
        named.chain(lifecycle.initial.values().flatten()).find(|name| !lifecycle.states.contains_key(*name))
    {
        return Err(ContractError::new(&lifecycle.pointer, format!("`{unknown}` is not one of its states")));
    }
    match lifecycle.states.iter().find(|(_, state)| state.is_final && !state.elapse.is_empty()) {
        Some((name, _)) => Err(ContractError::new(&lifecycle.pointer, format!("`{name}` is final, yet it elapses"))),
        None => Ok(()),
    }
}
