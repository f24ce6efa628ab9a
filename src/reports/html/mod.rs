//! `report.html`: for people; one file that loads nothing and reads well without its script.
//!
//! The journal is read twice, record by record: once for what all scenarios came to together (`overview`), once to write
//! their accounts, so that memory does not grow with what they exchanged. Accounts that few will open are packed; what they
//! came to can be read without unpacking. The templates beside this file are strict and escape every value, after what
//! could steer a reader was made visible; nothing but this file's own style and script is written without escaping, and the
//! page's security policy allows these two by their digests only.
//!
//! Deliberately not here: judging, and comparing with earlier runs; what a journal says of that is shown.

use std::borrow::Cow;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::record::journal::Journal;

use crate::record::ScenarioRecord;

use super::outcome::Outcome;
use super::{RenderError, Renderer};
use crate::base::text::visible;

mod banner;
mod body;
mod broken;
mod coverage;
mod diagram;
mod diff;
mod latency;
mod layout;
mod links;
mod overview;
mod pack;
mod page;
mod requirements;
mod scenario;
mod sequence;
mod templates;
mod timeline;
mod travel;

use links::Links;
use overview::{Group, Overview};
use pack::Packer;
use page::Page;
use scenario::Catalogue;
use templates::{FILTER, FOOT, SCRIPT, STYLE};
use travel::Subject;

/// The HTML report.
pub const RENDERER: Renderer =
    Renderer { name: "html", file: "report.html", purpose: "the whole story, for people", render };

/// How many scenarios that did not pass are open from the start.
const OPEN: usize = 5;

/// How many scenarios of a group are elements from the start, where nothing is wrong with them. The others stand in
/// `noscript`: readable without the script, and plain text to a browser with it, which makes elements of those it shows.
const FIRST: usize = 50;

/// The same for groups that people come for; also how many accounts stand in the page itself. The others are packed.
const PLAIN: usize = 200;

fn render(journal: &Journal, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut page = Page::new(out);
    let (header, outcome) = (journal.header(), Outcome::of(journal));
    let overview = Overview::of(journal)?;
    let links = Links::new(journal, &overview);
    let catalogue = Catalogue::new(header);
    page.put("head", &banner::head(header, &outcome, digest(STYLE), digest(SCRIPT)))?;
    page.literal(&["<style>", STYLE, "</style>\n"])?;
    page.put("banner", &banner::banner(journal, &outcome, &overview))?;
    let broken = broken::broken(&catalogue, &links);
    let changes = journal.footer().and_then(|footer| footer.changes.as_ref());
    let changes = changes.map(|changes| broken::changes(changes, journal.entries()));
    let latencies = latency::latencies(&links);
    page.put("contents", &contents(journal, broken.is_some(), changes.is_some(), latencies.is_some()))?;
    changes.iter().try_for_each(|changes| page.put("changes", changes))?;
    broken.iter().try_for_each(|broken| page.put("broken", broken))?;
    let places = scenarios(&mut page, &links, &catalogue)?;
    lifecycles(&mut page, &links)?;
    promises(&mut page, &links)?;
    latencies.iter().try_for_each(|latencies| page.put("latency", latencies))?;
    page.literal(&[FOOT, "<script type=\"application/json\" id=\"index\">"])?;
    page.json(&index(&overview, &places))?;
    page.literal(&["</script>\n<script>", SCRIPT, "</script>\n</body>\n</html>\n"])
}

/// The parts of this page.
#[derive(Serialize)]
struct Contents {
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    id: &'static str,
    title: &'static str,
}

fn contents(journal: &Journal, broken: bool, changes: bool, latency: bool) -> Contents {
    let contract = &journal.header().contract;
    let parts = [
        (changes, "changes", "Changes"),
        (broken, "broken", "What broke"),
        (true, "scenarios", "Scenarios"),
        (!contract.lifecycles.is_empty(), "lifecycles", "Lifecycles"),
        (!contract.requirements.is_empty(), "requirements", "Requirements"),
        (!contract.operations.is_empty(), "answers", "Answers"),
        (latency, "latency", "Latency"),
    ];
    Contents { parts: parts.into_iter().filter(|(here, ..)| *here).map(|(_, id, title)| Part { id, title }).collect() }
}

/// Where the account of a scenario is packed: block and place; `None` when it stands in the page.
type PackedAt = Option<(usize, usize)>;

/// Writes all scenarios, the most urgent first, and says where their accounts are.
fn scenarios(page: &mut Page<'_>, links: &Links<'_>, catalogue: &Catalogue<'_>) -> Result<Vec<PackedAt>, RenderError> {
    let mut writer = Writer { links, catalogue, packer: Packer::default(), written: 0, plain: 0, places: Vec::new() };
    page.literal(&["<section class=\"part\" id=\"scenarios\" aria-labelledby=\"scenarios-title\">\n"])?;
    page.literal(&["<h2 id=\"scenarios-title\">Scenarios</h2>\n", FILTER])?;
    let order = links.overview.order();
    for group in Group::ALL {
        let cases: Vec<usize> =
            order.iter().copied().filter(|position| links.overview.cases[*position].group == group).collect();
        if !cases.is_empty() {
            writer.group(page, group, &cases)?;
        }
    }
    writer.packer.flush(page, true)?;
    page.literal(&["<p class=\"empty\" id=\"empty\" hidden>No scenario matches the filter.</p>\n</section>\n"])?;
    Ok(writer.places)
}

/// The scenarios while they are being written.
struct Writer<'a> {
    links: &'a Links<'a>,
    catalogue: &'a Catalogue<'a>,
    packer: Packer,
    written: usize,
    plain: usize,
    places: Vec<PackedAt>,
}

