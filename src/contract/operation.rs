//! Operations: one per method, path and request media type, which is one documentation page each.
//!
//! Deliberately not here: how an operation is called (see `client`).

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use strum::{Display, EnumString};

use super::error::ContractError;
use super::lifecycle::Lifecycle;
use super::parameter::{ParameterForm, content_of};
use super::reference::resolve;
use super::requirement::requirement_ids;
use super::shape::{ShapeId, Shapes};
use crate::base::percent::decoded;
use crate::base::pointer::join;
use crate::base::text::is_steering;

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The name, such as `validateOtp`; where the document gives none, method and path.
    pub name: String,
    /// Where it stands in the document: the request media type, or the operation object.
    pub pointer: String,
    /// What it is for, in a few words.
    pub summary: String,
    /// The documentation page.
    pub documentation: Option<String>,
    /// Ids of the requirements that speak of it.
    pub requirements: Vec<String>,
    /// The method in upper case.
    pub method: String,
    /// The path template, such as `/{envID}/flows/{flowID}`.
    pub path: String,
    /// Parameters of path and query, header and cookie.
    pub parameters: Vec<Parameter>,
    /// The request body.
    pub request: Option<RequestBody>,
    /// The documented replies.
    pub replies: Vec<Reply>,
    /// The names of the security schemes; each inner list is one way to be let in, an empty one means none is needed.
    pub security: Vec<Vec<String>>,
}

/// A parameter outside the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// Where it goes.
    pub location: Location,
    /// Whether a request without it is invalid.
    pub required: bool,
    /// Whether its value is never written in clear.
    pub secret: bool,
    /// Where its schema is in the document.
    pub schema: Option<String>,
    /// How it is written.
    pub form: ParameterForm,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Location {
    /// A segment of the path.
    Path,
    /// The query.
    Query,
    /// A header field.
    Header,
    /// A cookie.
    Cookie,
}

impl Location {
    /// The key under which a scenario gives such parameters.
    pub fn key(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "headers",
            Self::Cookie => "cookies",
        }
    }
}

/// What an operation takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestBody {
    /// The media type that selects the operation.
    pub media_type: String,
    /// Where the body's schema stands; `None` means that the operation takes no body, only the media type.
    pub schema: Option<String>,
    /// What is documented about the body's values.
    pub shape: Option<ShapeId>,
    /// Whether a request without a body is invalid.
    pub required: bool,
}

/// One documented reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where it stands in the document.
    pub pointer: String,
    /// The status codes it is for.
    pub status: StatusKey,
    /// Ids of the requirements that speak of it.
    pub requirements: Vec<String>,
    /// The media types of its body; empty means that no body is documented.
    pub media_types: Vec<MediaType>,
    /// The header fields.
    pub headers: Vec<ReplyHeader>,
    /// The codes of errors that it may bring, each with the codes of details that may come with it.
    pub errors: IndexMap<String, Vec<String>>,
}

/// A media type of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    /// The name as documented.
    pub name: String,
    /// Where the schema stands.
    pub schema: Option<String>,
    /// What is documented about the values.
    pub shape: Option<ShapeId>,
    /// The lifecycle of the resource that the body is, by its index in the contract.
    pub lifecycle: Option<usize>,
}

/// A header field of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyHeader {
    /// The field's name.
    pub name: String,
    /// Whether a reply without it is invalid.
    pub required: bool,
    /// Where its schema stands.
    pub schema: Option<String>,
    /// Ids of the requirements that speak of it.
    pub requirements: Vec<String>,
}

/// The status codes that a reply is for. The most specific key wins: code, then range, then default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusKey {
    /// One code.
    Code(u16),
    /// A hundred codes, by their first digit.
    Range(u16),
    /// All others.
    Default,
}

impl StatusKey {
    /// Reads `200`, `4XX` or `default`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        if let Some(digit) = text.strip_suffix("XX") {
            return digit.parse().ok().filter(|digit| (1..=5).contains(digit)).map(Self::Range);
        }
        text.parse().ok().filter(|code| (100..=599).contains(code)).map(Self::Code)
    }

    /// Whether it is for a status.
    pub fn fits(self, status: u16) -> bool {
        match self {
            Self::Code(code) => code == status,
            Self::Range(digit) => digit == status / 100,
            Self::Default => true,
        }
    }
}

impl RequestBody {
    /// Whether it is written as the fields of a form.
    pub fn is_form(&self) -> bool {
        self.media_type == "application/x-www-form-urlencoded"
    }
}

