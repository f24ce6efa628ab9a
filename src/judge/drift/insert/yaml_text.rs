//! Additions to YAML take the form of what is there: a line of its own in a block, another entry in a list in brackets.
//!
//! Deliberately not here: putting them in.

use std::path::Path;

use serde_json::{Map, Value};

use super::insertion::{InsertError, Insertion, missing};
use crate::base::pointer::unescape;
use crate::base::source::Source;
use crate::base::yaml::{self, YamlContent, YamlNode};
use crate::judge::drift::propose::Additions;

/// What is inserted, and where.
///
/// # Errors
/// When the text is no YAML, or has no such places.
pub(super) fn insertions(path: &Path, text: &str, additions: &Additions) -> Result<Vec<Insertion>, InsertError> {
    let source = Source::new(path, text);
    let mut problems = Vec::new();
    let root = yaml::parse(&source, &mut problems);
    let root = root.ok_or_else(|| {
        let problems: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
        InsertError::Text(problems.join("\n"))
    })?;
    let maps = additions.members.iter().map(|(pointer, members)| {
        into_map(text, find(&root, pointer, "map")?, members).ok_or_else(|| missing(pointer, "map"))
    });
    let lists = additions.entries.iter().map(|(pointer, entries)| {
        into_list(text, find(&root, pointer, "list")?, entries).ok_or_else(|| missing(pointer, "list"))
    });
    maps.chain(lists).collect()
}

fn find<'n>(root: &'n YamlNode, pointer: &str, wanted: &'static str) -> Result<&'n YamlNode, InsertError> {
    let mut steps = pointer.split('/').skip(1).map(unescape);
    let found = steps.try_fold(root, |node, step| match &node.content {
        YamlContent::Mapping(entries) => entries.iter().find(|entry| entry.key.value == step).map(|entry| &entry.value),
        YamlContent::Sequence(items) => items.get(step.parse::<usize>().ok()?),
        YamlContent::Scalar(_) => None,
    });
    found.ok_or_else(|| missing(pointer, wanted))
}

/// Where members are inserted into a map, and as what.
fn into_map(text: &str, node: &YamlNode, members: &Map<String, Value>) -> Option<Insertion> {
    let YamlContent::Mapping(entries) = &node.content else { return None };
    let range = node.span.range();
    let written: Vec<String> =
        members.iter().map(|(name, value)| format!("{}: {}", scalar(name), flow(value))).collect();
    if text[range.start..].starts_with('{') {
        return Some(in_brackets(range.start, entries.last().map(|last| last.value.span.range().end), &written));
    }
    let first = entries.first()?.key.span.range().start;
    Some(on_lines(text, range.end, &column(text, first), "", &written))
}

/// Where entries are inserted into a list, and as what.
fn into_list(text: &str, node: &YamlNode, values: &[Value]) -> Option<Insertion> {
    let YamlContent::Sequence(items) = &node.content else { return None };
    let range = node.span.range();
    let written: Vec<String> = values.iter().map(flow).collect();
    if text[range.start..].starts_with('[') {
        return Some(in_brackets(range.start, items.last().map(|last| last.span.range().end), &written));
    }
    let first = items.first()?.span.range().start;
    let line = text[..first].rfind('\n').map_or(0, |end| end + 1);
    let dash = text[line..].find('-')?;
    Some(on_lines(text, range.end, &text[line..line + dash], "- ", &written))
}

/// After the last entry, or right behind the opening bracket.
fn in_brackets(start: usize, last: Option<usize>, written: &[String]) -> Insertion {
    let (at, text) = match last {
        Some(end) => (end, written.iter().map(|entry| format!(", {entry}")).collect()),
        None => (start + 1, written.join(", ")),
    };
    Insertion { at, indent: 0, text }
}

/// On lines of their own, below the line on which a block ends; what follows the block on that line stays there.
fn on_lines(text: &str, end: usize, indent: &str, dash: &str, written: &[String]) -> Insertion {
    let at = text[end..].find('\n').map_or(text.len(), |length| end + length);
    // A file of another system keeps its line ends.
    let (at, line_end) = if text[..at].ends_with('\r') { (at - 1, "\r\n") } else { (at, "\n") };
    let lines = written.iter().map(|entry| format!("{line_end}{indent}{dash}{entry}")).collect();
    Insertion { at, indent: indent.len() + dash.len(), text: lines }
}

/// The white space before the place on its line. Behind a dash it is as wide as all that stands before the first key: in
/// `- name: x` the next key stands below `name`, where the dash becomes a space.
fn column(text: &str, at: usize) -> String {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    " ".repeat(at - line)
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(entries) => format!("[{}]", entries.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".into(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", scalar(name), flow(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text: plain where it can be nothing else, else in quotes. A JSON text is one of YAML too.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain = begins && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+/-".contains(&byte));
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain && !is_word { text.to_owned() } else { Value::from(text).to_string() }
}
