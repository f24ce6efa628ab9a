//! What was promised: the contract, loaded once and never changed.
//!
//! A [`Contract`] is the OpenAPI document that a person wrote, with its extensions, read into the shapes that the checks
//! ask for: operations (one per method, path and request media type), compiled schemas, documented properties and values,
//! lifecycles, requirements. Everything refers to the original document by JSON pointer.
//!
//! Deliberately not here: any judgement of an answer, and the lowered document that the client is generated from.

mod error;
mod lifecycle;
mod operation;
mod parameter;
mod reference;
mod requirement;
mod schema;
mod schema_promise;
mod security;
mod server;
mod shape;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use crate::base::digest::sha256;

pub use error::ContractError;
pub use lifecycle::{LastingChange, Lifecycle, LifecycleState, NextStates, ResourceTimes, StateLinks, StateProperties};
pub use operation::{Location, MediaType, Operation, Parameter, Reply, ReplyHeader, RequestBody, StatusKey};
pub use parameter::{ParameterForm, Style};
pub use requirement::{Importance, Requirement};
pub use schema::{Direction, Schemas, Validator, Violation};
pub use schema_promise::SchemaPromise;
pub use security::SecurityScheme;
pub use server::{NoServer, base_url};
pub use shape::{Documented, ShapeEvent, ShapeId, Shapes};

/// The contract that this build was made from: the original document, as JSON.
pub const TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/contract.json"));

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
    /// The addresses under which the tenant is documented to be found.
    pub servers: Vec<String>,
    security_schemes: BTreeMap<String, SecurityScheme>,
    schemas: Schemas,
    built_in: bool,
    /// What is documented about the values of bodies: their properties, open enumerations and secrets.
    pub shapes: Shapes,
}

impl Contract {
    /// Reads the contract that this build was made from.
    ///
    /// # Errors
    /// When one of its extensions is inconsistent; a test holds that it is not.
    pub fn embedded() -> Result<Self, ContractError> {
        Ok(Self { built_in: true, ..Self::from_json(TEXT)? })
    }

    /// Reads a contract from the text of an OpenAPI document, YAML or JSON, as the build reads its own.
    ///
    /// # Errors
    /// As [`Contract::from_json`]; also when the text is neither, or has no operation.
    pub fn from_text(text: &str) -> Result<Self, ContractError> {
        document(text).and_then(Self::from_document)
    }

    /// Reads a contract from an OpenAPI document that was read as [`document`] does.
    ///
    /// # Errors
    /// As [`Contract::from_json`]; also when it has no operation.
    #[expect(clippy::needless_pass_by_value, reason = "for and_then")]
    pub fn from_document(document: Value) -> Result<Self, ContractError> {
        // Read again, because JSON limits the depth.
        let contract = Self::from_json(&document.to_string())?;
        // It would judge nothing, silently.
        match contract.operations.is_empty() {
            true => {
                Err(ContractError::new("/paths", "there are no paths with operations, so there is nothing to judge"))
            }
            false => Ok(contract),
        }
    }

    /// Reads a contract from the OpenAPI document as JSON.
    ///
    /// # Errors
    /// When the text is no OpenAPI 3.0 document, or one of its extensions is inconsistent; the error names the place.
    pub fn from_json(text: &str) -> Result<Self, ContractError> {
        let document = serde_json::from_str(text).map_err(|error| ContractError::new("", error.to_string()))?;
        let document = Arc::new(document);
        require_version(&document)?;
        reference::require_local(&document)?;
        server::require_no_credentials(&document)?;
        let schemas = Schemas::new(&document)?;
        let mut shapes = Shapes::default();
        let lifecycles = lifecycle::read(&document)?;
        let operations = operation::read(&document, &lifecycles, &mut shapes)?;
        let requirements = requirement::read(&document)?;
        let contract = Self {
            title: text_at(&document, "/info/title"),
            version: text_at(&document, "/info/version"),
            digest: sha256(text),
            operations,
            lifecycle_by_operation: lifecycle::by_operation(&lifecycles),
            lifecycles,
            requirements,
            servers: server::addresses(&document),
            security_schemes: security::read(&document),
            built_in: false,
            schemas,
            shapes,
            document,
        };
        contract.check_references()?;
        Ok(contract)
    }

