//! Patterns as ECMA-262 means them, the dialect that OpenAPI names; checks and audit read them here.
//!
//! `regress` decides what is a pattern: first with the flag `u`, as JSON Schema asks, else as browsers read it, unless it
//! then says something that nobody means (`{1-70}`, `\A`). A pattern without look-around in its middle is run by `regex`,
//! which takes time in proportion to the text; the others are run by `regress`, unless they could take for ever.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema_regex::{split_leading_lookaheads, to_rust_regex};
use regex::{Regex, RegexBuilder};

use crate::base::sync::LockAnyway;

/// A compiled pattern. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pattern(Arc<Engine>);

#[derive(Debug)]
enum Engine {
    /// All of these must, or must not, match.
    Linear(Vec<(bool, Regex)>),
    Backtracking(Box<regress::Regex>),
}

/// Why a text is no pattern, or none that can be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// ECMA-262 does not know it.
    #[error("it is no pattern of ECMA-262: {0}")]
    Syntax(String),
    /// Only old browsers read it, and not as it is meant.
    #[error("`{0}` means nothing in a pattern of ECMA-262")]
    Meaningless(String),
    /// It has repetitions of repetitions, or of alternatives that begin alike, beside what only a backtracking engine can do.
    #[error(
        "a repetition of repetitions or of like alternatives, beside a look-around or back reference, may take for ever"
    )]
    Explosive,
}

/// What is compiled to more than this is left to the other engine.
const SIZE: usize = 1 << 20;

/// What looks alike in both dialects and is not, or exists in one only. The first are the letters but those of `dDwWsSnrtfvxu`.
static PECULIAR: LazyLock<Regex> = LazyLock::new(|| {
    literal(r"\\(?:[0-9A-CE-RT-VX-Z_a-ceg-mo-qyz<>]|[^\x00-\x7f]|[xu]\{)|\(\?(?:[^:<]|<[=!])|\[\^?\]")
});

/// Escapes, classes and braces: what may be mistaken for something of another dialect.
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| literal(r"(?s)\\.|\[(?:\\.|[^\]\\])*\]|\{[0-9]+(?:,[0-9]*)?\}|\{[0-9,]"));

/// Groups, alternatives, and repetitions without end.
static LOOP: LazyLock<Regex> =
    LazyLock::new(|| literal(r"(?s)\\.|\[(?:\\.|[^\]\\])*\]|\(|\)(?:[*+]|\{[0-9]+,\})?|[*+]|\{[0-9]+,\}|\|"));

/// What stands for one character.
static FIRST: LazyLock<Regex> =
    LazyLock::new(|| literal(r"^(?s:\\[dDwWsSnrtfv\W]|\[(?:\\.|[^\]\\])*\]|[^\\\[()|*+?{}^$])"));

fn literal(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a literal pattern")
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When ECMA-262 has no such pattern, or it could take for ever.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let compiled = ecma(text)?;
        match linear(text) {
            Some(parts) => Ok(Self(Arc::new(Engine::Linear(parts)))),
            None if explodes(text) => Err(PatternError::Explosive),
            None => Ok(Self(Arc::new(Engine::Backtracking(Box::new(compiled))))),
        }
    }

    /// Whether it is found anywhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        match &*self.0 {
            Engine::Linear(parts) => parts.iter().all(|(wanted, part)| part.is_match(text) == *wanted),
            Engine::Backtracking(pattern) => pattern.find(text).is_some(),
        }
    }
}

/// The patterns that were compiled before: one text stands in many schemas.
#[derive(Debug, Default)]
pub(super) struct Patterns(Mutex<HashMap<String, Pattern>>);

impl Patterns {
    /// The pattern that a text is.
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub(super) fn get(&self, text: &str) -> Result<Pattern, PatternError> {
        if let Some(known) = self.0.locked().get(text) {
            return Ok(known.clone());
        }
        let pattern = Pattern::new(text)?;
        self.0.locked().insert(text.to_owned(), pattern.clone());
        Ok(pattern)
    }
}

fn ecma(text: &str) -> Result<regress::Regex, PatternError> {
    let strict = match regress::Regex::with_flags(text, "u") {
        Ok(compiled) => return Ok(compiled),
        Err(error) => error,
    };
    let mut tokens = TOKEN.find_iter(text).map(|token| token.as_str());
    match (tokens.find(|token| is_meaningless(token)), regress::Regex::new(text)) {
        (Some(token), _) => Err(PatternError::Meaningless(token.to_owned())),
        (None, loose) => loose.map_err(|_| PatternError::Syntax(strict.to_string())),
    }
}

