//! What is expected of an answer: `expect` and `until`.
//!
//! Deliberately not here: matchers ([`super::matcher`]).

use super::matcher::{MATCHERS, body_matchers, header_matchers};
use crate::base::yaml::YamlNode;
use crate::scenario::decode::{Decoder, KeyDecoder, key};
use crate::scenario::form::Form::{self, Count, Either, List, Object, Text};
use crate::scenario::model::{Expectation, ExpectedError};

pub(super) const EXPECT: Form = Object("expectation");
const STATUS: Form = Either(&[Count(100, 599), List(&Count(100, 599))]);

pub(super) const EXPECTATION: &[KeyDecoder<Expectation>] = &[
    key("status", STATUS, "The status code, or several that may come.", |to, at, node| {
        to.status = at.one_or_many(node, Decoder::status).unwrap_or_default();
    }),
    key("state", Text, "The lifecycle's state.", |to, at, node| to.state = at.label(node)),
    key("media-type", Text, "The media type, without parameters.", |to, at, node| to.media_type = at.label(node)),
    key("headers", MATCHERS, "Header fields.", |to, at, node| to.headers = header_matchers(at, node)),
    key("body", MATCHERS, "Values in the body, by JSON pointer.", |to, at, node| to.body = body_matchers(at, node)),
    key("error", Object("error"), "The error in the body.", |to, at, node| to.error = expected_error(at, node)),
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
