//! What a request is made of, before it is written as a step of a scenario.
//!
//! Deliberately not here: where requests come from (`inputs`, `samples`).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::base::path_template::PathTemplate;
use crate::contract::{Contract, Lifecycle, Operation};
use crate::scenario::template::Helper;

/// What is looked for in messages.
pub(super) const MESSAGES: [Helper; 3] = [Helper::Otp, Helper::RecoveryCode, Helper::VerificationCode];
/// A code that nobody was sent.
const MADE_UP: &str = "000000";

/// Whom a scenario is about, and in which application; nobody where a persona takes the part, or where none is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cast {
    pub(crate) user: Option<String>,
    pub(crate) app: Option<String>,
}

/// What a request led to in a scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Evidence {
    pub(crate) cast: Cast,
    /// The state before it; `None` where it began the resource.
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    /// The request that led to the state before it.
    pub(crate) after: Option<String>,
}

/// What a request of an operation is made of, as scenarios write it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Input {
    pub(crate) operation: String,
    /// The parameters of the path, without the resource's id.
    pub(crate) path: Map<String, Value>,
    pub(crate) query: Map<String, Value>,
    pub(crate) headers: Map<String, Value>,
    pub(crate) cookies: Map<String, Value>,
    pub(crate) body: Option<Value>,
    /// Whether the body breaks its schema.
    pub(crate) invalid: bool,
    /// What is left out that would be supplied.
    pub(crate) without: Vec<String>,
    /// What is sent exactly as it stands.
    pub(crate) raw: Map<String, Value>,
    /// What it saves from the answer, by name.
    pub(crate) saves: Map<String, Value>,
    /// The names that other requests have to save first.
    pub(crate) needs: BTreeSet<String>,
    /// The states that followed, where scenarios say so.
    pub(crate) led_to: BTreeSet<String>,
    /// Whom the scenarios are about that send it.
    pub(crate) casts: BTreeSet<Cast>,
    /// What it led to for whom.
    pub(crate) evidence: BTreeSet<Evidence>,
    /// Whether it names a user or an application.
    pub(crate) names_somebody: bool,
    /// Whether the answer shows the state.
    pub(crate) shows_state: bool,
    /// How many steps send it.
    pub(crate) seen: usize,
    /// Whether nobody knows that it is accepted: it was made from the contract alone.
    pub(crate) is_guess: bool,
}

impl Input {
    /// Whether it needs one of these codes, which somebody has been sent.
    pub(super) fn reads(&self, codes: &[Helper]) -> bool {
        let written = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        codes.iter().any(|code| written.contains(&begins(*code)))
    }

    /// The same with codes that were made up in the place of those that somebody would have to be sent first.
    pub(super) fn with_made_up_codes(mut self) -> Self {
        let members = self.body.as_mut().and_then(Value::as_object_mut).into_iter().flatten();
        let read = |text: &str| MESSAGES.iter().any(|code| text.starts_with(&begins(*code)));
        let codes = members.map(|(_, value)| value).filter(|value| value.as_str().is_some_and(read));
        codes.for_each(|code| *code = MADE_UP.into());
        self
    }

    /// Whether it has led somebody from a state to another.
    pub(super) fn has_led(&self, cast: &Cast, from: Option<&str>, to: &str) -> bool {
        self.after(cast, from).any(|known| known == to)
    }

    /// Whether it has led somebody from a state to another where the same request had led to the one before.
    pub(super) fn has_followed(&self, cast: &Cast, from: Option<&str>, to: &str, after: Option<&str>) -> bool {
        let same =
            |known: &Evidence| known.from.as_deref() == from && known.to == to && known.after.as_deref() == after;
        self.evidence.iter().any(|known| known.cast == *cast && same(known))
    }

    /// What it sends, as a text.
    pub(super) fn sent(&self) -> String {
        json!([self.operation, self.path, self.query, self.body]).to_string()
    }

    /// Whether it has led somebody from a state to another, and never to a third.
    pub(super) fn has_only_led(&self, cast: &Cast, from: Option<&str>, to: &str) -> bool {
        self.has_led(cast, from, to) && self.after(cast, from).all(|known| known == to)
    }

    fn after(&self, cast: &Cast, from: Option<&str>) -> impl Iterator<Item = &str> {
        let known = self.evidence.iter().filter(move |known| known.cast == *cast && known.from.as_deref() == from);
        known.map(|known| known.to.as_str())
    }

    /// Whether it has led to a state, and never to another.
    pub(crate) fn leads_only_to(&self, state: &str) -> bool {
        self.led_to.len() == 1 && self.led_to.contains(state)
    }

    /// The names of what its body holds.
    pub(super) fn properties(&self) -> impl Iterator<Item = &String> {
        let members = self.body.as_ref().and_then(Value::as_object);
        members.map(|members| members.keys().collect::<BTreeSet<_>>()).into_iter().flatten()
    }

    /// Whether it sends the same.
    pub(super) fn sends_the_same(&self, other: &Self) -> bool {
        let parts = |input: &Self| (input.path.clone(), input.query.clone(), input.headers.clone());
        parts(self) == parts(other) && self.cookies == other.cookies && self.body == other.body
    }
}

/// How a value begins that is such a code.
fn begins(code: Helper) -> String {
    format!("{{{{{} ", code.name())
}

/// The parameter that holds the id of the resource: the last of the path that is not there already when it begins.
pub(super) fn id_parameter(operation: &Operation, lifecycle: &Lifecycle, contract: &Contract) -> Option<String> {
    let begins = lifecycle.initial.keys().filter_map(|name| contract.operation(name));
    let known: BTreeSet<String> = begins.flat_map(|begin| names(&begin.path)).collect();
    names(&operation.path).into_iter().rev().find(|name| !known.contains(name))
}

fn names(path: &str) -> Vec<String> {
    PathTemplate::parse(path).segments.into_iter().flat_map(|segment| segment.names).collect()
}
