//! The command line: arguments become domain values here, and only here.

mod audit;
mod context;
mod contract;
mod coverage;
mod doctor;
mod drift;
mod errors;
mod explain;
mod explore;
mod first_run;
mod formats;
mod gate;
mod in_use;
mod init;
mod left_out;
mod levels;
mod lifecycle;
mod lint;
mod merge;
mod outlook;
mod progress;
mod provision;
mod proxy;
mod rejudge;
mod replay;
mod report;
mod requirements;
mod rerun;
mod run;
mod scenarios;
mod server;
mod targets;
mod tenant;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use terminal_size::{Width, terminal_size_of};

use self::context::Context;
use self::errors::CliError;
use crate::config::Config;
use crate::judge::coverage::DIMENSIONS;
use crate::record::ExitCode;
use crate::reports::console::Palette;
use crate::run::printer::Printer;

const LONG_ABOUT: &str = "\
Flowproof proves that a PingOne tenant keeps its HTTP contract.

It runs scenarios written in YAML, calls every operation through a client generated from the contract, checks each \
response against schemas, media types and lifecycles, and writes reports for people, CI systems and programs.";

const EXAMPLES: &str = "\
Examples:
  flowproof run                              the whole suite in cases/ against the embedded stand-in tenant
  flowproof run mfa/otp/email-completes      one scenario, by its name
  flowproof explore                          every state × action of the contract's lifecycles
  flowproof doctor --target staging          does the target have everything that a run needs?
  flowproof tenant --port 8080               the stand-in tenant by itself
  flowproof coverage --missing               which parts of the contract the last run did not reach
  flowproof proxy --target staging           judge the traffic of another tool as it passes
  flowproof replay session.har               judge the traffic that a browser or proxy recorded
  flowproof rejudge old.jsonl --contract new.yaml   does that traffic satisfy the new contract?
  flowproof scenarios --from session.har --write cases/recorded   scenarios that do the same again
  flowproof drift reports/latest --patch     undocumented behaviour, as a patch of the contract
  flowproof lint                             find mistakes in the scenarios; nothing is sent
  flowproof gate --baseline baseline.toml    is this run at least as good as the accepted one?
  flowproof report reports/latest            write the reports of an earlier run again
  flowproof explain missing-link             what an id or a fault stands for

Exit codes:
  0 all held   1 contract violated   2 unusable input, nothing sent   3 could not tell
  4 nothing ran or was checked   5 a report could not be written   70 internal error";

