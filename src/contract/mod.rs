//! What was promised: the contract, loaded once and never changed.
//!
//! A [`Contract`] is the OpenAPI document that a person wrote, with its extensions, read into the shapes that the checks
//! ask for: operations (one per method, path and request media type), compiled schemas, documented properties and values,
//! lifecycles, requirements. Everything refers to the original document by JSON pointer.
//!
//! Deliberately not here: any judgement of an answer, and the lowered document that the client is generated from.

mod clean;
mod dialect;
mod direction;
mod dynamic;
mod error;
mod identifier;
mod inheritance;
pub mod keyword;
mod lifecycle;
mod operation;
mod overlay;
mod parameter;
mod pattern;
mod places;
mod reference;
mod remarks;
mod requirement;
mod route;
mod schema;
mod schema_promise;
mod security;
mod server;
mod shape;
mod shown;
mod style;
mod text;
mod text_form;
mod translate;
mod violation;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::base::built_in::CONTRACT_DIGEST;
use crate::base::digest::sha256;
use crate::base::pointer::find;
use dialect::Dialect;
use remarks::Remarks;
use route::Routes;

pub use direction::Direction;
pub use error::ContractError;
pub use lifecycle::{LastingChange, Lifecycle, LifecycleState, NextStates, ResourceTimes, StateLinks, StateProperties};
pub use operation::{MediaType, Operation, OtherResource, Parameter, Reply, ReplyHeader, RequestBody, StatusKey};
pub use overlay::Overlay;
pub use parameter::{Location, ParameterForm, Style};
pub use pattern::{Pattern, PatternError};
pub use requirement::{Importance, Requirement};
pub use route::Called;
pub use schema::{Schemas, Validator};
pub use schema_promise::SchemaPromise;
pub use security::SecurityScheme;
pub use server::{NoServer, OwnServer, base_url};
pub use shape::{Documented, ShapeEvent, ShapeId, Shapes};
pub use text_form::TextForm;
pub use violation::Violation;

/// The contract that this build was made from: the original document, as JSON.
pub const TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/contract.json"));

/// The contract of the management API, by which test environments are made and taken away: the original document.
const MANAGEMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/management.json"));

/// The contract.
#[derive(Debug)]
pub struct Contract {
    /// The document's title.
    pub title: String,
    /// The document's version.
    pub version: String,
    /// SHA-256 of the document's text, in lower-case hexadecimal.
    pub digest: String,
    document: Arc<Value>,
    /// Sorted by name.
    operations: Vec<Operation>,
    lifecycles: Vec<Lifecycle>,
    /// The lifecycle that each operation belongs to.
    lifecycle_by_operation: HashMap<String, usize>,
    requirements: Vec<Requirement>,
    /// Where each requirement stands among them, by its id; made when it is first asked for.
    requirement_by_id: OnceLock<HashMap<String, usize>>,
    /// Which operation an address leads to; made when it is first asked for.
    routes: OnceLock<Routes>,
    /// The addresses under which the tenant is documented to be found.
    pub servers: Vec<String>,
    security_schemes: BTreeMap<String, SecurityScheme>,
    /// What cannot be judged by: whatever else the document says holds all the same.
    pub faults: Vec<ContractError>,
    /// Extensions of other vendors that are called like ours, and are passed over.
    pub notes: Vec<ContractError>,
    schemas: Schemas,
    built_in: bool,
    /// What is documented about the values of bodies: their properties, open enumerations and secrets.
    pub shapes: Shapes,
}

impl Contract {
    /// Reads the contract that this build was made from, without examining it: a test holds that nothing is wrong with it.
    ///
    /// # Errors
    /// When it is no JSON, which cannot be.
    pub fn embedded() -> Result<Self, ContractError> {
        Ok(Self { built_in: true, ..Self::unexamined(json(TEXT)?, CONTRACT_DIGEST.to_owned()) })
    }

    /// Reads the contract of the management API, without examining it: a test holds that nothing is wrong with it.
    ///
    /// # Errors
    /// When it is no JSON, which cannot be.
    pub fn management() -> Result<Self, ContractError> {
        Ok(Self::unexamined(json(MANAGEMENT)?, sha256(MANAGEMENT)))
    }

    /// Reads a contract from the text of an OpenAPI document, YAML or JSON. What is wrong somewhere in it is in
    /// [`Contract::faults`], and only what it touches is left out.
    ///
    /// # Errors
    /// When the text is no OpenAPI document of version 3.0 or 3.1, has no operation, repeats a key, or refers to another document.
    pub fn from_text(text: &str) -> Result<Self, ContractError> {
        Self::with_overlays(text, &[])
    }

