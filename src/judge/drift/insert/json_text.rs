//! Additions to JSON take the form of what is there: a line of its own where the others have one, with the indent of the
//! document, or another member on the same line.
//!
//! Deliberately not here: putting them in.

use std::collections::HashMap;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::insertion::{InsertError, Insertion, missing};
use crate::base::json::Scanner;
use crate::judge::drift::propose::Additions;

/// What is inserted, and where.
///
/// # Errors
/// When the text has no such places.
pub(super) fn insertions(text: &str, additions: &Additions) -> Result<Vec<Insertion>, InsertError> {
    let containers = containers(text);
    let step = step(text, containers.get(""));
    let find = |pointer: &String, wanted, bracket| {
        let found = containers.get(pointer).filter(|found| text[found.open..].starts_with(bracket));
        found.ok_or_else(|| missing(pointer, wanted))
    };
    let maps = additions.members.iter().map(|(pointer, members)| {
        let writer = JsonWriter { text, step: &step, container: find(pointer, "map", '{')? };
        let members = members.iter().map(|(name, value)| (Some(name.as_str()), value));
        Ok(writer.insertion(members))
    });
    let lists = additions.entries.iter().map(|(pointer, entries)| {
        let writer = JsonWriter { text, step: &step, container: find(pointer, "list", '[')? };
        Ok(writer.insertion(entries.iter().map(|entry| (None, entry))))
    });
    maps.chain(lists).collect()
}

/// An object or an array in the text.
#[derive(Debug, Clone, Copy)]
struct JsonContainer {
    /// Where its bracket stands.
    open: usize,
    /// Where its first member or entry begins.
    first: Option<usize>,
    /// Where the last one ends.
    end: usize,
}

/// All objects and arrays, by their pointers.
fn containers(text: &str) -> HashMap<String, JsonContainer> {
    let mut scanner = Scanner::new(text.as_bytes());
    let (mut open, mut all) = (Vec::<(String, JsonContainer)>::new(), HashMap::new());
    let mut end = 0;
    while let Some(token) = scanner.next() {
        let byte = text.as_bytes()[token.start];
        if byte.is_ascii_whitespace() {
            continue;
        }
        if matches!(byte, b'}' | b']')
            && let Some((pointer, container)) = open.pop()
        {
            all.insert(pointer, JsonContainer { end, ..container });
        } else if let Some((_, around)) = open.last_mut() {
            around.first.get_or_insert(token.start);
        }
        if matches!(byte, b'{' | b'[') {
            let pointer = scanner.pointer();
            let pointer =
                if byte == b'[' { pointer.strip_suffix("/0").unwrap_or(&pointer).to_owned() } else { pointer };
            open.push((pointer, JsonContainer { open: token.start, first: None, end: token.end }));
        }
        end = token.end;
    }
    all
}

/// The white space by which the document indents its members.
fn step(text: &str, root: Option<&JsonContainer>) -> String {
    root.and_then(|root| root.first).and_then(|first| indent(text, first)).unwrap_or("  ").to_owned()
}

/// The white space before a place, where there is nothing else on its line.
fn indent(text: &str, at: usize) -> Option<&str> {
    let line = text[..at].rfind('\n')? + 1;
    Some(&text[line..at]).filter(|before| before.trim().is_empty())
}

/// Writes what is inserted into one object or array.
struct JsonWriter<'a> {
    text: &'a str,
    step: &'a str,
    container: &'a JsonContainer,
}

