//! Requirement by requirement: the sentence, its source, the verdict, and what it comes from.
//!
//! Deliberately not here: how the verdict is reached, which is the same for `flowproof requirements` (see
//! [`crate::record::Account`]).

use maud::{Markup, html};

use crate::base::text::listed;
use crate::record::{RequirementRecord, Verdict};

use super::links::{Links, Promise};
use super::touch::Subject;

/// How many scenarios are shown one by one; the link beside them leads to all.
const MARKS: usize = 12;

/// The register, what is broken first.
pub(super) fn requirements(links: &Links<'_>) -> Markup {
    let known = &links.header().contract.requirements;
    let mut rows: Vec<(&str, Markup)> = known.iter().map(|known| row(known, links)).collect();
    let count = |kind: &str| rows.iter().filter(|(of, _)| *of == kind).count();
    let summary = format!(
        "{} requirements: {} broken, {} kept, {} without a verdict, {} not covered by this run.",
        rows.len(),
        count("failed"),
        count("passed"),
        count("errored"),
        count("untouched")
    );
    rows.sort_by_key(|(kind, _)| *kind != "failed");
    html! {
        section.part #requirements aria-labelledby="requirements-title" {
            h2 #requirements-title { "Requirements" }
            p.summary { (summary) }
            section.scroll tabindex="0" aria-label="Requirements, and the scenarios and checks they are judged by" {
                table.matrix {
                    thead { tr {
                        th scope="col" { "Requirement" } th scope="col" { "Verdict" } th scope="col" { "Scenarios and checks" }
                    } }
                    tbody { @for (_, row) in &rows { (row) } }
                }
            }
        }
        "\n"
    }
}

/// A row, and its kind.
fn row(known: &RequirementRecord, links: &Links<'_>) -> (&'static str, Markup) {
    let subject = Subject::Requirement(known.id.clone());
    let cases = links.overview.facet(&subject).map_or(&[][..], |(_, tally)| &tally.cases);
    let (kind, word) = match links.overview.account.verdict(&known.id) {
        Some(Verdict::Failed) => ("failed", "broken"),
        Some(Verdict::Passed) => ("passed", "kept"),
        Some(Verdict::Errored) => ("errored", "no verdict"),
        Some(Verdict::Skipped) => ("untouched", "skipped"),
        None => ("untouched", "not covered"),
    };
    let goal = links.goal(&subject);
    let row = html! {
        tr class=(kind) {
            th scope="row" { (Promise { id: &known.id, known: Some(known) }) }
            td { span class={ "verdict " (kind) } { (word) } }
            td {
                @for mark in links.marks(cases, MARKS) {
                    @let label = format!("{}: {}", mark.word, mark.name);
                    a class={ "mark " (mark.word) } href={ "#" (mark.href) } title=(label) aria-label=(label) { (mark.sign) } " "
                }
                @if let Some(goal) = &goal {
                    a.all href={ "#" (goal.href) } data-facet=(goal.facet) { (goal.scenarios) }
                }
                @match listed(known.checks.iter().cloned()) {
                    Some(checks) => { " " span.by { "checks: " code { (checks) } } }
                    None if goal.is_none() => "none",
                    None => {}
                }
            }
        }
        "\n"
    };
    (kind, row)
}
