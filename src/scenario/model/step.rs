//! One step: what it binds, and the one thing that it does.
//!
//! Deliberately not here: running it.

use std::time::Duration;

use super::call::Call;
use super::value::{Binding, Json};
use crate::base::source::{Span, Spanned};
use crate::scenario::template::Placeholder;

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

/// The answer to a push notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushAnswer {
    /// The user approves.
    Approve,
    /// The user rejects.
    Reject,
}

impl PushAnswer {
    /// The name in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}
