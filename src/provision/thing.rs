//! Something that is made once for all scenarios: a population, a policy, an agreement, a provider, an application.
//!
//! Bodies name other things by what they are called in the plan; ids take their place when those are there.

use serde_json::{Value, json};
use strum::{EnumIter, IntoStaticStr};

use crate::base::text::counted;

/// What kind of thing, in the order in which they are made: each may name those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub(crate) enum Kind {
    #[strum(serialize = "populations")]
    Population,
    #[strum(serialize = "deviceAuthenticationPolicies")]
    MfaPolicy,
    #[strum(serialize = "agreements")]
    Agreement,
    #[strum(serialize = "identityProviders")]
    IdentityProvider,
    #[strum(serialize = "signOnPolicies")]
    SignOnPolicy,
    #[strum(serialize = "applications")]
    Application,
}

impl Kind {
    /// The path of the collection.
    pub(crate) fn path(self) -> &'static str {
        self.into()
    }

    /// What people call so many of them.
    pub(crate) fn counted(self, count: usize) -> String {
        let noun = counted(count, self.noun());
        noun.strip_suffix("policys").map_or(noun.clone(), |before| format!("{before}policies"))
    }

    /// What people call one of them.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Population => "population",
            Self::MfaPolicy => "MFA policy",
            Self::Agreement => "agreement",
            Self::IdentityProvider => "identity provider",
            Self::SignOnPolicy => "sign-on policy",
            Self::Application => "application",
        }
    }
}

/// Something to be made.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    /// What it is called in the plan.
    pub(crate) thing: String,
    pub(crate) body: Value,
    pub(crate) parts: Vec<Part>,
}

/// Something below it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The collection below the thing.
    pub(crate) path: &'static str,
    /// The member by which one is told from another.
    pub(crate) known_by: &'static str,
    pub(crate) body: Value,
}

/// What every reference in a body begins with.
const MARK: char = '@';

/// A reference to another thing of the plan, as an object with its id.
pub(super) fn reference(kind: Kind, thing: &str) -> Value {
    json!({ "id": format!("{MARK}{}/{thing}", kind.path()) })
}

/// A body with ids in the place of references.
pub(super) fn resolved(body: &Value, id_of: &dyn Fn(&str) -> Option<String>) -> Value {
    match body {
        Value::String(text) => match text.strip_prefix(MARK).and_then(id_of) {
            Some(id) => id.into(),
            None => body.clone(),
        },
        Value::Array(items) => items.iter().map(|item| resolved(item, id_of)).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), resolved(value, id_of))).collect(),
        other => other.clone(),
    }
}

/// Whether everything that a body says is so in what there is, which may say more.
pub(super) fn is_said(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(name, value)| found.get(name).is_some_and(|found| is_said(value, found)))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().all(|value| found.iter().any(|found| is_said(value, found)))
        }
        (wanted, found) => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_ids_and_more_than_was_asked_for_is_no_difference() {
        let body = json!({ "name": "a", "policy": reference(Kind::MfaPolicy, "default"), "list": ["@b", "c"] });
        let ids = |name: &str| (name == "deviceAuthenticationPolicies/default").then(|| "7".to_owned());
        let sent = resolved(&body, &ids);
        assert_eq!(sent, json!({ "name": "a", "policy": { "id": "7" }, "list": ["@b", "c"] }));
        assert!(is_said(
            &sent,
            &json!({ "name": "a", "policy": { "id": "7", "x": 1 }, "list": ["c", "@b"], "id": "1" })
        ));
        assert!(!is_said(&sent, &json!({ "name": "a", "policy": { "id": "8" }, "list": ["c", "@b"] })));
    }
}
