//! Inheritance: a schema with a discriminator, and those that name it in `allOf`.
//!
//! Deliberately not here: choices (`oneOf`, `anyOf`), where a discriminator is only a hint.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::reference::target;
use crate::base::pointer::{find, join};

/// A schema that a value of the discriminating property stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The values: those of the mapping, and the schema's own name.
    pub(super) values: Vec<String>,
    /// Where it stands.
    pub(super) pointer: String,
}

/// The discriminating property of a schema.
pub(super) fn property(schema: &Value) -> Option<&str> {
    schema.get("discriminator")?.get("propertyName")?.as_str()
}

/// Whether a schema is a parent: others that name it in `allOf` are told apart by its property.
pub(super) fn is_parent(schema: &Value) -> bool {
    property(schema).is_some() && ["oneOf", "anyOf"].iter().all(|choice| schema.get(choice).is_none())
}

/// The schemas that the values of a parent's property stand for.
pub(super) fn heirs(document: &Value, heritage: &Heritage, parent: &str) -> Vec<Named> {
    let mapping = find(document, parent).and_then(|schema| schema.pointer("/discriminator/mapping"));
    let mut named: Vec<Named> = heritage.descendants(parent).into_iter().map(Named::by_name).collect();
    for (value, place) in mapping.and_then(Value::as_object).into_iter().flatten() {
        let Some(pointer) = place.as_str().and_then(mapped).filter(|pointer| find(document, pointer).is_some()) else {
            continue;
        };
        match named.iter_mut().find(|known| known.pointer == pointer) {
            Some(known) => known.values.push(value.clone()),
            None => named.push(Named { values: vec![value.clone()], pointer }),
        }
    }
    // An explicit mapping takes a value away from the schema of that name.
    let taken = |value: &str, pointer: &str| {
        let place = mapping.and_then(|mapping| mapping.get(value)).and_then(Value::as_str).and_then(mapped);
        place.is_some_and(|place| place != pointer)
    };
    for known in &mut named {
        let pointer = known.pointer.clone();
        known.values.retain(|value| !taken(value, &pointer));
    }
    named.retain(|known| known.pointer != parent && !known.values.is_empty());
    named
}

/// The variants of a choice that the values of its property stand for.
pub(super) fn variants(schema: &Value, choice: &str) -> Vec<Named> {
    let mapping = schema.pointer("/discriminator/mapping").and_then(Value::as_object);
    let variants = schema.get(choice).and_then(Value::as_array).into_iter().flatten();
    let references = variants.filter_map(|variant| target(variant.get("$ref")?.as_str()?));
    let named = references.map(|pointer| {
        let mut named = Named::by_name(pointer);
        let entries = mapping.into_iter().flatten();
        let own = entries.filter(|(_, place)| place.as_str().and_then(mapped).as_ref() == Some(&named.pointer));
        named.values.extend(own.map(|(value, _)| value.clone()));
        named
    });
    named.collect()
}

impl Named {
    fn by_name(pointer: String) -> Self {
        let name = pointer.rsplit('/').next().unwrap_or_default().to_owned();
        Self { values: vec![name], pointer }
    }
}

/// A mapping names a schema by reference or by its name.
fn mapped(place: &str) -> Option<String> {
    match place.starts_with('#') {
        true => target(place),
        false => Some(join("/components/schemas", place)),
    }
}

/// Which component schemas name which in `allOf`.
#[derive(Debug, Default)]
pub(super) struct Heritage(HashMap<String, Vec<String>>);

impl Heritage {
    /// Reads the component schemas of a document.
    pub(super) fn of(document: &Value) -> Self {
        let components = document.pointer("/components/schemas").and_then(Value::as_object);
        let mut children: HashMap<String, Vec<String>> = HashMap::new();
        for (name, schema) in components.into_iter().flatten() {
            let pointer = join("/components/schemas", name);
            bases(schema).into_iter().for_each(|base| children.entry(base).or_default().push(pointer.clone()));
        }
        Self(children)
    }

    /// The component schemas that name a schema in `allOf`, or one of its descendants.
    pub(super) fn descendants(&self, parent: &str) -> Vec<String> {
        let (mut found, mut known) = (vec![parent.to_owned()], HashSet::from([parent.to_owned()]));
        let mut next = 0;
        while let Some(children) = found.get(next).map(|base| self.0.get(base).cloned().unwrap_or_default()) {
            next += 1;
            found.extend(children.into_iter().filter(|child| known.insert(child.clone())));
        }
        found.split_off(1)
    }
}

/// The schemas that a schema names in `allOf`.
fn bases(schema: &Value) -> Vec<String> {
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    parts
        .flat_map(|part| match part.get("$ref").and_then(Value::as_str) {
            Some(reference) => target(reference).into_iter().collect(),
            None => bases(part),
        })
        .collect()
}
