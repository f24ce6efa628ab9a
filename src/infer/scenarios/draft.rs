//! Calls, values and expectations put together: one scenario for each flow.
//!
//! Deliberately not here: how it is written (see `scenario::write`).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::expect::{Written, expectations};
use super::polls::{Awaited, Poll, RecordedCall};
use super::recording::Recording;
use super::request::{SentBody, SentValues};
use super::sources::SavedFrom;
use super::values::{FlowValues, Sent};
use crate::base::media_type::essence;
use crate::base::spelling::kebab;
use crate::base::text::one_line;
use crate::contract::{Direction, Location, Operation};
use crate::scenario::write;

/// The scenario of a flow.
#[derive(Debug, Default)]
pub(super) struct DraftedFlow {
    /// A name for its file, without ending; others may have the same.
    pub name: String,
    /// Its keys and values; none where no call can be made again.
    pub members: Map<String, Value>,
    /// How many calls it makes.
    pub calls: usize,
    /// The secrets that a target has to supply, by the names of facts.
    pub secrets: BTreeSet<String>,
    /// What is not in it, each with the reason.
    pub left_out: Vec<String>,
}

/// Drafts the scenario of each flow of a recording.
pub(super) fn drafts(recording: &Recording<'_>) -> Vec<DraftedFlow> {
    let flows = recording.flows();
    flows.iter().map(|flow| DraftedFlow { name: recording.file_name(flow), ..recording.scenario(flow) }).collect()
}

