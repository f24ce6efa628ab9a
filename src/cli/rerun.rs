//! `flowproof rerun`: runs again what did not pass, against the target of that run.
//!
//! Deliberately not here: running.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::context::{Context, journal_at, open};
use super::errors::CliError;
use super::run::{self, EMBEDDED, RunArgs};
use crate::record::journal::Journal;
use crate::record::{ExitCode, Header, Verdict};
use crate::tenant::UnknownFault;

#[derive(Debug, Args)]
pub(super) struct RerunArgs {
    /// The journal, or the folder of the run, whose failed and errored scenarios are run again
    #[arg(long, value_name = "JOURNAL", default_value = "reports/latest")]
    failed: PathBuf,
    #[command(flatten)]
    run: RunArgs,
}

/// Runs the scenarios that failed or came to no verdict.
pub(super) fn run(mut arguments: RerunArgs, context: &Context) -> Result<ExitCode, CliError> {
    let path = journal_at(&arguments.failed);
    let journal = open(&path)?;
    let names = failed(&journal);
    if names.is_empty() {
        return Err(CliError::NothingFailed(path));
    }
    arguments.run.only = Some(names);
    same_target(&mut arguments.run, journal.header(), context)?;
    same_levels(&arguments.run, journal.header(), context);
    run::run(&arguments.run, context)
}

/// Asks whom that run asked, in the same way, unless the command line names another target.
fn same_target(run: &mut RunArgs, then: &Header, context: &Context) -> Result<(), CliError> {
    let target = &then.target;
    if run.target.is_some() || !run.fault.is_empty() {
        let planted = then.faults.iter().map(|fault| format!(", with the fault `{fault}`")).collect::<String>();
        context.eprint(&format!("note: that run was against `{}`{planted}\n", target.name));
        return Ok(());
    }
    match target.kind.as_str() {
        "embedded" => {
            run.target = Some(EMBEDDED.into());
            let unknown = |error: UnknownFault| CliError::OtherBuild(error.to_string());
            run.fault = then.faults.iter().map(|fault| fault.parse().map_err(unknown)).collect::<Result<_, _>>()?;
        }
        "tenant" if context.config.targets.contains_key(&target.name) => {
            context.eprint(&format!("note: against `{}`, as that run was\n", target.name));
            run.target = Some(target.name.clone());
        }
        "server" => run.target = Some(target.name.clone()),
        _ => return Err(CliError::TargetOfThen { name: target.name.clone(), url: target.base_url.clone() }),
    }
    Ok(())
}

/// Says where answers are judged at another level than then: what failed may pass for that alone.
fn same_levels(run: &RunArgs, then: &Header, context: &Context) {
    let now = run.levels.levels(&context.config).as_json();
    let (Some(then), Some(now)) = (then.configuration.get("levels").and_then(Value::as_object), now.as_object()) else {
        return;
    };
    for (check, level) in then.iter().filter(|(check, level)| now.get(*check).is_some_and(|now| now != *level)) {
        context.eprint(&format!("note: `{check}` was at {level} in that run, and is at {} now\n", now[check]));
    }
}

fn failed(journal: &Journal) -> BTreeSet<String> {
    let failed = journal.entries().iter().filter(|entry| matches!(entry.verdict, Verdict::Failed | Verdict::Errored));
    failed.map(|entry| entry.name.clone()).collect()
}
