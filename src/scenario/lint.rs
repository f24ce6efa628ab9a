//! A suite is held against the contract before anything is sent: every name must be known where it is used.
//!
//! Facts are known only at run time, so that a path that begins with one of [`FACTS`] passes here and is checked when it is
//! rendered; everything else must have been bound or saved by then.
//!
//! Deliberately not here: what the keys mean ([`super::parse`]), and whether a body fits its schema.

use std::collections::{HashMap, HashSet};

use super::model::{Action, Binding, Call, Expectation, Json, Matcher, Raw, Scenario, Sequence, Step};
use super::template::{FACTS, ROW, Template, Use, root};
use super::{Suite, model::Save};
use crate::contract::{Contract, Location, Operation};
use crate::source::{Diagnostic, Span, Spanned};

/// Finds every problem of a suite; `checks` are the ids that levels can be set for.
pub fn lint(suite: &Suite, contract: &Contract, checks: &[&str]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for scenario in &suite.scenarios {
        let mut lint = Lint { contract, checks, scenario, bound: HashMap::new(), problems: &mut problems };
        lint.scenario();
    }
    // The rows of a scenario, and the scenarios that use a fragment, share their lines.
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert((problem.span.as_ref().map(ToString::to_string), problem.message.clone())));
    super::load::most(problems)
}

