//! A text with templates, and how it is rendered: the parts are joined, and nothing but the named values is looked at.
//!
//! Deliberately not here: the grammar ([`super::parser`]), and where values come from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::ParameterScope;
use super::instead::Instead;
use super::parser::{TemplatePart, parts};
use super::path::{follow, root, segments};
use super::placeholder::{HelperCall, Placeholder, PlaceholderKind};
use crate::base::source::{Diagnostic, Span};
use crate::base::text::nearest;

/// A text with at least one `{{…}}` in it, or plain text where only text is allowed.
#[derive(Debug, Clone)]
pub struct Template {
    span: Span,
    parts: Arc<[TemplatePart]>,
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
            [TemplatePart::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The `{{…}}` that the text consists of, if it is exactly one, so that its value may be of any type.
    pub fn whole(&self) -> Option<&Placeholder> {
        match &*self.parts {
            [TemplatePart::Placeholder(only)] => Some(only),
            _ => None,
        }
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
            TemplatePart::Text(_) => None,
            TemplatePart::Placeholder(placeholder) => Some(placeholder),
        })
    }

    /// The value as it would be written with something else in the place of each path; `None` where one of them has nothing.
    pub fn rewritten(&self, path: &dyn Fn(&str) -> Option<Instead>) -> Option<Value> {
        if let Some(whole) = self.whole_path() {
            return Some(match path(whole)? {
                Instead::Path(path) => Value::String(format!("{{{{{path}}}}}")),
                Instead::Value(value) => value,
            });
        }
        let part = |part: &TemplatePart| match part {
            TemplatePart::Text(text) => Some(text.clone()),
            TemplatePart::Placeholder(placeholder) => placeholder.kind.rewritten(path),
        };
        self.parts.iter().map(part).collect::<Option<String>>().map(Value::String)
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
        let texts = self.parts.iter().map(|part| match part {
            TemplatePart::Text(text) => Ok(Cow::Borrowed(text.as_str())),
            TemplatePart::Placeholder(placeholder) => placeholder.text(values).map(Cow::Owned),
        });
        texts.collect()
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

/// What a target supplies, by name: the largest part of all values, of which a scenario uses little.
pub trait Facts: fmt::Debug + Send + Sync {
    /// One fact.
    fn fact(&self, name: &str) -> Option<&Value>;
    /// What a fact has under a name; some need not be made as a whole for it.
    fn member(&self, fact: &str, name: &str) -> Option<&Value> {
        self.fact(fact)?.get(name)
    }
    /// The names of all facts.
    fn names(&self) -> Vec<&str>;
}

impl Facts for Map<String, Value> {
    fn fact(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }

    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }
}

/// What templates are rendered with.
#[derive(Debug, Clone)]
pub struct Values {
    /// What the target supplies.
    pub facts: Arc<dyn Facts>,
    /// The row, variables and saved values, by name; they hide facts of the same name.
    pub data: Map<String, Value>,
    /// What helpers gave, fetched before rendering.
    pub helpers: HashMap<HelperCall, String>,
}

impl Default for Values {
    fn default() -> Self {
        Self { facts: Arc::new(Map::new()), data: Map::new(), helpers: HashMap::new() }
    }
}

impl Values {
    /// The value at a path such as `users.sms.devices.0.[otp.check]`.
    pub fn find(&self, path: &str) -> Option<&Value> {
        self.lookup(path).ok()
    }

    /// The value at a path, or the first step that does not exist and the keys that do at its place.
    fn lookup<'v, 'p>(&'v self, path: &'p str) -> Result<&'v Value, (&'p str, Vec<&'v str>)> {
        let root = root(path);
        if !self.data.contains_key(root)
            && let Some(member) = segments(path).nth(1).and_then(|name| self.facts.member(root, name))
        {
            return follow(member, segments(path).skip(2));
        }
        let missing = || (root, self.data.keys().map(String::as_str).chain(self.facts.names()).collect());
        let first = self.data.get(root).or_else(|| self.facts.fact(root)).ok_or_else(missing)?;
        follow(first, segments(path).skip(1))
    }
}
