//! Marks that stand where a secret stood: our own, and those that recorders and log filters write.
//!
//! A mark is neither a secret nor a value: nothing is learned from it, and nothing is asked of it.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// What masks say, between brackets of any kind or at the end of a text in square ones.
const WORDS: &[&str] = &[
    "censored",
    "filtered",
    "hidden",
    "masked",
    "obfuscated",
    "omitted",
    "redacted",
    "removed",
    "sanitized",
    "scrubbed",
    "secret",
    "stripped",
];

/// Signs of which masks are made.
const SIGNS: &str = "*•●█";

/// What every mask has one of, or an escape in its place: most texts have none, and need not be taken apart.
static TRAITS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let signs = SIGNS.chars().chain(['‹', '%']).map(String::from);
    let traits: Vec<String> = WORDS.iter().copied().map(str::to_owned).chain(signs).collect();
    let builder = AhoCorasick::builder().ascii_case_insensitive(true).build(traits);
    builder.expect("literal words build an automaton")
});

/// The marks of what is known by its looks; what is known by its value has a number.
pub(super) const TOKEN: &str = "‹token›";
/// The mark of a user and password.
pub(super) const CREDENTIALS: &str = "‹credentials›";
/// The mark of a value whose name says that it is secret.
pub(crate) const SECRET: &str = "‹secret›";

/// Whether a text holds what redaction leaves behind: a mark such as `‹otp#1›`, or a length such as `‹17 bytes›`.
pub fn is_marked(text: &str) -> bool {
    let marks = text.split('‹').skip(1).filter_map(|rest| rest.split_once('›'));
    marks.into_iter().any(|(inside, _)| is_inside_of_mark(inside))
}

fn is_inside_of_mark(inside: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    [TOKEN, CREDENTIALS, SECRET].iter().any(|mark| mark.trim_matches(['‹', '›']) == inside)
        || inside.rsplit_once('#').is_some_and(|(name, number)| !name.is_empty() && is_number(number))
        || inside.strip_suffix(" bytes").is_some_and(is_number)
}

/// Whether a text, or a value in it, is a mark of ours or of another tool.
pub fn is_masked(text: &str) -> bool {
    TRAITS.is_match(text) && (is_marked(text) || text.split(['"', '\'', '=', '&', ';', ',']).any(is_mask))
}

/// Whether a value is nothing but a mask, such as `[Filtered]`, `<redacted>`, `***` or `‹otp#1›`, perhaps after the name of a
/// scheme, perhaps percent-encoded.
pub(super) fn is_mask(value: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(value.trim()).decode_utf8_lossy();
    let after_scheme = decoded.split_once(' ').filter(|(scheme, _)| scheme.chars().all(char::is_alphanumeric));
    [Some(&*decoded), after_scheme.map(|(_, rest)| rest.trim())].into_iter().flatten().any(is_bare_mask)
}

fn is_bare_mask(value: &str) -> bool {
    let is_one_sign = |sign: char| value.chars().all(|other| other == sign) && value.chars().count() >= 3;
    SIGNS.chars().any(is_one_sign) || is_worded(value) || (value.starts_with('‹') && is_marked(value))
}

/// A word of masks between brackets: `[Filtered]`, `<redacted>`, `__MASKED__`, `[password redacted]`, or in capitals alone.
fn is_worded(value: &str) -> bool {
    let inside = value.trim_matches(['[', ']', '<', '>', '{', '}', '(', ')', '*', '_', '-']);
    let last = inside.rsplit(' ').next().unwrap_or(inside);
    let is_bracketed = inside.len() < value.len() && (inside == last || value.ends_with(']'));
    let is_known = || WORDS.iter().any(|word| last.eq_ignore_ascii_case(word));
    (is_bracketed || value == "REDACTED" || value == "FILTERED") && is_known()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// recordings/01: masks of schemathesis and others.
    #[test]
    fn masks_of_other_tools_and_our_own_are_told_from_values() {
        let masks = ["[Filtered]", "[REDACTED]", "***", "<redacted>", "********", "‹otp#1›", "REDACTED", "‹17 bytes›"];
        let more = ["Bearer [Filtered]", "%5BFiltered%5D", "[Set-Cookie redacted]", "(hidden)", "__MASKED__", "•••••"];
        for mask in masks.into_iter().chain(more) {
            assert!(is_mask(mask), "{mask}");
        }
        for value in
            ["a***@example.com", "***-1234", "redacted", "**", "[1]", "", "hidden", "‹x›", "the [redacted] text"]
        {
            assert!(!is_mask(value), "{value}");
        }
    }

    #[test]
    fn a_text_is_masked_where_a_value_in_it_is() {
        for text in
            ["\"[Filtered]\"", "sid=[Filtered]; Path=/", "{\"a\":\"***\",\"b\":1}", "/a?code=%5BFiltered%5D&b=1"]
        {
            assert!(is_masked(text), "{text}");
        }
        assert!(!is_masked("{\"email\":\"a***@example.com\"}"));
    }
}
