//! `report.html`: for people; one file that loads nothing and reads well without its script.
//!
//! The records are read one after the other, each once. The results of all scenarios together (`overview`) stand above
//! their accounts, which wait in the spool, so that memory does not grow with what was exchanged. Accounts that few will
//! open are packed; their verdicts can be read without unpacking. Compiled-in markup escapes every value, and what could steer a
//! reader is made visible; nothing but this file's own style and script is written without escaping, and the
//! page's security policy allows these two by their digests only.
//!
//! Deliberately not here: judging, and comparing with earlier runs; what a journal says of that is shown.

use std::borrow::Cow;
use std::io::Write;

use maud::{Markup, html};

use crate::judge::walk::Routes;
use crate::record::ContractRecord;

use super::{Reading, RenderError, Renderer};
use crate::base::text::visible;

mod anchor;
mod banner;
mod body;
mod broken;
mod changes;
mod coverage;
mod diagram;
mod diff;
mod fixed;
mod forms;
mod latency;
mod layout;
mod links;
mod overview;
mod pack;
mod page;
mod requirements;
mod scenario;
mod scenarios;
mod sequence;
mod timeline;
mod touch;

use fixed::{FOOT, SCRIPT, SCRIPT_DIGEST, STYLE, STYLE_DIGEST};
use links::Links;
use overview::Overview;
use pack::PackedAt;
use page::Page;
use scenario::Catalogue;
use scenarios::Waiting;
use touch::Subject;

/// The HTML report.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "html", file: "report.html", purpose: "the whole story, for people", write };

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let Reading { run, records, mut spool } = reading;
    let mut page = Page::new(out);
    let (header, outcome, catalogue) = (run.header(), run.outcome(), Catalogue::new(run.header()));
    let routes = Routes::of(&header.contract);
    let (mut overview, mut waiting) = (Overview::of(&header.contract), Waiting::new(&mut spool));
    for (position, record) in records.enumerate() {
        let record = record?;
        let case = overview.add(&routes, position, &record);
        waiting.add(&mut page, &catalogue, &record, case)?;
    }
    let overview = overview.sorted();
    let links = Links::new(run, &overview);
    page.literal(&["<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"])?;
    page.markup(&banner::head(header, &outcome, STYLE_DIGEST, SCRIPT_DIGEST))?;
    page.literal(&["<style>", STYLE, "</style>\n</head>\n<body>\n"])?;
    page.markup(&banner::banner(run, &outcome, &overview))?;
    let changes = run.footer().and_then(|footer| footer.changes.as_ref());
    let broken = broken::broken(&catalogue, &links, changes);
    let changes = changes.map(|changes| changes::changes(changes, run.entries()));
    let latencies = latency::latencies(&links);
    let failures = broken.is_some().then(|| match outcome.counts.only_expectations_failed() {
        true => "Expectations",
        false => "What broke",
    });
    page.markup(&contents(&header.contract, failures, changes.is_some(), latencies.is_some()))?;
    page.literal(&["<main class=\"page\" id=\"main\" tabindex=\"-1\">\n"])?;
    broken.map_or(Ok(()), |broken| page.markup(&broken))?;
    changes.map_or(Ok(()), |changes| page.markup(&changes))?;
    let places = scenarios::put(&mut page, &links, waiting)?;
    lifecycles(&mut page, &links)?;
    promises(&mut page, &links)?;
    latencies.map_or(Ok(()), |latencies| page.markup(&latencies))?;
    page.literal(&[FOOT, "<script type=\"application/json\" id=\"index\">"])?;
    put_index(&mut page, &overview, &places)?;
    page.literal(&["</script>\n<script>", SCRIPT, "</script>\n</body>\n</html>\n"])
}