struct Lint<'a> {
    contract: &'a Contract,
    checks: &'a [&'a str],
    scenario: &'a Scenario,
    /// The names that values have so far, and where they got them.
    bound: HashMap<&'a str, &'a Span>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Lint<'a> {
    fn scenario(&mut self) {
        let scenario = self.scenario;
        self.head();
        self.asks_something();
        if let Some(row) = &scenario.row {
            self.json(row);
            self.bound.insert(ROW, &row.span);
        }
        self.bindings(&scenario.bindings);
        scenario.steps.iter().for_each(|step| self.step(step));
        self.sequence();
        self.statuses();
    }

    fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    fn head(&mut self) {
        let contract = self.contract;
        for id in self.scenario.covers.iter().filter(|id| contract.requirement(id).is_none()) {
            let known = contract.requirements().iter().map(|requirement| requirement.id.as_str());
            self.report(unknown(id, "requirement", known));
        }
        for need in self.scenario.needs.iter().filter(|need| !FACTS.contains(&root(need))) {
            self.report(unknown(need, "fact", FACTS));
        }
        for (check, _) in self.scenario.levels.iter().filter(|(check, _)| !self.checks.contains(&check.as_str())) {
            self.problems.push(unknown(check, "check", self.checks.iter().copied()));
        }
    }

    fn asks_something(&mut self) {
        if !self.scenario.steps.iter().any(|step| matches!(step.action, Action::Call(_))) {
            let problem =
                Diagnostic::at(&self.scenario.title.span, "this scenario checks nothing: it calls no operation");
            self.report(problem.help("add a step with `call: the operation's name`"));
        }
    }

    fn step(&mut self, step: &'a Step) {
        self.bindings(&step.bindings);
        match &step.action {
            Action::Call(call) => self.call(call),
            Action::Push { user, .. } => self.json(user),
            Action::Advance(time) => self.advance(&time.span),
            Action::Limit(requests) => self.limit(&requests.span),
            Action::Use { .. } => {}
        }
    }

    fn advance(&mut self, span: &Span) {
        if !self.scenario.needs.iter().any(|need| root(need) == "clock") {
            let problem = Diagnostic::at(span, "this step moves the clock, which few targets allow");
            self.report(problem.help("add `needs: [clock]`, so that the scenario is skipped where it cannot be moved"));
        }
    }

    fn limit(&mut self, span: &Span) {
        if !self.scenario.needs.iter().any(|need| root(need) == "limit") {
            let problem = Diagnostic::at(span, "this step uses up the tenant's rate, which few targets allow");
            self.report(
                problem.help("add `needs: [limit]`, so that the scenario is skipped where there is no limit to set"),
            );
        }
    }

    fn call(&mut self, call: &'a Call) {
        self.call_names(call);
        match self.contract.operation(&call.operation) {
            Some(operation) => self.against(call, operation),
            None => {
                let known = self.contract.operations().iter().map(|operation| operation.name.as_str());
                self.report(unknown(&call.operation, "operation", known));
            }
        }
        for Save { name, .. } in &call.saves {
            self.bound.insert(&name.value, &name.span);
        }
    }

    fn against(&mut self, call: &'a Call, operation: &'a Operation) {
        self.parameters(call, operation);
        self.body(call, operation);
        if let Some(raw) = &call.raw {
            self.raw(raw, call, operation);
        }
        self.headers(&call.headers);
        self.expectation(&call.expect, call, operation);
        if let Some(repeat) = &call.repeat {
            self.expectation(&repeat.until, call, operation);
        }
    }

    fn parameters(&mut self, call: &Call, operation: &Operation) {
        let free_path = call.raw.as_ref().is_some_and(|raw| raw.path.is_some());
        for (kind, location, given) in [("path", Location::Path, &call.path), ("query", Location::Query, &call.query)] {
            let declared = || operation.parameters.iter().filter(|parameter| parameter.location == location);
            for name in given.iter().map(|binding| &binding.name) {
                let known = declared().any(|parameter| parameter.name == name.value);
                let free = call.raw.is_some() && location == Location::Query;
                if !known && !free {
                    let what = format!("{kind} parameter of `{}`", operation.name);
                    self.report(unknown(name, &what, declared().map(|parameter| parameter.name.as_str())));
                }
            }
            let optional = free_path || (call.invalid && location == Location::Query);
            for parameter in declared().filter(|parameter| parameter.required && !optional && parameter.name != "envID")
            {
                if !given.iter().any(|binding| binding.name.value == parameter.name) {
                    let message = format!("`{}` needs the {kind} parameter `{}`", operation.name, parameter.name);
                    self.report(
                        Diagnostic::at(&call.operation.span, message)
                            .help(format!("add `{kind}: {{ {}: … }}`", parameter.name)),
                    );
                }
            }
        }
    }

    fn body(&mut self, call: &Call, operation: &Operation) {
        let takes_body = operation.request.as_ref().is_some_and(|request| request.schema.is_some());
        let needs_body = takes_body && operation.request.as_ref().is_some_and(|request| request.required);
        match &call.body {
            Some(body) if !takes_body => {
                let problem = Diagnostic::at(&body.span, format!("`{}` takes no body", operation.name));
                self.report(problem.help("to send one nevertheless, write it in `raw`"));
            }
            None if needs_body && !call.invalid && call.raw.is_none() => {
                let problem = Diagnostic::at(&call.operation.span, format!("`{}` needs a body", operation.name));
                self.report(problem.help("to leave it out on purpose, write `invalid: true`"));
            }
            None if call.invalid && !needs_body => {
                let message = "`invalid` has no effect: there is no body, and none is needed";
                self.report(Diagnostic::at(&call.operation.span, message));
            }
            _ => {}
        }
    }

    fn raw(&mut self, raw: &Raw, call: &Call, operation: &Operation) {
        if let (Some(sent), Some(body)) = (&raw.body, &call.body) {
            let problem = Diagnostic::at(&body.span, "this body has no effect: `raw` has another");
            self.report(problem.related(sent.span(), "this is sent"));
        }
        if let (Some(sent), Some(binding)) = (&raw.path, call.path.first().or(call.query.first())) {
            let problem = Diagnostic::at(&binding.name.span, "this parameter has no effect: `raw` has a path");
            self.report(problem.related(sent.span(), "this is sent"));
        }
        if let Some(method) = raw.method.as_ref().filter(|method| method.value == operation.method) {
            let message = format!("this changes nothing: the method of `{}` is {}", operation.name, method.value);
            self.report(Diagnostic::at(&method.span, message));
        }
        let own = operation.request.as_ref().map(|request| request.media_type.as_str());
        if let Some(Some(media_type)) = &raw.media_type
            && own.is_some()
            && media_type.literal() == own
        {
            let message = format!("this changes nothing: it is the media type of `{}`", operation.name);
            self.report(Diagnostic::at(media_type.span(), message));
        }
    }

    fn headers(&mut self, headers: &[Binding]) {
        for Binding { name, value } in headers {
            if http::HeaderName::try_from(name.as_str()).is_err() {
                self.report(Diagnostic::at(
                    &name.span,
                    format!("`{}` cannot be the name of a header field", name.value),
                ));
            }
            if value.literal().is_some_and(|text| text.as_str().is_some_and(|text| text.contains(['\r', '\n']))) {
                self.report(Diagnostic::at(&value.span, "a header field cannot hold a line break"));
            }
        }
    }

    fn expectation(&mut self, expectation: &Expectation, call: &Call, operation: &Operation) {
        let elsewhere = call.raw.as_ref().is_some_and(|raw| raw.method.is_some() || raw.path.is_some());
        for status in expectation.status.iter().filter(|status| !elsewhere && operation.reply(status.value).is_none()) {
            let message = format!("the status {} is not documented for `{}`", status.value, operation.name);
            self.report(
                Diagnostic::at(&status.span, message).help(format!("documented are {}", documented(operation))),
            );
        }
        if let Some(state) = &expectation.state {
            let own = self.contract.lifecycle_of(&operation.name).map(|lifecycle| lifecycle.name.as_str());
            self.state(state, own);
        }
    }

    /// Checks that a state belongs to the lifecycle, or to any if none is given.
    fn state(&mut self, state: &Spanned<String>, lifecycle: Option<&str>) {
        let contract = self.contract;
        let named = contract.lifecycles().iter().filter(|each| lifecycle.is_none_or(|name| each.name == name));
        let known: Vec<&str> = named.flat_map(|each| each.states.keys().map(String::as_str)).collect();
        if !known.contains(&state.as_str()) {
            let what = lifecycle.map_or_else(|| "state".to_owned(), |name| format!("state of the lifecycle `{name}`"));
            self.report(unknown(state, &what, known));
        }
    }

    fn sequence(&mut self) {
        match &self.scenario.sequence {
            None => {}
            Some(Sequence::Only(states)) => states.iter().for_each(|state| self.state(state, None)),
            Some(Sequence::ByVariable(named)) => {
                for (variable, states) in named {
                    self.saved_variable(variable);
                    states.iter().for_each(|state| self.state(state, None));
                }
            }
        }
    }

    fn saved_variable(&mut self, variable: &Spanned<String>) {
        let saved: Vec<&str> =
            calls(self.scenario).flat_map(|call| call.saves.iter().map(|save| save.name.as_str())).collect();
        if !saved.contains(&variable.as_str()) {
            let problem = Diagnostic::at(&variable.span, format!("no step saves `{}`", variable.value));
            let suggested = problem.suggest(variable, saved.iter().copied());
            self.report(match suggested.help {
                Some(_) => suggested,
                None => suggested.help("the key is the saved variable that holds the resource's id"),
            });
        }
    }

    fn statuses(&mut self) {
        let Some(statuses) = &self.scenario.statuses else { return };
        let count = calls(self.scenario).count();
        let repeats = calls(self.scenario).any(|call| call.repeat.is_some());
        if !repeats && statuses.len() != count {
            let message = format!("`statuses` lists {}, but the number of calls is {count}", statuses.len());
            self.report(Diagnostic::at(&statuses.span, message));
        }
    }

    fn bindings(&mut self, bindings: &'a [Binding]) {
        for Binding { name, value } in bindings {
            self.json(value);
            self.bound.insert(&name.value, &name.span);
        }
    }

    fn call_names(&mut self, call: &'a Call) {
        for binding in [&call.path, &call.query, &call.headers].into_iter().flatten() {
            self.json(&binding.value);
        }
        call.body.iter().for_each(|body| self.json(body));
        if let Some(raw) = &call.raw {
            let templates = [raw.media_type.as_ref().and_then(Option::as_ref), raw.body.as_ref(), raw.path.as_ref()];
            templates.into_iter().flatten().flat_map(Template::uses).for_each(|each| self.known(each));
        }
        let until = call.repeat.as_ref().map(|repeat| &repeat.until);
        for expectation in std::iter::once(&call.expect).chain(until) {
            let matchers = expectation.headers.iter().chain(&expectation.body);
            matchers.flat_map(|(_, matcher)| compared(matcher)).for_each(|value| self.json(value));
        }
    }

    fn json(&mut self, value: &Json) {
        value.uses().into_iter().for_each(|each| self.known(each));
    }

    fn known(&mut self, each: &Use) {
        let Some(name) = each.kind.path().map(root) else { return };
        if FACTS.contains(&name) || self.bound.contains_key(name) {
            return;
        }
        let problem = Diagnostic::at(&each.span, format!("nothing is named `{name}` here"));
        let later = calls(self.scenario).flat_map(|call| &call.saves).find(|save| save.name.value == name);
        let problem = match later {
            Some(save) => problem.related(&save.name.span, "it is saved here, after the answer"),
            None if name == ROW => problem.help("`row` is there when the scenario has `for-each`"),
            None => problem.suggest(name, self.bound.keys().copied().chain(FACTS)),
        };
        self.report(problem);
    }
}

fn unknown<'k>(given: &Spanned<String>, what: &str, known: impl IntoIterator<Item = &'k str>) -> Diagnostic {
    Diagnostic::at(&given.span, format!("`{}` is no known {what}", given.value)).suggest(given, known)
}

fn calls(scenario: &Scenario) -> impl Iterator<Item = &Call> {
    scenario.steps.iter().filter_map(|step| match &step.action {
        Action::Call(call) => Some(&**call),
        _ => None,
    })
}

/// The values that a matcher compares with.
fn compared(matcher: &Matcher) -> Vec<&Json> {
    match matcher {
        Matcher::Equals(value) | Matcher::Not(value) | Matcher::Contains(value) => vec![value],
        Matcher::OneOf(values) => values.iter().collect(),
        _ => Vec::new(),
    }
}

fn documented(operation: &Operation) -> String {
    operation.replies.iter().map(|reply| reply.status.to_string()).collect::<Vec<_>>().join(", ")
}
