//! The comparison in words, for people at a terminal, and as one JSON object for programs.

use std::cmp::Reverse;
use std::fmt::Write as _;

use anstyle::Style;
use serde_json::json;

use super::comparison::{BehaviourChange, Comparison};
use crate::base::groups::grouped;
use crate::base::text::{counted, first_of, one_line, shortened, visible, wrapped};
use crate::reports::console::Palette;

/// The most things that one heading has; the rest is counted.
const MOST: usize = 20;

/// The most entries to paste: whoever accepts more is better off with a pattern.
const ENTRIES: usize = 5;

/// How many scenarios are named of those that one thing is said of.
const NAMED: usize = 3;

/// The comparison as text.
pub(crate) fn text(comparison: &Comparison, palette: &Palette) -> String {
    let Palette { strong, faint, width, .. } = *palette;
    let text = &mut String::new();
    for same in comparison.problems.chunk_by(|a, b| a.kind == b.kind) {
        let problems = same.iter().map(|problem| (&*problem.subject, &*problem.message));
        heading(text, &same[0].kind.to_string(), strong, same.len());
        alike(text, width, problems);
    }
    for (title, notes) in
        [("expected failures", &comparison.expected), ("failures that the baseline has too", &comparison.still)]
    {
        heading(text, title, faint, notes.len());
        alike(text, width, notes.iter().map(|note| (&*note.scenario, &*note.message)));
    }
    for (title, names) in
        [("fixed", &comparison.fixed), ("flaky", &comparison.flaky), ("new scenarios", &comparison.added)]
    {
        heading(text, title, faint, names.len());
        first(text, MOST, names, |text, name| _ = writeln!(text, "  {}", one_line(name)));
    }
    heading(text, "changed behaviour", faint, comparison.changes.len());
    first(text, MOST, &comparison.changes, |text, changed| change(text, width, changed));
    if !comparison.entries.is_empty() {
        let accept = "to accept a failure for now, give it a reason and an issue, and paste";
        heading(text, accept, faint, comparison.entries.len());
        first(text, ENTRIES, &comparison.entries, |text, accepted| entry(text, accepted));
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

/// A heading with how many there are; none where there is nothing.
fn heading(text: &mut String, title: &str, style: Style, count: usize) {
    if count > 0 {
        let _ = writeln!(text, "{style}{title}{style:#} ({count})");
    }
}

/// As many as there is room for.
fn first<T>(text: &mut String, most: usize, items: &[T], show: impl Fn(&mut String, &T)) {
    items.iter().take(most).for_each(|item| show(text, item));
    if items.len() > most {
        let _ = writeln!(text, "  … and {} more; --format json has all of them", items.len() - most);
    }
}

/// Subjects and what is said of them: of several the same once, of the most first.
fn alike<'a>(text: &mut String, width: usize, notes: impl Iterator<Item = (&'a str, &'a str)>) {
    let notes: Vec<(&str, &str)> = notes.collect();
    let mut groups = grouped(&notes, |(_, message)| *message);
    groups.sort_by_key(|group| Reverse(group.len()));
    first(text, MOST, &groups, |text, group| {
        let subjects: Vec<&str> = group.iter().map(|(subject, _)| *subject).collect();
        lines(text, &first_of(&subjects, NAMED), width - 4, ["  ", "    "]);
        lines(text, &shortened(group[0].1, 400), width - 6, ["      "; 2]);
    });
}

fn change(text: &mut String, width: usize, BehaviourChange { subject, kind, what, how }: &BehaviourChange) {
    lines(text, &format!("{subject}: {kind} {what} {how}"), width - 4, ["  ", "    "]);
}

fn entry(text: &mut String, entry: &str) {
    text.push('\n');
    entry.lines().for_each(|line| _ = writeln!(text, "  {}", visible(line)));
}

/// A text broken at spaces, with what stands before its first line and before the others.
fn lines(text: &mut String, written: &str, width: usize, before: [&str; 2]) {
    for (at, line) in wrapped(&one_line(written), width).iter().enumerate() {
        let _ = writeln!(text, "{}{line}", before[at.min(1)]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::comparison::{GateProblem, GateProblemKind};
    use super::*;

    #[test]
    fn what_is_said_of_several_scenarios_alike_stands_once_and_of_the_most_first() {
        let problem = |subject: &str, message: &str| GateProblem {
            kind: GateProblemKind::NewFailure,
            subject: subject.into(),
            message: message.into(),
        };
        let alike = ["b", "c", "d", "e"].map(|subject| problem(subject, "it waits for ever"));
        let problems = [problem("a", "it ends at once")].into_iter().chain(alike).collect();
        let comparison = Comparison { problems, scenarios: 5, ..Comparison::default() };
        assert_eq!(
            text(&comparison, &Palette::plain()),
            "new failure (5)\n  b, c, d and 1 more\n      it waits for ever\n  a\n      it ends at once\n\
             The gate is shut: 5 problems in 5 scenarios\n"
        );
    }
}
