//! The comparison in words, for people at a terminal of 80 columns, and as one JSON object for programs.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::json;

use super::comparison::{BehaviourChange, Comparison, ScenarioNote};
use crate::base::text::{counted, one_line, shortened, visible, wrapped};
use crate::reports::console::{Palette, WIDTH};

/// The most lines that one heading has; the rest is counted.
const MOST: usize = 50;

/// The comparison as text.
pub(crate) fn text(comparison: &Comparison, palette: &Palette) -> String {
    let Palette { strong, faint, .. } = *palette;
    let text = &mut String::new();
    for same in comparison.problems.chunk_by(|a, b| a.kind == b.kind) {
        list(text, &same[0].kind.to_string(), strong, same, |text, found| item(text, &found.subject, &found.message));
    }
    let note = |text: &mut String, note: &ScenarioNote| item(text, &note.scenario, &note.message);
    let name = |text: &mut String, name: &String| _ = writeln!(text, "  {}", one_line(name));
    list(text, "expected failures", faint, &comparison.expected, note);
    list(text, "failures that the baseline has too", faint, &comparison.still, note);
    list(text, "fixed", faint, &comparison.fixed, name);
    list(text, "flaky", faint, &comparison.flaky, name);
    list(text, "new scenarios", faint, &comparison.added, name);
    list(text, "changed behaviour", faint, &comparison.changes, change);
    let accept = "to accept a failure for now, give it a reason and an issue, and paste";
    list(text, accept, faint, &comparison.entries, |text, known| entry(text, known));
    if !comparison.entries.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "{}", headline(comparison, palette));
    std::mem::take(text)
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

/// A heading with how many there are, and as many of them as there is room for; nothing where there is none.
fn list<T>(text: &mut String, title: &str, style: Style, items: &[T], show: impl Fn(&mut String, &T)) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "{style}{title}{style:#} ({})", items.len());
    items.iter().take(MOST).for_each(|item| show(text, item));
    if items.len() > MOST {
        let _ = writeln!(text, "  … and {} more; --format json has all of them", items.len() - MOST);
    }
}

fn change(text: &mut String, BehaviourChange { subject, kind, what, how }: &BehaviourChange) {
    let line = one_line(&format!("{subject}: {kind} {what} {how}"));
    wrapped(&line, WIDTH - 4).iter().enumerate().for_each(|(at, line)| {
        let _ = writeln!(text, "{}{line}", if at == 0 { "  " } else { "    " });
    });
}

fn entry(text: &mut String, entry: &str) {
    text.push('\n');
    entry.lines().for_each(|line| _ = writeln!(text, "  {}", visible(line)));
}

fn item(text: &mut String, subject: &str, message: &str) {
    let _ = writeln!(text, "  {}", one_line(subject));
    let message = one_line(&shortened(message, 400));
    wrapped(&message, WIDTH - 6).iter().for_each(|line| _ = writeln!(text, "      {line}"));
}
