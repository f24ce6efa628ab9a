//! `$dynamicRef` (JSON Schema 2020-12, section 8.2.3.2), by which a schema leaves a part open for those that refer to it.
//!
//! Where it leads depends on which schemas were entered before. For the validator to know them, each schema with a dynamic
//! anchor is a document of its own beside the whole one, under an address that says where it stands.
//!
//! Deliberately not here: a `$dynamicRef` that can lead to one place only (see `identifier`).

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use crate::base::percent::{PATH, decoded};
use crate::base::pointer::find;

/// Under this name the translated document stands in the registry.
pub(super) const DOCUMENT: &str = "urn:flowproof:contract";

/// The schemas of a document that are documents of their own.
#[derive(Debug, Default, PartialEq)]
pub(super) struct OwnDocuments(Vec<String>);

impl OwnDocuments {
    /// Finds them among all schemas, those around others first.
    pub(super) fn of(clean: &Value, pointers: &[String]) -> Self {
        let refers = |pointer: &&String| find(clean, pointer).is_some_and(|schema| schema.get("$dynamicRef").is_some());
        if !pointers.iter().any(|pointer| refers(&pointer)) {
            return Self::default();
        }
        let mut own: Vec<String> = Vec::new();
        let anchored = |pointer: &&String| find(clean, pointer).is_some_and(|it| it.get("$dynamicAnchor").is_some());
        for pointer in pointers.iter().filter(anchored) {
            let root = pointers.iter().find(|outer| is_below(pointer, outer)).unwrap_or(pointer);
            if !own.contains(root) {
                own.push(root.clone());
            }
        }
        Self(own)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of what stands at a pointer.
    pub(super) fn address(&self, pointer: &str) -> String {
        let root = self.0.iter().find(|root| *root == pointer || is_below(pointer, root));
        let root = root.map_or("", String::as_str);
        format!("{DOCUMENT}{}#{}", encoded(root), encoded(&pointer[root.len()..]))
    }

    /// The whole document and those of its own, each with its name.
    pub(super) fn split(&self, mut whole: Value) -> Vec<(String, Value)> {
        if !self.0.is_empty() {
            self.rewrite(&mut whole);
        }
        let own = self
            .0
            .iter()
            .filter_map(|root| Some((format!("{DOCUMENT}{}", encoded(root)), find(&whole, root)?.clone())));
        let mut all: Vec<(String, Value)> = own.collect();
        all.push((DOCUMENT.to_owned(), whole));
        all
    }

    /// Writes every reference with the document that it leads to.
    fn rewrite(&self, value: &mut Value) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(name, member)| match member {
                Value::String(reference) if name == "$ref" && reference.starts_with('#') => {
                    *reference = self.address(&decoded(&reference[1..]));
                }
                _ if matches!(name.as_str(), "enum" | "const") => {}
                member => self.rewrite(member),
            }),
            Value::Array(entries) => entries.iter_mut().for_each(|entry| self.rewrite(entry)),
            _ => {}
        }
    }
}

/// The place in the document that an address stands for.
pub(super) fn place(address: &str) -> String {
    let (document, fragment) = address.split_once('#').unwrap_or((address, ""));
    decoded(document.strip_prefix(DOCUMENT).unwrap_or_default()) + &decoded(fragment)
}

fn is_below(pointer: &str, root: &str) -> bool {
    pointer.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

fn encoded(pointer: &str) -> String {
    utf8_percent_encode(pointer, PATH).to_string()
}
