//! Markup as forms and what is filled into them: what accounts have in common stands once on the page.
//!
//! A line is taken apart at its numbers and ids. What is left is its form, which many accounts share, as most of what they
//! say differs in nothing else. Of an account only what nobody can foresee is written: the numbers of forms that do not follow
//! each other, and values that it has not shown before. The script puts the lines together again. Deliberately not here: what a
//! line says, and where the forms are written.

use std::ops::Range;

use foldhash::fast::FixedState;
use indexmap::IndexSet;

use crate::base::stretch;

/// Where something is filled in: no text that was escaped holds this character, nor the next two.
const GAP: char = '\u{1}';
/// What a line begins with that has no form.
const WHOLE: char = '\u{2}';
/// What is filled in again: the number of a value that the account has shown before follows.
const AGAIN: char = '\u{3}';

/// So many bytes of forms are known; lines that come later and have none of them stand as they are.
const ROOM: usize = 1024 * 1024;

/// From this length on, digits, the letters of hexadecimal and what stands between numbers are an id.
const ID: usize = 8;

/// Values of this length and more are known again; a shorter one is hardly longer than its number.
const KNOWN: usize = 4;

/// The forms of all lines so far.
#[derive(Debug, Default)]
pub(super) struct Forms {
    known: IndexSet<String, FixedState>,
    bytes: usize,
}

impl Forms {
    /// Adds an account, line by line: the number of a line's form, and what is filled into it. The form that follows that of the
    /// line before needs no number.
    pub(super) fn take_apart(&mut self, account: &str, out: &mut String) {
        let (mut apart, mut shown, mut next) = (TakenApart::default(), Shown::default(), 0);
        let mut rest = Some(account);
        while let Some(lines) = rest {
            let known = shown.len();
            let line = apart.read(lines, &mut shown);
            match self.number(&apart.form, next) {
                Some(number) => {
                    if number != next {
                        push_number(out, number);
                    }
                    out.push_str(&apart.filled);
                    next = number + 1;
                }
                None => {
                    // Nobody can refer to what it shows.
                    shown.truncate(known);
                    out.push(WHOLE);
                    out.push_str(line);
                }
            }
            rest = lines.get(line.len() + 1..);
            out.push_str(if rest.is_some() { "\n" } else { "" });
        }
    }

    /// The number of a form, which is likely to be this one; a new form gets the next, as long as there is room.
    fn number(&mut self, form: &str, likely: usize) -> Option<usize> {
        if self.known.get_index(likely).is_some_and(|known| known == form) {
            return Some(likely);
        }
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

/// The values that an account has shown so far.
type Shown<'a> = IndexSet<&'a str, FixedState>;

/// A line as its form, and what is filled into that.
#[derive(Default)]
struct TakenApart {
    form: String,
    filled: String,
}

impl TakenApart {
    /// Takes the first line apart, and says which that is.
    fn read<'a>(&mut self, lines: &'a str, shown: &mut Shown<'a>) -> &'a str {
        self.form.clear();
        self.filled.clear();
        let mut kept = 0;
        loop {
            match next(lines.as_bytes(), kept) {
                Next::Value(value) => {
                    self.form.push_str(&lines[kept..value.start]);
                    self.form.push(GAP);
                    self.filled.push(GAP);
                    kept = value.end;
                    self.fill(&lines[value], shown);
                }
                Next::End(end) => {
                    self.form.push_str(&lines[kept..end]);
                    return &lines[..end];
                }
            }
        }
    }

    fn fill<'a>(&mut self, value: &'a str, shown: &mut Shown<'a>) {
        if value.len() >= KNOWN
            && let (number, false) = shown.insert_full(value)
        {
            self.filled.push(AGAIN);
            push_number(&mut self.filled, number);
        } else {
            self.filled.push_str(value);
        }
    }
}

fn push_number(out: &mut String, number: usize) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// What comes next in a line.
enum Next {
    /// A number or an id, which stands there.
    Value(Range<usize>),
    /// Nothing more: the line ends there.
    End(usize),
}

fn next(bytes: &[u8], from: usize) -> Next {
    // Numbers and ids have a digit, and most of a line has none.
    let digit = stretch::first(&bytes[from..], |byte| byte.is_ascii_digit() | (byte == b'\n'));
    let Some(first) = digit.map(|digit| from + digit) else { return Next::End(bytes.len()) };
    if bytes[first] == b'\n' {
        return Next::End(first);
    }
    let before = bytes[from..first].iter().rev().take_while(|byte| is_of_id(**byte)).count();
    let between = count(&bytes[first - before..first], is_between);
    let id = first - before + between..first + count(&bytes[first..], is_of_id);
    let number = first..first + count(&bytes[first..], |byte| byte.is_ascii_digit());
    Next::Value(if id.len() >= ID { id } else { number })
}

/// How many bytes at the beginning are of a kind.
fn count(bytes: &[u8], is_of_kind: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_of_kind(**byte)).count()
}

