//! Where a document has schemas, and the references that lead nowhere.
//!
//! The walk knows the form of an OpenAPI document, so that a component may be called `schema`, `example` or `x-anything`, and
//! it follows references wherever they lead. Deliberately not here: what a schema says.

use std::collections::HashSet;

use serde_json::Value;

use super::error::ContractError;
use super::reference::resolve;
use crate::base::pointer::{find, join};

/// The methods that a path item may have.
pub(super) const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What a walk over a document found.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The pointers of all schema objects, those inside others after them.
    pub(super) schemas: Vec<String>,
    /// What is no schema, no parameter and so on, though it should be, and references that lead nowhere.
    pub(super) faults: Vec<ContractError>,
}

/// The objects of OpenAPI below which schemas stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    PathItem,
    Operation,
    /// Also a header.
    Parameter,
    RequestBody,
    Response,
    MediaType,
    Schema,
}

/// Members of a schema that are maps of schemas, schemas, and lists of schemas.
pub(super) const MAPS: [&str; 3] = ["properties", "patternProperties", "definitions"];
pub(super) const SINGLE: [&str; 3] = ["items", "additionalProperties", "not"];
pub(super) const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

impl Places {
    /// Walks a document.
    pub(super) fn of(document: &Value) -> Self {
        let (waiting, known) = (Vec::new(), HashSet::new());
        let mut walk = Walk { document, waiting, known, places: Self::default() };
        walk.named("/paths", Kind::PathItem, true);
        walk.components();
        while let Some((kind, pointer)) = walk.waiting.pop() {
            walk.visit(kind, &pointer);
        }
        walk.places.schemas.sort_by_cached_key(|pointer| (pointer.matches('/').count(), pointer.clone()));
        walk.places
    }
}

struct Walk<'a> {
    document: &'a Value,
    waiting: Vec<(Kind, String)>,
    known: HashSet<(Kind, String)>,
    places: Places,
}

