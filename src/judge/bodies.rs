//! The bodies of recorded answers, each read once however many look at it.
//!
//! Deliberately not here: what is looked for in them.

use std::cell::OnceCell;

use serde_json::Value;

use crate::record::{BodyRecord, ExchangeRecord};

/// The bodies of the answers of one scenario.
pub(crate) struct Bodies<'a> {
    /// The exchanges that they belong to.
    pub(super) exchanges: &'a [ExchangeRecord],
    read: Vec<OnceCell<Option<Value>>>,
}

impl<'a> Bodies<'a> {
    /// Those of some exchanges; none is read yet.
    pub(crate) fn of(exchanges: &'a [ExchangeRecord]) -> Self {
        Self { exchanges, read: vec![OnceCell::new(); exchanges.len()] }
    }

    /// The body of the answer at a position, if it is JSON and was kept whole.
    pub(super) fn get(&self, at: usize) -> Option<&Value> {
        let read = || self.exchanges[at].response.as_ref()?.body.as_ref().and_then(BodyRecord::json);
        self.read.get(at)?.get_or_init(read).as_ref()
    }
}