fn is_of_id(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f') || is_between(byte)
}

/// What stands between the parts of ids, dates, times and addresses.
fn is_between(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the script puts an account together.
    fn together(forms: &Forms, parts: &str) -> String {
        let (mut shown, mut next) = (Vec::new(), 0);
        let mut value = |text: &str| {
            if let Some(number) = text.strip_prefix(AGAIN) {
                let shown: &Vec<String> = &shown;
                return shown[number.parse::<usize>().expect("a number")].clone();
            }
            if text.len() >= KNOWN {
                shown.push(text.to_owned());
            }
            text.to_owned()
        };
        let line = |line: &str| {
            if let Some(whole) = line.strip_prefix(WHOLE) {
                return whole.to_owned();
            }
            let (number, _) = line.split_once(GAP).unwrap_or((line, ""));
            let number = number.parse().unwrap_or(next);
            next = number + 1;
            let mut values = line.split(GAP).skip(1);
            let part = |part: &str| part.to_owned() + &values.next().map(&mut value).unwrap_or_default();
            forms.known[number].split(GAP).map(part).collect()
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
    fn an_account_says_a_value_once_and_only_numbers_that_are_out_of_order() {
        let mut forms = Forms::default();
        let account = "<a>127.0.0.1:4578\n<b>127.0.0.1:4578 2026-11-28T03:08:09.404Z\n<i>-.12345678\n<b>12345678 8.0-9";
        let mut parts = String::new();
        forms.take_apart(account, &mut parts);
        let wanted = "\u{1}127.0.0.1:4578\n\u{1}\u{3}0\u{1}2026-11-28\u{1}03:08:09.404\n\u{1}12345678\n\u{1}\u{3}3\u{1}8\u{1}0\u{1}9";
        assert_eq!(parts, wanted);
        assert_eq!(together(&forms, &parts), account);
        let mut again = String::new();
        forms.take_apart("<i>-.1234567890\n<a>1234567890", &mut again);
        assert_eq!(again, "2\u{1}1234567890\n0\u{1}\u{3}0");
        assert_eq!(together(&forms, &again), "<i>-.1234567890\n<a>1234567890");
        let mut short = String::new();
        forms.take_apart("<a>100\n<a>1000\n<a>1000", &mut short);
        assert_eq!(short, "\u{1}100\n0\u{1}1000\n0\u{1}\u{3}0");
        assert_eq!(together(&forms, &short), "<a>100\n<a>1000\n<a>1000");
    }

    #[test]
    fn a_line_for_whose_form_there_is_no_room_stands_as_it_is() {
        let mut forms = Forms::default();
        forms.take_apart("<p>1", &mut String::new());
        forms.bytes = ROOM;
        let mut parts = String::new();
        let account = "<i>12345678</i>\n<p>12345678\n<p>12345678";
        forms.take_apart(account, &mut parts);
        assert_eq!(parts, "\u{2}<i>12345678</i>\n\u{1}12345678\n0\u{1}\u{3}0");
        assert_eq!((together(&forms, &parts), forms.text()), (account.to_owned(), "<p>\u{1}".to_owned()));
    }
}
