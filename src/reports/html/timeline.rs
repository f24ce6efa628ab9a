//! A scenario's exchanges along its time: when each began, how long it waited for the first byte, when it was over.
//!
//! Deliberately not here: what was exchanged.

use maud::{Markup, html};

use crate::record::{ExchangeRecord, Level, ScenarioRecord};

use super::anchor::{exchange_anchor, findings, kind};
use crate::base::duration;

/// The width of the picture, in its own units.
const WIDTH: u64 = 1_000;

/// The timeline of a scenario with several exchanges.
pub(super) fn timeline(record: &ScenarioRecord, anchor: &str) -> Markup {
    let ends = record.exchanges.iter().map(|exchange| since(record, exchange) + exchange.total_us);
    let whole = ends.max().unwrap_or_default().max(record.duration_us).max(1);
    html! {
        h4 { "Timeline " span.count { (duration::human(whole)) " in all" } }
        "\n"
        ol.timeline {
            @for (index, exchange) in record.exchanges.iter().enumerate() { (row(record, anchor, index, exchange, whole)) }
        }
        "\n"
    }
}

fn row(record: &ScenarioRecord, anchor: &str, index: usize, exchange: &ExchangeRecord, whole: u64) -> Markup {
    let at = |us: u64| us.min(whole) * WIDTH / whole;
    let began = since(record, exchange);
    let (start, end) = (at(began), at(began + exchange.total_us));
    let first_byte = at(began + exchange.first_byte_us.min(exchange.total_us));
    let denied = findings(record, index).any(|finding| finding.level == Level::Deny);
    let status = exchange.response.as_ref().map_or_else(|| "none".into(), |response| response.status.to_string());
    html! {
        li class=(kind(exchange, denied)) {
            a href={ "#" (exchange_anchor(anchor, index)) } { (exchange.operation.as_ref().unwrap_or(&exchange.request.method)) } " "
            span.status { (status) } " "
            svg.fall viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true" {
                rect.wait x=(start) y="0" width=((first_byte - start).max(1)) height="8" {}
                // However short, it can be seen.
                rect.rest x=(first_byte) y="0" width=((end - first_byte).max(3)) height="8" {}
            }
            " "
            span.took {
                span.unseen { "first byte after " } (duration::human(exchange.first_byte_us))
                span.unseen { ", last byte after" } " / " (duration::human(exchange.total_us))
            }
        }
        "\n"
    }
}

/// Microseconds from the scenario's beginning to the exchange's.
fn since(record: &ScenarioRecord, exchange: &ExchangeRecord) -> u64 {
    let passed = (exchange.started_at - record.started_at).num_microseconds().unwrap_or_default();
    u64::try_from(passed).unwrap_or_default()
}
