//! A session falls into flows: calls that depend on each other, by a value, by a cookie or by the resource that they are about.
//!
//! Deliberately not here: which values these are (see [`super::sources`]).

use std::collections::{BTreeMap, HashMap};

use super::polls::RecordedCall;
use super::request::SentValues;
use super::sources::{Sources, text_of};
use crate::contract::Contract;

/// The positions of the calls of each flow, in the order of time.
pub(super) fn flows(
    contract: &Contract,
    calls: &[RecordedCall],
    sent: &[SentValues],
    sources: &Sources,
) -> Vec<Vec<usize>> {
    let mut sets = Sets((0..calls.len()).collect());
    let (mut resources, mut cookies) = (HashMap::new(), HashMap::new());
    for (at, RecordedCall { observation, .. }) in calls.iter().enumerate() {
        for source in used(contract, calls, sent, sources, at) {
            sets.join(at, sources.get(source).call);
        }
        if let Some((lifecycle, id)) = observation.subject(contract) {
            let first = *resources.entry((lifecycle.name.clone(), id)).or_insert(at);
            sets.join(at, first);
        }
        let fields: Vec<String> = observation.exchange.request.headers.texts("cookie").collect();
        for cookie in fields.iter().flat_map(|field| field.split(';')).map(str::trim) {
            cookies.get(cookie).into_iter().for_each(|setter| sets.join(at, *setter));
        }
        let answered = observation.exchange.response();
        for field in answered.into_iter().flat_map(|response| response.headers.texts("set-cookie")) {
            cookies.insert(field.split(';').next().unwrap_or_default().trim().to_owned(), at);
        }
    }
    sets.groups()
}

/// The sources of everything that a call sends.
fn used(
    contract: &Contract,
    calls: &[RecordedCall],
    sent: &[SentValues],
    sources: &Sources,
    call: usize,
) -> Vec<usize> {
    let mut found = Vec::new();
    let known = (contract, calls);
    for (location, name, value) in &sent[call].parameters {
        let text = text_of(value);
        found.extend(text.and_then(|text| sources.find(known, call, (Some(*location), name), &text)));
    }
    sent[call].each(&mut |name, value| {
        let Some(text) = text_of(value) else { return };
        found.extend(sources.find(known, call, (None, name), &text));
        found.extend(sources.inside(known, call, &text).into_iter().map(|(_, source)| source));
    });
    let fields = calls[call].observation.exchange.request.headers.texts("authorization");
    for field in fields {
        found.extend(sources.inside(known, call, &field).into_iter().map(|(_, source)| source));
    }
    found
}

/// Sets that can be joined: each member knows one that stands for it.
struct Sets(Vec<usize>);

impl Sets {
    fn of(&self, mut member: usize) -> usize {
        while self.0[member] != member {
            member = self.0[member];
        }
        member
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        self.0[one.max(other)] = one.min(other);
    }

    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        (0..self.0.len()).for_each(|member| groups.entry(self.of(member)).or_default().push(member));
        groups.into_values().collect()
    }
}
