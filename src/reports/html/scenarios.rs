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
use super::overview::{CaseSummary, Group};
use super::pack::{PackedAt, Packer};
use super::page::Page;
use super::scenario::{self, Catalogue};

/// How many scenarios that did not pass are open from the start.
const OPEN: usize = 5;

/// How many scenarios of a group are elements from the start, where nothing is wrong with them. The others stand in
/// `noscript`: readable without the script, and plain text to a browser with it, which makes elements of those it shows.
const FIRST: usize = 50;

/// The same for groups that people come for; also how many accounts stand in the page itself. The others are packed.
const PLAIN: usize = 200;

/// The markup of all scenarios, in the order of the run, until it is written.
pub(super) struct Waiting<'a, 's> {
    spool: &'a mut Spool<'s>,
    packer: Packer,
    scenarios: Vec<WaitingScenario>,
}

/// Where the markup of one scenario waits.
#[derive(Clone, Copy)]
enum WaitingScenario {
    /// Its account is packed; what everybody can read is not.
    Packed { shown: Spooled, at: PackedAt },
    /// Its account may stand in the page itself.
    Whole { head: Spooled, core: Spooled, account: Spooled },
}

impl<'a, 's> Waiting<'a, 's> {
    pub(super) fn new(spool: &'a mut Spool<'s>) -> Self {
        Self { spool, packer: Packer::default(), scenarios: Vec::new() }
    }

    /// Adds the next scenario of the run, which is summed up so.
    pub(super) fn add(
        &mut self,
        page: &mut Page<'_>,
        catalogue: &Catalogue<'_>,
        record: &ScenarioRecord,
        case: &CaseSummary,
    ) -> Result<(), RenderError> {
        let head = page.hold(|page| page.markup(&scenario::line(record)))?;
        let core = page.hold(|page| scenario::put_core(page, record))?;
        let account = page.hold(|page| {
            scenario::put_account(page, catalogue, record)?;
            page.literal(&["</div>\n"])
        })?;
        self.scenarios.push(if case.is_remarkable() {
            let mut spooled = |markup: &str| self.spool.push(markup.as_bytes());
            WaitingScenario::Whole { head: spooled(&head)?, core: spooled(&core)?, account: spooled(&account)? }
        } else {
            let at = self.packer.add(&account, self.spool)?;
            WaitingScenario::Packed { shown: self.spool.push((head + &core).as_bytes())?, at }
        });
        Ok(())
    }
}

/// Writes all scenarios, and says where their accounts are.
pub(super) fn put(
    page: &mut Page<'_>,
    links: &Links<'_>,
    waiting: Waiting<'_, '_>,
) -> Result<Vec<Option<PackedAt>>, RenderError> {
    let mut writer = ScenariosWriter { links, waiting, written: 0, plain: 0, places: Vec::new() };
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
    let Waiting { packer, spool, .. } = writer.waiting;
    packer.write(page, spool)?;
    page.literal(&["<p class=\"empty\" id=\"empty\" hidden>No scenario matches the filter.</p>\n</section>\n"])?;
    Ok(writer.places)
}

/// The scenarios while they are being written.
struct ScenariosWriter<'a, 's> {
    links: &'a Links<'a>,
    waiting: Waiting<'a, 's>,
    written: usize,
    plain: usize,
    places: Vec<Option<PackedAt>>,
}

impl ScenariosWriter<'_, '_> {
    fn group(&mut self, page: &mut Page<'_>, group: Group, cases: &[usize]) -> Result<(), RenderError> {
        page.literal(&["<div class=\"group\" id=\"", group.word(), "\">\n"])?;
        page.markup(&html! { h3.group-title { (group.title()) " " span.count { (cases.len()) } } "\n" })?;
        let (listed, rest) = cases.split_at(cases.len().min(listed(group)));
        listed.iter().try_for_each(|position| self.scenario(page, *position, true))?;
        if !rest.is_empty() {
            page.literal(&["<noscript>\n"])?;
            rest.iter().try_for_each(|position| self.scenario(page, *position, false))?;
            page.literal(&["</noscript>\n"])?;
        }
        page.literal(&["</div>\n"])
    }

    fn scenario(&mut self, page: &mut Page<'_>, position: usize, listed: bool) -> Result<(), RenderError> {
        let (case, waiting) = (&self.links.overview.cases[position], self.waiting.scenarios[position]);
        let open = self.written < OPEN && matches!(case.group, Group::Failed | Group::Errored);
        self.written += 1;
        page.literal(&["<details class=\"case ", case.group.word(), "\" id=\""])?;
        page.text(&self.links.anchor(position))?;
        page.literal(&[if open { "\" open>\n" } else { "\">\n" }])?;
        let place = match waiting {
            WaitingScenario::Packed { shown, at } => {
                self.put(page, shown)?;
                Some(at)
            }
            WaitingScenario::Whole { head, account, .. } if listed && self.plain < PLAIN => {
                self.plain += 1;
                self.put(page, head)?;
                self.put(page, account)?;
                None
            }
            WaitingScenario::Whole { head, core, account } => {
                self.put(page, head)?;
                self.put(page, core)?;
                let account = self.waiting.spool.text(account)?;
                Some(self.waiting.packer.add(&account, self.waiting.spool)?)
            }
        };
        self.places.push(place);
        page.literal(&["</details>\n"])
    }

    fn put(&mut self, page: &mut Page<'_>, waiting: Spooled) -> Result<(), RenderError> {
        page.write(&self.waiting.spool.text(waiting)?)
    }
}

/// How many scenarios of a group are elements from the start.
fn listed(group: Group) -> usize {
    match group {
        Group::Failed | Group::Errored | Group::Flaky => PLAIN,
        Group::Skipped | Group::Passed => FIRST,
    }
}
