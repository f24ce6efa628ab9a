//! Drift: what the tenant sends that the contract does not document.
//!
//! Properties, links, values of enumerations, header fields, media types and statuses, each once, with how often it was seen
//! and where first. New ones are no breach by themselves; they are what the contract has still to learn.
//!
//! * [`propose`]: what would have to be added to the contract
//! * [`insert`]: additions put into the contract's own text, and the difference
//!
//! Deliberately not here: whether what is documented is kept. No value is shown but those of enumerations: nobody knows yet
//! what an undocumented property holds.

pub(crate) mod insert;
pub(crate) mod propose;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::base::media_type;
use crate::base::percent::decoded;
use crate::base::pointer::{join, unescape};
use crate::checks::Observation;
use crate::contract::{Contract, Direction, Operation, Reply, ShapeEvent};
use crate::record::Response;
use crate::scenario::lint::kind_of;

/// Header fields of HTTP itself, of browsers' safety and of what stands in between; a contract need not name them.
const GENERAL: &[&str] = &[
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "age",
    "alt-svc",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "nel",
    "permissions-policy",
    "pragma",
    "referrer-policy",
    "report-to",
    "server",
    "server-timing",
    "strict-transport-security",
    "trailer",
    "transfer-encoding",
    "vary",
    "via",
    "x-amz-apigw-id",
    "x-amz-cf-id",
    "x-amz-cf-pop",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-cache",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
];

/// No more violations than this are looked through in one body for values of closed enumerations.
const VIOLATIONS: usize = 50;

/// Something that the contract does not document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Undocumented {
    /// What kind of thing it is.
    pub kind: UndocumentedKind,
    /// Where it would belong, as a JSON pointer into the contract.
    pub place: String,
    /// What is new: a code, a name or a value.
    pub name: String,
}

/// What may be undocumented, and where it would belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum UndocumentedKind {
    /// A status of an operation.
    Status,
    /// A media type of a response, without parameters.
    #[strum(serialize = "media type")]
    MediaType,
    /// A header field of a response, in lower case.
    Header,
    /// A property of an object's schema.
    Property,
    /// A link that no schema and no state has: of the links' schema, or of the state that offers it.
    Link,
    /// A value of an enumeration, which is a list of values.
    Value,
}

/// How often something was seen, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// How often.
    pub count: usize,
    /// The operation and the status of the first.
    pub example: String,
    /// JSON pointer into the body of the first; empty where there is none.
    pub pointer: String,
    /// The JSON types that were seen, sorted: `string`, `number`, ….
    pub types: Vec<&'static str>,
    /// The media types that a status came with.
    pub media_types: BTreeSet<String>,
    /// The header fields that a status came with, but for general ones.
    pub headers: BTreeSet<String>,
}

/// Everything that is not documented.
#[derive(Debug, Default)]
pub(crate) struct Drift {
    /// What was seen, sorted.
    pub seen: BTreeMap<Undocumented, Sighting>,
    /// How many answers were looked at.
    pub answers: usize,
}

impl Drift {
    /// Examines one exchange. An answer to no operation of the contract says nothing about it.
    pub(crate) fn examine(&mut self, contract: &Contract, observation: &Observation) {
        let Some((operation, response)) = observation.operation(contract).zip(observation.exchange.response()) else {
            return;
        };
        self.answers += 1;
        let answer = Answer { contract, operation, observation, response };
        let Some(reply) = operation.reply(response.status) else {
            return self.status(&answer);
        };
        self.headers(&answer, reply);
        self.media_type(&answer, reply);
        self.body(&answer, reply);
        self.links(&answer);
    }

    fn add(
        &mut self,
        answer: &Answer<'_>,
        (kind, place, name): (UndocumentedKind, String, String),
        pointer: &str,
        value: Option<&Value>,
    ) -> &mut Sighting {
        let sighting = self.seen.entry(Undocumented { kind, place, name }).or_default();
        sighting.count += 1;
        if sighting.count == 1 {
            sighting.example = format!("{} → {}", answer.operation.name, answer.response.status);
            pointer.clone_into(&mut sighting.pointer);
        }
        if let Some(kind) = value.map(kind_of).filter(|kind| !sighting.types.contains(kind)) {
            sighting.types.push(kind);
            sighting.types.sort_unstable();
        }
        sighting
    }

    /// What a new status comes with is new as well, and belongs to it.
    fn status(&mut self, answer: &Answer<'_>) {
        let Answer { operation, response, .. } = answer;
        let what = (UndocumentedKind::Status, operation.pointer.clone(), response.status.to_string());
        let sighting = self.add(answer, what, "", None);
        let media_type = response.headers.media_type().filter(|_| !response.body.is_empty());
        sighting.media_types.extend(media_type.map(str::to_ascii_lowercase));
        sighting.headers.extend(answer.particular_headers());
    }

    fn headers(&mut self, answer: &Answer<'_>, reply: &Reply) {
        let is_known = |name: &str| reply.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
        for name in answer.particular_headers().filter(|name| !is_known(name)) {
            self.add(answer, (UndocumentedKind::Header, reply.pointer.clone(), name), "", None);
        }
    }

