//! `flowproof explore`: walks through the lifecycles of a contract, without scenarios that say how.
//!
//! Deliberately not here: planning walks (`explore`), and running them (`run`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::context::{Context, journal_at};
use super::contract::ContractArgs;
use super::errors::CliError;
use super::formats::FormatArgs;
use super::levels::LevelArgs;
use super::progress::{Progress, Verbosity};
use super::run::{self, ExploredRun};
use super::server::ServerArgs;
use crate::base::text::{code_list, counted, nearest};
use crate::contract::Contract;
use crate::explore::{self, Account, Dials, Extent, PlannedWalk};
use crate::infer::scenarios::Drafts;
use crate::judge::replay::sessions::each_session;
use crate::record::ExitCode;
use crate::reports::console::row;
use crate::run::{Prepared, RunError, TargetChoice};
use crate::scenario::model::Scenario;
use crate::scenario::{LintContext, Suite, lint};
use crate::tenant::{self, Fault};

/// Examples for the help of `flowproof explore`.
pub(super) const EXAMPLES: &str = "\
Examples:
  flowproof explore                          both lifecycles, against the stand-in tenant
  flowproof explore --lifecycle flow         one of them
  flowproof explore --fault wrong-status     break the stand-in; see what is found
  flowproof explore --max-requests 200       what yields most, in 200 requests

Exit codes:
  0 all held   1 contract violated   2 unusable input, nothing sent   3 could not tell
  4 nothing ran or was checked   5 a report could not be written   70 internal error";

#[derive(Debug, Args)]
pub(super) struct ExploreArgs {
    /// Scenario files or folders to learn requests from
    #[arg(value_name = "PATH", default_value = run::CASES)]
    paths: Vec<PathBuf>,
    /// `embedded`, a target of flowproof.toml by its name, or a URL: of a stand-in tenant on this machine, or with a contract of
    /// your own, of its server
    #[arg(long, value_name = "TARGET", env = "FLOWPROOF_TARGET")]
    target: Option<String>,
    /// Break the embedded stand-in in this way; repeat it for several
    #[arg(long, value_name = "FAULT", value_parser = super::context::fault_parser())]
    fault: Vec<Fault>,
    /// Learn requests from recorded traffic as well: HAR files, journals, or folders of runs; repeat it for several
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// Only walk through this lifecycle
    #[arg(long, value_name = "NAME")]
    lifecycle: Option<String>,
    /// Send no more than this many requests
    #[arg(long, value_name = "N")]
    max_requests: Option<usize>,
    /// Try every pair of state and action once; this is the default
    #[arg(long, conflicts_with = "depth")]
    pairs: bool,
    /// Try what is not permitted again after each step into a state (1), or after each two steps (2)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2))]
    depth: Option<u8>,
    /// Walk long lives as well, in which each step comes after each other: what one leaves behind may be felt much later
    #[arg(long)]
    endurance: bool,
    /// Only send requests that read (GET)
    #[arg(long)]
    read_only: bool,
    /// Ask several times at once for what may happen once: passcodes, codes, cancelled pushes, registrations
    #[arg(long)]
    races: bool,
    /// Show the first walk through each lifecycle as a scenario, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Write scenarios of what was found to this folder [default: `explore` in the report folder]
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Maximum number of requests per second
    #[arg(long, value_name = "N", env = "FLOWPROOF_RATE")]
    rate: Option<String>,
    /// The seed of everything that is chosen or generated
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Where to write the journal and the reports
    #[arg(short, long, value_name = "DIR", default_value = "reports/explore")]
    report: PathBuf,
    #[command(flatten)]
    levels: LevelArgs,
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    contract: ContractArgs,
    #[command(flatten)]
    server: ServerArgs,
    /// Only show what it came to, and what broke by its cause
    #[arg(short, long)]
    quiet: bool,
}

