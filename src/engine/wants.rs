//! What a scenario wants of its target before it can begin: the facts that it names, and a token.
//!
//! What it needs it says; what its templates, its out-of-band steps and the contract's security ask for is found here, so
//! that a target that lacks it is a reason to skip and not an error half-way.
//!
//! Deliberately not here: whether the target has it.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use serde_json::Value;

use super::destructive;
use crate::contract::{Contract, Operation};
use crate::scenario::model::{Call, Json, JsonValue, Scenario, Step, StepAction, Without};
use crate::scenario::template::FACTS;
use crate::scenario::template::{Helper, HelperArgument, HelperCall, Placeholder, PlaceholderKind, root, segments};

/// What a scenario wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wants {
    /// The scenario's name.
    pub scenario: String,
    /// Why the users of the scenario are not the same afterwards, if it changes or locks them.
    pub uses_up: Option<String>,
    /// Paths of facts, in the order in which they are named.
    pub paths: Vec<String>,
    /// People whose codes the scenario reads, though no target knows them.
    pub strangers: Vec<String>,
    /// How much time the scenario lets pass in all.
    pub passing: Duration,
}

impl Wants {
    /// Finds out what a scenario wants.
    pub(crate) fn of(scenario: &Scenario, contract: &Contract) -> Self {
        let own = own_names(scenario);
        let uses_up = destructive::uses_up(scenario, contract);
        let mut wants = Self { scenario: scenario.name.clone(), uses_up, ..Self::default() };
        scenario.needs.iter().for_each(|need| wants.path(&own, need));
        let outside = scenario.bindings.iter().map(|binding| &binding.value).chain(&scenario.row);
        outside.flat_map(Json::placeholders).for_each(|wanted| wants.wanted(&own, wanted));
        for step in scenario.steps.iter().chain(&scenario.cleanup) {
            step.placeholders().into_iter().for_each(|wanted| wants.wanted(&own, wanted));
            wants.of_row(&own, scenario.row.as_ref(), step);
            wants.step(&own, step, contract);
        }
        wants
    }

    /// Whether the time that passes can be waited for, where nobody waits longer than this.
    pub(crate) fn can_wait(&self, longest: Duration) -> bool {
        !self.passing.is_zero() && self.passing <= longest
    }

    /// Whether a fact, or something below it, is wanted.
    pub(crate) fn any(&self, path: &str) -> bool {
        self.paths.iter().any(|wanted| is_below(wanted, path) || is_below(path, wanted))
    }

    fn step(&mut self, own: &HashSet<&str>, step: &Step, contract: &Contract) {
        match &step.action {
            StepAction::Call(call) => {
                if contract.operation(&call.operation).is_some_and(|promised| asks_for_token(call, promised)) {
                    self.path(own, "worker.accessToken");
                }
                let pushed = call.together.iter().filter_map(|together| together.push.as_ref());
                pushed.for_each(|(user, _)| self.pushed(own, user));
            }
            StepAction::Push { user, .. } => self.pushed(own, user),
            StepAction::Advance(by) => {
                self.passing += by.value;
                self.path(own, "clock");
            }
            StepAction::Limit(_) => self.path(own, "limit"),
            StepAction::Use { .. } => {}
        }
    }

    fn pushed(&mut self, own: &HashSet<&str>, user: &Json) {
        let people = user.placeholders().into_iter().filter_map(|wanted| wanted.kind.path()).filter_map(person);
        people.for_each(|person| self.path(own, &format!("{person}.push")));
    }

    fn wanted(&mut self, own: &HashSet<&str>, wanted: &Placeholder) {
        if let Some(path) = wanted.kind.path() {
            self.path(own, path);
        }
        let PlaceholderKind::Helper(call) = &wanted.kind else { return };
        if let (Helper::Assertion, Some(HelperArgument::Path(path))) = (call.helper, &call.argument)
            && let Some(person) = person(path).filter(|_| !own.contains(root(path)))
        {
            self.path(own, &format!("{person}.passkey"));
        }
        if let (Helper::Basic, Some(HelperArgument::Path(path))) = (call.helper, &call.argument) {
            self.path(own, &format!("{path}.clientSecret"));
        }
        if !reads_code(call.helper) {
            return;
        }
        let fact = code_fact(call.helper);
        match &call.argument {
            Some(HelperArgument::Path(path)) if root(path) == "row" => {}
            Some(HelperArgument::Path(path)) => match person(path).filter(|_| !own.contains(root(path))) {
                Some(person) => self.path(own, &format!("{person}.{fact}")),
                None => self.stranger(path),
            },
            Some(HelperArgument::Text(text)) => self.stranger(text),
            None => {}
        }
    }

