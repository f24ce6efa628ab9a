//! The command line: arguments become domain values here, and only here.

mod audit;
mod coverage;
mod doctor;
mod drift;
mod formats;
mod gate;
mod init;
mod levels;
mod lint;
mod merge;
mod progress;
mod register;
mod rejudge;
mod replay;
mod report;
mod rerun;
mod run;
mod targets;
mod tenant;

use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::base::source::Diagnostic;
use crate::base::text::nearest;
use crate::base::text::{counted, first_of};
use crate::cli::progress::say;
use crate::config::Config;
use crate::contract::Contract;
use crate::judge::coverage::DIMENSIONS;
use crate::judge::replay::restore::Types;
use crate::record::ExitCode;
use crate::record::journal::Journal;
use crate::record::journal::writer::JOURNAL;
use crate::reports::Outcome;
use crate::reports::console::{self, Palette};
use crate::run::sink;
use crate::tenant::Fault;

const LONG_ABOUT: &str = "\
Flowproof proves that a PingOne tenant keeps its HTTP contract.

It runs scenarios written in YAML, calls every operation through a client generated from the contract, judges each \
answer against schemas, media types and lifecycles, and writes reports for people, CI systems and programs.";

const EXAMPLES: &str = "\
Examples:
  flowproof run                              the whole suite in cases/ against the embedded stand-in tenant
  flowproof run cases/mfa --tag smoke        one folder, only what is tagged `smoke`
  flowproof run --filter otp --list          the names of what would run
  flowproof run -D undocumented-property     a property nobody documented fails the run
  flowproof doctor --target staging          is everything there that a run against it needs?
  flowproof tenant --port 8080               the stand-in tenant by itself
  flowproof coverage --missing               what of the contract the last run did not touch
  flowproof replay session.har               the traffic that a browser or proxy recorded
  flowproof rejudge old.jsonl --contract new.yaml   would that traffic satisfy the new contract
  flowproof drift reports/latest --patch     what is not documented yet, as a patch of the contract
  flowproof lint                             what is wrong with the scenarios; nothing is sent
  flowproof gate --baseline baseline.toml    is this run at least as good as the one agreed on?
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
    Run(Box<run::RunArgs>),
    /// Write a configuration to begin with
    Init(init::InitArgs),
    /// Print the targets of the configuration, without any secret
    Targets(targets::TargetsArgs),
    /// Say what is wrong between this machine and a tenant; nothing that changes state is sent
    #[command(long_about = doctor::ABOUT)]
    Doctor(doctor::DoctorArgs),
    /// Run the stand-in tenant by itself, until it is interrupted
    Tenant(tenant::TenantArgs),
    /// Write the reports of a run again, from its journal
    Report(report::ReportArgs),
    /// Judge recorded traffic, HAR files or journals, without sending anything
    Replay(replay::ReplayArgs),
    /// Say whether recorded traffic would satisfy another contract
    Rejudge(rejudge::RejudgeArgs),
    /// List what the tenant sends that the contract does not document, and propose the change
    Drift(drift::DriftArgs),
    /// Say whether the checks would see it if recorded answers were broken
    Audit(audit::AuditArgs),
    /// Say whether a run is at least as good as the one agreed on
    Gate(gate::GateArgs),
    /// Unite the journals of a suite that was split over several machines
    Merge(merge::MergeArgs),
    /// Run again what did not pass
    Rerun(Box<rerun::RerunArgs>),
    /// Say how much of the contract a run has touched, and what is missing
    Coverage(coverage::CoverageArgs),
    /// Say what is wrong with scenarios, without sending anything
    Lint(lint::LintArgs),
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

/// What is said where a target is wanted and there is none.
const NO_TARGET: &str = "flowproof.toml describes no target yet; `flowproof init` writes one with a target in its comments: \
                         take the `#: ` away and put your own values in";

fn fault_names() -> Vec<&'static str> {
    Fault::ALL.iter().map(|fault| fault.name()).collect()
}

