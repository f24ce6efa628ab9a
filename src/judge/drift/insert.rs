//! Additions put into the text of a YAML document: exactly where they belong, everything else left as it is.
//!
//! Comments, order, quotes and line breaks are kept, because text is only ever inserted. Additions take the form of what is
//! there: a line of its own in a block, another entry in a list in brackets.
//!
//! Deliberately not here: what to add.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};
use similar::TextDiff;

use super::propose::Additions;
use crate::base::pointer::unescape;
use crate::base::source::Source;
use crate::base::yaml::{self, YamlContent, YamlNode};

/// Why additions could not be put in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InsertError {
    /// The text is no YAML that can be read with places.
    #[error("the contract's text cannot be read: {0}")]
    Text(String),
    /// There is nothing at the pointer, or something else.
    #[error("the contract has no {wanted} at `{pointer}` in its text")]
    Place {
        /// The JSON pointer.
        pointer: String,
        /// What should be there.
        wanted: &'static str,
    },
}

/// The text with everything added.
///
/// # Errors
/// When the text is no YAML, or has no such places.
pub(crate) fn insert(path: &Path, text: &str, additions: &Additions) -> Result<String, InsertError> {
    let source = Source::new(path, text);
    let mut problems = Vec::new();
    let root = yaml::parse(&source, &mut problems);
    let root = root.ok_or_else(|| {
        let problems: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
        InsertError::Text(problems.join("\n"))
    })?;
    let mut insertions: BTreeMap<usize, String> = BTreeMap::new();
    for (pointer, members) in &additions.members {
        let node = find(&root, pointer, "map")?;
        let (at, text) = into_map(text, node, members).ok_or_else(|| missing(pointer, "map"))?;
        insertions.entry(at).or_default().push_str(&text);
    }
    for (pointer, entries) in &additions.entries {
        let node = find(&root, pointer, "list")?;
        let (at, text) = into_list(text, node, entries).ok_or_else(|| missing(pointer, "list"))?;
        insertions.entry(at).or_default().push_str(&text);
    }
    Ok(put(text, &insertions))
}

/// The difference between two texts of a file as a patch that `git apply` and `patch -p1` take.
pub(crate) fn unified_diff(path: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}

fn put(text: &str, insertions: &BTreeMap<usize, String>) -> String {
    let mut whole = String::with_capacity(text.len() + insertions.values().map(String::len).sum::<usize>());
    let mut from = 0;
    for (at, inserted) in insertions {
        whole.push_str(&text[from..*at]);
        whole.push_str(inserted);
        from = *at;
    }
    whole + &text[from..]
}

fn missing(pointer: &str, wanted: &'static str) -> InsertError {
    InsertError::Place { pointer: pointer.to_owned(), wanted }
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
fn into_map(text: &str, node: &YamlNode, members: &Map<String, Value>) -> Option<(usize, String)> {
    let YamlContent::Mapping(entries) = &node.content else { return None };
    let range = &node.span.range;
    let written: Vec<String> =
        members.iter().map(|(name, value)| format!("{}: {}", scalar(name), flow(value))).collect();
    if text[range.start..].starts_with('{') {
        return Some(in_brackets(range.start, entries.last().map(|last| last.value.span.range.end), &written));
    }
    let first = entries.first()?.key.span.range.start;
    Some(on_lines(text, range.end, &column(text, first), "", &written))
}

/// Where entries are inserted into a list, and as what.
fn into_list(text: &str, node: &YamlNode, values: &[Value]) -> Option<(usize, String)> {
    let YamlContent::Sequence(items) = &node.content else { return None };
    let range = &node.span.range;
    let written: Vec<String> = values.iter().map(flow).collect();
    if text[range.start..].starts_with('[') {
        return Some(in_brackets(range.start, items.last().map(|last| last.span.range.end), &written));
    }
    let first = items.first()?.span.range.start;
    let line = text[..first].rfind('\n').map_or(0, |end| end + 1);
    let dash = text[line..].find('-')?;
    Some(on_lines(text, range.end, &text[line..line + dash], "- ", &written))
}

/// After the last entry, or right behind the opening bracket.
fn in_brackets(start: usize, last: Option<usize>, written: &[String]) -> (usize, String) {
    match last {
        Some(end) => (end, written.iter().map(|entry| format!(", {entry}")).collect()),
        None => (start + 1, written.join(", ")),
    }
}

/// On lines of their own, below the line on which a block ends; what follows the block on that line stays there.
fn on_lines(text: &str, end: usize, indent: &str, dash: &str, written: &[String]) -> (usize, String) {
    let at = text[end..].find('\n').map_or(text.len(), |length| end + length);
    // A file of another system keeps its line ends.
    let (at, line_end) = if text[..at].ends_with('\r') { (at - 1, "\r\n") } else { (at, "\n") };
    (at, written.iter().map(|entry| format!("{line_end}{indent}{dash}{entry}")).collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = "\
# kept
a:
  b: 1  # why
  c:
    - x
    - y   # last
  d: [p,
      q]
  e: { f: 1 }
  g: {}
h:
  - name: z
    i: |
      text
      more

j: end
";

    fn added(members: &[(&str, &str, Value)], entries: &[(&str, &str)]) -> String {
        let mut additions = Additions::default();
        for (pointer, name, value) in members {
            additions.members.entry((*pointer).into()).or_default().insert((*name).into(), value.clone());
        }
        for (pointer, value) in entries {
            additions.entries.entry((*pointer).into()).or_default().push(json!(value));
        }
        insert(Path::new("a.yaml"), TEXT, &additions).expect("the places are there")
    }

    #[test]
    fn additions_take_the_form_of_what_is_there_and_nothing_else_changes() {
        let new = added(
            &[
                ("/a", "k", json!({ "type": "string" })),
                ("/a/e", "418", json!("no")),
                ("/a/g", "l", json!([])),
                ("/h/0", "m", json!(1)),
                ("", "o", json!("a b")),
            ],
            &[("/a/c", "z"), ("/a/d", "r")],
        );
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let diff = unified_diff("a.yaml", TEXT, &new);
        let plus: Vec<String> = lines(&diff).into_iter().filter(|line| line.starts_with('+')).skip(1).collect();
        assert_eq!(
            plus,
            [
                "+    - z",
                "+      q, r]",
                "+  e: { f: 1, \"418\": \"no\" }",
                "+  g: {l: []}",
                "+  k: { type: string }",
                "+    m: 1",
                "+o: \"a b\"",
            ]
        );
        let minus = lines(&diff).into_iter().filter(|line| line.starts_with('-')).skip(1).count();
        assert_eq!(minus, 3, "only the lines in brackets are replaced:\n{diff}");
    }

    #[test]
    fn a_place_that_is_not_there_is_named() {
        let mut additions = Additions::default();
        additions.entries.insert("/a/b".into(), vec![json!("x")]);
        let error = insert(Path::new("a.yaml"), TEXT, &additions).expect_err("it is a number");
        assert!(error.to_string().contains("`/a/b`"), "{error}");
    }
}
