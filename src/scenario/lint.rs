//! A suite is held against the contract before anything is sent: names, parameters, bodies, expectations, states, secrets.
//!
//! Every rule that can be broken has an id and stands in [`rules`]. [`examine`] reads files and lints what could be read, so that
//! all problems are told at once. Facts are known only at run time; where the caller has those of the stand-in, paths are
//! followed into them.
//!
//! Deliberately not here: what the keys mean ([`super::parse`]).

mod answers;
mod bodies;
mod documented;
mod names;
pub mod report;
pub mod rules;
mod secrets;
mod states;

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

pub use bodies::kind_of;

use serde_json::Value;

use self::bodies::Values;
use self::documented::{Documented, Member};
use self::names::Names;
use self::states::Resources;
use super::Suite;
use super::model::{Action, Binding, Call, Expectation, Raw, Scenario, Step, Without};
use super::template::root;
use crate::base::media_type;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::contract::{Contract, Direction, Location, Operation};

/// What scenarios are held against.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// The ids that levels can be set for.
    pub checks: &'a [&'a str],
    /// The facts of the target, or of one just like it; without them paths are not followed into facts.
    pub facts: Option<&'a Value>,
}

/// Reads files and folders and lints what could be read: what is wrong, errors and warnings, all at once.
pub fn examine(paths: &[PathBuf], known: &Known<'_>) -> (Suite, Vec<Diagnostic>) {
    let (suite, mut problems) = Suite::read(paths);
    problems.extend(found(&suite, known));
    let problems = secrets::masked(problems);
    (suite, super::load::most(in_order(problems)))
}

/// Finds every problem of a suite that has been read.
pub fn lint(suite: &Suite, known: &Known<'_>) -> Vec<Diagnostic> {
    super::load::most(secrets::masked(found(suite, known)))
}

fn found(suite: &Suite, known: &Known<'_>) -> Vec<Diagnostic> {
    let secrets = secrets::of_facts(known.facts);
    let mut problems = Vec::new();
    for scenario in &suite.scenarios {
        let Known { contract, checks, facts } = *known;
        let (names, resources) = (Names::default(), Resources::default());
        Lint { contract, checks, facts, secrets: &secrets, scenario, names, resources, problems: &mut problems }
            .scenario();
    }
    if suite.whole {
        problems.extend(names::unused_of_fragments(suite));
    }
    // The rows of a scenario, and the scenarios that use a fragment, share their lines.
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert((place(problem), problem.message.clone())));
    problems
}

/// Where a problem is, for telling apart and for putting in order.
fn place(problem: &Diagnostic) -> Option<(PathBuf, usize)> {
    problem.span.as_ref().map(|span| (span.source.path.clone(), span.range.start))
}

/// File by file and from top to bottom; files stay in the order in which they were found to have problems.
fn in_order(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by_cached_key(place);
    problems
}

