//! `flowproof run`: what the arguments choose, and what a run's end comes to.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use libtest_mimic::Arguments;
use url::Url;

use super::context::{Context, fault_names, no_target};
use super::coverage;
use super::formats::FormatArgs;
use super::levels::LevelArgs;
use crate::base::loopback::is_loopback;
use crate::cli::progress::{Progress, Verbosity};
use crate::config::{Config, TargetConfig};
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::record::ShardRecord;
use crate::reports::write::begin_log;
use crate::run::{self, Flaky, Options, Prepared, TargetChoice, TenantChoice, shard};
use crate::scenario::model::Scenario;
use crate::tenant::Fault;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", default_value = "cases")]
    pub(super) paths: Vec<PathBuf>,
    /// `embedded`, a target of flowproof.toml by its name, or the URL of a stand-in tenant on this machine
    #[arg(long, value_name = "TARGET", default_value = "embedded", env = "FLOWPROOF_TARGET")]
    target: String,
    /// The control channel of that stand-in, where it is not at the target's own URL
    #[arg(long, value_name = "URL")]
    control: Option<Url>,
    /// Do not verify TLS; the target must say `insecure = true`, too, and must not be in production
    #[arg(long, env = "FLOWPROOF_INSECURE")]
    insecure: bool,
    /// Let scenarios lock and delete in production; the target must say `allow-destructive = true`, too
    #[arg(long, env = "FLOWPROOF_ALLOW_DESTRUCTIVE")]
    allow_destructive: bool,
    /// Break the embedded stand-in in this way, to see which check catches it
    #[arg(long, value_name = "FAULT", value_parser = clap::builder::PossibleValuesParser::new(fault_names()))]
    pub(super) fault: Vec<String>,
    /// How many scenarios run at a time
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Only scenarios with this tag; repeat for any of several
    #[arg(short, long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    /// Only scenarios whose name contains this
    #[arg(short, long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
    /// List the names of the scenarios instead of running them
    #[arg(short, long)]
    list: bool,
    /// Stop at the first scenario that does not pass; the rest are skipped
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Stop the whole run after this time, such as `90s` or `10m`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) deadline: Option<Duration>,
    /// The most requests per second, over all scenarios that run at a time
    #[arg(long, value_name = "N", value_parser = rate, env = "FLOWPROOF_RATE")]
    rate: Option<f64>,
    /// Run a scenario that does not pass again, up to so many times; one that passes then is flaky
    #[arg(long, value_name = "N")]
    retries: Option<usize>,
    /// What flaky scenarios come to
    #[arg(long, value_enum, value_name = "POLICY")]
    flaky: Option<FlakyPolicy>,
    /// Run part K of N of the suite; `auto/N` takes K from the index of a Kubernetes Indexed Job
    #[arg(long, value_name = "K/N", env = "FLOWPROOF_SHARD", value_parser = shard_of)]
    pub(super) shard: Option<ShardRecord>,
    /// Where journal and reports are written
    #[arg(short, long, value_name = "DIR", default_value = "reports/latest")]
    pub(super) report: PathBuf,
    /// The seed of everything made up, for a run that can be repeated
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    levels: LevelArgs,
    #[command(flatten)]
    formats: FormatArgs,
    /// Say only what did not pass
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say what every scenario came to, and every warning
    #[arg(short, long)]
    verbose: bool,
    /// Only scenarios with these names; set by `flowproof rerun`.
    #[arg(skip)]
    pub(super) only: Option<BTreeSet<String>>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FlakyPolicy {
    /// Show them
    Warn,
    /// Fail the run
    Fail,
}

fn shard_of(text: &str) -> Result<ShardRecord, String> {
    shard::parse(text, |name| std::env::var(name).ok())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| (0.001..=1_000_000.0).contains(rate));
    rate.ok_or_else(|| "a rate is a number of requests per second, such as 10 or 0.5".into())
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::base::duration::parse(text).ok_or_else(|| "a time is a number with a unit: 500ms, 90s, 10m, 1h".into())
}

