//! The scenarios of the page, the most urgent first.
//!
//! Records come in the order of the run; their accounts wait until all are known. Accounts that few will open are packed.
//! Deliberately not here: what an account says.

use maud::html;
use strum::VariantArray;

use crate::record::ScenarioRecord;

use super::super::RenderError;
use super::super::spool::{Spool, Spooled};
use super::fixed::FILTER;
use super::links::Links;
use super::overview::Group;
use super::pack::Packer;
use super::page::Page;
use super::scenario::{self, Catalogue};

/// How many scenarios that did not pass are open from the start.
const OPEN: usize = 5;

/// How many scenarios of a group are elements from the start, where nothing is wrong with them. The others stand in
/// `noscript`: readable without the script, and plain text to a browser with it, which makes elements of those it shows.
const FIRST: usize = 50;

/// The same for groups that people come for; also how many accounts stand in the page itself. The others are packed.
const PLAIN: usize = 200;

/// Where the account of a scenario is packed: block and place; `None` when it stands in the page.
pub(super) type PackedAt = Option<(usize, usize)>;

/// The markup of all scenarios, in the order of the run, until it is written.
pub(super) struct Waiting<'a, 's> {
    spool: &'a mut Spool<'s>,
    scenarios: Vec<WaitingScenario>,
}

/// Where the markup of one scenario waits.
#[derive(Clone, Copy)]
struct WaitingScenario {
    head: Spooled,
    /// What everybody can read where the account is packed.
    core: Spooled,
    account: Spooled,
}

impl<'a, 's> Waiting<'a, 's> {
    pub(super) fn new(spool: &'a mut Spool<'s>) -> Self {
        Self { spool, scenarios: Vec::new() }
    }

    /// Adds the next scenario of the run.
    pub(super) fn add(
        &mut self,
        page: &mut Page<'_>,
        catalogue: &Catalogue<'_>,
        record: &ScenarioRecord,
    ) -> Result<(), RenderError> {
        let head = page.hold(|page| page.markup(&scenario::line(record)))?;
        let core = page.hold(|page| scenario::put_core(page, record))?;
        let account = page.hold(|page| {
            scenario::put_account(page, catalogue, record)?;
            page.literal(&["</div>\n"])
        })?;
        let [head, core, account] = [self.spool.push(&head)?, self.spool.push(&core)?, self.spool.push(&account)?];
        self.scenarios.push(WaitingScenario { head, core, account });
        Ok(())
    }
}

/// Writes all scenarios, and says where their accounts are.
pub(super) fn put(
    page: &mut Page<'_>,
    links: &Links<'_>,
    waiting: Waiting<'_, '_>,
) -> Result<Vec<PackedAt>, RenderError> {
    let mut writer =
        ScenariosWriter { links, waiting, packer: Packer::default(), written: 0, plain: 0, places: Vec::new() };
    page.literal(&["<section class=\"part\" id=\"scenarios\" aria-labelledby=\"scenarios-title\">\n"])?;
    page.literal(&["<h2 id=\"scenarios-title\">Scenarios</h2>\n", FILTER])?;
    let order = links.overview.order();
    for group in Group::VARIANTS.iter().copied() {
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
struct ScenariosWriter<'a, 's> {
    links: &'a Links<'a>,
    waiting: Waiting<'a, 's>,
    packer: Packer,
    written: usize,
    plain: usize,
    places: Vec<PackedAt>,
}

impl ScenariosWriter<'_, '_> {
    fn group(&mut self, page: &mut Page<'_>, group: Group, cases: &[usize]) -> Result<(), RenderError> {
        page.literal(&["<div class=\"group\" id=\"", group.word(), "\">\n"])?;
        page.markup(&html! { h3.group-title { (group.title()) " " span.count { (cases.len()) } } "\n" })?;
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
        let (case, waiting) = (&self.links.overview.cases[position], self.waiting.scenarios[position]);
        let open = self.written < OPEN && matches!(case.group, Group::Failed | Group::Errored);
        self.written += 1;
        page.literal(&["<details class=\"case ", case.group.word(), "\" id=\""])?;
        page.text(&self.links.anchor(position))?;
        page.literal(&[if open { "\" open>\n" } else { "\">\n" }])?;
        self.put(page, waiting.head)?;
        let remarkable = case.warned || case.group != Group::Passed;
        if listed && remarkable && self.plain < PLAIN {
            self.plain += 1;
            self.places.push(None);
            self.put(page, waiting.account)?;
        } else {
            self.put(page, waiting.core)?;
            let account = self.waiting.spool.read(waiting.account)?;
            self.places.push(Some(self.packer.add(&account)));
            page.literal(&["</div>\n"])?;
        }
        page.literal(&["</details>\n"])
    }

    fn put(&mut self, page: &mut Page<'_>, waiting: Spooled) -> Result<(), RenderError> {
        page.write(&self.waiting.spool.read(waiting)?)
    }
}

/// How many scenarios of a group are elements from the start.
fn listed(group: Group) -> usize {
    match group {
        Group::Failed | Group::Errored | Group::Flaky => PLAIN,
        Group::Skipped | Group::Passed => FIRST,
    }
}
