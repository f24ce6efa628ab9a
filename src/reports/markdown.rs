//! `summary.md`: a run on one page of Markdown, for the step summary of GitHub Actions and for pasting into a ticket.
//!
//! Whatever a scenario or a server said stands in code, whose fence is longer than any run of backticks in it: neither
//! markup nor a link nor a mention can come of it. Each cause is shown with its first scenario; what does not fit the
//! limit is left out, and the page says so. Deliberately not here: exchanges, which the HTML report has.

use std::io::Write;

use crate::record::journal::Journal;
use crate::record::{LeftoverRecord, Level};

use super::console::effort;
use super::gathered::Gathered;
use super::outcome::Outcome;
use super::problems::Cause;
use super::reading::RunIndex;
use super::{Reading, RenderError, Renderer};
use crate::base::text::{counted, one_line, shortened, visible};

/// The step summary.
pub const RENDERER: Renderer =
    Renderer { name: "markdown", file: "summary.md", purpose: "one page for a step summary or a ticket", write };

/// The most bytes of a page: GitHub takes 1 MiB from a step, and nothing at all of more.
pub const LIMIT: usize = 1_000_000;

/// Kept free for the note that something was left out.
const RESERVE: usize = 300;
/// The longest value in one line, in characters.
const VALUE: usize = 500;
/// The longest account, in characters.
const ACCOUNT: usize = 6_000;

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let Reading { run, records, .. } = reading;
    let mut gathered = Gathered::default();
    for record in records {
        gathered.add(run.header(), &*record?);
    }
    Ok(out.write_all(page(run, &gathered, LIMIT).as_bytes())?)
}

/// The page in at most so many bytes; empty where not even the head has room.
pub fn within(journal: &Journal, gathered: &Gathered, limit: usize) -> String {
    page(RunIndex::of(journal), gathered, limit)
}

fn page(run: RunIndex<'_>, gathered: &Gathered, limit: usize) -> String {
    let head = head(run, &run.outcome());
    if head.len() + RESERVE > limit {
        return String::new();
    }
    let mut page = MarkdownPage { text: head, limit: limit - RESERVE, left_out: gathered.causes.beyond };
    let unmet = run.outcome().counts.only_expectations_failed();
    let title = if unmet { "What the scenarios expected and did not get" } else { "What broke" };
    page.section(title, gathered.causes.at(Level::Deny).map(in_full));
    page.section("Warnings", gathered.causes.at(Level::Warn).map(in_short));
    page.section("Skipped", gathered.skipped.iter().map(skipped));
    page.section("May be left on the target", gathered.leftovers.iter().map(leftover));
    page.ended()
}

fn skipped((reason, (first, count)): (&String, &(String, usize))) -> String {
    format!("* {}, in {}: {}\n", code(reason), counted(*count, "scenario"), code(first))
}

fn leftover(left: &LeftoverRecord) -> String {
    let resource = left.resource.as_ref().map(|id| format!(" {}", code(id))).unwrap_or_default();
    format!("* {}{resource}: {}\n", code(&left.operation), code(&left.why))
}

/// A page that grows no longer than its limit.
struct MarkdownPage {
    text: String,
    limit: usize,
    left_out: usize,
}

impl MarkdownPage {
    fn section(&mut self, title: &str, items: impl Iterator<Item = String>) {
        let mut title = Some(format!("### {title}\n\n"));
        for item in items {
            let begun = title.as_deref().map_or(0, str::len);
            if self.text.len() + begun + item.len() > self.limit {
                self.left_out += 1;
                continue;
            }
            self.text.push_str(&title.take().unwrap_or_default());
            self.text.push_str(&item);
        }
        if title.is_none() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn ended(mut self) -> String {
        if self.left_out > 0 {
            let left_out = counted(self.left_out, "more entry").replace("entrys", "entries");
            self.text.push_str(&format!(
                "---\n\n{left_out} left out here; `report.html` and `report.json` have the whole.\n"
            ));
        }
        self.text
    }
}

fn head(run: RunIndex<'_>, outcome: &Outcome) -> String {
    let header = run.header();
    let mut text = format!("## {}\n\n{}\n\n{}.\n\n", outcome.headline(), outcome.tally(), effort(outcome));
    text.push_str(&format!("* target {} at {}\n", code(&header.target.name), code(&header.target.base_url)));
    text.push_str(&format!("* contract {} {}\n", code(&header.contract.title), code(&header.contract.version)));
    text.push_str(&format!("* run {}, {}\n", code(&header.run_id), code(&header.tool)));
    if let Some(exit) = outcome.exit_code {
        text.push_str(&format!("* exit code {exit}: {}\n", outcome.meaning()));
    }
    outcome.caveats().iter().for_each(|note| text.push_str(&format!("* note: {}\n", code(note))));
    text.push('\n');
    text
}

/// A cause with the account of its first scenario.
fn in_full(cause: &Cause) -> String {
    format!("#### {} in {}\n\n{}\n{}\n", code(&cause.rule), scenarios(cause), named(cause), block(&cause.account))
}

fn in_short(cause: &Cause) -> String {
    format!("* {} {}, in {}: {}\n", code(&cause.rule), code(&cause.message), scenarios(cause), code(&cause.named[0]))
}

fn scenarios(cause: &Cause) -> String {
    counted(cause.scenarios, "scenario")
}

fn named(cause: &Cause) -> String {
    let mut text: String = cause.named.iter().map(|name| format!("* {}\n", code(name))).collect();
    if cause.scenarios > cause.named.len() {
        text.push_str(&format!("* and {} more\n", cause.scenarios - cause.named.len()));
    }
    text
}

/// A text as code in a line. Whatever is in it stays text.
fn code(text: &str) -> String {
    let text = one_line(text);
    let text = shortened(text.trim(), VALUE);
    if text.is_empty() {
        return "(nothing)".into();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A text as a block of code.
fn block(text: &str) -> String {
    let text = visible(text);
    let text = shortened(&text, ACCOUNT);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r21_a_fence_is_longer_than_any_run_of_backticks_in_it() {
        assert_eq!(code("a ``` b"), "````a ``` b````");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code(" \n"), "(nothing)");
        assert_eq!(block("a\n````\n"), "`````text\na\n````\n`````\n");
    }
}
