//! What the contract promises of each value in a body, read from the document itself.
//!
//! This is a second reading of the schemas, apart from the one that judges: the audit must not ask the judge what counts.
//! `$ref` and `allOf` are followed. Of `oneOf` and `anyOf` only the names of properties are taken: what a single variant
//! forbids is not called a breach. Only where a whole body is one of several named resources, that one is looked for.

use serde_json::Value;

use crate::base::percent::decoded;
use crate::base::pointer::join;
use crate::contract::Contract;
use crate::contract::keyword::{listed, types};

/// Keywords whose schema is that of members that have no name in the document.
const OTHERS: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];

/// A value in a body with all that is documented about it.
#[derive(Debug, Clone)]
pub(super) struct BodyValue<'a> {
    /// Where it is.
    pub pointer: String,
    /// The value.
    pub value: &'a Value,
    /// Its schemas; empty when nothing is documented.
    pub promise: PlaceSchemas<'a>,
    /// The schemas of what holds it.
    pub holder: PlaceSchemas<'a>,
    /// Whether it is a member of an object, not an entry of a list.
    pub is_member: bool,
    /// Whether its holder's schemas require it.
    pub required: bool,
}

/// The schemas that hold for one place.
#[derive(Debug, Clone, Default)]
pub(super) struct PlaceSchemas<'a> {
    /// Those that hold in any case.
    firm: Vec<&'a Value>,
    /// Those of variants, of which one holds.
    variants: Vec<&'a Value>,
}

impl<'a> PlaceSchemas<'a> {
    /// What holds for the value that the schema at a pointer of the document speaks of.
    pub(super) fn at(contract: &'a Contract, pointer: &str) -> Self {
        let mut promise = Self::default();
        if let Some(schema) = contract.document().pointer(pointer) {
            promise.take(contract, schema, true);
        }
        promise
    }

    fn take(&mut self, contract: &'a Contract, schema: &'a Value, firm: bool) {
        let known = |list: &[&Value]| list.iter().any(|known| std::ptr::eq(*known, schema));
        if known(&self.firm) || known(&self.variants) {
            return;
        }
        if firm {
            self.firm.push(schema)
        } else {
            self.variants.push(schema)
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#')) {
            contract
                .document()
                .pointer(&decoded(target))
                .into_iter()
                .for_each(|schema| self.take(contract, schema, firm));
        }
        for (keyword, firm) in [("allOf", firm), ("oneOf", false), ("anyOf", false)] {
            let parts = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            parts.for_each(|schema| self.take(contract, schema, firm));
        }
        let conditional = ["if", "then", "else"].iter().filter_map(|keyword| schema.get(*keyword));
        conditional.for_each(|schema| self.take(contract, schema, false));
    }

    fn every(&self) -> impl Iterator<Item = (&'a Value, bool)> {
        let firm = self.firm.iter().map(|schema| (*schema, true));
        firm.chain(self.variants.iter().map(|schema| (*schema, false)))
    }

    /// A keyword that holds in any case.
    pub(super) fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.firm.iter().find_map(|schema| schema.get(name))
    }

    /// The values that are listed, in any case.
    pub(super) fn listed(&self) -> Option<&'a [Value]> {
        self.firm.iter().find_map(|schema| listed(schema))
    }

    /// Whether a value is of a documented type; true where none is documented.
    pub(super) fn takes(&self, value: &Value) -> bool {
        if value.is_null() && self.keyword("nullable") == Some(&Value::Bool(true)) {
            return true;
        }
        let mut stated = self.firm.iter().filter(|schema| schema.get("type").is_some());
        stated.all(|schema| types(schema).any(|kind| is_of(value, kind)))
    }

    /// Whether no property of an object is documented.
    fn is_free(&self) -> bool {
        self.every().all(|(schema, _)| {
            let mut others = OTHERS.iter().filter_map(|keyword| schema.get(*keyword));
            let open = others.clone().any(|others| *others == Value::Bool(true));
            open || (schema.get("properties").is_none() && !others.any(Value::is_object))
        })
    }

    /// What holds for a member of this name; `None` where nothing is documented about it.
    pub(super) fn member(&self, contract: &'a Contract, name: &str) -> Option<Self> {
        let named = self.below(contract, |schema| schema.get("properties")?.get(name));
        let others = || {
            let pick = |schema: &'a Value, keyword: &str| schema.get(keyword).filter(|other| other.is_object());
            OTHERS.iter().find_map(|keyword| self.below(contract, |schema| pick(schema, keyword)))
        };
        named.or_else(others)
    }

    fn entry(&self, contract: &'a Contract) -> Option<Self> {
        self.below(contract, |schema| schema.get("items"))
    }

    fn below(&self, contract: &'a Contract, pick: impl Fn(&'a Value) -> Option<&'a Value>) -> Option<Self> {
        let mut promise = Self::default();
        self.every()
            .filter_map(|(schema, firm)| Some((pick(schema)?, firm)))
            .for_each(|(schema, firm)| promise.take(contract, schema, firm));
        (!promise.firm.is_empty() || !promise.variants.is_empty()).then_some(promise)
    }

    /// Whether a member must be there.
    pub(super) fn requires(&self, name: &str) -> bool {
        self.firm.iter().any(|schema| {
            let required = schema.get("required").and_then(Value::as_array);
            required.is_some_and(|names| names.iter().any(|known| known == name))
        })
    }

    /// All names that must be there.
    pub(super) fn required(&self) -> impl Iterator<Item = &'a str> {
        let lists = self.firm.iter().filter_map(|schema| schema.get("required")?.as_array());
        lists.flatten().filter_map(Value::as_str)
    }

    /// What another member of an object would be: of a documented kind, undocumented, or of no interest.
    pub(super) fn another(&self, contract: &'a Contract, name: &str) -> Another<'a> {
        match self.member(contract, name) {
            Some(promise) => Another::Documented(promise),
            None if self.is_free() => Another::Free,
            None => Another::New,
        }
    }
}

