//! How far this machine's clock is from the clock of whoever answered, by the Date field of the answer.
//!
//! Only the difference; what it means is for others to say. The field has whole seconds only, and the answer was on its way for
//! a while: differences below a few seconds mean nothing.

use chrono::{DateTime, TimeDelta, Utc};

use super::{ExchangeRecord, ScenarioRecord};
use crate::record::Exchange;

/// More than this is worth mentioning.
pub(crate) const SKEW: TimeDelta = TimeDelta::seconds(60);

impl Exchange {
    /// How far this machine's clock is ahead of the server's; negative where it is behind. `None` where the answer has no Date.
    pub fn skew(&self) -> Option<TimeDelta> {
        let date = self.response()?.headers.get("date")?;
        apart(&date, self.started_at, TimeDelta::from_std(self.first_byte).ok()?)
    }
}

impl ExchangeRecord {
    fn skew(&self) -> Option<TimeDelta> {
        let date = self.response.as_ref()?.header("date")?;
        apart(date, self.started_at, TimeDelta::microseconds(i64::try_from(self.first_byte_us).ok()?))
    }
}

impl ScenarioRecord {
    /// The largest difference that any answer of the scenario shows, as [`Exchange::skew`] has it.
    pub fn skew(&self) -> Option<TimeDelta> {
        self.exchanges.iter().filter_map(ExchangeRecord::skew).max_by_key(TimeDelta::abs)
    }
}

/// What a reader of a run should know of a difference; nothing where it is small.
pub(crate) fn note(skew: TimeDelta) -> Option<String> {
    let side = if skew < TimeDelta::zero() { "behind" } else { "ahead of" };
    let seconds = (skew.num_milliseconds().abs() + 500) / 1000;
    (skew.abs() > SKEW).then(|| {
        format!("this machine's clock is {seconds} s {side} the tenant's: synchronise it before you rely on findings about times")
    })
}

fn apart(date: &str, started_at: DateTime<Utc>, first_byte: TimeDelta) -> Option<TimeDelta> {
    let theirs = DateTime::<Utc>::from(httpdate::parse_http_date(date).ok()?);
    // The answer was made somewhere between the request and its first byte.
    Some(started_at + first_byte / 2 - theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(date: &str) -> Option<i64> {
        let started_at = "2026-01-02T03:04:05Z".parse().expect("a time");
        apart(date, started_at, TimeDelta::seconds(2)).map(|apart| apart.num_seconds())
    }

    #[test]
    fn q14_the_difference_is_taken_in_the_middle_of_the_wait() {
        assert_eq!(seconds("Fri, 02 Jan 2026 03:04:06 GMT"), Some(0));
        assert_eq!(seconds("Fri, 02 Jan 2026 03:14:06 GMT"), Some(-600));
        assert_eq!(seconds("Fri, 02 Jan 2026 02:54:06 GMT"), Some(600));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn q14_more_than_a_minute_is_worth_a_note() {
        assert_eq!(note(TimeDelta::seconds(60)), None);
        assert_eq!(note(TimeDelta::seconds(-60)), None);
        assert!(note(TimeDelta::seconds(-601)).expect("a note").starts_with("this machine's clock is 601 s behind"));
        assert!(note(TimeDelta::seconds(61)).expect("a note").contains("61 s ahead of"));
    }
}
