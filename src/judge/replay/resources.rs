//! Which recorded exchanges are about one resource: in the order of their times they are its sequence.
//!
//! Exchanges about no resource, or about one that nobody can name, stand alone. Requests that overlapped are taken in the
//! order in which they began.
//!
//! Deliberately not here: how much of a sequence is in memory at a time (see [`super::entries`]).

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::checks::Observation;
use crate::contract::Contract;

/// The name of a resource: its lifecycle and its id.
pub(crate) type Resource = (String, String);

/// The resource that an exchange is about.
pub(crate) fn resource(contract: &Contract, observation: &Observation) -> Option<Resource> {
    let (lifecycle, id) = observation.subject(contract)?;
    Some((lifecycle.name.clone(), id))
}

/// What an entry is about, and when: all that grouping needs.
#[derive(Debug, Clone)]
pub(crate) struct EntrySubject {
    /// When it began; nothing where the recording does not say.
    pub started_at: Option<DateTime<Utc>>,
    /// What it is about.
    pub resource: Option<Resource>,
}

/// Groups entries, given in the order of the file: each group in the order of time, the groups by their first entry.
pub(crate) fn group<'e>(entries: impl Iterator<Item = &'e EntrySubject>) -> Vec<Vec<usize>> {
    let entries: Vec<&EntrySubject> = entries.collect();
    let order = in_order(entries.iter().map(|entry| entry.started_at));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut by_resource: HashMap<&Resource, usize> = HashMap::new();
    for at in order {
        match &entries[at].resource {
            Some(resource) => {
                let group = *by_resource.entry(resource).or_insert(groups.len());
                if group == groups.len() {
                    groups.push(Vec::new());
                }
                groups[group].push(at);
            }
            None => groups.push(vec![at]),
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

    fn known(second: Option<i64>, id: Option<&str>) -> EntrySubject {
        let started_at = second.and_then(|second| DateTime::from_timestamp(second, 0));
        EntrySubject { started_at, resource: id.map(|id| ("flow".to_owned(), id.to_owned())) }
    }

    #[test]
    fn exchanges_about_one_resource_form_its_sequence_in_the_order_of_time() {
        let entries = [
            known(Some(30), Some("a")),
            known(Some(10), Some("a")),
            known(Some(20), Some("b")),
            known(Some(15), None),
            known(None, Some("a")),
        ];
        assert_eq!(group(entries.iter()), [vec![1, 4, 0], vec![3], vec![2]]);
    }
}
