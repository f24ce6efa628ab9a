//! Which recorded exchanges are about one resource: in the order of their times they are its sequence.
//!
//! Exchanges about no resource, or about one that nobody can name, stand alone. Requests that overlapped are taken in the
//! order in which they began. A request that nobody documented may have changed what it names: a new sequence begins after it.
//!
//! Deliberately not here: how much of a sequence is in memory at a time (see [`super::entries`]).

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::base::path_template::segments;
use crate::checks::Observation;
use crate::contract::Contract;
use crate::record::Request;

/// The name of a resource: its lifecycle and its id.
pub(crate) type Resource = (String, String);

/// The resource that an exchange is about.
pub(crate) fn resource(contract: &Contract, observation: &Observation) -> Option<Resource> {
    let (lifecycle, id) = observation.subject(contract)?;
    Some((lifecycle.name.clone(), id))
}

/// The ids that a request of no operation names: it may have changed what they stand for in a way that nobody promised, so
/// that what was known of it is a measure no more.
pub(crate) fn may_have_changed(request: &Request) -> Vec<String> {
    let only_reads = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE");
    if only_reads { Vec::new() } else { segments(&request.url).unwrap_or_default() }
}

/// What an entry is about, and when: all that grouping needs.
#[derive(Debug, Clone)]
pub(crate) struct EntrySubject {
    /// When it began; nothing where the recording does not say.
    pub started_at: Option<DateTime<Utc>>,
    /// What it is about.
    pub about: About,
}

/// What an entry is about.
#[derive(Debug, Clone)]
pub(crate) enum About {
    /// A resource.
    Resource(Resource),
    /// No resource, or one that nobody can name.
    Nothing,
    /// Nothing that is judged: no contract documents it, or it cannot be read. It may have changed what these ids stand for.
    Unjudged(Vec<String>),
}

/// Groups entries, given in the order of the file: each group in the order of time, the groups by their first entry. Those
/// that are not judged are in none.
pub(crate) fn group(entries: &[EntrySubject]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut by_id: HashMap<&str, HashMap<&str, usize>> = HashMap::new();
    for at in in_order(entries.iter().map(|entry| entry.started_at)) {
        match &entries[at].about {
            About::Resource((lifecycle, id)) => {
                let group = *by_id.entry(id).or_default().entry(lifecycle).or_insert(groups.len());
                if group == groups.len() {
                    groups.push(Vec::new());
                }
                groups[group].push(at);
            }
            About::Nothing => groups.push(vec![at]),
            About::Unjudged(ids) => ids.iter().for_each(|id| drop(by_id.remove(id.as_str()))),
        }
    }
    groups
}

/// Positions in the order of time. What has none is held to have begun when the one before it in the file did.
pub(super) fn in_order(times: impl Iterator<Item = Option<DateTime<Utc>>>) -> Vec<usize> {
    let mut last = DateTime::<Utc>::MIN_UTC;
    let known = times.map(|time| {
        last = time.unwrap_or(last);
        last
    });
    let known: Vec<DateTime<Utc>> = known.collect();
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_by_key(|at| known[*at]);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: Option<i64>, about: About) -> EntrySubject {
        EntrySubject { started_at: second.and_then(|second| DateTime::from_timestamp(second, 0)), about }
    }

    fn flow(id: &str) -> About {
        About::Resource(("flow".to_owned(), id.to_owned()))
    }

    #[test]
    fn exchanges_about_one_resource_form_its_sequence_in_the_order_of_time() {
        let entries = [
            at(Some(30), flow("a")),
            at(Some(10), flow("a")),
            at(Some(20), flow("b")),
            at(Some(15), About::Nothing),
            at(None, flow("a")),
        ];
        assert_eq!(group(&entries), [vec![1, 4, 0], vec![3], vec![2]]);
    }

    #[test]
    fn a_sequence_ends_where_an_undocumented_request_names_its_resource() {
        let entries = [
            at(Some(10), flow("a")),
            at(Some(11), flow("b")),
            at(Some(30), flow("a")),
            at(Some(31), flow("b")),
            at(Some(20), About::Unjudged(vec!["flows".into(), "a".into()])),
        ];
        assert_eq!(group(&entries), [vec![0], vec![1, 3], vec![2]]);
    }

    #[test]
    fn what_only_reads_changes_nothing() {
        let request = |method: &str| Request {
            method: method.into(),
            url: "https://api.example.com/flows/a?x=1".into(),
            headers: crate::record::Headers::default(),
            body: None,
        };
        assert_eq!(may_have_changed(&request("GET")), [""; 0]);
        assert_eq!(may_have_changed(&request("PUT")), ["flows", "a"]);
    }
}
