//! What a check says about an exchange.
//!
//! Deliberately not here: how findings are found or shown.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::base::source::{Position, Span};

/// How much a finding weighs, exactly as with rustc's lints.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownLevel, parse_err_fn = UnknownLevel::of)]
pub enum Level {
    /// The finding is dropped.
    Allow,
    /// The finding is shown and does not fail the scenario.
    Warn,
    /// The finding fails the scenario.
    #[default]
    Deny,
}

impl Level {
    /// The word people write.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Says that no level has this name.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a level; the levels are allow, warn and deny")]
pub struct UnknownLevel(String);

impl UnknownLevel {
    fn of(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// One way in which an exchange differs from what was promised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The check that speaks, in kebab-case.
    pub check: String,
    /// How much it weighs here.
    pub level: Level,
    /// What is wrong, one sentence without a final stop.
    pub message: String,
    /// The operation that was called.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// A JSON pointer into the response body, or a header's name as `header:Name`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pointer: Option<String>,
    /// What was promised or asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected: Option<String>,
    /// What came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub actual: Option<String>,
    /// A JSON pointer into the contract, at the promise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub promise: Option<String>,
    /// Ids of the requirements that are broken, most specific first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub requirements: Vec<String>,
    /// The index of the exchange in the scenario's record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<usize>,
    /// The code of this kind of fault in the list of Web Fuzzing Commons, which all tools for testing APIs share.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wfc: Option<u16>,
    /// Where in the scenario's file it was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<Place>,
}

/// The check by which a scenario's own expectations are judged.
const EXPECTATION: &str = "expectation";

/// Whether something that failed its scenario was found, and nothing but that the scenario expected something else.
pub(in crate::record) fn only_unmet<'a>(mut denied: impl Iterator<Item = &'a str>) -> bool {
    denied.next().is_some_and(|first| first == EXPECTATION) && denied.all(|check| check == EXPECTATION)
}

impl Finding {
    /// Whether it says that the scenario expected something else, which is no promise of the contract.
    pub fn is_expectation(&self) -> bool {
        self.check == EXPECTATION
    }

    /// A finding that denies, with nothing but a message; whoever judges adds the rest.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

/// A place in a file that a person wrote, with the lines to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file's path.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line with a caret under the place, as a person should read it; redacted.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub excerpt: String,
}

impl From<&Span> for Place {
    fn from(span: &Span) -> Self {
        let Position { line, column } = span.position();
        Self { file: span.source.file(), line, column, excerpt: span.excerpt() }
    }
}
