//! The first records of a journal that this process writes, kept until its reports are made: what is at hand is not read from
//! the file.
//!
//! Only so many are kept, so that memory does not grow with the run. Deliberately not here: reading the others.

use std::collections::HashMap;
use std::sync::Arc;

use super::index::Stretch;
use crate::record::ScenarioRecord;

/// The records of lines with so many bytes in all are kept.
const ROOM: usize = 8 * 1024 * 1024;

/// The records that are at hand, by where their lines begin.
#[derive(Debug, Default)]
pub(super) struct AtHand {
    records: HashMap<u64, Arc<ScenarioRecord>>,
    bytes: usize,
}

impl AtHand {
    /// Keeps what a line says, as long as there is room.
    pub(super) fn keep(&mut self, (start, length): Stretch, record: Arc<ScenarioRecord>) {
        self.bytes = self.bytes.saturating_add(length);
        if self.bytes <= ROOM {
            self.records.insert(start, record);
        }
    }

    /// What a line says, if that is at hand.
    pub(super) fn get(&self, (start, _): Stretch) -> Option<&Arc<ScenarioRecord>> {
        self.records.get(&start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Verdict;

    #[test]
    fn records_are_kept_until_there_is_no_room() {
        let mut at_hand = AtHand::default();
        let record = |index| Arc::new(ScenarioRecord::new(index, "a", Verdict::Passed));
        for (index, stretch) in [(0, ROOM), (ROOM as u64, 1), (ROOM as u64 + 1, 1)].into_iter().enumerate() {
            at_hand.keep(stretch, record(index));
        }
        let kept = [(0, ROOM), (ROOM as u64, 1)].map(|stretch| at_hand.get(stretch).map(|record| record.index));
        assert_eq!(kept, [Some(0), None]);
    }
}