/// Runs what was chosen.
pub(super) fn run(arguments: &RunArgs, context: &Context) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => Arc::new(contract),
        Err(error) => return context.unusable(&error.to_string()),
    };
    // The process ends with the run; taking the contract apart before that would take as long as a scenario.
    std::mem::forget(Arc::clone(&contract));
    // Before the scenarios: whoever mistypes a target should not have to mend those first.
    if let Err(problem) = arguments.target_choice(&context.config) {
        return context.unusable(&problem);
    }
    // What another target supplies is known only when it is asked.
    let facts = (arguments.target == "embedded").then(run::stand_in_facts).and_then(Result::ok);
    let suite = match run::load_for(&arguments.paths, &contract, facts.as_ref()) {
        Ok(suite) => suite,
        Err(problems) => return context.refuse(&problems, "the scenarios"),
    };
    // Worked out only where coverage will be judged: it takes longer than a scenario does.
    let misplaced =
        if arguments.partial().is_none() { coverage::misplaced(&context.config, &contract) } else { Vec::new() };
    if !misplaced.is_empty() {
        return context.refuse(&misplaced, "the configuration");
    }
    let (all, digest) = (suite.scenarios.len(), suite.digest());
    let chosen: Vec<Scenario> = suite.scenarios.into_iter().filter(|scenario| arguments.chooses(scenario)).collect();
    if chosen.is_empty() {
        context.eprint(&format!("error: nothing to run: none of {all} scenarios is chosen; see them with --list\n"));
        return ExitCode::NothingChecked;
    }
    if let Some(gone) =
        arguments.only.as_ref().and_then(|names| names.len().checked_sub(chosen.len())).filter(|n| *n > 0)
    {
        context.eprint(&format!("note: {gone} of them are not in these scenarios, or not chosen\n"));
    }
    let of_all = chosen.len();
    let chosen: Vec<Scenario> = chosen.into_iter().filter(|scenario| arguments.holds(scenario)).collect();
    if let Some(shard) = arguments.shard.filter(|_| chosen.is_empty()) {
        context.eprint(&format!("note: none of {of_all} scenarios belongs to part {} of {}\n", shard.index, shard.of));
    }
    if arguments.list {
        context.print(&chosen.iter().map(|scenario| format!("{}\n", scenario.name)).collect::<String>());
        return ExitCode::Held;
    }
    match arguments.options(context) {
        Ok(options) => {
            let options = Options { suite: digest, ..options };
            let after = |finished: ExitCode| coverage::after_run(arguments, context, &contract, finished);
            run_chosen(arguments, context, Arc::clone(&contract), chosen, options, &after)
        }
        Err(problem) => context.unusable(&problem),
    }
}

