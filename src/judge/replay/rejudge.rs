//! A journal's scenarios under another contract: would the traffic of then still satisfy it?
//!
//! What a scenario expected beyond the contract is not in its journal, and secrets that came back are not either; what was
//! found about those is kept as it was recorded.
//! A scenario that had ended at a violation which is none any more passes as far as it went.
//!
//! Deliberately not here: sending anything again.

use super::entries::Judge;
use super::judgement::{self, Judged, judge_all};
use crate::checks::{expectation, secret_echo};
use crate::contract::Contract;
use crate::judge::recording::{self, verdict};
use crate::record::redaction::by_looks;
use crate::record::{Finding, Place, ScenarioRecord, Verdict};

/// The checks that a journal holds too little for.
const KEPT: [&str; 2] = [expectation::CHECK.id, secret_echo::CHECK.id];

/// A scenario, then and now.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejudged {
    /// The scenario's name.
    pub name: String,
    /// What it had come to.
    pub before: Verdict,
    /// What it comes to.
    pub after: Verdict,
    /// Why it does not pass.
    pub reason: Option<String>,
    /// What the checks find, and what had been found about its own expectations.
    pub findings: Vec<Finding>,
    /// How many checks were evaluated.
    pub checks: usize,
}

/// How a scenario's verdict moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It did not fail, and does.
    NewlyFailing,
    /// It had a verdict, and nobody can tell any more.
    NewlyErrored,
    /// It did not pass, and does.
    NewlyPassing,
    /// It comes to the same.
    Same,
}

impl Rejudged {
    /// How the verdict moves.
    pub fn change(&self) -> Change {
        match (self.before, self.after) {
            (before, after) if before == after => Change::Same,
            (_, Verdict::Failed) => Change::NewlyFailing,
            (_, Verdict::Errored | Verdict::Skipped) => Change::NewlyErrored,
            (_, Verdict::Passed) => Change::NewlyPassing,
        }
    }
}

/// Judges a scenario's exchanges again. The levels that it sets for itself hold again.
pub fn rejudge(record: &ScenarioRecord, judge: &Judge<'_>) -> Rejudged {
    let mut levels = judge.levels.clone();
    record.levels.iter().for_each(|(check, level)| levels.set(check, *level));
    let judged = judge_all(judge.contract, &judge.restore(record), &levels);
    let findings = findings(record, &judged, judge.contract);
    let (after, reason) = verdict(&findings, unjudged(record, &judged));
    let checks = judged.iter().map(|judged| judged.judgement.evaluated.len()).sum();
    Rejudged { name: record.name.clone(), before: record.verdict, after, reason, findings, checks }
}

/// In the order of the exchanges, those about the whole last.
fn findings(record: &ScenarioRecord, judged: &[Judged], contract: &Contract) -> Vec<Finding> {
    let found = judged.iter().flat_map(|judged| &judged.judgement.findings);
    let found = found.filter(|finding| !KEPT.contains(&finding.check.as_str()));
    let found = found.map(|finding| {
        let clean = recording::clean(finding, by_looks());
        Finding { place: place(record, finding), ..recording::charged(clean, &record.covers, contract) }
    });
    let kept = record.findings.iter().filter(|finding| KEPT.contains(&finding.check.as_str())).cloned();
    let mut findings: Vec<Finding> = found.chain(kept).collect();
    findings.sort_by_key(|finding| finding.exchange.unwrap_or(usize::MAX));
    findings
}

/// Where the step is written that sent the exchange.
fn place(record: &ScenarioRecord, finding: &Finding) -> Option<Place> {
    let exchange = record.exchanges.get(finding.exchange?)?;
    record.steps.get(exchange.step).map(|step| step.place.clone())
}

/// Why nobody can tell, where that is so now or was then.
fn unjudged(record: &ScenarioRecord, judged: &[Judged]) -> Option<(Verdict, Option<String>)> {
    if matches!(record.verdict, Verdict::Errored | Verdict::Skipped) {
        return Some((record.verdict, record.reason.clone()));
    }
    let (verdict, reason) = judgement::unjudged(judged)?;
    Some((verdict, reason.map(|reason| by_looks().text(&reason))))
}
