//! A step: the keys that every step may have, and those of the one thing that it does.
//!
//! Deliberately not here: what is expected of an answer ([`super::expectation`]).

use std::time::Duration;

use strum::VariantNames;

use super::expectation::{EXPECT, expectation};
use crate::base::source::{Diagnostic, Spanned};
use crate::base::yaml::{MappingEntry, YamlContent, YamlNode};
use crate::scenario::decode::{Decoder, KeyDecoder, PresentKeys, key};
use crate::scenario::form::Form::{self, Count, Either, List, Map, Object, Pointer, Regex, Text, True, Word};
use crate::scenario::model::{
    Binding, Call, Expectation, Json, PushAnswer, RawOverrides, RepeatUntil, Save, SaveFrom, Step, StepAction,
    Together, Without,
};
use crate::scenario::template::Template;

pub(super) const STEPS: Form = List(&Object("step"));
const VALUES: Form = Map(&Form::Json);
const PARAMETERS: Form = Map(&Either(&[Text, List(&Form::Json), Map(&Form::Json)]));
const MAX_LIMIT: u64 = 1_000;

/// What a step can do, and the keys that have a meaning only beside it.
pub const ACTIONS: [(&str, &[&str]); 5] = [
    (
        "call",
        &[
            "path", "query", "cookies", "headers", "body", "invalid", "raw", "without", "expect", "save", "repeat",
            "until", "together",
        ],
    ),
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
    pace: Option<RepeatDraft>,
    until: Option<Expectation>,
    action: Option<StepAction>,
    fragment: Option<Spanned<String>>,
    arguments: Vec<Binding>,
}

pub(super) const STEP: &[KeyDecoder<StepDraft>] = &[
    key("name", Text, "A label for people.", |to, at, node| to.label = at.label(node)),
    key("let", VALUES, "Variables, rendered before the step.", |to, at, node| {
        to.bindings = at.bindings(node, Decoder::name)
    }),
    key("call", Text, "The operation to call.", |to, at, node| to.call.operation = at.label(node).unwrap_or_default()),
    key("path", PARAMETERS, "Path parameters.", |to, at, node| to.call.path = at.parameters(node)),
    key("query", PARAMETERS, "Query parameters.", |to, at, node| to.call.query = at.parameters(node)),
    key("cookies", PARAMETERS, "Cookies.", |to, at, node| to.call.cookies = at.parameters(node)),
    key("headers", PARAMETERS, "Request header fields.", |to, at, node| to.call.headers = at.parameters(node)),
    key("body", Form::Json, "The JSON body, or the fields of a form.", |to, at, node| to.call.body = at.json(node)),
    key("invalid", True, "The body breaks the request schema on purpose.", |to, at, node| {
        to.call.invalid = at.only_true(node).is_some()
    }),
    key("raw", Object("raw"), "What to send exactly as written.", |to, at, node| {
        to.call.raw = at.filled(node, "`raw`", RAW).map(Box::new)
    }),
    key("without", List(&Word(Without::VARIANTS)), "What to leave out that is supplied otherwise.", |to, at, node| {
        to.call.without = at.list(node, Decoder::word).unwrap_or_default()
    }),
    key("expect", EXPECT, "What is expected beyond the contract.", |to, at, node| {
        to.call.expect = expectation(at, node).unwrap_or_default()
    }),
    key("save", SAVES, "Values to keep for later steps.", |to, at, node| to.call.saves = saves(at, node)),
    key("repeat", Object("repeat"), "How often the call may be repeated.", |to, at, node| to.pace = pace(at, node)),
    key("until", EXPECT, "When to stop repeating.", |to, at, node| to.until = expectation(at, node)),
    key(
        "together",
        Object("together"),
        "Sends the call several times at once; at most one may be accepted.",
        |to, at, node| to.call.together = together(at, node).map(Box::new),
    ),
    key("push", Object("push"), "Answers a push notification, out of band.", |to, at, node| to.action = push(at, node)),
    key("advance", Form::Duration, "Moves the stand-in's clock.", |to, at, node| {
        to.action = at.duration(node).map(StepAction::Advance)
    }),
    key("limit", Count(0, MAX_LIMIT), "Lets so many requests pass; the next one is refused.", |to, at, node| {
        let requests = at.count(node, 0..=MAX_LIMIT);
        to.action = requests.map(|requests| StepAction::Limit(Spanned::new(requests, node.span.clone())))
    }),
    key("use", Text, "Puts the steps of a fragment here.", |to, at, node| to.fragment = at.label(node)),
    key("with", VALUES, "Values for the fragment's parameters.", |to, at, node| {
        to.arguments = at.bindings(node, Decoder::parameter)
    }),
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
    if let (Some(span), Some(_)) = (present.get("together"), present.get("repeat")) {
        return at.fail(span, "a call cannot be repeated and sent several times at once");
    }
    if let (Some(_), Some(span)) = (present.get("together"), present.get("save")) {
        return at.fail(span, "nothing can be saved from several answers; read the resource in another step");
    }
    let repeat = repeat(at, present, draft.pace, draft.until).map(Box::new);
    Some(StepAction::Call(Box::new(Call { repeat, ..draft.call })))
}

