//! `repeated-put`: a PUT that was accepted is accepted again, and leads to the same.

use serde_json::{Map, Value};

use super::address::{Address, is_updated, writes};
use super::{Case, Check, Observation};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "repeated-put",
    level: Level::Warn,
    promise: "A PUT that is sent a second time, with nothing else written in between, is accepted like the first, and shows the \
              same but for the time of the change.",
    source: "RFC 9110, section 9.2.2: PUT is idempotent",
    example: "The second `PUT /orders/7` with the same body is answered with 409, so that no client may try again.",
    advice: "Compare both answers. A request that must not be repeated is a POST; a version that it depends on belongs in If-Match.",
    needs: &["documented-status"],
    judge,
};

/// Refusals that say nothing about the resource: of credentials, of a condition, of too many requests.
const ELSEWHERE: [u16; 6] = [401, 403, 407, 412, 428, 429];

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let address = Address::of(case)?;
    let first = address.history().find(|earlier| writes(earlier)).filter(|first| is_repeated(case, first))?;
    let status = case.response.status;
    if !(200..300).contains(&first.exchange.response()?.status) || ELSEWHERE.contains(&status) {
        return None;
    }
    if !(200..300).contains(&status) {
        return Some(vec![address.answered("the status of a success", "the same PUT was accepted before".into())]);
    }
    let (Some(Value::Object(before)), Some(Value::Object(now))) = (first.body.value(), case.json()) else {
        return Some(Vec::new());
    };
    let other = other_member(before, now).filter(|name| address.documented(name).is_some());
    let message = "the same PUT led to another value before";
    Some(other.map(|name| address.changed(name, &before[name], message.into())).into_iter().collect())
}

/// Whether the judged request is an earlier one once more.
fn is_repeated(case: &Case<'_>, first: &Observation) -> bool {
    let (now, then) = (&case.exchange().request, &first.exchange.request);
    let is_masked = now.body.as_ref().is_some_and(|body| case.observation.hides(&String::from_utf8_lossy(body)));
    now.method == "PUT" && then.method == "PUT" && now.url == then.url && now.body == then.body && !is_masked
}

/// A member that both have, with other values.
fn other_member<'v>(before: &'v Map<String, Value>, now: &Map<String, Value>) -> Option<&'v String> {
    let mut both = before.iter().filter(|(name, _)| !is_updated(name));
    both.find(|(name, value)| now.get(*name).is_some_and(|now| now != *value)).map(|(name, _)| name)
}
