//! Values that a call keeps for later steps.
//!
//! Deliberately not here: finding the values in a response.

use crate::base::source::Spanned;
use crate::base::yaml::{MappingEntry, YamlContent, YamlNode};
use crate::scenario::decode::{Decoder, KeyDecoder, key};
use crate::scenario::form::Form::{self, Either, Map, Object, Pointer, Regex, Text};
use crate::scenario::model::{Save, SaveFrom};

pub(super) const SAVES: Form = Map(&Either(&[Pointer, Object("save")]));

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

pub(super) fn saves(at: &mut Decoder, node: &YamlNode) -> Vec<Save> {
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