    /// As [`Contract::from_text`], once these overlays have changed the document, one after the other.
    ///
    /// # Errors
    /// As [`Contract::from_text`], and when an overlay cannot be applied.
    pub fn with_overlays(text: &str, overlays: &[Overlay]) -> Result<Self, ContractError> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(ContractError::new("", "the file is empty"));
        }
        let mut document = text::read(text)?;
        let mut idle = Vec::new();
        for overlay in overlays {
            idle.extend(overlay.apply(&mut document)?);
        }
        let digest = sha256(document.to_string());
        let mut contract = Self::from_document(document, digest)?;
        // It would judge nothing, silently.
        if contract.operations.is_empty() && contract.faults.is_empty() {
            let what = if contract.document.get("webhooks").is_some() { "; webhooks are not judged" } else { "" };
            let message = format!("there are no paths with operations, so there is nothing to judge{what}");
            return Err(ContractError::new("/paths", message));
        }
        contract.find_lines(text);
        contract.notes.extend(idle);
        Ok(contract)
    }

    /// Reads a contract from the OpenAPI document as JSON, in which nothing may be wrong.
    ///
    /// # Errors
    /// When the text is no OpenAPI document of version 3.0 or 3.1, or anything is wrong with it; the error names the place.
    pub fn from_json(text: &str) -> Result<Self, ContractError> {
        let contract = Self::from_document(json(text)?, sha256(text))?;
        match contract.faults.first().or(contract.notes.first()) {
            Some(wrong) => Err(wrong.clone()),
            None => Ok(contract),
        }
    }

    fn from_document(mut document: Value, digest: String) -> Result<Self, ContractError> {
        require_version(&document)?;
        dialect::require_known(&document)?;
        if Dialect::of(&document).is_modern() {
            identifier::localise(&mut document);
        }
        reference::require_local(&document)?;
        server::require_no_credentials(&document)?;
        let mut contract = Self::unexamined(document, digest);
        contract.examine();
        Ok(contract)
    }

    /// Reads a document as if nothing were wrong with it; what cannot be overlooked on the way is told.
    fn unexamined(document: Value, digest: String) -> Self {
        let document = Arc::new(document);
        let (mut remarks, mut shapes) = (Remarks::default(), Shapes::of(&document));
        let lifecycles = lifecycle::read(&document, &mut remarks);
        let operations = operation::read(&document, &lifecycles, &mut shapes, &mut remarks);
        let requirements = requirement::read(&document, &mut remarks);
        let Remarks { faults, notes } = remarks;
        Self {
            title: text_at(&document, "/info/title"),
            version: text_at(&document, "/info/version"),
            digest,
            operations,
            lifecycle_by_operation: lifecycle::by_operation(&lifecycles),
            lifecycles,
            requirements,
            requirement_by_id: OnceLock::new(),
            routes: OnceLock::new(),
            servers: server::addresses(&document),
            security_schemes: security::read(&document),
            built_in: false,
            faults,
            notes,
            schemas: Schemas::new(&document),
            shapes,
            document,
        }
    }

    /// Tells everything that is wrong with the document, and leaves it out.
    fn examine(&mut self) {
        let mut remarks = Remarks { faults: std::mem::take(&mut self.faults), notes: std::mem::take(&mut self.notes) };
        self.schemas.examine(&mut remarks);
        note_webhooks(&self.document, &mut remarks);
        check_requirements(&self.document, &self.requirements, &mut remarks);
        check_lifecycles(&self.lifecycles, &self.operations, &mut remarks);
        // Whoever speaks of an operation that is not there speaks of nothing.
        let is_about = |fault: &ContractError| self.lifecycles.iter().any(|one| one.pointer == fault.pointer);
        if remarks.faults.iter().any(is_about) {
            self.lifecycles.clear();
            self.lifecycle_by_operation.clear();
        }
        Remarks { faults: self.faults, notes: self.notes } = remarks.sorted();
    }

    /// Where in the text each remark has its place.
    fn find_lines(&mut self, text: &str) {
        let remarks = || self.faults.iter().chain(&self.notes);
        let pointers: Vec<&str> = remarks().map(|remark| remark.pointer.as_str()).collect();
        if pointers.is_empty() {
            return;
        }
        let lines = text::lines(text, &pointers);
        for remark in self.faults.iter_mut().chain(&mut self.notes) {
            remark.line = remark.line.or(lines.get(&remark.pointer).copied());
        }
    }

    /// Whether it is the contract that this build was made from, so that the generated client knows its operations.
    pub fn is_built_in(&self) -> bool {
        self.built_in
    }

    /// Whether its operations live in environments of PingOne, which a target supplies.
    pub fn has_environments(&self) -> bool {
        self.is_below("/{envID}") || self.manages_environments()
    }

    /// Whether its operations make what is in such an environment, so that scenarios begin with an empty one.
    pub fn manages_environments(&self) -> bool {
        self.is_below("/v1/environments/{envID}")
    }

    fn is_below(&self, path: &str) -> bool {
        self.operations.iter().any(|operation| operation.path.starts_with(path))
    }

    /// A security scheme by its name.
    pub fn security_scheme(&self, name: &str) -> Option<&SecurityScheme> {
        self.security_schemes.get(name)
    }

    /// The names of all security schemes.
    pub fn security_schemes(&self) -> impl Iterator<Item = &str> {
        self.security_schemes.keys().map(String::as_str)
    }

    /// The document as it was written.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// All operations, by name.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// One operation by its name, such as `validateOtp`.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        let at = self.operations.binary_search_by(|operation| operation.name.as_str().cmp(name)).ok()?;
        Some(&self.operations[at])
    }

    /// The operation that a request calls; `None` when none is documented, or nobody can tell which of several is meant.
    pub fn called(&self, request: &Called<'_>) -> Option<&Operation> {
        let routes = self.routes.get_or_init(|| Routes::new(&self.document, &self.operations));
        routes.operation((&self.operations, &self.lifecycles), &self.schemas, request)
    }

    /// The server that an operation has of its own, in place of the document's.
    pub fn own_server(&self, operation: &Operation) -> Option<OwnServer> {
        server::own_server(&self.document, &operation.path, &operation.method)
    }

    /// What nothing but the status can be judged of: answers, by operation and status, whose bodies have no documented
    /// schema although they may have one, and operations that document no answer at all.
    pub fn without_schema(&self) -> Vec<String> {
        let each = self.operations.iter().flat_map(|operation| {
            let has_content = |reply: &&Reply| operation.method != "HEAD" && reply.may_have_a_body();
            let bare = |reply: &&Reply| has_content(reply) && reply.media_types.iter().all(|one| one.schema.is_none());
            let replies = operation.replies().filter(bare);
            let silent = operation.replies.is_empty().then(|| operation.name.clone());
            replies.map(|reply| format!("{} {}", operation.name, reply.status)).chain(silent).collect::<Vec<_>>()
        });
        each.collect()
    }

    /// Where the document has something that looks like a signed token, which a published contract should not hold.
    pub fn signed_tokens(&self) -> Vec<String> {
        reference::texts_like(&self.document, |text| text.split_whitespace().any(is_signed_token))
    }

    /// The lifecycles of the resources.
    pub fn lifecycles(&self) -> &[Lifecycle] {
        &self.lifecycles
    }

    /// The lifecycle that an operation belongs to: it reads, creates or acts on such a resource.
    pub fn lifecycle_of(&self, operation: &str) -> Option<&Lifecycle> {
        self.lifecycle_by_operation.get(operation).map(|at| &self.lifecycles[*at])
    }

    /// The register of requirements, in the document's order.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// One requirement by its id.
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        let positions = self
            .requirement_by_id
            .get_or_init(|| self.requirements.iter().enumerate().map(|(at, known)| (known.id.clone(), at)).collect());
        positions.get(id).map(|at| &self.requirements[*at])
    }

    /// What stands at a JSON pointer of the document once local references are followed.
    pub fn resolved(&self, pointer: &str) -> Option<&Value> {
        reference::resolve(&self.document, pointer).ok().map(|(value, _)| value)
    }

    /// Where what stands at a JSON pointer really stands once local references are followed.
    pub fn place(&self, pointer: &str) -> Option<String> {
        reference::resolve(&self.document, pointer).ok().map(|(_, place)| place)
    }

    /// The compiled schema at a JSON pointer of the document.
    ///
    /// # Errors
    /// When the schema at the pointer cannot be compiled.
    pub fn validator(&self, pointer: &str, direction: Direction) -> Result<Validator, ContractError> {
        self.schemas.validator(pointer, direction)
    }

    /// How the schema at a pointer lets a text be read.
    pub fn text_form(&self, schema: &str) -> TextForm<'_> {
        self.schemas.text_form(schema)
    }

    /// Whether a property of the form that the schema at a pointer describes is a file, or a list of files.
    pub fn takes_bytes(&self, form: &str, property: &str) -> bool {
        self.schemas.takes_bytes(form, property)
    }

    /// The values that a list stands for in style `simple`, for the schema that the form is of.
    pub fn composed(&self, form: &TextForm<'_>, elements: &[&str], explode: bool) -> Vec<Value> {
        self.schemas.composed(form, elements, explode)
    }

    /// The requirements that speak of a place in the document: those at the place itself or the nearest above it. States of
    /// a lifecycle say `requirement`, everything else `x-requirement`.
    pub fn requirements_at(&self, pointer: &str) -> Vec<String> {
        let key = if pointer.contains("/x-lifecycle/") { "requirement" } else { "x-requirement" };
        let mut pointer = pointer;
        loop {
            let ids = find(&self.document, pointer).map(|value| requirement::requirement_ids(value.get(key)));
            match (ids, pointer.rfind('/')) {
                (Some(ids), _) if !ids.is_empty() => return ids,
                (_, Some(end)) => pointer = &pointer[..end],
                (_, None) => return Vec::new(),
            }
        }
    }
}

