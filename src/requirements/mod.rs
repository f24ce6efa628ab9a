//! Which promise is proven by what: requirement × scenarios and checks × the last verdict.
//!
//! [`matrix`] is pure: contract, suite and what a journal holds go in, a [`Matrix`] comes out. [`render`] shows it.
//!
//! Deliberately not here: reading files, and how much of the contract a run has seen.

mod evidence;
pub mod render;

use std::collections::HashSet;

use indexmap::IndexMap;
use serde::Serialize;

use crate::base::source::Diagnostic;
use crate::contract::{Contract, Requirement, SchemaPromise};
use crate::record::Verdict;
use crate::scenario::Suite;
use crate::scenario::model::Scenario;

pub use evidence::Evidence;

/// Every requirement and every schema-derived promise, with what proves it.
#[derive(Debug)]
pub struct Matrix<'a> {
    /// The register, in the contract's order.
    pub rows: Vec<RequirementRow<'a>>,
    /// The promises that follow from the schemas, in the order of operations, statuses and media types.
    pub schemas: Vec<SchemaRow>,
    /// What is wrong with the register or the suite; nothing of it is about a tenant.
    pub problems: Vec<Diagnostic>,
    /// Whether there is a journal to take verdicts from.
    pub judged: bool,
    /// Whether that journal was written with another contract.
    pub outdated: bool,
}

/// One requirement and what proves it.
#[derive(Debug)]
pub struct RequirementRow<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// The scenarios that cover it, in the suite's order; the rows of one scenario count as one.
    pub scenarios: Vec<Proof>,
    /// What the last run said; `None` when it said nothing.
    pub verdict: Option<Verdict>,
}

/// A scenario that covers a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The scenario's name, without the name of its row.
    #[serde(rename = "name")]
    pub scenario: String,
    /// The worst of its rows in the last run; `None` when it was not run.
    pub verdict: Option<Verdict>,
}

/// One schema-derived promise and whether an answer like it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaRow {
    /// The synthetic id, such as `schema:validateOtp:200:hal+json`.
    pub id: String,
    /// The operation.
    pub operation: String,
    /// How many such answers were judged.
    pub judged: usize,
    /// Whether they were as promised; `None` when none was judged.
    pub verdict: Option<Verdict>,
}

/// How a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum RequirementStanding {
    /// A scenario or a check proves it.
    Covered,
    /// Nothing can prove it; the register says why.
    #[strum(serialize = "not tested")]
    NotTested,
    /// Nothing proves it, and nobody says why.
    Uncovered,
}

impl RequirementRow<'_> {
    /// How the requirement stands.
    pub fn standing(&self) -> RequirementStanding {
        match (self.has_coverage(), &self.requirement.not_tested) {
            (true, _) => RequirementStanding::Covered,
            (false, Some(_)) => RequirementStanding::NotTested,
            (false, None) => RequirementStanding::Uncovered,
        }
    }

    fn has_coverage(&self) -> bool {
        !self.scenarios.is_empty() || !self.requirement.checks.is_empty()
    }
}

impl Matrix<'_> {
    /// How many requirements stand like this.
    pub fn count(&self, standing: RequirementStanding) -> usize {
        self.rows.iter().filter(|row| row.standing() == standing).count()
    }

    /// The requirements by area, in the contract's order.
    pub fn areas(&self) -> IndexMap<&str, Vec<&RequirementRow<'_>>> {
        let mut areas: IndexMap<&str, Vec<&RequirementRow<'_>>> = IndexMap::new();
        self.rows.iter().for_each(|row| areas.entry(row.requirement.area()).or_default().push(row));
        areas
    }
}

/// Holds register, suite and journal against each other; `checks` are the ids of the checks that there are.
pub fn matrix<'a>(contract: &'a Contract, suite: &Suite, checks: &[&str], evidence: Option<&Evidence>) -> Matrix<'a> {
    let covering = covering(suite, evidence);
    let rows: Vec<RequirementRow<'a>> = contract
        .requirements()
        .iter()
        .map(|requirement| {
            let scenarios = covering.get(requirement.id.as_str()).cloned().unwrap_or_default();
            let verdict = evidence.and_then(|evidence| evidence.requirement(&requirement.id));
            RequirementRow { requirement, scenarios, verdict }
        })
        .collect();
    let register = rows.iter().flat_map(|row| register_problems(row, checks));
    Matrix {
        problems: register.chain(suite_problems(suite)).collect(),
        schemas: contract.schema_promises().map(|promise| schema_row(&promise, evidence)).collect(),
        judged: evidence.is_some(),
        outdated: evidence.is_some_and(|evidence| evidence.contract() != contract.digest),
        rows,
    }
}

