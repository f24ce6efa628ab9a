//! Why a scenario came to what it did, in one line and as a whole account, for the reports that test views read.
//!
//! Deliberately not here: the form of any report.

use crate::base::text::{one_line, shortened};
use crate::record::{Finding, Header, Level, ScenarioRecord, Verdict};

use super::console::{Palette, failure};

/// The longest account, in characters; GitLab refuses text nodes over 10 MB.
const ACCOUNT: usize = 64 * 1024;

/// The check that failed a scenario, or the verdict.
pub(super) fn kind(findings: &[Finding], verdict: Verdict) -> String {
    denied(findings).map_or(verdict.as_str().into(), |finding| one_line(&finding.check))
}

/// What the first finding that decides says, or the reason.
pub(super) fn message(findings: &[Finding], reason: Option<&str>) -> String {
    let message = denied(findings).map(|finding| finding.message.as_str()).or(reason);
    shortened(&one_line(message.unwrap_or("no reason was recorded")), 1_000).into_owned()
}

/// The whole account as the console has it, where there is one.
pub(super) fn account(header: &Header, record: &ScenarioRecord) -> Option<String> {
    let is_there = match record.verdict {
        Verdict::Passed => !record.findings.is_empty(),
        Verdict::Failed | Verdict::Errored => true,
        Verdict::Skipped => false,
    };
    is_there.then(|| shortened(&failure(header, record, &Palette::plain()), ACCOUNT).into_owned())
}

fn denied(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|finding| finding.level == Level::Deny)
}
