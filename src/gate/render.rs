//! The comparison in words, for people at a terminal of 80 columns, and as one JSON object for programs.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::json;

use super::comparison::{BehaviourChange, Comparison, GateProblem, ScenarioNote};
use crate::base::text::counted;
use crate::base::text::one_line;
use crate::base::text::shortened;
use crate::base::text::visible;
use crate::base::text::wrapped;
use crate::reports::console::{Palette, WIDTH};

/// The most lines that one heading has; the rest is counted.
const MOST: usize = 50;

/// The comparison as text.
pub(crate) fn text(comparison: &Comparison, palette: &Palette) -> String {
    let mut text = String::new();
    problems(&mut text, &comparison.problems, palette);
    notes(&mut text, "expected failures", &comparison.expected, palette);
    notes(&mut text, "failures that the baseline has too", &comparison.still, palette);
    names(&mut text, "fixed", &comparison.fixed, palette);
    names(&mut text, "flaky", &comparison.flaky, palette);
    names(&mut text, "new scenarios", &comparison.added, palette);
    changes(&mut text, &comparison.changes, palette);
    entries(&mut text, &comparison.entries, palette);
    let _ = writeln!(text, "{}", headline(comparison, palette));
    text
}

/// The comparison as one JSON object.
///
/// # Panics
/// Never: a comparison is made of texts and numbers.
pub(crate) fn json(comparison: &Comparison) -> String {
    let exit = comparison.exit_code();
    let value = json!({ "open": exit.code() == 0, "exit_code": exit.code(), "comparison": comparison });
    format!("{}\n", serde_json::to_string_pretty(&value).expect("texts and numbers"))
}

fn headline(comparison: &Comparison, palette: &Palette) -> String {
    let strong = palette.strong;
    let scenarios = counted(comparison.scenarios, "scenario");
    if comparison.scenarios == 0 {
        return format!("{strong}The gate is shut{strong:#}: nothing ran");
    }
    match comparison.problems.len() {
        0 => format!("{strong}The gate is open{strong:#}: {scenarios}, no worse than the baseline"),
        some => format!("{strong}The gate is shut{strong:#}: {} in {scenarios}", counted(some, "problem")),
    }
}

fn heading(text: &mut String, title: &str, count: usize, style: Style) {
    let _ = writeln!(text, "{style}{title}{style:#} ({count})");
}

fn problems(text: &mut String, problems: &[GateProblem], palette: &Palette) {
    for group in problems.chunk_by(|a, b| a.kind == b.kind) {
        heading(text, group[0].kind.as_str(), group.len(), palette.strong);
        for problem in group.iter().take(MOST) {
            item(text, &problem.subject, &problem.message);
        }
        rest(text, group.len());
    }
}

fn notes(text: &mut String, title: &str, notes: &[ScenarioNote], palette: &Palette) {
    if notes.is_empty() {
        return;
    }
    heading(text, title, notes.len(), palette.faint);
    notes.iter().take(MOST).for_each(|note| item(text, &note.scenario, &note.message));
    rest(text, notes.len());
}

fn names(text: &mut String, title: &str, names: &[String], palette: &Palette) {
    if names.is_empty() {
        return;
    }
    heading(text, title, names.len(), palette.faint);
    names.iter().take(MOST).for_each(|name| _ = writeln!(text, "  {}", one_line(name)));
    rest(text, names.len());
}

fn changes(text: &mut String, changes: &[BehaviourChange], palette: &Palette) {
    if changes.is_empty() {
        return;
    }
    heading(text, "changed behaviour", changes.len(), palette.faint);
    for change in changes.iter().take(MOST) {
        let BehaviourChange { subject, kind, what, how } = change;
        let line = one_line(&format!("{subject}: {kind} {what} {how}"));
        wrapped(&line, WIDTH - 4).iter().enumerate().for_each(|(at, line)| {
            let _ = writeln!(text, "{}{line}", if at == 0 { "  " } else { "    " });
        });
    }
    rest(text, changes.len());
}

fn entries(text: &mut String, entries: &[String], palette: &Palette) {
    if entries.is_empty() {
        return;
    }
    heading(
        text,
        "to accept a failure for now, give it a reason and an issue, and paste",
        entries.len(),
        palette.faint,
    );
    for entry in entries.iter().take(MOST) {
        text.push('\n');
        entry.lines().for_each(|line| _ = writeln!(text, "  {}", visible(line)));
    }
    text.push('\n');
    rest(text, entries.len());
}

fn item(text: &mut String, subject: &str, message: &str) {
    let _ = writeln!(text, "  {}", one_line(subject));
    let message = one_line(&shortened(message, 400));
    wrapped(&message, WIDTH - 6).iter().for_each(|line| _ = writeln!(text, "      {line}"));
}

fn rest(text: &mut String, count: usize) {
    if count > MOST {
        let _ = writeln!(text, "  … and {} more; --format json has all of them", count - MOST);
    }
}
