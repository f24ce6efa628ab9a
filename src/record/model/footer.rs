//! The footer of a journal: what a run came to, and what differs from an earlier one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::verdict::Counts;

/// The last line of a run that finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Footer {
    /// When the run ended.
    pub finished_at: DateTime<Utc>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What it came to.
    pub counts: Counts,
    /// The exit code that the counts stand for.
    pub exit_code: u8,
    /// Why the run ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_early: Option<String>,
    /// What the run met that belongs to no scenario, such as a clock that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// What the suite does not reach of what it must reach, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub uncovered: Vec<String>,
    /// SHA-256 over all lines before this one, line ends included; lower-case hex. Earlier builds wrote none.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub digest: String,
    /// What differs from the run that a team has agreed on, when it was compared with one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changes: Option<ChangesRecord>,
}

/// What differs from the run that a team has agreed on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesRecord {
    /// What it was compared with, in a few words, such as `the run of 3 March 2026`.
    pub baseline: String,
    /// The differences; empty means that there are none.
    pub changes: Vec<ChangeRecord>,
}

/// One difference from the baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// Whether it is for the worse.
    pub bearing: Bearing,
    /// What changed: a scenario's name, or anything else that has one.
    pub subject: String,
    /// What changed about it, one sentence without a final stop.
    pub message: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<String>,
    /// Since when, as far as earlier runs show.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<DateTime<Utc>>,
}

/// What a difference means to a reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    /// Something that held does not hold any more.
    Worse,
    /// Something that did not hold does now.
    Better,
    /// It is another, and neither better nor worse.
    #[default]
    Other,
}
