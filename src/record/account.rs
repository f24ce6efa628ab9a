//! What a run says about requirements: the one account that every report, `flowproof requirements` and its journal share.
//!
//! A requirement is answered for by the scenarios that cover it and by the checks that judge it, and by nothing else. What a
//! scenario expected is charged to what it covers; what a check found, to what that check judges. A scenario that failed over
//! something else neither breaks nor proves what it covers.
//!
//! Deliberately not here: which requirements there are, and how an account is shown.

use std::collections::{HashMap, HashSet};

use super::{Finding, Level, RequirementRecord, ScenarioRecord, Verdict};

/// The requirements that a finding breaks, in a scenario that covers these, most specific first; `judges` gives the ids of the
/// checks that judge a requirement.
///
/// An expectation breaks those covered requirements that the finding names, or all of them where it names none. A check
/// breaks what it judges; and where only scenarios can prove a requirement, one that is named and covered.
pub fn charged<'a>(finding: &'a Finding, covers: &'a [String], judges: impl Fn(&str) -> &'a [String]) -> Vec<&'a str> {
    let covered = |id: &&String| covers.contains(id);
    let judged = |id: &&String| match judges(id) {
        [] => covered(id),
        checks => checks.contains(&finding.check),
    };
    let named = finding.requirements.iter();
    let charged: Vec<&String> = match finding.is_expectation() {
        true => named.filter(covered).collect(),
        false => return named.filter(judged).map(String::as_str).collect(),
    };
    if charged.is_empty() { texts(covers) } else { charged.into_iter().map(String::as_str).collect() }
}

fn texts(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

/// What the scenarios of a run and its checks come to, requirement by requirement.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The ids of the checks that judge each requirement.
    judges: HashMap<String, Vec<String>>,
    verdicts: HashMap<String, Verdict>,
    evaluated: HashSet<String>,
    /// Checks that found something which is about none of the requirements that they judge.
    vague: HashSet<String>,
}

impl Account {
    /// An empty account for a register of requirements.
    pub fn of(register: &[RequirementRecord]) -> Self {
        let judges = register.iter().map(|known| (known.id.clone(), known.checks.clone())).collect();
        Self { judges, ..Self::default() }
    }

    /// The requirements that a finding of a scenario breaks.
    pub fn charged<'a>(&'a self, finding: &'a Finding, record: &'a ScenarioRecord) -> Vec<&'a str> {
        charged(finding, &record.covers, |id| self.judges_of(id))
    }

    fn judges_of(&self, id: &str) -> &[String] {
        self.judges.get(id).map_or(&[], Vec::as_slice)
    }

    /// The requirements that a scenario breaks: by what was found, or all that it covers where it failed without a finding.
    pub fn broken<'a>(&'a self, record: &'a ScenarioRecord) -> HashSet<&'a str> {
        let mut denied = denied(record).peekable();
        if denied.peek().is_none() && record.verdict == Verdict::Failed {
            return record.covers.iter().map(String::as_str).collect();
        }
        denied.flat_map(|finding| self.charged(finding, record)).collect()
    }

    /// Adds what came of a scenario.
    pub fn take(&mut self, record: &ScenarioRecord) {
        let broken: Vec<String> = self.broken(record).into_iter().map(str::to_owned).collect();
        let elsewhere = if record.verdict == Verdict::Failed { Verdict::Errored } else { record.verdict };
        let covered = record.covers.iter().map(|id| (id, elsewhere));
        for (id, verdict) in covered.chain(broken.iter().map(|id| (id, Verdict::Failed))) {
            let known = self.verdicts.entry(id.clone()).or_insert(verdict);
            *known = (*known).heavier(verdict);
        }
        let evaluated = record.checks.iter().filter(|check| check.evaluated > 0);
        self.evaluated.extend(evaluated.map(|check| check.check.clone()));
        let vague = denied(record).filter(|finding| self.charged(finding, record).is_empty());
        let vague: Vec<String> = vague.map(|finding| finding.check.clone()).collect();
        self.vague.extend(vague);
    }

    /// What the run says about a requirement; `None` when it says nothing.
    pub fn verdict(&self, id: &str) -> Option<Verdict> {
        let by_checks = self.judges_of(id).iter().filter(|check| self.evaluated.contains(*check));
        let by_checks = by_checks.map(|check| match self.vague.contains(check) {
            true => Verdict::Errored,
            false => Verdict::Passed,
        });
        self.verdicts.get(id).copied().into_iter().chain(by_checks).reduce(Verdict::heavier)
    }
}

fn denied(record: &ScenarioRecord) -> impl Iterator<Item = &Finding> {
    record.findings.iter().filter(|finding| finding.level == Level::Deny)
}

impl Verdict {
    /// The one that outweighs the other. What passed once is proven, whatever was skipped elsewhere.
    #[must_use]
    pub fn heavier(self, other: Self) -> Self {
        let weight = |verdict| match verdict {
            Self::Skipped => 0,
            Self::Passed => 1,
            Self::Errored => 2,
            Self::Failed => 3,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}
