//! How the page refers to scenarios and exchanges: their anchors, the findings at them, and their classes.
//!
//! Deliberately not here: markup.

use crate::base::digest;
use crate::record::{ExchangeRecord, Finding, ScenarioRecord};

/// A fragment that is valid in HTML and differs for names that differ.
///
/// A name of lower-case words, hyphens and slashes stays readable; any other gets a digest (R22).
pub(super) fn anchor(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let slug: String = name.chars().take(80).map(|c| if plain(c) { c } else { '_' }).collect();
    let readable = name.len() <= 80 && name.chars().all(|c| plain(c) || c == '/') && !name.contains("//");
    if readable {
        return format!("s-{slug}");
    }
    format!("s-{slug}__{}", digest::short(name, 6))
}

/// The anchor of a scenario's exchange.
pub(super) fn exchange_anchor(scenario: &str, index: usize) -> String {
    format!("{scenario}__x{index}")
}

/// What was found at an exchange.
pub(super) fn findings(record: &ScenarioRecord, exchange: usize) -> impl Iterator<Item = &Finding> {
    record.findings.iter().filter(move |finding| finding.exchange == Some(exchange))
}

/// The class of an exchange, by which it is coloured.
pub(super) fn kind(exchange: &ExchangeRecord, denied: bool) -> &'static str {
    match exchange.response.as_ref().map(|response| response.status / 100) {
        None => "none",
        Some(_) if denied => "broken",
        Some(1) => "informational",
        Some(2) => "success",
        Some(3) => "redirect",
        Some(_) => "refused",
    }
}
