//! `[run]`: how a run goes on where neither the environment nor the command line says otherwise.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::table::TomlTable;
use crate::base::source::Diagnostic;

/// How a run goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunConfig {
    /// How many scenarios run at a time.
    pub jobs: Option<NonZeroUsize>,
    /// Requests per second, at the most; a target may say otherwise.
    pub rate: Option<f64>,
    /// How often a scenario that does not pass is run again.
    pub retries: Option<usize>,
    /// Whether scenarios that passed only when they were run again fail the run.
    pub fail_flaky: Option<bool>,
    /// How long the whole run may take.
    pub deadline: Option<Duration>,
}

/// Reads the table, and reports whatever is wrong with it.
pub(super) fn decode(root: &TomlTable<'_>) -> RunConfig {
    let Some(table) = root.table("run") else { return RunConfig::default() };
    let run = RunConfig {
        jobs: table.count("jobs", 1.0..=1024.0).and_then(NonZeroUsize::new),
        rate: table.number("rate", 0.01..=1000.0).map(|rate| rate.value),
        retries: table.count("retries", 0.0..=10.0),
        fail_flaky: fail_flaky(&table),
        deadline: deadline(&table),
    };
    table.end();
    run
}

fn fail_flaky(table: &TomlTable<'_>) -> Option<bool> {
    let policy = table.text("flaky")?;
    match policy.value.as_str() {
        "warn" => Some(false),
        "fail" => Some(true),
        other => {
            let problem =
                Diagnostic::at(&policy.span, format!("`{other}` is nothing that flaky scenarios can come to"));
            table.report(problem.help("it is \"warn\" or \"fail\""));
            None
        }
    }
}

fn deadline(table: &TomlTable<'_>) -> Option<Duration> {
    let text = table.text("deadline")?;
    let time = time(&text);
    if time.is_none() {
        let problem = Diagnostic::at(&text.span, format!("`{}` is no time", text.value));
        table.report(problem.help("a number with a unit: \"90s\", \"10m\", \"1h\""));
    }
    time
}

fn time(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(seconds).filter(|seconds| (1..=86_400).contains(seconds)).map(Duration::from_secs)
}
