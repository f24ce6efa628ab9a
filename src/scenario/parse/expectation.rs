//! What is expected of an answer: `expect` and `until`, with their matchers, each a demand on one value.
//!
//! Deliberately not here: comparing (`checks::expectation` does).

use strum::VariantNames;

use crate::base::source::{Diagnostic, Spanned};
use crate::base::yaml::{YamlContent, YamlNode};
use crate::scenario::decode::{Decoder, KeyDecoder, key};
use crate::scenario::form::Form::{self, Count, Either, List, Map, Number, Object, Regex, Text, True, Word};
use crate::scenario::model::{Expectation, ExpectedError, Json, JsonType, Matcher};

pub(super) const EXPECT: Form = Object("expectation");
const STATUS: Form = Either(&[Count(100, 599), List(&Count(100, 599))]);

pub(super) const EXPECTATION: &[KeyDecoder<Expectation>] = &[
    key("status", STATUS, "The status code, or several that may come.", |to, at, node| {
        to.status = at.one_or_many(node, Decoder::status).unwrap_or_default();
    }),
    key("state", Text, "The lifecycle's state.", |to, at, node| to.state = at.label(node)),
    key("media-type", Text, "The media type, without parameters.", |to, at, node| to.media_type = at.label(node)),
    key("headers", MATCHERS, "Header fields; of several with one name, one has to fit.", |to, at, node| {
        to.headers = header_matchers(at, node)
    }),
    key("body", MATCHERS, "Values in the body, by JSON pointer.", |to, at, node| to.body = body_matchers(at, node)),
    key("error", Object("error"), "The error in the body.", |to, at, node| {
        to.error = expected_error(at, node).map(Box::new)
    }),
];

pub(super) const ERROR: &[KeyDecoder<ExpectedError>] = &[
    key("code", Text, "`/code`, or `/error` of an OAuth error.", |to, at, node| to.code = at.label(node)),
    key("detail", Text, "`code` of one entry of `/details`.", |to, at, node| to.detail = at.label(node)),
    key("target", Text, "`target` of the same entry.", |to, at, node| to.target = at.label(node)),
];

pub(super) fn expectation(at: &mut Decoder, node: &YamlNode) -> Option<Expectation> {
    at.filled(node, "an expectation", EXPECTATION)
}

fn expected_error(at: &mut Decoder, node: &YamlNode) -> Option<ExpectedError> {
    Some(ExpectedError { span: node.span.clone(), ..at.filled(node, "`error`", ERROR)? })
}

const MATCHERS: Form = Map(&Either(&[Form::Json, Object("matcher")]));

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

    /// A type; a header field is a text, which may be that of a number or a boolean, and nothing else.
    fn kind(&self, at: &mut Decoder, node: &YamlNode) -> Option<JsonType> {
        let kind = at.word(node)?.value;
        match kind {
            JsonType::Null | JsonType::Array | JsonType::Object if self.as_text => {
                at.fail(&node.span, format!("a header field is never of type `{}`", kind.name()))
            }
            _ => Some(kind),
        }
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
    key("type", Word(JsonType::VARIANTS), "Of this JSON type.", |to, at, node| {
        to.matcher = to.kind(at, node).map(Matcher::Type)
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
    key(
        "each",
        Either(&[Form::Json, Object("matcher")]),
        "A list whose entries, or header fields of one name which, are all like this; at least one.",
        |to, at, node| to.matcher = matcher(at, node, to.as_text).map(|each| Matcher::Each(Box::new(each.value))),
    ),
];

type Matchers = Vec<(Spanned<String>, Spanned<Matcher>)>;

fn header_matchers(at: &mut Decoder, node: &YamlNode) -> Matchers {
    at.entries(node, |at, entry| Some((entry.key.clone(), matcher(at, &entry.value, true)?))).unwrap_or_default()
}

fn body_matchers(at: &mut Decoder, node: &YamlNode) -> Matchers {
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
