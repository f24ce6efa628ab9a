//! Whether a media type is covered by another, or by a range of them.
//!
//! Deliberately not here: which media types a contract documents, and what an Accept field asks for.

use std::cmp::Reverse;

use mediatype::{MediaType, MediaTypeBuf, ReadParams};

use super::field_list::parts;
use super::media_type::is_json;

/// A media type or a range of them.
#[derive(Debug, Clone)]
pub(crate) struct MediaRange(MediaTypeBuf);

/// How closely a media type is covered; of several that cover it, the closest is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    /// By `*/*`.
    Any,
    /// By its type, as in `text/*`.
    Kind,
    /// By its type and the suffix of its subtype, as in `application/*+json`.
    Suffix,
    /// By its name, with so many parameters that are the same on both sides, and so many that go without saying.
    Named(usize, Reverse<usize>),
}

impl MediaRange {
    /// Reads a media type or range; `None` for what is neither. Empty parameters count for nothing (RFC 9110, section 5.6.6),
    /// but the library takes none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !text.contains(';') {
            return MediaTypeBuf::from_string(text.trim_matches([' ', '\t']).to_owned()).ok().map(Self);
        }
        let filled: Vec<&str> = parts(text, ';').into_iter().filter(|part| !part.is_empty()).collect();
        MediaTypeBuf::from_string(filled.join(";")).ok().map(Self)
    }

    /// How closely it covers a given media type.
    pub(crate) fn closeness(&self, given: &Self) -> Option<Closeness> {
        let is_any = self.0.subty() == "*";
        match self.0.suffix() {
            None if is_any && self.0.ty() == "*" => Some(Closeness::Any),
            _ if self.0.ty() != given.0.ty() => None,
            None if is_any => Some(Closeness::Kind),
            Some(suffix) if is_any => (given.0.suffix() == Some(suffix)).then_some(Closeness::Suffix),
            _ => self.named(given),
        }
    }

    fn named(&self, given: &Self) -> Option<Closeness> {
        let (same, other): (Vec<_>, Vec<_>) = self.0.params().partition(|(name, value)| {
            let given = given.0.get_param(*name);
            given.is_some_and(|given| given.unquoted_str().eq_ignore_ascii_case(&value.unquoted_str()))
        });
        // It has no meaning for JSON, which is always UTF-8 (RFC 8259, section 11).
        let goes_without_saying = other.iter().all(|(name, _)| *name == "charset" && is_json(self.0.as_str()));
        let is_same = self.0.subty() == given.0.subty() && self.0.suffix() == given.0.suffix();
        (is_same && goes_without_saying).then_some(Closeness::Named(same.len(), Reverse(other.len())))
    }

    /// The values of a parameter, without quotation marks.
    pub(crate) fn parameter<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let named = self.0.params().filter(move |(known, _)| known.as_str().eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.unquoted_str().into_owned())
    }
}

/// Whether a given media type is a documented one: type, subtype and the parameters that the document states. The document
/// may state ranges: `*/*`, all of a type, or all with a suffix.
pub(crate) fn covers(documented: &str, given: &str) -> bool {
    closeness(documented, given).is_some()
}

/// How closely a documented media type covers a given one; the closest of several is meant.
pub(crate) fn closeness(documented: &str, given: &str) -> Option<Closeness> {
    if has_another_name(documented, given) {
        return None;
    }
    if documented.eq_ignore_ascii_case(given) && !documented.contains([';', '*']) {
        return MediaType::parse(documented.trim_matches([' ', '\t']))
            .is_ok()
            .then_some(Closeness::Named(0, Reverse(0)));
    }
    MediaRange::parse(documented)?.closeness(&MediaRange::parse(given)?)
}

/// Whether what is no range is called otherwise, which is seen without taking either apart.
fn has_another_name(documented: &str, given: &str) -> bool {
    !documented.contains('*') && !name_of(documented).eq_ignore_ascii_case(name_of(given))
}

fn name_of(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m03_media_types_compare_without_case_spaces_and_undocumented_parameters() {
        assert!(covers("application/json", "Application/JSON ; Charset=UTF-8"));
        assert!(covers("application/hal+json", "application/HAL+json;charset=UTF-8"));
        assert!(!covers("application/hal+json", "application/json"));
        assert!(!covers("application/json", "application.json"));
    }

    #[test]
    fn m07_the_closest_of_several_documented_media_types_is_meant() {
        let given = "application/hal+json; charset=utf-8";
        let documented = [
            "*/*",
            "application/*",
            "application/*+json",
            "application/hal+json; charset=latin1",
            "application/hal+json",
            "application/hal+json;charset=utf-8",
        ];
        let fits: Vec<_> = documented.iter().map(|known| closeness(known, given)).collect();
        assert!(fits.is_sorted() && fits.iter().all(Option::is_some), "{fits:?}");
        assert_eq!((closeness("text/*", given), closeness("application/json", given)), (None, None));
    }

    #[test]
    fn m08_a_documented_parameter_is_part_of_the_match() {
        assert!(covers("application/x+json;v=2", "application/x+json; v=\"2\"; charset=utf-8"));
        assert!(!covers("application/x+json;v=2", "application/x+json"));
        assert!(covers(r#"text/x;a="b;c""#, r#"text/x; a="b\;c""#));
    }

    // documents/12
    #[test]
    fn a_charset_documented_for_json_need_not_be_stated() {
        assert!(covers("application/json; charset=utf-8", "application/json"));
        assert!(covers("application/hal+json;charset=UTF-8", "application/hal+json;v=1"));
        assert!(!covers("text/csv; charset=utf-8", "text/csv"));
        assert!(!covers("application/json; charset=utf-8; v=1", "application/json"));
    }

    // reported/08
    #[test]
    fn empty_parameters_count_for_nothing() {
        for given in ["a/b;;c=d", "a/b; ;c=d;", "a/b;c=d; ; ", "a/b;;;c=\"d\""] {
            assert!(covers("a/b;c=d", given) && covers("a/b", given), "{given}");
        }
        for malformed in ["a", "a/", "/b", "a/b;c", "a/b;c =d", "a/b, a/c", "a/b;c=d e", "a/b;=d", ""] {
            assert!(MediaRange::parse(malformed).is_none(), "{malformed}");
        }
    }

    // reported/37
    #[test]
    fn the_suffix_is_part_of_a_documented_range() {
        assert!(covers("application/*+json", "application/problem+json; charset=utf-8"));
        for other in ["application/json", "application/xml", "application/x+xml", "text/x+json"] {
            assert!(!covers("application/*+json", other), "{other}");
        }
        assert!(covers("application/*+xml", "application/atom+xml"));
    }
}
