//! The shape of a report that is written to a file.

use std::io::{self, Cursor, Write};
use std::sync::Arc;

use super::reading::{self, Reading};
use super::spool;
use crate::record::journal::{Journal, JournalError};

/// A kind of report that is written to a file.
#[derive(Debug, Clone, Copy)]
pub struct Renderer {
    /// The name people choose it by.
    pub name: &'static str,
    /// The file's name in the report folder.
    pub file: &'static str,
    /// What it is for, a few words.
    pub purpose: &'static str,
    /// Writes the whole report.
    pub write: fn(Reading<'_>, &mut dyn Write) -> Result<(), RenderError>,
}

impl Renderer {
    /// Writes this report of a journal, and no other; what has to wait stays in memory.
    ///
    /// # Errors
    /// When the journal cannot be read or the writer refuses.
    pub fn render(&self, journal: &Journal, out: &mut dyn Write) -> Result<(), RenderError> {
        let mut waiting = Cursor::new(Vec::new());
        (self.write)(Reading::new(journal, reading::records(journal), spool::Spool::new(&mut waiting)), out)
    }
}

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A record could not be read.
    #[error(transparent)]
    Journal(#[from] Arc<JournalError>),
    /// The writer refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The JUnit document could not be serialised.
    #[error("the JUnit document failed: {0}")]
    Junit(#[from] quick_junit::SerializeError),
    /// The JSON document could not be serialised.
    #[error("the JSON document failed: {0}")]
    Json(#[from] serde_json::Error),
}