    /// Whether it is the contract that this build was made from, so that the generated client knows its operations.
    pub fn is_built_in(&self) -> bool {
        self.built_in
    }

    /// Whether its operations live in environments of PingOne, which a target supplies: the first segment of their paths.
    pub fn has_environments(&self) -> bool {
        self.operations.iter().any(|operation| operation.path.starts_with("/{envID}"))
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

    /// What nothing but the status can be judged of: answers, by operation and status, whose bodies have no documented
    /// schema although they may have one, and operations that document no answer at all.
    pub fn without_schema(&self) -> Vec<String> {
        let each = self.operations.iter().flat_map(|operation| {
            let bare =
                |reply: &&Reply| reply.may_have_a_body() && reply.media_types.iter().all(|one| one.schema.is_none());
            let replies = operation.replies.iter().filter(bare);
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
        self.requirements.iter().find(|requirement| requirement.id == id)
    }

    /// What stands at a JSON pointer of the document once local references are followed.
    pub fn resolved(&self, pointer: &str) -> Option<&Value> {
        reference::resolve(&self.document, pointer).ok().map(|(value, _)| value)
    }

    /// The compiled schema at a JSON pointer of the document.
    ///
    /// # Errors
    /// When the schema at the pointer cannot be compiled.
    pub fn validator(&self, pointer: &str, direction: Direction) -> Result<Validator, ContractError> {
        self.schemas.validator(pointer, direction)
    }

    /// The requirements that speak of a place in the document: those at the place itself or the nearest above it. States of
    /// a lifecycle say `requirement`, everything else `x-requirement`.
    pub fn requirements_at(&self, pointer: &str) -> Vec<String> {
        let key = if pointer.contains("/x-lifecycle/") { "requirement" } else { "x-requirement" };
        let mut pointer = pointer;
        loop {
            let ids = self.document.pointer(pointer).map(|value| requirement::requirement_ids(value.get(key)));
            match (ids, pointer.rfind('/')) {
                (Some(ids), _) if !ids.is_empty() => return ids,
                (_, Some(end)) => pointer = &pointer[..end],
                (_, None) => return Vec::new(),
            }
        }
    }

    /// Every id in the document's `x-requirement` and lifecycles must be in the register, and every operation that a
    /// lifecycle names must exist.
    fn check_references(&self) -> Result<(), ContractError> {
        let named = requirement::references(&self.document);
        if let Some((pointer, id)) = named.into_iter().find(|(_, id)| self.requirement(id).is_none()) {
            return Err(ContractError::new(pointer, format!("`{id}` is not in x-requirements")));
        }
        for lifecycle in &self.lifecycles {
            let released = lifecycle.fixed.values().flatten().chain(lifecycle.asked.keys()).map(String::as_str);
            let mut named = lifecycle.operations().chain(released);
            if let Some(name) = named.find(|name| self.operation(name).is_none()) {
                return Err(ContractError::new(&lifecycle.pointer, format!("`{name}` is not an operation")));
            }
        }
        Ok(())
    }
}

/// Reads a document from its text, YAML or JSON, as the build reads its own.
///
/// # Errors
/// When the text is neither.
pub fn document(text: &str) -> Result<Value, ContractError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(ContractError::new("", "the file is empty"));
    }
    let invalid = |error: &dyn std::fmt::Display| ContractError::new("", first_line(&error.to_string()));
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| invalid(&error));
    }
    // As in the build: `no` is a text, and so is `012345`.
    let options = serde_saphyr::options! { strict_booleans: true, leading_zero_numbers_as_strings: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| invalid(&error))
}

fn require_version(document: &Value) -> Result<(), ContractError> {
    let found = match (document.get("openapi"), document.get("swagger")) {
        (Some(Value::String(version)), _) if version.starts_with("3.0.") => return Ok(()),
        (Some(Value::String(version)), _) => format!("version {version} is not supported; 3.0.x is"),
        (Some(other), _) => format!("{other} is not a string; an OpenAPI 3.0.x document says \"3.0.3\", for instance"),
        (None, Some(version)) => format!("this is Swagger {version}, which is not supported; OpenAPI 3.0.x is"),
        (None, None) => "there is no `openapi` field; an OpenAPI 3.0.x document has one".to_owned(),
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

/// What is wrong and where, without the excerpt of the file that follows.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

fn text_at(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
