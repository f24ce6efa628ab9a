//! Verdicts of scenarios, their counts, and the exit code of a run.
//!
//! The four verdicts never mix: a broken contract is Failed, "we could not tell" is Errored.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// What a scenario came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Verdict {
    /// Every promise that was checked held.
    Passed,
    /// The tenant broke the contract, or did not do what the scenario expects.
    Failed,
    /// No verdict was possible: transport, tokens, limits, or a fault of ours.
    Errored,
    /// The scenario did not run; the record says why.
    #[default]
    Skipped,
}

impl Verdict {
    /// The word people read.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How many scenarios came to what, and how much was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Scenarios that passed.
    pub passed: usize,
    /// Scenarios that failed.
    pub failed: usize,
    /// Scenarios without a verdict.
    pub errored: usize,
    /// Scenarios that did not run.
    pub skipped: usize,
    /// Findings at level `warn`.
    pub warnings: usize,
    /// Requests sent.
    pub exchanges: usize,
    /// Checks that were evaluated, over all exchanges.
    pub checks: usize,
    /// Scenarios that passed only after an attempt that did not.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub flaky: usize,
    /// Scenarios that failed only because they expected something else: no promise of the contract was broken.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub unmet: usize,
}

/// Whether a count need not be written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Counts {
    /// Adds one scenario's verdict.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Errored => self.errored += 1,
            Verdict::Skipped => self.skipped += 1,
        }
    }

    /// How many passed, failed, errored and were skipped.
    pub(crate) fn verdicts(&self) -> [usize; 4] {
        [self.passed, self.failed, self.errored, self.skipped]
    }

    /// All scenarios, run or not.
    pub fn scenarios(&self) -> usize {
        self.verdicts().iter().sum()
    }

    /// Whether scenarios failed, and all of them only because they expected something else.
    pub fn only_expectations_failed(&self) -> bool {
        self.failed > 0 && self.failed == self.unmet
    }

    /// The exit code that these counts stand for.
    ///
    /// A run in which nothing ran or nothing was checked is never green.
    pub fn exit_code(&self) -> ExitCode {
        if self.failed > 0 {
            ExitCode::Violated
        } else if self.errored > 0 {
            ExitCode::CouldNotTell
        } else if self.passed == 0 || self.checks == 0 {
            ExitCode::NothingChecked
        } else {
            ExitCode::Held
        }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, more| Self {
            passed: sum.passed + more.passed,
            failed: sum.failed + more.failed,
            errored: sum.errored + more.errored,
            skipped: sum.skipped + more.skipped,
            warnings: sum.warnings + more.warnings,
            exchanges: sum.exchanges + more.exchanges,
            checks: sum.checks + more.checks,
            flaky: sum.flaky + more.flaky,
            unmet: sum.unmet + more.unmet,
        })
    }
}

/// The process's exit code, a documented promise to scripts.
///
/// When several apply the greatest wins: the order of the variants is that of their precedence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
pub enum ExitCode {
    /// 0: everything that was promised and checked held.
    #[default]
    Held,
    /// 4: nothing ran, or nothing was checked.
    NothingChecked,
    /// 3: no verdict was possible for some scenarios, and none failed.
    CouldNotTell,
    /// 5: a report could not be written.
    ReportNotWritten,
    /// 1: the tenant broke its contract, or did not do what a scenario expects.
    Violated,
    /// 2: usage, configuration, contract or scenario is invalid; nothing was sent.
    Unusable,
    /// 70: an internal error, ours.
    Internal,
    /// 129: hung up; partial reports were written.
    HungUp,
    /// 143: terminated; partial reports were written.
    Terminated,
    /// 130: interrupted by the user; partial reports were written.
    Interrupted,
}

impl ExitCode {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Violated => 1,
            Self::Unusable => 2,
            Self::CouldNotTell => 3,
            Self::NothingChecked => 4,
            Self::ReportNotWritten => 5,
            Self::Internal => 70,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The code that a number stands for.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|known| known.code() == code)
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize, errored: usize, checks: usize) -> Counts {
        Counts { passed, failed, errored, checks, ..Counts::default() }
    }

    #[test]
    fn e10_e11_a_run_that_checked_nothing_is_never_green() {
        assert_eq!(counts(0, 0, 0, 0).exit_code(), ExitCode::NothingChecked);
        assert_eq!(counts(3, 0, 0, 0).exit_code(), ExitCode::NothingChecked);
        assert_eq!(counts(3, 0, 0, 9).exit_code(), ExitCode::Held);
    }

    #[test]
    fn a_violation_outweighs_not_being_able_to_tell() {
        assert_eq!(counts(3, 1, 1, 9).exit_code(), ExitCode::Violated);
        assert_eq!(counts(3, 0, 1, 9).exit_code(), ExitCode::CouldNotTell);
    }

    #[test]
    fn the_documented_precedence_decides_between_two_codes() {
        assert_eq!(ExitCode::Held.max(ExitCode::ReportNotWritten), ExitCode::ReportNotWritten);
        assert_eq!(ExitCode::Violated.max(ExitCode::ReportNotWritten), ExitCode::Violated);
        assert_eq!(ExitCode::ReportNotWritten.max(ExitCode::CouldNotTell), ExitCode::ReportNotWritten);
    }
}
