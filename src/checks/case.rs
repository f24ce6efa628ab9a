//! What a check is shown: the contract, the exchanges so far, and what the last of them turned out to be.
//!
//! Deliberately not here: any judgement.

use std::cell::OnceCell;
use std::ptr;
use std::sync::OnceLock;

use serde_json::Value;

use crate::base::content::is_answered_with_content;
use crate::base::json::Body;
use crate::base::media_type::is_json;
use crate::contract::{Contract, Lifecycle, MediaType, Operation, OtherResource, Reply, ShapeEvent};
use crate::record::{Decoded, Exchange, Finding, Response, redaction};
use crate::scenario::model::Expectation;

/// An exchange with its body read once.
#[derive(Debug, Clone)]
pub struct Observation {
    /// The exchange.
    pub exchange: Exchange,
    /// What the response's body turned out to be; empty when there was no response.
    pub body: Body,
    /// Whether it was recorded, and marks stand where secrets stood. What comes from the wire is never taken for a mark.
    pub redacted: bool,
    /// What was not recorded although it was there, or may have been.
    pub gaps: Gaps,
    /// The request's body, where it is JSON; read when it is first asked for.
    sent: OnceLock<Option<Value>>,
    /// The id of the resource where the answer shows a number, as text.
    numeric_id: OnceLock<String>,
}

/// What a recording lacks of an answer. Nothing that is promised of it is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gaps {
    /// The body.
    pub body: bool,
    /// The Set-Cookie fields.
    pub cookies: bool,
}

impl Observation {
    /// An exchange that somebody recorded, whose tool may have put masks where secrets stood, and left something out.
    pub fn recorded(exchange: Exchange, gaps: Gaps) -> Self {
        Self { redacted: true, gaps, ..Self::from(exchange) }
    }
}

impl From<Exchange> for Observation {
    fn from(exchange: Exchange) -> Self {
        let body = match &exchange.decoded {
            Decoded::Unreadable { .. } => Body::NotJson("its content coding cannot be undone".into()),
            _ => exchange.response().map_or(Body::Empty, |response| Body::read(&response.body)),
        };
        let (sent, numeric_id) = (OnceLock::new(), OnceLock::new());
        Self { exchange, body, redacted: false, gaps: Gaps::default(), sent, numeric_id }
    }
}

impl Observation {
    /// Whether a text of this exchange hides a secret. Whatever is promised of such a text is held to be kept.
    pub fn hides(&self, text: &str) -> bool {
        self.redacted && redaction::is_masked(text)
    }

    /// The request's body, where it is JSON.
    pub fn sent(&self) -> Option<&Value> {
        let read = || self.exchange.request.body.as_ref().and_then(|bytes| serde_json::from_slice(bytes).ok());
        self.sent.get_or_init(read).as_ref()
    }

    /// The operation in a contract.
    pub fn operation<'a>(&self, contract: &'a Contract) -> Option<&'a Operation> {
        contract.operation(self.exchange.operation.as_deref()?)
    }

    /// The documented reply that the answer's status selects.
    pub fn reply<'a>(&self, contract: &'a Contract) -> Option<&'a Reply> {
        self.operation(contract)?.reply(self.exchange.response()?.status)
    }

    /// The lifecycle, id and state of the resource that the answer shows.
    pub fn resource<'a>(&self, contract: &'a Contract) -> Option<(&'a Lifecycle, &str, &str)> {
        let lifecycle = self.reply(contract)?.media_types.iter().find_map(|media_type| media_type.lifecycle)?;
        if self.other(contract).is_some() {
            return None;
        }
        let lifecycle = &contract.lifecycles()[lifecycle];
        let value = self.body.value()?;
        let id = match at(value, &lifecycle.identity)? {
            Value::Number(number) => self.numeric_id.get_or_init(|| number.to_string()),
            other => other.as_str()?,
        };
        let state = at(value, &lifecycle.state)?.as_str()?;
        Some((lifecycle, id, state))
    }

    /// The name of the resource of another contract that the answer is, if it is one.
    pub fn other<'a>(&self, contract: &'a Contract) -> Option<&'a str> {
        let others = &self.reply(contract)?.others;
        others.iter().find(|(_, other)| self.is_other(other)).map(|(name, _)| name.as_str())
    }

    fn is_other(&self, other: &OtherResource) -> bool {
        let sets = |cookie: &String| {
            let fields = self.exchange.response().into_iter().flat_map(|response| response.headers.all("set-cookie"));
            fields
                .map(String::from_utf8_lossy)
                .any(|field| field.split_once('=').is_some_and(|(name, _)| name.trim() == cookie))
        };
        let shows = self.body.value().is_some_and(|body| at(body, &other.property).is_some());
        shows || other.cookie.as_ref().is_some_and(sets)
    }

    /// Whether the request or the answer is about this resource.
    pub fn is_about(&self, contract: &Contract, lifecycle: &Lifecycle, id: &str) -> bool {
        if let Some((shown, known, _)) = self.resource(contract) {
            return ptr::eq(shown, lifecycle) && known == id;
        }
        // Most exchanges are told apart by this, before any address is taken to pieces.
        self.exchange.request.url.contains(id)
            && self.subject(contract).is_some_and(|(other, subject)| ptr::eq(other, lifecycle) && subject == id)
    }

    /// The lifecycle and id of the resource that the request or the answer is about.
    pub fn subject<'a>(&self, contract: &'a Contract) -> Option<(&'a Lifecycle, String)> {
        let operation = self.operation(contract)?;
        let lifecycle = contract.lifecycle_of(&operation.name)?;
        match self.resource(contract) {
            Some((shown, id, _)) if shown.name == lifecycle.name => Some((lifecycle, id.to_owned())),
            _ => {
                let url = &self.exchange.request.url;
                let acted_on = || operation.acted_on(url).filter(|_| lifecycle.acts(&operation.name));
                Some((lifecycle, operation.subject(url).or_else(acted_on)?))
            }
        }
    }
}

