//! Time as the tenant sees it: an injected source, moved forward per environment through the control channel.
//!
//! Nothing here sleeps: whatever runs out, runs out when it is next looked at.

use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, Utc};

/// Tells the time; tests inject a fixed one.
pub trait Clock: Send + Sync {
    /// Returns the present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// Tells the time of the machine.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// One environment's time: the tenant's clock plus what the control channel advanced it by.
pub(super) struct EnvironmentClock {
    source: Arc<dyn Clock>,
    offset: TimeDelta,
}

impl EnvironmentClock {
    pub(super) fn new(source: Arc<dyn Clock>) -> Self {
        Self { source, offset: TimeDelta::zero() }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.source.now() + self.offset
    }

    /// Moves the environment forward, for good; does nothing where that would be beyond the year 9000.
    pub(super) fn advance(&mut self, by: TimeDelta) {
        let offset = self.offset.checked_add(&by);
        let reaches = |offset: &TimeDelta| {
            self.source.now().checked_add_signed(*offset).is_some_and(|moment| moment.year() <= 9000)
        };
        self.offset = offset.filter(reaches).unwrap_or(self.offset);
    }
}
