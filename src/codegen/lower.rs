//! The document that progenitor can take, and what was taken out of the contract for it.
//!
//! * One operation is one request media type; its path carries the operation's name as a fragment, which is never sent.
//! * Every JSON media type is written `application/json`; the true names are kept with the operation.
//! * All responses become one `default`: an enum with a variant for each documented status.
//! * Headers, cookies and security are the transport's; vendor extensions and descriptions inform people.
//!
//! Pure: the same contract gives the same result, all refusals are gathered, and nothing panics.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::document::{PlacedValue, Refusal};
use super::model::{Lowered, LoweredOperation};
use super::names::{self, is_media_type, pascal_case, snake_case, type_key};
use super::replies::{ReplyTypes, reply_response, reply_type};
use super::schema::{Removal, SchemaLowering};
use crate::base::media_type::is_json;
use crate::base::pointer::join;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const FORM: &str = "application/x-www-form-urlencoded";

/// Rewrites a contract.
///
/// # Errors
/// All reasons why it cannot be, each with its place in the contract.
pub(crate) fn lower(contract: &Value) -> Result<Lowered, Vec<Refusal>> {
    let root = PlacedValue::root(contract);
    let mut lowering = Lowering::default();
    lowering.version(&root);
    lowering.component_names(&root);
    for (path, item) in root.get("paths").iter().flat_map(PlacedValue::entries) {
        lowering.path_item(path, &item);
    }
    lowering.operation_names();
    lowering.generated_names(&root);
    let schemas = lowering.reachable_schemas(&root);
    lowering.finish(&root, schemas)
}

/// The work in progress.
#[derive(Default)]
struct Lowering {
    schemas: SchemaLowering,
    refusals: Vec<Refusal>,
    operations: Vec<LoweredOperation>,
    paths: Map<String, Value>,
    replies: ReplyTypes,
}

/// What the operations of one method and path have in common.
struct LoweredEndpoint<'a> {
    method: &'static str,
    path: &'a str,
    operation: PlacedValue<'a>,
    parameters: Vec<PlacedValue<'a>>,
    responses: Vec<(&'a str, PlacedValue<'a>)>,
}

/// One way to call an endpoint: with one request media type, or without any.
struct CallForm<'a> {
    name: Option<&'a str>,
    media_type: Option<&'a str>,
    node: PlacedValue<'a>,
}

impl Lowering {
    fn version(&mut self, root: &PlacedValue) {
        let version = root.text("openapi").unwrap_or_default();
        if !version.starts_with("3.0.") {
            let node = root.get("openapi").unwrap_or_else(|| root.clone());
            self.refusals.push(node.refuse(format!("OpenAPI 3.0 is needed, this is {version:?}")));
        }
        let info = root.get("info").unwrap_or_else(|| root.clone());
        for member in ["title", "version"].into_iter().filter(|member| info.text(member).is_none()) {
            self.refusals.push(info.refuse(format!("the {member} of the contract is missing, or is no text")));
        }
    }