/// The heading of the options that every command has.
const GLOBAL: &str = "Global options";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "flowproof", version, about = "Proves that a PingOne tenant keeps its HTTP contract", long_about = LONG_ABOUT, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The configuration file [default: flowproof.toml in the current folder]
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    config: Option<PathBuf>,
    /// When to use colours; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN", help_heading = GLOBAL)]
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
    /// Run scenarios, check every response, write the reports
    #[command(after_help = run::EXAMPLES)]
    Run(Box<run::RunArgs>),
    /// Walk through the lifecycles of the contract, try what is permitted and what is not
    #[command(after_help = explore::EXAMPLES)]
    Explore(Box<explore::ExploreArgs>),
    /// Write a commented configuration, or begin with a contract of your own
    #[command(after_help = init::EXAMPLES)]
    Init(Box<init::InitArgs>),
    /// Print the targets of the configuration, without any secret
    Targets(targets::TargetsArgs),
    /// Check whether a tenant is ready for a run, without changing anything there
    #[command(long_about = doctor::ABOUT)]
    Doctor(doctor::DoctorArgs),
    /// Make a test environment ready for the suite, over the management API
    #[command(long_about = provision::PROVISION)]
    Provision(provision::ProvisionArgs),
    /// Remove from a test environment what `provision` made there
    #[command(long_about = provision::TEARDOWN)]
    Teardown(provision::TeardownArgs),
    /// Run the stand-in tenant by itself, until it is interrupted
    Tenant(tenant::TenantArgs),
    /// Pass traffic of another tool on to a target, and judge it as it passes
    #[command(after_help = proxy::EXAMPLES)]
    Proxy(Box<proxy::ProxyArgs>),
    /// Write the reports of a run again, from its journal
    Report(report::ReportArgs),
    /// Judge recorded traffic, HAR files or journals, without sending anything
    Replay(replay::ReplayArgs),
    /// Check whether recorded traffic satisfies another contract
    Rejudge(rejudge::RejudgeArgs),
    /// List undocumented behaviour of the tenant, and propose a change of the contract
    Drift(drift::DriftArgs),
    /// Write scenarios from recorded traffic
    #[command(long_about = scenarios::ABOUT)]
    Scenarios(scenarios::ScenariosArgs),
    /// Find the lifecycles of resources in recorded traffic, as an overlay
    #[command(long_about = lifecycle::ABOUT)]
    Lifecycle(lifecycle::LifecycleArgs),
    /// Test the checks by breaking recorded responses
    Audit(audit::AuditArgs),
    /// Check that a run is at least as good as its baseline
    Gate(gate::GateArgs),
    /// Merge the journals of a suite that was split over several machines
    Merge(merge::MergeArgs),
    /// Rerun the scenarios that did not pass
    Rerun(Box<rerun::RerunArgs>),
    /// Show how much of the contract a run covered, and list the rest
    Coverage(coverage::CoverageArgs),
    /// Find mistakes in scenarios, without sending anything
    Lint(lint::LintArgs),
    /// Print every requirement with its proofs and its last verdict
    Requirements(requirements::RequirementsArgs),
    /// Explain a check, requirement, operation, state or fault
    Explain(explain::ExplainArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

impl Cli {
    /// Runs the command with this printer and gives the code that the process ends with.
    pub fn run(self, printer: Printer) -> ExitCode {
        let mut context = Context::new(Config::default(), self.palette(), printer);
        // A broken configuration may be what `init` is to write over.
        if !matches!(self.command, Command::Init(_)) {
            let written = matches!(self.command, Command::Provision(_) | Command::Teardown(_));
            let read = if written { Config::written } else { Config::load };
            match read(self.config.as_deref(), DIMENSIONS) {
                Ok(config) => (context.config, context.config_file) = (config, self.config.clone()),
                Err(problems) => return context.report(&CliError::Invalid { place: "the configuration", problems }),
            }
        }
        self.command.run(&context).unwrap_or_else(|error| context.report(&error))
    }

    /// Colours only where a person watches, or where they were asked for.
    fn palette(&self) -> Palette {
        let choice = match self.color {
            Colour::Auto => anstream::AutoStream::choice(&std::io::stdout()),
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        let palette = if choice == anstream::ColorChoice::Never { Palette::plain() } else { Palette::coloured() };
        columns().map_or(palette, |columns| palette.of_width(columns))
    }
}

/// How wide the terminal is that standard output goes to, if it goes to one: as `COLUMNS` says, or the terminal itself.
fn columns() -> Option<usize> {
    let stdout = std::io::stdout();
    let named = || std::env::var("COLUMNS").ok()?.parse().ok();
    let asked = || terminal_size_of(&stdout).map(|(Width(columns), _)| usize::from(columns));
    stdout.is_terminal().then(|| named().or_else(asked))?
}

impl Command {
    fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        match self {
            Self::Run(arguments) => run::run(&arguments, context),
            Self::Explore(arguments) => explore::run(&arguments, context),
            Self::Init(arguments) => init::run(&arguments, context),
            Self::Targets(arguments) => targets::run(&arguments, context),
            Self::Doctor(arguments) => doctor::run(&arguments, context),
            Self::Provision(arguments) => provision::provision(&arguments, context),
            Self::Teardown(arguments) => provision::teardown(&arguments, context),
            Self::Tenant(arguments) => tenant::run(&arguments, context),
            Self::Proxy(arguments) => proxy::run(&arguments, context),
            Self::Report(arguments) => report::run(&arguments, context),
            Self::Replay(arguments) => replay::run(&arguments, context),
            Self::Rejudge(arguments) => rejudge::run(&arguments, context),
            Self::Drift(arguments) => drift::run(&arguments, context),
            Self::Scenarios(arguments) => scenarios::run(&arguments, context),
            Self::Lifecycle(arguments) => lifecycle::run(&arguments, context),
            Self::Audit(arguments) => audit::run(&arguments, context),
            Self::Gate(arguments) => gate::run(&arguments, context),
            Self::Merge(arguments) => merge::run(&arguments, context),
            Self::Rerun(arguments) => rerun::run(*arguments, context),
            Self::Coverage(arguments) => coverage::run(&arguments, context),
            Self::Lint(arguments) => lint::run(&arguments, context),
            Self::Requirements(arguments) => requirements::run(&arguments, context),
            Self::Explain(arguments) => explain::run(&arguments, context),
            Self::Completions { shell } => {
                let mut command = explain::with_ids(Cli::command());
                clap_complete::generate(shell, &mut command, "flowproof", &mut std::io::stdout());
                Ok(ExitCode::Held)
            }
        }
    }
}
