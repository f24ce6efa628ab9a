//! Requirement by requirement: the sentence, its source, the verdict, and what it comes from.
//!
//! Deliberately not here: how the verdict is reached, which is the same for `flowproof requirements` (see
//! [`crate::record::Account`]).

use serde_json::{Value, json};

use crate::base::text::listed;
use crate::record::{RequirementRecord, Verdict};

use super::links::{Links, Promise};
use super::touch::Subject;

/// How many scenarios are shown one by one; the link beside them leads to all.
const MARKS: usize = 12;

/// The data of the template, what is broken first.
pub(super) fn requirements(links: &Links<'_>) -> Value {
    let known = &links.header().contract.requirements;
    let mut rows: Vec<(&str, Value)> = known.iter().map(|known| row(known, links)).collect();
    let count = |kind: &str| rows.iter().filter(|(of, _)| *of == kind).count();
    let summary = format!(
        "{} requirements: {} broken, {} kept, {} without a verdict, {} not covered by this run",
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
    let cases = links.overview.facet(&subject).map_or(&[][..], |(_, tally)| &tally.cases);
    let (kind, word) = match links.overview.account.verdict(&known.id) {
        Some(Verdict::Failed) => ("failed", "broken"),
        Some(Verdict::Passed) => ("passed", "kept"),
        Some(Verdict::Errored) => ("errored", "no verdict"),
        Some(Verdict::Skipped) => ("untouched", "skipped"),
        None => ("untouched", "not covered"),
    };
    let row = json!({
        "promise": Promise::new(&known.id, Some(known)),
        "kind": kind,
        "word": word,
        "marks": links.marks(cases, MARKS),
        "goal": links.goal(&subject),
        "checks": listed(known.checks.iter().cloned()),
    });
    (kind, row)
}
