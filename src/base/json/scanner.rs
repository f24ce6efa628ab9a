//! A walk over the tokens of a JSON text, for what a parsed value no longer has: where in the text a place of the value is,
//! and how a number was written.
//!
//! The text need not be valid, as a walk also serves to say where it is not. Deliberately not here: values.

use std::ops::Range;

use crate::base::pointer;

/// Walks from token to token; the items are their ranges, white space and punctuation one byte each.
#[derive(Debug)]
pub struct Scanner<'t> {
    text: &'t [u8],
    next: usize,
    open: Vec<Container>,
}

/// An object or array that is open, and which of its values is next: where its key stands, or how many there were.
#[derive(Debug)]
enum Container {
    Object(Option<Range<usize>>),
    Array(usize),
}

impl<'t> Scanner<'t> {
    /// Begins at the beginning.
    pub fn new(text: &'t [u8]) -> Self {
        Self { text, next: 0, open: Vec::new() }
    }

    /// Where the next token begins, in bytes.
    pub fn offset(&self) -> usize {
        self.next
    }

    /// The JSON pointer of the value that has been reached.
    pub fn pointer(&self) -> String {
        let token = |container: &Container| match container {
            Container::Object(key) => {
                key.clone().and_then(|key| self.key(key)).map(|key| format!("/{}", pointer::escape(&key)))
            }
            Container::Array(index) => Some(format!("/{index}")),
        };
        self.open.iter().filter_map(token).collect()
    }

    /// What a key says; `None` where it is none.
    fn key(&self, token: Range<usize>) -> Option<String> {
        serde_json::from_slice(&self.text[token]).ok()
    }

    fn take(&mut self, token: Range<usize>) {
        match self.text[token.start] {
            b'{' => self.open.push(Container::Object(None)),
            b'[' => self.open.push(Container::Array(0)),
            b'}' | b']' => drop(self.open.pop()),
            b',' => self.next_value(),
            b'"' => self.string(token),
            _ => {}
        }
    }

    fn next_value(&mut self) {
        match self.open.last_mut() {
            Some(Container::Object(key)) => *key = None,
            Some(Container::Array(index)) => *index += 1,
            None => {}
        }
    }

    // The first string after `{` or `,` is the key; a later one is its value.
    fn string(&mut self, token: Range<usize>) {
        if let Some(Container::Object(key @ None)) = self.open.last_mut() {
            *key = Some(token);
        }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let text = self.text;
        let token = self.next..self.next + length(text.get(self.next..).filter(|rest| !rest.is_empty())?);
        self.take(token.clone());
        self.next = token.end;
        Some(token)
    }
}

/// The length of the token with which a text begins that is not empty.
fn length(text: &[u8]) -> usize {
    match text[0] {
        b'"' => {
            let mut at = 1;
            while at < text.len() && text[at] != b'"' {
                at += if text[at] == b'\\' { 2 } else { 1 };
            }
            (at + 1).min(text.len())
        }
        b'-' | b'0'..=b'9' => {
            let is_part = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
            text.iter().take_while(is_part).count()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_met_once_and_at_its_place() {
        let text = r#"{"a/b": [1, "],\"", {}], "c": -2.5e3}"#;
        let mut scanner = Scanner::new(text.as_bytes());
        let mut seen = Vec::new();
        while let Some(token) = scanner.next() {
            if matches!(text.as_bytes()[token.start], b'-' | b'0'..=b'9' | b'"') {
                seen.push(format!("{} {}", scanner.pointer(), &text[token]));
            }
        }
        let wanted = ["/a~1b \"a/b\"", "/a~1b/0 1", "/a~1b/1 \"],\\\"\"", "/c \"c\"", "/c -2.5e3"];
        assert_eq!(seen, wanted);
        assert_eq!(scanner.offset(), text.len());
    }

    #[test]
    fn text_that_is_no_json_is_walked_over_to_its_end() {
        for text in ["", "\"", "\"\\", "]", "{\"a\":", "{\"\\ud800\":1", "\u{fffd}", "--1e+"] {
            assert_eq!(Scanner::new(text.as_bytes()).last().map_or(0, |token| token.end), text.len(), "{text}");
        }
    }
}
