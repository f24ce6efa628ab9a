//! A body as lines to read: JSON re-indented, everything else as it came, with the lines that findings point at marked.
//!
//! The text of every value stays as it was sent: numbers keep their spelling and equal keys stay, which a parsed value
//! would lose. Deliberately not here: what stands around a body.

use maud::{Markup, PreEscaped, Render, html};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::base::json::Scanner;

/// What is nested so deep is not indented; `serde_json` reads no deeper either.
const DEPTH: usize = 128;

/// The lines of a body; `pointers` are the JSON pointers to mark, or their nearest parent that is there.
pub(super) fn lines(text: &str, pointers: &[&str]) -> Markup {
    let lines = marked(text, pointers).and_then(|marked| indented(text, &marked));
    lines.unwrap_or_else(|| as_it_came(text))
}

fn as_it_came(text: &str) -> Markup {
    html! { @for line in text.split('\n') { (line) "\n" } }
}

/// The places to mark in a text; `None` where it is no JSON. Values are only read where something is
/// to be marked, which is seldom.
fn marked<'a>(text: &str, pointers: &[&'a str]) -> Option<Vec<&'a str>> {
    if pointers.is_empty() {
        return serde_json::from_str::<IgnoredAny>(text).ok().map(|_| Vec::new());
    }
    let value: Value = serde_json::from_str(text).ok()?;
    Some(pointers.iter().filter_map(|pointer| nearest(&value, pointer)).collect())
}

/// The pointer, or the longest part of it that is there; `None` when it is no JSON pointer.
fn nearest<'a>(value: &Value, pointer: &'a str) -> Option<&'a str> {
    let mut pointer = pointer;
    while value.pointer(pointer).is_none() {
        pointer = pointer.rsplit_once('/')?.0;
    }
    Some(pointer)
}

/// The lines of a text that is known to be JSON, one for each member, entry and closing bracket; `None` where it is nested
/// too deep to be read.
fn indented(text: &str, marked: &[&str]) -> Option<Markup> {
    let (mut lines, mut depth, mut previous) = (Lines::with_room_for(text), 0, "");
    let mut tokens = Scanner::new(text.as_bytes());
    // Where a token stands is only asked where something is to be marked: most bodies are marked nowhere.
    let pointer = |tokens: &Scanner<'_>| if marked.is_empty() { String::new() } else { tokens.pointer() };
    loop {
        let before = pointer(&tokens);
        let Some(token) = tokens.next().map(|place| &text[place]) else { return Some(lines.finish()) };
        let (opens, closes) = (matches!(token, "{" | "["), matches!(token, "}" | "]"));
        if token.trim_ascii().is_empty() {
            continue;
        }
        depth -= usize::from(closes);
        // Brackets with nothing between them share a line.
        if previous == "," || matches!(previous, "{" | "[") != closes {
            lines.begin(depth);
        }
        depth += usize::from(opens);
        if depth >= DEPTH {
            return None;
        }
        match token {
            ":" => lines.text.push_str(": "),
            _ if is_name(token, &text[tokens.offset()..]) => lines.name(token),
            _ => lines.push(token),
        }
        // An opening bracket is the value itself; behind it the scanner has reached the first value inside.
        let here = if opens { before } else { pointer(&tokens) };
        lines.mark |= !closes && !matches!(token, ":" | ",") && marked.contains(&here.as_str());
        previous = token;
    }
}

/// Whether a token is the name of a member: a colon comes next.
fn is_name(token: &str, rest: &str) -> bool {
    token.starts_with('"') && rest.trim_ascii_start().starts_with(':')
}

/// Lines while they are being written, the last of which may still be marked.
struct Lines {
    text: String,
    /// Where the last line begins.
    last: usize,
    /// Whether a finding points at it.
    mark: bool,
}

impl Lines {
    fn with_room_for(text: &str) -> Self {
        Self { text: String::with_capacity(3 * text.len()), last: 0, mark: false }
    }

    /// Begins the next line, nested so deep.
    fn begin(&mut self, depth: usize) {
        self.end();
        self.text.extend(std::iter::repeat_n("  ", depth));
    }

    fn name(&mut self, token: &str) {
        self.text.push_str("<b>");
        self.push(token);
        self.text.push_str("</b>");
    }

    /// Adds a token, which is mostly a text without anything to escape, or no text.
    fn push(&mut self, token: &str) {
        match token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inside) if !inside.bytes().any(is_escaped) => {
                ["&quot;", inside, "&quot;"].iter().for_each(|part| self.text.push_str(part));
            }
            _ => token.render_to(&mut self.text),
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.mark) {
            let line = PreEscaped(self.text.split_off(self.last));
            html! { mark { span.unseen { "a finding points here: " } (line) "\n" } }.render_to(&mut self.text);
        } else {
            self.text.push('\n');
        }
        self.last = self.text.len();
    }

    fn finish(mut self) -> Markup {
        self.end();
        PreEscaped(self.text)
    }
}

/// Whether HTML may read something else than text in this byte.
fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str, pointers: &[&str]) -> String {
        let markup =
            lines(text, pointers).0.replace("<mark><span class=\"unseen\">a finding points here: </span>", ">");
        let read = ["</mark>", "<b>", "</b>"].iter().fold(markup, |text, tag| text.replace(tag, ""));
        read.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").trim_end().to_owned()
    }

    #[test]
    fn json_is_indented_and_its_values_keep_their_spelling() {
        let text = r#" {"a":1e+20,"a":[ 1.0 ,{} , []],"q\"}":"x,]\\"} "#;
        let wanted = "{\n  \"a\": 1e+20,\n  \"a\": [\n    1.0,\n    {},\n    []\n  ],\n  \"q\\\"}\": \"x,]\\\\\"\n}";
        assert_eq!(printed(text, &[]), wanted);
    }

    #[test]
    fn every_token_is_escaped_wherever_it_stands() {
        let text = r#"{"<&>":["<b>\"",1e5]}"#;
        let wanted = "{\n  <b>&quot;&lt;&amp;&gt;&quot;</b>: [\n    &quot;&lt;b&gt;\\&quot;&quot;,\n    1e5\n  ]\n}\n";
        assert_eq!(lines(text, &[]).0, wanted);
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
        assert_eq!(printed(&format!("{deep}{}", "]".repeat(100_000)), &[]).lines().count(), 1);
    }
}
