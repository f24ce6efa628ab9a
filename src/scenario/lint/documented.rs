//! What the contract says of one place in a body: every schema that holds there, side by side.
//!
//! References are followed and `allOf`, `oneOf` and `anyOf` are laid open, so that the answers are about what is possible
//! at all: a property is known when any of the schemas names it, a type is possible when any of them has it.
//!
//! Deliberately not here: whether a whole value is valid ([`crate::contract::Schemas`] knows).

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use crate::base::percent::decoded;
use crate::base::pointer::{find, join, unescape};
use crate::contract::keyword::{listed, types};
use crate::contract::{Contract, Operation};

/// Keywords that a validator must decide about a single value.
const FINE_PRINT: [&str; 9] = [
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "not",
];

/// Keywords whose schemas say more about the same value, with whether it may do without them.
const COMBINED: [(&str, bool); 6] =
    [("allOf", false), ("oneOf", true), ("anyOf", true), ("if", true), ("then", true), ("else", true)];

/// Keywords whose schemas are those of members that have no name in the document.
const OTHERS: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];

/// The schemas of a place.
#[derive(Debug)]
pub(super) struct DocumentedPlace<'a> {
    document: &'a Value,
    /// Each with its pointer, references followed.
    schemas: Vec<(String, &'a Value)>,
    /// Whether an alternative says nothing at all.
    anything: bool,
    /// What was asked for of its members: most scenarios of a suite ask for the same ones.
    members: RefCell<HashMap<String, Member<'a>>>,
}

/// What is documented of whole bodies, each laid open once: most scenarios of a suite ask for the same ones.
#[derive(Debug, Default)]
pub(super) struct DocumentedBodies<'a>(RefCell<HashMap<Vec<String>, Rc<DocumentedPlace<'a>>>>);

impl<'a> DocumentedBodies<'a> {
    /// What is documented of a body by the schemas at these pointers.
    pub(super) fn at(&self, document: &'a Value, pointers: Vec<String>) -> Rc<DocumentedPlace<'a>> {
        let mut known = self.0.borrow_mut();
        if let Some(known) = known.get(&pointers) {
            return Rc::clone(known);
        }
        let place = Rc::new(DocumentedPlace::at(document, pointers.clone()));
        known.insert(pointers, Rc::clone(&place));
        place
    }
}

/// What is documented about a member of an object.
#[derive(Debug, Clone)]
pub(super) enum Member<'a> {
    /// It is documented.
    Known(Rc<DocumentedPlace<'a>>),
    /// Nothing is documented, and anything is allowed.
    Free,
    /// The object's members are documented, and this is none of them.
    Unknown,
}

impl<'a> Member<'a> {
    /// What is documented of it, if anything.
    pub(super) fn known(&self) -> Option<&DocumentedPlace<'a>> {
        match self {
            Self::Known(place) => Some(place.as_ref()),
            Self::Free | Self::Unknown => None,
        }
    }
}

impl<'a> DocumentedPlace<'a> {
    /// The schemas at some pointers.
    pub(super) fn at(document: &'a Value, pointers: impl IntoIterator<Item = String>) -> Self {
        let mut documented = Self { document, schemas: Vec::new(), anything: false, members: RefCell::default() };
        pointers.into_iter().for_each(|pointer| documented.add(&pointer, false, 0));
        documented
    }

    /// Whether there is no schema at all.
    pub(super) fn is_empty(&self) -> bool {
        self.schemas.is_empty()
    }

