//! What is expected of an answer beyond the contract.
//!
//! Deliberately not here: comparing an answer with it (`checks::expectation`).

use strum::{EnumString, IntoStaticStr, VariantNames};

use super::value::Json;
use crate::base::source::{Span, Spanned};

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
    pub error: Option<Box<ExpectedError>>,
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
    pub(super) fn demands(&self) -> usize {
        let error = self.error.iter().flat_map(|error| [&error.code, &error.detail, &error.target]).flatten();
        let narrowed = [!self.status.is_empty(), self.state.is_some(), self.media_type.is_some()];
        narrowed.into_iter().filter(|asked| *asked).count() + self.headers.len() + self.body.len() + error.count()
    }
}

/// An error body, whichever of its parts matter.
#[derive(Debug, Clone, Default)]
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
    /// Several, at least one, each of which is like this: the entries of a list, or the header fields of one name.
    Each(Box<Matcher<V>>),
}

impl<V> Matcher<V> {
    /// The values to compare with.
    pub fn values(&self) -> &[V] {
        match self {
            Self::Equals(value) | Self::Not(value) | Self::Contains(value) => std::slice::from_ref(value),
            Self::OneOf(values) => values,
            Self::Each(matcher) => matcher.values(),
            _ => &[],
        }
    }
}

/// The types of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
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

impl JsonType {
    /// The name that JSON Schema gives it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
