//! One scenario, from its head to its last step: every rule at its turn, names and states followed on the way.
//!
//! Deliberately not here: the rules.

use super::context::Lint;
use super::names::NameTable;
use super::resources::Resources;
use crate::base::source::Diagnostic;
use crate::base::text::nearest;
use crate::contract::Operation;
use crate::scenario::model::{Binding, Call, StateSequence, Step, StepAction};

/// A scenario on its way through the rules.
pub(super) struct ScenarioLint<'a> {
    lint: Lint<'a>,
    names: NameTable<'a>,
    resources: Resources<'a>,
}

impl<'a> ScenarioLint<'a> {
    /// Starts at the head.
    pub(super) fn new(lint: Lint<'a>) -> Self {
        Self { lint, names: NameTable::default(), resources: Resources::default() }
    }

    /// Goes through the whole scenario, and gives what is wrong with it.
    pub(super) fn run(mut self) -> Vec<Diagnostic> {
        let scenario = self.lint.scenario;
        self.lint.head();
        if let Some(row) = &scenario.row {
            self.names.check(&mut self.lint, row.placeholders());
            self.lint.secrets_in([row]);
            self.names.bind_row(row);
        }
        self.bindings(&scenario.bindings);
        scenario.steps.iter().for_each(|step| self.step(step));
        self.sequence();
        self.lint.statuses();
        scenario.cleanup.iter().for_each(|step| self.step(step));
        self.names.report_unused(&mut self.lint);
        self.lint.problems
    }

    fn sequence(&mut self) {
        if let Some(StateSequence::ByVariable(named)) = &self.lint.scenario.sequence {
            named.iter().for_each(|(variable, _)| self.names.saved_variable(&mut self.lint, variable));
        }
        self.resources.check_sequence(&mut self.lint);
    }

    fn bindings(&mut self, bindings: &'a [Binding]) {
        for Binding { name, value } in bindings {
            self.names.check(&mut self.lint, value.placeholders());
            self.lint.secrets_in([value]);
            self.names.bind(name, value);
            self.resources.bind(&name.value, value.whole_name());
        }
    }

    fn step(&mut self, step: &'a Step) {
        self.bindings(&step.bindings);
        match &step.action {
            StepAction::Call(call) => self.call(call),
            StepAction::Push { user, .. } => self.names.check(&mut self.lint, user.placeholders()),
            StepAction::Advance(time) => self.lint.is_needed("clock", &time.span),
            StepAction::Limit(requests) => self.lint.is_needed("limit", &requests.span),
            StepAction::Use { .. } => {}
        }
    }

    fn call(&mut self, call: &'a Call) {
        self.names.check(&mut self.lint, call.placeholders());
        let contract = self.lint.contract;
        match contract.operation(&call.operation) {
            Some(operation) => self.operation(call, operation),
            None => self.unknown_operation(call),
        }
        call.saves.iter().for_each(|save| self.names.save(&save.name));
    }

    /// Reports an operation that does not exist, and goes on with the one that was probably meant.
    fn unknown_operation(&mut self, call: &'a Call) {
        let contract = self.lint.contract;
        let known = || contract.operations().iter().map(|operation| operation.name.as_str());
        let message = format!("unknown operation `{}`", call.operation.value);
        self.lint.unknown("unknown-operation", &call.operation, message, known());
        if let Some(meant) = nearest(&call.operation, known()).and_then(|name| contract.operation(name)) {
            self.operation(call, meant);
        }
    }

    fn operation(&mut self, call: &'a Call, operation: &'a Operation) {
        let lint = &mut self.lint;
        lint.parameters(call, operation);
        lint.request_body(call, operation, &self.names);
        if let Some(raw) = &call.raw {
            lint.raw(raw, call, operation);
        }
        lint.headers(&call.headers);
        lint.foreign(call, operation);
        lint.without(call, operation);
        lint.secrets_of(call, operation);
        // Of another place than the operation's nothing is documented.
        if !call.is_elsewhere() {
            call.expectations().for_each(|expectation| lint.expectation(expectation, operation, &self.names));
            lint.saves(call, operation);
        }
        self.resources.follow(lint, call, operation);
    }
}
