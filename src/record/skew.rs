//! How far this machine's clock is from the clock of whoever answered, by the Date field of the answer.
//!
//! Only the difference; what it means is for others to say. The field tells whole seconds, and the answer was on its way for
//! a while: differences below a few seconds mean nothing.

use chrono::{DateTime, TimeDelta, Utc};

use super::Exchange;

/// More than this is worth telling.
pub const SKEW: TimeDelta = TimeDelta::seconds(60);

impl Exchange {
    /// How far this machine's clock is ahead of the server's; negative where it is behind. `None` where the answer tells no time.
    pub fn skew(&self) -> Option<TimeDelta> {
        let date = self.response()?.headers.get("date")?;
        let theirs = DateTime::<Utc>::from(httpdate::parse_http_date(&date).ok()?);
        // The answer was made somewhere between the request and its first byte.
        let ours = self.started_at + TimeDelta::from_std(self.first_byte / 2).ok()?;
        Some(ours - theirs)
    }
}