impl Recording<'_> {
    /// The scenario of a flow.
    fn scenario(&self, flow: &[usize]) -> DraftedFlow {
        let mut drafted = DraftedFlow::default();
        let mut usable = Vec::new();
        for call in flow {
            match self.obstacle(*call) {
                None => usable.push(*call),
                Some(reason) => drafted.left_out.push(format!("{}: {reason}", self.line(*call))),
            }
        }
        let mut values = FlowValues::new(self, &usable);
        let mut steps: Vec<Map<String, Value>> = usable.iter().map(|call| self.step(*call, &mut values)).collect();
        for (step, call) in steps.iter_mut().zip(&usable) {
            let saved: Map<String, Value> =
                values.saved_of(*call).map(|(name, source)| (name.to_owned(), self.saved(source))).collect();
            if !saved.is_empty() {
                step.insert("save".into(), saved.into());
            }
        }
        if !steps.is_empty() {
            drafted.calls = steps.len();
            drafted.members = self.head(&usable, &values);
            drafted.members.insert("steps".into(), steps.into_iter().map(Value::Object).collect());
            drafted.secrets = values.secrets;
        }
        drafted
    }

    /// Why a call cannot be made again.
    fn obstacle(&self, call: usize) -> Option<String> {
        let RecordedCall { observation, .. } = &self.calls[call];
        let response = match &observation.exchange.outcome {
            Ok(response) => response,
            Err(error) => return Some(format!("there is no answer: {}", error.message)),
        };
        let operation = self.operation(call)?;
        if operation.reply(response.status).is_none() {
            return Some(format!("the contract does not document status {}", response.status));
        }
        let lacks_body =
            matches!(self.sent[call].body, SentBody::None) && operation.body().is_some_and(|body| body.required);
        (lacks_body && response.status < 400).then(|| "the recording lacks the body that was sent".to_owned())
    }

    fn line(&self, call: usize) -> String {
        let operation = self.operation(call).map_or("", |operation| operation.name.as_str());
        format!("call {} of {}, {operation}", call + 1, one_line(&self.session))
    }

    fn head(&self, flow: &[usize], values: &FlowValues<'_>) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert("scenario".into(), self.title(flow).into());
        let covers = self.requirements(flow);
        for (key, list) in [("covers", covers), ("needs", values.needs.clone())] {
            if !list.is_empty() {
                head.insert(key.into(), list.into_iter().map(Value::from).collect());
            }
        }
        let variables = values.variables();
        if !variables.is_empty() {
            head.insert("let".into(), variables.into());
        }
        head
    }

    fn title(&self, flow: &[usize]) -> String {
        let mut names: Vec<&str> = flow.iter().filter_map(|call| Some(self.operation(*call)?.name.as_str())).collect();
        names.dedup();
        let calls = match names.as_slice() {
            [first, .., last] if names.len() > 3 => format!("{first} to {last}"),
            [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(" and ")),
            _ => names.concat(),
        };
        let status = self.status(flow[0]).filter(|_| flow.len() == 1).map(|status| format!(" with {status}"));
        format!("{calls} as in {}{}", one_line(&self.session), status.unwrap_or_default())
    }

    /// What the documentation says of the operations and of the answers that they had.
    fn requirements(&self, flow: &[usize]) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for (call, operation) in flow.iter().filter_map(|call| Some((*call, self.operation(call.to_owned())?))) {
            let reply = self.status(call).and_then(|status| operation.reply(status));
            let own = reply.map(|reply| reply.requirements.clone()).filter(|own| !own.is_empty());
            ids.extend(own.unwrap_or_else(|| operation.requirements.clone()));
        }
        ids
    }

    fn step(&self, call: usize, values: &mut FlowValues<'_>) -> Map<String, Value> {
        let mut step = Map::new();
        let Some(operation) = self.operation(call) else { return step };
        step.insert("call".into(), operation.name.clone().into());
        let written = self.written(call, values);
        for location in [Location::Path, Location::Query, Location::Cookie, Location::Header] {
            let of = written.parameters.iter().filter(|(place, _, _)| *place == location);
            let mut given: Map<String, Value> =
                of.map(|(_, name, value)| ((*name).to_owned(), value.clone())).collect();
            if location == Location::Header {
                given.extend(self.more_headers(call, operation, values));
            }
            if !given.is_empty() {
                step.insert(location.key().into(), given.into());
            }
        }
        self.body(call, operation, &written, &mut step);
        if let Some(field) = self.without(call, operation) {
            step.insert("without".into(), json!([field]));
        }
        if let Some(poll) = &self.calls[call].poll {
            repeated(poll, &mut step);
        }
        step.insert("expect".into(), expectations(self, call, &written).into());
        step
    }

    fn written(&self, call: usize, values: &mut FlowValues<'_>) -> Written<'_> {
        let SentValues { parameters, body } = &self.sent[call];
        let parameters =
            parameters.iter().filter(|(location, name, value)| !self.is_supplied(*location, name, value, call));
        let parameters = parameters.map(|(location, name, value)| {
            let sent = Sent::new(call, Some(*location), name);
            (*location, name.as_str(), values.value(sent, value))
        });
        let parameters = parameters.collect();
        let body = match body {
            SentBody::Value(body) => Some(values.value(Sent::new(call, None, ""), body)),
            _ => None,
        };
        Written { parameters, body }
    }

    /// Whether the runner supplies a parameter: the environment, and the cookies that the session was given.
    fn is_supplied(&self, location: Location, name: &str, value: &Value, call: usize) -> bool {
        match location {
            Location::Path => name == "envID" && self.contract.has_environments() && self.is_own_environment(value),
            Location::Cookie => self.calls[..call].iter().any(|earlier| sets_cookie(earlier, name)),
            _ => false,
        }
    }

    /// Whether an environment is that of the session: that of the target, or the one that most of its calls were for.
    fn is_own_environment(&self, value: &Value) -> bool {
        let environments = || self.sent.iter().flat_map(|sent| &sent.parameters).filter(|(_, name, _)| name == "envID");
        let is_targets = |value: &Value| value.as_str().is_some_and(|id| self.facts.is("env.id", id));
        if environments().any(|(_, _, other)| is_targets(other)) {
            return is_targets(value);
        }
        let environments = environments();
        let (own, others): (Vec<_>, Vec<_>) = environments.partition(|(_, _, other)| other == value);
        own.len() >= others.len()
    }

    fn body(&self, call: usize, operation: &Operation, written: &Written<'_>, step: &mut Map<String, Value>) {
        if let Some(raw) = self.foreign(call, operation) {
            step.insert("raw".into(), raw);
            return;
        }
        match (&self.sent[call].body, &written.body) {
            (SentBody::Malformed(text), _) => {
                let text = if self.secrets.hide("", text) { "{" } else { text.as_str() };
                step.insert("raw".into(), json!({ "body": write::escaped(text) }));
                return;
            }
            (_, Some(body)) if operation.body().is_some() => _ = step.insert("body".into(), body.clone()),
            _ => {}
        }
        if !self.is_valid(call, operation) {
            step.insert("invalid".into(), true.into());
        }
    }

    /// A body that was refused because its media type is not the operation's.
    fn foreign(&self, call: usize, operation: &Operation) -> Option<Value> {
        let request = &self.calls[call].observation.exchange.request;
        let own = operation.request.as_ref().map(|request| essence(&request.media_type))?;
        let sent = request.headers.get("content-type").filter(|_| self.status(call) == Some(415));
        let text = request.body.as_ref().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let text = text.filter(|text| !self.secrets.hide("", text)).unwrap_or_else(|| "{}".to_owned());
        (sent.as_deref().map(essence) != Some(own) && self.status(call) == Some(415)).then(|| {
            let media_type = sent.as_deref().unwrap_or("none");
            json!({ "media-type": media_type, "body": write::escaped(&text) })
        })
    }

    /// Whether what was sent is what the contract asks for.
    fn is_valid(&self, call: usize, operation: &Operation) -> bool {
        let SentValues { parameters, body } = &self.sent[call];
        let fits = |schema: Option<&str>, value: &Value| {
            let validator = schema.and_then(|schema| self.contract.validator(schema, Direction::Request).ok());
            validator.is_none_or(|validator| validator.is_valid(value))
        };
        let given = |location: Location, name: &str| {
            parameters.iter().find(|(place, known, _)| *place == location && known == name).map(|(_, _, value)| value)
        };
        let parameters_fit = operation.parameters.iter().all(|known| match given(known.location, &known.name) {
            Some(value) => fits(known.schema.as_deref(), value),
            None => !known.required || matches!(known.location, Location::Header | Location::Cookie),
        });
        let body_fits = match (operation.body(), body) {
            (Some(known), SentBody::Value(body)) => fits(known.schema.as_deref(), body),
            (Some(known), SentBody::None) => !known.required,
            _ => true,
        };
        parameters_fit && body_fits
    }

    /// Credentials that are a part of the session, and what a refusal depends on.
    fn more_headers(&self, call: usize, operation: &Operation, values: &mut FlowValues<'_>) -> Map<String, Value> {
        let mut headers = Map::new();
        let request = &self.calls[call].observation.exchange.request;
        if let Some(text) = request.headers.get("authorization") {
            let written = self.credentials(call, operation, &text, values);
            headers.extend(written.map(|written| ("Authorization".to_owned(), written.into())));
        }
        if self.status(call) == Some(406) {
            let accept = request.headers.combined("accept");
            headers.extend(accept.map(|accept| ("Accept".to_owned(), accept.into())));
        }
        headers
    }

    fn credentials(
        &self,
        call: usize,
        operation: &Operation,
        text: &str,
        values: &mut FlowValues<'_>,
    ) -> Option<String> {
        let sent = Sent::new(call, Some(Location::Header), "");
        let written = values.with_parts(sent, text);
        if written != text && written.contains("{{") {
            return Some(written);
        }
        let (scheme, credentials) = text.split_once(' ').unwrap_or(("", text));
        if let Some(path) = pair(scheme, credentials).and_then(|pair| self.facts.client(&pair)) {
            values.note(path);
            return Some(format!("{{{{basic {path}}}}}"));
        }
        let is_supplied = self.has_credentials(operation);
        if let Some(path) = self.facts.find(credentials, "", &BTreeSet::new()).filter(|_| !is_supplied) {
            values.note(path);
            return Some(format!("{scheme} {{{{{path}}}}}").trim().to_owned());
        }
        match self.status(call) {
            Some(401) => Some(format!("{scheme} wrong").trim().to_owned()),
            _ if is_supplied => None,
            _ => Some(
                format!("{scheme} {}", values.secret(Sent { name: "token", ..sent }, credentials)).trim().to_owned(),
            ),
        }
    }

    /// Whether the runner adds credentials to calls of an operation.
    fn has_credentials(&self, operation: &Operation) -> bool {
        let mut schemes = operation.security.iter().flatten();
        match self.contract.has_environments() {
            true => schemes.any(|name| name == "accessToken"),
            false => schemes.next().is_some(),
        }
    }

    /// Whether the runner sends the cookies of a session with calls of an operation.
    fn takes_cookies(&self, operation: &Operation) -> bool {
        !self.contract.has_environments() || operation.security.iter().flatten().any(|name| name == "sessionCookie")
    }

    /// What was left out of a request that was refused for it. That a recorder leaves something out shows in no refusal.
    fn without(&self, call: usize, operation: &Operation) -> Option<&'static str> {
        let lacks = |name: &str| self.calls[call].observation.exchange.request.headers.get(name).is_none();
        let asks = operation.security.iter().all(|way| !way.is_empty()) && self.has_credentials(operation);
        let has_session = self.calls[..call].iter().any(|earlier| {
            let exchange = &earlier.observation.exchange;
            exchange.response().is_some_and(|response| response.headers.get("set-cookie").is_some())
        });
        let keeps_cookies =
            || self.calls.iter().any(|call| call.observation.exchange.request.headers.get("cookie").is_some());
        match self.status(call) {
            Some(401) if asks && lacks("authorization") => Some("authorization"),
            Some(400..500) if self.takes_cookies(operation) && lacks("cookie") && has_session && keeps_cookies() => {
                Some("cookie")
            }
            _ => None,
        }
    }

    fn saved(&self, source: usize) -> Value {
        match &self.sources.get(source).from {
            SavedFrom::Body(pointer) => pointer.clone().into(),
            SavedFrom::Header(name) => json!({ "header": name }),
            SavedFrom::Captured(name, pattern) => json!({ "header": name, "capture": pattern }),
        }
    }

    /// A name for the file of a flow.
    fn file_name(&self, flow: &[usize]) -> String {
        let first = flow.first().and_then(|call| self.operation(*call));
        let name = kebab(first.map_or("recorded", |operation| operation.name.as_str()));
        if name.is_empty() { "recorded".to_owned() } else { name }
    }
}