impl Reply {
    /// Whether HTTP lets such an answer have a body.
    pub fn may_have_a_body(&self) -> bool {
        !matches!(self.status, StatusKey::Code(100..=199 | 204 | 304) | StatusKey::Range(1))
    }
}

impl std::fmt::Display for StatusKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code}"),
            Self::Range(digit) => write!(f, "{digit}XX"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Operation {
    /// The documented reply for a status code, the most specific key first.
    pub fn reply(&self, status: u16) -> Option<&Reply> {
        self.replies.iter().filter(|reply| reply.status.fits(status)).min_by_key(|reply| reply.status)
    }

    /// The body that it takes; a request media type may stand without one.
    pub fn body(&self) -> Option<&RequestBody> {
        self.request.as_ref().filter(|request| request.schema.is_some())
    }

    /// A parameter by its place and name; header fields are the same in upper and lower case.
    pub fn parameter_in(&self, location: Location, name: &str) -> Option<&Parameter> {
        let same = |known: &str| match location {
            Location::Header => known.eq_ignore_ascii_case(name),
            _ => known == name,
        };
        self.parameters.iter().find(|parameter| parameter.location == location && same(&parameter.name))
    }

    /// The value of a path parameter in a request's URL, percent-decoded.
    pub fn path_parameter(&self, name: &str, url: &str) -> Option<String> {
        let (_, behind_scheme) = url.split_once("://")?;
        let path = behind_scheme.split(['?', '#']).next()?.split_once('/')?.1;
        // Counted from the end: the tenant may live below a path of its own.
        let mut segments = path.trim_end_matches('/').rsplit('/');
        let mut template = self.path.trim_matches('/').rsplit('/');
        let behind = template.position(|segment| {
            segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) == Some(name)
        })?;
        let value = segments.nth(behind).filter(|value| !value.is_empty())?;
        Some(decoded(value))
    }

    /// The id of the resource that a request is about: the last parameter of the path, where the path ends with it.
    pub fn subject(&self, url: &str) -> Option<String> {
        let last = self.path.rsplit('/').next()?;
        let name = last.strip_prefix('{')?.strip_suffix('}')?;
        self.path_parameter(name, url)
    }
}

/// Reads all operations of the document, sorted by name.
pub(super) fn read(
    document: &Value,
    lifecycles: &[Lifecycle],
    shapes: &mut Shapes,
) -> Result<Vec<Operation>, ContractError> {
    let mut reader = OperationReader { document, lifecycles, shapes, known: HashMap::new() };
    let mut operations = Vec::new();
    for (path, item) in members(document.get("paths")) {
        let pointer = join("/paths", path);
        for method in ["get", "put", "post", "delete", "options", "head", "patch", "trace"] {
            if let Some(written) = item.get(method) {
                let place = OperationPlace { path, method, item, written, pointer: join(&pointer, method) };
                operations.extend(reader.operations(&place)?);
            }
        }
    }
    one_of_each_path(document)?;
    operations.sort_by(|a, b| a.name.cmp(&b.name));
    match operations.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(ContractError::new(&pair[1].pointer, format!("the name `{}` is taken", pair[1].name))),
        None => Ok(operations),
    }
}

/// Two paths that differ only in what their parameters are called would be one.
fn one_of_each_path(document: &Value) -> Result<(), ContractError> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (path, _) in members(document.get("paths")) {
        let hidden = |segment: &str| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_owned() };
        let form = path.split('/').map(hidden).collect::<Vec<_>>().join("/");
        if let Some(other) = seen.insert(form, path) {
            return Err(ContractError::new(join("/paths", path), format!("it is the same path as `{other}`")));
        }
    }
    Ok(())
}

struct OperationPlace<'a> {
    path: &'a str,
    method: &'a str,
    item: &'a Value,
    written: &'a Value,
    pointer: String,
}

struct OperationReader<'a> {
    document: &'a Value,
    lifecycles: &'a [Lifecycle],
    shapes: &'a mut Shapes,
    /// Replies that were read before, by where they stand: most are shared by most operations.
    known: HashMap<String, Reply>,
}

