//! What was promised and what came, with the parts that differ marked.
//!
//! Deliberately not here: comparing meanings; two texts are compared word by word.

use maud::{Markup, html};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::record::Finding;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    text: String,
    differs: bool,
}

/// Beyond this many words texts stand as they are: comparing takes the product of their lengths.
const LIMIT: usize = 600;

/// What was expected and what came, side by side; nothing where there is neither.
pub(super) fn compared(finding: &Finding) -> Markup {
    let (expected, actual) = sides(finding.expected.as_deref(), finding.actual.as_deref());
    let label = if finding.is_expectation() { "The scenario expected" } else { "Promised" };
    html! {
        @if expected.is_some() || actual.is_some() {
            dl.compare {
                @if let Some(expected) = &expected {
                    div.expected {
                        dt { (label) }
                        dd { @for piece in expected { @if piece.differs { del { (piece.text) } } @else { (piece.text) } } }
                    }
                }
                @if let Some(actual) = &actual {
                    div.actual {
                        dt { "Actual" }
                        dd { @for piece in actual { @if piece.differs { ins { (piece.text) } } @else { (piece.text) } } }
                    }
                }
            }
            "\n"
        }
    }
}

/// Both texts in pieces. Texts that have little in common are not marked at all: it would be a patchwork.
fn sides(expected: Option<&str>, actual: Option<&str>) -> (Option<Vec<Piece>>, Option<Vec<Piece>>) {
    let whole = |text: &str| vec![Piece { text: text.into(), differs: false }];
    let (Some(one), Some(other)) = (expected, actual) else { return (expected.map(whole), actual.map(whole)) };
    let (old, new) = (words(one), words(other));
    if old.len().max(new.len()) > LIMIT {
        return (Some(whole(one)), Some(whole(other)));
    }
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let same: usize = ops.iter().filter(|op| matches!(op, DiffOp::Equal { .. })).map(|op| op.old_range().len()).sum();
    if same * 3 < old.len().max(new.len()) {
        return (Some(whole(one)), Some(whole(other)));
    }
    let side = |words: &[&str], range: fn(&DiffOp) -> std::ops::Range<usize>| {
        let piece =
            |op: &DiffOp| Piece { text: words[range(op)].concat(), differs: !matches!(op, DiffOp::Equal { .. }) };
        ops.iter().map(piece).filter(|piece| !piece.text.is_empty()).collect::<Vec<_>>()
    };
    (Some(side(&old, DiffOp::old_range)), Some(side(&new, DiffOp::new_range)))
}

/// The words and what is between them, so that nothing is lost.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match first.is_alphanumeric() {
            true => rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(side: Option<Vec<Piece>>) -> String {
        let piece = |piece: Piece| if piece.differs { format!("[{}]", piece.text) } else { piece.text };
        side.into_iter().flatten().map(piece).collect()
    }

    #[test]
    fn the_words_that_differ_are_marked_on_both_sides() {
        let (expected, actual) = sides(Some("{\"a\": 1, \"b\": 2}"), Some("{\"a\": 1, \"b\": 3, é}"));
        assert_eq!(shown(expected), "{\"a\": 1, \"b\": [2]}");
        assert_eq!(shown(actual), "{\"a\": 1, \"b\": [3, é]}");
    }

    #[test]
    fn texts_that_have_little_in_common_are_not_torn_apart() {
        let (expected, actual) = sides(Some("OTP_REQUIRED"), Some("COMPLETED"));
        assert_eq!((shown(expected), shown(actual)), ("OTP_REQUIRED".into(), "COMPLETED".into()));
        assert_eq!(shown(sides(None, Some("x")).1), "x");
    }
}
