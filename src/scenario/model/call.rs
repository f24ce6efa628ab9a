//! One call of an operation: what is sent, what is expected of the answer, and what is saved from it.
//!
//! Deliberately not here: what a call is sent with when nothing is said (the engine knows).

use std::time::Duration;

use super::expectation::Expectation;
use super::value::{Binding, Json};
use crate::base::source::{Span, Spanned};
use crate::scenario::template::{Placeholder, Template};

/// One call of an operation, what is expected of it and what is saved from it.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The operation's name.
    pub operation: Spanned<String>,
    /// Path parameters by name.
    pub path: Vec<Binding>,
    /// Query parameters by name.
    pub query: Vec<Binding>,
    /// Request header fields by name.
    pub headers: Vec<Binding>,
    /// The body: JSON, or the fields of a form.
    pub body: Option<Json>,
    /// Whether the body breaks the request schema on purpose.
    pub invalid: bool,
    /// What to send instead of what the contract says, exactly.
    pub raw: Option<RawOverrides>,
    /// What to leave out that would otherwise be supplied.
    pub without: Vec<Spanned<Without>>,
    /// What is expected beyond the contract.
    pub expect: Expectation,
    /// What to keep for later steps.
    pub saves: Vec<Save>,
    /// Repeats the call until this holds.
    pub repeat: Option<RepeatUntil>,
}

impl Call {
    /// What the answers must meet: the last one, and where the call is repeated also the condition for stopping.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        std::iter::once(&self.expect).chain(self.repeat.as_ref().map(|repeat| &repeat.until))
    }

    /// Every value that the call sends or compares with.
    pub fn values(&self) -> impl Iterator<Item = &Json> {
        let sent = [&self.path, &self.query, &self.headers].into_iter().flatten().map(|binding| &binding.value);
        sent.chain(&self.body).chain(self.expectations().flat_map(Expectation::values))
    }

    pub(super) fn demands(&self) -> usize {
        self.expectations().map(Expectation::demands).sum::<usize>() + self.saves.len()
    }

    /// Whether the call goes to another place than the operation's, of which nothing is documented.
    pub fn is_elsewhere(&self) -> bool {
        self.raw.as_ref().is_some_and(|raw| raw.method.is_some() || raw.path.is_some())
    }

    /// Every `{{…}}` of the call.
    pub fn placeholders(&self) -> Vec<&Placeholder> {
        let raw = self.raw.iter().flat_map(RawOverrides::templates).flat_map(Template::placeholders);
        self.values().flat_map(Json::placeholders).chain(raw).collect()
    }
}

/// Parts of a request to send exactly as written.
#[derive(Debug, Clone, Default)]
pub struct RawOverrides {
    /// Where it is written.
    pub span: Span,
    /// The Content-Type: `None` = the operation's own, `Some(None)` = no such field.
    pub media_type: Option<Option<Template>>,
    /// The body as text.
    pub body: Option<Template>,
    /// The method.
    pub method: Option<Spanned<String>>,
    /// The path with its query, from the origin's root.
    pub path: Option<Template>,
}

impl RawOverrides {
    /// The texts that may hold templates.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.media_type.iter().flatten().chain(&self.body).chain(&self.path)
    }
}

/// A part of a request that the engine would otherwise supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// The bearer token.
    Authorization,
    /// The session cookies.
    Cookie,
    /// The Accept field (`*/*` is sent then).
    Accept,
}

/// A value to keep for later steps.
#[derive(Debug, Clone)]
pub struct Save {
    /// The name it gets.
    pub name: Spanned<String>,
    /// Where the value is.
    pub from: SaveFrom,
    /// Where the source of the value is written.
    pub span: Span,
}

/// Where a saved value comes from.
#[derive(Debug, Clone)]
pub enum SaveFrom {
    /// The body, by JSON pointer.
    Body(String),
    /// A response header; with a regular expression, its first group.
    Header {
        /// The field's name.
        name: String,
        /// What to cut out of the value.
        capture: Option<regex::Regex>,
    },
}

/// A call that is repeated.
#[derive(Debug, Clone)]
pub struct RepeatUntil {
    /// Where it is written.
    pub span: Span,
    /// How often the call is sent at the most, at least once.
    pub at_most: u32,
    /// The pause between two calls.
    pub every: Duration,
    /// No call is sent when so much time has gone since the first.
    pub within: Duration,
    /// When to stop: the first answer for which all of this holds.
    pub until: Expectation,
}