fn sets_cookie(call: &RecordedCall, name: &str) -> bool {
    let response = call.observation.exchange.response();
    let fields = response.into_iter().flat_map(|response| response.headers.texts("set-cookie"));
    fields.into_iter().any(|field| field.split_once('=').is_some_and(|(known, _)| known.trim() == name))
}

/// The name and the password of Basic credentials.
fn pair(scheme: &str, credentials: &str) -> Option<String> {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::STANDARD.decode(credentials).ok();
    decoded.filter(|_| scheme.eq_ignore_ascii_case("basic")).and_then(|pair| String::from_utf8(pair).ok())
}

fn repeated(poll: &Poll, step: &mut Map<String, Value>) {
    let hundreds = (poll.every.as_millis() / 100).clamp(1, 100);
    let every =
        if hundreds.is_multiple_of(10) { format!("{}s", hundreds / 10) } else { format!("{}ms", hundreds * 100) };
    step.insert("repeat".into(), json!({ "at-most": (poll.count * 3).clamp(10, 1000), "every": every }));
    let until = match &poll.until {
        Awaited::State(state) => json!({ "state": state }),
        Awaited::Status(status) => json!({ "status": status }),
        Awaited::Member(pointer, value) => json!({ "body": { pointer: value } }),
    };
    step.insert("until".into(), until);
}