impl Writer<'_> {
    fn group(&mut self, page: &mut Page<'_>, group: Group, cases: &[usize]) -> Result<(), RenderError> {
        page.put("group", &banner::group(group, cases.len()))?;
        let (listed, rest) = cases.split_at(cases.len().min(listed(group)));
        for position in listed {
            self.scenario(page, *position, true)?;
            self.packer.flush(page, false)?;
        }
        self.rest(page, rest)?;
        page.literal(&["</div>\n"])
    }

    /// Writes the scenarios that are elements only without the script; blocks are the script's, and stand between them.
    fn rest(&mut self, page: &mut Page<'_>, cases: &[usize]) -> Result<(), RenderError> {
        let mut cases = cases.iter().peekable();
        while cases.peek().is_some() {
            page.literal(&["<noscript>\n"])?;
            while let Some(position) = cases.next_if(|_| !self.packer.is_full()) {
                self.scenario(page, *position, false)?;
            }
            page.literal(&["</noscript>\n"])?;
            self.packer.flush(page, false)?;
        }
        Ok(())
    }

    fn scenario(&mut self, page: &mut Page<'_>, position: usize, listed: bool) -> Result<(), RenderError> {
        let (record, case) = (self.links.record(position)?, &self.links.overview.cases[position]);
        let open = self.written < OPEN && matches!(case.group, Group::Failed | Group::Errored);
        self.written += 1;
        scenario::put_head(page, &record, open)?;
        let remarkable = case.warned || case.group != Group::Passed;
        if listed && remarkable && self.plain < PLAIN {
            self.plain += 1;
            self.places.push(None);
            scenario::put_account(page, self.catalogue, &record)?;
        } else {
            self.pack(page, &record)?;
        }
        page.literal(&["</div>\n</details>\n"])
    }

    /// Writes what a scenario came to, and packs how.
    fn pack(&mut self, page: &mut Page<'_>, record: &ScenarioRecord) -> Result<(), RenderError> {
        scenario::put_core(page, record)?;
        let account = page.hold(|page| {
            scenario::put_account(page, self.catalogue, record)?;
            page.literal(&["</div>\n"])
        })?;
        self.places.push(Some(self.packer.add(&account)));
        Ok(())
    }
}

/// How many scenarios of a group are elements from the start.
fn listed(group: Group) -> usize {
    match group {
        Group::Failed | Group::Errored | Group::Flaky => PLAIN,
        Group::Skipped | Group::Passed => FIRST,
    }
}

/// Writes the lifecycles: a diagram, the same as a table, and what was tried in each state.
fn lifecycles(page: &mut Page<'_>, links: &Links<'_>) -> Result<(), RenderError> {
    let lifecycles = &links.header().contract.lifecycles;
    if lifecycles.is_empty() {
        return Ok(());
    }
    page.literal(&["<section class=\"part\" id=\"lifecycles\" aria-labelledby=\"lifecycles-title\">\n"])?;
    page.literal(&["<h2 id=\"lifecycles-title\">Lifecycles</h2>\n"])?;
    for (number, lifecycle) in lifecycles.iter().enumerate() {
        page.put("diagram", &diagram::diagram(number, lifecycle, links))?;
        page.put("passages", &diagram::table(lifecycle, links))?;
        page.put("heat", &coverage::actions(lifecycle, links))?;
    }
    page.literal(&["</section>\n"])
}

/// Writes the register of requirements and the map of answers.
fn promises(page: &mut Page<'_>, links: &Links<'_>) -> Result<(), RenderError> {
    let contract = &links.header().contract;
    if !contract.requirements.is_empty() {
        page.put("requirements", &requirements::matrix(links))?;
    }
    if contract.operations.is_empty() {
        return Ok(());
    }
    page.literal(&["<section class=\"part\" id=\"answers\" aria-labelledby=\"answers-title\">\n"])?;
    page.literal(&["<h2 id=\"answers-title\">Answers</h2>\n"])?;
    page.put("heat", &coverage::replies(links))?;
    page.literal(&["</section>\n"])
}

/// What the script filters by.
#[derive(Serialize)]
struct Index<'a> {
    /// The names of facets that people choose by, with their kind, as they are shown; the others have none.
    facets: Vec<(&'static str, Cow<'a, str>)>,
    /// Scenarios in the order of the page: group, facets, and where the account is packed.
    cases: Vec<(&'static str, &'a [usize], PackedAt)>,
}

fn index<'a>(overview: &'a Overview, places: &[PackedAt]) -> Index<'a> {
    let facets = overview.facets().map(|(subject, _)| match subject {
        Subject::Tag(name) => ("tag", visible(name)),
        Subject::Operation(name) => ("operation", visible(name)),
        Subject::Requirement(name) => ("requirement", visible(name)),
        Subject::Check(name) => ("check", visible(name)),
        _ => ("", Cow::default()),
    });
    let case = |(position, place): (usize, &PackedAt)| {
        let case = &overview.cases[position];
        (case.group.word(), case.facets.as_slice(), *place)
    };
    Index { facets: facets.collect(), cases: overview.order().into_iter().zip(places).map(case).collect() }
}

/// The source expression by which a content security policy allows an inline text.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r17_style_and_script_cannot_end_their_elements() {
        assert!(!STYLE.contains("</style"));
        // A comment's beginning and another element's would keep the end of ours from being seen.
        assert!(["</script", "<script", "<!--"].iter().all(|end| !SCRIPT.to_ascii_lowercase().contains(end)));
    }
}
