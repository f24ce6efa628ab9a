//! `[run]`: how a run goes on where neither the environment nor the command line says otherwise.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::table::TomlTable;
use crate::base::duration;

/// The shortest and the longest deadline of a run.
const DEADLINES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);

/// How a run goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunConfig {
    /// How many scenarios run at a time.
    pub jobs: Option<NonZeroUsize>,
    /// Requests per second, at the most; a target may say otherwise.
    pub rate: Option<f64>,
    /// Whether requests say which trace they belong to.
    pub traceparent: Option<bool>,
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
        traceparent: table.flag("traceparent").map(|flag| flag.value),
        retries: table.count("retries", 0.0..=10.0),
        fail_flaky: table.parsed("flaky", "policy for flaky scenarios", "it is \"warn\" or \"fail\"", |policy| {
            match policy {
                "warn" => Some(false),
                "fail" => Some(true),
                _ => None,
            }
        }),
        deadline: table.parsed("deadline", "time", "a number with a unit: \"90s\", \"10m\", \"1h\"", |text| {
            duration::parse(text).filter(|time| DEADLINES.contains(time))
        }),
    };
    table.end();
    run
}
