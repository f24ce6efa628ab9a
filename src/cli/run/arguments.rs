//! The arguments of `flowproof run`.
//!
//! Deliberately not here: whether the arguments go together (`options`), and which scenarios they choose (`selection`).

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, FromArgMatches};
use url::Url;

use crate::cli::context::fault_parser;
use crate::cli::contract::ContractArgs;
use crate::cli::formats::{ElsewhereArgs, FormatArgs};
use crate::cli::left_out::LeftOutArgs;
use crate::cli::levels::LevelArgs;
use crate::cli::progress::Verbosity;
use crate::cli::server::ServerArgs;
use crate::record::ShardRecord;
use crate::run::Flaky;
use crate::run::shard::{self, ShardError};
use crate::tenant::Fault;

/// Where the suite is unless the command line says otherwise.
pub(in crate::cli) const CASES: &str = "cases";

/// The name of the stand-in inside this process.
pub(in crate::cli) const EMBEDDED: &str = "embedded";

#[derive(Debug, Args)]
pub(in crate::cli) struct RunArgs {
    /// Scenario files, folders of them, or names of scenarios
    #[arg(value_name = "PATH", default_value = CASES)]
    pub(super) paths: Vec<PathBuf>,
    /// `embedded`, a target of flowproof.toml by its name, or a URL: of a stand-in tenant on this machine, or with a contract of
    /// your own, of its server [default: `embedded`, or the contract's server; of `rerun`, the target of that run]
    #[arg(long, value_name = "TARGET", env = "FLOWPROOF_TARGET")]
    pub(in crate::cli) target: Option<String>,
    /// The control channel of that stand-in, if it is not at the target's own URL
    #[arg(long, value_name = "URL")]
    pub(super) control: Option<Url>,
    /// Do not verify TLS; the target must also set `insecure = true`, and must not be in production
    #[arg(long, env = "FLOWPROOF_INSECURE")]
    pub(super) insecure: bool,
    /// Allow scenarios that lock or delete in production; the target must also set `allow-destructive = true`
    #[arg(long, env = "FLOWPROOF_ALLOW_DESTRUCTIVE")]
    pub(super) allow_destructive: bool,
    /// Break the embedded stand-in in this way, to see which check notices it; repeat it for several
    #[arg(long, value_name = "FAULT", value_parser = fault_parser())]
    pub(in crate::cli) fault: Vec<Fault>,
    /// Number of scenarios to run at the same time
    #[arg(short, long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Only run scenarios with this tag; repeat it to allow several
    #[arg(short, long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    /// Only run scenarios whose name contains this
    #[arg(short, long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
    #[command(flatten)]
    pub(super) left_out: LeftOutArgs,
    /// List the names of the scenarios that would run, without running them
    #[arg(short, long)]
    pub(super) list: bool,
    /// Stop at the first scenario that does not pass; the rest are skipped
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Stop the whole run after this time, such as `90s` or `10m`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) deadline: Option<Duration>,
    /// Maximum number of requests per second, over all scenarios
    #[arg(long, value_name = "N", value_parser = rate, env = "FLOWPROOF_RATE")]
    pub(super) rate: Option<f64>,
    /// Rerun a scenario that does not pass, up to this many times; one that passes then is flaky
    #[arg(long, value_name = "N")]
    pub(super) retries: Option<usize>,
    /// What to do about flaky scenarios
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(super) flaky: Option<Flaky>,
    /// Run part K of N of the suite; `auto/N` takes K from the index of a Kubernetes Indexed Job
    #[arg(long, value_name = "K/N", env = "FLOWPROOF_SHARD", value_parser = shard_of)]
    pub(super) shard: Option<ShardRecord>,
    /// The id of the whole run, which the parts of a split run share [default: that of the CI system's pipeline]
    #[arg(long, value_name = "ID", env = "FLOWPROOF_RUN_ID")]
    pub(super) run_id: Option<String>,
    /// Do not say in requests which trace they belong to (W3C `traceparent`)
    #[arg(long)]
    pub(super) no_traceparent: bool,
    /// Where to write the journal and the reports
    #[arg(short, long, value_name = "DIR", default_value = "reports/latest")]
    pub(super) report: PathBuf,
    /// The seed of all generated values, to make a run repeatable
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    #[command(flatten)]
    pub(in crate::cli) levels: LevelArgs,
    #[command(flatten)]
    pub(super) formats: FormatArgs,
    #[command(flatten)]
    pub(super) elsewhere: ElsewhereArgs,
    #[command(flatten)]
    pub(super) contract: ContractArgs,
    #[command(flatten)]
    pub(super) server: ServerArgs,
    /// Only show what the run came to, and what broke by its cause
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Show the verdict of every scenario, and every warning
    #[arg(short, long)]
    verbose: bool,
    /// Only scenarios with these names; set by `flowproof rerun`.
    #[arg(skip)]
    pub(in crate::cli) only: Option<BTreeSet<String>>,
}

