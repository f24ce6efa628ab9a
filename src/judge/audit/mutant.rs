//! A mutant: one change to one exchange or to the order of a sequence, and how it is made.
//!
//! Values are changed in the value that was read, not in its bytes: only mutants of the bytes themselves, and those that
//! hide a secret in a text, are written and read again. Deliberately not here: which mutants there are.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::class::MutantClass;
use crate::base::json::Body;
use crate::base::pointer::unescape;
use crate::checks::Observation;

/// One change, by whom it is made, and its class.
#[derive(Debug, Clone)]
pub(super) struct Mutant {
    /// The operator that made it.
    pub operator: &'static str,
    /// The place that was changed: a JSON pointer, `header:Name`, `status`, `body` or `sequence`.
    pub place: String,
    /// The change.
    pub change: Mutation,
    /// What the contract says of it.
    pub class: MutantClass,
    /// Whether the exchanges that follow are judged as well, when the changed one says nothing.
    pub onwards: bool,
}

/// A change.
#[derive(Debug, Clone)]
pub(super) enum Mutation {
    /// To values of the body.
    Body(Vec<BodyEdit>),
    /// To values of the body, which is then written and read as bytes.
    Text(Vec<BodyEdit>),
    /// To the bytes of the body.
    Bytes(Bytes),
    /// To the status.
    Status(u16),
    /// To a header field: all its values are replaced by these.
    Header(String, Vec<String>),
    /// The exchange never happened.
    Skipped,
    /// The exchange happened twice.
    Repeated,
    /// The exchange changed places with this later one.
    Swapped(usize),
    /// The exchange happened once more, after all others.
    Again,
}

/// A change to one value of a body.
#[derive(Debug, Clone)]
pub(super) enum BodyEdit {
    /// Sets the value at a pointer, whose holder is there.
    Set(String, Value),
    /// Takes the member at a pointer away.
    Remove(String),
    /// Gives the member at a pointer another name.
    Rename(String, String),
}

impl Mutation {
    /// Changes one exchange; changes of the order leave it as it is.
    pub(super) fn apply(&self, observation: &mut Observation) {
        match self {
            Self::Body(edits) => edit(observation, edits),
            Self::Text(edits) => {
                edit(observation, edits);
                let text = observation.body.value().map(Value::to_string).unwrap_or_default();
                replace(observation, text.into());
            }
            Self::Bytes(bytes) => replace(observation, bytes.clone()),
            Self::Status(status) => {
                if let Ok(response) = &mut observation.exchange.outcome {
                    response.status = *status;
                }
            }
            Self::Header(name, values) => set_header(observation, name, values),
            Self::Skipped | Self::Repeated | Self::Swapped(_) | Self::Again => {}
        }
    }
}

fn edit(observation: &mut Observation, edits: &[BodyEdit]) {
    if let Body::Json { value, .. } = &mut observation.body {
        edits.iter().for_each(|edit| edit.apply(value));
    }
}

fn replace(observation: &mut Observation, bytes: Bytes) {
    observation.body = Body::read(&bytes);
    if let Ok(response) = &mut observation.exchange.outcome {
        response.body = bytes;
    }
}

fn set_header(observation: &mut Observation, name: &str, values: &[String]) {
    if let Ok(response) = &mut observation.exchange.outcome {
        let fields = &mut response.headers.0;
        fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        fields.extend(values.iter().map(|value| (name.to_owned(), value.clone().into_bytes())));
    }
}

impl BodyEdit {
    fn apply(&self, body: &mut Value) {
        let (Self::Set(pointer, _) | Self::Remove(pointer) | Self::Rename(pointer, _)) = self;
        let Some((holder, key)) = pointer.rsplit_once('/') else { return };
        let key = unescape(key).into_owned();
        match (body.pointer_mut(holder), self) {
            (Some(Value::Object(members)), Self::Set(_, value)) => _ = members.insert(key, value.clone()),
            (Some(Value::Object(members)), Self::Remove(_)) => _ = members.shift_remove(&key),
            (Some(Value::Object(members)), Self::Rename(_, name)) => rename(members, &key, name),
            (Some(Value::Array(entries)), Self::Set(_, value)) => {
                let entry = key.parse().ok().and_then(|at: usize| entries.get_mut(at));
                entry.into_iter().for_each(|entry| *entry = value.clone());
            }
            _ => {}
        }
    }
}

fn rename(members: &mut Map<String, Value>, key: &str, name: &str) {
    if let Some(value) = members.shift_remove(key) {
        members.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn edits_set_remove_and_rename_members_and_entries() {
        let mut body = json!({"a": {"x/y": 1, "z": [1, 2]}});
        BodyEdit::Set("/a/z/1".into(), json!("new")).apply(&mut body);
        BodyEdit::Rename("/a/x~1y".into(), "w".into()).apply(&mut body);
        BodyEdit::Set("/a/v".into(), Value::Null).apply(&mut body);
        assert_eq!(body, json!({"a": {"z": [1, "new"], "w": 1, "v": null}}));
        BodyEdit::Remove("/a".into()).apply(&mut body);
        assert_eq!(body, json!({}));
    }
}
