//! One scenario as a test case. What it says is drafted as the records come, and becomes a case when its turn comes.
//!
//! Deliberately not here: which cases there is room for.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestRerun};
use serde::{Deserialize, Serialize};

use crate::record::{AttemptRecord, Finding, Header, Level, ScenarioRecord, Verdict};

use super::super::console::{Palette, failure};
use crate::base::text::{one_line, shortened};

/// The longest text of one case, in characters; GitLab refuses text nodes over 10 MB.
const TEXT: usize = 64 * 1024;
/// The most earlier attempts that a case lists.
const ATTEMPTS: usize = 5;

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
        let has_text = match record.verdict {
            Verdict::Passed => !record.findings.is_empty(),
            Verdict::Failed | Verdict::Errored => true,
            Verdict::Skipped => false,
        };
        let text = || shortened(&failure(header, record, &Palette::plain()), TEXT).into_owned();
        let recent = record.earlier.len().saturating_sub(ATTEMPTS);
        Self {
            duration_us: record.duration_us,
            verdict: record.verdict,
            kind: kind(&record.findings, record.verdict),
            message: message(&record.findings, record.reason.as_deref()),
            text: has_text.then(text),
            attempts: record.earlier[recent..].iter().map(AttemptDraft::new).collect(),
        }
    }

    /// The case, with its text or without.
    pub(super) fn case(&self, name: &str, whole: bool) -> TestCase {
        let folder = name.rsplit_once('/').map_or("scenarios", |(folder, _)| folder).replace('/', ".");
        let text = self.text.as_deref();
        let text = text.map(|text| if whole { text } else { "The text has no room in this file; report.json has it." });
        let passed = self.verdict == Verdict::Passed;
        let mut case = TestCase::new(name, self.status(text.filter(|_| !passed)));
        case.set_classname(folder);
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

fn denied(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|finding| finding.level == Level::Deny)
}

fn kind(findings: &[Finding], verdict: Verdict) -> String {
    denied(findings).map_or(verdict.as_str().into(), |finding| one_line(&finding.check))
}

fn message(findings: &[Finding], reason: Option<&str>) -> String {
    let message = denied(findings).map(|finding| finding.message.as_str()).or(reason);
    shortened(&one_line(message.unwrap_or("no reason was recorded")), 1_000).into_owned()
}