impl Cli {
    /// Carries out the command and says how it ended.
    pub fn carry_out(self) -> ExitCode {
        let palette = self.palette();
        // Before the configuration is read: a broken one may be what is to be written over.
        if let Command::Init(arguments) = &self.command {
            return init::carry_out(arguments);
        }
        let config = match Config::load(self.config.as_deref(), DIMENSIONS) {
            Ok(config) => config,
            Err(problems) => return refuse(&problems, "the configuration"),
        };
        match self.command {
            Command::Run(arguments) => run::carry_out(&arguments, &config, palette),
            Command::Doctor(arguments) => doctor::carry_out(&arguments, &config),
            Command::Init(_) => ExitCode::Held,
            Command::Targets(arguments) => targets::carry_out(&arguments, &config),
            Command::Tenant(arguments) => tenant::carry_out(&arguments),
            Command::Report(arguments) => report::carry_out(&arguments, palette),
            Command::Replay(arguments) => replay::carry_out(&arguments, &config, palette),
            Command::Rejudge(arguments) => rejudge::carry_out(&arguments, &config),
            Command::Drift(arguments) => drift::carry_out(&arguments),
            Command::Audit(arguments) => audit::carry_out(&arguments, &config),
            Command::Gate(arguments) => gate::carry_out(&arguments, palette),
            Command::Merge(arguments) => merge::carry_out(&arguments, palette),
            Command::Rerun(arguments) => rerun::carry_out(*arguments, &config, palette),
            Command::Coverage(arguments) => coverage::carry_out(&arguments, &config),
            Command::Lint(arguments) => lint::carry_out(&arguments),
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

/// What is wrong where the configuration describes no target of that name.
fn no_target(name: &str, config: &Config) -> String {
    let names: Vec<&str> = config.targets().keys().map(String::as_str).collect();
    let advice = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => NO_TARGET.to_owned(),
        None => format!("there are {}", names.join(", ")),
    };
    format!("there is no target `{name}`; {advice}")
}

/// Something a person must mend before anything can run.
fn unusable(problem: &str) -> ExitCode {
    complain(&format!("error: {problem}\n"));
    ExitCode::Unusable
}

fn complain(text: &str) {
    sink::complain(text);
}

fn refuse(problems: &[Diagnostic], place: &str) -> ExitCode {
    let colour = !matches!(anstream::AutoStream::choice(&std::io::stderr()), anstream::ColorChoice::Never);
    problems.iter().for_each(|problem| complain(&format!("{}\n", problem.render(colour))));
    unusable(&format!("{} in {place}; nothing was sent", counted(problems.len(), "problem")))
}

/// A contract that was named, or the one that this build was made from; and whether the generated types are its own.
fn contract_at(path: Option<&Path>) -> Result<(Contract, Types), String> {
    let embedded = Contract::embedded().map_err(|error| error.to_string())?;
    let Some(path) = path else { return Ok((embedded, Types::Generated)) };
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let contract = Contract::from_text(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let types = if contract.digest() == embedded.digest() { Types::Generated } else { Types::Foreign };
    if types == Types::Foreign {
        complain(&remarks(&contract, path));
    }
    Ok((contract, types))
}

/// What is no reason to refuse a contract and yet should be known to who uses it; values are not repeated.
fn remarks(contract: &Contract, path: &Path) -> String {
    let said = [
        ("looks like a signed token; it belongs in no contract", contract.signed_tokens()),
        ("not schema-checked, for want of a documented schema", contract.without_schema()),
    ];
    let some = said.iter().filter(|(_, places)| !places.is_empty());
    some.map(|(what, places)| format!("warning: {}: {what}: {}\n", path.display(), first_of(places, 10))).collect()
}

/// The journal that a path names: the file, or the one in the folder of a run.
fn journal_at(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(JOURNAL) } else { path.to_owned() }
}

/// Says what a run came to; `exit` is the process's own code, where the run's journal does not know all of it.
fn summarise(journal: &Path, written: &[PathBuf], palette: Palette, exit: Option<ExitCode>) {
    let files: Vec<PathBuf> = written.iter().cloned().chain([journal.to_owned()]).collect();
    match Journal::open(journal) {
        Ok(journal) => summary_of(&journal, &files, palette, exit),
        Err(error) => complain(&format!("error: {error}\n")),
    }
}

/// As [`summarise`], of a journal that is open; `files` are all that is said to be there.
fn summary_of(journal: &Journal, files: &[PathBuf], palette: Palette, exit: Option<ExitCode>) {
    let outcome = Outcome::of(journal);
    match outcome.map(|outcome| Outcome { exit_code: exit.map(ExitCode::code).or(outcome.exit_code), ..outcome }) {
        Ok(outcome) => say(&format!("\n{}", console::summary(&outcome, files, &palette))),
        Err(error) => complain(&format!("error: {error}\n")),
    }
}
