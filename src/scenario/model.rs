//! What a scenario file asks, with the place of every part.
//!
//! Deliberately not here: how YAML becomes this ([`super::parse`]) and whether it makes sense against a contract
//! ([`super::lint`](mod@super::lint)).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::template::{Template, Use};
use crate::base::digest::of_texts;
use crate::base::source::{Source, Span, Spanned};
use crate::record::Level;

/// One behaviour to prove, step by step.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The unique name: the path below the suite's folder without its ending, and `#row` for a row of data.
    pub name: String,
    /// The file.
    pub source: Arc<Source>,
    /// The title.
    pub title: Spanned<String>,
    /// Why the scenario exists.
    pub why: Option<Spanned<String>>,
    /// Ids of the requirements it covers.
    pub covers: Vec<Spanned<String>>,
    /// Tags to select by.
    pub tags: Vec<Spanned<String>>,
    /// Facts that the target must supply.
    pub needs: Vec<Spanned<String>>,
    /// Levels of checks, for this scenario only.
    pub levels: Vec<(Spanned<String>, Spanned<Level>)>,
    /// Variables, rendered once before the first step, in order.
    pub bindings: Vec<Binding>,
    /// The row of data, rendered before everything else and then available as `row.…`.
    pub row: Option<Json>,
    /// The steps, fragments not yet put in their place.
    pub steps: Vec<Step>,
    /// What is done when all is over, however it ended.
    pub cleanup: Vec<Step>,
    /// The states that the resources must have gone through.
    pub sequence: Option<Sequence>,
    /// The status codes of all calls, in order.
    pub statuses: Option<Spanned<Vec<u16>>>,
}

impl Scenario {
    /// All steps in order, those of the cleanup last.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain(&self.cleanup)
    }

    /// SHA-256 of what is asked, in lower-case hex: the file, the row of data and the fragments that the steps come from.
    pub fn digest(&self) -> String {
        let mut texts: Vec<&str> = vec![&self.name, &self.source.text];
        for step in self.all_steps() {
            let text = step.span.source.text.as_str();
            if !texts.iter().any(|known| std::ptr::eq(*known, text)) {
                texts.push(text);
            }
        }
        of_texts(texts)
    }
}

impl Scenario {
    /// How many things are asked for beyond the contract. A scenario that asks for less than it did has become weaker.
    pub fn demands(&self) -> usize {
        let of_steps = self.steps.iter().filter_map(|step| match &step.action {
            Action::Call(call) => Some(call.demands()),
            _ => None,
        });
        let sequences = match &self.sequence {
            None => 0,
            Some(Sequence::Only(_)) => 1,
            Some(Sequence::ByVariable(each)) => each.len(),
        };
        of_steps.sum::<usize>() + sequences + usize::from(self.statuses.is_some())
    }
}

/// A name and the text that gives it its value.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The name.
    pub name: Spanned<String>,
    /// The value.
    pub value: Json,
}

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
    pub action: Action,
}

impl Step {
    /// Every `{{…}}` of the step.
    pub fn uses(&self) -> Vec<&Use> {
        let mut uses: Vec<&Use> = self.bindings.iter().flat_map(|binding| binding.value.uses()).collect();
        match &self.action {
            Action::Call(call) => uses.extend(call.uses()),
            Action::Push { user, .. } => uses.extend(user.uses()),
            Action::Advance(_) | Action::Limit(_) => {}
            Action::Use { arguments, .. } => uses.extend(arguments.iter().flat_map(|binding| binding.value.uses())),
        }
        uses
    }
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
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
    /// Puts the steps of a fragment here. Never seen after [`super::load`], which has put them in their place.
    Use {
        /// The fragment's name below `fragments/`.
        fragment: Spanned<String>,
        /// Values for its parameters.
        arguments: Vec<Binding>,
    },
}

/// The answer to a push notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushAnswer {
    /// The user approves.
    Approve,
    /// The user rejects.
    Reject,
}

/// One call of an operation, what is expected of it and what is saved from it.
#[derive(Debug, Clone)]
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
    pub raw: Option<Raw>,
    /// What to leave out that would otherwise be supplied.
    pub without: Vec<Spanned<Without>>,
    /// What is expected beyond the contract.
    pub expect: Expectation,
    /// What to keep for later steps.
    pub saves: Vec<Save>,
    /// Repeats the call until this holds.
    pub repeat: Option<Repeat>,
}

