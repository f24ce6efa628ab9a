//! Which representation a client gets: `application/hal+json` or `application/json`, by its Accept header.
//!
//! Knows nothing of charsets or languages: there is one of each.

use http::{HeaderMap, header};

/// A representation of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Hal,
    Json,
}

impl Format {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Format::Hal => "application/hal+json;charset=UTF-8",
            Format::Json => "application/json;charset=UTF-8",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Format::Hal => "application/hal+json",
            Format::Json => "application/json",
        }
    }
}

/// Chooses the representation the client likes best; `None` when it takes neither.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Format> {
    let mut values = headers.get_all(header::ACCEPT).iter();
    match (values.next().map(|accept| accept.as_bytes()), values.next()) {
        // What nearly everybody sends is not worth taking apart.
        (None | Some(b"*/*" | b"application/hal+json, application/json"), None) => Some(Format::Hal),
        _ => negotiate_all(headers),
    }
}

fn negotiate_all(headers: &HeaderMap) -> Option<Format> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<Range> = values.flat_map(|value| value.split(',')).filter_map(Range::parse).collect();
    let (hal, json) = (quality(&ranges, Format::Hal), quality(&ranges, Format::Json));
    match hal.max(json) {
        0 => None,
        best if best > hal => Some(Format::Json),
        best if best > json => Some(Format::Hal),
        _ => Some(first_named(&ranges)),
    }
}

/// Among equals, what the header names first; a wildcard leaves the choice to the server.
fn first_named(ranges: &[Range]) -> Format {
    let named = |format: Format| ranges.iter().position(|range| range.media == format.media_type());
    match (named(Format::Hal), named(Format::Json)) {
        (Some(hal), Some(json)) if json < hal => Format::Json,
        (None, Some(_)) => Format::Json,
        _ => Format::Hal,
    }
}

/// The quality of the most specific range that covers a format, in thousandths.
fn quality(ranges: &[Range], format: Format) -> u16 {
    let covering = ranges.iter().filter(|range| range.covers(format));
    covering.max_by_key(|range| range.specificity()).map_or(0, |range| range.quality)
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

    fn covers(&self, format: Format) -> bool {
        self.media == "*/*" || self.media == "application/*" || self.media == format.media_type()
    }

    fn specificity(&self) -> u8 {
        match self.media.as_str() {
            "*/*" => 0,
            "application/*" => 1,
            _ => 2,
        }
    }
}

fn thousandths(quality: &str) -> u16 {
    quality.parse().map_or(0, |quality: f32| (quality.clamp(0.0, 1.0) * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> Option<Format> {
        negotiate(&HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]))
    }

    #[test]
    fn a_client_that_does_not_care_gets_hal() {
        assert_eq!(negotiate(&HeaderMap::new()), Some(Format::Hal));
        assert_eq!(accepting("*/*"), Some(Format::Hal));
        assert_eq!(accepting("application/*;q=0.1"), Some(Format::Hal));
    }

    #[test]
    fn a_client_gets_what_it_prefers() {
        assert_eq!(accepting("application/json"), Some(Format::Json));
        assert_eq!(accepting("application/json, application/hal+json"), Some(Format::Json));
        assert_eq!(accepting("application/json;q=0.5, application/hal+json"), Some(Format::Hal));
        assert_eq!(accepting("application/json, */*;q=0.1"), Some(Format::Json));
    }

    #[test]
    fn a_client_that_takes_neither_gets_nothing() {
        assert_eq!(accepting("text/html"), None);
        assert_eq!(accepting("application/json;q=0"), None);
        assert_eq!(accepting(""), None);
    }
}
