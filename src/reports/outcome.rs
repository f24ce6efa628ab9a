//! What a whole run came to, in the same words for every report.
//!
//! Deliberately not here: deciding the exit code (see [`crate::record::Counts`]).

use crate::record::Counts;
use crate::record::journal::Journal;

use crate::base::text::{counted, listed};

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many scenarios came to what.
    pub counts: Counts,
    /// How many scenarios the run was about to run.
    pub planned: usize,
    /// How long it took, in microseconds; `None` when it did not finish.
    pub duration_us: Option<u64>,
    /// The exit code; `None` when the run did not finish.
    pub exit_code: Option<u8>,
    /// Why the run ended early, if it did.
    pub ended_early: Option<String>,
    /// What a reader must know before believing anything.
    pub notes: Vec<String>,
    /// The faults that were planted in the stand-in.
    pub faults: Vec<String>,
    /// What the suite does not reach of what it must reach.
    pub uncovered: Vec<String>,
    /// How many scenarios may have left something on the target.
    pub leaving: usize,
}

impl Outcome {
    /// What a journal's footer says, or what its lines add up to where there is none.
    pub fn of(journal: &Journal) -> Self {
        let (header, footer) = (journal.header(), journal.footer());
        let ended = footer.map(|footer| footer.notes.as_slice()).unwrap_or_default();
        Self {
            counts: footer.map_or_else(|| journal.counts(), |footer| footer.counts),
            planned: header.scenarios,
            duration_us: footer.map(|footer| footer.duration_us),
            exit_code: footer.map(|footer| footer.exit_code),
            ended_early: footer.and_then(|footer| footer.ended_early.clone()),
            faults: header.faults.clone(),
            uncovered: footer.map(|footer| footer.uncovered.clone()).unwrap_or_default(),
            notes: header.notes.iter().chain(ended).cloned().collect(),
            leaving: journal.entries().iter().filter(|entry| entry.left_something).count(),
        }
    }

    /// Whether the run reached its end.
    pub fn finished(&self) -> bool {
        self.exit_code.is_some()
    }

    /// Whether the contract is kept, in one short sentence without a final stop.
    pub fn headline(&self) -> &'static str {
        match self.exit_code {
            _ if self.counts.only_expectations_failed() => "Expectations of scenarios were not met",
            _ if self.counts.failed > 0 => "The contract is broken",
            None => "The run did not finish",
            Some(0) => "The contract is kept",
            Some(1) if self.counts.flaky > 0 && self.uncovered.is_empty() => {
                "The contract is kept, but not at the first attempt"
            }
            Some(1) => "The contract is kept, but too little of it was covered",
            Some(3) => "No verdict was possible",
            Some(4) => "Nothing was checked",
            Some(129 | 130 | 143) => "The run was interrupted",
            Some(_) => "The run failed",
        }
    }

    /// What the exit code says to a script.
    pub fn meaning(&self) -> &'static str {
        match self.exit_code {
            None => "the run did not finish",
            Some(0) => "everything that was promised and checked held",
            Some(1) if self.counts.failed == 0 && self.counts.flaky > 0 && self.uncovered.is_empty() => {
                "a scenario passed only when it was run again"
            }
            Some(1) if self.counts.failed > 0 && !self.faults.is_empty() => {
                "the stand-in, which was broken on purpose, broke the contract"
            }
            Some(1) if self.counts.failed == 0 => "the suite does not reach what flowproof.toml asks for",
            Some(1) if self.counts.only_expectations_failed() => "the tenant did not do what the scenarios expect",
            Some(1) => "the tenant broke its contract",
            Some(2) => "the input is not usable, nothing was sent",
            Some(3) => "some scenarios could not be judged",
            Some(4) => "nothing ran, or nothing was checked",
            Some(5) => "a report could not be written",
            Some(129) => "hung up",
            Some(130) => "interrupted",
            Some(143) => "terminated",
            Some(_) => "an internal error",
        }
    }

    /// `kept`, `broken` or `unknown`: what a reader must see first.
    pub fn tone(&self) -> &'static str {
        match (self.counts.failed, self.exit_code) {
            (0, Some(0)) => "kept",
            (0, _) => "unknown",
            _ => "broken",
        }
    }

    /// How many scenarios came to what, as `2 failed, 1 errored, 3 passed`.
    pub fn tally(&self) -> String {
        let Counts { passed, failed, errored, skipped, .. } = self.counts;
        let parts = [(failed, "failed"), (errored, "errored"), (skipped, "skipped"), (passed, "passed")];
        let shown = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        let flaky = (self.counts.flaky > 0).then(|| format!("{} of them FLAKY", self.counts.flaky));
        listed(shown.chain(flaky)).unwrap_or_else(|| "no scenario ran".into())
    }

    /// Which faults were planted, if any: what breaks then says nothing about a tenant.
    pub fn planted(&self) -> Option<String> {
        let names = || listed(self.faults.iter().map(|fault| format!("`{fault}`"))).unwrap_or_default();
        (!self.faults.is_empty())
            .then(|| format!("The stand-in was broken on purpose: {}. Nothing here is about a real tenant", names()))
    }

    /// What scenarios may have left behind, if anything.
    pub fn leftovers(&self) -> Option<String> {
        let what = || format!("{} may have left something on the target", counted(self.leaving, "scenario"));
        (self.leaving > 0).then(what)
    }

    /// What a reader must know before believing anything, in the order of its weight.
    pub fn caveats(&self) -> Vec<String> {
        let first = self.shortfall().into_iter().chain(self.planted());
        first.chain(self.uncovered.iter().cloned()).chain(self.notes.iter().cloned()).collect()
    }

    /// Why less was run than planned, if so.
    pub fn shortfall(&self) -> Option<String> {
        let ended = self.counts.scenarios();
        if let Some(reason) = &self.ended_early {
            return Some(format!("The run ended early: {reason}"));
        }
        let missing = format!("{} of {} ended", ended, counted(self.planned, "scenario"));
        (!self.finished()).then(|| format!("The run did not finish: {missing}, and what is missing is unknown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(failed: usize, exit_code: Option<u8>) -> Outcome {
        let counts = Counts { failed, passed: 2, ..Counts::default() };
        Outcome { counts, planned: 3, exit_code, ..Outcome::default() }
    }

    #[test]
    fn a_broken_contract_is_named_even_when_the_run_did_not_finish() {
        assert_eq!(outcome(1, None).headline(), "The contract is broken");
        assert_eq!(outcome(1, None).tone(), "broken");
        assert!(outcome(1, None).shortfall().is_some());
    }

    #[test]
    fn s2_9_a_scenario_that_expected_something_else_is_no_broken_contract() {
        let mut unmet = outcome(2, Some(1));
        unmet.counts.unmet = 2;
        assert_eq!(unmet.headline(), "Expectations of scenarios were not met");
        assert_eq!(unmet.meaning(), "the tenant did not do what the scenarios expect");
        unmet.counts.unmet = 1;
        assert_eq!(unmet.headline(), "The contract is broken");
        assert_eq!(unmet.meaning(), "the tenant broke its contract");
    }

    #[test]
    fn only_an_exit_code_of_zero_reads_as_kept() {
        assert_eq!(outcome(0, Some(0)).tone(), "kept");
        for code in [None, Some(3), Some(4), Some(70), Some(130)] {
            assert_eq!(outcome(0, code).tone(), "unknown", "{code:?}");
        }
    }

    #[test]
    fn the_tally_leaves_out_what_did_not_occur() {
        assert_eq!(outcome(1, Some(1)).tally(), "1 failed, 2 passed");
    }
}
