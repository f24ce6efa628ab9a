//! The end of a run on the console, for people who have a screen and not an hour: what broke by its cause, what was warned
//! of, and why scenarios were skipped, in as many lines as there is room for.
//!
//! Deliberately not here: single scenarios (`console`), and the summary.

use std::fmt::Write as _;

use crate::base::text::{counted, one_line, wrapped};
use crate::record::journal::Journal;
use crate::record::{Header, Level, Verdict};

use super::console::{Palette, inert};
use super::gathered::Gathered;
use super::problems::{Cause, NO_VERDICT};

/// The most lines of a title.
const TITLE: usize = 2;
/// The most lines that warnings, and that skips, take.
const SHORT: usize = 4;

/// The end of a run as text.
pub(crate) struct Digest<'a> {
    journal: &'a Journal,
    gathered: &'a Gathered,
}

impl<'a> Digest<'a> {
    pub(crate) fn of(journal: &'a Journal, gathered: &'a Gathered) -> Self {
        Self { journal, gathered }
    }

    /// The text in at most so many lines; empty where there is nothing to say.
    pub(crate) fn text(&self, room: usize, palette: &Palette) -> String {
        let (broken, warned) = (self.gathered.fewest(Level::Deny), self.gathered.fewest(Level::Warn));
        let warnings = short("Warnings", "cause", warned.iter().map(|cause| warning(cause)).collect(), palette);
        let skips = short("Skipped", "reason", self.reasons(), palette);
        let used = warnings.lines().count() + skips.lines().count();
        let mut text = self.broken(&broken, room.saturating_sub(used), palette);
        text.push_str(&warnings);
        text.push_str(&skips);
        text
    }

    /// The heading of the causes of failures.
    fn title(&self) -> &'static str {
        let unmet = self.journal.counts().only_expectations_failed();
        if unmet { "What the scenarios expected and did not get" } else { "What broke" }
    }

    /// The causes of failures, those of most scenarios first.
    fn broken(&self, causes: &[&Cause], room: usize, palette: &Palette) -> String {
        if causes.is_empty() {
            return String::new();
        }
        // A heading, a line for those that are left out, and an empty one.
        let left = room.saturating_sub(3);
        let written = |whole| causes.iter().map(|cause| self.cause(cause, whole, palette)).collect::<Vec<_>>();
        let whole = written(true);
        let lines = if whole.iter().map(Vec::len).sum::<usize>() > left { written(false) } else { whole };
        let shown = as_many_as_fit(&lines, left);
        let beyond = self.gathered.beyond();
        let mut text = heading(&format!("{}: {}", self.title(), counted(causes.len() + beyond, "cause")), palette);
        lines[..shown].iter().flatten().for_each(|line| _ = writeln!(text, "{line}"));
        let rest = causes.len() - shown + beyond;
        if rest > 0 {
            let _ = writeln!(text, "  … and {}; the reports have them all", counted(rest, "more cause"));
        }
        text.push('\n');
        text
    }

    /// One cause: what is wrong, in which scenarios, and what to do; `whole` also says in which operations and how to see
    /// it again.
    fn cause(&self, cause: &Cause, whole: bool, palette: &Palette) -> Vec<String> {
        let mut lines = title(cause, if whole { TITLE } else { 1 }, palette);
        let faint = palette.faint;
        let mut row = |label: &str, value: &str| {
            for (index, line) in wrapped(&one_line(value), palette.width - 13).iter().take(TITLE).enumerate() {
                let label = if index == 0 { label } else { "" };
                lines.push(format!("    {faint}{label:4}{faint:#}  {}", inert(line)));
            }
        };
        row("in", &scenarios(cause));
        let operations = operations(cause).filter(|_| whole);
        operations.iter().for_each(|operations| row("of", operations));
        row("do", advice(self.journal.header(), &cause.rule));
        let command = cause.named.first().and_then(|name| self.gathered.again.get(name)).filter(|_| whole);
        // A command is not cut: it is there to be copied.
        lines.extend(command.map(|command| format!("    {faint}run {faint:#}  {}", inert(command))));
        lines
    }

    fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<(&String, &usize)> =
            self.gathered.skipped.iter().map(|(reason, (_, count))| (reason, count)).collect();
        reasons.sort_by(|(a, most), (b, more)| more.cmp(most).then(a.cmp(b)));
        reasons
            .iter()
            .map(|(reason, count)| format!("{}: {}", counted(**count, "scenario"), one_line(reason)))
            .collect()
    }
}

