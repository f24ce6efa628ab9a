//! Drift: what the tenant sends that the contract does not document.
//!
//! Properties, links, values of enumerations, header fields, media types and statuses, each once, with how often it was seen
//! and where first. New ones are no breach by themselves; they are what the contract has still to learn.
//!
//! * [`propose`]: what would have to be added to the contract
//! * [`insert`]: additions put into the contract's own text, and the difference
//!
//! Deliberately not here: whether what is documented is kept. No value is told but those of enumerations: nobody knows yet
//! what an undocumented property holds.

pub(crate) mod insert;
mod place;
pub(crate) mod propose;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::base::media_range::covers;
use crate::base::media_type;
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

/// Something that the contract does not document. Pointers lead into the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Undocumented {
    /// A status.
    Status {
        /// The operation.
        operation: String,
        /// The code.
        status: u16,
    },
    /// A media type of a documented status.
    MediaType {
        /// The response.
        response: String,
        /// The media type, without parameters.
        name: String,
    },
    /// A header field of a documented status.
    Header {
        /// The response.
        response: String,
        /// The field's name, in lower case.
        name: String,
    },
    /// A property.
    Property {
        /// The schema of the object.
        schema: String,
        /// The property's name.
        name: String,
    },
    /// A link that no schema and no state has.
    Link {
        /// The schema of the links, or the state that offers them.
        place: String,
        /// The link's name.
        name: String,
    },
    /// A value of an enumeration.
    Value {
        /// The list of values.
        list: String,
        /// The value.
        value: String,
    },
}

