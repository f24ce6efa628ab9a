//! Where a document has schemas, and the references that lead nowhere.
//!
//! The walk knows the form of an OpenAPI document, so that a component may be called `schema`, `example` or `x-anything`, and
//! it follows references wherever they lead. Deliberately not here: what a schema says.

use std::collections::HashSet;

use serde_json::Value;

use super::dialect::{Dialect, Keywords};
use super::error::ContractError;
use super::inheritance::{Heritage, heirs, is_parent};
use super::pattern::Pattern;
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

impl Places {
    /// Walks a document.
    pub(super) fn of(document: &Value) -> Self {
        let mut walk = Walk::new(document);
        let root = Place { pointer: String::new(), value: document };
        walk.named(root.member("paths"), Kind::PathItem, true);
        walk.components(root.member("components"));
        while let Some((kind, place)) = walk.waiting.pop() {
            walk.visit(kind, &place);
        }
        walk.places.sorted()
    }

    /// Walks what a schema reaches, by reference and by inheritance: all that can decide whether a value fits.
    pub(super) fn reached(document: &Value, heritage: &Heritage, pointer: &str) -> Self {
        let mut walk = Walk::new(document);
        walk.add_schema(pointer);
        while let Some((kind, place)) = walk.waiting.pop() {
            walk.visit(kind, &place);
            if is_parent(place.value) {
                heirs(document, heritage, &place.pointer).iter().for_each(|heir| walk.add_schema(&heir.pointer));
            }
        }
        walk.places.sorted()
    }

    fn sorted(mut self) -> Self {
        self.schemas.sort_by_cached_key(|pointer| (pointer.matches('/').count(), pointer.clone()));
        self
    }
}

/// A place in the document, and what stands there.
struct Place<'a> {
    pointer: String,
    value: &'a Value,
}

impl<'a> Place<'a> {
    fn member(&self, name: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(name)?;
        Some(Self { pointer: join(&self.pointer, name), value })
    }

    fn members(&self) -> impl Iterator<Item = (&'a str, Self)> {
        let members = self.value.as_object().into_iter().flatten();
        members.map(|(name, value)| (name.as_str(), Self { pointer: join(&self.pointer, name), value }))
    }

    fn entries(&self) -> impl Iterator<Item = Self> {
        let entries = self.value.as_array().into_iter().flatten().enumerate();
        entries.map(|(at, value)| Self { pointer: format!("{}/{at}", self.pointer), value })
    }
}

struct Walk<'a> {
    document: &'a Value,
    dialect: Dialect,
    keywords: &'static Keywords,
    waiting: Vec<(Kind, Place<'a>)>,
    known: HashSet<(Kind, String)>,
    places: Places,
}

impl<'a> Walk<'a> {
    fn new(document: &'a Value) -> Self {
        let (waiting, known, dialect) = (Vec::new(), HashSet::new(), Dialect::of(document));
        let keywords = dialect.keywords();
        Self { document, dialect, keywords, waiting, known, places: Places::default() }
    }

    fn components(&mut self, components: Option<Place<'a>>) {
        let Some(components) = components else { return };
        for (part, kind) in [
            ("schemas", Kind::Schema),
            ("responses", Kind::Response),
            ("parameters", Kind::Parameter),
            ("headers", Kind::Parameter),
            ("requestBodies", Kind::RequestBody),
            ("pathItems", Kind::PathItem),
        ] {
            self.named(components.member(part), kind, false);
        }
        self.callbacks(components.member("callbacks"));
    }

    fn fault(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.places.faults.push(ContractError::new(pointer, message));
    }

    fn add(&mut self, kind: Kind, place: Place<'a>) {
        if self.known.insert((kind, place.pointer.clone())) {
            self.waiting.push((kind, place));
        }
    }

    /// The members of a map.
    fn named(&mut self, map: Option<Place<'a>>, kind: Kind, extensible: bool) {
        let members = map.iter().flat_map(Place::members);
        let members = members.filter(|(name, _)| !(extensible && name.starts_with("x-")));
        members.for_each(|(_, place)| self.add(kind, place));
    }

