//! The results of all scenarios, added up.
//!
//! Records are added one after the other and dropped; what stays is a few numbers for each. Deliberately not here: markup.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};
use strum::{IntoStaticStr, VariantArray};

use crate::judge::walk::Routes;
use crate::record::{Account, ContractRecord, Finding, Level, ScenarioRecord, Verdict};

use super::super::problems::signature;
use super::anchor::{anchor, exchange_anchor};
use super::touch::{Subject, touches};

/// The scenarios as a reader needs them, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Group {
    Failed,
    Errored,
    /// Passed, but only after an attempt that did not.
    Flaky,
    Skipped,
    Passed,
}

impl Group {
    pub(super) fn of(record: &ScenarioRecord) -> Self {
        match record.verdict {
            Verdict::Failed => Self::Failed,
            Verdict::Errored => Self::Errored,
            Verdict::Skipped => Self::Skipped,
            Verdict::Passed if record.is_flaky() => Self::Flaky,
            Verdict::Passed => Self::Passed,
        }
    }

    /// The word of filters, classes and anchors.
    pub(super) fn word(self) -> &'static str {
        self.into()
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Failed => "Failed",
            Self::Errored => "Could not be judged",
            Self::Flaky => "Passed, but not at the first attempt",
            Self::Skipped => "Skipped",
            Self::Passed => "Passed",
        }
    }
}

/// What one scenario came to, in a few numbers.
#[derive(Debug)]
pub(super) struct CaseSummary {
    pub group: Group,
    pub warned: bool,
    /// The number of the set of facets that it touched.
    pub set: usize,
}

impl CaseSummary {
    /// Whether somebody should look at it.
    pub(super) fn is_remarkable(&self) -> bool {
        self.warned || self.group != Group::Passed
    }
}

/// How often something was touched, and by which scenarios.
#[derive(Debug, Default)]
pub(super) struct FacetCount {
    pub times: usize,
    pub violated: usize,
    /// Positions in the journal's order, each once.
    pub cases: Vec<usize>,
}

/// One way in which promises were broken, by all scenarios that met it.
#[derive(Debug)]
pub(super) struct Breakage {
    /// The first finding of its kind.
    pub finding: Finding,
    /// Where that finding is shown: the anchors of its exchange, or of its scenario.
    pub anchor: String,
    /// Positions in the journal's order, each once.
    pub cases: Vec<usize>,
}

/// The results of all scenarios, added up.
#[derive(Debug, Default)]
pub(super) struct Overview {
    /// What the run says about requirements.
    pub account: Account,
    pub cases: Vec<CaseSummary>,
    facets: IndexMap<Subject, FacetCount>,
    /// The sets of facets that scenarios touched: numbers in order, each once. Most scenarios share theirs with many.
    pub sets: IndexSet<Vec<usize>>,
    breakages: IndexMap<[String; 3], Breakage>,
    /// The reasons for which scenarios could not be judged.
    pub reasons: IndexMap<String, Vec<usize>>,
    /// Microseconds until the last byte, by operation.
    pub latencies: BTreeMap<String, Vec<u64>>,
}

impl Overview {
    /// Nothing yet, by a contract.
    pub(super) fn of(contract: &ContractRecord) -> Self {
        Self { account: Account::of(&contract.requirements), ..Self::default() }
    }

    /// Adds what the scenario at a position of the journal's order came to, and gives the sum of it.
    pub(super) fn add(&mut self, routes: &Routes<'_>, position: usize, record: &ScenarioRecord) -> &CaseSummary {
        self.account.take(record);
        let set = self.touch(routes, position, record);
        let warned = record.findings.iter().any(|finding| finding.level == Level::Warn);
        self.break_down(position, record);
        for exchange in record.exchanges.iter().filter(|exchange| exchange.response.is_some()) {
            let operation = exchange.operation.as_deref().unwrap_or("(no operation)");
            match self.latencies.get_mut(operation) {
                Some(times) => times.push(exchange.total_us),
                None => drop(self.latencies.insert(operation.to_owned(), vec![exchange.total_us])),
            }
        }
        self.cases.push_mut(CaseSummary { group: Group::of(record), warned, set })
    }

    /// Orders what is listed in order, once all scenarios are added.
    pub(super) fn sorted(mut self) -> Self {
        self.latencies.values_mut().for_each(|times| times.sort_unstable());
        self
    }

    /// Counts what a scenario touched, and gives the number of the set of it.
    fn touch(&mut self, routes: &Routes<'_>, position: usize, record: &ScenarioRecord) -> usize {
        let mut facets = Vec::new();
        for touch in touches(routes, &self.account, record) {
            let entry = self.facets.entry(touch.subject);
            facets.push(entry.index());
            let tally = entry.or_default();
            tally.times += 1;
            tally.violated += usize::from(touch.violated);
            once(&mut tally.cases, position);
        }
        facets.sort_unstable();
        facets.dedup();
        self.sets.insert_full(facets).0
    }

    fn break_down(&mut self, position: usize, record: &ScenarioRecord) {
        let scenario = anchor(&record.name);
        for finding in record.findings.iter().filter(|finding| finding.level == Level::Deny) {
            let breakage = self.breakages.entry(signature(finding)).or_insert_with(|| Breakage {
                finding: finding.clone(),
                anchor: finding.exchange.map_or_else(|| scenario.clone(), |at| exchange_anchor(&scenario, at)),
                cases: Vec::new(),
            });
            once(&mut breakage.cases, position);
        }
        if record.verdict == Verdict::Errored {
            let reason = record.reason.clone().unwrap_or_else(|| "no reason was given".into());
            once(self.reasons.entry(reason).or_default(), position);
        }
    }

    /// What was touched, with its number; `None` when nothing did.
    pub(super) fn facet(&self, subject: &Subject) -> Option<(usize, &FacetCount)> {
        self.facets.get_full(subject).map(|(number, _, tally)| (number, tally))
    }

    /// Everything that was touched, by number.
    pub(super) fn facets(&self) -> impl Iterator<Item = (&Subject, &FacetCount)> {
        self.facets.iter()
    }

    /// The ways in which promises were broken, the most frequent first.
    pub(super) fn breakages(&self) -> Vec<&Breakage> {
        let mut all: Vec<_> = self.breakages.values().collect();
        all.sort_by_key(|breakage| std::cmp::Reverse(breakage.cases.len()));
        all
    }

    /// Positions in the order of the page: by group, then as in the journal.
    pub(super) fn order(&self) -> Vec<usize> {
        self.by_urgency((0..self.cases.len()).collect())
    }

    /// The positions with the most urgent first.
    pub(super) fn by_urgency(&self, mut cases: Vec<usize>) -> Vec<usize> {
        cases.sort_by_key(|position| self.cases[*position].group);
        cases
    }

    pub(super) fn count(&self, group: Group) -> usize {
        self.cases.iter().filter(|case| case.group == group).count()
    }
}

fn once(cases: &mut Vec<usize>, position: usize) {
    if cases.last() != Some(&position) {
        cases.push(position);
    }
}
