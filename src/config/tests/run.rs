//! The table `run`.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::super::{Config, RunConfig};

fn read(text: &str) -> Result<RunConfig, String> {
    let read = Config::parse("flowproof.toml".into(), format!("[run]\n{text}"), &[]);
    let read = read.map_err(|problems| problems.iter().map(|problem| problem.render(false)).collect::<String>());
    read.map(|config| config.run)
}

#[test]
fn how_a_run_goes_on_is_read() {
    let text = "jobs = 4\nrate = 2.5\nretries = 2\nflaky = \"fail\"\ndeadline = \"10m\"\ntraceparent = false\n";
    let wanted = RunConfig {
        jobs: NonZeroUsize::new(4),
        rate: Some(2.5),
        traceparent: Some(false),
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
        ("deadline = \"soon\"", "`soon` is not a valid time"),
        ("traceparent = 1", "run.traceparent"),
        ("retry = 1", "did you mean `retries`?"),
    ] {
        let problems = read(text).expect_err(text);
        assert!(problems.contains("flowproof.toml:2:") && problems.contains(said), "{problems}");
    }
}
