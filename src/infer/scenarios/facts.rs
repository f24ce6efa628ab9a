//! The facts that a target supplies, by their values: what a recording has as a value, a scenario names.
//!
//! Deliberately not here: what the facts of a target are.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use uuid::Uuid;

use crate::record::redaction::names::same_name;
use crate::scenario::template::{appended, root, segments};

/// What many things have in common, so that it names none of them.
const COMMON: [&str; 2] = ["type", "name"];

/// Facts by their values.
#[derive(Debug, Default)]
pub(super) struct FactIndex {
    by_text: HashMap<String, Vec<String>>,
    /// Id and secret of each application, with its path.
    clients: Vec<(String, String)>,
    /// Ids of single things, such as `user.id`.
    ids: Vec<String>,
}

impl FactIndex {
    /// Indexes the facts of a target.
    pub(super) fn of(facts: &Value) -> Self {
        let mut index = Self::default();
        for (name, value) in facts.as_object().into_iter().flatten() {
            index.add(name.clone(), value);
        }
        index
    }

    fn add(&mut self, path: String, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(secret) = members.get("clientSecret").and_then(Value::as_str) {
                    let id = members.get("clientId").and_then(Value::as_str).unwrap_or_default();
                    self.clients.push((format!("{id}:{secret}"), path.clone()));
                }
                members.iter().for_each(|(name, value)| self.add(appended(&path, name), value));
            }
            Value::String(text)
                if text.len() >= 4 && !COMMON.iter().any(|name| path.ends_with(&format!(".{name}"))) =>
            {
                if path.split('.').count() == 2 && Uuid::parse_str(text).is_ok() {
                    self.ids.push(path.clone());
                }
                self.by_text.entry(text.clone()).or_default().push(path);
            }
            _ => {}
        }
    }

    /// The fact with a value that is sent under a name; of several that of an owner of whom there is talk, else the first.
    pub(super) fn find(&self, text: &str, name: &str, owners: &BTreeSet<String>) -> Option<&str> {
        let known = self.by_text.get(text)?.iter();
        let best = known.min_by_key(|path| {
            let last = segments(path).last().unwrap_or_default();
            (!owners.contains(&owner(path)), !same_name(last, name), segments(path).count())
        });
        best.map(String::as_str)
    }

    /// The fact that has the name of a place, such as `user.id`, for the id that another target had there.
    pub(super) fn named(&self, within: &str, name: &str, text: &str) -> Option<&str> {
        let is_it = |path: &&String| path.split_once('.') == Some((within, name));
        self.ids.iter().find(is_it).filter(|_| Uuid::parse_str(text).is_ok()).map(String::as_str)
    }

    /// Whether a fact has this value.
    pub(super) fn is(&self, path: &str, text: &str) -> bool {
        self.by_text.get(text).is_some_and(|paths| paths.iter().any(|known| known == path))
    }

    /// Who certainly has a value: no other owner has it.
    pub(super) fn only_owner(&self, text: &str) -> Option<String> {
        let owners: BTreeSet<String> = self.by_text.get(text)?.iter().map(|path| owner(path)).collect();
        if owners.len() == 1 { owners.into_iter().next() } else { None }
    }

    /// The application whose id and secret these are, joined by a colon.
    pub(super) fn client(&self, pair: &str) -> Option<&str> {
        self.clients.iter().find(|(known, _)| known == pair).map(|(_, path)| path.as_str())
    }
}

/// What a fact is a part of: `users.sms` has `users.sms.device.id`.
pub(super) fn owner(path: &str) -> String {
    let of_one = !matches!(root(path), "users" | "apps" | "policies" | "facts");
    let mut steps = segments(path);
    let first = steps.next().unwrap_or_default().to_owned();
    if of_one { first } else { steps.next().map_or(first.clone(), |second| appended(&first, second)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_that_many_have_is_that_of_whom_there_is_talk() {
        let facts = json!({
            "user": {"id": "u-0001", "password": "Shared-1"},
            "users": {"sms": {"id": "u-0002", "password": "Shared-1", "device": {"type": "SMS-1"}}},
            "apps": {"shop": {"id": "a-0001", "clientId": "a-0001", "clientSecret": "s3cr"}}
        });
        let index = FactIndex::of(&facts);
        let talk: BTreeSet<String> = index.only_owner("u-0002").into_iter().collect();
        assert_eq!(index.find("Shared-1", "password", &talk), Some("users.sms.password"));
        assert_eq!(index.find("Shared-1", "password", &BTreeSet::new()), Some("user.password"));
        assert_eq!(index.find("a-0001", "client_id", &BTreeSet::new()), Some("apps.shop.clientId"));
        assert_eq!((index.client("a-0001:s3cr"), index.find("SMS-1", "type", &talk)), (Some("apps.shop"), None));
    }
}
