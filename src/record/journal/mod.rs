//! The journal: the append-only JSON-lines record of a run, of which every report is a projection.
//!
//! The first line is the header, then one line per scenario as it ends, last the footer. A run that was killed leaves a
//! journal without a footer, perhaps with a truncated last line; it can still be read and says of itself that it did not finish.
//!
//! What is kept here is redacted; nothing in a journal is a secret. Deliberately not here: judging and rendering.

mod at_hand;
mod error;
mod folder;
mod index;
mod line;
pub(crate) mod merge;
mod reader;
mod writer;

pub use error::{JournalError, JournalWriteError};
pub use folder::{JOURNAL, make_folder};
pub use index::ScenarioEntry;
pub use line::{JournalLine, append};
pub use reader::Journal;
pub use writer::{Ending, JournalWriter};
