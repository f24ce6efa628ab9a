//! Operations: one per method, path and request media type, which is one documentation page each.
//!
//! Deliberately not here: how an operation is called (see `client`).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::error::ContractError;
use super::lifecycle::Lifecycle;
use super::parameter::{Location, ParameterForm, content_of};
use super::places::METHODS;
use super::reference::{followed, resolve};
use super::remarks::Remarks;
use super::requirement::requirement_ids;
use super::shape::{ShapeId, Shapes};
use crate::base::content::may_have_content;
use crate::base::media_range::closeness;
use crate::base::path_template::{PathTemplate, segments};
use crate::base::pointer::join;
use crate::base::text::is_steering;

/// The parameter that names the environment of PingOne, which is no resource of an operation.
const ENVIRONMENT: &str = "envID";

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
    /// The same, taken apart.
    pub(crate) template: PathTemplate,
    /// Parameters of path and query, header and cookie.
    pub parameters: Vec<Parameter>,
    /// The request body.
    pub request: Option<RequestBody>,
    /// The documented replies, most of which are shared by most operations.
    pub(super) replies: Vec<Arc<Reply>>,
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
    /// Resources of other contracts that may stand in it instead, by name.
    pub others: IndexMap<String, OtherResource>,
}

/// By what a resource of another contract is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherResource {
    /// JSON pointer to a property that it alone has.
    pub property: String,
    /// The name of a cookie that comes with it alone.
    pub cookie: Option<String>,
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
    /// The media type of its text, where it is documented by `content`.
    pub media_type: Option<String>,
    /// Whether the members of an object are written as `name=value`, not as `name,value`.
    pub explode: bool,
    /// Ids of the requirements that speak of it.
    pub requirements: Vec<String>,
}

/// The status codes that a reply is for. The most specific key wins: code, then range, then default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// The documented media type that covers a given one most closely. Of several that cover it equally well the first is meant;
    /// the contract refuses such keys.
    pub fn media_type(&self, given: &str) -> Option<&MediaType> {
        let fit = |known: &&MediaType| closeness(&known.name, given);
        self.media_types.iter().filter(|known| fit(known).is_some()).rev().max_by_key(fit)
    }

    /// Whether HTTP lets such an answer have a body.
    pub fn may_have_a_body(&self) -> bool {
        !matches!(self.status, StatusKey::Code(code) if !may_have_content(code)) && self.status != StatusKey::Range(1)
    }
}

impl Reply {
    /// A reply of which nothing is documented that can be judged.
    fn undescribed(status: StatusKey, pointer: &str) -> Self {
        let (media_types, headers) = (Vec::new(), Vec::new());
        let (errors, others) = (IndexMap::new(), IndexMap::new());
        Self { pointer: pointer.to_owned(), status, requirements: Vec::new(), media_types, headers, errors, others }
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
        let fitting = self.replies.iter().filter(|reply| reply.status.fits(status));
        fitting.min_by_key(|reply| reply.status).map(Arc::as_ref)
    }

    /// The documented replies.
    pub fn replies(&self) -> impl Iterator<Item = &Reply> {
        self.replies.iter().map(Arc::as_ref)
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
        // What an operation says of a parameter outweighs what its path says.
        self.parameters.iter().rfind(|parameter| parameter.location == location && same(&parameter.name))
    }

    /// The value of a path parameter in a request's URL, percent-decoded.
    pub fn path_parameter(&self, name: &str, url: &str) -> Option<String> {
        // Counted from the end: the tenant may live below a path of its own.
        self.template.value(name, &segments(url)?)
    }

    /// The id of the resource that an action is about whose path has more behind it: the last parameter of `/orders/{id}/payment`.
    pub fn acted_on(&self, url: &str) -> Option<String> {
        let template = PathTemplate::parse(&self.path);
        let last = template.segments.iter().flat_map(|segment| &segment.names).next_back()?;
        template.value(last, &segments(url)?).filter(|_| last != ENVIRONMENT)
    }