impl Undocumented {
    /// The word for its kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::MediaType { .. } => "media type",
            Self::Header { .. } => "header",
            Self::Property { .. } => "property",
            Self::Link { .. } => "link",
            Self::Value { .. } => "value",
        }
    }

    /// What is new.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Status { status, .. } => status.to_string(),
            Self::MediaType { name, .. }
            | Self::Header { name, .. }
            | Self::Property { name, .. }
            | Self::Link { name, .. } => name.clone(),
            Self::Value { value, .. } => value.clone(),
        }
    }

    /// Where in the contract it would belong.
    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Status { operation, .. } => operation,
            Self::MediaType { response, .. } | Self::Header { response, .. } => response,
            Self::Property { schema, .. } => schema,
            Self::Link { place, .. } => place,
            Self::Value { list, .. } => list,
        }
    }
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
    /// Looks at one exchange. An answer to no operation of the contract says nothing about it.
    pub(crate) fn look(&mut self, contract: &Contract, observation: &Observation) {
        let Some((operation, response)) = observation.operation(contract).zip(observation.exchange.response()) else {
            return;
        };
        self.answers += 1;
        let looked = Look { contract, operation, observation, response };
        let Some(reply) = operation.reply(response.status) else {
            return self.status(&looked);
        };
        self.headers(&looked, reply);
        self.media_type(&looked, reply);
        self.body(&looked, reply);
        self.links(&looked);
    }

    fn add(&mut self, look: &Look<'_>, what: Undocumented, pointer: &str, value: Option<&Value>) {
        let sighting = self.seen.entry(what).or_default();
        sighting.count += 1;
        if sighting.count == 1 {
            sighting.example = format!("{} → {}", look.operation.name, look.response.status);
            pointer.clone_into(&mut sighting.pointer);
        }
        if let Some(kind) = value.map(kind_of).filter(|kind| !sighting.types.contains(kind)) {
            sighting.types.push(kind);
            sighting.types.sort_unstable();
        }
    }

    /// What a new status comes with is new as well, and told with it.
    fn status(&mut self, look: &Look<'_>) {
        let what = Undocumented::Status { operation: look.operation.pointer.clone(), status: look.response.status };
        self.add(look, what.clone(), "", None);
        let sighting = self.seen.entry(what).or_default();
        let media_type = look.response.headers.media_type().filter(|_| !look.response.body.is_empty());
        sighting.media_types.extend(media_type.map(str::to_ascii_lowercase));
        let names = look.response.headers.0.iter().map(|(name, _)| name.to_ascii_lowercase());
        sighting.headers.extend(names.filter(|name| !GENERAL.contains(&name.as_str())));
    }

    fn headers(&mut self, look: &Look<'_>, reply: &Reply) {
        for (name, _) in &look.response.headers.0 {
            let name = name.to_ascii_lowercase();
            let known = reply.headers.iter().any(|header| header.name.eq_ignore_ascii_case(&name));
            if !known && !GENERAL.contains(&name.as_str()) {
                self.add(look, Undocumented::Header { response: reply.pointer.clone(), name }, "", None);
            }
        }
    }

    fn media_type(&mut self, look: &Look<'_>, reply: &Reply) {
        let Some(given) = look.response.headers.get("content-type").filter(|_| !look.response.body.is_empty()) else {
            return;
        };
        if !reply.media_types.iter().any(|known| covers(&known.name, &given)) {
            let name = media_type::essence(&given);
            self.add(look, Undocumented::MediaType { response: reply.pointer.clone(), name }, "", None);
        }
    }

    fn body(&mut self, look: &Look<'_>, reply: &Reply) {
        let given = look.response.headers.get("content-type").unwrap_or_default();
        let Some(media_type) = reply.media_types.iter().find(|known| covers(&known.name, &given)) else {
            return;
        };
        let Some(body) = look.observation.body.value() else { return };
        if let Some(shape) = media_type.shape {
            look.contract.shapes.walk(shape, body, &mut |seen, pointer, schema| {
                self.remarkable(look, body, &seen, &pointer, schema);
            });
        }
        if let Some(schema) = &media_type.schema {
            self.closed_enumerations(look, body, schema);
        }
    }

    fn remarkable(&mut self, look: &Look<'_>, body: &Value, seen: &ShapeEvent<'_>, pointer: &str, schema: &str) {
        let place = place::resolved(look.contract.document(), schema);
        match seen {
            ShapeEvent::UndocumentedProperty => {
                let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
                let name = unescape(name).into_owned();
                if look.observation.hides(&name) {
                    return;
                }
                let what = if parent.ends_with("/_links") {
                    Undocumented::Link { place, name }
                } else {
                    Undocumented::Property { schema: place, name }
                };
                self.add(look, what, pointer, body.pointer(pointer));
            }
            ShapeEvent::UndocumentedValue { value, .. } if !look.observation.hides(value) => {
                let list = place::list_of(look.contract.document(), &place, "x-extensible-enum");
                let what = Undocumented::Value { list, value: (*value).to_owned() };
                self.add(look, what, pointer, None);
            }
            ShapeEvent::UndocumentedValue { .. } | ShapeEvent::Secret(_) => {}
        }
    }

    /// A closed enumeration may have grown as well: then the answer breaks its schema, and the contract may be behind.
    fn closed_enumerations(&mut self, look: &Look<'_>, body: &Value, schema: &str) {
        let Ok(validator) = look.contract.validator(schema, Direction::Response) else { return };
        for violation in validator.violations(body, VIOLATIONS).0 {
            let value = body.pointer(&violation.instance).and_then(Value::as_str);
            let Some(value) =
                value.filter(|value| violation.keyword.ends_with("/enum") && !look.observation.hides(value))
            else {
                continue;
            };
            let what = Undocumented::Value { list: violation.keyword.clone(), value: value.to_owned() };
            self.add(look, what, &violation.instance, None);
        }
    }

    /// Links that no state of any lifecycle offers.
    fn links(&mut self, look: &Look<'_>) {
        let Some((lifecycle, _, state)) = look.observation.resource(look.contract) else { return };
        let shown = look.observation.body.value().and_then(|body| body.get("_links")?.as_object());
        for name in shown.into_iter().flatten().map(|(name, _)| name) {
            let known = look.contract.lifecycles().iter().any(|lifecycle| lifecycle.offers(name));
            if !known && lifecycle.states.contains_key(state) && !look.observation.hides(name) {
                let place = format!("{}/states/{state}", lifecycle.pointer);
                let pointer = join("/_links", name);
                self.add(look, Undocumented::Link { place, name: name.clone() }, &pointer, None);
            }
        }
    }
}

/// An answer that is looked at.
struct Look<'a> {
    contract: &'a Contract,
    operation: &'a Operation,
    observation: &'a Observation,
    response: &'a Response,
}
