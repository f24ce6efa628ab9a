//! The values that templates are rendered with.
//!
//! Deliberately not here: where they come from.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::path::{follow, segments};
use super::placeholder::HelperCall;

/// What a target supplies, by name: the largest part of all values, of which a scenario uses little.
pub trait Facts: fmt::Debug + Send + Sync {
    /// One fact.
    fn fact(&self, name: &str) -> Option<&Value>;
    /// The names of all facts.
    fn names(&self) -> Vec<&str>;
}

impl Facts for Map<String, Value> {
    fn fact(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }

    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }
}

/// What templates are rendered with.
#[derive(Debug, Clone)]
pub struct Values {
    /// What the target supplies.
    pub facts: Arc<dyn Facts>,
    /// The row, variables and saved values, by name; they hide facts of the same name.
    pub data: Map<String, Value>,
    /// What helpers gave, fetched before rendering.
    pub helpers: HashMap<HelperCall, String>,
}

impl Default for Values {
    fn default() -> Self {
        Self { facts: Arc::new(Map::new()), data: Map::new(), helpers: HashMap::new() }
    }
}

impl Values {
    /// The value at a path such as `users.sms.devices.0.[otp.check]`.
    pub fn find(&self, path: &str) -> Option<&Value> {
        self.lookup(path).ok()
    }

    /// The value at a path, or the first step that does not exist and the keys that do at its place.
    pub(super) fn lookup<'v, 'p>(&'v self, path: &'p str) -> Result<&'v Value, (&'p str, Vec<&'v str>)> {
        let mut steps = segments(path);
        let root = steps.next().unwrap_or_default();
        let missing = || (root, self.data.keys().map(String::as_str).chain(self.facts.names()).collect());
        let first = self.data.get(root).or_else(|| self.facts.fact(root)).ok_or_else(missing)?;
        follow(first, steps)
    }
}
