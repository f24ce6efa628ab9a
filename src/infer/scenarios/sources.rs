//! Where a value came from that a request sends: an earlier answer, if that was the first to show it.
//!
//! A value that somebody sent before the server showed it was theirs, and stays as it is. Short values are the same by chance, so
//! those count only where their names say that they name something. Deliberately not here: what is written in their place.

use std::collections::HashMap;

use serde_json::Value;

use super::polls::RecordedCall;
use super::request::SentValues;
use crate::base::pointer::{join, unescape};
use crate::contract::{Contract, Location};
use crate::record::Response;
use crate::record::redaction::names::same_name;
use crate::scenario::lint::is_documented;

/// A value that an answer brought.
#[derive(Debug)]
pub(super) struct Source {
    /// The call that was answered.
    pub call: usize,
    /// Where in the answer it stands.
    pub from: SavedFrom,
    /// The value.
    pub value: Value,
    /// What it is called there.
    pub name: String,
}

/// Where a value is saved from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SavedFrom {
    /// The body, by JSON pointer.
    Body(String),
    /// The whole value of a header field.
    Header(String),
    /// What a pattern captures of a header field.
    Captured(String, String),
}

/// Header fields that say nothing which a later request would need.
const TELL_NOTHING: [&str; 7] =
    ["set-cookie", "date", "content-length", "content-type", "location", "server", "www-authenticate"];

/// How names end of what names something, or a state of it.
const NAMING: [&str; 10] = ["id", "version", "revision", "etag", "token", "nonce", "cursor", "code", "key", "number"];

/// Everything that the answers of a session brought.
#[derive(Debug, Default)]
pub(super) struct Sources {
    all: Vec<Source>,
    by_text: HashMap<String, Vec<usize>>,
    /// The first call that sent a value.
    sent: HashMap<String, usize>,
}

impl Sources {
    /// Collects them.
    pub(super) fn of(calls: &[RecordedCall], sent: &[SentValues]) -> Self {
        let mut sources = Self::default();
        for (call, RecordedCall { observation, .. }) in calls.iter().enumerate() {
            sent[call].each(&mut |_, value| {
                let text = text_of(value);
                text.into_iter().for_each(|text| _ = sources.sent.entry(text).or_insert(call));
            });
            if let Some(value) = observation.body.value() {
                sources.body(call, String::new(), "", value);
            }
            if let Some(response) = observation.exchange.response() {
                sources.headers(call, response);
            }
        }
        sources
    }

    /// One of them.
    pub(super) fn get(&self, source: usize) -> &Source {
        &self.all[source]
    }

    fn body(&mut self, call: usize, pointer: String, name: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| self.body(call, join(&pointer, name), name, value));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| self.body(call, format!("{pointer}/{at}"), name, item));
            }
            other => {
                self.add(Source { call, from: SavedFrom::Body(pointer), value: other.clone(), name: name.to_owned() })
            }
        }
    }

    fn headers(&mut self, call: usize, response: &Response) {
        for (name, value) in &response.headers.0 {
            let Ok(value) = std::str::from_utf8(value) else { continue };
            let captured = |pattern, value: &str, inside: &str| {
                let from = SavedFrom::Captured(name.clone(), pattern);
                Source { call, from, value: value.into(), name: inside.to_owned() }
            };
            match name.to_ascii_lowercase().as_str() {
                "location" => locations(value).into_iter().for_each(|(inside, pattern, value)| {
                    self.add(captured(pattern, &value, &inside));
                }),
                "set-cookie" => {
                    let pair = value.split(';').next().and_then(|pair| pair.split_once('='));
                    pair.into_iter().for_each(|(cookie, value)| {
                        let pattern = format!("^{}=([^;]+)", regex::escape(cookie.trim()));
                        self.add(captured(pattern, value.trim(), cookie.trim()));
                    });
                }
                plain if TELL_NOTHING.contains(&plain) => {}
                _ => self.add(Source {
                    call,
                    from: SavedFrom::Header(name.clone()),
                    value: value.into(),
                    name: name.clone(),
                }),
            }
        }
    }

    fn add(&mut self, source: Source) {
        if let Some(text) = text_of(&source.value) {
            self.by_text.entry(text).or_default().push(self.all.len());
            self.all.push(source);
        }
    }

    /// The answer before a call that brought a value which the call sends under a name.
    pub(super) fn find(
        &self,
        (contract, calls): (&Contract, &[RecordedCall]),
        call: usize,
        (location, name): (Option<Location>, &str),
        text: &str,
    ) -> Option<usize> {
        let fits = |source: &Source| is_distinctive(text) || is_named(location, name, &source.name);
        let known = self.by_text.get(text).into_iter().flatten().copied();
        let candidates = known.filter(|at| {
            let source = &self.all[*at];
            source.call < call
                && self.is_first_shown(source, text)
                && fits(source)
                && source.can_be_saved(contract, calls)
        });
        candidates.min_by_key(|at| {
            let source = &self.all[*at];
            (!same_name(&source.name, name), source.from.rank(), source.call)
        })
    }

    /// The distinctive values of earlier answers that stand in a text, with where they do.
    pub(super) fn inside(
        &self,
        known: (&Contract, &[RecordedCall]),
        call: usize,
        text: &str,
    ) -> Vec<(std::ops::Range<usize>, usize)> {
        let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let mut found: Vec<(std::ops::Range<usize>, usize)> = Vec::new();
        let mut start = 0;
        for word in text.split_inclusive(|c| !is_inner(c)) {
            let inner = word.trim_end_matches(|c| !is_inner(c));
            if inner.len() < text.len()
                && is_distinctive(inner)
                && let Some(source) = self.find(known, call, (None, ""), inner)
            {
                found.push((start..start + inner.len(), source));
            }
            start += word.len();
        }
        found
    }

    fn is_first_shown(&self, source: &Source, text: &str) -> bool {
        self.sent.get(text).is_none_or(|first| *first > source.call)
    }
}

