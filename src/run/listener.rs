//! The interface for following a run as it happens.
//!
//! Deliberately not here: what is shown of it.

use crate::record::{Header, ScenarioRecord};

/// Follows a run as it happens.
pub trait Listener: Send + Sync {
    /// A scenario begins; one that is run again begins again.
    fn began(&self, _name: &str) {}

    /// A scenario ended.
    fn ended(&self, header: &Header, record: &ScenarioRecord);
}

/// Shows nothing.
pub struct Silent;

impl Listener for Silent {
    fn ended(&self, _: &Header, _: &ScenarioRecord) {}
}
