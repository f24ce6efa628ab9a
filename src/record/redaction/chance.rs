//! Whether a short value stands in a text by chance: as a part of a date, a time, an id, an address or a longer number. A year
//! is in every `Date`, and four digits are soon the port or the order that somebody else has.
//!
//! Deliberately not here: what becomes of that. Redaction hides such a value all the same; only `secret-echo` accuses nobody
//! of it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Values shorter than this are found in what other people write every day.
pub(super) const SHORT: usize = 6;

/// Dates in words: RFC 9110 section 5.6.7, RFC 5322, and as people write them; and years of a copyright.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let month = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
    let (time, day) = (r"\d{1,2}:\d{2}(?::\d{2})?", r"\d{1,2}(?:st|nd|rd|th)?\.?");
    pattern(&format!(
        r"(?i)\b{day}[ -]{month}\.?,?[ -]\d{{2,4}}(?: {time})?|\b{month}\.? +{day},? (?:{time} )?\d{{4}}|\b{month} \d{{4}}|(?:©|\(c\)|copyright) ?\d{{4}}"
    ))
});
static UUID: LazyLock<Regex> =
    LazyLock::new(|| pattern("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"));
/// What is measured or counted.
static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^ ?(?:ms|s|secs?|seconds?|minutes?|hours?|days?|[kKMG]?i?B|bytes?|EUR|USD|€|%)(?:\W|$)")
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a literal pattern")
}

/// Whether what stands here is only a part of something else.
pub(super) fn is_by_chance(text: &str, found: Range<usize>) -> bool {
    let near = text.floor_char_boundary(found.start.saturating_sub(48))..text.ceil_char_boundary(found.end + 48);
    let (near, found) = (&text[near.clone()], found.start - near.start..found.end - near.start);
    is_within(&DATE, near, &found)
        || is_within(&UUID, near, &found)
        || is_in_number(near, &found)
        || (found.len() < SHORT && (is_in_id(near, &found) || is_in_address(near, &found) || is_counted(near, &found)))
}

fn is_within(pattern: &Regex, text: &str, found: &Range<usize>) -> bool {
    pattern.find_iter(text).any(|whole| whole.start() <= found.start && found.end <= whole.end())
}

/// A time, an address of the internet, a version, a telephone number: digits that only signs divide.
fn is_in_number(text: &str, found: &Range<usize>) -> bool {
    let whole = joined(text, found, "-:.,+/TZ");
    whole.len() > found.len() && text[whole].chars().any(|sign| !sign.is_ascii_digit() && sign != 'T' && sign != 'Z')
}

/// The digits and signs around, as far as they reach, without signs at the ends.
fn joined(text: &str, found: &Range<usize>, signs: &str) -> Range<usize> {
    let is_part = |sign: char| sign.is_ascii_digit() || signs.contains(sign);
    if !text[found.clone()].bytes().all(|byte| byte.is_ascii_digit()) {
        return found.clone();
    }
    let start = found.start - ending(&text[..found.start], is_part).trim_start_matches(is_sign).len();
    let end = found.end + beginning(&text[found.end..], is_part).trim_end_matches(is_sign).len();
    start..end
}

fn is_sign(sign: char) -> bool {
    !sign.is_ascii_digit()
}

/// The last characters of a text that are of one kind.
fn ending(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    text.rfind(|sign| !is_part(sign))
        .map_or(text, |at| &text[at + text[at..].chars().next().map_or(1, char::len_utf8)..])
}

/// The first characters of a text that are of one kind.
fn beginning(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|sign| !is_part(sign)).unwrap_or(text.len())]
}

/// One of several parts, such as `4711` of `inv-4711-b`; not where the part before says what it is (`pin-4711`).
fn is_in_id(text: &str, found: &Range<usize>) -> bool {
    let joins = |sign: char| "-_.".contains(sign);
    let (before, after) = (&text[..found.start], &text[found.end..]);
    let first = before.strip_suffix(joins).map(|before| ending(before, char::is_alphanumeric)).unwrap_or_default();
    let next = after.strip_prefix(joins).map(|after| beginning(after, char::is_alphanumeric)).unwrap_or_default();
    (!first.is_empty() && !super::names::is_secret(first)) || !next.is_empty()
}

/// A port, or a segment of a path.
fn is_in_address(text: &str, found: &Range<usize>) -> bool {
    let (before, after) = (&text[..found.start], &text[found.end..]);
    let ends = after.is_empty() || after.starts_with(['/', '?', '#', '"', '\'', '>', ' ', ',', ';', '\n']);
    let host =
        before.strip_suffix(':').map(|before| ending(before, |sign| !sign.is_whitespace() && !"\"'=<>".contains(sign)));
    let is_port = host.is_some_and(|host| host.contains("//") || host.contains('.') || host.ends_with("localhost"));
    ends && (is_port || before.ends_with('/'))
}

/// What has a unit, a currency or the sign of numbers beside it, or is the last group of a longer number.
fn is_counted(text: &str, found: &Range<usize>) -> bool {
    let before = &text[..found.start];
    let group = before.strip_suffix(' ').map(|before| ending(before, |sign| !sign.is_whitespace())).unwrap_or_default();
    let is_group = group.ends_with(|sign: char| sign.is_ascii_digit())
        && group.chars().all(|sign| "+()".contains(sign) || sign.is_ascii_digit());
    UNIT.is_match(&text[found.end..]) || before.ends_with(['$', '€', '#']) || is_group
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_chance(text: &str, value: &str) -> bool {
        let at = text.find(value).expect("it is there");
        is_by_chance(text, at..at + value.len())
    }

    /// reported/26: a year in `Date` and in a time, and the siblings of that.
    #[test]
    fn a_short_value_that_is_a_part_of_something_else_stands_there_by_chance() {
        for (text, value) in [
            ("Wed, 04 Mar 2026 05:06:07 GMT", "2026"),
            ("Wednesday, 04-Mar-26 05:06:07 GMT", "26"),
            ("Wed Mar  4 05:06:07 2026", "2026"),
            ("2026-03-04T05:06:07Z", "2026"),
            ("on March 4, 2026", "2026"),
            ("© 2026 Example", "2026"),
            ("2026/03/04", "2026"),
            ("https://h.example:8443/a", "8443"),
            ("localhost:8443", "8443"),
            ("10.0.0.1:8443", "8443"),
            ("/orders/4711", "4711"),
            ("https://h/orders/4711?x=1", "4711"),
            ("inv-4711", "4711"),
            ("W/\"4711-a1\"", "4711"),
            ("6b7a5e0c-8f6e-4b57-9f0e-0d7f6a1c2b3d", "8f6e"),
            ("+49 30 4711", "4711"),
            ("12.4711", "4711"),
            ("took 4711 ms", "4711"),
            ("order #4711", "4711"),
        ] {
            assert!(is_chance(text, value), "{value} in {text}");
        }
    }

    #[test]
    fn a_value_that_is_said_is_no_chance() {
        for (text, value) in [
            ("PIN 4711 is wrong", "4711"),
            ("PIN 4711.", "4711"),
            ("4711", "4711"),
            ("pin=4711&x=1", "4711"),
            ("pin:4711", "4711"),
            ("pin-4711", "4711"),
            ("\"4711\"", "4711"),
            ("wrong: 482913", "482913"),
            ("you sent 2026, which is wrong", "2026"),
            ("user hunter2-x", "hunter2"),
        ] {
            assert!(!is_chance(text, value), "{value} in {text}");
        }
    }
}
