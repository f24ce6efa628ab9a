//! `stable-times`: when something began does not move, and when it last changed does not go back.
//!
//! Deliberately not here: the times of resources with a lifecycle, which `timestamps` compares.

use serde_json::Value;

use super::address::{Address, is_created, is_updated, time};
use super::{Case, Check};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "stable-times",
    level: Level::Warn,
    promise: "A time of creation, such as `createdAt`, is the same whenever a resource is read; a time of change, such as \
              `updatedAt`, never goes back.",
    source: "the names of the properties in the document",
    example: "`createdAt` moves with every read: whoever sorts by it gets another order each time.",
    advice: "Compare the two answers; if several nodes respond, their clocks may differ.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let address = Address::of(case)?;
    let shown = address.shown(case.observation)?;
    let before = address.shown_before(|earlier| {
        address.is_of(earlier) && matches!(earlier.exchange.request.method.as_str(), "DELETE" | "PUT")
    })?;
    let times = shown.iter().filter(|(name, _)| is_created(name) || is_updated(name));
    let compared: Vec<(&String, &Value, &Value)> = times
        .filter(|(name, _)| address.documented(name).is_some())
        .filter_map(|(name, now)| Some((name, before.get(name)?, now)))
        .filter(|(_, then, now)| time(then).is_some() && time(now).is_some())
        .collect();
    let broken = compared.iter().filter_map(|(name, then, now)| Some((name, then, why(name, then, now)?)));
    let findings = broken.map(|(name, then, why)| address.changed(name, then, why.into())).collect();
    (!compared.is_empty()).then_some(findings)
}

/// What is wrong about a time and the one that was shown before it.
fn why(name: &str, then: &Value, now: &Value) -> Option<&'static str> {
    match is_created(name) {
        true => (time(now) != time(then)).then_some("the time it began has changed"),
        false => (time(now) < time(then)).then_some("the time of the last change has gone back"),
    }
}
