//! Why a journal cannot be read or written.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::private;
use crate::record::Header;

/// Why a journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be read.
    #[error("cannot read the journal: {0}")]
    Io(#[from] io::Error),
    /// The first line is not a header of this format.
    #[error("not a journal: {0}")]
    NotAJournal(String),
    /// A later build wrote it.
    #[error("the journal has format {0}; this build reads format {format}", format = Header::FORMAT)]
    Format(u32),
    /// There is no footer.
    #[error("the run did not finish: the journal has no footer; run it again")]
    Unfinished,
    /// It is not as it was written.
    #[error("the journal was changed after the run: {0}; use the journal as the run wrote it")]
    Edited(String),
    /// A line in the middle is broken.
    #[error("line {line} of the journal is broken: {message}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// Why a journal could not be written.
#[derive(Debug, thiserror::Error)]
pub enum JournalWriteError {
    /// The file system refused.
    #[error("cannot write {}: {cause}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Another run writes to the folder.
    #[error("another run{by} writes to {}; wait for it, or choose another folder with --report", .folder.display())]
    Taken {
        /// The folder.
        folder: PathBuf,
        /// The other process in brackets; empty where its lock keeps the file from being read, as on Windows.
        by: String,
    },
}

impl JournalWriteError {
    /// Whether there was no space for it.
    pub fn is_for_want_of_space(&self) -> bool {
        matches!(self, Self::Io { cause, .. } if private::is_full(cause))
    }

    /// Makes the error of a file or folder from what the system says.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |cause| Self::Io { path: path.to_owned(), cause }
    }
}