fn shard_of(text: &str) -> Result<ShardRecord, ShardError> {
    shard::parse(text, |name| std::env::var(name).ok())
}

pub(in crate::cli) fn rate(text: &str) -> Result<f64, &'static str> {
    let rate = text.parse().ok().filter(|rate: &f64| (0.001..=1_000_000.0).contains(rate));
    rate.ok_or("a rate is a number of requests per second, such as 10 or 0.5")
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    crate::base::duration::parse(text).ok_or("a time is a number with a unit: 500ms, 90s, 10m, 1h")
}

impl RunArgs {
    /// The arguments that these words are, with what is said of the server.
    ///
    /// # Panics
    /// Never: the words are our own.
    pub(in crate::cli) fn of(words: &[String], server: ServerArgs) -> Self {
        let command = Self::augment_args(clap::Command::new("run").no_binary_name(true));
        let matches = command.try_get_matches_from(words).expect("our own words");
        Self { server, ..Self::from_arg_matches(&matches).expect("our own words") }
    }

    /// Whether scenarios were asked for by their paths, or there are some in the usual place.
    pub(super) fn has_cases(&self) -> bool {
        self.paths != [PathBuf::from(CASES)] || self.paths.iter().any(|path| path.exists())
    }

    /// The target, by its name or URL.
    pub(super) fn target(&self) -> &str {
        self.target.as_deref().unwrap_or(EMBEDDED)
    }

    /// How the scenarios are chosen from the suite, for the journal.
    pub(super) fn chosen_by(&self) -> Vec<String> {
        let tags = self.tag.iter().map(|tag| format!("--tag {tag}"));
        let filter = self.filter.iter().map(|text| format!("--filter {text}"));
        let again = self.only.iter().map(|_| "rerun --failed".to_owned());
        tags.chain(filter).chain(self.left_out.options()).chain(again).collect()
    }

    /// Why the run is not of the whole suite, so that what it leaves out says nothing.
    pub(super) fn partial(&self) -> Option<&'static str> {
        match () {
            () if self.paths != [PathBuf::from(CASES)] => Some("only some scenarios were asked for, by their path"),
            () if !self.tag.is_empty() => Some("only some scenarios were asked for, by their tag"),
            () if self.filter.is_some() => Some("only some scenarios were asked for, by their name"),
            () if !self.left_out.not_tag.is_empty() => Some("some scenarios were left out, by their tag"),
            () if !self.left_out.exclude.is_empty() => Some("some scenarios were left out, by their name"),
            () if self.only.is_some() => Some("only scenarios that had not passed were run"),
            () if self.fail_fast => Some("the run was to stop at the first scenario that does not pass"),
            () if self.deadline.is_some() => Some("the run had a deadline"),
            () if self.shard.is_some() => Some("the run was one part of the suite"),
            () if !self.fault.is_empty() => Some("the stand-in was broken on purpose"),
            () => None,
        }
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}