    fn add(&mut self, pointer: &str, alternative: bool, depth: usize) {
        if depth > 64 || self.schemas.iter().any(|(known, _)| known == pointer) {
            return;
        }
        let Some(schema) = find(self.document, pointer) else { return };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            self.add(&decoded(reference.strip_prefix('#').unwrap_or("/")), alternative, depth + 1);
            // Of what stands beside a reference, only what says something is of interest.
            if schema.as_object().is_some_and(|members| members.len() == 1) {
                return;
            }
        }
        self.schemas.push((pointer.to_owned(), schema));
        let states_nothing = schema.get("$ref").is_none() && types(schema).next().is_none();
        self.anything |= alternative && states_nothing || schema.get("$dynamicRef").is_some();
        for (keyword, optional) in COMBINED {
            match schema.get(keyword) {
                Some(Value::Array(parts)) => (0..parts.len()).for_each(|at| {
                    self.add(&format!("{pointer}/{keyword}/{at}"), optional, depth + 1);
                }),
                Some(_) => self.add(&format!("{pointer}/{keyword}"), optional, depth + 1),
                None => {}
            }
        }
    }

    fn below(&self, pointers: Vec<String>) -> Rc<DocumentedPlace<'a>> {
        Rc::new(Self::at(self.document, pointers))
    }

    /// The schemas that have a keyword, each with a pointer to the keyword's value.
    fn with(&self, keyword: &'static str) -> impl Iterator<Item = (String, &'a Value)> + use<'a, '_> {
        let found =
            move |(pointer, schema): &(String, &'a Value)| Some((format!("{pointer}/{keyword}"), schema.get(keyword)?));
        self.schemas.iter().filter_map(found)
    }

    /// What is documented about a member.
    pub(super) fn member(&self, name: &str) -> Member<'a> {
        if let Some(known) = self.members.borrow().get(name) {
            return known.clone();
        }
        let member = self.laid_open(name);
        self.members.borrow_mut().insert(name.to_owned(), member.clone());
        member
    }

    fn laid_open(&self, name: &str) -> Member<'a> {
        let named = self.with("properties").filter(|(_, properties)| properties.get(name).is_some());
        let pointers: Vec<String> = named.map(|(pointer, _)| join(&pointer, name)).collect();
        if !pointers.is_empty() {
            return Member::Known(self.below(pointers));
        }
        let others = OTHERS.iter().flat_map(|keyword| self.with(keyword)).filter(|(_, others)| others.is_object());
        let matching =
            self.with("patternProperties").filter_map(|(pointer, named)| Some((pointer, named.as_object()?)));
        let matching = matching.flat_map(|(pointer, named)| named.keys().map(move |name| join(&pointer, name)));
        let others: Vec<String> = others.map(|(pointer, _)| pointer).chain(matching).collect();
        match others.is_empty() {
            false => Member::Known(self.below(others)),
            true if self.has_free_members() => Member::Free,
            true => Member::Unknown,
        }
    }

    /// What is documented about the entries of a list.
    pub(super) fn items(&self) -> Rc<DocumentedPlace<'a>> {
        let first = self.with("prefixItems").filter_map(|(pointer, listed)| Some((pointer, listed.as_array()?.len())));
        let first = first.flat_map(|(pointer, count)| (0..count).map(move |at| format!("{pointer}/{at}")));
        self.below(self.with("items").map(|(pointer, _)| pointer).chain(first).collect())
    }

    /// Whether members that no schema names may be there.
    fn has_free_members(&self) -> bool {
        let open = OTHERS.iter().flat_map(|keyword| self.with(keyword)).any(|(_, others)| *others == Value::Bool(true));
        open || self.anything || self.with("properties").next().is_none()
    }

    /// The names of the documented members.
    pub(super) fn member_names(&self) -> impl Iterator<Item = &'a str> {
        self.with("properties")
            .filter_map(|(_, properties)| properties.as_object())
            .flat_map(|all| all.keys())
            .map(String::as_str)
    }

    /// The members that must be there whichever schema holds.
    pub(super) fn required(&self) -> Vec<&'a str> {
        if self.schemas.iter().any(|(_, schema)| schema.get("oneOf").or_else(|| schema.get("anyOf")).is_some()) {
            return Vec::new();
        }
        self.with("required").filter_map(|(_, names)| names.as_array()).flatten().filter_map(Value::as_str).collect()
    }

    /// The possible types; empty when any is.
    pub(super) fn types(&self) -> Vec<&'a str> {
        if self.anything {
            return Vec::new();
        }
        let mut types: Vec<&str> = self.schemas.iter().flat_map(|(_, schema)| types(schema)).collect();
        if !types.is_empty() && self.with("nullable").any(|(_, nullable)| *nullable == Value::Bool(true)) {
            types.push("null");
        }
        types
    }

    /// The only possible values, where they are all listed.
    pub(super) fn closed_values(&self) -> Option<Vec<&'a Value>> {
        let lists: Vec<&[Value]> = self.schemas.iter().filter_map(|(_, schema)| listed(schema)).collect();
        let all_listed = lists.len() == self.with("type").count().max(1);
        (all_listed && !self.anything).then(|| lists.into_iter().flatten().collect())
    }

    /// The values known today of an open list.
    pub(super) fn open_values(&self) -> Vec<&'a str> {
        self.with("x-extensible-enum")
            .filter_map(|(_, values)| values.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Whether the value must never be written in clear.
    pub(super) fn is_secret(&self) -> bool {
        self.with("x-secret").any(|(_, secret)| *secret == Value::Bool(true))
    }

    /// Pointers to the schemas that say more about a single value than its type and list of values; empty when one of them does
    /// not.
    pub(super) fn fine_print(&self) -> Vec<&str> {
        let says_more = |schema: &Value| FINE_PRINT.iter().any(|keyword| schema.get(keyword).is_some());
        match self.schemas.iter().all(|(_, schema)| says_more(schema)) {
            true => self.schemas.iter().map(|(pointer, _)| pointer.as_str()).collect(),
            false => Vec::new(),
        }
    }
}

