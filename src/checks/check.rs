//! The shape of a check: one promise, its texts, and the function that judges it.

use super::case::Case;
use crate::record::{Finding, Level};

/// One promise and how it is judged.
#[derive(Debug)]
pub struct Check {
    /// The id in kebab-case: also the name of its file, its anchor in the documentation and its `type` in JUnit.
    pub id: &'static str,
    /// The level where nobody says otherwise.
    pub level: Level,
    /// What is promised, in one sentence.
    pub promise: &'static str,
    /// Where the promise comes from.
    pub source: &'static str,
    /// What a violation looks like.
    pub example: &'static str,
    /// What to do about one.
    pub advice: &'static str,
    /// The checks without which this one means nothing: it is not evaluated when one of them denies.
    pub needs: &'static [&'static str],
    /// Judges the last exchange of a case; `None` when the promise says nothing about it.
    pub judge: fn(&Case<'_>) -> Option<Vec<Finding>>,
}