    /// The id of the resource that a request is about: the last parameter of the path, where the path ends with it.
    pub fn subject(&self, url: &str) -> Option<String> {
        self.template.value(self.template.segments.last()?.names.last()?, &segments(url)?)
    }
}

/// Reads all operations of the document, sorted by name; what of them cannot be read, or is in doubt, is told and left out.
pub(super) fn read(
    document: &Value,
    lifecycles: &[Lifecycle],
    shapes: &mut Shapes,
    remarks: &mut Remarks,
) -> Vec<Operation> {
    let mut reader = OperationReader { document, lifecycles, shapes, remarks, known: HashMap::new() };
    let mut operations = Vec::new();
    for (path, written) in members(document.get("paths")).filter(|(path, _)| !path.starts_with("x-")) {
        // Whether it leads anywhere is told with the other references.
        let Ok((item, item_pointer)) = followed(document, written, join("/paths", path)) else { continue };
        for method in METHODS {
            if let Some(written) = item.get(method).filter(|written| written.is_object()) {
                let pointer = join(&item_pointer, method);
                let place = OperationPlace { path, method, item, item_pointer: &item_pointer, written, pointer };
                operations.extend(reader.operations(&place));
            }
        }
    }
    leave_out_alike(&mut operations, remarks);
    tell_apart(&mut operations, remarks);
    operations.sort_by(|a, b| a.name.cmp(&b.name));
    operations
}

/// Of two paths that differ only in what their parameters are called, nobody can tell which is meant by a method that both
/// have.
fn leave_out_alike(operations: &mut Vec<Operation>, remarks: &mut Remarks) {
    let mut paths: HashMap<(String, String), Vec<String>> = HashMap::new();
    for operation in operations.iter() {
        let same = paths.entry((operation.method.clone(), operation.template.form())).or_default();
        if !same.contains(&operation.path) {
            same.push(operation.path.clone());
        }
    }
    for ((method, _), same) in paths.iter().filter(|(_, same)| same.len() > 1) {
        for path in &same[1..] {
            let place = join(&join("/paths", path), &method.to_lowercase());
            remarks.fault(place, format!("it is the same path as `{}`; both are left out for {method}", same[0]));
        }
    }
    operations.retain(|operation| paths[&(operation.method.clone(), operation.template.form())].len() == 1);
}

/// An operation whose name is taken is called by method and path.
fn tell_apart(operations: &mut [Operation], remarks: &mut Remarks) {
    let mut taken: HashMap<String, String> = HashMap::new();
    for operation in operations {
        if let Some(first) = taken.get(&operation.name) {
            let media_type = operation.request.as_ref().map(|request| format!(" ({})", request.media_type));
            let name = format!("{} {}{}", operation.method, operation.path, media_type.unwrap_or_default());
            // One path item may stand at several paths.
            if *first != operation.pointer {
                let message = format!("the name `{}` is taken; it is called `{name}`", operation.name);
                remarks.fault(&operation.pointer, message);
            }
            operation.name = name;
        }
        taken.insert(operation.name.clone(), operation.pointer.clone());
    }
}

struct OperationPlace<'a> {
    path: &'a str,
    method: &'a str,
    item: &'a Value,
    item_pointer: &'a str,
    written: &'a Value,
    pointer: String,
}

struct OperationReader<'a> {
    document: &'a Value,
    lifecycles: &'a [Lifecycle],
    shapes: &'a mut Shapes,
    remarks: &'a mut Remarks,
    /// Replies that were read before, by where they stand and what they are for.
    known: HashMap<(String, StatusKey), Arc<Reply>>,
}

