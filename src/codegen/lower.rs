//! The document that progenitor can take, and what was taken out of the contract for it.
//!
//! * One operation is one request media type; its path carries the operation's name as a fragment, which is never sent.
//! * Every JSON media type is written `application/json`; the true names are in [`LoweredOperation`].
//! * All responses become one `default`: an enum with a variant for each documented status.
//! * Headers, cookies and security are the transport's; vendor extensions and descriptions inform people.
//!
//! Pure: the same contract gives the same result, all refusals are gathered, and nothing panics.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Refusal;
use super::document::{Node, escape};
use super::names::{self, pascal_case, snake_case, type_key};
use super::schema::{Removal, Schemas};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const FORM: &str = "application/x-www-form-urlencoded";

/// What lowering makes of a contract.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The document for progenitor.
    pub document: openapiv3::OpenAPI,
    /// The operations, in the contract's order.
    pub operations: Vec<LoweredOperation>,
    /// What the typed client does without, beside descriptions and extensions.
    pub removals: Vec<Removal>,
}

/// One operation: a method, a path and a request media type.
#[derive(Debug, Clone, PartialEq)]
pub struct LoweredOperation {
    /// The name that scenarios call.
    pub name: String,
    /// The name as a Rust function.
    pub id: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path template, as in the contract.
    pub path: String,
    /// The media type of the request, where the operation has one.
    pub media_type: Option<String>,
    /// How the body is written.
    pub body: Body,
    /// Whether the body must be there.
    pub body_required: bool,
    /// The documented replies, in the contract's order.
    pub replies: Vec<Reply>,
    /// The documented parameters, in the contract's order.
    pub parameters: Vec<Parameter>,
    /// Where the operation stands in the contract.
    pub pointer: String,
}

impl LoweredOperation {
    /// Names the path under which the lowered document has this operation.
    pub fn lowered_path(&self) -> String {
        format!("{}#{}", self.path, self.name)
    }
}

/// How a request's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// As JSON.
    Json,
    /// As the fields of a form.
    Form,
}

/// One documented response.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// `200`, `4XX` or `default`.
    pub status: String,
    /// The media types it may have.
    pub media_types: Vec<String>,
    /// What the typed client makes of the body.
    pub content: Content,
}

/// What the typed client makes of a response body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Nothing: none is documented, or none that has a type.
    Nothing,
    /// A value of the documented schema.
    Json,
    /// Text.
    Text,
}

/// One documented parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name as sent.
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub location: String,
    /// Whether it must be there.
    pub required: bool,
}

/// Rewrites a contract.
///
/// # Errors
/// All reasons why it cannot be, each with its place in the contract.
pub fn lower(contract: &Value) -> Result<Lowered, Vec<Refusal>> {
    let root = Node::root(contract);
    let mut lowering = Lowering::default();
    lowering.version(&root);
    lowering.component_names(&root);
    for (path, item) in root.get("paths").iter().flat_map(Node::entries) {
        lowering.path_item(path, &item);
    }
    lowering.operation_names();
    lowering.generated_names(&root);
    let schemas = lowering.reachable_schemas(&root);
    lowering.finish(&root, schemas)
}

#[derive(Default)]
struct Lowering {
    schemas: Schemas,
    refusals: Vec<Refusal>,
    operations: Vec<LoweredOperation>,
    paths: Map<String, Value>,
    replies: Map<String, Value>,
}

/// What the operations of one method and path have in common.
struct Endpoint<'a> {
    method: &'static str,
    path: &'a str,
    operation: Node<'a>,
    parameters: Vec<Node<'a>>,
    responses: Vec<(&'a str, Node<'a>)>,
}

/// One way to call an endpoint: with one request media type, or without any.
struct Way<'a> {
    name: Option<&'a str>,
    media_type: Option<&'a str>,
    node: Node<'a>,
    body_required: bool,
}

impl Lowering {
    fn version(&mut self, root: &Node) {
        let version = root.text("openapi").unwrap_or_default();
        if !version.starts_with("3.0.") {
            let node = root.get("openapi").unwrap_or_else(|| root.clone());
            self.refusals.push(node.refuse(format!("OpenAPI 3.0 is needed, this is {version:?}")));
        }
    }

