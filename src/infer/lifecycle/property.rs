//! Which properties of a resource are its identity and its state, and which are its times.
//!
//! An identity is what addresses name. A state is a word out of few that many resources have and that changes while a resource lives.
//! Deliberately not here: what the states mean.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, FixedOffset};

use super::evidence::Evidence;

/// More values than this are no states.
const MOST_STATES: usize = 64;

/// The properties of the resources of one schema.
#[derive(Debug)]
pub(super) struct Properties<'a> {
    /// The schema.
    pub schema: &'a str,
    /// JSON pointer to the id.
    pub identity: String,
    /// JSON pointer to the state.
    pub state: String,
    /// JSON pointer to the time of creation.
    pub created: Option<String>,
    /// JSON pointer to the time of the last change.
    pub updated: Option<String>,
}

/// What a property of one resource was, one time after the other.
type History<'a> = Vec<&'a str>;

impl<'a> Properties<'a> {
    /// Finds them; nothing where the resources have no identity, or nothing that changes like a state.
    pub(super) fn of(schema: &'a str, sessions: &[Vec<Evidence>]) -> Option<Self> {
        let identity = identity(schema, sessions)?;
        let histories = histories(schema, &identity, sessions);
        let state = state(&histories)?;
        let time = |endings: &[&str], keeps: fn(&[DateTime<FixedOffset>]) -> bool| time(&histories, endings, keeps);
        let created =
            time(&["createdat", "created", "creationtime"], |times| times.windows(2).all(|two| two[0] == two[1]));
        let updated = time(&["updatedat", "updated", "modifiedat", "lastmodified"], |times| {
            times.windows(2).all(|two| two[0] <= two[1])
        });
        Some(Self { schema, identity, state, created, updated })
    }
}

/// The property whose value addresses end with most often.
fn identity(schema: &str, sessions: &[Vec<Evidence>]) -> Option<String> {
    let mut votes: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
    for session in sessions {
        let named: HashSet<&str> = session.iter().filter_map(|evidence| evidence.subject.as_deref()).collect();
        for evidence in session.iter().filter(|evidence| evidence.schema.as_deref() == Some(schema)) {
            for (pointer, value) in evidence.values.iter().filter(|(_, value)| named.contains(value.as_str())) {
                votes.entry(pointer).or_default().insert(value);
            }
        }
    }
    let rank =
        |(pointer, values): &(&str, HashSet<&str>)| (values.len(), *pointer == "/id", std::cmp::Reverse(pointer.len()));
    votes.into_iter().max_by_key(rank).map(|(pointer, _)| pointer.to_owned())
}

/// What each property of each resource was.
fn histories<'e>(schema: &str, identity: &str, sessions: &'e [Vec<Evidence>]) -> BTreeMap<&'e str, Vec<History<'e>>> {
    let mut resources: HashMap<(usize, &str), BTreeMap<&str, History<'_>>> = HashMap::new();
    for (at, session) in sessions.iter().enumerate() {
        for evidence in session.iter().filter(|evidence| evidence.schema.as_deref() == Some(schema)) {
            let Some(id) = evidence.value(identity) else { continue };
            let known = resources.entry((at, id)).or_default();
            evidence.values.iter().for_each(|(pointer, value)| known.entry(pointer).or_default().push(value));
        }
    }
    let mut properties: BTreeMap<&str, Vec<History<'_>>> = BTreeMap::new();
    for resource in resources.into_values() {
        resource.into_iter().for_each(|(pointer, history)| properties.entry(pointer).or_default().push(history));
    }
    properties
}

/// The property that is a word out of few and changes in most resources; a name that says so decides between equals.
fn state(properties: &BTreeMap<&str, Vec<History<'_>>>) -> Option<String> {
    let score = |(pointer, histories): (&&str, &Vec<History<'_>>)| {
        let values: BTreeSet<&str> = histories.iter().flatten().copied().collect();
        let changes = histories.iter().filter(|history| history.windows(2).any(|two| two[0] != two[1])).count();
        let are_words = values.iter().all(|value| is_word(value));
        let are_few = values.len() >= 2 && values.len() <= MOST_STATES && values.len() <= histories.len().max(2) * 2;
        let last = pointer.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_named = ["status", "state"].iter().any(|name| last.ends_with(name));
        (are_words && are_few && changes > 0)
            .then(|| ((is_named, changes, std::cmp::Reverse(pointer.len())), (*pointer).to_owned()))
    };
    properties.iter().filter_map(score).max().map(|(_, pointer)| pointer)
}

/// A word as programs name what they know: `OTP_REQUIRED`, `in-progress`, `Running`.
fn is_word(value: &str) -> bool {
    let letters = value.chars().filter(|c| c.is_ascii_alphabetic()).count();
    value.starts_with(|first: char| first.is_ascii_alphabetic())
        && letters * 2 > value.len()
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.'))
}

/// The property with such a name whose times are as they should be in every resource.
fn time(
    properties: &BTreeMap<&str, Vec<History<'_>>>,
    names: &[&str],
    keeps: fn(&[DateTime<FixedOffset>]) -> bool,
) -> Option<String> {
    let plain =
        |pointer: &str| pointer.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let fits = |histories: &Vec<History<'_>>| {
        histories.iter().all(|history| {
            let times: Result<Vec<_>, _> = history.iter().map(|text| DateTime::parse_from_rfc3339(text)).collect();
            times.is_ok_and(|times| keeps(&times))
        })
    };
    let found =
        properties.iter().find(|(pointer, histories)| names.contains(&plain(pointer).as_str()) && fits(histories));
    found.map(|(pointer, _)| (*pointer).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_a_word_out_of_few_that_changes() {
        let resources = |histories: &[&[&'static str]]| histories.iter().map(|history| history.to_vec()).collect();
        let status = resources(&[&["OPEN", "PAID"], &["OPEN", "OPEN"], &["OPEN", "CANCELLED"]]);
        let kind = resources(&[&["book", "book"], &["film", "film"], &["book", "book"]]);
        let note = resources(&[&["a b?", "c"], &["d", "e"], &["f", "g"]]);
        let time = resources(&[&["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]]);
        let properties = BTreeMap::from([("/kind", kind), ("/note", note), ("/status", status), ("/updatedAt", time)]);
        assert_eq!(state(&properties).as_deref(), Some("/status"));
        assert_eq!(state(&BTreeMap::from([("/kind", properties["/kind"].clone())])), None);
    }

    #[test]
    fn words_are_told_from_ids_numbers_and_sentences() {
        for word in ["OTP_REQUIRED", "in-progress", "Running", "v2beta"] {
            assert!(is_word(word), "{word}");
        }
        for other in ["0a6d3c52-7f5e", "17", "o-1234567", "Is it there?", "2026-01-01"] {
            assert!(!is_word(other), "{other}");
        }
    }
}
