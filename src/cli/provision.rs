//! `flowproof provision` and `flowproof teardown`: a test environment made ready for the suite, and taken away again.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use clap::Args;
use uuid::Uuid;

use super::context::Context;
use super::contract::ContractArgs;
use super::errors::{CliError, NoTarget};
use super::run as run_command;
use crate::base::digest;
use crate::config::TargetConfig;
use crate::engine::Wants;
use crate::provision::{self, Api, Choice, Files, Means, Needs, ProvisionError, Run};
use crate::record::ExitCode;
use crate::run;

/// What `--help` says of `provision`.
pub(super) const PROVISION: &str = "\
Makes what the suite needs in a test environment: applications, policies, users, devices.

It works out what the chosen scenarios ask for, looks at what there is, makes what is missing over the management API, and \
writes ids and names to flowproof.TARGET.facts.toml beside the configuration, secrets to flowproof.TARGET.secrets.json for its \
owner only. Doing it again repairs. Everything that it makes is called flowproof-RUN-…, and `flowproof teardown` takes exactly \
that away.

Every answer is judged by the contract of the management API, with the levels of flowproof.toml.

Exit codes: 0 done, 1 the management API broke its contract, 2 nothing was sent, 3 it could not be finished: do it again, \
or tear down, 5 a file could not be written.";

/// What `--help` says of `teardown`.
pub(super) const TEARDOWN: &str = "\
Removes from a test environment what `flowproof provision` made there, and nothing else.

It knows its own things by their names, so it needs no note of them: what a run left that was killed is found as well. Without \
an option it removes what the facts beside the configuration describe.

Exit codes: 0 nothing of it is left, 1 the management API broke its contract, 2 nothing was sent, 3 it could not be finished: do it again.";

#[derive(Debug, Args)]
pub(super) struct ProvisionArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The scenarios that it is for: files, folders or names
    #[arg(long = "for", value_name = "PATH", default_value = "cases")]
    scenarios: Vec<PathBuf>,
    /// Show the plan; nothing is sent
    #[arg(long)]
    dry_run: bool,
    /// The id of the run, which all names begin with [default: that of the facts, or a new one]
    #[arg(long, value_name = "ID", env = "FLOWPROOF_RUN_ID")]
    run_id: Option<String>,
    #[command(flatten)]
    contract: ContractArgs,
}

#[derive(Debug, Args)]
pub(super) struct TeardownArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Remove what this run made
    #[arg(long, value_name = "ID", env = "FLOWPROOF_RUN_ID", conflicts_with = "older_than")]
    run_id: Option<String>,
    /// Remove what runs made that began so long ago, such as `2h`
    #[arg(long, value_name = "TIME", value_parser = age)]
    older_than: Option<Duration>,
    /// Show what would be removed; nothing is
    #[arg(long)]
    dry_run: bool,
}

/// Where, and how gently.
#[derive(Debug, Args)]
struct TargetArgs {
    /// The target of flowproof.toml
    #[arg(long, env = "FLOWPROOF_TARGET", value_name = "NAME")]
    target: String,
    /// Do not verify TLS; the target must also set `insecure = true`, as for a run
    #[arg(long, env = "FLOWPROOF_INSECURE")]
    insecure: bool,
    /// Maximum number of requests per second [default: that of the target]
    #[arg(long, value_name = "N", value_parser = run_command::rate, env = "FLOWPROOF_RATE")]
    rate: Option<f64>,
}

fn age(text: &str) -> Result<Duration, &'static str> {
    crate::base::duration::parse(text).ok_or("a time is a number with a unit: 90s, 10m, 2h")
}

impl TargetArgs {
    fn config<'c>(&self, context: &'c Context) -> Result<&'c TargetConfig, CliError> {
        let target = context.config.targets.get(&self.target);
        let target = target.ok_or_else(|| NoTarget::new(&self.target, &context.config))?;
        if target.production {
            return Err(ProvisionError::Production(self.target.clone()).into());
        }
        Ok(target)
    }

    fn api(&self, target: &TargetConfig, context: &Context) -> Result<Api, ProvisionError> {
        Api::new(target, self.insecure, self.rate, context.config.levels_of_checks(), context.printer.register())
    }
}

