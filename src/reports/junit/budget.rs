//! How much a file may hold, so that GitLab takes it; the gravest cases are asked first.
//!
//! Deliberately not here: what a case says.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestRerun, XmlString};

use crate::record::{Counts, Verdict};

use super::case::{CaseDraft, CaseName, Room};
use crate::base::text::counted;

/// The most bytes of all cases with their texts, as they are written.
const WHOLE: usize = 14_000_000;
/// The most bytes of the cases that come after those, without their texts.
const BARE: usize = 14_000_000;
/// The most cases: with five nodes each and those of the suites they stay below GitLab's 250,000.
const CASES: usize = 40_000;

/// What may still be written, and what there was no room for.
pub(super) struct Budget {
    whole: usize,
    bare: usize,
    cases: usize,
    left_out: Counts,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { whole: WHOLE, bare: BARE, cases: CASES, left_out: Counts::default() }
    }

    /// Whether another case may be written at all.
    pub(super) fn has_room(&self) -> bool {
        self.cases > 0
    }

    /// The room for the case of a draft, which is taken; `None` when there is none.
    pub(super) fn room(&mut self, draft: &CaseDraft, name: &CaseName) -> Option<Room> {
        let whole = fits(&mut self.whole, || draft.case(name, Room::Whole)).then_some(Room::Whole);
        let room = whole.or_else(|| fits(&mut self.bare, || draft.case(name, Room::Bare)).then_some(Room::Bare));
        self.cases -= usize::from(room.is_some());
        room
    }

    /// Counts a case that is left out.
    pub(super) fn leave_out(&mut self, verdict: Verdict) {
        self.left_out.add(verdict);
    }

    /// A case that says how many others there was no room for; an error where one of them is not harmless.
    pub(super) fn note(&self) -> Option<TestCase> {
        let Counts { failed, errored, .. } = self.left_out;
        let mut status = match failed + errored {
            0 => TestCaseStatus::skipped(),
            _ => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        let cases = counted(self.left_out.scenarios(), "more case");
        status.set_type("left-out");
        status.set_message(format!("{cases} left out of this file; report.json has them"));
        (self.left_out.scenarios() > 0).then(|| TestCase::new("left-out", status))
    }
}

/// Whether so many bytes have room for a case; they become fewer.
fn fits(bytes: &mut usize, case: impl FnOnce() -> TestCase) -> bool {
    // Less than the smallest case: not even worth making one.
    let left = (*bytes > 300).then(|| bytes.checked_sub(size(&case()))).flatten();
    *bytes = left.unwrap_or(*bytes);
    left.is_some()
}

/// How many bytes a case takes, at most as many as counted here.
fn size(case: &TestCase) -> usize {
    // A mark-up of its own for every case, and characters that are written as references.
    let texts = match &case.status {
        TestCaseStatus::Success { flaky_runs } => attempts_size(flaky_runs),
        TestCaseStatus::Skipped { message, description, .. } => escaped(message) + escaped(description),
        TestCaseStatus::NonSuccess { message, description, reruns, .. } => {
            escaped(message) + escaped(description) + attempts_size(&reruns.runs)
        }
    };
    let classname = case.classname.as_ref().map_or(0, |name| escaped_size(name.as_str()));
    300 + escaped_size(case.name.as_str()) + classname + texts + escaped(&case.system_out)
}

fn attempts_size(attempts: &[TestRerun]) -> usize {
    attempts.iter().map(|attempt| 200 + escaped(&attempt.message)).sum()
}

fn escaped(text: &Option<XmlString>) -> usize {
    text.as_ref().map_or(0, |text| escaped_size(text.as_str()))
}

fn escaped_size(text: &str) -> usize {
    text.len() + 5 * text.bytes().filter(|byte| matches!(byte, b'<' | b'>' | b'&' | b'"' | b'\'')).count()
}
