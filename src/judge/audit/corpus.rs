//! What is audited: recorded sequences of exchanges.
//!
//! Deliberately not here: where they come from (see `recorded`), and any change.

use crate::checks::Observation;

/// Where sequences come from: a journal, a HAR file, a run. They are read when their turn comes, by several threads.
pub trait Corpus: Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// One of them.
    ///
    /// # Errors
    /// When it cannot be read; the audit then says so and has no result.
    fn sequence(&self, index: usize) -> Result<RecordedSequence, String>;
}

impl Corpus for Vec<RecordedSequence> {
    fn count(&self) -> usize {
        self.len()
    }

    fn sequence(&self, index: usize) -> Result<RecordedSequence, String> {
        Ok(self[index].clone())
    }
}

/// The exchanges of one scenario, or about one resource, in order.
#[derive(Debug, Clone)]
pub struct RecordedSequence {
    /// The scenario's name.
    pub name: String,
    /// Its exchanges.
    pub history: Vec<Observation>,
}