/// Whether a token is an escape, a class or a repetition of other dialects: ECMA-262, edition 5.1, has none of them.
fn is_meaningless(token: &str) -> bool {
    match token.as_bytes() {
        [b'\\', escaped, ..] => escaped.is_ascii_alphabetic() && !b"bBcdDfknrsStuvwWx".contains(escaped),
        [b'[', ..] => token.contains("[:") && token.ends_with(":]"),
        _ => !token.ends_with('}'),
    }
}

/// The parts of a pattern that `regex` reads alike.
fn linear(text: &str) -> Option<Vec<(bool, Regex)>> {
    let parts = conjuncts(text).unwrap_or_else(|| vec![(true, text.to_owned())]);
    let compiled = parts.into_iter().map(|(wanted, part)| Some((wanted, plain(&part)?)));
    compiled.collect()
}

fn plain(text: &str) -> Option<Regex> {
    if PECULIAR.is_match(text) {
        return None;
    }
    RegexBuilder::new(&to_rust_regex(text).ok()?).size_limit(SIZE).build().ok()
}

/// `^(?=A)(?!B)C` as three patterns, the second of which must not match; `None` if it does not begin so.
fn conjuncts(text: &str) -> Option<Vec<(bool, String)>> {
    let mut rest = text.strip_prefix('^')?;
    let mut parts = Vec::new();
    while let Some((wanted, inside)) =
        rest.strip_prefix("(?=").map(|inside| (true, inside)).or(rest.strip_prefix("(?!").map(|inside| (false, inside)))
    {
        let first = split_leading_lookaheads(&format!("^(?={inside}"))?.swap_remove(0);
        rest = &inside[first.len() - "^(?:)".len() + 1..];
        parts.push((wanted, first));
    }
    let any = !parts.is_empty();
    parts.push((true, format!("^(?:{rest})")));
    any.then_some(parts)
}

/// A group that is not closed yet.
#[derive(Default)]
struct Group {
    /// Where its text begins.
    start: usize,
    /// Whether a repetition without end stands in it.
    repeats: bool,
    /// Whether some text can be read by more than one of its alternatives.
    is_ambiguous: bool,
    /// Where its alternatives end, but for the last.
    bars: Vec<usize>,
}

impl Group {
    /// Whether it only looks around: what it has found once is not looked for in another way.
    fn looks_around(&self, text: &str) -> bool {
        ["?=", "?!", "?<=", "?<!"].iter().any(|mark| text[self.start..].starts_with(mark))
    }
}

/// Whether a repetition without end holds another one, or alternatives of which more than one may read the same text.
fn explodes(text: &str) -> bool {
    let mut open = vec![Group::default()];
    for token in LOOP.find_iter(text) {
        let Some(group) = open.last_mut() else { return false };
        match token.as_str().as_bytes()[0] {
            b'(' => open.push(Group { start: token.end(), ..Group::default() }),
            b'|' => group.bars.push(token.start()),
            b')' => {
                let is_repeated = token.len() > 1;
                let is_ambiguous = group.is_ambiguous || !is_told_apart(group, &text[..token.start()]);
                let inner = open.pop().unwrap_or_default();
                if is_repeated && (inner.repeats || is_ambiguous) {
                    return true;
                }
                if let Some(outer) = open.last_mut().filter(|_| !inner.looks_around(text)) {
                    outer.repeats |= inner.repeats || is_repeated;
                    outer.is_ambiguous |= is_ambiguous;
                }
            }
            b'*' | b'+' | b'{' => group.repeats = true,
            _ => {}
        }
    }
    false
}

/// Whether the first character says which alternative of a group it is, as far as one can tell without much ado.
fn is_told_apart(group: &Group, text: &str) -> bool {
    let starts = [group.start].into_iter().chain(group.bars.iter().map(|bar| bar + 1));
    let firsts: Option<Vec<Regex>> = match group.bars.is_empty() {
        true => return true,
        false => starts.map(|start| first(text[start..].trim_start_matches("?:"))).collect(),
    };
    let Some(firsts) = firsts else { return false };
    // Classes beyond these tell no more than those within.
    ('\0'..='\u{2ff}').all(|character| {
        let character = character.to_string();
        firsts.iter().filter(|first| first.is_match(&character)).count() < 2
    })
}