/// The exchanges of a scenario so far; the last of them, which has a complete answer, is judged.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// What was promised.
    pub contract: &'a Contract,
    /// All exchanges so far, the judged one last.
    pub history: &'a [Observation],
    /// The judged exchange and its body.
    pub observation: &'a Observation,
    /// The judged answer.
    pub response: &'a Response,
    /// The operation that was called.
    pub operation: Option<&'a Operation>,
    /// The documented reply that the status selects.
    pub reply: Option<&'a Reply>,
    /// The documented media type by which the body is judged: the one that the answer names, else the first.
    pub media_type: Option<&'a MediaType>,
    /// What the scenario expects beyond the contract.
    pub expectation: Option<&'a Expectation<Value>>,
    /// The resource that the answer shows.
    pub resource: Option<Resource<'a>>,
    /// What the answer is instead, by name, where it belongs to another contract.
    pub other: Option<&'a str>,
    /// What the documented shape of the body gives rise to; looked for when it is first asked for.
    seen: OnceCell<Option<Vec<Seen<'a>>>>,
    /// Whether a secret is hidden in the address of the request; looked for when it is first asked for.
    hides_address: OnceCell<bool>,
}

/// Something that the documented shape of a body gives rise to.
#[derive(Debug, Clone)]
pub(super) struct Seen<'a> {
    /// What it is.
    pub(super) event: ShapeEvent<'a>,
    /// Where it stands in the body.
    pub(super) pointer: String,
    /// Where the schema stands.
    pub(super) schema: &'a str,
}

/// The resource that an answer shows.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// The kind of resource.
    pub lifecycle: &'a Lifecycle,
    /// Its id.
    pub id: &'a str,
    /// The state that it is in.
    pub state: &'a str,
    /// All that is shown of it.
    pub body: &'a Value,
}

impl Resource<'_> {
    /// Where a property of it is documented, given by a JSON pointer into it.
    pub fn documented(&self, property: &str) -> String {
        let first = property.trim_start_matches('/').split('/').next().unwrap_or_default();
        format!("{}/properties/{first}", self.lifecycle.schema)
    }
}

impl<'a> Case<'a> {
    /// Makes a case of a history whose last exchange has a complete answer; `None` when it has none.
    pub fn new(
        contract: &'a Contract,
        history: &'a [Observation],
        expectation: Option<&'a Expectation<Value>>,
    ) -> Option<Self> {
        let observation = history.last()?;
        let response = observation.exchange.response()?;
        let operation = observation.operation(contract);
        let reply = operation.and_then(|operation| operation.reply(response.status));
        let other = observation.other(contract);
        let media_type = reply.filter(|_| other.is_none()).and_then(|reply| judged_by(reply, response));
        let resource = observation.resource(contract).zip(observation.body.value());
        let resource = resource.map(|((lifecycle, id, state), body)| Resource { lifecycle, id, state, body });
        Some(Self {
            contract,
            history,
            observation,
            response,
            operation,
            reply,
            media_type,
            expectation,
            resource,
            other,
            seen: OnceCell::new(),
            hides_address: OnceCell::new(),
        })
    }

