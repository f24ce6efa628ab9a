//! The expected and the observed states side by side.
//!
//! Deliberately not here: whether a deviation is a violation; that is for a check to find.

use maud::{Markup, Render, html};

use super::anchor::exchange_anchor;
use crate::record::SequenceRecord;

/// One row of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StateRow {
    expected: Option<String>,
    observed: Option<String>,
    exchange: Option<String>,
    same: bool,
}

/// The states of a resource: beside the expected ones where the scenario lists some, else as a chain.
pub(super) fn sequence(anchor: &str, record: &SequenceRecord) -> Markup {
    let observed: Vec<_> =
        record.observed.iter().map(|(state, index)| (state.clone(), exchange_anchor(anchor, *index))).collect();
    html! {
        h4 { "States of the " (record.lifecycle) " " code { (record.resource) } }
        "\n"
        @if let Some(expected) = &record.expected {
            table.states {
                thead { tr { th scope="col" { "Expected" } th scope="col" { "Observed" } th scope="col" { "Compared" } } }
                tbody { @for row in aligned(expected, &observed) { (row) } }
            }
        } @else {
            ol.chain { @for (state, exchange) in &observed { li { a href={ "#" (exchange) } { code { (state) } } } "\n" } }
        }
        "\n"
    }
}

impl Render for StateRow {
    fn render(&self) -> Markup {
        html! {
            tr class=(if self.same { "same" } else { "differs" }) {
                td {
                    @match &self.expected {
                        Some(expected) => code { (expected) },
                        None => span.nothing { "nothing more" },
                    }
                }
                td {
                    @match &self.observed {
                        Some(observed) => a href={ "#" (self.exchange.as_deref().unwrap_or_default()) } { code { (observed) } },
                        None => span.nothing { "never observed" },
                    }
                }
                td { @if self.same { "as expected" } @else { strong { "deviates" } } }
            }
            "\n"
        }
    }
}

/// Aligns two sequences so that as many states as possible stand beside their equals.
///
/// `observed` holds states with the anchors of the exchanges that first showed them.
fn aligned(expected: &[String], observed: &[(String, String)]) -> Vec<StateRow> {
    let common = common_lengths(expected, observed);
    let (mut rows, mut e, mut o) = (Vec::new(), 0, 0);
    while e < expected.len() || o < observed.len() {
        let (want, came) = (expected.get(e), observed.get(o));
        let same = matches!((want, came), (Some(want), Some((came, _))) if want == came);
        // Two states that differ share a row when neither is needed further down.
        let paired = same || want.is_some() && came.is_some() && common[e][o] == common[e + 1][o + 1];
        let take_expected = paired || came.is_none() || want.is_some() && common[e + 1][o] >= common[e][o + 1];
        let take_observed = paired || !take_expected;
        rows.push(StateRow {
            expected: want.filter(|_| take_expected).cloned(),
            observed: came.filter(|_| take_observed).map(|(state, _)| state.clone()),
            exchange: came.filter(|_| take_observed).map(|(_, anchor)| anchor.clone()),
            same,
        });
        e += usize::from(take_expected);
        o += usize::from(take_observed);
    }
    rows
}

/// For each pair of positions, how many states the rests have in common in order.
fn common_lengths(expected: &[String], observed: &[(String, String)]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; observed.len() + 1]; expected.len() + 1];
    for e in (0..expected.len()).rev() {
        for o in (0..observed.len()).rev() {
            common[e][o] = if expected[e] == observed[o].0 {
                common[e + 1][o + 1] + 1
            } else {
                common[e + 1][o].max(common[e][o + 1])
            };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(expected: &str, observed: &str) -> String {
        let expected: Vec<_> = expected.chars().map(String::from).collect();
        let observed: Vec<_> = observed.chars().map(|state| (state.to_string(), String::new())).collect();
        let shown = |state: Option<String>| state.unwrap_or("-".into());
        let row = |row: StateRow| {
            format!("{}{}{}", shown(row.expected), if row.same { "=" } else { "!" }, shown(row.observed))
        };
        aligned(&expected, &observed).into_iter().map(row).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn equal_sequences_stand_side_by_side() {
        assert_eq!(compared("abc", "abc"), "a=a b=b c=c");
        assert_eq!(compared("", ""), "");
    }

    #[test]
    fn a_deviation_does_not_make_what_follows_deviate() {
        assert_eq!(compared("abc", "axc"), "a=a b!x c=c");
        assert_eq!(compared("abc", "ac"), "a=a b!- c=c");
        assert_eq!(compared("ac", "abc"), "a=a -!b c=c");
        assert_eq!(compared("ab", "a"), "a=a b!-");
        assert_eq!(compared("a", "ab"), "a=a -!b");
    }
}