impl Walk<'_> {
    fn components(&mut self) {
        for (part, kind) in [
            ("schemas", Kind::Schema),
            ("responses", Kind::Response),
            ("parameters", Kind::Parameter),
            ("headers", Kind::Parameter),
            ("requestBodies", Kind::RequestBody),
        ] {
            self.named(&join("/components", part), kind, false);
        }
        self.callbacks("/components/callbacks");
    }

    fn fault(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.places.faults.push(ContractError::new(pointer, message));
    }

    fn add(&mut self, kind: Kind, pointer: String) {
        if self.known.insert((kind, pointer.clone())) {
            self.waiting.push((kind, pointer));
        }
    }

    /// The members of a map.
    fn named(&mut self, pointer: &str, kind: Kind, extensible: bool) {
        let members = find(self.document, pointer).and_then(Value::as_object);
        let names = members.into_iter().flatten().map(|(name, _)| name);
        let names = names.filter(|name| !(extensible && name.starts_with("x-")));
        names.for_each(|name| self.add(kind, join(pointer, name)));
    }

    fn listed(&mut self, pointer: &str, kind: Kind) {
        let entries = find(self.document, pointer).and_then(Value::as_array).map_or(0, Vec::len);
        (0..entries).for_each(|at| self.add(kind, format!("{pointer}/{at}")));
    }

    fn single(&mut self, pointer: String, kind: Kind) {
        if find(self.document, &pointer).is_some() {
            self.add(kind, pointer);
        }
    }

    fn callbacks(&mut self, pointer: &str) {
        let callbacks = find(self.document, pointer).and_then(Value::as_object);
        let names = callbacks.into_iter().flatten().map(|(name, _)| join(pointer, name));
        names.for_each(|callback| self.named(&callback, Kind::PathItem, true));
    }

    fn visit(&mut self, kind: Kind, pointer: &str) {
        let Some(value) = find(self.document, pointer) else { return };
        if !value.is_object() {
            return self.fault(pointer, format!("{value:.60} stands where an object is needed"));
        }
        if kind == Kind::Schema {
            self.places.schemas.push(pointer.to_owned());
        }
        match value.get("$ref") {
            Some(Value::String(reference)) => self.follow(kind, pointer, reference),
            Some(other) => self.fault(join(pointer, "$ref"), format!("{other:.60} is no reference")),
            None => self.inside(kind, pointer),
        }
    }

    fn follow(&mut self, kind: Kind, pointer: &str, reference: &str) {
        match resolve(self.document, pointer) {
            Ok((_, target)) => self.add(kind, target),
            Err(error) if error.message.starts_with("a reference leads here") => {
                self.fault(join(pointer, "$ref"), format!("`{reference}` leads to nothing"));
            }
            Err(error) => self.fault(join(pointer, "$ref"), error.message),
        }
        // Who refers to a reference needs what stands between, too.
        if kind == Kind::Schema
            && let Some(next) = super::reference::target(reference)
        {
            self.single(next, kind);
        }
    }

    fn inside(&mut self, kind: Kind, pointer: &str) {
        let below = |name: &str| join(pointer, name);
        match kind {
            Kind::PathItem => {
                self.listed(&below("parameters"), Kind::Parameter);
                METHODS.iter().for_each(|method| self.single(below(method), Kind::Operation));
            }
            Kind::Operation => {
                self.listed(&below("parameters"), Kind::Parameter);
                self.single(below("requestBody"), Kind::RequestBody);
                self.named(&below("responses"), Kind::Response, true);
                self.callbacks(&below("callbacks"));
            }
            Kind::Parameter => {
                self.single(below("schema"), Kind::Schema);
                self.named(&below("content"), Kind::MediaType, false);
            }
            Kind::RequestBody => self.named(&below("content"), Kind::MediaType, false),
            Kind::Response => {
                self.named(&below("headers"), Kind::Parameter, false);
                self.named(&below("content"), Kind::MediaType, false);
            }
            Kind::MediaType => self.single(below("schema"), Kind::Schema),
            Kind::Schema => self.inside_schema(pointer),
        }
    }

    fn inside_schema(&mut self, pointer: &str) {
        MAPS.iter().for_each(|keyword| self.named(&join(pointer, keyword), Kind::Schema, false));
        LISTS.iter().for_each(|keyword| self.listed(&join(pointer, keyword), Kind::Schema));
        for keyword in SINGLE {
            // What else may stand there is a question of the schema that has it.
            let place = join(pointer, keyword);
            if find(self.document, &place).is_some_and(Value::is_object) {
                self.add(Kind::Schema, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // reported/28
    #[test]
    fn components_may_be_called_like_keywords_and_headers_like_extensions() {
        let schema = json!({"schema": {"type": "string"}});
        let document = json!({"paths": {"x-note": {"get": 1}, "/a": {"get": {"responses": {"x-note": "n", "200": {
            "headers": {"x-rate": schema}, "content": {"application/json": {"schema": {"properties": {"x-p": {}}}}}}}}}},
            "components": {"responses": {"example": {"content": {"a/b": schema}}, "x-gone": {"content": {"a/b": schema}}},
                "schemas": {"schema": {}, "x-s": {}, "examples": {"items": {}}}, "headers": {"schema": schema}}});
        let places = Places::of(&document);
        assert!(places.faults.is_empty(), "{:?}", places.faults);
        assert_eq!(places.schemas.len(), 10, "{:?}", places.schemas);
        assert!(places.schemas.contains(&"/components/responses/x-gone/content/a~1b/schema".into()));
    }

    // reported/11
    #[test]
    fn references_are_followed_wherever_they_lead_and_told_where_they_lead_nowhere() {
        let document = json!({
            "paths": {"/a": {"$ref": "#/x-items/A"}, "/b": {"$ref": "#/x-items/Gone"}},
            "x-items": {"A": {"parameters": [{"schema": {"$ref": "#/x-schemas/S"}}]}},
            "x-schemas": {"S": {"items": {"$ref": "#/x-schemas/T"}, "allOf": [5]}, "T": {"$ref": "#/x-schemas/U"},
                "U": {"$ref": "#/x-schemas/T"}},
        });
        let places = Places::of(&document);
        assert!(places.schemas.contains(&"/x-schemas/S/items".into()), "{:?}", places.schemas);
        let mut faults: Vec<&str> = places.faults.iter().map(|fault| fault.pointer.as_str()).collect();
        faults.sort_unstable();
        let wanted = ["/paths/~1b/$ref", "/x-schemas/S/allOf/0", "/x-schemas/S/items/$ref", "/x-schemas/T/$ref"];
        assert_eq!(faults[..4], wanted);
    }
}