/// Whether a place in the body of an answer is documented, or nothing says what may be there.
pub(crate) fn is_documented(contract: &Contract, operation: &Operation, status: u16, pointer: &str) -> bool {
    let Some(reply) = operation.reply(status) else { return false };
    let schemas = reply.media_types.iter().filter_map(|media_type| media_type.schema.clone());
    let mut place = Rc::new(DocumentedPlace::at(contract.document(), schemas));
    for step in pointer.split('/').skip(1) {
        let is_item = step.parse::<usize>().is_ok() && !place.items().is_empty();
        place = match place.member(&unescape(step)) {
            _ if is_item => place.items(),
            _ if place.is_empty() => return false,
            Member::Known(inner) => inner,
            Member::Free => return true,
            Member::Unknown => return false,
        };
    }
    !place.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at<'a>(document: &'a Value) -> DocumentedPlace<'a> {
        DocumentedPlace::at(document, ["/schema".to_owned()])
    }

    #[test]
    fn members_come_from_every_part_and_a_property_beside_a_reference_is_followed() {
        let document = json!({"schema": {"allOf": [{"$ref": "#/a"}, {"properties": {"y": {"type": "string"}}}]}, "a": {"properties": {"x": {}}}});
        let names: Vec<&str> = at(&document).member_names().collect();
        assert_eq!(names, ["x", "y"]);
        assert!(matches!(at(&document).member("z"), Member::Unknown));
        assert!(matches!(at(&document).member("x"), Member::Known(_)));
    }

    #[test]
    fn where_nothing_is_said_anything_goes() {
        let document = json!({"schema": {"description": "anything"}});
        assert!(matches!(at(&document).member("z"), Member::Free));
        assert!(at(&document).types().is_empty());
        let document = json!({"schema": {"oneOf": [{"type": "string", "enum": ["a"]}, {}]}});
        assert!(at(&document).types().is_empty());
        assert_eq!(at(&document).closed_values(), None);
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let document = json!({"schema": {"allOf": [{"$ref": "#/schema"}], "type": "object"}});
        assert_eq!(at(&document).types(), ["object"]);
        let document = json!({"schema": {"$ref": "#/schema"}});
        assert!(at(&document).is_empty());
    }
}