fn run_chosen(
    arguments: &RunArgs,
    context: &Context,
    contract: Arc<Contract>,
    chosen: Vec<Scenario>,
    options: Options,
    judge_coverage: &dyn Fn(ExitCode) -> (ExitCode, Option<&'static str>),
) -> ExitCode {
    let watched = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
    let progress = Progress::new(chosen.len(), arguments.verbosity(), context, watched);
    let libtest = arguments.libtest(&context.config, chosen.len());
    let prepared = Prepared::new(contract, chosen, options, Box::new(progress));
    let begun = prepared.start().and_then(|()| begin_log(&arguments.log()).map_err(|error| error.to_string()));
    if let Err(problem) = begun {
        return context.unusable(&problem);
    }
    if let Err(error) = prepared.heed_signals() {
        return context.unusable(&format!("signals cannot be heeded: {error}"));
    }
    for name in context.printer.register().short() {
        context.eprint(&format!(
            "warning: the secret `{name}` is so short that it is hidden only where it stands alone\n"
        ));
    }
    match prepared.run(&libtest) {
        Ok(finished) => {
            if let Some(error) = &finished.not_written {
                context.eprint(&format!("error: {error}\n"));
            }
            let (covered, unjudged) = judge_coverage(finished.exit);
            let exit = finished.exit.or_worse(covered);
            context.summarise(&finished.journal, &finished.written, Some(exit));
            if let Some(why) = unjudged {
                context.print(&format!("  coverage   not judged: {why}\n"));
            }
            exit.or_worse(arguments.formats.tell_of(&finished.journal, context))
        }
        Err(problem) => {
            context.eprint(&format!("error: {problem}\n"));
            ExitCode::ReportNotWritten
        }
    }
}

impl RunArgs {
    fn chooses(&self, scenario: &Scenario) -> bool {
        let tagged = self.tag.is_empty() || scenario.tags.iter().any(|tag| self.tag.contains(&tag.value));
        let named = self.only.as_ref().is_none_or(|names| names.contains(&scenario.name));
        tagged && named && self.filter.as_ref().is_none_or(|text| scenario.name.contains(text))
    }

    fn holds(&self, scenario: &Scenario) -> bool {
        self.shard.is_none_or(|shard| shard::holds(shard, &scenario.name))
    }

    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    fn options(&self, context: &Context) -> Result<Options, String> {
        let config = &context.config;
        let usual = config.run();
        let fail_flaky = self.flaky.map_or(usual.fail_flaky, |policy| Some(matches!(policy, FlakyPolicy::Fail)));
        let deadline = self.deadline.or(usual.deadline);
        Ok(Options {
            target: self.target_choice(config)?,
            levels: self.levels.levels(config),
            seed: self.seed,
            deadline: deadline.map(|limit| Instant::now() + limit),
            time: deadline,
            jobs: Some(self.jobs(config).get()),
            fail_fast: self.fail_fast,
            rate: self.rate.or_else(|| config.targets().get(&self.target)?.rate).or(usual.rate),
            retries: self.retries.or(usual.retries).unwrap_or_default(),
            flaky: if fail_flaky == Some(true) { Flaky::Fail } else { Flaky::Warn },
            shard: self.shard,
            formats: self.formats.chosen(),
            transport: config.limits().into(),
            register: context.printer.register().clone(),
            ..Options::new(&self.report)
        })
    }

    fn target_choice(&self, config: &Config) -> Result<TargetChoice, String> {
        let faults: Vec<Fault> = self.fault.iter().filter_map(|name| name.parse().ok()).collect();
        if let Some(target) = config.targets().get(&self.target) {
            return self.real_tenant(target, &faults);
        }
        if self.insecure || self.allow_destructive {
            return Err("--insecure and --allow-destructive are about targets of flowproof.toml".into());
        }
        if self.target == "embedded" {
            return match (&self.control, faults.is_empty()) {
                (Some(_), _) => Err("--control goes with --target URL; the embedded stand-in has its own".into()),
                (None, true) => Ok(TargetChoice::Embedded),
                (None, false) => Ok(TargetChoice::Broken(faults)),
            };
        }
        if !faults.is_empty() {
            return Err("--fault breaks the embedded stand-in; start `flowproof tenant --fault …` for another".into());
        }
        let base_url = loopback(&self.target).map_err(|problem| self.unknown(config, problem))?;
        let control = self.control.clone().unwrap_or_else(|| base_url.clone());
        loopback(control.as_str())?;
        Ok(TargetChoice::StandIn { base_url, control })
    }

    fn log(&self) -> PathBuf {
        self.report.join("libtest.log")
    }

    fn real_tenant(&self, target: &TargetConfig, faults: &[Fault]) -> Result<TargetChoice, String> {
        if self.control.is_some() || !faults.is_empty() {
            return Err("--control and --fault are about stand-ins; a real tenant has neither".into());
        }
        Ok(TargetChoice::Tenant(Box::new(TenantChoice {
            config: target.clone(),
            insecure: self.insecure,
            allow_destructive: self.allow_destructive,
        })))
    }

    /// What is wrong with a target that is neither a URL nor known by name.
    fn unknown(&self, config: &Config, problem: String) -> String {
        if self.target.contains("://") {
            return problem;
        }
        no_target(&self.target, config)
    }

    /// How many scenarios run at a time.
    fn jobs(&self, config: &Config) -> NonZeroUsize {
        let default = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.or(config.run().jobs).unwrap_or_else(default)
    }

    /// The runner's own log goes beside the reports: what people see is ours.
    fn libtest(&self, config: &Config, scenarios: usize) -> Arguments {
        Arguments {
            test_threads: Some(self.jobs(config).get().min(scenarios.max(1))),
            logfile: Some(self.log().display().to_string()),
            ..Arguments::default()
        }
    }
}

/// A stand-in is a plain HTTP server, and has no business anywhere but on this machine.
fn loopback(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is neither `embedded` nor a URL: {error}"))?;
    if !is_loopback(&url) {
        return Err(format!(
            "`{}` is not on this machine, as a stand-in tenant is; describe a real one in flowproof.toml and name it here",
            url.origin().ascii_serialization()
        ));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("a target's URL has no user, password or query".into());
    }
    Ok(url)
}