/// How many of these texts fit so many lines; the first is always shown.
fn as_many_as_fit(texts: &[Vec<String>], room: usize) -> usize {
    let mut used = 0;
    let fits = texts.iter().take_while(|lines| {
        used += lines.len();
        used <= room
    });
    fits.count().max(1)
}

/// What is wrong, in at most so many lines.
fn title(cause: &Cause, most: usize, palette: &Palette) -> Vec<String> {
    let style = palette.verdict(if cause.rule == NO_VERDICT { Verdict::Errored } else { Verdict::Failed });
    let kind = if cause.rule == NO_VERDICT { "error".to_owned() } else { one_line(&format!("error[{}]", cause.rule)) };
    let text = wrapped(&format!("{kind}: {}", one_line(&cause.message)), palette.width - 8);
    let strong = palette.strong;
    let line = |(index, line): (usize, &String)| match line.strip_prefix(&kind) {
        Some(rest) if index == 0 => format!("  {style}{}{style:#}{strong}{}{strong:#}", inert(&kind), inert(rest)),
        _ => format!("    {}", inert(line)),
    };
    let mut lines: Vec<String> = text.iter().take(most).enumerate().map(line).collect();
    if let Some(last) = lines.last_mut().filter(|_| text.len() > most) {
        last.push_str(" …");
    }
    lines
}

fn warning(cause: &Cause) -> String {
    format!("{}: {}: {}", counted(cause.scenarios, "scenario"), cause.rule, one_line(&cause.message))
}

fn scenarios(cause: &Cause) -> String {
    let mut text = format!("{}: {}", counted(cause.scenarios, "scenario"), cause.named[0]);
    if cause.scenarios > 1 {
        let _ = write!(text, " and {} more", cause.scenarios - 1);
    }
    one_line(&text)
}

fn operations(cause: &Cause) -> Option<String> {
    let mut names = cause.operations.iter();
    let first = names.next()?;
    let rest = cause.operations.len() - 1;
    Some(if rest == 0 { first.clone() } else { format!("{first} and {}", counted(rest, "more operation")) })
}

/// What to do about a problem.
fn advice<'a>(header: &'a Header, rule: &str) -> &'a str {
    let known = header.checks.iter().find(|check| check.id == rule);
    match rule {
        NO_VERDICT => "Look at what kept it from a verdict, and run it again.",
        _ => known.map_or("`flowproof explain` knows this check.", |check| &check.advice),
    }
}

/// One line each, as many as there is room for.
fn short(title: &str, noun: &str, mut items: Vec<String>, palette: &Palette) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut text = heading(&format!("{title}: {}", counted(items.len(), noun)), palette);
    let rest = items.len().saturating_sub(SHORT);
    items.truncate(SHORT);
    items.iter().for_each(|item| _ = writeln!(text, "  {}", inert(&fitting(item, palette.width - 4))));
    if rest > 0 {
        let _ = writeln!(text, "  … and {}; the reports have them all", counted(rest, &format!("more {noun}")));
    }
    text.push('\n');
    text
}

fn heading(title: &str, palette: &Palette) -> String {
    let strong = palette.strong;
    format!("{strong}{title}{strong:#}\n")
}

/// A text that fits a line, or as much of it as does.
fn fitting(text: &str, width: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= width {
        return text;
    }
    format!("{}…", text.chars().take(width - 1).collect::<String>())
}
