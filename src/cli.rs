//! The command line: arguments become domain values here, and only here.

mod coverage;
mod register;

use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use libtest_mimic::Arguments;
use url::{Host, Url};

use crate::checks::{CHECKS, Levels};
use crate::config::Config;
use crate::contract::Contract;
use crate::coverage::DIMENSIONS;
use crate::engine::recorder::JOURNAL;
use crate::harness::{self, Options, Prepared, TargetChoice};
use crate::progress::{Progress, Verbosity, say};
use crate::record::journal::Journal;
use crate::record::{ExitCode, Level};
use crate::reports::console::{self, Palette};
use crate::reports::{Outcome, RENDERERS};
use crate::scenario::lint::report;
use crate::scenario::model::Scenario;
use crate::scenario::{Known, examine};
use crate::source::Diagnostic;
use crate::tenant::{self, Fault, Tenant};

const LONG_ABOUT: &str = "\
Flowproof proves that a PingOne tenant keeps its HTTP contract.

It runs scenarios written in YAML, calls every operation through a client generated from the contract, judges each \
answer against schemas, media types and lifecycles, and writes an HTML, a JUnit and a JSON report.";

const EXAMPLES: &str = "\
Examples:
  flowproof run                              the whole suite in cases/ against the embedded stand-in tenant
  flowproof run cases/mfa --tag smoke        one folder, only what is tagged `smoke`
  flowproof run --filter otp --list          the names of what would run
  flowproof run -D undocumented-property     a property nobody documented fails the run
  flowproof tenant --port 8080               the stand-in tenant by itself
  flowproof coverage --missing               what of the contract the last run did not touch
  flowproof lint                             what is wrong with the scenarios; nothing is sent
  flowproof report reports/latest            write the reports of an earlier run again

Exit codes:
  0 all held   1 contract violated   2 unusable input, nothing sent   3 could not tell
  4 nothing ran or was checked   5 a report could not be written   70 internal error";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "flowproof", version, about = "Proves that a PingOne tenant keeps its HTTP contract", long_about = LONG_ABOUT, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The configuration; `flowproof.toml` in this folder unless said otherwise
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// When to use colours; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenarios, judge every answer, write the reports
    #[command(after_help = EXAMPLES)]
    Run(Box<RunArgs>),
    /// Run the stand-in tenant by itself, until it is interrupted
    Tenant(TenantArgs),
    /// Write the reports of a run again, from its journal
    Report(ReportArgs),
    /// Say how much of the contract a run has touched, and what is missing
    Coverage(coverage::CoverageArgs),
    /// Say what is wrong with scenarios, without sending anything
    Lint(LintArgs),
    /// Print every requirement with what proves it and its last verdict
    Requirements(register::RequirementsArgs),
    /// Say what a check, requirement, operation or state stands for
    Explain(register::ExplainArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
    /// `embedded`, or the URL of a stand-in tenant that runs on this machine
    #[arg(long, value_name = "TARGET", default_value = "embedded", env = "FLOWPROOF_TARGET")]
    target: String,
    /// The control channel of that stand-in, where it is not at the target's own URL
    #[arg(long, value_name = "URL")]
    control: Option<Url>,
    /// Break the embedded stand-in in this way, to see which check catches it
    #[arg(long, value_name = "FAULT", value_parser = clap::builder::PossibleValuesParser::new(fault_names()))]
    fault: Vec<String>,
    /// How many scenarios run at a time
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Only scenarios with this tag; repeat for any of several
    #[arg(short, long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only scenarios whose name contains this
    #[arg(short, long, value_name = "TEXT")]
    filter: Option<String>,
    /// List the names of the scenarios instead of running them
    #[arg(short, long)]
    list: bool,
    /// Stop at the first scenario that does not pass; the rest are skipped
    #[arg(long)]
    fail_fast: bool,
    /// Stop the whole run after this time, such as `90s` or `10m`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    deadline: Option<Duration>,
    /// Where journal and reports are written
    #[arg(short, long, value_name = "DIR", default_value = "reports/latest")]
    report: PathBuf,
    /// The seed of everything made up, for a run that can be repeated
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Do not report what this check finds; `all` for every check
    #[arg(short = 'A', long, value_name = "CHECK", value_parser = checks())]
    allow: Vec<String>,
    /// Show what this check finds, without failing
    #[arg(short = 'W', long, value_name = "CHECK", value_parser = checks())]
    warn: Vec<String>,
    /// Fail on what this check finds
    #[arg(short = 'D', long, value_name = "CHECK", value_parser = checks())]
    deny: Vec<String>,
    /// Fail on whatever any check finds
    #[arg(long)]
    strict: bool,
    /// Say only what did not pass
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say what every scenario came to, and every warning
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Debug, Args)]
struct TenantArgs {
    /// The port on 127.0.0.1; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Break it in this way
    #[arg(long, value_name = "FAULT", value_parser = clap::builder::PossibleValuesParser::new(fault_names()))]
    fault: Vec<String>,
    /// The seed of ids and passcodes
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

#[derive(Debug, Args)]
struct ReportArgs {
    /// A journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    /// Where the reports are written; the journal's own folder unless said otherwise
    #[arg(short, long, value_name = "DIR")]
    report: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct LintArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
    /// How problems are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LintFormat::Text)]
    format: LintFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LintFormat {
    /// Lines with carets below them
    Text,
    /// An array of objects
    Json,
    /// GitHub's workflow commands
    Github,
    /// SARIF 2.1.0
    Sarif,
}

impl From<LintFormat> for report::Format {
    fn from(format: LintFormat) -> Self {
        match format {
            LintFormat::Text => Self::Text,
            LintFormat::Json => Self::Json,
            LintFormat::Github => Self::Github,
            LintFormat::Sarif => Self::Sarif,
        }
    }
}

fn fault_names() -> Vec<&'static str> {
    Fault::ALL.iter().map(|fault| fault.name()).collect()
}

fn checks() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(CHECKS.iter().map(|check| check.id).chain(["all"]))
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::scenario::decode::duration(text).ok_or_else(|| "a time is a number with a unit: 500ms, 90s, 10m, 1h".into())
}

