//! Requirement by requirement: the sentence, its source, and the scenarios that cover it.
//!
//! Deliberately not here: whether a check proves a requirement without any scenario; `flowproof register` knows that.

use serde::Serialize;

use super::links::{Goal, Links, Mark, Promise};
use super::overview::Group;
use super::touch::Subject;

/// How many scenarios are shown one by one; the link beside them leads to all.
const MARKS: usize = 12;

#[derive(Serialize)]
pub(super) struct Matrix<'a> {
    summary: String,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    number: usize,
    promise: Promise<'a>,
    kind: &'static str,
    word: &'static str,
    marks: Vec<Mark>,
    goal: Option<Goal>,
}

pub(super) fn matrix<'a>(links: &Links<'a>) -> Matrix<'a> {
    let known = &links.header().contract.requirements;
    let mut rows: Vec<Row<'a>> = known.iter().enumerate().map(|(number, known)| row(number, known, links)).collect();
    let count = |kind: &str| rows.iter().filter(|row| row.kind == kind).count();
    let summary = format!(
        "{} requirements: {} broken, {} kept, {} without a verdict, {} that no scenario of this run covers",
        rows.len(),
        count("failed"),
        count("passed"),
        count("errored"),
        count("untouched")
    );
    rows.sort_by_key(|row| row.kind != "failed");
    Matrix { summary, rows }
}

fn row<'a>(number: usize, known: &'a crate::record::RequirementRecord, links: &Links<'a>) -> Row<'a> {
    let subject = Subject::Requirement(known.id.clone());
    let tally = links.overview.facet(&subject).map(|(_, tally)| tally);
    let cases = tally.map_or(&[][..], |tally| &tally.cases);
    let kept =
        cases.iter().any(|position| matches!(links.overview.cases[*position].group, Group::Passed | Group::Flaky));
    let (kind, word) = match tally {
        None => ("untouched", "not covered"),
        Some(tally) if tally.violated > 0 => ("failed", "broken"),
        Some(_) if kept => ("passed", "kept"),
        Some(_) => ("errored", "no verdict"),
    };
    Row {
        number,
        promise: Promise::new(&known.id, Some(known)),
        kind,
        word,
        marks: links.marks(cases, MARKS),
        goal: links.goal(&subject),
    }
}