impl OperationReader<'_> {
    fn operations(&mut self, place: &OperationPlace<'_>) -> Vec<Operation> {
        let body = place.written.get("requestBody").and_then(|written| {
            // Whether it leads anywhere is told with the other references.
            followed(self.document, written, join(&place.pointer, "requestBody")).ok()
        });
        let Some((body, body_pointer)) = body else {
            return self.operation(place, &place.pointer, place.written, None).into_iter().collect();
        };
        let required = flag(body, "required");
        let contents = self.contents(body, &body_pointer);
        if contents.is_empty() {
            return self.operation(place, &place.pointer, place.written, None).into_iter().collect();
        }
        let several = contents.len() > 1;
        let all = contents.into_iter().filter_map(|Content { name, written, pointer, in_doubt }| {
            let request = self.request(name, written, &pointer, required, in_doubt);
            let operation = self.operation(place, &pointer, written, Some(request))?;
            let shared = several && written.get("x-operation-id").is_none();
            let name = if shared { format!("{} ({name})", operation.name) } else { operation.name };
            Some(Operation { name, ..operation })
        });
        all.collect()
    }

    /// The media types of a body. Two keys that everything fits equally well leave open which schema is meant: the first
    /// stands, without one.
    fn contents<'v>(&mut self, holder: &'v Value, pointer: &str) -> Vec<Content<'v>> {
        let (mut contents, mut seen): (Vec<Content<'v>>, HashMap<Vec<String>, usize>) = (Vec::new(), HashMap::new());
        for (name, written) in members(holder.get("content")) {
            let pointer = join(&join(pointer, "content"), name);
            match seen.entry(normal(name)) {
                Entry::Occupied(first) => {
                    let first = &mut contents[*first.get()];
                    first.in_doubt = true;
                    self.remarks.fault(pointer, format!("it is the same media type as `{}`", first.name));
                }
                Entry::Vacant(free) => {
                    free.insert(contents.len());
                    contents.push(Content { name, written, pointer, in_doubt: false });
                }
            }
        }
        contents
    }

    /// `written` is what holds for this operation alone: the media type object, or the whole operation.
    fn operation(
        &mut self,
        place: &OperationPlace<'_>,
        pointer: &str,
        written: &Value,
        request: Option<RequestBody>,
    ) -> Option<Operation> {
        let name = text(written, "x-operation-id")
            .or_else(|| text(place.written, "operationId"))
            .unwrap_or_else(|| format!("{} {}", place.method.to_uppercase(), place.path));
        if [&name, place.path].iter().any(|text| text.contains(cannot_be_shown)) {
            self.remarks.fault(pointer, "its name or path holds a character that cannot be shown; it is left out");
            return None;
        }
        Some(Operation {
            name,
            summary: text(written, "x-summary").or_else(|| text(place.written, "summary")).unwrap_or_default(),
            documentation: text(written, "x-source")
                .or_else(|| place.written.pointer("/externalDocs/url").and_then(Value::as_str).map(str::to_owned)),
            requirements: requirement_ids(written.get("x-requirement")),
            method: place.method.to_uppercase(),
            path: place.path.to_owned(),
            template: PathTemplate::parse(place.path),
            parameters: self.parameters(place),
            request,
            replies: self.replies(place, written),
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
        in_doubt: bool,
    ) -> RequestBody {
        let (schema, shape) = if in_doubt { (None, None) } else { self.schema(content, pointer) };
        let stated = content.get("x-body-required").and_then(Value::as_bool);
        let required = schema.is_some() && stated.unwrap_or(required);
        RequestBody { media_type: media_type.to_owned(), schema, shape, required }
    }

    fn schema(&mut self, holder: &Value, pointer: &str) -> (Option<String>, Option<ShapeId>) {
        if holder.get("schema").is_none() {
            return (None, None);
        }
        let pointer = join(pointer, "schema");
        let shape = self.shapes.add(&pointer);
        (Some(pointer), Some(shape))
    }

    fn parameters(&mut self, place: &OperationPlace<'_>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for (holder, pointer) in [(place.item, place.item_pointer), (place.written, place.pointer.as_str())] {
            let list = holder.get("parameters").and_then(Value::as_array).into_iter().flatten();
            for (at, written) in list.enumerate() {
                let pointer = format!("{pointer}/parameters/{at}");
                let Ok((written, pointer)) = followed(self.document, written, pointer) else { continue };
                match parameter(written, &pointer) {
                    Ok(parameter) if is_ignored(&parameter) => {}
                    Ok(parameter) => parameters.push(parameter),
                    Err(fault) => self.remarks.faults.push(fault),
                }
            }
        }
        parameters
    }

    fn replies(&mut self, place: &OperationPlace<'_>, written: &Value) -> Vec<Arc<Reply>> {
        let all = place.written.get("responses").unwrap_or(&Value::Null);
        let pointer = join(&place.pointer, "responses");
        let held: Option<Vec<&str>> = written
            .get("x-responses")
            .and_then(Value::as_array)
            .map(|keys| keys.iter().filter_map(Value::as_str).collect());
        if let Some(unknown) = held.iter().flatten().find(|key| all.get(**key).is_none()) {
            self.remarks.fault(&pointer, format!("x-responses names {unknown}, which is not among them"));
        }
        let each = members(Some(all)).filter(|(key, _)| !key.starts_with("x-"));
        let each = each.filter(|(key, _)| held.as_ref().is_none_or(|held| held.contains(key)));
        each.map(|(key, written)| self.reply(key, written, &join(&pointer, key))).collect()
    }

    fn reply(&mut self, key: &str, written: &Value, pointer: &str) -> Arc<Reply> {
        let status = StatusKey::parse(key).unwrap_or_else(|| {
            let message = format!("`{key}` is not a status code, range or `default`");
            self.remarks.fault(pointer, message);
            // What it was meant for is not known, so that every other status may be documented.
            StatusKey::parse(&key.to_uppercase()).unwrap_or(StatusKey::Default)
        });
        let known = StatusKey::parse(key).or(StatusKey::parse(&key.to_uppercase())).is_some();
        let reached = followed(self.document, written, pointer.to_owned()).ok();
        let Some((written, pointer)) = reached.filter(|_| known) else {
            return Arc::new(Reply::undescribed(status, pointer));
        };
        let place = (pointer, status);
        if let Some(known) = self.known.get(&place) {
            return Arc::clone(known);
        }
        let reply = Arc::new(self.new_reply(status, written, &place.0));
        self.known.insert(place, Arc::clone(&reply));
        reply
    }

    fn new_reply(&mut self, status: StatusKey, written: &Value, pointer: &str) -> Reply {
        let contents = self.contents(written, pointer);
        let media_types = contents.iter().map(|content| self.media_type(content)).collect();
        // What the keys of `content` say is not said again (OpenAPI, Response Object).
        let headers = members(written.get("headers"))
            .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
            .filter_map(|(name, written)| self.header(name, written, join(&join(pointer, "headers"), name)))
            .collect();
        Reply {
            requirements: requirement_ids(written.get("x-requirement")),
            media_types,
            headers,
            errors: self.errors(written, pointer),
            others: self.others(written, pointer),
            ..Reply::undescribed(status, pointer)
        }
    }

    /// The codes of errors; something else of that name is another vendor's.
    fn errors(&mut self, written: &Value, pointer: &str) -> IndexMap<String, Vec<String>> {
        let errors = written.get("x-error-codes").map(IndexMap::deserialize).transpose();
        errors.map(Option::unwrap_or_default).unwrap_or_else(|error| {
            self.remarks.note(join(pointer, "x-error-codes"), format!("it is not what Flowproof calls so: {error}"));
            IndexMap::new()
        })
    }

    /// The resources of other contracts; something else of that name is another vendor's.
    fn others(&mut self, written: &Value, pointer: &str) -> IndexMap<String, OtherResource> {
        let others = written.get("x-other-resources").map(IndexMap::deserialize).transpose();
        others.map(Option::unwrap_or_default).unwrap_or_else(|error| {
            self.remarks
                .note(join(pointer, "x-other-resources"), format!("it is not what Flowproof calls so: {error}"));
            IndexMap::new()
        })
    }

    fn media_type(&mut self, content: &Content<'_>) -> MediaType {
        let (schema, shape) =
            if content.in_doubt { (None, None) } else { self.schema(content.written, &content.pointer) };
        let lifecycle = schema.as_ref().and_then(|schema| self.lifecycle(schema));
        MediaType { name: content.name.to_owned(), schema, shape, lifecycle }
    }

    /// The lifecycle of what a schema describes, or one of its variants.
    fn lifecycle(&self, schema: &str) -> Option<usize> {
        let (written, at) = resolve(self.document, schema).ok()?;
        let known = |at: &str| self.lifecycles.iter().position(|lifecycle| lifecycle.schema == at);
        let variants = 0..written.get("oneOf").and_then(Value::as_array).map_or(0, Vec::len);
        let variant = |variant| resolve(self.document, &format!("{at}/oneOf/{variant}")).ok();
        known(&at).or_else(|| variants.filter_map(variant).find_map(|(_, at)| known(&at)))
    }

    fn header(&self, name: &str, written: &Value, pointer: String) -> Option<ReplyHeader> {
        let (written, pointer) = followed(self.document, written, pointer).ok()?;
        let content = members(written.get("content")).next();
        let (holder, pointer) = match content {
            Some((media_type, content)) => (content, join(&join(&pointer, "content"), media_type)),
            None => (written, pointer),
        };
        Some(ReplyHeader {
            name: name.to_owned(),
            required: flag(written, "required"),
            schema: holder.get("schema").map(|_| join(&pointer, "schema")),
            media_type: content.map(|(media_type, _)| media_type.to_owned()),
            explode: flag(written, "explode"),
            requirements: requirement_ids(written.get("x-requirement")),
        })
    }

    fn security(&self, written: &Value) -> Vec<Vec<String>> {
        let stated = written.get("security").or_else(|| self.document.get("security")).and_then(Value::as_array);
        let ways = stated.into_iter().flatten();
        ways.map(|way| members(Some(way)).map(|(name, _)| name.to_owned()).collect()).collect()
    }
}

