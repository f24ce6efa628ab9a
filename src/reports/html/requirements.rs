//! Requirement by requirement: the sentence, its source, and the scenarios that cover it.
//!
//! Deliberately not here: whether a check proves a requirement without any scenario; `flowproof requirements` knows that.

use serde_json::{Value, json};

use crate::record::RequirementRecord;

use super::links::{Links, Promise};
use super::overview::Group;
use super::touch::Subject;

/// How many scenarios are shown one by one; the link beside them leads to all.
const MARKS: usize = 12;

/// The data of the template, what is broken first.
pub(super) fn requirements(links: &Links<'_>) -> Value {
    let known = &links.header().contract.requirements;
    let mut rows: Vec<(&str, Value)> = known.iter().map(|known| row(known, links)).collect();
    let count = |kind: &str| rows.iter().filter(|(of, _)| *of == kind).count();
    let summary = format!(
        "{} requirements: {} broken, {} kept, {} without a verdict, {} that no scenario of this run covers",
        rows.len(),
        count("failed"),
        count("passed"),
        count("errored"),
        count("untouched")
    );
    rows.sort_by_key(|(kind, _)| *kind != "failed");
    json!({ "summary": summary, "rows": rows.into_iter().map(|(_, row)| row).collect::<Value>() })
}

/// A row, and its kind.
fn row(known: &RequirementRecord, links: &Links<'_>) -> (&'static str, Value) {
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
    let row = json!({
        "promise": Promise::new(&known.id, Some(known)),
        "kind": kind,
        "word": word,
        "marks": links.marks(cases, MARKS),
        "goal": links.goal(&subject),
    });
    (kind, row)
}
