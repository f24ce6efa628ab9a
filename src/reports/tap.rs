//! `report.tap`: TAP 14, for harnesses that read lines.
//!
//! One test point for each scenario; what went wrong is in a YAML block, all of whose values are double-quoted and hence
//! the same in JSON and YAML. A run that did not finish bails out. Deliberately not here: subtests; steps are not tests.

use std::io::{self, Write};

use crate::record::{ScenarioRecord, Verdict};

use super::problems::{ReportedProblem, details, problems};
use super::{Reading, RenderError, Renderer};
use crate::base::text::{one_line, shortened, visible};

/// The TAP report.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "tap", file: "report.tap", purpose: "test results as TAP 14, line by line", write };

/// The longest value, in characters.
const VALUE: usize = 4_000;
/// The most problems that one test point lists.
const PROBLEMS: usize = 50;

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let outcome = reading.run.outcome();
    let ended = reading.run.entries().len();
    writeln!(out, "TAP version 14")?;
    if ended > 0 {
        let planned = if outcome.finished() { ended } else { outcome.planned.max(ended) };
        writeln!(out, "1..{planned}")?;
    }
    for what in outcome.planted().iter().chain(&outcome.uncovered) {
        writeln!(out, "# {}", escaped(what))?;
    }
    for (index, record) in reading.records.enumerate() {
        point(out, index + 1, &*record?)?;
    }
    let why = outcome.shortfall().or_else(|| (ended == 0).then(|| "No scenario ran".to_owned()));
    if let Some(why) = why {
        writeln!(out, "Bail out! {}", escaped(&why))?;
    }
    Ok(())
}

fn point(out: &mut dyn Write, number: usize, record: &ScenarioRecord) -> io::Result<()> {
    let held = matches!(record.verdict, Verdict::Passed | Verdict::Skipped);
    let word = if held { "ok" } else { "not ok" };
    write!(out, "{word} {number} - {}", escaped(&record.name))?;
    if record.verdict == Verdict::Skipped {
        write!(out, " # SKIP {}", escaped(record.reason.as_deref().unwrap_or("no reason was recorded")))?;
    }
    writeln!(out)?;
    let problems = problems(record);
    if problems.is_empty() { Ok(()) } else { diagnosis(out, record, &problems) }
}

fn diagnosis(out: &mut dyn Write, record: &ScenarioRecord, problems: &[ReportedProblem<'_>]) -> io::Result<()> {
    writeln!(out, "  ---")?;
    row(out, "  ", "verdict", record.verdict.as_str())?;
    row(out, "  ", "title", &record.title)?;
    if !record.earlier.is_empty() {
        writeln!(out, "  attempts: {}", record.earlier.len() + 1)?;
    }
    writeln!(out, "  problems:")?;
    problems.iter().take(PROBLEMS).try_for_each(|problem| item(out, problem))?;
    if problems.len() > PROBLEMS {
        writeln!(out, "  left_out: {}", problems.len() - PROBLEMS)?;
    }
    writeln!(out, "  ...")
}

fn item(out: &mut dyn Write, problem: &ReportedProblem<'_>) -> io::Result<()> {
    row(out, "    - ", "check", problem.rule)?;
    row(out, "      ", "level", problem.level.as_str())?;
    row(out, "      ", "message", &problem.message)?;
    row(out, "      ", "at", &format!("{}:{}:{}", problem.file, problem.line, problem.column))?;
    if let Some(trace) = problem.trace {
        row(out, "      ", "trace", trace)?;
    }
    let Some(finding) = problem.finding else { return Ok(()) };
    details(finding).try_for_each(|(key, value)| row(out, "      ", key, value))
}

fn row(out: &mut dyn Write, indent: &str, key: &str, value: &str) -> io::Result<()> {
    let value = visible(value);
    let value = serde_json::to_string(&shortened(&value, VALUE))?;
    writeln!(out, "{indent}{key}: {value}")
}

/// A text in a line of TAP: `#` would begin a directive.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r20_a_name_is_neither_a_directive_nor_another_line() {
        assert_eq!(escaped("a # SKIP\nnot ok 1 \\# TODO"), "a \\# SKIP not ok 1 \\\\\\# TODO");
    }
}