struct Lint<'a> {
    contract: &'a Contract,
    checks: &'a [&'a str],
    facts: Option<&'a Value>,
    secrets: &'a secrets::Known,
    scenario: &'a Scenario,
    names: Names<'a>,
    resources: Resources<'a>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Lint<'a> {
    fn scenario(mut self) {
        let scenario = self.scenario;
        self.head();
        self.asks_something();
        if let Some(row) = &scenario.row {
            self.json(row);
            self.secrets_in([row]);
            self.row(row);
        }
        self.bindings(&scenario.bindings);
        scenario.steps.iter().for_each(|step| self.step(step));
        self.sequences();
        self.statuses();
        scenario.cleanup.iter().for_each(|step| self.step(step));
        self.unused();
    }

    fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    fn head(&mut self) {
        let contract = self.contract;
        if self.scenario.covers.is_empty() {
            let problem = Diagnostic::at(&self.scenario.title.span, "this scenario covers no requirement");
            let help = "add `covers: [the requirement's id]`; they are listed in the contract's `x-requirements`";
            self.report(problem.help(help).rule("covers-nothing"));
        }
        for id in self.scenario.covers.iter().filter(|id| contract.requirement(id).is_none()) {
            let known = contract.requirements().iter().map(|requirement| requirement.id.as_str());
            self.report(unknown(id, "requirement", known).rule("unknown-requirement"));
        }
        self.needs();
        for (check, _) in self.scenario.levels.iter().filter(|(check, _)| !self.checks.contains(&check.as_str())) {
            self.problems.push(unknown(check, "check", self.checks.iter().copied()).rule("unknown-check"));
        }
    }

    fn asks_something(&mut self) {
        if !self.scenario.steps.iter().any(|step| matches!(step.action, Action::Call(_))) {
            let problem =
                Diagnostic::at(&self.scenario.title.span, "this scenario checks nothing: it calls no operation");
            self.report(problem.help("add a step with `call: the operation's name`").rule("checks-nothing"));
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
            let help = "add `needs: [clock]`, so that the scenario is skipped where it cannot be moved";
            self.report(problem.help(help).rule("clock-not-needed"));
        }
    }

    fn limit(&mut self, span: &Span) {
        if !self.scenario.needs.iter().any(|need| root(need) == "limit") {
            let problem = Diagnostic::at(span, "this step uses up the tenant's rate, which few targets allow");
            let help = "add `needs: [limit]`, so that the scenario is skipped where there is no limit to set";
            self.report(problem.help(help).rule("limit-not-needed"));
        }
    }

    fn call(&mut self, call: &'a Call) {
        call.uses().into_iter().for_each(|each| self.known(each));
        match self.contract.operation(&call.operation) {
            Some(operation) => self.against(call, operation),
            None => {
                let known = self.contract.operations().iter().map(|operation| operation.name.as_str());
                self.report(unknown(&call.operation, "operation", known).rule("unknown-operation"));
            }
        }
        call.saves.iter().for_each(|save| self.save(&save.name));
    }

    fn against(&mut self, call: &'a Call, operation: &'a Operation) {
        self.parameters(call, operation);
        self.body(call, operation);
        if let Some(raw) = &call.raw {
            self.raw(raw, call, operation);
        }
        self.headers(&call.headers);
        self.strange(call, operation);
        self.without(call, operation);
        self.secrets_of(call, operation);
        let until = call.repeat.as_ref().map(|repeat| &repeat.until);
        for expectation in std::iter::once(&call.expect).chain(until) {
            self.expectation(expectation, call, operation);
        }
        if !elsewhere(call) {
            self.saves(call, operation);
        }
        self.follow(call, operation);
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
                    let problem = unknown(name, &what, declared().map(|parameter| parameter.name.as_str()));
                    self.report(problem.rule("unknown-parameter"));
                }
            }
            let optional = free_path || (call.invalid && location == Location::Query);
            for parameter in declared().filter(|parameter| parameter.required && !optional && parameter.name != "envID")
            {
                if !given.iter().any(|binding| binding.name.value == parameter.name) {
                    let message = format!("`{}` needs the {kind} parameter `{}`", operation.name, parameter.name);
                    let problem = Diagnostic::at(&call.operation.span, message);
                    let help = format!("add `{kind}: {{ {}: … }}`", parameter.name);
                    self.report(problem.help(help).rule("missing-parameter"));
                }
            }
        }
    }

    fn body(&mut self, call: &'a Call, operation: &'a Operation) {
        let takes_body = operation.request.as_ref().is_some_and(|request| request.schema.is_some());
        let needs_body = takes_body && operation.request.as_ref().is_some_and(|request| request.required);
        match &call.body {
            Some(body) if !takes_body => {
                let problem = Diagnostic::at(&body.span, format!("`{}` takes no body", operation.name));
                self.report(problem.help("to send one nevertheless, write it in `raw`").rule("body-not-taken"));
            }
            None if needs_body && !call.invalid && call.raw.is_none() => {
                let problem = Diagnostic::at(&call.operation.span, format!("`{}` needs a body", operation.name));
                self.report(problem.help("to leave it out on purpose, write `invalid: true`").rule("missing-body"));
            }
            None if call.invalid && !needs_body => {
                let message = "`invalid` has no effect: there is no body, and none is needed";
                self.report(Diagnostic::at(&call.operation.span, message).rule("no-effect"));
            }
            Some(body) if !call.invalid && call.raw.is_none() => {
                let schema = operation.request.as_ref().and_then(|request| request.schema.clone());
                let place = Documented::at(self.contract.document(), schema);
                let (contract, owner) = (self.contract, operation.name.as_str());
                let mut report = |problem| self.problems.push(problem);
                Values { contract, direction: Direction::Request, owner, report: &mut report }.value(body, &place);
            }
            _ => {}
        }
    }

    fn without(&mut self, call: &Call, operation: &Operation) {
        for left_out in &call.without {
            let asks_for = |scheme: &str| operation.security.iter().flatten().any(|name| name == scheme);
            let (supplied, field) = match left_out.value {
                Without::Authorization => (asks_for("accessToken"), "Authorization"),
                Without::Cookie => (asks_for("sessionCookie"), "Cookie"),
                Without::Accept => (true, "Accept"),
            };
            if !supplied {
                let message = format!("this has no effect: nothing supplies {field} to `{}`", operation.name);
                let needed: Vec<&str> = operation.security.iter().flatten().map(String::as_str).collect();
                let help = match needed.is_empty() {
                    true => "the operation needs no credentials; remove it".to_owned(),
                    false => format!("the contract's security of the operation is {}; remove it", needed.join(", ")),
                };
                self.report(Diagnostic::at(&left_out.span, message).help(help).rule("no-effect"));
            }
        }
    }

    fn raw(&mut self, raw: &Raw, call: &Call, operation: &Operation) {
        if let (Some(sent), Some(body)) = (&raw.body, &call.body) {
            let problem = Diagnostic::at(&body.span, "this body has no effect: `raw` has another");
            self.report(problem.related(sent.span(), "this is sent").rule("no-effect"));
        }
        if let (Some(sent), Some(binding)) = (&raw.path, call.path.first().or(call.query.first())) {
            let problem = Diagnostic::at(&binding.name.span, "this parameter has no effect: `raw` has a path");
            self.report(problem.related(sent.span(), "this is sent").rule("no-effect"));
        }
        if let Some(method) = raw.method.as_ref().filter(|method| method.value == operation.method) {
            let message = format!("this changes nothing: the method of `{}` is {}", operation.name, method.value);
            self.report(Diagnostic::at(&method.span, message).rule("no-effect"));
        }
        let own = operation.request.as_ref().map(|request| request.media_type.as_str());
        if let Some(Some(media_type)) = &raw.media_type
            && own.is_some()
            && media_type.literal() == own
        {
            let message = format!("this changes nothing: it is the media type of `{}`", operation.name);
            self.report(Diagnostic::at(media_type.span(), message).rule("no-effect"));
        }
    }

    /// What makes a request another one than the operation's must be meant, and then a refusal is expected.
    fn strange(&mut self, call: &Call, operation: &Operation) {
        let meant = call.invalid
            || (!call.expect.status.is_empty() && call.expect.status.iter().all(|status| status.value >= 400));
        if meant || elsewhere(call) {
            return;
        }
        let field = |wanted: &str| {
            let binding = call.headers.iter().find(|binding| binding.name.eq_ignore_ascii_case(wanted))?;
            Some((binding.value.literal()?.as_str()?, &binding.value.span))
        };
        let raw = call.raw.as_ref().and_then(|raw| raw.media_type.as_ref()?.as_ref());
        let raw = raw.and_then(|template| Some((template.literal()?, template.span())));
        let own = operation.request.as_ref().map(|request| request.media_type.as_str());
        if let (Some((given, span)), Some(own)) = (raw.or_else(|| field("content-type")), own)
            && essence(given) != essence(own)
        {
            let message = format!("`{}` is documented for {own}, not for {given}", operation.name);
            let help = "to send it on purpose, say which refusal you expect: `expect: { status: 415 }`";
            self.report(Diagnostic::at(span, message).help(help).rule("foreign-media-type"));
        }
        if let Some(binding) = call.headers.iter().find(|binding| binding.name.eq_ignore_ascii_case("host")) {
            let message = "the request goes to the target, and this names another host";
            let help = "remove it; to send it on purpose, say which refusal you expect: `expect: { status: 400 }`";
            self.report(Diagnostic::at(&binding.name.span, message).help(help).rule("foreign-host"));
        }
    }

    fn headers(&mut self, headers: &[Binding]) {
        for Binding { name, value } in headers {
            if http::HeaderName::try_from(name.as_str()).is_err() {
                let message = format!("`{}` cannot be the name of a header field", name.value);
                self.report(Diagnostic::at(&name.span, message).rule("bad-header"));
            }
            if value.literal().is_some_and(|text| text.as_str().is_some_and(|text| text.contains(['\r', '\n']))) {
                let problem = Diagnostic::at(&value.span, "a header field cannot hold a line break");
                self.report(problem.rule("bad-header"));
            }
        }
    }

    fn expectation(&mut self, expectation: &'a Expectation, call: &Call, operation: &'a Operation) {
        if elsewhere(call) {
            return;
        }
        for status in expectation.status.iter().filter(|status| operation.reply(status.value).is_none()) {
            let message = format!("the status {} is not documented for `{}`", status.value, operation.name);
            let help = format!("documented are {}", documented(operation));
            self.report(Diagnostic::at(&status.span, message).help(help).rule("undocumented-status"));
        }
        self.answer(expectation, operation);
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
            self.report(unknown(state, &what, known).rule("unknown-state"));
        }
    }

    fn saved_variable(&mut self, variable: &'a Spanned<String>) {
        let saved: Vec<&str> = self.names.bound.keys().copied().collect();
        if !saved.contains(&variable.as_str()) {
            self.mean(&variable.value);
            let problem = Diagnostic::at(&variable.span, format!("no step saves `{}`", variable.value));
            let suggested = problem.suggest(variable, saved.iter().copied());
            let help = "the key is the saved variable that holds the resource's id";
            let problem = if suggested.help.is_some() { suggested } else { suggested.help(help) };
            self.report(problem.rule("unknown-name"));
        }
    }

    fn statuses(&mut self) {
        let Some(statuses) = &self.scenario.statuses else { return };
        let count = calls(self.scenario).count();
        let repeats = calls(self.scenario).any(|call| call.repeat.is_some());
        if !repeats && statuses.len() != count {
            let message = format!("`statuses` lists {}, but the number of calls is {count}", statuses.len());
            self.report(Diagnostic::at(&statuses.span, message).rule("statuses-count"));
        }
    }

    fn bindings(&mut self, bindings: &'a [Binding]) {
        for Binding { name, value } in bindings {
            self.json(value);
            self.secrets_in([value]);
            self.bind(name, value);
        }
    }
}

