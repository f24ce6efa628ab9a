//! Small texts that reports share: values made inert, wrapping, durations, numbers with nouns.
//!
//! Deliberately not here: markup. XML and HTML are escaped by the writers of those formats, after [`visible`].

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::base::source::escape_controls;

/// Shows what would steer a reader's terminal or is not allowed in XML and HTML, instead of obeying it.
///
/// Line breaks and tabs stay; control and bidirectional characters and Unicode's noncharacters become `\x1b` or `U+FFFE`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Cow::Borrowed(text);
    }
    let mut shown = escape_controls(text);
    if shown.chars().any(is_noncharacter) {
        shown = shown.chars().fold(String::with_capacity(shown.len()), |mut shown, c| {
            if is_noncharacter(c) {
                shown.push_str(&format!("U+{:04X}", c as u32))
            } else {
                shown.push(c)
            }
            shown
        });
    }
    Cow::Owned(shown)
}

fn is_noncharacter(c: char) -> bool {
    matches!(c as u32, 0xFDD0..=0xFDEF) || c as u32 & 0xFFFE == 0xFFFE
}

/// The text in one line: [`visible`], with line breaks and tabs as spaces.
pub fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// At most `limit` characters, with a note of how many were left out.
pub fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        Some((cut, _)) => Cow::Owned(format!("{}… ({} characters in all)", &text[..cut], text.chars().count())),
        None => Cow::Borrowed(text),
    }
}

/// Breaks a text into lines of at most `width` characters, at spaces where there are some.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| wrapped_line(line, width.max(1))).collect()
}

fn wrapped_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split(' ').flat_map(|word| pieces(word, width)) {
        let length = word.chars().count();
        let last = lines.last_mut().expect("there is always a line");
        if used == 0 {
            last.push_str(word);
            used = length;
        } else if used + 1 + length <= width {
            last.push(' ');
            last.push_str(word);
            used += 1 + length;
        } else {
            lines.push(word.to_owned());
            used = length;
        }
    }
    lines
}

/// A word cut into pieces that fit.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some((cut, _)) = rest.char_indices().nth(width) {
        pieces.push(&rest[..cut]);
        rest = &rest[cut..];
    }
    pieces.push(rest);
    pieces
}

/// A duration in microseconds, as people say it: `840 µs`, `12 ms`, `1.24 s`, `2 m 05 s`.
pub fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", us / 1_000),
        1_000_000..60_000_000 => format!("{:.2} s", us as f64 / 1e6),
        _ => format!("{} m {:02} s", us / 60_000_000, us / 1_000_000 % 60),
    }
}

/// A moment, as people say it.
pub fn moment(at: &DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M:%S UTC").to_string()
}

/// A number with its noun, as `1 scenario` or `2 scenarios`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The parts with commas between them; `None` when there are none.
pub fn listed(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A status code with its standard phrase, as `404 Not Found`.
pub fn status(code: u16) -> String {
    match http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()) {
        Some(phrase) => format!("{code} {phrase}"),
        None => code.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r08_r09_control_characters_and_noncharacters_are_shown() {
        assert_eq!(visible("a\x1b\u{fffe}\u{ffff}\u{fdd0}\u{1fffe}é"), "a\\x1bU+FFFEU+FFFFU+FDD0U+1FFFEé");
        assert_eq!(visible("plain\n\t"), "plain\n\t");
    }

    #[test]
    fn a_text_is_wrapped_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
        assert_eq!(wrapped("a\n\nb", 9), ["a", "", "b"]);
    }

    #[test]
    fn durations_are_given_in_the_unit_that_people_would_choose() {
        let given = [0, 999, 1_000, 12_345, 1_240_000, 125_000_000].map(duration);
        assert_eq!(given, ["0 µs", "999 µs", "1.0 ms", "12 ms", "1.24 s", "2 m 05 s"]);
    }

    #[test]
    fn a_long_text_is_shortened_and_says_so() {
        assert_eq!(shortened("ééé", 3), "ééé");
        assert_eq!(shortened("éééé", 3), "ééé… (4 characters in all)");
    }
}
