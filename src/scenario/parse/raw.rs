//! Parts of a request that are sent exactly as written.
//!
//! Deliberately not here: sending.

use crate::base::source::Spanned;
use crate::base::yaml::{YamlContent, YamlNode};
use crate::scenario::decode::{Decoder, KeyDecoder, key};
use crate::scenario::form::Form::Text;
use crate::scenario::model::RawOverrides;
use crate::scenario::template::Template;

pub(super) const RAW: &[KeyDecoder<RawOverrides>] = &[
    key("media-type", Text, "The Content-Type; `none` sends no such field.", |to, at, node| {
        to.media_type = media_type(at, node)
    }),
    key("body", Text, "The bytes of the body, as text.", |to, at, node| to.body = at.template(node)),
    key("method", Text, "The method.", |to, at, node| to.method = method(at, node)),
    key("path", Text, "The path with its query, from the origin's root.", |to, at, node| to.path = path(at, node)),
];

pub(super) fn raw(at: &mut Decoder, node: &YamlNode) -> Option<RawOverrides> {
    Some(RawOverrides { span: node.span.clone(), ..at.filled(node, "`raw`", RAW)? })
}

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