impl ExploreArgs {
    /// What makes it this exploration, in the words of its command line.
    fn dials(&self) -> Vec<String> {
        let paths = self.paths.iter().filter(|path| path.as_path() != Path::new(run::CASES));
        let mut words: Vec<String> = paths.map(|path| path.display().to_string()).collect();
        let valued = [
            ("--lifecycle", self.lifecycle.clone()),
            ("--max-requests", self.max_requests.map(|most| most.to_string())),
            ("--depth", self.depth.map(|depth| depth.to_string())),
        ];
        words.extend(self.from.iter().flat_map(|path| ["--from".to_owned(), path.display().to_string()]));
        words.extend(valued.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?])).flatten());
        let flags = [("--endurance", self.endurance), ("--read-only", self.read_only), ("--races", self.races)];
        words.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (*name).to_owned()));
        words
    }

    fn verbosity(&self) -> Verbosity {
        if self.quiet { Verbosity::Quiet } else { Verbosity::Normal }
    }

    /// Why it is not of everything, so that what it leaves out says nothing.
    fn partial(&self) -> Option<&'static str> {
        match () {
            () if self.lifecycle.is_some() => Some("only one lifecycle was asked for"),
            () if self.max_requests.is_some() => Some("the number of requests was limited"),
            () if self.read_only => Some("only requests that read were allowed"),
            () if !self.fault.is_empty() => Some("the stand-in was broken on purpose"),
            () => None,
        }
    }

    /// What a run is told of it, in the words of its command line.
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        self.target.iter().for_each(|target| say("--target", target.clone()));
        self.fault.iter().for_each(|fault| say("--fault", fault.name().to_owned()));
        self.rate.iter().for_each(|rate| say("--rate", rate.clone()));
        say("--seed", self.seed.to_string());
        say("--report", self.report.display().to_string());
        words
    }
}

/// Explores.
pub(super) fn run(arguments: &ExploreArgs, context: &Context) -> Result<ExitCode, CliError> {
    let contract = arguments.contract.load(context)?.contract;
    let levels = arguments.levels.levels(&context.config);
    let words = arguments.words();
    let ExploredRun { options, mut scenarios } = run::explored(&words, arguments.server.clone(), &contract, context)?;
    scenarios.extend(drafted(&arguments.from, &contract, context)?);
    retain_supplied(&mut scenarios, &options.target, &contract)?;
    let explored_by = Some(arguments.dials());
    let formats = arguments.formats.chosen();
    let options = crate::run::RunOptions { levels, formats, explored_by, goals: None, ..options };
    arguments.lifecycle.as_ref().map_or(Ok(()), |name| known(name, &contract))?;
    let stand_in =
        matches!(options.target, TargetChoice::Embedded | TargetChoice::Broken(_) | TargetChoice::StandIn { .. });
    let persona = stand_in.then(|| tenant::default_facts()["persona"].take());
    let dials = Dials {
        lifecycle: arguments.lifecycle.clone(),
        most_requests: arguments.max_requests,
        personas: stand_in,
        depth: arguments.depth.unwrap_or_default(),
        endurance: arguments.endurance,
        read_only: arguments.read_only,
        races: arguments.races,
        seed: arguments.seed,
        ..Dials::default()
    };
    if arguments.dry_run {
        let walks = explore::outlook(&contract, &scenarios, persona.as_ref(), &dials);
        context.print(&foreseen(&walks, context));
        return Ok(ExitCode::Held);
    }
    if matches!(&options.target, TargetChoice::Tenant(tenant) if tenant.config.production) {
        return Err(CliError::ExploreProduction);
    }
    let verbosity = arguments.verbosity();
    let progress = Progress::new(0, verbosity, context, false);
    let lines = progress.accounts();
    let prepared = Prepared::new(Arc::clone(&contract), scenarios.clone(), options, Box::new(progress)).planning(0);
    prepared.start()?;
    prepared.end_on_signals(|| ()).map_err(CliError::Signals)?;
    let mut account = explore::explore(&prepared, &contract, &scenarios, persona.as_ref(), &dials)?;
    let folder = arguments.write.clone().unwrap_or_else(|| arguments.report.join("explore"));
    account.scenarios_written = write_scenarios(&account, &folder)?;
    write(&account, &arguments.report)?;
    let least = &context.config.explore.least;
    let judged = if arguments.partial().is_none() { least.as_slice() } else { &[] };
    let finished = prepared.finish_lacking(account.all.shortfalls(judged))?;
    if verbosity != Verbosity::Quiet {
        context.print(&shown(&account, context));
        if let Some(why) = arguments.partial().filter(|_| !least.is_empty()) {
            context.print(&row("coverage", &format!("not judged: {why}"), &context.palette));
        }
    }
    Ok(run::conclude_explored(&finished, Progress::left(verbosity, &lines), context))
}

/// Whether the contract has this lifecycle.
fn known(name: &str, contract: &Contract) -> Result<(), CliError> {
    let names: Vec<&str> = contract.lifecycles().iter().map(|lifecycle| lifecycle.name.as_str()).collect();
    if names.contains(&name) {
        return Ok(());
    }
    let advice = match nearest(name, names.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if names.is_empty() => ", or any other".to_owned(),
        None => format!("; it has {}", code_list(names)),
    };
    Err(CliError::UnknownLifecycle { name: name.to_owned(), advice })
}

