//! The form of an explanation, and the sections that several kinds of subject have.

use crate::checks::{CHECKS, Check};
use crate::contract::Contract;

/// What one id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The id.
    pub id: String,
    /// What kind of thing it is.
    pub kind: IdKind,
    /// What there is to say, in order: a label and its lines.
    pub sections: Vec<Section>,
}

/// A part of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// A word or two.
    pub label: &'static str,
    /// Sentences or entries, each of which begins a line.
    pub lines: Vec<String>,
}

/// What an id can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum IdKind {
    /// A promise that is judged on every exchange.
    Check,
    /// A numbered sentence of the documentation.
    Requirement,
    /// A method, a path and a request media type.
    Operation,
    /// A state of a resource.
    State,
    /// A promise that follows from a schema.
    #[strum(serialize = "schema promise")]
    Schema,
    /// A way to break the stand-in on purpose.
    Fault,
}

impl Explanation {
    /// What there is to say of an id; sections without lines are left out.
    pub(super) fn new(kind: IdKind, id: impl Into<String>, sections: impl IntoIterator<Item = Section>) -> Self {
        let sections = sections.into_iter().filter(|section| !section.lines.is_empty()).collect();
        Self { id: id.into(), kind, sections }
    }
}

/// A section whose lines are trimmed.
pub(super) fn section(label: &'static str, lines: impl IntoIterator<Item = String>) -> Section {
    Section { label, lines: lines.into_iter().map(|line| line.trim().to_owned()).collect() }
}

/// The check of that id, which the registry is known to have.
pub(super) fn registered(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

/// What to do about a violation, as the checks that would find it say.
pub(super) fn advice(ids: &[&str]) -> Vec<String> {
    ids.iter().filter_map(|id| registered(id)).map(|check| format!("{} ({})", check.advice, check.id)).collect()
}

/// `MFA-OTP-1: The right passcode …`, one line per id.
pub(super) fn statements(contract: &Contract, ids: &[String]) -> Vec<String> {
    let known = ids.iter().filter_map(|id| contract.requirement(id));
    known.map(|requirement| format!("{}: {}", requirement.id, requirement.statement.trim())).collect()
}
