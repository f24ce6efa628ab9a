//! Small texts that everybody shows: characters that steer a terminal made visible, wrapping, shortening, numbers with nouns,
//! and the name that was meant.
//!
//! Deliberately not here: markup. XML and HTML are escaped by the writers of those formats, after [`visible`].

use std::borrow::Cow;

use crate::base::stretch;

/// Bytes as text, those that are not UTF-8 replaced. Nearly all are, which is seen much faster than it is repaired.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Shows what would steer a reader's terminal or is not allowed in XML and HTML, instead of obeying it.
///
/// Line breaks and tabs stay; control and bidirectional characters and Unicode's noncharacters become `\x1b` or `U+202E`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let (mut shown, mut kept) = (String::new(), 0);
    for (at, character) in steering(text) {
        shown.push_str(&text[kept..at]);
        let number = u32::from(character);
        shown.push_str(&if character.is_ascii() { format!("\\x{number:02x}") } else { format!("U+{number:04X}") });
        kept = at + character.len_utf8();
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[kept..]);
    Cow::Owned(shown)
}

/// The characters of a text that must not be shown as they are, and where they stand.
fn steering(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut from = 0;
    let next = move || {
        let at = from + stretch::first(&text.as_bytes()[from..], may_steer)?;
        let character = text[at..].chars().next()?;
        from = at + character.len_utf8();
        Some((at, character))
    };
    std::iter::from_fn(next).filter(|(_, character)| is_steering(*character))
}

/// Whether a character may begin with this byte that [`is_steering`] may be said of; most texts have hardly any.
fn may_steer(byte: u8) -> bool {
    let controls = (byte < b' ') & (byte != b'\t') & (byte != b'\n') | (byte == 0x7f);
    controls | (byte == 0xc2) | (byte == 0xd8) | (byte == 0xe2) | (byte >= 0xef)
}

/// Whether a character changes how what stands around it is shown, or is none.
pub(crate) fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        || matches!(c as u32, 0xFDD0..=0xFDEF)
        || c as u32 & 0xFFFE == 0xFFFE
}

/// The text in one line: [`visible`], with line breaks and tabs as spaces.
pub(crate) fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// At most `limit` characters, with a note of how many there are in all.
pub(crate) fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    // A text that has no more bytes has no more characters.
    let beyond = if text.len() > limit { text.char_indices().nth(limit) } else { None };
    match beyond {
        Some((cut, _)) => Cow::Owned(format!("{}… ({} characters in all)", &text[..cut], text.chars().count())),
        None => Cow::Borrowed(text),
    }
}

/// Truncates a text to at most `limit` bytes without cutting a character; says whether anything went.
pub(crate) fn truncate(text: &mut String, limit: usize) -> bool {
    let truncated = text.len() > limit;
    text.truncate(text.floor_char_boundary(limit));
    truncated
}

/// Breaks a text into lines of at most `width` characters, at spaces where there are some.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    text.split('\n').flat_map(|line| filled(line.split(' ').flat_map(|word| pieces(word, width)), width)).collect()
}

/// As [`wrapped`], as one text whose lines but the first are indented; words longer than a line stay whole.
pub(crate) fn indented(text: &str, width: usize, indent: usize) -> String {
    filled(text.split(' '), width.saturating_sub(indent)).join(&format!("\n{:indent$}", ""))
}

/// Fills lines of at most `width` characters with words.
pub(crate) fn filled<'w>(words: impl Iterator<Item = &'w str>, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in words {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines.push(line);
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

/// Why a text is no regular expression, in one line.
pub(crate) fn reason_of(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// A number with its noun, as `1 scenario` or `2 scenarios`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The parts with commas between them; `None` when there are none.
pub(crate) fn listed(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Names with commas between them, each marked as code.
pub(crate) fn code_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The first `most` of a list with commas between them, and how many more there are.
pub(crate) fn first_of<T: AsRef<str>>(items: &[T], most: usize) -> String {
    let shown = items.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The known name closest to the one given, if it is close enough to be a slip.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (likeness(&given.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// How alike two names are, from 0 to 1. One slip of a finger is a likeness in short names as well, where few letters are
/// left in their places.
fn likeness(given: &str, name: &str) -> f64 {
    let alike = strsim::jaro_winkler(given, name);
    let is_slip = given.chars().count() > 2 && strsim::damerau_levenshtein(given, name) == 1;
    if is_slip { alike.max(0.9) } else { alike }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_short_name_is_one() {
        let known = ["email", "otp", "push", "sms"];
        for (given, meant) in [("opt", Some("otp")), ("emial", Some("email")), ("fido2", None), ("to", None)] {
            assert_eq!(nearest(given, known), meant, "{given}");
        }
    }

    #[test]
    fn r08_r09_r19_control_and_bidi_characters_and_noncharacters_are_shown_not_obeyed() {
        assert_eq!(visible("a\x1b\u{fffe}\u{ffff}\u{fdd0}\u{1fffe}é"), "a\\x1bU+FFFEU+FFFFU+FDD0U+1FFFEé");
        assert_eq!(visible("a\x1b[31m\u{202e}b\x7f\u{9b}"), "a\\x1b[31mU+202Eb\\x7fU+009B");
        assert_eq!(visible("plain\n\t"), "plain\n\t");
        let steering = ('\0'..=char::MAX).filter(|character| is_steering(*character) && !"\n\t".contains(*character));
        for character in steering {
            assert_ne!(visible(&format!("é{character}✓")), format!("é{character}✓"), "{character:?}");
        }
    }

    #[test]
    fn a_text_is_wrapped_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
        assert_eq!(wrapped("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(indented("one two abcdefgh", 7, 2), "one\n  two\n  abcdefgh");
    }

    #[test]
    fn a_long_text_is_shortened_and_says_so() {
        assert_eq!(shortened("ééé", 3), "ééé");
        assert_eq!(shortened("éééé", 3), "ééé… (4 characters in all)");
        let mut text = "éé".to_owned();
        assert!(truncate(&mut text, 3) && text == "é" && !truncate(&mut text, 2));
    }

    #[test]
    fn a_list_says_how_many_it_leaves_out() {
        assert_eq!(first_of(&["a", "b"], 2), "a, b");
        assert_eq!(first_of(&["a", "b", "c"], 2), "a, b and 1 more");
    }
}