impl OperationReader<'_> {
    fn operations(&mut self, place: &OperationPlace<'_>) -> Result<Vec<Operation>, ContractError> {
        if place.written.get("requestBody").is_none() {
            return Ok(vec![self.operation(place, &place.pointer, place.written, None)?]);
        }
        let (body, body_pointer) = resolve(self.document, &join(&place.pointer, "requestBody"))?;
        let required = body.get("required").and_then(Value::as_bool).unwrap_or(false);
        let names: Vec<&str> = members(body.get("content")).map(|(name, _)| name).collect();
        one_of_each_media_type(&names, &body_pointer)?;
        if names.is_empty() {
            return Ok(vec![self.operation(place, &place.pointer, place.written, None)?]);
        }
        let contents = members(body.get("content"));
        contents
            .map(|(media_type, content)| {
                let pointer = join(&join(&body_pointer, "content"), media_type);
                let request = self.request(media_type, content, &pointer, required)?;
                let operation = self.operation(place, &pointer, content, Some(request))?;
                let shared = names.len() > 1 && content.get("x-operation-id").is_none();
                let name = if shared { format!("{} ({media_type})", operation.name) } else { operation.name };
                Ok(Operation { name, ..operation })
            })
            .collect()
    }

    /// `written` is what holds for this operation alone: the media type object, or the whole operation.
    fn operation(
        &mut self,
        place: &OperationPlace<'_>,
        pointer: &str,
        written: &Value,
        request: Option<RequestBody>,
    ) -> Result<Operation, ContractError> {
        let name = text(written, "x-operation-id")
            .or_else(|| text(place.written, "operationId"))
            .unwrap_or_else(|| format!("{} {}", place.method.to_uppercase(), place.path));
        if [&name, place.path].iter().any(|text| text.contains(cannot_be_shown)) {
            return Err(ContractError::new(pointer, "its name or path holds a character that cannot be shown"));
        }
        Ok(Operation {
            name,
            summary: text(written, "x-summary").or_else(|| text(place.written, "summary")).unwrap_or_default(),
            documentation: text(written, "x-source")
                .or_else(|| place.written.pointer("/externalDocs/url").and_then(Value::as_str).map(str::to_owned)),
            requirements: requirement_ids(written.get("x-requirement")),
            method: place.method.to_uppercase(),
            path: place.path.to_owned(),
            parameters: self.parameters(place)?,
            request,
            replies: self.replies(place, written)?,
            security: self.security(place.written),
            pointer: pointer.to_owned(),
        })
    }

    fn request(
        &mut self,
        media_type: &str,
        content: &Value,
        pointer: &str,
        required: bool,
    ) -> Result<RequestBody, ContractError> {
        let (schema, shape) = self.schema(content, pointer)?;
        let stated = content.get("x-body-required").and_then(Value::as_bool);
        let required = schema.is_some() && stated.unwrap_or(required);
        Ok(RequestBody { media_type: media_type.to_owned(), schema, shape, required })
    }

    fn schema(&mut self, holder: &Value, pointer: &str) -> Result<(Option<String>, Option<ShapeId>), ContractError> {
        if holder.get("schema").is_none() {
            return Ok((None, None));
        }
        let pointer = join(pointer, "schema");
        let shape = self.shapes.compile(self.document, &pointer)?;
        Ok((Some(pointer), Some(shape)))
    }

    fn parameters(&self, place: &OperationPlace<'_>) -> Result<Vec<Parameter>, ContractError> {
        let item_pointer = join("/paths", place.path);
        let mut parameters = Vec::new();
        for (holder, pointer) in [(place.item, item_pointer.as_str()), (place.written, place.pointer.as_str())] {
            for at in 0..holder.get("parameters").and_then(Value::as_array).map_or(0, Vec::len) {
                let (written, pointer) = resolve(self.document, &format!("{pointer}/parameters/{at}"))?;
                parameters.push(parameter(written, &pointer)?);
            }
        }
        Ok(parameters)
    }

    fn replies(&mut self, place: &OperationPlace<'_>, written: &Value) -> Result<Vec<Reply>, ContractError> {
        let all = place.written.get("responses").unwrap_or(&Value::Null);
        let pointer = join(&place.pointer, "responses");
        let held: Option<Vec<&str>> = written
            .get("x-responses")
            .and_then(Value::as_array)
            .map(|keys| keys.iter().filter_map(Value::as_str).collect());
        if let Some(unknown) = held.iter().flatten().find(|key| all.get(**key).is_none()) {
            return Err(ContractError::new(&pointer, format!("x-responses names {unknown}, which is not among them")));
        }
        let keys = members(Some(all)).map(|(key, _)| key);
        keys.filter(|key| held.as_ref().is_none_or(|held| held.contains(key)))
            .map(|key| self.reply(key, &join(&pointer, key)))
            .collect()
    }

    fn reply(&mut self, key: &str, pointer: &str) -> Result<Reply, ContractError> {
        let status = StatusKey::parse(key)
            .ok_or_else(|| ContractError::new(pointer, format!("`{key}` is not a status code, range or `default`")))?;
        let (written, pointer) = resolve(self.document, pointer)?;
        if let Some(known) = self.known.get(&pointer) {
            return Ok(Reply { status, ..known.clone() });
        }
        let reply = self.new_reply(status, written, &pointer)?;
        self.known.insert(pointer, reply.clone());
        Ok(reply)
    }

    fn new_reply(&mut self, status: StatusKey, written: &Value, pointer: &str) -> Result<Reply, ContractError> {
        let names: Vec<&str> = members(written.get("content")).map(|(name, _)| name).collect();
        one_of_each_media_type(&names, pointer)?;
        let contents = members(written.get("content"));
        let media_types = contents
            .map(|(name, content)| self.media_type(name, content, &join(&join(pointer, "content"), name)))
            .collect::<Result<_, _>>()?;
        let headers = members(written.get("headers"))
            .map(|(name, _)| self.header(name, &join(&join(pointer, "headers"), name)))
            .collect::<Result<_, _>>()?;
        let errors = written.get("x-error-codes").map(IndexMap::deserialize).transpose();
        let errors = errors.map_err(|error| ContractError::new(pointer, format!("x-error-codes: {error}")))?;
        Ok(Reply {
            status,
            requirements: requirement_ids(written.get("x-requirement")),
            media_types,
            headers,
            errors: errors.unwrap_or_default(),
            pointer: pointer.to_owned(),
        })
    }

    fn media_type(&mut self, name: &str, content: &Value, pointer: &str) -> Result<MediaType, ContractError> {
        let (schema, shape) = self.schema(content, pointer)?;
        let resolved = schema.as_ref().map(|schema| resolve(self.document, schema)).transpose()?;
        let lifecycle =
            resolved.and_then(|(_, at)| self.lifecycles.iter().position(|lifecycle| lifecycle.schema == at));
        Ok(MediaType { name: name.to_owned(), schema, shape, lifecycle })
    }

    fn header(&self, name: &str, pointer: &str) -> Result<ReplyHeader, ContractError> {
        let (written, pointer) = resolve(self.document, pointer)?;
        Ok(ReplyHeader {
            name: name.to_owned(),
            required: flag(written, "required"),
            schema: written.get("schema").map(|_| join(&pointer, "schema")),
            requirements: requirement_ids(written.get("x-requirement")),
        })
    }

    fn security(&self, written: &Value) -> Vec<Vec<String>> {
        let stated = written.get("security").or_else(|| self.document.get("security")).and_then(Value::as_array);
        let ways = stated.into_iter().flatten();
        ways.map(|way| members(Some(way)).map(|(name, _)| name.to_owned()).collect()).collect()
    }
}

