//! Matchers: demands on one value of an answer.
//!
//! Deliberately not here: comparing (`checks::expectation` does).

use crate::base::source::{Diagnostic, Spanned};
use crate::base::yaml::{YamlContent, YamlNode};
use crate::scenario::decode::{Decoder, KeyDecoder, key};
use crate::scenario::form::Form::{self, Count, Either, List, Map, Number, Object, Regex, True, Word};
use crate::scenario::model::{Json, JsonType, Matcher};

pub(super) const MATCHERS: Form = Map(&Either(&[Form::Json, Object("matcher")]));
const TYPE_NAMES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// What a matcher is read into.
pub(super) struct MatcherDraft {
    /// Whether values to compare with are text as written, as in header fields.
    as_text: bool,
    matcher: Option<Matcher>,
}

impl MatcherDraft {
    fn value(&self, at: &mut Decoder, node: &YamlNode) -> Option<Json> {
        if self.as_text { at.text_json(node) } else { at.json(node) }
    }

    fn values(&self, at: &mut Decoder, node: &YamlNode) -> Option<Vec<Json>> {
        at.list(node, |at, item| self.value(at, item))
    }
}

pub(super) const MATCHER: &[KeyDecoder<MatcherDraft>] = &[
    key("equals", Form::Json, "Equal to this, numbers compared by value.", |to, at, node| {
        to.matcher = to.value(at, node).map(Matcher::Equals)
    }),
    key("not", Form::Json, "There, and not equal to this.", |to, at, node| {
        to.matcher = to.value(at, node).map(Matcher::Not)
    }),
    key("matches", Regex, "A string in which this is found.", |to, at, node| {
        to.matcher = at.regex(node).map(Matcher::Matches)
    }),
    key(
        "contains",
        Form::Json,
        "A string with this text, a list with this value, an object with this key in it.",
        |to, at, node| to.matcher = to.value(at, node).map(Matcher::Contains),
    ),
    key("length", Count(0, u64::MAX), "This many entries or characters.", |to, at, node| {
        to.matcher = at.count(node, 0..=u64::MAX).map(Matcher::Length)
    }),
    key("one-of", List(&Form::Json), "Equal to one of these.", |to, at, node| {
        to.matcher = to.values(at, node).map(Matcher::OneOf)
    }),
    key("type", Word(&TYPE_NAMES), "Of this JSON type.", |to, at, node| {
        to.matcher = at.word(node, &JsonType::ALL).map(|word| Matcher::Type(word.value))
    }),
    key("absent", True, "Not there.", |to, at, node| to.matcher = at.only_true(node).map(|()| Matcher::Absent)),
    key("present", True, "There, whatever it is.", |to, at, node| {
        to.matcher = at.only_true(node).map(|()| Matcher::Present)
    }),
    key("greater-than", Number, "A number greater than this.", |to, at, node| {
        to.matcher = at.number(node).map(Matcher::GreaterThan)
    }),
    key("less-than", Number, "A number less than this.", |to, at, node| {
        to.matcher = at.number(node).map(Matcher::LessThan)
    }),
];

type Matchers = Vec<(Spanned<String>, Spanned<Matcher>)>;

pub(super) fn header_matchers(at: &mut Decoder, node: &YamlNode) -> Matchers {
    at.entries(node, |at, entry| Some((entry.key.clone(), matcher(at, &entry.value, true)?))).unwrap_or_default()
}

pub(super) fn body_matchers(at: &mut Decoder, node: &YamlNode) -> Matchers {
    at.entries(node, |at, entry| {
        let pointer = at.pointer(&entry.key);
        let matcher = matcher(at, &entry.value, false);
        Some((pointer?, matcher?))
    })
    .unwrap_or_default()
}

fn matcher(at: &mut Decoder, node: &YamlNode, as_text: bool) -> Option<Spanned<Matcher>> {
    let mut draft = MatcherDraft { as_text, matcher: None };
    let YamlContent::Mapping(_) = &node.content else {
        let value = draft.value(at, node)?;
        return Some(Spanned::new(Matcher::Equals(value), node.span.clone()));
    };
    let present = at.object_into(&mut draft, node, "a matcher", MATCHER)?;
    let mut keys = present.iter();
    match (keys.next(), keys.next()) {
        (Some(_), None) => Some(Spanned::new(draft.matcher?, node.span.clone())),
        (None, _) => at.fail(&node.span, "this matcher is empty; to compare with an object, write `equals`"),
        (Some(first), Some(second)) => {
            let problem = Diagnostic::at(&second.span, "a matcher must have exactly one key");
            at.report(problem.related(&first.span, "first key"));
            None
        }
    }
}