/// Leaves out scenarios about users and applications that a target does not have: their requests could not be sent there.
fn retain_supplied(scenarios: &mut Vec<Scenario>, target: &TargetChoice, contract: &Contract) -> Result<(), CliError> {
    if let TargetChoice::Tenant(tenant) = target {
        let outlook = tenant.outlook(scenarios, contract).map_err(|error| RunError::from(Arc::new(error)))?;
        scenarios.retain(|scenario| outlook.supplied.contains(&scenario.name));
    }
    Ok(())
}

/// The first walk through each lifecycle, and which walks change or lock somebody.
fn foreseen(walks: &[PlannedWalk], context: &Context) -> String {
    let firsts: Vec<&str> = walks.iter().filter(|walk| walk.is_first).map(|walk| walk.text.as_str()).collect();
    let mut text = firsts.join("\n");
    text += &format!("\n# {} in all, if everything comes about that they try\n", counted(walks.len(), "walk"));
    let using_up = walks.iter().filter_map(|walk| Some((&walk.name, walk.uses_up.as_ref()?)));
    text.extend(using_up.map(|(name, why)| row("#", &format!("{name} uses its user up: {why}"), &context.palette)));
    text
}

/// The scenarios that recordings teach; those that need what the target does not supply are left out.
fn drafted(from: &[PathBuf], contract: &Contract, context: &Context) -> Result<Vec<Scenario>, CliError> {
    let facts = if contract.has_environments() { tenant::default_facts() } else { context.config.server_facts() };
    let mut drafts = Drafts::default();
    for path in from.iter().map(|path| journal_at(path)) {
        let shown = each_session(&path, contract, &mut |session| drafts.add(contract, session, &facts));
        shown.map_err(|cause| CliError::recording(&path, cause))?;
    }
    let (elsewhere, checks) = (context.config.fact_paths(), crate::checks::ids());
    let lint_with = LintContext { contract, checks: &checks, facts: Some(&facts), elsewhere: &elsewhere };
    let read =
        drafts.files().into_iter().filter_map(|file| Suite::from_text(format!("{}.yaml", file.name), &file.text).ok());
    let usable = read.filter(|suite| lint(suite, &lint_with).is_empty());
    Ok(usable.flat_map(|suite| suite.scenarios).collect())
}

fn write(account: &Account, folder: &Path) -> Result<(), CliError> {
    let path = folder.join(explore::FILE);
    let mut text = serde_json::to_string_pretty(account)?;
    text.push('\n');
    std::fs::write(&path, text).map_err(|cause| CliError::Write { path, cause })
}

/// Writes a scenario of each finding; returns their files.
fn write_scenarios(account: &Account, folder: &Path) -> Result<Vec<String>, CliError> {
    let mut written = Vec::new();
    for (number, found) in account.lifecycles.iter().flat_map(|one| &one.found).enumerate() {
        std::fs::create_dir_all(folder).map_err(|cause| CliError::Write { path: folder.to_owned(), cause })?;
        let path = folder.join(format!("{}-{}.yaml", found.name, number + 1));
        std::fs::write(&path, &found.text).map_err(|cause| CliError::Write { path: path.clone(), cause })?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

/// What was explored, in a few lines.
fn shown(account: &Account, context: &Context) -> String {
    let palette = &context.palette;
    let (requests, bound) = (counted(account.requests, "request"), account.bound);
    let mut text = format!("\nExplored in {requests} and {:.2} s; no tour needs less than {bound}\n", account.seconds);
    for one in &account.lifecycles {
        let Extent { pairs, outcomes, refusals, negatives } = &one.extent;
        let sent: usize = negatives.values().map(|sent| sent.sent).sum();
        let refused: usize = negatives.values().map(|sent| sent.refused).sum();
        text +=
            &format!("  {} ({}, {})\n", one.lifecycle, counted(one.walks, "walk"), counted(one.requests, "request"));
        let share = |covered: usize, total: usize| format!("{covered} of {total}");
        let rows = [
            ("permitted", share(pairs.permitted.covered, pairs.permitted.total)),
            ("forbidden", share(pairs.forbidden.covered, pairs.forbidden.total)),
            ("outcomes", share(outcomes.taken, outcomes.declared)),
            ("refusals", share(refusals.covered, refusals.total)),
            ("negatives", format!("{refused} of {sent} refused")),
        ];
        text.extend(rows.iter().map(|(label, value)| row(label, value, palette)));
    }
    for file in &account.scenarios_written {
        text += &row("wrote", file, palette);
    }
    text
}
