//! The lines of a journal, and how one is written.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::record::{Footer, Header, ScenarioRecord};

/// The version of the journal's format that this build writes and reads.
pub const FORMAT: u32 = 1;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// The first line.
    Header(Box<Header>),
    /// A scenario that ended.
    Scenario(Box<ScenarioRecord>),
    /// The last line of a run that finished.
    Footer(Footer),
}

/// Writes one line of a journal with a single call, so that lines of several processes never interleave.
///
/// # Errors
/// Whatever the writer reports.
pub fn append(out: &mut impl Write, line: &Line) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}

/// Writes a scenario's line without taking the record.
///
/// # Errors
/// Whatever the writer reports.
pub fn append_scenario(out: &mut impl Write, record: &ScenarioRecord) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        scenario: &'a ScenarioRecord,
    }
    let mut bytes = serde_json::to_vec(&Line { scenario: record })?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}