impl Cli {
    /// Carries out the command and says how it ended.
    pub fn carry_out(self) -> ExitCode {
        let palette = self.palette();
        let config = match Config::load(self.config.as_deref(), DIMENSIONS) {
            Ok(config) => config,
            Err(problems) => return refuse(&problems, "the configuration"),
        };
        match self.command {
            Command::Run(arguments) => run(&arguments, &config, palette),
            Command::Tenant(arguments) => stand_in(&arguments),
            Command::Report(arguments) => report(&arguments, palette),
            Command::Coverage(arguments) => coverage::carry_out(&arguments, &config),
            Command::Lint(arguments) => lint(&arguments),
            Command::Requirements(arguments) => register::requirements(&arguments, palette),
            Command::Explain(arguments) => register::explain(&arguments, palette),
            Command::Completions { shell } => {
                clap_complete::generate(
                    shell,
                    &mut register::with_ids(Self::command()),
                    "flowproof",
                    &mut std::io::stdout(),
                );
                ExitCode::Held
            }
        }
    }

    /// Colours only where a person watches, or where they were asked for.
    fn palette(&self) -> Palette {
        let choice = match self.color {
            Colour::Auto => anstream::AutoStream::choice(&std::io::stdout()),
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        if choice == anstream::ColorChoice::Never { Palette::plain() } else { Palette::coloured() }
    }
}

/// Something a person must mend before anything can run.
fn unusable(problem: &str) -> ExitCode {
    complain(&format!("error: {problem}\n"));
    ExitCode::Unusable
}

fn complain(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

fn refuse(problems: &[Diagnostic], place: &str) -> ExitCode {
    let colour = !matches!(anstream::AutoStream::choice(&std::io::stderr()), anstream::ColorChoice::Never);
    problems.iter().for_each(|problem| complain(&format!("{}\n", problem.render(colour))));
    let count = problems.len();
    unusable(&format!("{count} problem{} in {place}; nothing was sent", if count == 1 { "" } else { "s" }))
}

fn lint(arguments: &LintArgs) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => contract,
        Err(error) => return unusable(&error.to_string()),
    };
    let facts = match harness::stand_in_facts() {
        Ok(facts) => facts,
        Err(error) => return unusable(&error.to_string()),
    };
    let known = Known { contract: &contract, checks: &crate::checks::ids(), facts: Some(&facts) };
    let (suite, problems) = examine(&arguments.paths, &known);
    let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    say(&report::render(&problems, arguments.format.into(), colour));
    match (problems.iter().any(Diagnostic::is_error), suite.scenarios.is_empty()) {
        (true, _) => ExitCode::Unusable,
        (false, true) => unusable("no scenario was found"),
        (false, false) => ExitCode::Held,
    }
}