/// A media type of a body, as it is documented.
struct Content<'a> {
    name: &'a str,
    written: &'a Value,
    pointer: String,
    /// Whether another key says the same.
    in_doubt: bool,
}

/// A media type's parts, so that equal ones are equal.
fn normal(media_type: &str) -> Vec<String> {
    let mut parts: Vec<String> = media_type.split(';').map(|part| part.trim().to_lowercase()).collect();
    parts[1..].sort();
    parts
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

/// Whether a parameter says what is said elsewhere: by media types and by security schemes (OpenAPI, Parameter Object).
fn is_ignored(parameter: &Parameter) -> bool {
    let elsewhere = ["accept", "content-type", "authorization"];
    parameter.location == Location::Header && elsewhere.iter().any(|name| parameter.name.eq_ignore_ascii_case(name))
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

#[cfg(test)]
mod tests {
    #[test]
    fn an_action_behind_the_id_of_a_resource_is_about_that_resource_and_never_about_an_environment() {
        let document = serde_json::json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {
            "/orders/{id}/payment": {"post": {"operationId": "payOrder", "responses": {"200": {"description": "It."}}}},
            "/{envID}/as/resume": {"get": {"operationId": "resume", "responses": {"200": {"description": "It."}}}}}});
        let contract = crate::contract::Contract::from_text(&document.to_string()).expect("a contract");
        let acted_on = |name: &str, url: &str| contract.operation(name).and_then(|operation| operation.acted_on(url));
        assert_eq!(acted_on("payOrder", "https://a.example/v1/orders/o-7/payment?x=1").as_deref(), Some("o-7"));
        assert_eq!(acted_on("resume", "https://a.example/e-1/as/resume"), None);
    }
}