    /// The earlier exchanges about the resource that the answer shows, latest first.
    pub fn earlier(&self) -> impl Iterator<Item = &'a Observation> {
        let (contract, resource) = (self.contract, self.resource);
        let earlier = self.history[..self.index()].iter().rev();
        earlier.filter(move |observation| {
            resource.is_some_and(|resource| observation.is_about(contract, resource.lifecycle, resource.id))
        })
    }

    /// The environment that the request names in its path; on a custom domain it names none.
    pub fn environment(&self) -> Option<String> {
        self.operation?.path_parameter("envID", &self.exchange().request.url)
    }

    /// The position of the judged exchange.
    pub fn index(&self) -> usize {
        self.history.len() - 1
    }

    /// The judged exchange.
    pub fn exchange(&self) -> &'a Exchange {
        &self.observation.exchange
    }

    /// Whether a secret is hidden in the address of the request.
    pub(super) fn hides_address(&self) -> bool {
        *self.hides_address.get_or_init(|| self.observation.hides(&self.exchange().request.url))
    }

    /// What the answer's body turned out to be.
    pub fn body(&self) -> &'a Body {
        &self.observation.body
    }

    /// Whether the answer may have content: none to HEAD has, and none with certain statuses.
    pub fn may_have_content(&self) -> bool {
        is_answered_with_content(&self.exchange().request.method, self.response.status)
    }

    /// Whether the body is JSON by its media type: by that which the answer names, else by the documented one.
    pub fn is_json(&self) -> bool {
        let named = self.response.headers.get("content-type");
        named.as_deref().or(self.media_type.map(|known| known.name.as_str())).is_some_and(is_json)
    }

    /// The body's value, if its media type is JSON.
    pub fn json(&self) -> Option<&'a Value> {
        self.body().value().filter(|_| self.is_json())
    }

    /// What the documented shape of the body gives rise to, value by value; `None` where there is no shape or no JSON.
    pub(super) fn walk_body(&self, judge: impl Fn(&Seen<'a>) -> Option<Finding>) -> Option<Vec<Finding>> {
        let seen = self.seen.get_or_init(|| self.look_at_body()).as_ref()?;
        Some(seen.iter().filter_map(judge).collect())
    }

    fn look_at_body(&self) -> Option<Vec<Seen<'a>>> {
        let (shape, value) = self.media_type?.shape.zip(self.json())?;
        let mut seen = Vec::new();
        let report = &mut |event, pointer, schema| seen.push(Seen { event, pointer, schema });
        self.contract.shapes.walk(shape, value, report);
        Some(seen)
    }
}

fn judged_by<'a>(reply: &'a Reply, response: &Response) -> Option<&'a MediaType> {
    let named = response.headers.get("content-type");
    named.and_then(|named| reply.media_type(&named)).or(reply.media_types.first())
}

/// The value at a JSON pointer; as `Value::pointer`, without its copies where nothing is escaped.
pub fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.contains('~') || pointer.is_empty() {
        return value.pointer(pointer);
    }
    pointer.strip_prefix('/')?.split('/').try_fold(value, |holder, key| match holder {
        Value::Object(members) => members.get(key),
        Value::Array(entries) => entries.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The states of one resource, as observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateTrace<'a> {
    /// The kind of resource.
    pub lifecycle: &'a Lifecycle,
    /// The resource's id.
    pub resource: String,
    /// The states in order, consecutive repeats collapsed, each with the exchange that first showed it.
    pub states: Vec<(String, usize)>,
}

/// The traces of all resources, in the order in which they were first seen.
pub fn traces<'a>(contract: &'a Contract, history: &[Observation]) -> Vec<StateTrace<'a>> {
    let mut traces: Vec<StateTrace<'a>> = Vec::new();
    for (at, observation) in history.iter().enumerate() {
        let Some((lifecycle, id, state)) = observation.resource(contract) else { continue };
        let known = traces.iter_mut().find(|trace| trace.resource == id && trace.lifecycle.name == lifecycle.name);
        match known {
            Some(trace) if trace.states.last().is_some_and(|(last, _)| last == state) => {}
            Some(trace) => trace.states.push((state.to_owned(), at)),
            None => {
                traces.push(StateTrace { lifecycle, resource: id.to_owned(), states: vec![(state.to_owned(), at)] })
            }
        }
    }
    traces
}