/// Every id in the document's `x-requirement` and lifecycles must be in the register.
fn check_requirements(document: &Value, requirements: &[Requirement], remarks: &mut Remarks) {
    let named = requirement::references(document).into_iter();
    let unknown = named.filter(|(_, id)| !requirements.iter().any(|requirement| requirement.id == *id));
    unknown.for_each(|(pointer, id)| match requirements.is_empty() {
        true => remarks.note(pointer, format!("`{id}` is not in x-requirements, which Flowproof's own contract has")),
        false => remarks.fault(pointer, format!("`{id}` is not in x-requirements")),
    });
}

/// What a server sends of its own accord is not judged.
fn note_webhooks(document: &Value, remarks: &mut Remarks) {
    if document.get("webhooks").and_then(Value::as_object).is_some_and(|webhooks| !webhooks.is_empty()) {
        remarks.note("/webhooks", "webhooks are requests of the server, which Flowproof does not receive");
    }
}

/// Every operation that a lifecycle names must exist.
fn check_lifecycles(lifecycles: &[Lifecycle], operations: &[Operation], remarks: &mut Remarks) {
    for lifecycle in lifecycles {
        let released = lifecycle.fixed.values().flatten().chain(lifecycle.asked.keys()).map(String::as_str);
        let mut named = lifecycle.operations().chain(released);
        if let Some(name) = named.find(|name| !operations.iter().any(|operation| operation.name == *name)) {
            remarks.fault(&lifecycle.pointer, format!("`{name}` is not an operation"));
        }
    }
}

