//! Why a HAR could not be read to its end.
//!
//! Deliberately not here: why an entry cannot be judged.

use std::io;

/// Why a HAR could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum HarError {
    /// The system refused.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    /// It is an archive from which no HAR can be read.
    #[error("cannot read a HAR from the ZIP archive: {0}")]
    Archive(String),
    /// The file is cut.
    #[error("the file ends at byte {byte}, in the middle of the HAR; {entries} entries before that are whole")]
    Truncated {
        /// How many bytes there are.
        byte: u64,
        /// How many entries could be read.
        entries: usize,
    },
    /// The file is something else, or broken.
    #[error("not a HAR from byte {byte} on, after {entries} entries: {message}")]
    Malformed {
        /// Where.
        byte: u64,
        /// How many entries could be read.
        entries: usize,
        /// What is wrong.
        message: String,
    },
}