/// What one more member of an object would be.
pub(super) enum Another<'a> {
    /// Documented, by name or as one of many.
    Documented(PlaceSchemas<'a>),
    /// Nothing is documented about members here.
    Free,
    /// New, where others are documented.
    New,
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

/// Every value below a body, with what is documented about it.
pub(super) fn nodes<'a>(contract: &'a Contract, schema: &str, body: &'a Value) -> Vec<BodyValue<'a>> {
    let mut nodes = Vec::new();
    let schema = chosen(contract, schema, body).unwrap_or(schema);
    descend(contract, &PlaceSchemas::at(contract, schema), body, "", &mut nodes);
    nodes
}

/// Of several named resources the one that a body is: all that it requires is there, and it requires the most.
fn chosen<'a>(contract: &'a Contract, schema: &str, body: &Value) -> Option<&'a str> {
    let document = contract.document();
    let target = |schema: &'a Value| schema.get("$ref")?.as_str()?.strip_prefix('#');
    let choice = document.pointer(schema).and_then(target).and_then(|named| document.pointer(named))?;
    let named = choice.get("oneOf")?.as_array()?.iter().filter_map(target);
    let required = |named: &&str| document.pointer(named)?.get("required")?.as_array();
    let shown = |name: &Value| name.as_str().is_some_and(|name| body.get(name).is_some());
    let fitting = named.filter(|named| required(named).is_some_and(|names| names.iter().all(shown)));
    fitting.max_by_key(|named| required(named).map_or(0, Vec::len))
}

fn descend<'a>(
    contract: &'a Contract,
    holder: &PlaceSchemas<'a>,
    value: &'a Value,
    at: &str,
    nodes: &mut Vec<BodyValue<'a>>,
) {
    let mut take = |pointer: String, value: &'a Value, promise: Option<PlaceSchemas<'a>>, member: Option<&str>| {
        let (promise, holder) = (promise.unwrap_or_default(), holder.clone());
        let (is_member, required) = (member.is_some(), member.is_some_and(|name| holder.requires(name)));
        nodes.push(BodyValue {
            pointer: pointer.clone(),
            value,
            promise: promise.clone(),
            holder,
            is_member,
            required,
        });
        descend(contract, &promise, value, &pointer, nodes);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            take(join(at, name), member, holder.member(contract, name), Some(name));
        }),
        Value::Array(entries) => {
            let promise = holder.entry(contract);
            let entries = entries.iter().enumerate();
            entries.for_each(|(index, entry)| take(format!("{at}/{index}"), entry, promise.clone(), None));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contract(schemas: &Value) -> Contract {
        let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {},
            "components": {"schemas": schemas}});
        Contract::from_json(&document.to_string()).expect("a document")
    }

    #[test]
    fn what_is_required_typed_and_free_is_read_through_references_and_all_of() {
        let contract = contract(&json!({
            "A": {"allOf": [{"$ref": "#/components/schemas/B"}, {"required": ["y"]}], "type": "object"},
            "B": {"properties": {"x": {"type": "string"}, "y": {"$ref": "#/components/schemas/Free"}}}, "Free": {}}));
        let body = json!({"x": "text", "y": {"z": 1}});
        let nodes = nodes(&contract, "/components/schemas/A", &body);
        let by = |pointer: &str| nodes.iter().find(|node| node.pointer == pointer).expect("a node");
        assert!(!by("/x").required && by("/y").required);
        assert!(!by("/x").promise.takes(&json!(1)) && by("/y").promise.takes(&json!(1)));
        assert!(matches!(by("/y/z").holder.another(&contract, "w"), Another::Free));
        assert!(matches!(by("/x").holder.another(&contract, "w"), Another::New));
    }

    #[test]
    fn what_only_a_variant_forbids_is_no_breach() {
        let contract =
            contract(&json!({"A": {"oneOf": [{"required": ["x"], "properties": {"x": {"type": "string"}}}]}}));
        let body = json!({"x": "text"});
        let nodes = nodes(&contract, "/components/schemas/A", &body);
        assert!(!nodes[0].required && nodes[0].promise.takes(&json!(1)) == nodes[0].promise.keyword("type").is_none());
    }
}
