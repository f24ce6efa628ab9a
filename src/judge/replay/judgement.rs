//! Recorded exchanges, judged one after the other as a run would have judged them.
//!
//! Deliberately not here: where they were recorded, and what a scenario expected beyond the contract.

use strum::IntoStaticStr;

use crate::checks::{self, Case, Judgement, Levels, Observation};
use crate::contract::Contract;
use crate::record::Verdict;

/// What one recorded exchange came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Outcome {
    /// Every promise that was checked held.
    Passed,
    /// The answer broke the contract.
    Failed,
    /// No verdict was possible.
    Errored,
    /// The request belongs to no operation of the contract.
    Unknown,
}

impl Outcome {
    /// The word people read.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One exchange and what the checks found.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What it came to.
    pub outcome: Outcome,
    /// Why there is no verdict, where there is none.
    pub reason: Option<String>,
    /// What the checks found.
    pub judgement: Judgement,
}

/// Judges the last exchange of a history.
pub(crate) fn judge_last(contract: &Contract, history: &[Observation], levels: &Levels) -> Judged {
    let Some(last) = history.last() else { return Judged::without(Outcome::Unknown, "there is no exchange") };
    if last.operation(contract).is_none() {
        let name = last.exchange.operation.as_deref();
        let reason = name.map(|name| format!("the contract has no operation {name}"));
        return Judged::without(Outcome::Unknown, reason.as_deref().unwrap_or("no operation of the contract"));
    }
    if let Err(error) = &last.exchange.outcome {
        return Judged::without(Outcome::Errored, &error.message);
    }
    let judgement = Case::new(contract, history, None).map(|case| checks::judge(&case, levels)).unwrap_or_default();
    let outcome = if judgement.denies() { Outcome::Failed } else { Outcome::Passed };
    Judged { outcome, reason: None, judgement }
}

/// Judges every exchange of a history in the light of those before it.
pub(crate) fn judge_all(contract: &Contract, history: &[Observation], levels: &Levels) -> Vec<Judged> {
    (1..=history.len()).map(|end| judge_last(contract, &history[..end], levels)).collect()
}

/// The first exchange without a verdict, as what it makes of the whole.
pub(crate) fn unjudged(judged: &[Judged]) -> Option<(Verdict, Option<String>)> {
    let first = judged.iter().find(|judged| matches!(judged.outcome, Outcome::Errored | Outcome::Unknown));
    first.map(|judged| (Verdict::Errored, judged.reason.clone()))
}

impl Judged {
    fn without(outcome: Outcome, reason: &str) -> Self {
        Self { outcome, reason: Some(reason.to_owned()), judgement: Judgement::default() }
    }
}