/// The scenarios by the requirements they cover.
fn covering<'s>(suite: &'s Suite, evidence: Option<&Evidence>) -> IndexMap<&'s str, Vec<Proof>> {
    let mut covering: IndexMap<&str, Vec<Proof>> = IndexMap::new();
    for scenario in &suite.scenarios {
        let verdict = evidence.and_then(|evidence| evidence.scenario(&scenario.name));
        for id in &scenario.covers {
            let proofs = covering.entry(id.as_str()).or_default();
            match proofs.iter_mut().find(|proof| proof.scenario == file_name(scenario)) {
                Some(proof) => proof.verdict = proof.verdict.into_iter().chain(verdict).reduce(Verdict::heavier),
                None => proofs.push(Proof { scenario: file_name(scenario).to_owned(), verdict }),
            }
        }
    }
    covering
}

/// The scenario's name without that of its row.
fn file_name(scenario: &Scenario) -> &str {
    scenario.name.split('#').next().unwrap_or(&scenario.name)
}

fn schema_row(promise: &SchemaPromise<'_>, evidence: Option<&Evidence>) -> SchemaRow {
    let (judged, broken) = evidence.map(|evidence| evidence.answers(promise)).unwrap_or_default();
    let verdict = (judged > 0).then_some(if broken { Verdict::Failed } else { Verdict::Passed });
    SchemaRow { id: promise.id(), operation: promise.operation.name.clone(), judged, verdict }
}

fn register_problems(row: &RequirementRow<'_>, checks: &[&str]) -> Vec<Diagnostic> {
    let RequirementRow { requirement, .. } = row;
    let unknown = requirement.checks.iter().filter(|check| !checks.contains(&check.as_str())).map(|check| {
        let problem = Diagnostic::whole(format!("{} names the check `{check}`, which does not exist", requirement.id));
        problem.suggest(check, checks.iter().copied())
    });
    let rests_on_nothing = requirement.is_assumption() && requirement.basis.is_none();
    let baseless = rests_on_nothing.then(|| {
        let problem = Diagnostic::whole(format!("{} is an assumption that rests on nothing", requirement.id));
        problem.help("give it a `basis` in x-requirements")
    });
    unknown.chain(baseless).chain(standing_problem(row)).collect()
}

/// Every requirement has coverage or a reason, and not both.
fn standing_problem(row: &RequirementRow<'_>) -> Option<Diagnostic> {
    let RequirementRow { requirement, .. } = row;
    let (id, statement) = (&requirement.id, requirement.statement.trim());
    match (row.standing(), &requirement.not_tested) {
        (RequirementStanding::Uncovered, _) => {
            let problem = Diagnostic::whole(format!("nothing covers {id}, and no reason is given: {statement}"));
            let help = "name it in a scenario's `covers`, or give it `checks` or `not-tested` in x-requirements";
            Some(problem.help(help))
        }
        (RequirementStanding::Covered, Some(_)) => {
            let problem = Diagnostic::whole(format!("{id} is marked as not tested, but {}", covered_by(row)));
            Some(problem.help("take its `not-tested` out of x-requirements"))
        }
        _ => None,
    }
}

fn covered_by(row: &RequirementRow<'_>) -> String {
    match (row.scenarios.first(), row.requirement.checks.first()) {
        (Some(proof), _) => format!("the scenario {} covers it", proof.scenario),
        (None, Some(check)) => format!("the check {check} judges it"),
        (None, None) => "something covers it".into(),
    }
}

fn suite_problems(suite: &Suite) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let idle = suite.scenarios.iter().filter(|scenario| scenario.covers.is_empty());
    idle.filter(|scenario| seen.insert(file_name(scenario)))
        .map(|scenario| {
            let problem = Diagnostic::at(&scenario.title.span, "this scenario covers no requirement");
            problem.help("add `covers: [ID]`; `flowproof requirements` lists the ids")
        })
        .collect()
}