    fn component_names(&mut self, root: &PlacedValue) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (name, node) in schemas_of(root) {
            if let Some(other) = seen.insert(type_key(name), name) {
                self.refusals.push(node.refuse(format!("{name} and {other} would be one type")));
            }
        }
    }

    fn path_item(&mut self, path: &str, item: &PlacedValue) {
        if item.value.get("$ref").is_some() {
            self.refusals.push(item.refuse("a path item must stand here itself, not be a reference"));
        }
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                self.endpoint(method, path, item, operation);
            }
        }
    }

    fn endpoint(&mut self, method: &'static str, path: &str, item: &PlacedValue, operation: PlacedValue) {
        let parameters = self.parameters(item, &operation);
        self.path_parameters(path, &operation, &parameters);
        let responses = self.resolved(operation.get("responses").iter().flat_map(PlacedValue::entries));
        if responses.is_empty() {
            self.refusals.push(operation.refuse("no response is documented"));
        }
        let endpoint = LoweredEndpoint { method, path, operation, parameters, responses };
        for way in self.ways(&endpoint) {
            self.operation(&endpoint, &way);
        }
    }

    fn resolved<'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a str, PlacedValue<'a>)>,
    ) -> Vec<(&'a str, PlacedValue<'a>)> {
        let keep = |(key, node): (&'a str, PlacedValue<'a>)| {
            let resolved = self.resolve(node)?;
            (!key.starts_with("x-")).then_some((key, resolved))
        };
        entries.filter_map(keep).collect()
    }

    fn resolve<'a>(&mut self, node: PlacedValue<'a>) -> Option<PlacedValue<'a>> {
        node.resolve().map_err(|refusal| self.refusals.push(refusal)).ok()
    }

    fn parameters<'a>(&mut self, item: &PlacedValue<'a>, operation: &PlacedValue<'a>) -> Vec<PlacedValue<'a>> {
        let mut merged: Vec<PlacedValue<'a>> = Vec::new();
        let listed = [item, operation].into_iter().filter_map(|node| node.get("parameters"));
        for parameter in listed.flat_map(|list| list.items().collect::<Vec<_>>()) {
            if let Some(parameter) = self.resolve(parameter) {
                let key = |node: &PlacedValue<'a>| (node.text("name"), node.text("in"));
                merged.retain(|other| key(other) != key(&parameter));
                merged.push(parameter);
            }
        }
        merged
    }

    fn path_parameters(&mut self, path: &str, operation: &PlacedValue, parameters: &[PlacedValue]) {
        let documented: BTreeSet<&str> = parameters
            .iter()
            .filter(|node| node.text("in") == Some("path"))
            .filter_map(|node| node.text("name"))
            .collect();
        let named: BTreeSet<&str> = template_names(path).collect();
        for name in named.symmetric_difference(&documented) {
            self.refusals.push(operation.refuse(format!("the path and its parameters do not agree about {name}")));
        }
        if !path.starts_with('/') || path.contains(['#', '?']) {
            self.refusals.push(operation.refuse("a path starts with / and has neither query nor fragment"));
        }
    }

    fn ways<'a>(&mut self, endpoint: &LoweredEndpoint<'a>) -> Vec<CallForm<'a>> {
        let operation_id = endpoint.operation.text("operationId");
        let request = endpoint.operation.get("requestBody").and_then(|body| self.resolve(body));
        let Some(request) = request else {
            let node = endpoint.operation.clone();
            return vec![CallForm { name: operation_id, media_type: None, node }];
        };
        let media_types: Vec<_> = request.get("content").iter().flat_map(PlacedValue::entries).collect();
        let fallback = operation_id.filter(|_| media_types.len() == 1);
        let way = |(media_type, node): (&'a str, PlacedValue<'a>)| CallForm {
            name: node.text("x-operation-id").or(fallback),
            media_type: Some(media_type),
            node,
        };
        media_types.into_iter().map(way).collect()
    }

    fn operation(&mut self, endpoint: &LoweredEndpoint, way: &CallForm) {
        let Some(name) = way.name else {
            let needed = if way.media_type.is_some() { "x-operation-id" } else { "operationId" };
            return self.refusals.push(way.node.refuse(format!("an operation without a name: {needed} is missing")));
        };
        if let Some(objection) = names::objection(name) {
            return self.refusals.push(way.node.refuse(objection));
        }
        if way.media_type.is_some_and(|media_type| !is_media_type(media_type)) {
            self.refusals.push(way.node.refuse("this is no media type"));
        }
        let request = self.request(way);
        let replies = self.replies.lower(&mut self.schemas, &endpoint.responses, &way.node, name);
        let parameters: Vec<_> = endpoint.parameters.iter().filter_map(|each| self.sent_parameter(each)).collect();
        let mut document = json!({
            "operationId": snake_case(name),
            "parameters": parameters,
            "responses": { "default": reply_response(&replies) },
        });
        let operation = LoweredOperation {
            name: name.to_owned(),
            id: snake_case(name),
            path: endpoint.path.to_owned(),
            has_body: request.is_some(),
            parameters: endpoint.parameters.iter().filter_map(|parameter| given_name(parameter)).collect(),
            pointer: way.node.pointer.clone(),
        };
        if let Some(request) = request {
            document["requestBody"] = request;
        }
        self.paths.insert(operation.lowered_path(), json!({ endpoint.method: document }));
        self.operations.push(operation);
    }

    fn request(&mut self, way: &CallForm) -> Option<Value> {
        let (media_type, schema) = (way.media_type?, way.node.get("schema")?);
        let written = match media_type {
            json if is_json(json) => "application/json",
            FORM => FORM,
            _ => {
                self.refusals.push(way.node.refuse("a request body is JSON or a form here"));
                return None;
            }
        };
        let schema = self.schemas.lower(&schema);
        Some(json!({ "required": true, "content": { written: { "schema": schema } } }))
    }

    fn sent_parameter(&mut self, parameter: &PlacedValue) -> Option<Value> {
        let location = parameter.text("in").unwrap_or_default();
        if !matches!(location, "path" | "query") {
            self.schemas
                .removals
                .push(Removal { pointer: parameter.pointer.clone(), what: "a header or cookie is the transport's" });
            return None;
        }
        let style = parameter.text("style").unwrap_or(if location == "path" { "simple" } else { "form" });
        if !matches!((location, style), ("path", "simple") | ("query", "form")) {
            self.refusals.push(
                parameter.refuse(format!("the style {style} of a parameter in the {location} is not known here")),
            );
        }
        let (Some(name), Some(schema)) = (parameter.text("name"), parameter.get("schema")) else {
            self.refusals.push(parameter.refuse("a parameter needs a name and a schema here"));
            return None;
        };
        let required = location == "path" || parameter.flag("required");
        let schema = self.schemas.lower(&schema);
        Some(json!({ "name": name, "in": location, "required": required, "schema": schema }))
    }

    fn operation_names(&mut self) {
        let mut seen: BTreeMap<&str, &LoweredOperation> = BTreeMap::new();
        for operation in &self.operations {
            if let Some(other) = seen.insert(&operation.id, operation) {
                let reason = if other.name == operation.name {
                    format!("the operation {} is at {} already", operation.name, other.pointer)
                } else {
                    format!("{} and {} would both be the function {}", operation.name, other.name, operation.id)
                };
                self.refusals.push(Refusal { pointer: operation.pointer.clone(), reason });
            }
        }
    }

    fn generated_names(&mut self, root: &PlacedValue) {
        let names =
            self.operations.iter().flat_map(|operation| [reply_type(&operation.name), body_type(&operation.name)]);
        let generated: BTreeSet<String> = names.map(|name| type_key(&name)).collect();
        for (name, node) in schemas_of(root).filter(|(name, _)| generated.contains(&type_key(name))) {
            self.refusals.push(node.refuse(format!("{name} is the name of a generated type")));
        }
    }

    fn reachable_schemas(&mut self, root: &PlacedValue) -> Map<String, Value> {
        let mut lowered = std::mem::take(&mut self.replies.types);
        let known: BTreeMap<&str, PlacedValue> = schemas_of(root).collect();
        let mut open = references(&Value::Object(self.paths.clone()));
        open.extend(lowered.values().flat_map(references));
        while let Some(name) = open.pop_first() {
            let Some(node) = known.get(name.as_str()).filter(|_| !lowered.contains_key(&name)) else {
                continue;
            };
            let schema = self.schemas.lower(node);
            open.extend(references(&schema));
            lowered.insert(name, schema);
        }
        lowered
    }

    fn finish(mut self, root: &PlacedValue, schemas: Map<String, Value>) -> Result<Lowered, Vec<Refusal>> {
        let document = json!({
            "openapi": "3.0.3",
            "info": { "title": root.value.pointer("/info/title"), "version": root.value.pointer("/info/version") },
            "paths": self.paths,
            "components": { "schemas": schemas },
        });
        self.refusals.append(&mut self.schemas.refusals);
        if self.operations.is_empty() && self.refusals.is_empty() {
            self.refusals.push(root.refuse("the contract has no operation"));
        }
        if !self.refusals.is_empty() {
            self.refusals.sort();
            self.refusals.dedup();
            return Err(self.refusals);
        }
        let document = serde_json::from_value(document).map_err(|error| vec![misfit(root, &schemas, &error)])?;
        let mut removals = self.schemas.removals;
        removals.sort();
        removals.dedup();
        Ok(Lowered { document, operations: self.operations, removals })
    }
}

