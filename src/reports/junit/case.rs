//! One scenario as a test case. What it says is drafted as the records come, and becomes a case when its turn comes.
//!
//! Deliberately not here: which cases there is room for.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestRerun};
use serde::{Deserialize, Serialize};

use crate::record::{AttemptRecord, Header, ScenarioRecord, Verdict};

use super::super::text::folder_and_name;
use super::super::why::{account, kind, message};

/// The most earlier attempts that a case lists.
const ATTEMPTS: usize = 5;

/// What test views know a case by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CaseName {
    /// The folder, with dots.
    pub class: String,
    /// The scenario in it. Most readers show both, so that neither repeats the other.
    pub name: String,
}

impl CaseName {
    /// The class and name of a scenario.
    pub(super) fn of(scenario: &str) -> Self {
        let (folder, name) = folder_and_name(scenario);
        Self { class: folder.replace('/', "."), name: name.to_owned() }
    }
}

/// How much of a case there is room for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Room {
    /// All of it.
    Whole,
    /// All but its text.
    Bare,
}

/// What a case will say.
#[derive(Serialize, Deserialize)]
pub(super) struct CaseDraft {
    duration_us: u64,
    verdict: Verdict,
    /// The check that failed it, or the verdict.
    kind: String,
    message: String,
    /// The whole account, where there is one.
    text: Option<String>,
    attempts: Vec<AttemptDraft>,
}

/// An attempt before the one that counts.
#[derive(Serialize, Deserialize)]
struct AttemptDraft {
    errored: bool,
    kind: String,
    message: String,
}

impl CaseDraft {
    pub(super) fn new(header: &Header, record: &ScenarioRecord) -> Self {
        let recent = record.earlier.len().saturating_sub(ATTEMPTS);
        Self {
            duration_us: record.duration_us,
            verdict: record.verdict,
            kind: kind(&record.findings, record.verdict),
            message: message(&record.findings, record.reason.as_deref()),
            text: account(header, record),
            attempts: record.earlier[recent..].iter().map(AttemptDraft::new).collect(),
        }
    }

    /// The case, as far as there is room.
    pub(super) fn case(&self, CaseName { class, name }: &CaseName, room: Room) -> TestCase {
        let text = self.text.as_deref();
        let text = text.map(|text| match room {
            Room::Whole => text,
            Room::Bare => "The text has no room in this file; report.json has it.",
        });
        let passed = self.verdict == Verdict::Passed;
        let mut case = TestCase::new(name.as_str(), self.status(text.filter(|_| !passed)));
        case.set_classname(class.as_str());
        case.set_time(Duration::from_micros(self.duration_us));
        if let Some(text) = text.filter(|_| passed) {
            case.set_system_out(text);
        }
        case
    }

    fn status(&self, text: Option<&str>) -> TestCaseStatus {
        let mut status = match self.verdict {
            Verdict::Passed => TestCaseStatus::success(),
            Verdict::Skipped => TestCaseStatus::skipped(),
            Verdict::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Verdict::Errored => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        if self.verdict != Verdict::Skipped {
            status.add_reruns(self.attempts.iter().map(AttemptDraft::rerun));
        }
        if self.verdict != Verdict::Passed {
            status.set_type(self.kind.as_str());
            status.set_message(self.message.as_str());
        }
        if let Some(text) = text {
            status.set_description(text);
        }
        status
    }
}

impl AttemptDraft {
    fn new(attempt: &AttemptRecord) -> Self {
        Self {
            errored: attempt.verdict == Verdict::Errored,
            kind: kind(&attempt.findings, attempt.verdict),
            message: message(&attempt.findings, attempt.reason.as_deref()),
        }
    }

    fn rerun(&self) -> TestRerun {
        let kind = if self.errored { NonSuccessKind::Error } else { NonSuccessKind::Failure };
        let mut rerun = TestRerun::new(kind);
        rerun.set_type(self.kind.as_str());
        rerun.set_message(self.message.as_str());
        rerun
    }
}