fn run(arguments: &RunArgs, config: &Config, palette: Palette) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => Arc::new(contract),
        Err(error) => return unusable(&error.to_string()),
    };
    // The process ends with the run; taking the contract apart before that would take as long as a scenario.
    std::mem::forget(Arc::clone(&contract));
    // What another target supplies is known only when it is asked.
    let facts = (arguments.target == "embedded").then(harness::stand_in_facts).and_then(Result::ok);
    let suite = match harness::load_for(&arguments.paths, &contract, facts.as_ref()) {
        Ok(suite) => suite,
        Err(problems) => return refuse(&problems, "the scenarios"),
    };
    // Worked out only where coverage will be judged: it takes longer than a scenario does.
    let misplaced = if arguments.partial().is_none() { coverage::misplaced(config, &contract) } else { Vec::new() };
    if !misplaced.is_empty() {
        return refuse(&misplaced, "the configuration");
    }
    let all = suite.scenarios.len();
    let chosen: Vec<Scenario> = suite.scenarios.into_iter().filter(|scenario| arguments.chooses(scenario)).collect();
    if chosen.is_empty() {
        complain(&format!("error: nothing to run: none of {all} scenarios is chosen; see them with --list\n"));
        return ExitCode::NothingChecked;
    }
    if arguments.list {
        say(&chosen.iter().map(|scenario| format!("{}\n", scenario.name)).collect::<String>());
        return ExitCode::Held;
    }
    match arguments.options(config) {
        Ok(options) => {
            let after = |finished: ExitCode| coverage::after_run(arguments, config, &contract, finished);
            run_chosen(arguments, Arc::clone(&contract), chosen, options, palette, &after)
        }
        Err(problem) => unusable(&problem),
    }
}

