//! `[run]`: how a run goes on where neither the environment nor the command line says otherwise.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::table::Table;
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
pub(super) fn decode(root: &Table<'_>) -> RunConfig {
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

fn fail_flaky(table: &Table<'_>) -> Option<bool> {
    let policy = table.text("flaky")?;
    match policy.value.as_str() {
        "warn" => Some(false),
        "fail" => Some(true),
        other => {
            let problem =
                Diagnostic::at(&policy.span, format!("`{other}` is nothing that flaky scenarios can come to"));
            table.complain(problem.help("it is \"warn\" or \"fail\""));
            None
        }
    }
}

fn deadline(table: &Table<'_>) -> Option<Duration> {
    let text = table.text("deadline")?;
    let time = time(&text);
    if time.is_none() {
        let problem = Diagnostic::at(&text.span, format!("`{}` is no time", text.value));
        table.complain(problem.help("a number with a unit: \"90s\", \"10m\", \"1h\""));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(text: &str) -> Result<RunConfig, String> {
        let read = Config::parse("flowproof.toml".into(), format!("[run]\n{text}"), &[]);
        let read = read.map_err(|problems| problems.iter().map(|problem| problem.render(false)).collect::<String>());
        read.map(|config| config.run())
    }

    #[test]
    fn how_a_run_goes_on_is_read() {
        let text = "jobs = 4\nrate = 2.5\nretries = 2\nflaky = \"fail\"\ndeadline = \"10m\"\n";
        let wanted = RunConfig {
            jobs: NonZeroUsize::new(4),
            rate: Some(2.5),
            retries: Some(2),
            fail_flaky: Some(true),
            deadline: Some(Duration::from_secs(600)),
        };
        assert_eq!(read(text), Ok(wanted));
        assert_eq!(read(""), Ok(RunConfig::default()));
    }

    #[test]
    fn c06_what_is_out_of_range_or_unknown_is_refused_at_its_place() {
        for (text, said) in [
            ("jobs = 0", "run.jobs"),
            ("retries = 1.5", "whole number"),
            ("rate = 0", "run.rate"),
            ("flaky = \"ignore\"", "`ignore`"),
            ("deadline = \"soon\"", "`soon` is no time"),
            ("retry = 1", "did you mean `retries`?"),
        ] {
            let problems = read(text).expect_err(text);
            assert!(problems.contains("flowproof.toml:2:") && problems.contains(said), "{problems}");
        }
    }
}