/// Two keys that every answer fits equally well would leave open which of them it is judged by.
fn one_of_each_media_type(names: &[&str], pointer: &str) -> Result<(), ContractError> {
    let mut seen: HashMap<Vec<String>, &str> = HashMap::new();
    for &name in names {
        let mut parts: Vec<String> = name.split(';').map(|part| part.trim().to_lowercase()).collect();
        parts[1..].sort();
        if let Some(other) = seen.insert(parts, name) {
            let pointer = join(&join(pointer, "content"), name);
            return Err(ContractError::new(pointer, format!("it is the same media type as `{other}`")));
        }
    }
    Ok(())
}

fn parameter(written: &Value, pointer: &str) -> Result<Parameter, ContractError> {
    let name = text(written, "name").ok_or_else(|| ContractError::new(pointer, "it has no name"))?;
    let location = text(written, "in").and_then(|location| location.parse().ok());
    let location =
        location.ok_or_else(|| ContractError::new(pointer, "`in` is none of path, query, header, cookie"))?;
    let schema = written.get("schema").map(|_| join(pointer, "schema")).or_else(|| {
        let (media_type, content) = content_of(written)?;
        content.get("schema").map(|_| join(&join(&join(pointer, "content"), media_type), "schema"))
    });
    let (required, secret) = (flag(written, "required"), flag(written, "x-secret"));
    Ok(Parameter { name, location, required, secret, schema, form: ParameterForm::of(written, location) })
}

/// Whether a character steers what is around it, or cannot be seen.
fn cannot_be_shown(character: char) -> bool {
    is_steering(character) || matches!(character, '\u{200b}'..='\u{200d}')
}

fn flag(holder: &Value, key: &str) -> bool {
    holder.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn text(holder: &Value, key: &str) -> Option<String> {
    holder.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn members(object: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    object.and_then(Value::as_object).into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}