fn json(text: &str) -> Result<Value, ContractError> {
    serde_json::from_str(text).map_err(|error| ContractError::new("", error.to_string()))
}

fn require_version(document: &Value) -> Result<(), ContractError> {
    const KNOWN: &str = "3.0.x and 3.1.x are";
    let found = match (document.get("openapi"), document.get("swagger")) {
        (Some(Value::String(version)), _) if version.starts_with("3.0.") || version.starts_with("3.1.") => {
            return Ok(());
        }
        (Some(Value::String(version)), _) if version.starts_with("3.2.") => format!(
            "version {version} is not supported; {KNOWN}. If it uses nothing that is new in 3.2, an overlay with the target `$` \
             and the update `openapi: 3.1.1` lets it be read"
        ),
        (Some(Value::String(version)), _) => format!("version {version} is not supported; {KNOWN}"),
        (Some(other), _) => {
            format!("{other} is not a string; an OpenAPI document says \"3.0.3\" or \"3.1.1\", for instance")
        }
        (None, Some(version)) => format!(
            "this is Swagger {version}, which is not supported; OpenAPI {KNOWN}, into which converters such as swagger2openapi \
             rewrite it"
        ),
        (None, None) => format!("there is no `openapi` field with a version; OpenAPI {KNOWN} supported"),
    };
    Err(ContractError::new("/openapi", found))
}

/// Whether a text is three parts of base64url, the first of which begins a JSON object.
fn is_signed_token(text: &str) -> bool {
    let text = text.trim_matches(|character: char| !character.is_ascii_alphanumeric());
    let parts: Vec<&str> = text.split('.').collect();
    let is_part = |part: &&str| {
        part.len() >= 10 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    parts.len() == 3 && parts[0].starts_with("eyJ") && parts.iter().all(is_part)
}

fn text_at(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wrong_with_the_contract_that_is_read_without_being_examined() {
        Contract::from_json(TEXT).expect("it is examined here");
    }
}
