//! A scenario's exchanges along its time: when each began, how long it waited for the first byte, when it was over.
//!
//! Deliberately not here: what was exchanged.

use serde::Serialize;

use crate::record::Level;
use crate::record::{ExchangeRecord, ScenarioRecord};

use super::anchor::{exchange_anchor, findings, kind};
use crate::base::duration;

/// The width of the picture, in its own units.
const WIDTH: u64 = 1_000;

#[derive(Serialize)]
pub(super) struct Timeline {
    whole: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    number: usize,
    name: String,
    kind: &'static str,
    status: String,
    wait_x: u64,
    wait: u64,
    rest_x: u64,
    rest: u64,
    first_byte: String,
    total: String,
}

pub(super) fn timeline(record: &ScenarioRecord, anchor: &str) -> Timeline {
    let ends = record.exchanges.iter().map(|exchange| since(record, exchange) + exchange.total_us);
    let whole = ends.max().unwrap_or_default().max(record.duration_us).max(1);
    let rows = record.exchanges.iter().enumerate().map(|(index, exchange)| row(record, anchor, index, exchange, whole));
    Timeline { whole: duration::human(whole), rows: rows.collect() }
}

fn row(record: &ScenarioRecord, anchor: &str, index: usize, exchange: &ExchangeRecord, whole: u64) -> Row {
    let at = |us: u64| us.min(whole) * WIDTH / whole;
    let began = since(record, exchange);
    let (wait_x, first, end) =
        (at(began), at(began + exchange.first_byte_us.min(exchange.total_us)), at(began + exchange.total_us));
    let denied = findings(record, index).any(|finding| finding.level == Level::Deny);
    Row {
        id: exchange_anchor(anchor, index),
        number: index + 1,
        name: exchange.operation.clone().unwrap_or_else(|| exchange.request.method.clone()),
        kind: kind(exchange, denied),
        status: exchange.response.as_ref().map_or_else(|| "none".into(), |response| response.status.to_string()),
        wait_x,
        wait: (first - wait_x).max(1),
        rest_x: first,
        // However short, it can be seen.
        rest: (end - first).max(3),
        first_byte: duration::human(exchange.first_byte_us),
        total: duration::human(exchange.total_us),
    }
}

/// Microseconds from the scenario's beginning to the exchange's.
fn since(record: &ScenarioRecord, exchange: &ExchangeRecord) -> u64 {
    let passed = (exchange.started_at - record.started_at).num_microseconds().unwrap_or_default();
    u64::try_from(passed).unwrap_or_default()
}
