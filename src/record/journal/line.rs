//! The lines of a journal, and how one is written.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::record::redaction::by_looks;
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
    out.write_all(text(line)?.as_bytes())
}

/// A line with its line break.
fn text(line: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    Ok(text)
}

/// A part of a journal, which is one of the variants of [`JournalLine`].
pub(super) trait Part: Serialize + DeserializeOwned {
    /// What its line is called.
    const KIND: &'static str;

    /// Its line.
    fn line(&self) -> serde_json::Result<String> {
        text(&BTreeMap::from([(Self::KIND, self)]))
    }

    /// What stands in its line: the same as is said of it anywhere else.
    fn within(line: &[u8]) -> Option<&[u8]> {
        let content = line.strip_prefix(b"{\"")?.strip_prefix(Self::KIND.as_bytes())?.strip_prefix(b"\":")?;
        content.strip_suffix(b"}\n")
    }

    /// What a line says.
    fn of_line(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().and_then(|mut parts: BTreeMap<String, Self>| parts.remove(Self::KIND))
    }
}

impl Part for Header {
    const KIND: &'static str = "header";
}

impl Part for ScenarioRecord {
    const KIND: &'static str = "scenario";
}

impl Part for Footer {
    const KIND: &'static str = "footer";
}

/// A part of a journal, or of its header, without what looks like a credential.
pub(super) fn without_credentials<T: Serialize + DeserializeOwned>(part: T) -> serde_json::Result<T> {
    let text = serde_json::to_string(&part)?;
    let clean = by_looks().json(&text);
    if clean == text { Ok(part) } else { serde_json::from_str(&clean) }
}