fn run_chosen(
    arguments: &RunArgs,
    contract: Arc<Contract>,
    chosen: Vec<Scenario>,
    options: Options,
    palette: Palette,
    judge_coverage: &dyn Fn(ExitCode) -> (ExitCode, Option<&'static str>),
) -> ExitCode {
    let watched = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
    let progress = Progress::new(chosen.len(), arguments.verbosity(), palette, watched);
    let libtest = arguments.libtest(chosen.len());
    let prepared = Prepared::new(contract, chosen, options, Box::new(progress));
    if let Err(problem) = prepared.start() {
        return unusable(&problem);
    }
    match prepared.run(&libtest) {
        Ok(finished) => {
            if let Some(error) = &finished.not_written {
                complain(&format!("error: {error}\n"));
            }
            let (covered, unjudged) = judge_coverage(finished.exit);
            let exit = finished.exit.or_worse(covered);
            summarise(&finished.journal, &finished.written, palette, Some(exit));
            if let Some(why) = unjudged {
                say(&format!("  coverage   not judged: {why}\n"));
            }
            exit
        }
        Err(problem) => {
            complain(&format!("error: {problem}\n"));
            ExitCode::ReportNotWritten
        }
    }
}

/// Says what a run came to; `exit` is the process's own code, where the run's journal does not know all of it.
fn summarise(journal: &Path, written: &[PathBuf], palette: Palette, exit: Option<ExitCode>) {
    let outcome = Journal::open(journal).and_then(|journal| Outcome::of(&journal));
    let outcome =
        outcome.map(|outcome| Outcome { exit_code: exit.map(ExitCode::code).or(outcome.exit_code), ..outcome });
    let files: Vec<PathBuf> = written.iter().cloned().chain([journal.to_owned()]).collect();
    match outcome {
        Ok(outcome) => say(&format!("\n{}", console::summary(&outcome, &files, &palette))),
        Err(error) => complain(&format!("error: {error}\n")),
    }
}

impl RunArgs {
    fn chooses(&self, scenario: &Scenario) -> bool {
        let tagged = self.tag.is_empty() || scenario.tags.iter().any(|tag| self.tag.contains(&tag.value));
        tagged && self.filter.as_ref().is_none_or(|text| scenario.name.contains(text))
    }

    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    fn options(&self, config: &Config) -> Result<Options, String> {
        Ok(Options {
            target: self.target_choice()?,
            levels: self.levels(config),
            seed: self.seed,
            deadline: self.deadline.map(|limit| Instant::now() + limit),
            fail_fast: self.fail_fast,
            ..Options::new(&self.report)
        })
    }

    /// Defaults, then the configuration, then `--strict`, then what is said of single checks, the strongest word last. A
    /// scenario's own word is nearer still.
    fn levels(&self, config: &Config) -> Levels {
        let mut levels = Levels::default();
        config.apply(&mut levels);
        if self.strict {
            levels = Levels::strict();
        }
        for (checks, level) in [(&self.allow, Level::Allow), (&self.warn, Level::Warn), (&self.deny, Level::Deny)] {
            for check in checks {
                let named = CHECKS.iter().filter(|known| check == "all" || known.id == check);
                named.for_each(|known| levels.set(known.id, level));
            }
        }
        levels
    }

    fn target_choice(&self) -> Result<TargetChoice, String> {
        let faults: Vec<Fault> = self.fault.iter().filter_map(|name| name.parse().ok()).collect();
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
        let base_url = loopback(&self.target)?;
        let control = self.control.clone().unwrap_or_else(|| base_url.clone());
        loopback(control.as_str())?;
        Ok(TargetChoice::StandIn { base_url, control })
    }

    /// The runner's own log goes beside the reports: what people see is ours.
    fn libtest(&self, scenarios: usize) -> Arguments {
        let default = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let jobs = self.jobs.unwrap_or(default).get().min(scenarios.max(1));
        Arguments {
            test_threads: Some(jobs),
            logfile: Some(self.report.join("libtest.log").display().to_string()),
            ..Arguments::default()
        }
    }
}

/// A stand-in is a plain HTTP server, and has no business anywhere but on this machine.
fn loopback(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is neither `embedded` nor a URL: {error}"))?;
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if !here {
        return Err(format!("`{text}` is not on this machine; a stand-in tenant listens on 127.0.0.1"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("a target's URL has no user, password or query".into());
    }
    Ok(url)
}

fn stand_in(arguments: &TenantArgs) -> ExitCode {
    let faults = arguments.fault.iter().filter_map(|name| name.parse().ok()).collect();
    let options = tenant::Options { port: arguments.port, seed: arguments.seed, faults, ..tenant::Options::default() };
    let tenant = match Tenant::start(options) {
        Ok(tenant) => tenant,
        Err(error) => return unusable(&error.to_string()),
    };
    let facts = serde_json::to_string_pretty(&tenant.control().default_environment()).unwrap_or_default();
    say(&format!("{facts}\n"));
    complain(&format!(
        "The stand-in tenant listens on {}; its default environment is above. Ctrl-C ends it.\n",
        tenant.base_url()
    ));
    loop {
        std::thread::park();
    }
}

fn report(arguments: &ReportArgs, palette: Palette) -> ExitCode {
    let journal = if arguments.journal.is_dir() { arguments.journal.join(JOURNAL) } else { arguments.journal.clone() };
    let beside = journal.parent().unwrap_or(Path::new(".")).to_owned();
    let folder = arguments.report.clone().unwrap_or(beside);
    if let Err(error) = crate::reports::write::prepare(&folder, RENDERERS) {
        return unusable(&error.to_string());
    }
    match harness::render(&journal, &folder) {
        Ok(Ok(written)) => {
            summarise(&journal, &written, palette, None);
            ExitCode::Held
        }
        Ok(Err(error)) => {
            complain(&format!("error: {error}\n"));
            ExitCode::ReportNotWritten
        }
        Err(error) => unusable(&format!("{}: {error}", journal.display())),
    }
}