    fn component_names(&mut self, root: &Node) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (name, node) in schemas_of(root) {
            if let Some(other) = seen.insert(type_key(name), name) {
                self.refusals.push(node.refuse(format!("{name} and {other} would be one type")));
            }
        }
    }

    fn path_item(&mut self, path: &str, item: &Node) {
        if item.value.get("$ref").is_some() {
            self.refusals.push(item.refuse("a path item must stand here itself, not be a reference"));
        }
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                self.endpoint(method, path, item, operation);
            }
        }
    }

    fn endpoint(&mut self, method: &'static str, path: &str, item: &Node, operation: Node) {
        let parameters = self.parameters(item, &operation);
        self.path_parameters(path, &operation, &parameters);
        let responses = self.resolved(operation.get("responses").iter().flat_map(Node::entries));
        if responses.is_empty() {
            self.refusals.push(operation.refuse("no response is documented"));
        }
        let endpoint = Endpoint { method, path, operation, parameters, responses };
        for way in self.ways(&endpoint) {
            self.operation(&endpoint, &way);
        }
    }

    fn resolved<'a>(&mut self, entries: impl Iterator<Item = (&'a str, Node<'a>)>) -> Vec<(&'a str, Node<'a>)> {
        let keep = |(key, node): (&'a str, Node<'a>)| {
            let resolved = self.resolve(node)?;
            (!key.starts_with("x-")).then_some((key, resolved))
        };
        entries.filter_map(keep).collect()
    }

    fn resolve<'a>(&mut self, node: Node<'a>) -> Option<Node<'a>> {
        node.resolve().map_err(|refusal| self.refusals.push(refusal)).ok()
    }

    fn parameters<'a>(&mut self, item: &Node<'a>, operation: &Node<'a>) -> Vec<Node<'a>> {
        let mut merged: Vec<Node<'a>> = Vec::new();
        let listed = [item, operation].into_iter().filter_map(|node| node.get("parameters"));
        for parameter in listed.flat_map(|list| list.items().collect::<Vec<_>>()) {
            if let Some(parameter) = self.resolve(parameter) {
                let key = |node: &Node<'a>| (node.text("name"), node.text("in"));
                merged.retain(|other| key(other) != key(&parameter));
                merged.push(parameter);
            }
        }
        merged
    }

    fn path_parameters(&mut self, path: &str, operation: &Node, parameters: &[Node]) {
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

    fn ways<'a>(&mut self, endpoint: &Endpoint<'a>) -> Vec<Way<'a>> {
        let operation_id = endpoint.operation.text("operationId");
        let request = endpoint.operation.get("requestBody").and_then(|body| self.resolve(body));
        let Some(request) = request else {
            let node = endpoint.operation.clone();
            return vec![Way { name: operation_id, media_type: None, node, body_required: false }];
        };
        let media_types: Vec<_> = request.get("content").iter().flat_map(Node::entries).collect();
        let fallback = operation_id.filter(|_| media_types.len() == 1);
        let way = |(media_type, node): (&'a str, Node<'a>)| Way {
            name: node.text("x-operation-id").or(fallback),
            media_type: Some(media_type),
            body_required: node.value.get("schema").is_some()
                && (request.flag("required") || node.flag("x-body-required")),
            node,
        };
        media_types.into_iter().map(way).collect()
    }

    fn operation(&mut self, endpoint: &Endpoint, way: &Way) {
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
        let (body, request) = self.request(way);
        let (replies, reply_schema) = self.replies(endpoint, way, name);
        let document = json!({
            "operationId": snake_case(name),
            "parameters": self.sent_parameters(&endpoint.parameters),
            "responses": { "default": reply_response(&reply_schema) },
        });
        let operation = LoweredOperation {
            name: name.to_owned(),
            id: snake_case(name),
            method: endpoint.method.to_uppercase(),
            path: endpoint.path.to_owned(),
            media_type: way.media_type.map(str::to_owned),
            body,
            body_required: way.body_required,
            replies,
            parameters: endpoint.parameters.iter().map(parameter).collect(),
            pointer: way.node.pointer.clone(),
        };
        let document = with_request(document, request);
        self.paths.insert(operation.lowered_path(), json!({ endpoint.method: document }));
        self.operations.push(operation);
    }

    fn request(&mut self, way: &Way) -> (Body, Option<Value>) {
        let (Some(media_type), Some(schema)) = (way.media_type, way.node.get("schema")) else {
            return (Body::None, None);
        };
        let (body, written) = match media_type {
            json if is_json(json) => (Body::Json, "application/json"),
            FORM => (Body::Form, FORM),
            _ => {
                self.refusals.push(way.node.refuse("a request body is JSON or a form here"));
                return (Body::None, None);
            }
        };
        let schema = self.schemas.lower(&schema);
        (body, Some(json!({ "required": true, "content": { written: { "schema": schema } } })))
    }

    fn replies(&mut self, endpoint: &Endpoint, way: &Way, name: &str) -> (Vec<Reply>, String) {
        let chosen = self.chosen_statuses(endpoint, way);
        let holds = |status: &str| chosen.as_ref().is_none_or(|chosen| chosen.contains(&status));
        let mut replies = Vec::new();
        let mut variants = Vec::new();
        for (status, response) in endpoint.responses.iter().filter(|(status, _)| holds(status)) {
            let (reply, variant) = self.reply(status, response);
            replies.push(reply);
            variants.push(variant);
        }
        let schema = self.reply_schema(name, json!({ "oneOf": variants }));
        (replies, schema)
    }

    // Operations with the same replies share one type, called after the first: most flow actions do, and each type
    // takes time to compile.
    fn reply_schema(&mut self, operation: &str, schema: Value) -> String {
        let known = self.replies.iter().find(|(_, known)| **known == schema).map(|(name, _)| name.clone());
        known.unwrap_or_else(|| {
            self.replies.insert(reply_type(operation), schema);
            reply_type(operation)
        })
    }

    fn chosen_statuses<'a>(&mut self, endpoint: &Endpoint, way: &Way<'a>) -> Option<Vec<&'a str>> {
        let chosen = way.node.get("x-responses")?;
        let documented = |status: &str| endpoint.responses.iter().any(|(key, _)| *key == status);
        for item in chosen.items().filter(|item| !item.value.as_str().is_some_and(documented)) {
            self.refusals.push(item.refuse(format!("{} is not among the responses of this path", item.value)));
        }
        if chosen.items().next().is_none() {
            self.refusals.push(chosen.refuse("x-responses lists the statuses that hold, at least one"));
        }
        Some(chosen.items().filter_map(|item| item.value.as_str()).collect())
    }

    fn reply(&mut self, status: &str, response: &Node) -> (Reply, Value) {
        if !is_status_key(status) {
            self.refusals.push(response.refuse(format!("{status:?} is no status: 200, 4XX or default")));
        }
        let media_types: Vec<_> = response.get("content").iter().flat_map(Node::entries).collect();
        for (_, node) in media_types.iter().filter(|(media_type, _)| !is_media_type(media_type)) {
            self.refusals.push(node.refuse("this is no media type"));
        }
        let (content, schema) = self.reply_content(&media_types);
        let reply = Reply {
            status: status.to_owned(),
            media_types: media_types.iter().map(|(media_type, _)| (*media_type).to_owned()).collect(),
            content,
        };
        (reply, variant(&status_tag(status), schema))
    }

    fn reply_content(&mut self, media_types: &[(&str, Node)]) -> (Content, Option<Value>) {
        let mut json = media_types.iter().filter(|(media_type, _)| is_json(media_type)).map(|(_, node)| node);
        let Some(first) = json.next() else {
            let text = media_types.iter().any(|(media_type, _)| media_type.starts_with("text/"));
            return if text { (Content::Text, Some(json!({ "type": "string" }))) } else { (Content::Nothing, None) };
        };
        for other in json.filter(|other| other.value.get("schema") != first.value.get("schema")) {
            self.refusals.push(other.refuse("the JSON media types of one response must have one schema"));
        }
        let schema = first.get("schema").map_or_else(|| json!({}), |schema| self.schemas.lower(&schema));
        (Content::Json, Some(schema))
    }

    fn sent_parameters(&mut self, parameters: &[Node]) -> Vec<Value> {
        parameters.iter().filter_map(|parameter| self.sent_parameter(parameter)).collect()
    }

    fn sent_parameter(&mut self, parameter: &Node) -> Option<Value> {
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
        let Some(schema) = parameter.get("schema") else {
            self.refusals.push(parameter.refuse("a parameter needs a schema here"));
            return None;
        };
        let required = location == "path" || parameter.flag("required");
        let schema = self.schemas.lower(&schema);
        Some(json!({ "name": parameter.text("name"), "in": location, "required": required, "schema": schema }))
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

    fn generated_names(&mut self, root: &Node) {
        let names =
            self.operations.iter().flat_map(|operation| [reply_type(&operation.name), body_type(&operation.name)]);
        let generated: BTreeSet<String> = names.map(|name| type_key(&name)).collect();
        for (name, node) in schemas_of(root).filter(|(name, _)| generated.contains(&type_key(name))) {
            self.refusals.push(node.refuse(format!("{name} is the name of a generated type")));
        }
    }

    fn reachable_schemas(&mut self, root: &Node) -> Map<String, Value> {
        let mut lowered = std::mem::take(&mut self.replies);
        let known: BTreeMap<&str, Node> = schemas_of(root).collect();
        let mut wanted = references(&Value::Object(self.paths.clone()));
        wanted.extend(lowered.values().flat_map(references));
        while let Some(name) = wanted.pop_first() {
            let Some(node) = known.get(name.as_str()).filter(|_| !lowered.contains_key(&name)) else {
                continue;
            };
            let schema = self.schemas.lower(node);
            wanted.extend(references(&schema));
            lowered.insert(name, schema);
        }
        lowered
    }

    fn finish(mut self, root: &Node, schemas: Map<String, Value>) -> Result<Lowered, Vec<Refusal>> {
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
            return Err(sorted(self.refusals));
        }
        let document = serde_json::from_value(document).map_err(|error| vec![misfit(root, &schemas, &error)])?;
        let mut removals = self.schemas.removals;
        removals.sort();
        removals.dedup();
        Ok(Lowered { document, operations: self.operations, removals })
    }
}