impl Call {
    /// Every value that the call sends or compares with.
    pub fn values(&self) -> impl Iterator<Item = &Json> {
        let sent = [&self.path, &self.query, &self.headers].into_iter().flatten().map(|binding| &binding.value);
        let until = self.repeat.as_ref().map(|repeat| &repeat.until);
        let compared = std::iter::once(&self.expect).chain(until).flat_map(Expectation::values);
        sent.chain(&self.body).chain(compared)
    }

    fn demands(&self) -> usize {
        let until = self.repeat.as_ref().map(|repeat| &repeat.until);
        std::iter::once(&self.expect).chain(until).map(Expectation::demands).sum::<usize>() + self.saves.len()
    }

    /// Every `{{…}}` of the call.
    pub fn uses(&self) -> Vec<&Use> {
        let raw = self.raw.iter().flat_map(Raw::templates).flat_map(Template::uses);
        self.values().flat_map(Json::uses).chain(raw).collect()
    }
}

/// Parts of a request to send exactly as written.
#[derive(Debug, Clone)]
pub struct Raw {
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

impl Raw {
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

/// What is expected of an answer, beyond the contract: as written (`V` = [`Json`]) or with its templates rendered.
#[derive(Debug, Clone)]
pub struct Expectation<V = Json> {
    /// The status code is one of these; empty means any documented success.
    pub status: Vec<Spanned<u16>>,
    /// The lifecycle's state.
    pub state: Option<Spanned<String>>,
    /// The media type, without parameters.
    pub media_type: Option<Spanned<String>>,
    /// Header fields by name.
    pub headers: Vec<(Spanned<String>, Spanned<Matcher<V>>)>,
    /// Body values by JSON pointer.
    pub body: Vec<(Spanned<String>, Spanned<Matcher<V>>)>,
    /// The error that the body holds.
    pub error: Option<ExpectedError>,
}

impl<V> Default for Expectation<V> {
    fn default() -> Self {
        Self { status: Vec::new(), state: None, media_type: None, headers: Vec::new(), body: Vec::new(), error: None }
    }
}

impl Expectation {
    /// The values to compare with.
    pub fn values(&self) -> impl Iterator<Item = &Json> {
        self.headers.iter().chain(&self.body).flat_map(|(_, matcher)| matcher.values())
    }
}

impl<V> Expectation<V> {
    /// How many things it asks for.
    fn demands(&self) -> usize {
        let error = self.error.iter().flat_map(|error| [&error.code, &error.detail, &error.target]).flatten();
        let narrowed = [!self.status.is_empty(), self.state.is_some(), self.media_type.is_some()];
        narrowed.into_iter().filter(|asked| *asked).count() + self.headers.len() + self.body.len() + error.count()
    }
}

/// An error body, whichever of its parts matter.
#[derive(Debug, Clone)]
pub struct ExpectedError {
    /// Where it is written.
    pub span: Span,
    /// `/code`, or `/error` of an OAuth error.
    pub code: Option<Spanned<String>>,
    /// `code` of one entry of `/details`.
    pub detail: Option<Spanned<String>>,
    /// `target` of the same entry of `/details`.
    pub target: Option<Spanned<String>>,
}

/// A demand on one value: as written (`V` = [`Json`]) or with its templates rendered.
#[derive(Debug, Clone)]
pub enum Matcher<V = Json> {
    /// Equal to this, numbers compared by value.
    Equals(V),
    /// Present and not equal to this.
    Not(V),
    /// A string in which this regular expression is found.
    Matches(regex::Regex),
    /// A string that contains this text, a list that contains this value, an object that has this key.
    Contains(V),
    /// A list, object or string with this many entries or characters.
    Length(u64),
    /// Equal to one of these.
    OneOf(Vec<V>),
    /// Of this JSON type.
    Type(JsonType),
    /// Not there (`absent: true`).
    Absent,
    /// There, whatever it is (`present: true`).
    Present,
    /// A number greater than this.
    GreaterThan(serde_json::Number),
    /// A number less than this.
    LessThan(serde_json::Number),
}

impl<V> Matcher<V> {
    /// The values to compare with.
    pub fn values(&self) -> &[V] {
        match self {
            Self::Equals(value) | Self::Not(value) | Self::Contains(value) => std::slice::from_ref(value),
            Self::OneOf(values) => values,
            _ => &[],
        }
    }
}

/// The types of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number without a fractional part.
    Integer,
    /// Any number.
    Number,
    /// A string.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
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
pub struct Repeat {
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

/// A list of states, and where it is written.
pub type States = Spanned<Vec<Spanned<String>>>;

/// The states that resources must have gone through.
#[derive(Debug, Clone)]
pub enum Sequence {
    /// Of the only resource.
    Only(States),
    /// Of several, by the saved variable that holds the id.
    ByVariable(Vec<(Spanned<String>, States)>),
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
