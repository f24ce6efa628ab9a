//! A scenario's exchanges along its time: when each began, how long it waited for the first byte, when it was over.
//!
//! Deliberately not here: what was exchanged.

use serde_json::{Value, json};

use crate::record::{ExchangeRecord, Level, ScenarioRecord};

use super::anchor::{exchange_anchor, findings, kind};
use crate::base::duration;

/// The width of the picture, in its own units.
const WIDTH: u64 = 1_000;

/// The data of the timeline's template.
pub(super) fn timeline(record: &ScenarioRecord, anchor: &str) -> Value {
    let ends = record.exchanges.iter().map(|exchange| since(record, exchange) + exchange.total_us);
    let whole = ends.max().unwrap_or_default().max(record.duration_us).max(1);
    let exchanges = record.exchanges.iter().enumerate();
    let rows: Value = exchanges.map(|(index, exchange)| row(record, anchor, index, exchange, whole)).collect();
    json!({ "whole": duration::human(whole), "rows": rows })
}

fn row(record: &ScenarioRecord, anchor: &str, index: usize, exchange: &ExchangeRecord, whole: u64) -> Value {
    let at = |us: u64| us.min(whole) * WIDTH / whole;
    let began = since(record, exchange);
    let (start, end) = (at(began), at(began + exchange.total_us));
    let first_byte = at(began + exchange.first_byte_us.min(exchange.total_us));
    let denied = findings(record, index).any(|finding| finding.level == Level::Deny);
    json!({
        "id": exchange_anchor(anchor, index),
        "name": exchange.operation.as_ref().unwrap_or(&exchange.request.method),
        "kind": kind(exchange, denied),
        "status": exchange.response.as_ref().map_or_else(|| "none".into(), |response| response.status.to_string()),
        "wait_x": start,
        "wait": (first_byte - start).max(1),
        "rest_x": first_byte,
        // However short, it can be seen.
        "rest": (end - first_byte).max(3),
        "first_byte": duration::human(exchange.first_byte_us),
        "total": duration::human(exchange.total_us),
    })
}

/// Microseconds from the scenario's beginning to the exchange's.
fn since(record: &ScenarioRecord, exchange: &ExchangeRecord) -> u64 {
    let passed = (exchange.started_at - record.started_at).num_microseconds().unwrap_or_default();
    u64::try_from(passed).unwrap_or_default()
}
