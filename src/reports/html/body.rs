//! A body as lines to read: JSON re-indented, everything else as it came, with the lines that findings point at marked.
//!
//! The text of every value stays as it was sent: numbers keep their spelling and equal keys stay, which a parsed value
//! would lose. Deliberately not here: markup and escaping.

use serde_json::Value;

use crate::base::pointer;

/// One line of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The spaces before it.
    pub indent: String,
    /// A member's name with its quotes; empty when there is none.
    pub key: String,
    /// What follows the name.
    pub rest: String,
    /// Whether a finding points here.
    pub mark: bool,
}

/// The lines of a body; `pointers` are the JSON pointers to mark, or their nearest parent that is there.
pub(super) fn lines(text: &str, pointers: &[&str]) -> Vec<Line> {
    // Parsing also bounds the depth, so that the printer cannot recurse without end.
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let marked = pointers.iter().filter_map(|pointer| nearest(&value, pointer)).collect();
            Printer { text, at: 0, marked, lines: Vec::new() }.printed()
        }
        Err(_) => text.split('\n').map(|line| Line { rest: line.into(), ..Line::default() }).collect(),
    }
}

/// The pointer, or the longest part of it that is there; `None` when it is no JSON pointer.
fn nearest<'a>(value: &Value, pointer: &'a str) -> Option<&'a str> {
    let mut pointer = pointer;
    while value.pointer(pointer).is_none() {
        pointer = pointer.rsplit_once('/')?.0;
    }
    Some(pointer)
}

/// Walks over text that is known to be JSON.
struct Printer<'a> {
    text: &'a str,
    at: usize,
    marked: Vec<&'a str>,
    lines: Vec<Line>,
}

impl<'a> Printer<'a> {
    fn printed(mut self) -> Vec<Line> {
        self.value("", "", 0);
        self.lines
    }

    fn value(&mut self, key: &str, path: &str, depth: usize) {
        match self.peek() {
            b'{' => self.container(key, path, depth, b'}'),
            b'[' => self.container(key, path, depth, b']'),
            _ => {
                let scalar = self.scalar();
                self.push(key, path, depth, scalar);
            }
        }
    }

    fn container(&mut self, key: &str, path: &str, depth: usize, close: u8) {
        let object = close == b'}';
        self.at += 1;
        if self.peek() == close {
            self.at += 1;
            return self.push(key, path, depth, if object { "{}" } else { "[]" });
        }
        self.push(key, path, depth, if object { "{" } else { "[" });
        for index in 0.. {
            let name = if object { self.member_name() } else { "" };
            let part = if object { unquoted(name) } else { index.to_string() };
            self.value(name, &format!("{path}/{part}"), depth + 1);
            if !self.comma() {
                break;
            }
        }
        self.at += 1;
        let end = Line { indent: "  ".repeat(depth), rest: char::from(close).into(), ..Line::default() };
        self.lines.push(end);
    }

    fn member_name(&mut self) -> &'a str {
        self.peek();
        let name = self.scalar();
        self.peek();
        self.at += 1;
        name
    }

    fn comma(&mut self) -> bool {
        let more = self.peek() == b',';
        if more {
            self.at += 1;
            self.lines.last_mut().into_iter().for_each(|line| line.rest.push(','));
        }
        more
    }

    fn push(&mut self, key: &str, path: &str, depth: usize, rest: &str) {
        let mark = self.marked.contains(&path);
        self.lines.push(Line { indent: "  ".repeat(depth), key: key.into(), rest: rest.into(), mark });
    }

    /// The next character that is not white space.
    fn peek(&mut self) -> u8 {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    /// A string with its quotes, a number or a word.
    fn scalar(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let length = match rest.strip_prefix('"') {
            Some(inside) => string_end(inside) + 2,
            None => rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len()),
        };
        self.at += length;
        &rest[..length]
    }
}

/// The offset of the quote that ends a string.
fn string_end(inside: &str) -> usize {
    let mut escaped = false;
    let end = inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or_default()
}

/// A member's name as a part of a JSON pointer.
fn unquoted(name: &str) -> String {
    pointer::escape(&serde_json::from_str::<String>(name).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str, pointers: &[&str]) -> String {
        let line = |line: Line| {
            let key = if line.key.is_empty() { String::new() } else { format!("{}: ", line.key) };
            format!("{}{}{key}{}", if line.mark { ">" } else { "" }, line.indent, line.rest)
        };
        lines(text, pointers).into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn json_is_indented_and_its_values_keep_their_spelling() {
        let text = r#" {"a":1e+20,"a":[ 1.0 ,{} , []],"q\"}":"x,]\\"} "#;
        let wanted = "{\n  \"a\": 1e+20,\n  \"a\": [\n    1.0,\n    {},\n    []\n  ],\n  \"q\\\"}\": \"x,]\\\\\"\n}";
        assert_eq!(printed(text, &[]), wanted);
    }

    #[test]
    fn the_line_of_a_pointer_is_marked_or_that_of_its_nearest_parent() {
        let text = r#"{"a/b":[{"c":1}]}"#;
        assert_eq!(printed(text, &["/a~1b/0/c"]), "{\n  \"a/b\": [\n    {\n>      \"c\": 1\n    }\n  ]\n}");
        assert_eq!(printed(text, &["/status"]).lines().next(), Some(">{"));
        assert!(!printed(text, &["header:Date"]).contains('>'));
    }

    #[test]
    fn what_is_not_json_or_nested_without_end_stays_as_it_came() {
        assert_eq!(printed("a=1\n<b>", &["/a"]), "a=1\n<b>");
        let deep = "[".repeat(100_000);
        assert_eq!(printed(&deep, &[]), deep);
        assert_eq!(lines(&format!("{deep}{}", "]".repeat(100_000)), &[]).len(), 1);
    }
}
