//! Reading the contract by place: a value together with its JSON pointer, and references followed within the document; and why
//! something at a place cannot become a client.
//!
//! Knows nothing of what OpenAPI's members mean.

use std::fmt;

use serde_json::Value;

use crate::base::pointer::join;

/// How many references may lead to one another before they count as a circle.
const LONGEST_CHAIN: usize = 16;

/// One reason why the contract cannot become a client, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refusal {
    /// The place, as a JSON pointer into the original contract.
    pub pointer: String,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}: {}", self.pointer, self.reason)
    }
}

/// A value of the contract and the place where it stands.
#[derive(Clone)]
pub(crate) struct PlacedValue<'a> {
    root: &'a Value,
    /// The value itself.
    pub value: &'a Value,
    /// The place, as a JSON pointer into the contract.
    pub pointer: String,
}

impl<'a> PlacedValue<'a> {
    /// Starts at the document itself.
    pub(crate) fn root(document: &'a Value) -> Self {
        PlacedValue { root: document, value: document, pointer: String::new() }
    }

    /// Steps into a member of an object.
    pub(crate) fn get(&self, key: &str) -> Option<PlacedValue<'a>> {
        self.value.get(key).map(|value| self.child(key, value))
    }

    /// Lists the members of an object, in the document's order; nothing if this is no object.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, PlacedValue<'a>)> {
        let members = self.value.as_object().into_iter().flatten();
        members.map(|(key, value)| (key.as_str(), self.child(key, value)))
    }

    /// Lists the items of an array; nothing if this is no array.
    pub(crate) fn items(&self) -> impl Iterator<Item = PlacedValue<'a>> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(index, value)| self.child(&index.to_string(), value))
    }

    /// Reads a member that is text.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key).and_then(Value::as_str)
    }

    /// Reads a member that is true or false; absent is false.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Follows `$ref` until something else stands there.
    pub(crate) fn resolve(self) -> Result<PlacedValue<'a>, Refusal> {
        let mut node = self;
        for _ in 0..LONGEST_CHAIN {
            match node.text("$ref") {
                Some(reference) => node = node.follow(reference)?,
                None => return Ok(node),
            }
        }
        Err(node.refuse("this reference leads back to itself"))
    }

    /// Says why this place cannot be lowered.
    pub(crate) fn refuse(&self, reason: impl Into<String>) -> Refusal {
        Refusal { pointer: self.pointer.clone(), reason: reason.into() }
    }

    fn follow(&self, reference: &str) -> Result<PlacedValue<'a>, Refusal> {
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err(self.refuse(format!("{reference} is outside this document")));
        };
        let value = self.root.pointer(pointer).ok_or_else(|| self.refuse(format!("nothing is at {reference}")))?;
        Ok(PlacedValue { root: self.root, value, pointer: pointer.to_owned() })
    }

    fn child(&self, key: &str, value: &'a Value) -> PlacedValue<'a> {
        PlacedValue { root: self.root, value, pointer: join(&self.pointer, key) }
    }
}
