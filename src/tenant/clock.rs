//! Time as the tenant sees it: an injected source, moved forward per environment through the control channel.
//!
//! Nothing here sleeps: whatever runs out, runs out when it is next looked at.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

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
        let now = self.source.now();
        now.checked_add_signed(self.offset).unwrap_or(now)
    }

    /// Moves the environment forward, for good; does nothing where the calendar ends.
    pub(super) fn advance(&mut self, by: TimeDelta) {
        self.offset = self.offset.checked_add(&by).unwrap_or(self.offset);
    }
}