impl Source {
    /// Whether a scenario may save it: the lint knows only what is documented.
    fn can_be_saved(&self, contract: &Contract, calls: &[RecordedCall]) -> bool {
        let observation = &calls[self.call].observation;
        match (&self.from, observation.operation(contract), observation.exchange.response()) {
            (SavedFrom::Body(pointer), Some(operation), Some(response)) => {
                is_documented(contract, operation, response.status, pointer)
            }
            (_, operation, response) => operation.is_some() && response.is_some(),
        }
    }
}

impl SavedFrom {
    /// What is nearer to the top of a body is more likely meant.
    fn rank(&self) -> usize {
        match self {
            Self::Body(pointer) => pointer.matches('/').count(),
            Self::Header(_) => 20,
            Self::Captured(..) => 21,
        }
    }
}

/// The text of a value that can name something.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether nobody writes the same text by chance.
fn is_distinctive(text: &str) -> bool {
    text.len() >= 8 && text.contains(|c: char| c.is_ascii_digit()) && !text.contains(char::is_whitespace)
}

/// Whether two names are of one thing that has such a name.
fn is_named(location: Option<Location>, name: &str, source: &str) -> bool {
    let names = |text: &str| NAMING.iter().any(|ending| text.to_ascii_lowercase().ends_with(ending));
    let is_id =
        same_name(source, "id") && (location == Some(Location::Path) || name.to_ascii_lowercase().ends_with("id"));
    is_id || ((names(source) || location == Some(Location::Path)) && same_name(name, source))
}

/// What an address names: the segments of its path and the values of its query, each with a name and the pattern that finds it.
fn locations(location: &str) -> Vec<(String, String, String)> {
    let (path, query) = location.split_once('?').unwrap_or((location, ""));
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let segments: Vec<&str> = path.split('/').collect();
    let is_plain = |text: &str| !text.is_empty() && !text.contains(['%', '+']);
    let of_path = segments.windows(2).filter(|pair| is_plain(pair[1])).map(|pair| {
        let name = pair[0].trim_end_matches('s').to_owned() + "Id";
        (name, format!("{}/([^/?#]+)", regex::escape(pair[0])), pair[1].to_owned())
    });
    let fields = query.split(['&', '#']).filter_map(|field| field.split_once('=')).filter(|(_, value)| is_plain(value));
    let of_query = fields.map(|(name, value)| {
        (unescape(name).into_owned(), format!("[?&]{}=([^&#]+)", regex::escape(name)), value.to_owned())
    });
    of_path.chain(of_query).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_what_its_path_and_its_query_hold() {
        let found = locations("https://a.example/orders/o-17?flowId=f-1&x=%20#frag");
        let values: Vec<&str> = found.iter().map(|(_, _, value)| value.as_str()).collect();
        assert_eq!(values, ["orders", "o-17", "f-1"]);
        for (_, pattern, value) in &found {
            let captured = regex::Regex::new(pattern).expect("a pattern");
            let captured = captured.captures("https://a.example/orders/o-17?flowId=f-1&x=%20#frag").expect("found");
            assert_eq!(&captured[1], value);
        }
    }

    #[test]
    fn short_values_are_the_same_by_chance_unless_their_names_are_those_of_ids() {
        assert!(is_distinctive("o-000017") && !is_distinctive("PENDING_PAYMENT") && !is_distinctive("17"));
        assert!(is_named(Some(Location::Path), "order", "id") && is_named(None, "bookId", "id"));
        assert!(is_named(None, "version", "version") && !is_named(None, "count", "count"));
        assert!(!is_named(None, "count", "id"));
    }
}
