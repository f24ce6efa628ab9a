//! A text with templates, and how it is rendered: the parts are joined, and nothing but the named values is looked at.
//!
//! Deliberately not here: the grammar ([`super::parser`]).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::ParameterScope;
use super::parser::{Part, parts};
use super::path::root;
use super::placeholder::{Placeholder, PlaceholderKind};
use super::values::Values;
use crate::base::source::{Diagnostic, Span};
use crate::base::text::nearest;

/// A text with at least one `{{…}}` in it, or plain text where only text is allowed.
#[derive(Debug, Clone)]
pub struct Template {
    span: Span,
    parts: Arc<[Part]>,
}

/// A value that could not be made, and where the template asks for it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// The `{{…}}`.
    pub span: Span,
    /// What is wrong, one sentence without a final stop; never holds a value.
    pub message: String,
    /// What to try next.
    pub help: Option<String>,
}

impl From<TemplateError> for Diagnostic {
    fn from(error: TemplateError) -> Self {
        let problem = Self::at(&error.span, error.message);
        Self { help: error.help, ..problem }
    }
}

impl Template {
    /// Reads a text; `span` is the scalar in the file, quotes included, and `scope` holds the parameters of the fragment.
    ///
    /// # Errors
    /// With every `{{…}}` that is outside the grammar.
    pub fn parse(text: &str, span: &Span, scope: &ParameterScope) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { span: span.clone(), parts: parts(text, span, scope)?.into() })
    }

    /// Where the text is written.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// The text, if no template is in it.
    pub fn literal(&self) -> Option<&str> {
        match &*self.parts {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The `{{…}}` that the text consists of, if it is exactly one, so that its value may be of any type.
    fn whole(&self) -> Option<&Placeholder> {
        match &*self.parts {
            [Part::Placeholder(only)] => Some(only),
            _ => None,
        }
    }

    /// Whether the text is exactly one `{{…}}`, so that its value may be of any type.
    pub fn is_whole(&self) -> bool {
        self.whole().is_some()
    }

    /// The path of a text that is exactly one `{{path}}`.
    pub fn whole_path(&self) -> Option<&str> {
        match &self.whole()?.kind {
            PlaceholderKind::Name(path) => Some(path),
            PlaceholderKind::Helper(_) => None,
        }
    }

    /// The name of a text that is exactly one `{{name}}`, without a path behind it.
    pub fn whole_name(&self) -> Option<&str> {
        self.whole_path().filter(|path| root(path) == *path)
    }

    /// Every `{{…}}`, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Placeholder(placeholder) => Some(placeholder),
        })
    }

    /// The value: of any type if the text is exactly one `{{path}}`, else a string.
    ///
    /// # Errors
    /// When a name leads nowhere, a helper has not been resolved, or something other than text, number or boolean
    /// would have to stand inside a text.
    pub fn render(&self, values: &Values) -> Result<Value, TemplateError> {
        match self.whole() {
            Some(only) => only.value(values),
            None => self.render_text(values).map(Value::String),
        }
    }

    /// The value as text: numbers and booleans as JSON writes them.
    ///
    /// # Errors
    /// As [`Template::render`], and when the value is null, a list or an object.
    pub fn render_text(&self, values: &Values) -> Result<String, TemplateError> {
        self.parts.iter().map(|part| part.text(values)).collect()
    }
}

impl Part {
    fn text(&self, values: &Values) -> Result<Cow<'_, str>, TemplateError> {
        match self {
            Self::Text(text) => Ok(Cow::Borrowed(text)),
            Self::Placeholder(placeholder) => placeholder.text(values).map(Cow::Owned),
        }
    }
}

impl Placeholder {
    fn value(&self, values: &Values) -> Result<Value, TemplateError> {
        match &self.kind {
            PlaceholderKind::Name(path) => values.lookup(path).cloned().map_err(|missing| self.missing(missing)),
            PlaceholderKind::Helper(call) => match values.helpers.get(call) {
                Some(text) => Ok(Value::String(text.clone())),
                None => Err(self.error(format!("`{}` has no value here", self.kind))),
            },
        }
    }

    fn text(&self, values: &Values) -> Result<String, TemplateError> {
        let kind = match self.value(values)? {
            Value::String(text) => return Ok(text),
            Value::Number(number) => return Ok(number.to_string()),
            Value::Bool(flag) => return Ok(flag.to_string()),
            Value::Null => "null",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Err(self.error(format!("`{}` is {kind} and cannot be part of a text", self.kind)))
    }

    fn missing(&self, (step, known): (&str, Vec<&str>)) -> TemplateError {
        let written = self.kind.to_string();
        let message = match root(&written) == step {
            true => format!("there is no value named `{step}` here"),
            false => format!("`{written}` does not exist: there is no `{step}`"),
        };
        let help = nearest(step, known).map(|near| format!("did you mean `{near}`?"));
        TemplateError { help, ..self.error(message) }
    }

    fn error(&self, message: String) -> TemplateError {
        TemplateError { span: self.span.clone(), message, help: None }
    }
}
