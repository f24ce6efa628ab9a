//! Keeps redacted JSON valid: where in the text a secret stands, inside a string or bare, as a number does.
//!
//! Deliberately not here: parsing. A text that was no JSON to begin with is redacted all the same.

use std::ops::Range;

/// The text with every mark in quotes that stands outside of a JSON string, so that what was JSON before is JSON again.
pub(crate) fn quote_bare_marks(text: &str) -> String {
    let (mut quoted, mut inside, mut escaped) = (String::with_capacity(text.len() + 16), false, false);
    for character in text.chars() {
        match character {
            '"' if !escaped => inside = !inside,
            '‹' if !inside => quoted.push('"'),
            _ => {}
        }
        escaped = inside && character == '\\' && !escaped;
        quoted.push(character);
        if character == '›' && !inside {
            quoted.push('"');
        }
    }
    quoted
}

/// How a hit must be replaced.
pub(super) enum HitKind {
    /// Inside a string: as it is.
    Inside(Range<usize>),
    /// As a value or a part of one: the whole value by a string.
    Bare(Range<usize>),
}

/// Where the strings of a text end; what was read of one is not read again for the next hit in it.
#[derive(Default)]
pub(super) struct StringEnds(Range<usize>);

impl StringEnds {
    /// As much of a range as stands before the end of the string in which it begins.
    pub(super) fn within(&mut self, text: &str, range: Range<usize>) -> Range<usize> {
        if !self.0.contains(&range.start) {
            self.0 = range.start..string_end(text, range.start);
        }
        range.start..range.end.min(self.0.end)
    }
}

/// The next quote that is not escaped, or the end of the text.
fn string_end(text: &str, from: usize) -> usize {
    let mut escaped = false;
    let ends = text.as_bytes()[from..].iter().position(|byte| {
        let is_end = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        is_end
    });
    ends.map_or(text.len(), |length| from + length)
}

/// How far a text has been read; hits come from the left to the right.
#[derive(Default)]
pub(super) struct JsonScanner {
    at: usize,
    in_string: bool,
    escaped: bool,
}

impl JsonScanner {
    /// Reads on to a hit and says how it must be replaced.
    pub(super) fn at(&mut self, text: &str, hit: Range<usize>) -> HitKind {
        self.read(&text.as_bytes()[self.at..hit.start.max(self.at)]);
        // An escape is replaced with what follows it, or the backslash would escape the mark.
        let start = if self.escaped { hit.start - 1 } else { hit.start };
        let kind = if self.in_string { HitKind::Inside(start..hit.end) } else { bare(text, hit.clone()) };
        self.read(&text.as_bytes()[hit.start.max(self.at)..hit.end.max(self.at)]);
        kind
    }

    fn read(&mut self, bytes: &[u8]) {
        self.at += bytes.len();
        for byte in bytes {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ => {}
            }
        }
    }
}

/// The number that the hit is a part of; something that is neither number nor string is not JSON, and left to itself.
fn bare(text: &str, hit: Range<usize>) -> HitKind {
    let is_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let bytes = text.as_bytes();
    if !bytes[hit.clone()].iter().all(is_number) {
        return HitKind::Inside(hit);
    }
    let before = bytes[..hit.start].iter().rev().take_while(|byte| is_number(byte)).count();
    let after = bytes[hit.end..].iter().take_while(|byte| is_number(byte)).count();
    HitKind::Bare(hit.start - before..hit.end + after)
}
