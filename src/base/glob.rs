//! Patterns in which `*` stands for any text and `?` for one character; everything else stands for itself.
//!
//! Deliberately not here: paths. A `/` is a character as any other.

/// Whether a pattern covers the whole of a text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The last star met: what follows it in the pattern, and how much of the text it has not taken.
    let mut star = None;
    while t < text.len() {
        match (pattern.get(p), star) {
            (Some('*'), _) => {
                star = Some((p + 1, t));
                p += 1;
            }
            (Some(&wanted), _) if wanted == '?' || wanted == text[t] => (p, t) = (p + 1, t + 1),
            (_, Some((after, from))) => {
                star = Some((after, from + 1));
                (p, t) = (after, from + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("a*", "a"),
            ("a*c", "abcbc"),
            ("*/b?", "x/y/bé"),
            ("**a**", "a"),
            ("a*b*c", "a-b-b-c"),
            ("* 500", "x 500"),
            ("flow * -> *D", "flow A x -> FAILED"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("?", ""),
            ("a", "A"),
            ("a*c", "abcb"),
            ("a?c", "ac"),
            ("a.c", "abc"),
            ("* 500", "x 5000"),
            ("a*a", "a"),
            ("a*b*c", "a c"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
