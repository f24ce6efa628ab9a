//! How often each check was evaluated, over the exchanges of one scenario.
//!
//! Deliberately not here: what the checks found.

use crate::checks::{CHECKS, Judgement};
use crate::record::CheckRecord;

/// Counts of all checks, in the order of the registry.
#[derive(Debug, Clone)]
pub(crate) struct CheckTally(Vec<CheckRecord>);

impl Default for CheckTally {
    fn default() -> Self {
        let none = CHECKS.iter().map(|check| CheckRecord { check: check.id.into(), evaluated: 0, not_evaluated: 0 });
        Self(none.collect())
    }
}

impl CheckTally {
    /// Adds what was judged of one exchange.
    pub(crate) fn add(&mut self, judgement: &Judgement) {
        for record in &mut self.0 {
            record.evaluated += usize::from(judgement.evaluated.contains(&record.check.as_str()));
            record.not_evaluated += usize::from(judgement.not_evaluated.contains(&record.check.as_str()));
        }
    }

    /// The checks that were to be evaluated at all.
    pub(crate) fn records(&self) -> Vec<CheckRecord> {
        self.0.iter().filter(|record| record.evaluated + record.not_evaluated > 0).cloned().collect()
    }
}
