//! References by `$id`, `$anchor` and `$dynamicAnchor` (JSON Schema 2020-12, section 8), made JSON pointers, so that
//! everything that follows references needs to know one form of them only.
//!
//! A `$dynamicRef` that can lead to one place only is a reference like any other; see `dynamic` for the rest.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::reference::{is_part_of_the_document, places};
use crate::base::percent::{PATH, decoded};
use crate::base::pointer::find;

/// The address of a document that has none: what is relative to it is told apart from what is not.
const NOWHERE: &str = "https://document.invalid/";

/// What stands in a fragment as it is.
const FRAGMENT: &AsciiSet = &PATH.remove(b'$');

/// Rewrites the references of a document.
pub(super) fn localise(document: &mut Value) {
    let names = Names::of(document);
    if names.is_empty() {
        return;
    }
    for (holder, keyword, pointer) in names.local_references(document) {
        let Some(Value::Object(members)) = document.pointer_mut(&holder) else { continue };
        members.remove(keyword);
        members.insert("$ref".into(), format!("#{}", utf8_percent_encode(&pointer, FRAGMENT)).into());
    }
}

/// Where the schemas stand that have this dynamic anchor.
pub(super) fn dynamic_anchors(document: &Value, name: &str) -> Vec<String> {
    let named = places(document, is_part_of_the_document)
        .filter(|(_, value)| value.get("$dynamicAnchor").and_then(Value::as_str) == Some(name));
    let mut found: Vec<String> = named.map(|(pointer, _)| pointer).collect();
    found.sort();
    found
}

/// The names that parts of a document give themselves.
#[derive(Debug, Default)]
struct Names {
    /// Places with an `$id`, each with the absolute form of it.
    resources: Vec<(String, Url)>,
    /// Places with an `$anchor` or a `$dynamicAnchor`, by the address of their resource and the name.
    anchors: HashMap<(Url, String), String>,
    /// How many places have a dynamic anchor.
    dynamic: HashMap<String, usize>,
}

impl Names {
    fn of(document: &Value) -> Self {
        let mut names = Self::default();
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut named: Vec<(String, &Value)> = places(document, is_part_of_the_document)
            .filter(|(_, value)| ["$id", "$anchor", "$dynamicAnchor"].iter().any(|key| value.get(key).is_some()))
            .collect();
        // Those around others come before them.
        named.sort_by_key(|(pointer, _)| pointer.len());
        for (pointer, value) in &named {
            if let Some(id) = text(value, "$id").and_then(|id| names.base(pointer).join(&id).ok()) {
                names.resources.push((pointer.clone(), without_fragment(id)));
            }
        }
        for (pointer, value) in named {
            let base = names.base(&pointer);
            for anchor in ["$anchor", "$dynamicAnchor"].iter().filter_map(|key| text(value, key)) {
                names.anchors.insert((base.clone(), anchor), pointer.clone());
            }
            if let Some(dynamic) = text(value, "$dynamicAnchor") {
                *names.dynamic.entry(dynamic).or_default() += 1;
            }
        }
        names
    }

    fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.anchors.is_empty()
    }

    /// The address that what stands at a place is relative to.
    fn base(&self, pointer: &str) -> Url {
        let around = self.resources.iter().filter(|(place, _)| is_within(pointer, place));
        let nearest = around.max_by_key(|(place, _)| place.len()).map(|(_, address)| address.clone());
        nearest.unwrap_or_else(|| Url::parse(NOWHERE).expect("an address"))
    }

    /// The references that can be pointers: who holds them, under which keyword, and where they lead.
    fn local_references(&self, document: &Value) -> Vec<(String, &'static str, String)> {
        let mut found = Vec::new();
        for (holder, value) in places(document, is_part_of_the_document) {
            for keyword in ["$ref", "$dynamicRef"] {
                let reference = value.get(keyword).and_then(Value::as_str);
                let pointer = reference.and_then(|reference| self.pointer(document, &holder, keyword, reference));
                found.extend(pointer.map(|pointer| (holder.clone(), keyword, pointer)));
            }
        }
        found
    }

    fn pointer(&self, document: &Value, holder: &str, keyword: &str, reference: &str) -> Option<String> {
        let whole = self.base(holder).join(reference).ok()?;
        let fragment = decoded(whole.fragment().unwrap_or_default());
        let dynamic = self.dynamic.get(&fragment).copied().unwrap_or_default();
        if keyword == "$dynamicRef" && dynamic > 1 {
            return None;
        }
        let address = without_fragment(whole);
        let root = self.resources.iter().find(|(_, known)| *known == address).map(|(place, _)| place.as_str());
        let root = root.or((address.as_str() == NOWHERE).then_some(""))?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return self.anchors.get(&(address, fragment)).cloned();
        }
        // Many write a pointer into the document where a schema has an address of its own.
        let pointer =
            [format!("{root}{fragment}"), fragment].into_iter().find(|place| find(document, place).is_some())?;
        (reference != format!("#{pointer}")).then_some(pointer)
    }
}

fn without_fragment(mut address: Url) -> Url {
    address.set_fragment(None);
    address
}

/// Whether a place is another one, or lies below it.
fn is_within(pointer: &str, place: &str) -> bool {
    pointer.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_by_address_and_by_anchor_become_pointers() {
        let mut document = json!({"components": {"schemas": {
            "Book": {"$id": "https://books.example/book", "$defs": {"isbn": {"$anchor": "isbn", "type": "string"}},
                "properties": {"a": {"$ref": "#isbn"}, "b": {"$ref": "#/$defs/isbn"}, "c": {"$ref": "author"},
                    "d": {"$ref": "#/components/schemas/Plain"}}},
            "Author": {"$id": "https://books.example/author", "examples": [{"$ref": "#isbn"}]},
            "Plain": {"$anchor": "plain", "properties": {"e": {"$ref": "#plain"}, "f": {"$ref": "https://books.example/book#isbn"},
                "g": {"$ref": "https://elsewhere.example/x"}, "h": {"$ref": "#/components/schemas/Book"}}}}}});
        localise(&mut document);
        let at = |pointer: &str| document.pointer(&format!("/components/schemas{pointer}/$ref")).cloned();
        for (place, wanted) in [
            ("/Book/properties/a", "#/components/schemas/Book/$defs/isbn"),
            ("/Book/properties/b", "#/components/schemas/Book/$defs/isbn"),
            ("/Book/properties/c", "#/components/schemas/Author"),
            ("/Book/properties/d", "#/components/schemas/Plain"),
            ("/Plain/properties/e", "#/components/schemas/Plain"),
            ("/Plain/properties/f", "#/components/schemas/Book/$defs/isbn"),
            ("/Plain/properties/g", "https://elsewhere.example/x"),
            ("/Plain/properties/h", "#/components/schemas/Book"),
            ("/Author/examples/0", "#isbn"),
        ] {
            assert_eq!(at(place), Some(wanted.into()), "{place}");
        }
    }

    #[test]
    fn a_dynamic_reference_that_can_lead_to_one_place_only_is_a_reference() {
        let schemas = json!({"Tree": {"$dynamicAnchor": "node", "items": {"$dynamicRef": "#node"}}});
        let mut document = json!({"components": {"schemas": schemas}});
        localise(&mut document);
        assert_eq!(document["components"]["schemas"]["Tree"]["items"], json!({"$ref": "#/components/schemas/Tree"}));
        assert_eq!(dynamic_anchors(&document, "node"), ["/components/schemas/Tree"]);
    }
}
