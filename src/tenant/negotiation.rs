//! Which representation a client gets: `application/hal+json` or `application/json`, by its Accept header.
//!
//! Knows nothing of charsets or languages: there is one of each.

use std::cmp::Ordering;

use http::{HeaderMap, header};

use crate::base::media_range::closeness;

/// A representation of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Representation {
    Hal,
    Json,
}

impl Representation {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Representation::Hal => "application/hal+json;charset=UTF-8",
            Representation::Json => "application/json;charset=UTF-8",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Representation::Hal => "application/hal+json",
            Representation::Json => "application/json",
        }
    }
}

/// Chooses the representation the client likes best; `None` when it takes neither.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Representation> {
    let mut values = headers.get_all(header::ACCEPT).iter();
    match (values.next().map(|accept| accept.as_bytes()), values.next()) {
        // What nearly everybody sends is not worth taking apart.
        (None | Some(b"*/*" | b"application/hal+json, application/json"), None) => Some(Representation::Hal),
        _ => negotiate_all(headers),
    }
}

fn negotiate_all(headers: &HeaderMap) -> Option<Representation> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<Range> = values.flat_map(|value| value.split(',')).filter_map(Range::parse).collect();
    let (hal, json) = (quality(&ranges, Representation::Hal), quality(&ranges, Representation::Json));
    match hal.cmp(&json) {
        Ordering::Less => Some(Representation::Json),
        Ordering::Greater => Some(Representation::Hal),
        Ordering::Equal => (hal > 0).then(|| first_named(&ranges)),
    }
}

/// Among equals, what the header names first; a wildcard leaves the choice to the server.
fn first_named(ranges: &[Range]) -> Representation {
    let named = |of: Representation| ranges.iter().position(|range| range.media == of.media_type());
    match (named(Representation::Hal), named(Representation::Json)) {
        (Some(hal), Some(json)) if json < hal => Representation::Json,
        (None, Some(_)) => Representation::Json,
        _ => Representation::Hal,
    }
}

/// The quality of the most specific range that covers a representation, in thousandths.
fn quality(ranges: &[Range], of: Representation) -> u16 {
    let covering = ranges.iter().filter_map(|range| Some((closeness(&range.media, of.media_type())?, range.quality)));
    covering.max_by_key(|(closeness, _)| *closeness).map_or(0, |(_, quality)| quality)
}

/// One entry of an Accept header.
struct Range {
    media: String,
    quality: u16,
}

impl Range {
    fn parse(entry: &str) -> Option<Self> {
        let mut parts = entry.split(';').map(str::trim);
        let media = parts.next().filter(|media| !media.is_empty())?.to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        Some(Self { media, quality: quality.map_or(1000, thousandths) })
    }
}

fn thousandths(quality: &str) -> u16 {
    quality.parse().map_or(0, |quality: f32| (quality.clamp(0.0, 1.0) * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> Option<Representation> {
        negotiate(&HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]))
    }

    #[test]
    fn a_client_that_does_not_care_gets_hal() {
        assert_eq!(negotiate(&HeaderMap::new()), Some(Representation::Hal));
        assert_eq!(accepting("*/*"), Some(Representation::Hal));
        assert_eq!(accepting("application/*;q=0.1"), Some(Representation::Hal));
    }

    #[test]
    fn a_client_gets_what_it_prefers() {
        assert_eq!(accepting("application/json"), Some(Representation::Json));
        assert_eq!(accepting("application/json, application/hal+json"), Some(Representation::Json));
        assert_eq!(accepting("application/json;q=0.5, application/hal+json"), Some(Representation::Hal));
        assert_eq!(accepting("application/json, */*;q=0.1"), Some(Representation::Json));
    }

    #[test]
    fn a_client_that_takes_neither_gets_nothing() {
        assert_eq!(accepting("text/html"), None);
        assert_eq!(accepting("application/json;q=0"), None);
        assert_eq!(accepting(""), None);
    }
}
