//! Attributes of spans, in the form that OTLP gives them in JSON.

use std::borrow::Cow;

use serde::Serialize;

use crate::base::text::{shortened, visible};

/// The longest text, in characters.
const TEXT: usize = 4_000;

/// A list of attributes.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(super) struct Attributes<'a>(Vec<Attribute<'a>>);

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'static str,
    value: AnyValue<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum AnyValue<'a> {
    StringValue(Cow<'a, str>),
    /// In JSON it is a text, because it may be beyond what JavaScript can count.
    IntValue(String),
}

impl<'a> Attributes<'a> {
    pub(super) fn text(mut self, key: &'static str, value: &'a str) -> Self {
        self.0.push(Attribute { key, value: AnyValue::StringValue(text(value)) });
        self
    }

    pub(super) fn known(self, key: &'static str, value: Option<&'a str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    pub(super) fn number(mut self, key: &'static str, value: impl Into<i64>) -> Self {
        self.0.push(Attribute { key, value: AnyValue::IntValue(value.into().to_string()) });
        self
    }
}

/// A text as it may stand in a span.
pub(super) fn text(value: &str) -> Cow<'_, str> {
    match visible(value) {
        Cow::Borrowed(value) => shortened(value, TEXT),
        Cow::Owned(value) => Cow::Owned(shortened(&value, TEXT).into_owned()),
    }
}
