//! Small texts that only reports need: moments and statuses.
//!
//! Deliberately not here: what others say in the same way ([`crate::base::text`], [`crate::base::duration`]).

use chrono::{DateTime, TimeDelta, Utc};

/// A moment, as people say it.
pub(crate) fn moment(at: &DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M:%S UTC").to_string()
}

/// When something ended that began then and took so many microseconds.
pub(super) fn ended(begun: DateTime<Utc>, duration_us: u64) -> DateTime<Utc> {
    let duration = i64::try_from(duration_us).map_or(TimeDelta::zero(), TimeDelta::microseconds);
    begun.checked_add_signed(duration).unwrap_or(begun)
}

/// A scenario's name as the folder and what stands in it, as test views show them. What stands behind `#` names a row, and no
/// folder.
pub(super) fn folder_and_name(scenario: &str) -> (&str, &str) {
    let file = scenario.split('#').next().unwrap_or(scenario);
    let at = file.rfind('/').filter(|at| at + 1 < scenario.len());
    at.map_or(("scenarios", scenario), |at| (&scenario[..at], &scenario[at + 1..]))
}

/// A status code with its standard phrase, as `404 Not Found`.
pub(crate) fn status(code: u16) -> String {
    match http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()) {
        Some(phrase) => format!("{code} {phrase}"),
        None => code.to_string(),
    }
}