/// Makes a test environment ready.
pub(super) fn provision(arguments: &ProvisionArgs, context: &Context) -> Result<ExitCode, CliError> {
    let target = arguments.target.config(context)?;
    let contract = &*arguments.contract.load(context)?.contract;
    let suite = run::load(&arguments.scenarios, contract);
    let suite = suite.map_err(|problems| CliError::Invalid { place: "the scenarios", problems })?;
    let wants: Vec<Wants> = suite.scenarios.iter().map(|scenario| Wants::of(scenario, contract)).collect();
    let (mut files, earlier) = Files::read(target, context.printer.register())?;
    let run = run_of(target, arguments.run_id.as_deref().or(earlier.as_deref()))?;
    let needs = Needs::of(&wants, Means::of(target));
    let plan = provision::plan(&needs, run);
    context.print(&provision::plan_table(&plan, &needs, &arguments.target.target, wants.len()));
    if arguments.dry_run {
        return Ok(ExitCode::Held);
    }
    let api = arguments.target.api(target, context)?;
    files.begin(&plan.run, earlier.as_deref())?;
    let made = block_on(provision::apply(&api, &plan, &mut files, target))?;
    let made = made.map_err(|error| partly(error, &arguments.target.target, &plan.run, context))?;
    files.finish(&plan.run, &made, Means::of(target))?;
    api.note().iter().for_each(|note| context.eprint(&format!("note: {note}\n")));
    context.print(&provision::made_table(&made, api.sent(), &files.path().display().to_string()));
    Ok(ExitCode::Held)
}

/// Says what to do about what is half made.
fn partly(error: ProvisionError, target: &str, run: &Run, context: &Context) -> ProvisionError {
    context.eprint(&format!(
        "note: what was made until then is called flowproof-{id}-…; `flowproof provision --target {target}` goes on with it, \
         `flowproof teardown --target {target} --run-id {id}` takes it away\n",
        id = run.id()
    ));
    error
}

fn run_of(target: &TargetConfig, id: Option<&str>) -> Result<Run, ProvisionError> {
    let made_up = || digest::short(Uuid::new_v4().to_string(), 3);
    Ok(Run::new(&target.environment.to_string(), &id.map_or_else(made_up, str::to_owned))?)
}

/// Takes a test environment away.
pub(super) fn teardown(arguments: &TeardownArgs, context: &Context) -> Result<ExitCode, CliError> {
    let target = arguments.target.config(context)?;
    let (files, earlier) = Files::read(target, context.printer.register())?;
    let choice = match (&arguments.run_id, arguments.older_than) {
        (Some(id), _) => Some(Choice::Run(run_of(target, Some(id))?.id().to_owned())),
        (_, Some(age)) => Some(Choice::OlderThan(TimeDelta::from_std(age).unwrap_or(TimeDelta::MAX))),
        _ => earlier.clone().map(Choice::Run),
    };
    let api = arguments.target.api(target, context)?;
    let found = block_on(provision::find(&api))??;
    let Some(choice) = choice else {
        context.print(&provision::found_table(&found));
        if found.count() > 0 {
            context.eprint("note: nothing was removed; say which with --run-id or --older-than\n");
        }
        return Ok(ExitCode::Held);
    };
    let found = found.chosen(&choice, Utc::now());
    context.print(&provision::found_table(&found));
    if arguments.dry_run {
        return Ok(ExitCode::Held);
    }
    let removed = block_on(provision::remove(&api, &found))??;
    let describes = |run: &String| found.0.contains_key(run) || matches!(&choice, Choice::Run(chosen) if chosen == run);
    if earlier.as_ref().is_some_and(describes) {
        files.remove()?;
    }
    context.print(&provision::removed_table(removed, api.sent()));
    Ok(ExitCode::Held)
}

fn block_on<F: Future>(future: F) -> Result<F::Output, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Runtime)?;
    Ok(runtime.block_on(future))
}
