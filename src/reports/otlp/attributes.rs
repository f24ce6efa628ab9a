//! Attributes of spans, in the form that OTLP gives them in JSON.

use serde_json::{Value, json};

use crate::base::text::{shortened, visible};

/// The longest text, in characters.
const TEXT: usize = 4_000;

/// A list of attributes.
#[derive(Default)]
pub(super) struct Attributes(Vec<Value>);

impl Attributes {
    pub(super) fn text(mut self, key: &str, value: &str) -> Self {
        self.0.push(json!({ "key": key, "value": { "stringValue": text(value) } }));
        self
    }

    pub(super) fn known(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// A number; in JSON it is a text, because it may be beyond what JavaScript can count.
    pub(super) fn number(mut self, key: &str, value: impl Into<i64>) -> Self {
        self.0.push(json!({ "key": key, "value": { "intValue": value.into().to_string() } }));
        self
    }

    pub(super) fn written(self) -> Value {
        self.0.into()
    }
}

/// A text as it may stand in a span.
pub(super) fn text(value: &str) -> String {
    shortened(&visible(value), TEXT).into_owned()
}