// The reader of OpenAPI documents says what is wrong but not where: ask it again, schema by schema.
fn misfit(root: &PlacedValue, schemas: &Map<String, Value>, error: &serde_json::Error) -> Refusal {
    let fits = |schema: &Value| serde_json::from_value::<openapiv3::ReferenceOr<openapiv3::Schema>>(schema.clone());
    let found = schemas.iter().find_map(|(name, schema)| Some((name, fits(schema).err()?)));
    let (pointer, error) = match &found {
        Some((name, error)) => (join("/components/schemas", name), error),
        None => (root.pointer.clone(), error),
    };
    Refusal { pointer, reason: format!("this is not OpenAPI 3.0: {error}") }
}

fn schemas_of<'a>(root: &PlacedValue<'a>) -> impl Iterator<Item = (&'a str, PlacedValue<'a>)> {
    let schemas = root.get("components").and_then(|components| components.get("schemas"));
    schemas.into_iter().flat_map(|schemas| schemas.entries().collect::<Vec<_>>())
}

fn template_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// The name of a parameter that a call gives by name: one of the path or the query.
fn given_name(parameter: &PlacedValue) -> Option<String> {
    let given = matches!(parameter.text("in"), Some("path" | "query"));
    parameter.text("name").filter(|_| given).map(str::to_owned)
}

fn body_type(name: &str) -> String {
    format!("{}Body", pascal_case(name))
}

fn references(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => members.iter().flat_map(|(key, member)| reference(key, member)).collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

fn reference(key: &str, member: &Value) -> BTreeSet<String> {
    match member.as_str().filter(|_| key == "$ref") {
        Some(reference) => reference.rsplit('/').next().map(str::to_owned).into_iter().collect(),
        None => references(member),
    }
}