/// The parts of this page.
fn contents(contract: &ContractRecord, failures: Option<&str>, changes: bool, latency: bool) -> Markup {
    let parts = [
        (failures.is_some(), "broken", failures.unwrap_or_default()),
        (changes, "changes", "Changes"),
        (true, "scenarios", "Scenarios"),
        (!contract.lifecycles.is_empty(), "lifecycles", "Lifecycles"),
        (!contract.requirements.is_empty(), "requirements", "Requirements"),
        (!contract.operations.is_empty(), "answers", "Responses"),
        (latency, "latency", "Latency"),
    ];
    let here = parts.into_iter().filter(|(here, ..)| *here);
    html! {
        nav.contents aria-label="Parts of this report" {
            div.page {
                ul { @for (_, id, title) in here { li { a href={ "#" (id) } { (title) } } } }
                button #theme type="button" hidden { "Theme: system" }
            }
        }
        "\n"
    }
}

/// Writes the lifecycles: the transitions as a table, the same as a drawing, and what was tried in each state.
fn lifecycles(page: &mut Page<'_>, links: &Links<'_>) -> Result<(), RenderError> {
    let lifecycles = &links.header().contract.lifecycles;
    if lifecycles.is_empty() {
        return Ok(());
    }
    page.literal(&["<section class=\"part\" id=\"lifecycles\" aria-labelledby=\"lifecycles-title\">\n"])?;
    page.literal(&["<h2 id=\"lifecycles-title\">Lifecycles</h2>\n"])?;
    for (number, lifecycle) in lifecycles.iter().enumerate() {
        page.markup(&diagram::table(number, lifecycle, links))?;
        diagram::diagram(number, lifecycle, links).map_or(Ok(()), |diagram| page.markup(&diagram))?;
        page.markup(&coverage::actions(lifecycle, links))?;
    }
    page.literal(&["</section>\n"])
}

/// Writes the register of requirements and the map of answers.
fn promises(page: &mut Page<'_>, links: &Links<'_>) -> Result<(), RenderError> {
    let contract = &links.header().contract;
    if !contract.requirements.is_empty() {
        page.markup(&requirements::requirements(links))?;
    }
    if contract.operations.is_empty() {
        return Ok(());
    }
    page.literal(&["<section class=\"part\" id=\"answers\" aria-labelledby=\"answers-title\">\n"])?;
    page.literal(&["<h2 id=\"answers-title\">Responses</h2>\n"])?;
    page.markup(&coverage::replies(links))?;
    page.literal(&["</section>\n"])
}

/// Writes what the script filters by: the facets by their numbers, of which only those that people choose by are named; the sets
/// of them that scenarios touched; and the scenarios in the order of the page, each by the number of its set, and where its
/// account is packed. One scenario after the other, so that memory holds no copy of all.
fn put_index(page: &mut Page<'_>, overview: &Overview, places: &[Option<PackedAt>]) -> Result<(), RenderError> {
    let facets = overview.facets().map(|(subject, _)| match subject {
        Subject::Tag(name) => ("tag", visible(name)),
        Subject::Operation(name) => ("operation", visible(name)),
        Subject::Requirement(name) => ("requirement", visible(name)),
        Subject::Check(name) => ("check", visible(name)),
        _ => ("", Cow::default()),
    });
    page.literal(&["{\"facets\":"])?;
    page.json(&facets.collect::<Vec<_>>())?;
    page.literal(&[",\"sets\":"])?;
    page.json(&overview.sets)?;
    page.literal(&[",\"cases\":["])?;
    for (at, (position, place)) in overview.order().into_iter().zip(places).enumerate() {
        let set = overview.cases[position].set;
        page.literal(if at == 0 { &[] } else { &[","] })?;
        match place {
            Some((block, place)) => page.json(&(set, block, place))?,
            None => page.json(&(set,))?,
        }
    }
    page.literal(&["]}"])
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::base::digest;

    #[test]
    fn the_security_policy_names_style_and_script_as_they_are() {
        for (text, digest) in [(STYLE, STYLE_DIGEST), (SCRIPT, SCRIPT_DIGEST)] {
            assert_eq!(digest, format!("sha256-{}", STANDARD.encode(digest::of(text))));
        }
    }

    #[test]
    fn r17_style_and_script_cannot_end_their_elements() {
        assert!(!STYLE.contains("</style"));
        // A comment's beginning and another element's would keep the end of ours from being seen.
        assert!(["</script", "<script", "<!--"].iter().all(|end| !SCRIPT.to_ascii_lowercase().contains(end)));
    }
}
