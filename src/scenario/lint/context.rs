//! What the rules look at, and where they report.
//!
//! Deliberately not here: the rules.

use std::rc::Rc;

use serde_json::Value;

use super::documented::{DocumentedBodies, DocumentedPlace};
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::contract::Contract;
use crate::scenario::load::IncompleteFile;
use crate::scenario::model::Scenario;

/// What scenarios are held against.
#[derive(Debug, Clone, Copy)]
pub struct LintContext<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// The ids that levels can be set for.
    pub checks: &'a [&'a str],
    /// The facts of the target, or of one just like it; without them paths are not followed into facts.
    pub facts: Option<&'a Value>,
    /// Paths of facts that other known targets supply, such as `users.vip`.
    pub elsewhere: &'a [String],
}

/// One scenario under examination.
pub(super) struct Lint<'a> {
    pub contract: &'a Contract,
    pub checks: &'a [&'a str],
    pub facts: Option<&'a Value>,
    pub elsewhere: &'a [String],
    /// The file, where only a part of it could be read.
    pub incomplete: Option<&'a IncompleteFile>,
    /// The secrets among the facts, each with its path.
    pub secrets: &'a [(String, String)],
    pub scenario: &'a Scenario,
    pub bodies: &'a DocumentedBodies<'a>,
    pub problems: Vec<Diagnostic>,
}

impl<'a> Lint<'a> {
    /// What is documented of a body by the schemas at these pointers.
    pub(super) fn documented(&self, pointers: Vec<String>) -> Rc<DocumentedPlace<'a>> {
        self.bodies.at(self.contract.document(), pointers)
    }

    /// Notes a problem.
    pub(super) fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Notes that a rule is broken at a place.
    pub(super) fn broken(&mut self, rule: &'static str, span: &Span, message: impl Into<String>) {
        self.report(Diagnostic::at(span, message).rule(rule));
    }

    /// Notes that a rule is broken at a place, and what to do about it.
    pub(super) fn broken_with_help(
        &mut self,
        rule: &'static str,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(Diagnostic::at(span, message).help(help).rule(rule));
    }

    /// Notes a name that is not among those known, and suggests the nearest.
    pub(super) fn unknown<'k>(
        &mut self,
        rule: &'static str,
        given: &Spanned<String>,
        message: impl Into<String>,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        self.report(Diagnostic::at(&given.span, message).suggest(given, known).rule(rule));
    }
}
