//! What a scenario expects of an answer beyond the contract: what the request asked for, and not what happened to be there.
//!
//! The status, the state, the code of an error, and the values that were sent and are shown again. Times, ids that the server gave and
//! whatever else may be another the next time are not expected. Deliberately not here: what the contract promises, which is
//! checked anyway.

use serde_json::{Map, Value, json};

use super::recording::Recording;
use super::request::SentBody;
use super::sources::text_of;
use crate::base::pointer::{escape, find};
use crate::checks::Observation;
use crate::contract::{Location, Operation};
use crate::scenario::lint::is_documented;
use crate::scenario::write::escaped;

/// At most so many values of a body are expected: the rest of them shows nothing new.
const MOST: usize = 6;

/// The expectations of a call's answer. `written` has the parameters and the body as the scenario sends them.
pub(super) fn expectations(recording: &Recording<'_>, call: usize, written: &Written<'_>) -> Map<String, Value> {
    let observation = &recording.calls[call].observation;
    let (Some(status), Some(operation)) = (recording.status(call), observation.operation(recording.contract)) else {
        return Map::new();
    };
    let expected = Expected { recording, call, observation, operation, status };
    let mut all = Map::new();
    all.insert("status".into(), status.into());
    if let Some(state) = expected.state() {
        all.insert("state".into(), state.into());
    }
    if let Some(error) = expected.error() {
        all.insert("error".into(), error);
    }
    let body = if status < 400 { expected.shown_again(written) } else { Map::new() };
    if !body.is_empty() {
        all.insert("body".into(), body.into());
    }
    all
}

/// What a call sends, as it is written.
#[derive(Debug, Default)]
pub(super) struct Written<'a> {
    /// Parameters.
    pub parameters: Vec<(Location, &'a str, Value)>,
    /// The body.
    pub body: Option<Value>,
}

struct Expected<'a> {
    recording: &'a Recording<'a>,
    call: usize,
    observation: &'a Observation,
    operation: &'a Operation,
    status: u16,
}

impl Expected<'_> {
    fn state(&self) -> Option<&str> {
        let (lifecycle, _, state) = self.observation.resource(self.recording.contract)?;
        let own = self.recording.contract.lifecycle_of(&self.operation.name)?;
        (lifecycle == own && lifecycle.states.contains_key(state)).then_some(state)
    }

    /// The code of an error where the contract says that there is one.
    fn error(&self) -> Option<Value> {
        let body = self.observation.body.value().filter(|_| self.status >= 400)?;
        let code = ["/code", "/error"].into_iter().find_map(|pointer| self.constant(body, pointer))?;
        let mut error = json!({ "code": code });
        if let Some([_]) = body.get("details").and_then(Value::as_array).map(Vec::as_slice) {
            for (key, pointer) in [("detail", "/details/0/code"), ("target", "/details/0/target")] {
                self.constant(body, pointer).into_iter().for_each(|value| error[key] = value.into());
            }
        }
        Some(error)
    }

    /// A documented text in a body that looks like the name of something.
    fn constant<'b>(&self, body: &'b Value, pointer: &str) -> Option<&'b str> {
        let text = find(body, pointer)?.as_str()?;
        let is_name = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        (is_name && self.is_documented(pointer) && !self.is_secret(pointer, text)).then_some(text)
    }

    /// What was sent and is shown at the same place of the answer, or as the id of what was asked for.
    fn shown_again(&self, written: &Written<'_>) -> Map<String, Value> {
        let Some(body) = self.observation.body.value().filter(|body| body.is_object()) else { return Map::new() };
        let mut shown = Map::new();
        for (location, name, value) in &written.parameters {
            let sent = self.recording.sent[self.call].parameters.iter().find(|(_, known, _)| known == name);
            let text = sent.and_then(|(_, _, sent)| text_of(sent));
            if *location == Location::Path
                && let Some(pointer) = [(*name).to_owned(), "id".to_owned()]
                    .iter()
                    .find(|member| text.is_some() && text == body.get(member.as_str()).and_then(text_of))
            {
                self.expect(&mut shown, &format!("/{}", escape(pointer)), value, body);
            }
        }
        if let (SentBody::Value(Value::Object(sent)), Some(Value::Object(written))) =
            (&self.recording.sent[self.call].body, &written.body)
        {
            for (name, value) in sent.iter().filter(|(_, value)| is_telling(value)) {
                if body.get(name) == Some(value) {
                    self.expect(&mut shown, &format!("/{}", escape(name)), &written[name], body);
                }
            }
        }
        shown
    }

    fn expect(&self, shown: &mut Map<String, Value>, pointer: &str, written: &Value, body: &Value) {
        let Some(actual) = find(body, pointer).filter(|_| shown.len() < MOST && self.is_documented(pointer)) else {
            return;
        };
        let is_template = written.as_str().is_some_and(|text| text.starts_with("{{"));
        let text = text_of(actual).unwrap_or_default();
        if self.is_secret(pointer, &text) {
            return;
        }
        let literal = actual.as_str().map_or_else(|| actual.clone(), |text| escaped(text).into());
        shown.insert(pointer.to_owned(), if is_template { written.clone() } else { literal });
    }

    fn is_documented(&self, pointer: &str) -> bool {
        is_documented(self.recording.contract, self.operation, self.status, pointer)
    }

    fn is_secret(&self, pointer: &str, text: &str) -> bool {
        self.recording.secrets.hide(pointer.rsplit('/').next().unwrap_or_default(), text)
    }
}

/// Whether a value says something: not what is left out as a rule.
fn is_telling(value: &Value) -> bool {
    matches!(value, Value::Number(_) | Value::Bool(_)) || value.as_str().is_some_and(|text| !text.is_empty())
}