    fn media_type(&mut self, answer: &Answer<'_>, reply: &Reply) {
        let given = answer.response.headers.get("content-type").filter(|_| !answer.response.body.is_empty());
        if let Some(given) = given.filter(|given| reply.media_type(given).is_none()) {
            let what = (UndocumentedKind::MediaType, reply.pointer.clone(), media_type::essence(&given));
            self.add(answer, what, "", None);
        }
    }

    fn body(&mut self, answer: &Answer<'_>, reply: &Reply) {
        let given = answer.response.headers.get("content-type").unwrap_or_default();
        let media_type = reply.media_type(&given).filter(|_| media_type::is_json(&given));
        let Some((media_type, body)) = media_type.zip(answer.observation.body.value()) else { return };
        if let Some(shape) = media_type.shape {
            answer.contract.shapes.walk(shape, body, &mut |seen, pointer, schema| {
                self.in_shape(answer, body, &seen, &pointer, schema);
            });
        }
        if let Some(schema) = &media_type.schema {
            self.closed_enumerations(answer, body, schema);
        }
    }

    fn in_shape(&mut self, answer: &Answer<'_>, body: &Value, seen: &ShapeEvent<'_>, pointer: &str, schema: &str) {
        let place = resolved(answer.contract.document(), schema);
        match seen {
            ShapeEvent::UndocumentedProperty => {
                let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
                let name = unescape(name).into_owned();
                if answer.observation.hides(&name) {
                    return;
                }
                let is_link = parent.ends_with("/_links");
                let kind = if is_link { UndocumentedKind::Link } else { UndocumentedKind::Property };
                self.add(answer, (kind, place, name), pointer, body.pointer(pointer));
            }
            ShapeEvent::UndocumentedValue { value, .. } if !answer.observation.hides(value) => {
                let list = list_of(answer.contract.document(), &place, "x-extensible-enum");
                self.add(answer, (UndocumentedKind::Value, list, (*value).to_owned()), pointer, None);
            }
            ShapeEvent::UndocumentedValue { .. } | ShapeEvent::Secret(_) => {}
        }
    }

    /// A closed enumeration may have grown as well: then the answer breaks its schema, and the contract may be behind.
    fn closed_enumerations(&mut self, answer: &Answer<'_>, body: &Value, schema: &str) {
        let Ok(validator) = answer.contract.validator(schema, Direction::Response) else { return };
        for violation in validator.violations(body, VIOLATIONS).0 {
            let value = body.pointer(&violation.instance).and_then(Value::as_str);
            let value = value.filter(|value| violation.keyword.ends_with("/enum") && !answer.observation.hides(value));
            if let Some(value) = value {
                let what = (UndocumentedKind::Value, violation.keyword, value.to_owned());
                self.add(answer, what, &violation.instance, None);
            }
        }
    }

    /// Links that no state of any lifecycle offers.
    fn links(&mut self, answer: &Answer<'_>) {
        let Some((lifecycle, _, state)) = answer.observation.resource(answer.contract) else { return };
        let shown = answer.observation.body.value().and_then(|body| body.get("_links")?.as_object());
        for name in shown.into_iter().flatten().map(|(name, _)| name) {
            let known = answer.contract.lifecycles().iter().any(|lifecycle| lifecycle.offers(name));
            if !known && lifecycle.states.contains_key(state) && !answer.observation.hides(name) {
                let place = format!("{}/states/{state}", lifecycle.pointer);
                self.add(answer, (UndocumentedKind::Link, place, name.clone()), &join("/_links", name), None);
            }
        }
    }
}

/// An answer that is examined.
struct Answer<'a> {
    contract: &'a Contract,
    operation: &'a Operation,
    observation: &'a Observation,
    response: &'a Response,
}

impl Answer<'_> {
    /// The names of its header fields in lower case, but for general ones.
    fn particular_headers(&self) -> impl Iterator<Item = String> {
        let names = self.response.headers.0.iter().map(|(name, _)| name.to_ascii_lowercase());
        names.filter(|name| !GENERAL.contains(&name.as_str()))
    }
}

/// Where a pointer leads once local references are followed.
fn resolved(document: &Value, pointer: &str) -> String {
    let mut pointer = pointer.to_owned();
    for _ in 0..32 {
        let reference = document.pointer(&pointer).and_then(|value| value.get("$ref")?.as_str());
        match reference.and_then(|reference| reference.strip_prefix('#')) {
            Some(target) => pointer = decoded(target),
            None => break,
        }
    }
    pointer
}

/// The list of values of a schema, looked for in the schemas that are merged into it.
fn list_of(document: &Value, schema: &str, keyword: &str) -> String {
    let own = format!("{schema}/{keyword}");
    if document.pointer(&own).is_some() {
        return own;
    }
    let merged = ["allOf", "oneOf", "anyOf"].iter().flat_map(|combined| {
        let count = document.pointer(&format!("{schema}/{combined}")).and_then(Value::as_array).map_or(0, Vec::len);
        (0..count).map(move |at| format!("{schema}/{combined}/{at}"))
    });
    let mut lists = merged.map(|part| list_of(document, &resolved(document, &part), keyword));
    lists.find(|list| document.pointer(list).is_some()).unwrap_or(own)
}
