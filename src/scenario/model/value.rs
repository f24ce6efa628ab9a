//! Values that may hold templates, and how they are rendered.
//!
//! Deliberately not here: templates themselves ([`crate::scenario::template`]).

use serde_json::Value;

use crate::base::source::{Span, Spanned};
use crate::scenario::template::{Instead, Placeholder, Template, TemplateError, Values};

/// A name and the text that gives it its value.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The name.
    pub name: Spanned<String>,
    /// The value.
    pub value: Json,
}

/// A JSON value that may hold templates, with the place of every part.
#[derive(Debug, Clone)]
pub struct Json {
    /// Where it is written.
    pub span: Span,
    /// The value.
    pub value: JsonValue,
}

/// The kinds of [`Json`].
#[derive(Debug, Clone)]
pub enum JsonValue {
    /// A value without templates.
    Literal(Value),
    /// A text with at least one `{{…}}`.
    Template(Template),
    /// A list.
    Array(Vec<Json>),
    /// An object, keys in order.
    Object(Vec<(Spanned<String>, Json)>),
}

impl Json {
    /// The value, if it is a single one without a template.
    pub fn literal(&self) -> Option<&Value> {
        match &self.value {
            JsonValue::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is one without a template.
    pub fn literal_text(&self) -> Option<&str> {
        self.literal().and_then(Value::as_str)
    }

    /// The name that the value is, if it is exactly one `{{name}}`.
    pub fn whole_name(&self) -> Option<&str> {
        match &self.value {
            JsonValue::Template(template) => template.whole_name(),
            _ => None,
        }
    }

    /// Every `{{…}}` in the value, in order.
    pub fn placeholders(&self) -> Vec<&Placeholder> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Placeholder>) {
        match &self.value {
            JsonValue::Literal(_) => {}
            JsonValue::Template(template) => found.extend(template.placeholders()),
            JsonValue::Array(items) => items.iter().for_each(|item| item.collect(found)),
            JsonValue::Object(entries) => entries.iter().for_each(|(_, value)| value.collect(found)),
        }
    }

    /// The value as it would be written with something else in the place of each path; `None` where one of them has nothing.
    pub fn rewritten(&self, path: &dyn Fn(&str) -> Option<Instead>) -> Option<Value> {
        match &self.value {
            JsonValue::Literal(value) => Some(value.clone()),
            JsonValue::Template(template) => template.rewritten(path),
            JsonValue::Array(items) => items.iter().map(|item| item.rewritten(path)).collect(),
            JsonValue::Object(entries) => {
                entries.iter().map(|(key, value)| Some((key.value.clone(), value.rewritten(path)?))).collect()
            }
        }
    }

    /// The JSON value.
    ///
    /// # Errors
    /// At the first template that cannot be rendered.
    pub fn render(&self, values: &Values) -> Result<Value, TemplateError> {
        match &self.value {
            JsonValue::Literal(value) => Ok(value.clone()),
            JsonValue::Template(template) => template.render(values),
            JsonValue::Array(items) => {
                items.iter().map(|item| item.render(values)).collect::<Result<_, _>>().map(Value::Array)
            }
            JsonValue::Object(entries) => {
                let entry = |(key, value): &(Spanned<String>, Json)| Ok((key.value.clone(), value.render(values)?));
                entries.iter().map(entry).collect::<Result<_, _>>().map(Value::Object)
            }
        }
    }
}