#[derive(Default)]
pub(super) struct PushDraft {
    user: Option<Json>,
    answer: Option<Spanned<PushAnswer>>,
}

pub(super) const PUSH: &[KeyDecoder<PushDraft>] = &[
    key("user", Text, "The user's id, name or address.", |to, at, node| to.user = at.text_json(node)),
    key("answer", Word(PushAnswer::VARIANTS), "What the user answers.", |to, at, node| to.answer = at.word(node)),
];

fn push(at: &mut Decoder, node: &YamlNode) -> Option<StepAction> {
    let (draft, _) = at.object(node, "`push`", PUSH, &["user", "answer"])?;
    Some(StepAction::Push { user: draft.user?, answer: draft.answer? })
}

/// So many requests are sent at once at the most.
const MOST_TOGETHER: u64 = 16;

/// How often a call is sent at once, and what happens meanwhile.
#[derive(Default)]
pub(super) struct TogetherDraft {
    times: Option<u64>,
    push: Option<StepAction>,
}

pub(super) const TOGETHER: &[KeyDecoder<TogetherDraft>] = &[
    key("times", Count(2, MOST_TOGETHER), "How often the call is sent at once.", |to, at, node| {
        to.times = at.count(node, 2..=MOST_TOGETHER)
    }),
    key("push", Object("push"), "A push that is answered meanwhile.", |to, at, node| to.push = push(at, node)),
];

fn together(at: &mut Decoder, node: &YamlNode) -> Option<Together> {
    let (draft, _) = at.object(node, "`together`", TOGETHER, &["times"])?;
    let push = match draft.push {
        Some(StepAction::Push { user, answer }) => Some((user, answer)),
        _ => None,
    };
    Some(Together { span: node.span.clone(), times: u32::try_from(draft.times?).ok()?, push })
}

pub(super) const RAW: &[KeyDecoder<RawOverrides>] = &[
    key("media-type", Text, "The Content-Type; `none` sends no such field.", |to, at, node| {
        to.media_type = media_type(at, node)
    }),
    key("body", Text, "The bytes of the body, as text.", |to, at, node| to.body = at.template(node)),
    key("method", Text, "The method.", |to, at, node| to.method = method(at, node)),
    key("path", Text, "The path with its query, from the origin's root.", |to, at, node| to.path = path(at, node)),
];

fn media_type(at: &mut Decoder, node: &YamlNode) -> Option<Option<Template>> {
    match &node.content {
        YamlContent::Scalar(scalar) if scalar.text == "none" => Some(None),
        _ => at.template(node).map(Some),
    }
}

fn method(at: &mut Decoder, node: &YamlNode) -> Option<Spanned<String>> {
    let method = at.label(node)?;
    match method.parse::<http::Method>() {
        Ok(_) if method.chars().all(|c| c.is_ascii_uppercase()) => Some(method),
        _ => at.fail(&node.span, format!("`{}` is not an HTTP method in capitals", method.value)),
    }
}

