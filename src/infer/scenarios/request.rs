//! A request taken apart into what a call states: parameters by name, and the body as a value.
//!
//! Only what the contract documents is taken: what else a browser adds is nobody's intention. Deliberately not here: which of the
//! values are written as they are (see [`super::values`]).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::multipart;
use crate::base::json::Body;
use crate::base::media_type::{essence, is_json};
use crate::contract::{Contract, Location, Operation, Parameter, Style};
use crate::record::Request;

/// Header fields that are no parameters of a scenario, whatever a document says.
const SUPPLIED: [&str; 5] = ["accept", "content-type", "authorization", "cookie", "host"];

/// What a call states.
#[derive(Debug, Default)]
pub(super) struct SentValues {
    /// Parameters by their place and name.
    pub parameters: Vec<(Location, String, Value)>,
    /// The body.
    pub body: SentBody,
}

/// A body.
#[derive(Debug, Default)]
pub(super) enum SentBody {
    /// There is none.
    #[default]
    None,
    /// As a value of the operation's media type.
    Value(Value),
    /// As a text that is none.
    Malformed(String),
}

impl SentValues {
    /// Takes a request of an operation apart.
    pub(super) fn of(contract: &Contract, operation: &Operation, request: &Request) -> Self {
        let taken = Taken { contract, operation, request };
        let parameters = operation.parameters.iter().filter_map(|parameter| taken.parameter(parameter));
        Self { parameters: parameters.collect(), body: taken.body() }
    }

    /// Shows every single value with the name that it has; the name of what stands in a list is that of the list.
    pub(super) fn each(&self, show: &mut dyn FnMut(&str, &Value)) {
        self.parameters.iter().for_each(|(_, name, value)| each(name, value, show));
        if let SentBody::Value(body) = &self.body {
            each("", body, show);
        }
    }
}

/// Shows every value that is no list and no object.
fn each(name: &str, value: &Value, show: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| each(name, value, show)),
        Value::Array(items) => items.iter().for_each(|item| each(name, item, show)),
        other => show(name, other),
    }
}

struct Taken<'a> {
    contract: &'a Contract,
    operation: &'a Operation,
    request: &'a Request,
}

impl Taken<'_> {
    fn parameter(&self, parameter: &Parameter) -> Option<(Location, String, Value)> {
        let name = &parameter.name;
        let value = match parameter.location {
            Location::Path => self.read(parameter, &[self.operation.path_parameter(name, &self.request.url)?]),
            Location::Query => self.query(parameter),
            Location::Header if SUPPLIED.iter().any(|own| name.eq_ignore_ascii_case(own)) => None,
            Location::Header => self.read(parameter, &[self.request.headers.combined(name)?]),
            Location::Cookie => self.read(parameter, &[self.cookie(name)?]),
        };
        Some((parameter.location, name.clone(), value?))
    }

    fn query(&self, parameter: &Parameter) -> Option<Value> {
        let query = self.request.url.split_once('?')?.1.split('#').next()?;
        let fields = || form_urlencoded::parse(query.as_bytes());
        if parameter.form.style == Style::DeepObject {
            let inside = |name: &str| {
                Some(name.strip_prefix(parameter.name.as_str())?.strip_prefix('[')?.strip_suffix(']')?.to_owned())
            };
            let members = fields().filter_map(|(name, value)| Some((inside(&name)?, Value::from(value.into_owned()))));
            let members: Map<String, Value> = members.collect();
            return (!members.is_empty()).then_some(Value::Object(members));
        }
        let given: Vec<String> =
            fields().filter(|(name, _)| *name == parameter.name).map(|(_, value)| value.into_owned()).collect();
        self.read(parameter, &given)
    }

    fn cookie(&self, name: &str) -> Option<String> {
        let fields: Vec<String> = self.request.headers.texts("cookie").collect();
        let pairs = fields.iter().flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    /// The value that texts stand for, as the schema of the parameter reads them.
    fn read(&self, parameter: &Parameter, given: &[String]) -> Option<Value> {
        let first = given.first()?;
        if parameter.form.is_json {
            return serde_json::from_str(first).ok().or_else(|| Some(first.as_str().into()));
        }
        let Some(schema) = &parameter.schema else { return Some(first.as_str().into()) };
        let form = self.contract.text_form(schema);
        if given.len() == 1 && (form.is_plain() || !form.is_composed()) {
            return form.plain(first).into_iter().next();
        }
        let elements: Vec<&str> = match given {
            [one] => split(parameter, one),
            all => all.iter().map(String::as_str).collect(),
        };
        let read = self.contract.composed(&form, &elements, parameter.form.explode);
        read.into_iter().next().or_else(|| Some(first.as_str().into()))
    }

    fn body(&self) -> SentBody {
        let Some(bytes) = self.request.body.as_ref().filter(|bytes| !bytes.is_empty()) else { return SentBody::None };
        let sent = self.request.headers.get("content-type").unwrap_or_default();
        let documented = self.operation.request.as_ref().map_or(sent.as_str(), |request| request.media_type.as_str());
        let text = std::str::from_utf8(bytes).ok();
        let value = match essence(documented).as_str() {
            name if is_json(name) => match Body::read(bytes) {
                Body::Json { value, repeated, inexact } if repeated.is_empty() && inexact.is_empty() => value,
                _ => return text.map_or(SentBody::None, |text| SentBody::Malformed(text.to_owned())),
            },
            "application/x-www-form-urlencoded" => self.form(form_urlencoded::parse(bytes).into_owned()),
            "multipart/form-data" => match multipart::parts(&sent, bytes) {
                Some(parts) => fields(parts),
                None => return text.map_or(SentBody::None, |text| SentBody::Malformed(text.to_owned())),
            },
            _ => text.map_or_else(|| json!({ "base64": STANDARD.encode(bytes) }), Value::from),
        };
        SentBody::Value(value)
    }

    /// The fields of a form, as the types of its schema read them.
    fn form(&self, pairs: impl Iterator<Item = (String, String)>) -> Value {
        let schema = self.operation.body().and_then(|body| body.schema.as_deref()).unwrap_or_default();
        let typed = |(name, text): (String, String)| {
            let pointer = crate::base::pointer::join(&format!("{schema}/properties"), &name);
            let known = self.contract.resolved(&pointer).is_some();
            let value = if known { self.contract.text_form(&pointer).plain(&text).into_iter().next() } else { None };
            (name, value.unwrap_or_else(|| text.into()))
        };
        fields(pairs.map(typed).collect())
    }
}

/// Fields by their names; of one that is repeated, all values.
fn fields(pairs: Vec<(String, Value)>) -> Value {
    let mut fields = Map::new();
    for (name, value) in pairs {
        match fields.get_mut(&name) {
            Some(Value::Array(items)) => items.push(value),
            Some(known) => *known = json!([known.take(), value]),
            None => _ = fields.insert(name, value),
        }
    }
    Value::Object(fields)
}

/// The elements of a list that is written in one text.
fn split<'t>(parameter: &Parameter, text: &'t str) -> Vec<&'t str> {
    match (parameter.form.style, parameter.form.explode) {
        (Style::Form, true) => vec![text],
        (Style::SpaceDelimited, _) => text.split(' ').collect(),
        (Style::PipeDelimited, _) => text.split('|').collect(),
        (style, explode) => style.elements(&parameter.name, explode, text).pop().unwrap_or_else(|| vec![text]),
    }
}