/// The first character of an alternative as a pattern; `None` where it begins with something else.
fn first(alternative: &str) -> Option<Regex> {
    let token = FIRST.find(alternative)?;
    let is_optional = alternative[token.end()..].starts_with(['?', '*', '{']);
    if is_optional { None } else { plain(&format!("^{}$", token.as_str())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_match(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).is_match(text)
    }

    // issue 12, item 7: fancy-regex 0.19.2 took one digit, and a look-ahead made `\d` and `\w` Unicode's.
    #[test]
    fn patterns_mean_what_ecma_262_says() {
        for (pattern, fits, not) in [
            (r"^[0-9]+\.?[0-9]+$", "12", "1"),
            (r"^(?=.)\d+$", "12", "\u{661}"),
            (r"^(?!x)\w+$", "ab", "\u{e4}"),
            (r"^a(?=b)\w+$", "ab", "a\u{e4}"),
            (r"^\d{3}\b.$", "123-", "\u{661}\u{662}\u{663}-"),
            (r"^.$", "\u{1f511}", "\u{2028}"),
            (r"^\s$", "\u{feff}", "\u{85}"),
            (r"^[\w-.+]+@[\w-.+]+$", "x-y@z", "x"),
            (r"^a\-b\/c$", "a-b/c", "a\\-b/c"),
            (r"^\p{Lu}$", "\u{c4}", "\u{e4}"),
            (r"^.{1,2097152}$", "a", ""),
            (r"^\S{1,8192}$", "a", " "),
            (r"^[^]$", "\n", ""),
            (r"^{[a-z]+}$", "{ab}", "ab"),
            (r"^[a-z&&b]$", "&", "1"),
        ] {
            assert!(is_match(pattern, fits), "{pattern} takes {fits}");
            assert!(!is_match(pattern, not), "{pattern} does not take {not}");
        }
    }

    #[test]
    fn what_ecma_262_reads_and_nobody_means_is_no_pattern() {
        for pattern in ["[", "(", "a**", "[a-zA-Z]{1-70}", "a{,3}", r"\A[a-z]+\Z", "[[:alpha:]]+", "(?i)abc", r"\pL+"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_could_take_for_ever_ends_or_is_refused() {
        let text = format!("{}!", "a".repeat(60));
        for pattern in ["^(a+)+$", "^(?=a)(a+)+$", "^(?!b)(a|aa)+$", "^(a|a)*$", "^(?=a)(?!ab)(a*)*$"] {
            assert!(!is_match(pattern, &text), "{pattern}");
        }
        assert_eq!(Pattern::new(r"^(a+)+(?!b)$").expect_err("refused"), PatternError::Explosive);
        for pattern in [r"^(a|aa)+(?!b)$", r"^(?:x|(?:a|[a-c]b))*(?!b)$", r"^(a?|b)+(?!b)$", r"^(\w|\d)+(?<!b)$"] {
            assert_eq!(Pattern::new(pattern).expect_err("refused"), PatternError::Explosive, "{pattern}");
        }
        assert!(is_match(r"^((?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z]{2,6}$", "an-example.org"));
        assert!(is_match(r#"^"(?:[^"\\]|\\.)*"(?!x)$"#, r#""a\"b""#));
        assert!(is_match(r"^(?:ab|\d|-)+(?<!-)$", "1-ab"));
        // From a published document: what a look-around holds is no repetition of the group around it.
        assert!(is_match(r"^[a-z]((?!--|__|..x)[a-z_-])+$", "my-volume"));
        assert!(!is_match(r"^[a-z]((?![_-]{2,})[a-z_-])+[a-z]$", "my--volume"));
        assert_eq!(Pattern::new(r"^(?!(a+)+b)a*(?<!b)$").expect_err("refused"), PatternError::Explosive);
    }

    proptest! {
        // Two engines are one dialect only if they agree.
        #[test]
        fn both_engines_agree(pattern in r"\^?(\(\?[=!][a-c.]\))?([a-c.]|\\[dwsDWS]|\[\^?[a-c\\d-]{1,3}\]|\(a\|b\))([*+?]|\{1,2\})?[a-c]?\$?", text in "[a-c1 _\u{e4}\u{661}\n\u{2028}]{0,4}") {
            let Ok(compiled) = Pattern::new(&pattern) else { return Ok(()) };
            let other = ecma(&pattern).expect("it compiled");
            prop_assert_eq!(compiled.is_match(&text), other.find(&text).is_some(), "{:?}", compiled);
        }
    }
}
