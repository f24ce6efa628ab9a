//! What a text in a path says of a parameter (OpenAPI 3.0, "Style Values").
//!
//! The styles that only a query has are read as `simple`: of a query nothing is asked but whether something is there.
//! Deliberately not here: which values a text may stand for (see `text_form`).

use super::parameter::Style;

impl Style {
    /// The text of a value that is neither an array nor an object; none where it is not written in this style.
    pub(super) fn whole<'t>(self, name: &str, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Matrix => named(name, text.strip_prefix(';')?),
            Self::Label => text.strip_prefix('.'),
            _ => Some(text),
        }
    }

    /// The elements of an array or an object, in each way in which they may be told apart.
    pub(crate) fn elements<'t>(self, name: &str, explode: bool, text: &'t str) -> Vec<Vec<&'t str>> {
        match self {
            Self::Matrix if explode => {
                let members: Option<Vec<&str>> = text.strip_prefix(';').map(|rest| rest.split(';').collect());
                let items = members.iter().filter_map(|members| members.iter().map(|one| named(name, one)).collect());
                items.chain(members.clone()).collect()
            }
            // Up to 3.0.3 the specification shows points where RFC 6570, which it refers to, has commas.
            Self::Label => self
                .whole(name, text)
                .map_or_else(Vec::new, |rest| [',', '.'].map(|mark| rest.split(mark).collect()).into()),
            _ => self.whole(name, text).map(|rest| rest.split(',').collect()).into_iter().collect(),
        }
    }
}

/// What a text gives to a name.
fn named<'t>(name: &str, text: &'t str) -> Option<&'t str> {
    let rest = text.strip_prefix(name)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('=') }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// documents of others: a segment was one text, whatever its style.
    #[test]
    fn a_list_is_taken_apart_as_its_style_writes_it() {
        for (style, explode, text, expected) in [
            (Style::Simple, false, "3,4", vec![vec!["3", "4"]]),
            (Style::Label, false, ".3,4", vec![vec!["3", "4"], vec!["3,4"]]),
            (Style::Label, true, ".3.4", vec![vec!["3.4"], vec!["3", "4"]]),
            (Style::Matrix, false, ";at=3,4", vec![vec!["3", "4"]]),
            (Style::Matrix, true, ";at=3;at=4", vec![vec!["3", "4"], vec!["at=3", "at=4"]]),
            (Style::Matrix, true, ";n=3;m=4", vec![vec!["n=3", "m=4"]]),
            (Style::Matrix, false, "3,4", vec![]),
            (Style::Label, false, "3,4", vec![]),
        ] {
            assert_eq!(style.elements("at", explode, text), expected, "{style:?} {text}");
        }
        assert_eq!(Style::Matrix.whole("at", ";at"), Some(""));
        assert_eq!(Style::Matrix.whole("at", ";attic=7"), None);
    }
}
