//! One step: what it binds, and the one thing that it does, which is mostly a call.
//!
//! Deliberately not here: running it, and what the engine adds to a call by default.

use std::time::Duration;

use strum::{EnumString, IntoStaticStr, VariantNames};

use super::expectation::Expectation;
use super::value::{Binding, Json};
use crate::base::source::{Span, Spanned};
use crate::scenario::template::{Placeholder, Template};

/// One step, and where it is written.
#[derive(Debug, Clone)]
pub struct Step {
    /// The whole step in the file.
    pub span: Span,
    /// The label the author gave.
    pub label: Option<String>,
    /// Variables, rendered before the step.
    pub bindings: Vec<Binding>,
    /// What to do.
    pub action: StepAction,
}

impl Step {
    /// The call that the step makes, if it makes one.
    pub fn call(&self) -> Option<&Call> {
        match &self.action {
            StepAction::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The names that the step saves values under.
    pub fn saved_names(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.call().into_iter().flat_map(|call| &call.saves).map(|save| &save.name)
    }

    /// The names that the step gives to values, bound or saved.
    pub fn new_names(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.bindings.iter().map(|binding| &binding.name).chain(self.saved_names())
    }

    /// Every `{{…}}` of the step.
    pub fn placeholders(&self) -> Vec<&Placeholder> {
        let mut found: Vec<&Placeholder> = bound(&self.bindings).collect();
        match &self.action {
            StepAction::Call(call) => found.extend(call.placeholders()),
            StepAction::Push { user, .. } => found.extend(user.placeholders()),
            StepAction::Advance(_) | StepAction::Limit(_) => {}
            StepAction::Use { arguments, .. } => found.extend(bound(arguments)),
        }
        found
    }
}

fn bound(bindings: &[Binding]) -> impl Iterator<Item = &Placeholder> {
    bindings.iter().flat_map(|binding| binding.value.placeholders())
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum StepAction {
    /// Calls an operation.
    Call(Box<Call>),
    /// Answers a push notification, out of band.
    Push {
        /// The user's id, name or address.
        user: Json,
        /// `approve` or `reject`.
        answer: Spanned<PushAnswer>,
    },
    /// Lets time pass: moves the stand-in's clock.
    Advance(Spanned<Duration>),
    /// Lets this many requests pass and has the next one refused as one too many.
    Limit(Spanned<u64>),
    /// Puts the steps of a fragment here. Never seen after loading, which has put them in their place.
    Use {
        /// The fragment's name below `fragments/`.
        fragment: Spanned<String>,
        /// Values for its parameters.
        arguments: Vec<Binding>,
    },
}

impl StepAction {
    /// What it does, in a word: the operation that it calls, or the name of the action.
    pub fn name(&self) -> &str {
        match self {
            Self::Call(call) => &call.operation.value,
            Self::Push { .. } => "push",
            Self::Advance(_) => "advance",
            Self::Limit(_) => "limit",
            Self::Use { .. } => "use",
        }
    }
}

/// The answer to a push notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum PushAnswer {
    /// The user approves.
    Approve,
    /// The user rejects.
    Reject,
}

impl PushAnswer {
    /// The name in scenarios.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One call of an operation, what is expected of it and what is saved from it.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The operation's name.
    pub operation: Spanned<String>,
    /// Path parameters by name.
    pub path: Vec<Binding>,
    /// Query parameters by name.
    pub query: Vec<Binding>,
    /// Cookies by name.
    pub cookies: Vec<Binding>,
    /// Request header fields by name.
    pub headers: Vec<Binding>,
    /// The body: JSON, or the fields of a form.
    pub body: Option<Json>,
    /// Whether the body breaks the request schema on purpose.
    pub invalid: bool,
    /// What to send instead of what the contract says, exactly.
    pub raw: Option<Box<RawOverrides>>,
    /// What to leave out that would otherwise be supplied.
    pub without: Vec<Spanned<Without>>,
    /// What is expected beyond the contract.
    pub expect: Expectation,
    /// What to keep for later steps.
    pub saves: Vec<Save>,
    /// Repeats the call until this holds.
    pub repeat: Option<Box<RepeatUntil>>,
    /// Sends the call several times at once.
    pub together: Option<Box<Together>>,
}

impl Call {
    /// What the answers must meet: the last one, and where the call is repeated also the condition for stopping.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        std::iter::once(&self.expect).chain(self.repeat.as_ref().map(|repeat| &repeat.until))
    }

    /// Every value that the call sends or compares with.
    pub fn values(&self) -> impl Iterator<Item = &Json> {
        let sent =
            [&self.path, &self.query, &self.cookies, &self.headers].into_iter().flatten().map(|binding| &binding.value);
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
        let raw = self.raw.iter().flat_map(|raw| raw.templates()).flat_map(Template::placeholders);
        let pushed = self.together.iter().filter_map(|together| together.push.as_ref());
        let pushed = pushed.flat_map(|(user, _)| user.placeholders());
        self.values().flat_map(Json::placeholders).chain(raw).chain(pushed).collect()
    }
}

/// Parts of a request to send exactly as written.
#[derive(Debug, Clone, Default)]
pub struct RawOverrides {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
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

/// A call that is sent several times at once, of which at most one may be accepted.
#[derive(Debug, Clone)]
pub struct Together {
    /// Where it is written.
    pub span: Span,
    /// How often.
    pub times: u32,
    /// The push that somebody answers meanwhile: the user, and the answer.
    pub push: Option<(Json, Spanned<PushAnswer>)>,
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
    /// No call is sent once this much time has passed since the first.
    pub within: Duration,
    /// When to stop: the first answer for which all of this holds.
    pub until: Expectation,
}
