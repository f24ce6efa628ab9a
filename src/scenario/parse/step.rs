//! A step: the keys that every step may have, and those of the one thing that it does.
//!
//! Deliberately not here: the keys of the objects within it, each in a file of its own.

use super::expectation::{EXPECT, expectation};
use super::push::push;
use super::raw::raw;
use super::repeat::{Pace, pace, repeat};
use super::save::{SAVES, saves};
use crate::base::source::{Diagnostic, Spanned};
use crate::base::yaml::YamlNode;
use crate::scenario::decode::{Decoder, KeyDecoder, PresentKeys, key};
use crate::scenario::form::Form::{self, Count, List, Map, Object, Text, True, Word};
use crate::scenario::model::{Binding, Call, Expectation, Step, StepAction, Without};

pub(super) const STEPS: Form = List(&Object("step"));
const VALUES: Form = Map(&Form::Json);
const VALUES_AS_TEXT: Form = Map(&Text);
const MAX_LIMIT: u64 = 1_000;
const WITHOUTS: [(&str, Without); 3] =
    [("authorization", Without::Authorization), ("cookie", Without::Cookie), ("accept", Without::Accept)];

/// What a step can do, and the keys that have a meaning only beside it.
pub(in crate::scenario) const ACTIONS: [(&str, &[&str]); 5] = [
    ("call", &["path", "query", "headers", "body", "invalid", "raw", "without", "expect", "save", "repeat", "until"]),
    ("push", &[]),
    ("advance", &[]),
    ("limit", &[]),
    ("use", &["with"]),
];

/// A step as its keys are read, before it is known what it does.
#[derive(Default)]
pub(super) struct StepDraft {
    label: Option<Spanned<String>>,
    bindings: Vec<Binding>,
    call: Call,
    pace: Option<Pace>,
    until: Option<Expectation>,
    action: Option<StepAction>,
    fragment: Option<Spanned<String>>,
    arguments: Vec<Binding>,
}

pub(super) const STEP: &[KeyDecoder<StepDraft>] = &[
    key("name", Text, "A label for people.", |to, at, node| to.label = at.label(node)),
    key("let", VALUES, "Variables, rendered before the step.", |to, at, node| to.bindings = at.bindings(node)),
    key("call", Text, "The operation to call.", |to, at, node| to.call.operation = at.label(node).unwrap_or_default()),
    key("path", VALUES_AS_TEXT, "Path parameters.", |to, at, node| to.call.path = at.text_bindings(node)),
    key("query", VALUES_AS_TEXT, "Query parameters.", |to, at, node| to.call.query = at.text_bindings(node)),
    key("headers", VALUES_AS_TEXT, "Request header fields.", |to, at, node| to.call.headers = at.text_bindings(node)),
    key("body", Form::Json, "The JSON body, or the fields of a form.", |to, at, node| to.call.body = at.json(node)),
    key("invalid", True, "The body breaks the request schema on purpose.", |to, at, node| {
        to.call.invalid = at.only_true(node).is_some()
    }),
    key("raw", Object("raw"), "What to send exactly as written.", |to, at, node| to.call.raw = raw(at, node)),
    key(
        "without",
        List(&Word(&["authorization", "cookie", "accept"])),
        "What to leave out that is supplied otherwise.",
        |to, at, node| to.call.without = at.list(node, |at, item| at.word(item, &WITHOUTS)).unwrap_or_default(),
    ),
    key("expect", EXPECT, "What is expected beyond the contract.", |to, at, node| {
        to.call.expect = expectation(at, node).unwrap_or_default()
    }),
    key("save", SAVES, "Values to keep for later steps.", |to, at, node| to.call.saves = saves(at, node)),
    key("repeat", Object("repeat"), "How often the call may be repeated.", |to, at, node| to.pace = pace(at, node)),
    key("until", EXPECT, "When to stop repeating.", |to, at, node| to.until = expectation(at, node)),
    key("push", Object("push"), "Answers a push notification, out of band.", |to, at, node| to.action = push(at, node)),
    key("advance", Form::Duration, "Moves the stand-in's clock.", |to, at, node| {
        to.action = at.duration(node).map(StepAction::Advance)
    }),
    key("limit", Count(0, MAX_LIMIT), "Lets so many requests pass; the next one is refused.", |to, at, node| {
        let requests = at.count(node, 0..=MAX_LIMIT);
        to.action = requests.map(|requests| StepAction::Limit(Spanned::new(requests, node.span.clone())))
    }),
    key("use", Text, "Puts the steps of a fragment here.", |to, at, node| to.fragment = at.label(node)),
    key("with", VALUES, "Values for the fragment's parameters.", |to, at, node| to.arguments = at.arguments(node)),
];

pub(super) fn steps(at: &mut Decoder, node: &YamlNode) -> Vec<Step> {
    at.list(node, step).unwrap_or_default()
}

fn step(at: &mut Decoder, node: &YamlNode) -> Option<Step> {
    let (mut draft, present): (StepDraft, _) = at.object(node, "a step", STEP, &[])?;
    check_company(at, &present, node)?;
    let label = draft.label.take().map(|label| label.value);
    let bindings = std::mem::take(&mut draft.bindings);
    Some(Step { span: node.span.clone(), label, bindings, action: action(at, &present, draft)? })
}

/// Checks that a step does exactly one thing, and has no keys that belong to another.
fn check_company(at: &mut Decoder, present: &PresentKeys, node: &YamlNode) -> Option<()> {
    let mut chosen = ACTIONS.iter().filter_map(|(name, company)| present.get(name).map(|span| (*name, *company, span)));
    let Some((name, company, span)) = chosen.next() else {
        let problem = Diagnostic::at(present.first().unwrap_or(&node.span), "this step does nothing");
        at.report(problem.help("add one of `call`, `push`, `advance`, `limit`, `use`"));
        return None;
    };
    if let Some((other, _, second)) = chosen.next() {
        let problem = Diagnostic::at(second, format!("a step cannot have both `{name}` and `{other}`"));
        at.report(problem.related(span, "first action").help("make a step of each"));
        return None;
    }
    for key in present.iter().filter(|key| !["name", "let", name].contains(&key.value) && !company.contains(&key.value))
    {
        at.report(Diagnostic::at(&key.span, format!("`{}` has no effect beside `{name}`", key.value)));
    }
    Some(())
}

fn action(at: &mut Decoder, present: &PresentKeys, draft: StepDraft) -> Option<StepAction> {
    if present.get("use").is_some() {
        return Some(StepAction::Use { fragment: draft.fragment?, arguments: draft.arguments });
    }
    if present.get("call").is_none() {
        return draft.action;
    }
    let repeat = repeat(at, present, draft.pace, draft.until);
    Some(StepAction::Call(Box::new(Call { repeat, ..draft.call })))
}