/// Whether a call goes to another place than the operation's, of which nothing is documented.
fn elsewhere(call: &Call) -> bool {
    call.raw.as_ref().is_some_and(|raw| raw.method.is_some() || raw.path.is_some())
}

/// A media type without its parameters and the suffix that says how it is written, in lower case.
fn essence(media_type: &str) -> String {
    let essence = media_type::essence(media_type);
    essence.strip_suffix("+json").map_or(essence.clone(), str::to_owned)
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

/// The error codes that are documented, and those of the single complaints of an error.
pub(super) fn error_codes(contract: &Contract) -> (BTreeSet<String>, BTreeSet<String>) {
    let replies = contract.operations().iter().flat_map(|operation| &operation.replies);
    let schemas = replies.flat_map(|reply| &reply.media_types).filter_map(|each| each.schema.clone());
    let body = Documented::at(contract.document(), schemas.collect::<BTreeSet<_>>());
    let known = |place: &Documented<'_>, name: &str| match place.member(name) {
        Member::Known(place) => place.open_values().into_iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let codes = known(&body, "code").into_iter().chain(known(&body, "error")).collect();
    let details = match body.member("details") {
        Member::Known(details) => known(&details.items(), "code").into_iter().collect(),
        _ => BTreeSet::new(),
    };
    (codes, details)
}

fn documented(operation: &Operation) -> String {
    operation.replies.iter().map(|reply| reply.status.to_string()).collect::<Vec<_>>().join(", ")
}
