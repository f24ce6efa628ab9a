//! What would have to be added to the contract for a drift to be documented.
//!
//! The proposal is the least that the sightings prove: a type where only one was seen, no format, nothing required. Every
//! addition carries a description that says so, for a person to put right.
//!
//! Deliberately not here: the contract's text (see [`super::insert`]).

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{Drift, Sighting, Undocumented, UndocumentedKind};
use crate::base::media_type::is_json;
use crate::base::pointer::unescape;

/// What stands where a description is still to be written.
const DESCRIPTION: &str = "Seen in responses; not described yet.";

/// Additions to a document, by the JSON pointer of what they are added to: members to a map, entries to a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Additions {
    /// Members by the pointer of their map.
    pub members: IndexMap<String, Map<String, Value>>,
    /// Entries by the pointer of their list.
    pub entries: IndexMap<String, Vec<Value>>,
}

/// Proposes what documents a drift.
pub(crate) fn propose(document: &Value, drift: &Drift) -> Additions {
    let mut proposal = Proposal { document, additions: Additions::default() };
    for (what, sighting) in &drift.seen {
        proposal.document(what, sighting);
    }
    proposal.additions
}

struct Proposal<'a> {
    document: &'a Value,
    additions: Additions,
}

impl Proposal<'_> {
    fn document(&mut self, what: &Undocumented, sighting: &Sighting) {
        let Undocumented { kind, place, name } = what;
        match kind {
            UndocumentedKind::Status => self.status(place, name, sighting),
            UndocumentedKind::MediaType => {
                let content = format!("{place}/content");
                let value = self.like_the_first(&content, name);
                self.member(&content, name, value);
            }
            UndocumentedKind::Header => self.member(&format!("{place}/headers"), name, header()),
            UndocumentedKind::Property => {
                let value = property(sighting, lists_types(self.document));
                self.member(&format!("{place}/properties"), name, value);
            }
            UndocumentedKind::Link if place.contains("/x-lifecycle/") => {
                self.entry(&format!("{place}/links/may"), name);
            }
            UndocumentedKind::Link => {
                let own = self.document.pointer(&format!("{place}/properties/self"));
                let value = own.cloned().unwrap_or_else(|| json!({ "type": "object", "description": DESCRIPTION }));
                self.member(&format!("{place}/properties"), name, value);
            }
            UndocumentedKind::Value => self.entry(place, name),
        }
    }

    /// A status is added to the responses; where the request media type narrows them, also to those that hold for it.
    fn status(&mut self, operation: &str, status: &str, sighting: &Sighting) {
        let method = operation.split("/requestBody/").next().unwrap_or(operation);
        let responses = format!("{method}/responses");
        if self.document.pointer(&format!("{responses}/{status}")).is_none() {
            self.member(&responses, status, response(sighting));
        }
        let narrowed = format!("{operation}/x-responses");
        if self.document.pointer(&narrowed).is_some() {
            self.entry(&narrowed, status);
        }
    }

    /// Another form of JSON has the schema of the one that is documented; of anything else nothing is known.
    fn like_the_first(&self, content: &str, name: &str) -> Value {
        let first =
            self.document.pointer(content).and_then(Value::as_object).and_then(|content| content.values().next());
        let schema = first.and_then(|first| first.get("schema")).filter(|_| is_json(name));
        schema.map_or_else(|| json!({}), |schema| json!({ "schema": schema }))
    }

    /// Adds a member to the map at a pointer, and the map itself where there is none.
    fn member(&mut self, map: &str, name: &str, value: Value) {
        match (self.document.pointer(map), map.rsplit_once('/')) {
            (None, Some((parent, key))) => {
                let key = unescape(key).into_owned();
                let known = self.additions.members.get(parent).and_then(|members| members.get(&key)).cloned();
                let mut inner = known.and_then(|known| known.as_object().cloned()).unwrap_or_default();
                inner.insert(name.to_owned(), value);
                self.member(parent, &key, Value::Object(inner));
            }
            _ => _ = self.additions.members.entry(map.to_owned()).or_default().insert(name.to_owned(), value),
        }
    }

    /// Adds an entry to the list at a pointer, and the list itself where there is none.
    fn entry(&mut self, list: &str, value: &str) {
        if self.document.pointer(list).is_some() {
            self.additions.entries.entry(list.to_owned()).or_default().push(value.into());
            return;
        }
        let Some((parent, key)) = list.rsplit_once('/') else { return };
        let known = self.additions.members.get(parent).and_then(|members| members.get(key)).cloned();
        let mut values = known.and_then(|known| known.as_array().cloned()).unwrap_or_default();
        values.push(value.into());
        self.member(parent, key, Value::Array(values));
    }
}

fn header() -> Value {
    json!({ "description": DESCRIPTION, "schema": { "type": "string" } })
}

/// A response with the header fields and media types that were seen; of its body nothing is said.
fn response(sighting: &Sighting) -> Value {
    let mut response = json!({ "description": DESCRIPTION });
    let headers: Map<String, Value> = sighting.headers.iter().map(|name| (name.clone(), header())).collect();
    let content: Map<String, Value> = sighting.media_types.iter().map(|name| (name.clone(), json!({}))).collect();
    for (key, members) in [("headers", headers), ("content", content)] {
        if !members.is_empty() {
            response[key] = Value::Object(members);
        }
    }
    response
}

/// Whether null is one of several types in the document's dialect, and not a keyword of its own.
fn lists_types(document: &Value) -> bool {
    document.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with("3.1."))
}

/// A property of the one type that was seen; of any type where several were.
fn property(sighting: &Sighting, lists_types: bool) -> Value {
    let types: Vec<&str> = sighting.types.iter().copied().filter(|kind| *kind != "null").collect();
    let mut schema = Map::new();
    match types.as_slice() {
        [only] => _ = schema.insert("type".into(), (*only).into()),
        ["integer", "number"] => _ = schema.insert("type".into(), "number".into()),
        _ => {}
    }
    if types.as_slice() == ["array"] {
        schema.insert("items".into(), json!({}));
    }
    if sighting.types.contains(&"null")
        && let Some(kind) = schema.get_mut("type")
    {
        match lists_types {
            true => *kind = json!([kind.take(), "null"]),
            false => _ = schema.insert("nullable".into(), true.into()),
        }
    }
    schema.insert("description".into(), DESCRIPTION.into());
    Value::Object(schema)
}