    /// The schemas of the properties whose names match a pattern.
    fn by_pattern(&mut self, map: Option<Place<'a>>) {
        for (pattern, place) in map.iter().flat_map(Place::members) {
            match Pattern::new(pattern) {
                Ok(_) => self.add(Kind::Schema, place),
                Err(error) => self.fault(place.pointer, error.to_string()),
            }
        }
    }

    fn listed(&mut self, list: Option<Place<'a>>, kind: Kind) {
        list.iter().flat_map(Place::entries).for_each(|place| self.add(kind, place));
    }

    fn single(&mut self, place: Option<Place<'a>>, kind: Kind) {
        place.into_iter().for_each(|place| self.add(kind, place));
    }

    fn callbacks(&mut self, map: Option<Place<'a>>) {
        let callbacks = map.iter().flat_map(Place::members);
        callbacks.for_each(|(_, callback)| self.named(Some(callback), Kind::PathItem, true));
    }

    fn visit(&mut self, kind: Kind, place: &Place<'a>) {
        let Place { pointer, value } = place;
        let is_modern_schema = kind == Kind::Schema && self.dialect.is_modern();
        if !(value.is_object() || is_modern_schema && value.is_boolean()) {
            return self.fault(pointer, format!("{value:.60} stands where an object is needed"));
        }
        if kind == Kind::Schema {
            self.places.schemas.push(pointer.clone());
        }
        match value.get("$ref") {
            Some(Value::String(reference)) => {
                self.follow(kind, pointer, reference);
                if is_modern_schema {
                    self.inside(kind, place);
                }
            }
            Some(other) => self.fault(join(pointer, "$ref"), format!("{other:.60} is no reference")),
            None => self.inside(kind, place),
        }
    }

    fn follow(&mut self, kind: Kind, pointer: &str, reference: &str) {
        match resolve(self.document, pointer) {
            Ok((value, pointer)) => self.add(kind, Place { pointer, value }),
            Err(error) if error.message.starts_with("a reference leads here") => {
                self.fault(join(pointer, "$ref"), format!("`{reference}` leads to nothing"));
            }
            Err(error) => self.fault(join(pointer, "$ref"), error.message),
        }
        // Who refers to a reference needs what stands between, too.
        if kind == Kind::Schema
            && let Some(pointer) = super::reference::target(reference)
        {
            self.add_schema(&pointer);
        }
    }

    /// The schema at a pointer, if there is one.
    fn add_schema(&mut self, pointer: &str) {
        let place = find(self.document, pointer).map(|value| Place { pointer: pointer.to_owned(), value });
        self.single(place, Kind::Schema);
    }

    fn inside(&mut self, kind: Kind, place: &Place<'a>) {
        match kind {
            Kind::PathItem => {
                self.listed(place.member("parameters"), Kind::Parameter);
                METHODS.iter().for_each(|method| self.single(place.member(method), Kind::Operation));
            }
            Kind::Operation => {
                self.listed(place.member("parameters"), Kind::Parameter);
                self.single(place.member("requestBody"), Kind::RequestBody);
                self.named(place.member("responses"), Kind::Response, true);
                self.callbacks(place.member("callbacks"));
            }
            Kind::Parameter => {
                self.single(place.member("schema"), Kind::Schema);
                self.named(place.member("content"), Kind::MediaType, false);
            }
            Kind::RequestBody => self.named(place.member("content"), Kind::MediaType, false),
            Kind::Response => {
                self.named(place.member("headers"), Kind::Parameter, false);
                self.named(place.member("content"), Kind::MediaType, false);
            }
            Kind::MediaType => self.single(place.member("schema"), Kind::Schema),
            Kind::Schema => self.inside_schema(place),
        }
    }

    fn inside_schema(&mut self, place: &Place<'a>) {
        let Keywords { maps, single, lists, .. } = self.keywords;
        maps.iter().for_each(|keyword| match *keyword {
            "patternProperties" => self.by_pattern(place.member(keyword)),
            _ => self.named(place.member(keyword), Kind::Schema, false),
        });
        lists.iter().for_each(|keyword| self.listed(place.member(keyword), Kind::Schema));
        // What else may stand there is a question of the schema that has it.
        let single = single.iter().filter_map(|keyword| place.member(keyword));
        single.filter(|place| place.value.is_object()).for_each(|place| self.add(Kind::Schema, place));
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