fn sorted(mut refusals: Vec<Refusal>) -> Vec<Refusal> {
    refusals.sort();
    refusals.dedup();
    refusals
}

// The reader of OpenAPI documents says what is wrong but not where: ask it again, schema by schema.
fn misfit(root: &Node, schemas: &Map<String, Value>, error: &serde_json::Error) -> Refusal {
    let fits = |schema: &Value| serde_json::from_value::<openapiv3::ReferenceOr<openapiv3::Schema>>(schema.clone());
    let found = schemas.iter().find_map(|(name, schema)| Some((name, fits(schema).err()?)));
    let (pointer, error) = match &found {
        Some((name, error)) => (format!("/components/schemas/{}", escape(name)), error),
        None => (root.pointer.clone(), error),
    };
    Refusal { pointer, reason: format!("this is not OpenAPI 3.0: {error}") }
}

fn schemas_of<'a>(root: &Node<'a>) -> impl Iterator<Item = (&'a str, Node<'a>)> {
    let schemas = root.get("components").and_then(|components| components.get("schemas"));
    schemas.into_iter().flat_map(|schemas| schemas.entries().collect::<Vec<_>>())
}

fn template_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn parameter(node: &Node) -> Parameter {
    let location = node.text("in").unwrap_or_default().to_owned();
    let required = location == "path" || node.flag("required");
    Parameter { name: node.text("name").unwrap_or_default().to_owned(), location, required }
}

fn with_request(mut operation: Value, request: Option<Value>) -> Value {
    if let Some(request) = request {
        operation["requestBody"] = request;
    }
    operation
}

fn reply_type(name: &str) -> String {
    format!("{}Reply", pascal_case(name))
}

fn body_type(name: &str) -> String {
    format!("{}Body", pascal_case(name))
}

fn reply_response(schema: &str) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({ "description": "", "content": { "application/json": { "schema": schema } } })
}

/// Names the variant of a reply for a status key of the contract.
pub fn status_tag(status: &str) -> String {
    format!("Status{}", pascal_case(status))
}

fn variant(tag: &str, schema: Option<Value>) -> Value {
    match schema {
        Some(schema) => json!({
            "type": "object", "required": [tag], "properties": { tag: schema }, "additionalProperties": false
        }),
        None => json!({ "type": "string", "enum": [tag] }),
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

// It goes into a header, so it must also be fit for one.
fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default();
    let token = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    essence.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

fn is_status_key(key: &str) -> bool {
    let [first, rest @ ..] = key.as_bytes() else {
        return false;
    };
    let digits = rest.len() == 2 && rest.iter().all(u8::is_ascii_digit);
    key == "default" || (first.is_ascii_digit() && (digits || rest == b"XX"))
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
