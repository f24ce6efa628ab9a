//! The lines of a journal, and how one is written.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::record::{Footer, Header, ScenarioRecord};

/// One line of a journal.
#[expect(clippy::large_enum_variant, reason = "a journal has one footer, which is not kept as a line")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalLine {
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
pub fn append(out: &mut impl Write, line: &JournalLine) -> io::Result<()> {
    out.write_all(&bytes(line)?)
}

/// A line with its line break.
pub(super) fn bytes(line: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The line of a scenario's record, as that of [`JournalLine::Scenario`], which would take the record.
pub(super) fn scenario_bytes(record: &ScenarioRecord) -> io::Result<Vec<u8>> {
    bytes(&BTreeMap::from([("scenario", record)]))
}