fn path(at: &mut Decoder, node: &YamlNode) -> Option<Template> {
    let text = at.text(node)?;
    match text.starts_with('/') {
        true => at.template(node),
        false => at.fail(&node.span, "a raw path must start with `/`: the target supplies the host"),
    }
}

const SAVES: Form = Map(&Either(&[Pointer, Object("save")]));

#[derive(Default)]
pub(super) struct HeaderDraft {
    name: Option<Spanned<String>>,
    capture: Option<regex::Regex>,
}

pub(super) const SAVE: &[KeyDecoder<HeaderDraft>] = &[
    key("header", Text, "The response header's name.", |to, at, node| to.name = at.label(node)),
    key("capture", Regex, "What to take from its value: the first group.", |to, at, node| {
        to.capture = capture(at, node)
    }),
];

fn saves(at: &mut Decoder, node: &YamlNode) -> Vec<Save> {
    at.entries(node, save).unwrap_or_default()
}

fn save(at: &mut Decoder, entry: &MappingEntry) -> Option<Save> {
    let name = at.name(&entry.key);
    let from = match &entry.value.content {
        YamlContent::Mapping(_) => header(at, &entry.value),
        _ => {
            let pointer = at.text(&entry.value)?;
            at.pointer(&pointer).map(|pointer| SaveFrom::Body(pointer.value))
        }
    };
    Some(Save { name: name?, from: from?, span: entry.value.span.clone() })
}

fn header(at: &mut Decoder, node: &YamlNode) -> Option<SaveFrom> {
    let (draft, _) = at.object(node, "`save`", SAVE, &["header"])?;
    Some(SaveFrom::Header { name: draft.name?.value, capture: draft.capture })
}

fn capture(at: &mut Decoder, node: &YamlNode) -> Option<regex::Regex> {
    let regex = at.regex(node)?;
    match regex.captures_len() {
        2 => Some(regex),
        _ => at.fail(&node.span, "`capture` needs exactly one group `(…)`, which marks what is kept"),
    }
}

const MAX_REPEATS: u64 = 1_000;
/// How long a call is repeated by default.
const DEFAULT_WITHIN: Duration = Duration::from_secs(600);

/// How often and how long a call is repeated.
#[derive(Default)]
pub(super) struct RepeatDraft {
    at_most: Option<u64>,
    every: Option<Duration>,
    within: Option<Duration>,
}

pub(super) const REPEAT: &[KeyDecoder<RepeatDraft>] = &[
    key("at-most", Count(1, MAX_REPEATS), "How often the call is sent at the most.", |to, at, node| {
        to.at_most = at.count(node, 1..=MAX_REPEATS)
    }),
    key("every", Form::Duration, "The pause between two calls.", |to, at, node| to.every = time(at, node)),
    key("within", Form::Duration, "How long the call is repeated at the most.", |to, at, node| {
        to.within = time(at, node)
    }),
];

fn time(at: &mut Decoder, node: &YamlNode) -> Option<Duration> {
    at.duration(node).map(|time| time.value)
}

fn pace(at: &mut Decoder, node: &YamlNode) -> Option<RepeatDraft> {
    at.object(node, "`repeat`", REPEAT, &["at-most", "every"]).map(|(pace, _)| pace)
}

fn repeat(
    at: &mut Decoder,
    present: &PresentKeys,
    pace: Option<RepeatDraft>,
    until: Option<Expectation>,
) -> Option<RepeatUntil> {
    match (present.get("repeat"), present.get("until")) {
        (Some(span), None) => at.fail(span, "`repeat` needs `until`, which says when to stop"),
        (None, Some(span)) => at.fail(span, "`until` needs `repeat`, which says how often to try"),
        (None, None) => None,
        (Some(span), Some(_)) => {
            let RepeatDraft { at_most, every, within } = pace?;
            let at_most = u32::try_from(at_most?).ok()?;
            let within = within.unwrap_or(DEFAULT_WITHIN);
            Some(RepeatUntil { span: span.clone(), at_most, every: every?, within, until: until? })
        }
    }
}
