//! Header fields that are lists (RFC 9110, section 5.6.1): taken apart at their commas, but not inside quotation marks.
//!
//! Deliberately not here: what the elements mean.

/// The elements of a list, without the blanks around them; empty ones count for nothing.
pub(crate) fn elements(list: &str) -> Vec<&str> {
    parts(list, ',').into_iter().filter(|element| !element.is_empty()).collect()
}

/// What stands between separators outside of quotation marks, without the blanks around it.
pub(crate) fn parts(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in outside_quotes(text, separator) {
        parts.push(trimmed(&text[start..at]));
        start = at + separator.len_utf8();
    }
    parts.push(trimmed(&text[start..]));
    parts
}

/// Where a character stands outside of quotation marks; one mark that is never closed quotes nothing.
fn outside_quotes(text: &str, wanted: char) -> Vec<usize> {
    let (mut found, mut within) = (Vec::new(), Vec::new());
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if quoted => {
                quoted = false;
                within.clear();
            }
            '"' => quoted = true,
            _ if character != wanted => {}
            _ if quoted => within.push(at),
            _ => found.push(at),
        }
    }
    found.extend(within);
    found
}

/// A text without the blanks that HTTP lets stand around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_taken_apart_at_its_commas_whatever_the_blanks() {
        assert_eq!(elements("a,b ,\tc"), ["a", "b", "c"]);
        assert_eq!(elements(", a,, b,"), ["a", "b"]);
        assert!(elements(" ").is_empty());
    }

    #[test]
    fn a_comma_inside_quotation_marks_does_not_end_an_element() {
        assert_eq!(elements(r#""a,b", "c\",d", e"#), [r#""a,b""#, r#""c\",d""#, "e"]);
        assert_eq!(elements(r#"5" pipe, b"#), [r#"5" pipe"#, "b"]);
    }
}
