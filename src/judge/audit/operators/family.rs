//! The shape of a family of mutation operators, and what several of them need.

use serde_json::Value;

use crate::judge::audit::class::MutantClass;
use crate::judge::audit::mutant::{BodyEdit, Mutant, Mutation};
use crate::judge::audit::original::Original;

/// Operators of one sort.
#[derive(Debug)]
pub(crate) struct Family {
    /// The name, also of its file.
    pub id: &'static str,
    /// Its operators.
    pub operators: &'static [Operator],
    /// Makes all mutants of one answer.
    pub mutate: fn(&Original<'_>, &mut dyn FnMut(Mutant)),
}

/// A mutation operator: its name in kebab-case, and what it changes.
#[derive(Debug)]
pub(crate) struct Operator(pub &'static str, pub &'static str);

/// A mutant that changes one value, and can be seen in this answer if anywhere.
pub(super) fn value(operator: &'static str, pointer: &str, edit: BodyEdit, class: MutantClass) -> Mutant {
    Mutant { operator, place: pointer.to_owned(), change: Mutation::Body(vec![edit]), class, onwards: false }
}

/// A mutant in which one value is another.
pub(super) fn set(operator: &'static str, pointer: &str, other: impl Into<Value>, class: MutantClass) -> Mutant {
    value(operator, pointer, BodyEdit::Set(pointer.to_owned(), other.into()), class)
}

/// Another id than any that is recorded.
pub(super) const STRANGER: &str = "c7a9e3f1-58d2-4b6e-9f04-d13b7ae86c25";