impl JsonWriter<'_> {
    fn insertion<'v>(&self, added: impl Iterator<Item = (Option<&'v str>, &'v Value)>) -> Insertion {
        let JsonContainer { open, first, end } = *self.container;
        let own = self.own_lines();
        let entry = |(name, value): (Option<&str>, &Value)| {
            let name = name.map(|name| format!("{}: ", Value::from(name))).unwrap_or_default();
            let written = own.as_ref().map_or_else(|| value.to_string(), |indent| self.lines(value, indent));
            format!("{}{name}{written}", own.as_ref().map(|indent| self.line_end() + indent).unwrap_or_default())
        };
        let entries: Vec<String> = added.map(entry).collect();
        let between = if own.is_some() { "," } else { ", " };
        let text = match (first, &own) {
            (Some(_), _) => entries.iter().map(|entry| format!("{between}{entry}")).collect(),
            (None, Some(indent)) => {
                let closing = indent.strip_suffix(self.step).unwrap_or_default();
                format!("{}{}{closing}", entries.join(between), self.line_end())
            }
            (None, None) => entries.join(between),
        };
        // Brackets that are empty may hold blanks.
        Insertion { at: first.map_or(open + 1, |_| end), indent: 0, text }
    }

    /// The indent of the entries where they have lines of their own; an empty one has them where its line has.
    fn own_lines(&self) -> Option<String> {
        let JsonContainer { open, first, .. } = *self.container;
        match first {
            Some(first) => indent(self.text, first).map(str::to_owned),
            None => {
                let line = self.text[..open].rfind('\n')? + 1;
                let begins = self.text[line..].trim_start_matches([' ', '\t']);
                let is_closed = self.text[open + 1..].starts_with(['}', ']']);
                let before = &self.text[line..self.text.len() - begins.len()];
                is_closed.then(|| format!("{before}{}", self.step))
            }
        }
    }

    fn line_end(&self) -> String {
        if self.text.contains("\r\n") { "\r\n".into() } else { "\n".into() }
    }

    fn lines(&self, value: &Value, indent: &str) -> String {
        let mut bytes = Vec::new();
        let formatter = PrettyFormatter::with_indent(self.step.as_bytes());
        let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter));
        match (written, String::from_utf8(bytes)) {
            (Ok(()), Ok(text)) => text.replace('\n', &format!("{}{indent}", self.line_end())),
            _ => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::drift::insert::insert;
    use serde_json::json;
    use std::path::Path;

    fn added(text: &str) -> String {
        let mut additions = Additions::default();
        for (pointer, name, value) in [
            ("", "n", json!("x")),
            ("/a", "t", json!({ "type": "array", "items": {} })),
            ("/a/b", "404", json!([])),
            ("/e", "f", json!(1)),
            ("/a~1b/0", "g", json!(null)),
        ] {
            additions.members.entry(pointer.into()).or_default().insert(name.into(), value);
        }
        additions.entries.insert("/a/l".into(), vec![json!("two"), json!("three")]);
        let new = insert(Path::new("a.json"), text, &additions).expect("the places are there");
        let value: Value = serde_json::from_str(&new).expect("it is JSON still");
        assert_eq!(value["a"]["t"]["type"], "array");
        assert_eq!(
            (&value["a"]["b"]["404"], &value["e"]["f"], &value["a/b"][0]["g"]),
            (&json!([]), &json!(1), &json!(null))
        );
        assert_eq!((&value["a"]["l"], &value["n"]), (&json!(["one", "two", "three"]), &json!("x")));
        new
    }

    /// reported/23: YAML was written into JSON.
    #[test]
    fn additions_to_json_are_json_with_the_indent_that_is_there() {
        let text = "{\n\t\"a\": {\n\t\t\"b\": {\n\t\t\t\"200\": \"\\ud83d\\ude00 ]}\"\n\t\t},\n\t\t\"l\": [\n\t\t\t\"one\"\n\t\t]\n\t},\n\t\"a/b\": [{}],\n\t\"e\": {}\n}\n";
        let new = added(text);
        let expected = "{\n\t\"a\": {\n\t\t\"b\": {\n\t\t\t\"200\": \"\\ud83d\\ude00 ]}\",\n\t\t\t\"404\": []\n\t\t},\n\t\t\"l\": [\n\t\t\t\"one\",\n\t\t\t\"two\",\n\t\t\t\"three\"\n\t\t],\n\t\t\"t\": {\n\t\t\t\"type\": \"array\",\n\t\t\t\"items\": {}\n\t\t}\n\t},\n\t\"a/b\": [{\n\t\t\"g\": null\n\t}],\n\t\"e\": {\n\t\t\"f\": 1\n\t},\n\t\"n\": \"x\"\n}\n";
        assert_eq!(new, expected);
        let windows = added(&text.replace('\n', "\r\n"));
        assert_eq!(windows, expected.replace('\n', "\r\n"));
    }

    #[test]
    fn json_on_one_line_stays_on_one_line() {
        let new = added(r#"{"a": {"b": {"200": 1}, "l": ["one"]}, "a/b": [{}], "e": { }}"#);
        assert_eq!(new.lines().count(), 1, "{new}");
        added(r#"{"a":{"b":{"200":1},"l":["one"]},"a/b":[{}],"e":{}}"#);
    }

    #[test]
    fn a_place_that_is_not_there_is_named() {
        let mut additions = Additions::default();
        additions.entries.insert("/a".into(), vec![json!("x")]);
        let error = insertions(r#"{"a": {}}"#, &additions).expect_err("it is an object");
        assert!(error.to_string().contains("`/a`"), "{error}");
    }
}