    /// Whose code or push is meant where a step names a column of the row: each row has somebody else there.
    fn of_row(&mut self, own: &HashSet<&str>, row: Option<&Json>, step: &Step) {
        let codes = step.placeholders().into_iter().filter_map(|wanted| match &wanted.kind {
            PlaceholderKind::Helper(HelperCall { helper, argument: Some(HelperArgument::Path(path)) })
                if reads_code(*helper) =>
            {
                Some((path.as_str(), code_fact(*helper)))
            }
            _ => None,
        });
        let pushed = match &step.action {
            StepAction::Push { user, .. } => user.placeholders(),
            _ => Vec::new(),
        };
        let pushed = pushed.into_iter().filter_map(|wanted| Some((wanted.kind.path()?, "push")));
        for (path, fact) in codes.chain(pushed).filter(|(path, _)| root(path) == "row") {
            let cell = row.and_then(|row| cell(row, &segments(path).skip(1).collect::<Vec<_>>()));
            let people = cell.map(Json::placeholders).unwrap_or_default();
            let mut people = people.into_iter().filter_map(|wanted| wanted.kind.path()).filter_map(person).peekable();
            match (people.peek().is_some(), cell.map(|cell| &cell.value)) {
                (false, Some(JsonValue::Literal(Value::String(name)))) => self.stranger(name),
                _ => people.for_each(|person| self.path(own, &format!("{person}.{fact}"))),
            }
        }
    }

    fn path(&mut self, own: &HashSet<&str>, path: &str) {
        let is_fact = FACTS.contains(&root(path)) && !own.contains(root(path));
        if is_fact && !self.paths.iter().any(|known| known == path) {
            self.paths.push(path.to_owned());
        }
    }

    fn stranger(&mut self, name: &str) {
        if !self.strangers.iter().any(|known| known == name) {
            self.strangers.push(name.to_owned());
        }
    }
}

/// What tells of a person that such a code can be read: passcodes come in many ways, other codes by mail only.
fn code_fact(helper: Helper) -> &'static str {
    if helper == Helper::Otp { "otp" } else { "mail" }
}

/// Whether a helper reads a code that was sent to somebody.
fn reads_code(helper: Helper) -> bool {
    matches!(helper, Helper::Otp | Helper::VerificationCode | Helper::RecoveryCode)
}

/// What stands at a place in a row. Where a whole user is one template, what is below it is that user, too.
fn cell<'a>(value: &'a Json, path: &[&str]) -> Option<&'a Json> {
    match (&value.value, path) {
        (JsonValue::Object(entries), [name, rest @ ..]) => {
            let (_, below) = entries.iter().find(|(known, _)| known.value == *name)?;
            cell(below, rest)
        }
        _ => Some(value),
    }
}

/// The user that a path is about: `user`, or `users` and a role.
pub(crate) fn person(path: &str) -> Option<String> {
    let mut segments = segments(path);
    match segments.next()? {
        "user" => Some("user".into()),
        "persona" => Some("persona.user".into()),
        "users" => Some(format!("users.{}", segments.next()?)),
        _ => None,
    }
}

/// The facts that a scenario names, of users each by itself, and those that every request may need.
pub(super) fn named_facts(scenario: &Scenario) -> BTreeSet<&str> {
    let outside = scenario.bindings.iter().map(|binding| &binding.value).chain(&scenario.row);
    let outside = outside.flat_map(Json::placeholders);
    let placeholders = outside.chain(scenario.all_steps().flat_map(Step::placeholders));
    let paths =
        placeholders.filter_map(|wanted| wanted.kind.path()).chain(scenario.needs.iter().map(|need| need.as_str()));
    let named = paths.filter(|path| FACTS.contains(&root(path)));
    named.map(|path| if root(path) == "users" { group(path) } else { root(path) }).chain(["env", "worker"]).collect()
}

/// What a fact belongs to: the application, the policy, the role; or the fact alone.
pub(crate) fn group(path: &str) -> &str {
    let depth = if matches!(root(path), "apps" | "policies" | "users") { 2 } else { 1 };
    path.match_indices('.').nth(depth - 1).map_or(path, |(end, _)| &path[..end])
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The names that a scenario gives to values of its own; they hide facts.
fn own_names(scenario: &Scenario) -> HashSet<&str> {
    let steps = scenario.steps.iter();
    let bound = scenario.bindings.iter().chain(steps.clone().flat_map(|step| &step.bindings));
    let saved = steps.filter_map(|step| match &step.action {
        StepAction::Call(call) => Some(&call.saves),
        _ => None,
    });
    let saved = saved.flatten().map(|save| save.name.as_str());
    bound.map(|binding| binding.name.as_str()).chain(saved).chain(["row"]).collect()
}

/// Whether the engine would add the worker's token to a call.
pub(super) fn asks_for_token(call: &Call, promised: &Operation) -> bool {
    let asked = promised.security.iter().flatten().any(|name| name == "accessToken");
    let without = call.without.iter().any(|without| without.value == Without::Authorization);
    asked && !without && !call.headers.iter().any(|header| header.name.eq_ignore_ascii_case("authorization"))
}
