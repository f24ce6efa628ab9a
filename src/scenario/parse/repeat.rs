//! How a call is repeated: `repeat`, and `until` beside it.
//!
//! Deliberately not here: waiting.

use std::time::Duration;

use crate::base::yaml::YamlNode;
use crate::scenario::decode::{Decoder, KeyDecoder, PresentKeys, key};
use crate::scenario::form::Form::{self, Count};
use crate::scenario::model::{Expectation, RepeatUntil};

const MAX_REPEATS: u64 = 1_000;
/// How long a call is repeated where nothing is said of it.
const DEFAULT_WITHIN: Duration = Duration::from_secs(600);

/// How often and how long a call is repeated.
#[derive(Default)]
pub(super) struct Pace {
    at_most: Option<u64>,
    every: Option<Duration>,
    within: Option<Duration>,
}

pub(super) const REPEAT: &[KeyDecoder<Pace>] = &[
    key("at-most", Count(1, MAX_REPEATS), "How often the call is sent at the most.", |to, at, node| {
        to.at_most = at.count(node, 1..=MAX_REPEATS)
    }),
    key("every", Form::Duration, "The pause between two calls.", |to, at, node| to.every = time(at, node)),
    key("within", Form::Duration, "How long the call is repeated at the most.", |to, at, node| {
        to.within = time(at, node)
    }),
];

fn time(at: &mut Decoder, node: &YamlNode) -> Option<Duration> {
    at.duration(node).map(|time| time.value)
}

pub(super) fn pace(at: &mut Decoder, node: &YamlNode) -> Option<Pace> {
    at.object(node, "`repeat`", REPEAT, &["at-most", "every"]).map(|(pace, _)| pace)
}

pub(super) fn repeat(
    at: &mut Decoder,
    present: &PresentKeys,
    pace: Option<Pace>,
    until: Option<Expectation>,
) -> Option<RepeatUntil> {
    match (present.get("repeat"), present.get("until")) {
        (Some(span), None) => at.fail(span, "`repeat` needs `until`, which says when to stop"),
        (None, Some(span)) => at.fail(span, "`until` needs `repeat`, which says how often to try"),
        (None, None) => None,
        (Some(span), Some(_)) => {
            let Pace { at_most, every, within } = pace?;
            let at_most = u32::try_from(at_most?).ok()?;
            let within = within.unwrap_or(DEFAULT_WITHIN);
            Some(RepeatUntil { span: span.clone(), at_most, every: every?, within, until: until? })
        }
    }
}
