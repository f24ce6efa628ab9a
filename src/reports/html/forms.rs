//! Markup as forms and what is filled into them: what accounts have in common stands once on the page.
//!
//! A line is taken apart at its numbers and ids. What is left is its form, which many accounts share, as most of what they
//! say differs in nothing else. The script puts the lines together again. Deliberately not here: what a line says, and where
//! the forms are written.

use std::fmt::Write as _;
use std::ops::Range;

use indexmap::IndexSet;

/// Where something is filled in: no text that was escaped holds this character, nor the next.
const GAP: char = '\u{1}';
/// What a line begins with that has no form.
const WHOLE: char = '\u{2}';

/// So many bytes of forms are known; lines that come later and have none of them stand as they are.
const ROOM: usize = 1024 * 1024;

/// From this length on, digits and the letters of hexadecimal are an id.
const ID: usize = 8;

/// The forms of all lines so far.
#[derive(Debug, Default)]
pub(super) struct Forms {
    known: IndexSet<String>,
    bytes: usize,
}

impl Forms {
    /// Adds an account, line by line: the number of a line's form, and what is filled into it.
    pub(super) fn take_apart(&mut self, account: &str, out: &mut String) {
        let (mut form, mut filled) = (String::new(), String::new());
        for (at, line) in account.split('\n').enumerate() {
            if at > 0 {
                out.push('\n');
            }
            form.clear();
            filled.clear();
            let mut kept = 0;
            for value in values(line) {
                form.push_str(&line[kept..value.start]);
                form.push(GAP);
                filled.push(GAP);
                filled.push_str(&line[value.clone()]);
                kept = value.end;
            }
            form.push_str(&line[kept..]);
            match self.number(&form) {
                Some(number) => {
                    let _fits_in_memory = write!(out, "{number}{filled}");
                }
                None => {
                    out.push(WHOLE);
                    out.push_str(line);
                }
            }
        }
    }

    /// The number of a form; a new one gets the next, as long as there is room.
    fn number(&mut self, form: &str) -> Option<usize> {
        if let Some(known) = self.known.get_index_of(form) {
            return Some(known);
        }
        self.bytes += form.len();
        (self.bytes <= ROOM).then(|| self.known.insert_full(form.to_owned()).0)
    }

    /// All forms, in the order of their numbers, one a line.
    pub(super) fn text(&self) -> String {
        self.known.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// Where the numbers and ids of a line stand.
fn values(line: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = line.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        // Both have a digit, and most of a line has none.
        let first = from + bytes[from..].iter().position(u8::is_ascii_digit)?;
        let before = bytes[from..first].iter().rev().take_while(|byte| is_of_id(**byte)).count();
        let hyphens = bytes[first - before..first].iter().take_while(|byte| **byte == b'-').count();
        let id = first - before + hyphens..first + count(&bytes[first..], is_of_id);
        let value =
            if id.len() >= ID { id } else { first..first + count(&bytes[first..], |byte| byte.is_ascii_digit()) };
        from = value.end;
        Some(value)
    })
}

/// How many bytes at the beginning are of a kind.
fn count(bytes: &[u8], is_of_kind: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_of_kind(**byte)).count()
}

fn is_of_id(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the script puts an account together.
    fn together(forms: &Forms, parts: &str) -> String {
        let line = |line: &str| {
            let Some(form) = line.split(GAP).next().filter(|form| !form.starts_with(WHOLE)) else {
                return line[1..].to_owned();
            };
            let mut values = line.split(GAP).skip(1);
            let form = &forms.known[form.parse::<usize>().expect("a number")];
            form.split(GAP).map(|part| part.to_owned() + values.next().unwrap_or_default()).collect()
        };
        parts.split('\n').map(line).collect::<Vec<String>>().join("\n")
    }

    #[test]
    fn lines_that_differ_in_numbers_and_ids_share_a_form_and_come_together_again() {
        let mut forms = Forms::default();
        let accounts = [
            "<p id=\"s-1\">8c8bd320-fcb1-4406-8649-eb5d78d5fb83 in 8.5 ms</p>\n<h5>a bad deed</h5>\n",
            "<p id=\"s-22\">00000000-aaaa-4406-8649-bbbbbbbbbbbb in 10.25 ms</p>\n<h5>a bad deed</h5>\n",
        ];
        for account in accounts {
            let mut parts = String::new();
            forms.take_apart(account, &mut parts);
            assert_eq!(together(&forms, &parts), account);
            assert!(parts.len() < account.len(), "{parts:?}");
        }
        assert_eq!(forms.known.len(), 3, "{:?}", forms.known);
    }

    #[test]
    fn a_line_for_whose_form_there_is_no_room_stands_as_it_is() {
        let mut forms = Forms { bytes: ROOM, ..Forms::default() };
        let mut parts = String::new();
        forms.take_apart("<p>1</p>", &mut parts);
        assert_eq!((together(&forms, &parts), forms.text()), ("<p>1</p>".to_owned(), String::new()));
    }
}
