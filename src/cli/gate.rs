//! `flowproof gate`: is this run at least as good as the one agreed on?

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;

use super::context::{Context, OutputFormat, journal_at, open};
use super::contract::ContractArgs;
use super::errors::CliError;
use crate::base::private;
use crate::base::source::Diagnostic;
use crate::contract::Contract;
use crate::gate::{self, Earlier, Expectations, Failure, Policy, Summary, baseline, render};
use crate::record::journal::{JOURNAL, Journal, make_folder};
use crate::record::{ChangesRecord, ExitCode, Header};
use crate::reports::text::moment;
use crate::reports::write::{prepare, take_away, write_chosen};
use crate::reports::{Gathered, Outcome, USUAL};
use crate::run::Flaky;

const AFTER: &str = "\
The gate is shut by: a new failure; a scenario that disappeared, was skipped, or checks less than it did; an expected failure \
that passes or fails for another reason; an expectation that has expired or is about nothing; a baseline of another \
contract. Everything else that changed is shown.

Examples:
  flowproof gate --baseline baseline.toml --update     write the first baseline; review it and commit it
  flowproof gate --baseline baseline.toml              compare the last run with it
  flowproof gate now/ --baseline then/journal.jsonl    compare two journals
  flowproof gate --baseline then/ --report gate/       the reports of the last run again, with the changes";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct GateArgs {
    /// A journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    /// The baseline to compare with: a baseline file, a journal, or the folder of a run
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    /// A list of known, expected failures
    #[arg(long, value_name = "FILE")]
    expectations: Option<PathBuf>,
    /// Compare even if the baseline was made with another contract
    #[arg(long)]
    accept_contract_change: bool,
    /// How to treat scenarios that passed only when they were run again
    #[arg(long, value_enum, value_name = "POLICY", default_value_t = Flaky::Warn)]
    flaky: Flaky,
    /// Fail on every change of observed behaviour
    #[arg(long)]
    deny_changes: bool,
    /// Report a latency above this multiple of the baseline's as a change
    #[arg(long, value_name = "N", default_value_t = Policy::default().latency_factor)]
    latency_factor: f64,
    /// Compare percentiles only of at least this many responses
    #[arg(long, value_name = "N", default_value_t = Policy::default().latency_samples)]
    latency_samples: u64,
    /// Show the changes and accept the run as the new baseline; not possible in CI
    #[arg(long)]
    update: bool,
    /// Accept a part of the suite with --update: a run with --tag, --filter, --not-tag or --exclude, or a single shard
    #[arg(long, requires = "update")]
    accept_part: bool,
    /// Write the run's journal and reports again, with the changes and their dates
    #[arg(short, long, value_name = "DIR", conflicts_with = "update")]
    report: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    #[command(flatten)]
    contract: ContractArgs,
}

/// Compares, and writes the new baseline where that is asked for.
pub(super) fn run(arguments: &GateArgs, context: &Context) -> Result<ExitCode, CliError> {
    let contract = &*arguments.contract.load(context)?.contract;
    let run = finished(&journal_at(&arguments.journal), contract)?;
    if let Some(planted) = Outcome::of(&run.journal).planted() {
        context.eprint(&format!("note: {planted}\n"));
    }
    if arguments.update {
        return update(arguments, contract, &run, context);
    }
    let (before, earlier) = before(&arguments.baseline, contract)?;
    let expectations = expectations(arguments.expectations.as_deref())?;
    let today = Utc::now().date_naive();
    let comparison = gate::compare(&before, (&run.summary, &run.failures), &expectations, &arguments.policy(), today);
    context.print(&match arguments.format {
        OutputFormat::Text => render::text(&comparison, &context.palette),
        OutputFormat::Json => render::json(&comparison),
    });
    let written = match &arguments.report {
        Some(folder) => report(folder, &run.journal, gate::changes(&comparison, &earlier, run.began())),
        None => Ok(Vec::new()),
    };
    let exit = match written {
        Ok(written) => {
            written.iter().for_each(|path| context.print(&format!("{} is written\n", path.display())));
            ExitCode::Held
        }
        Err(error) => context.report(&error),
    };
    Ok(comparison.exit_code().max(exit))
}

/// A run that finished, read once.
struct FinishedRun {
    journal: Journal,
    summary: Summary,
    failures: Vec<Failure>,
}

impl FinishedRun {
    fn began(&self) -> DateTime<Utc> {
        self.journal.header().started_at
    }
}

/// Writes the judged journal with what changed in it, and its reports. Where it lies there already, it gets the changes in
/// its place.
fn report(folder: &Path, judged: &Journal, changes: ChangesRecord) -> Result<Vec<PathBuf>, CliError> {
    make_folder(folder).map_err(CliError::not_written)?;
    prepare(folder, USUAL).map_err(CliError::not_written)?;
    let path = folder.join(JOURNAL);
    let refused = |error: &dyn Display| CliError::not_written(format!("{}: {error}", path.display()));
    private::write_by(&path, |out| judged.copy_with(changes, out)).map_err(|error| refused(&error))?;
    // Reports of an earlier run that are not written again would be taken for this one's.
    take_away(folder).map_err(CliError::not_written)?;
    let journal = Journal::open(&path).map_err(|error| refused(&error))?;
    write_chosen(&journal, folder, USUAL, &mut Gathered::default()).map_err(CliError::not_written)
}

impl GateArgs {
    fn policy(&self) -> Policy {
        Policy {
            accept_contract_change: self.accept_contract_change,
            deny_flaky: self.flaky == Flaky::Fail,
            deny_changes: self.deny_changes,
            latency_factor: self.latency_factor,
            latency_samples: self.latency_samples,
        }
    }
}

/// A run that finished, summarised. One that did not, or ended early, can neither pass a gate nor be a baseline.
fn finished(path: &Path, contract: &Contract) -> Result<FinishedRun, CliError> {
    let unfinished = |why: String| CliError::Unfinished { path: path.to_owned(), why };
    let journal = open(path)?;
    let footer = journal.footer().ok_or_else(|| unfinished("the run did not finish".into()))?;
    if let Some(why) = &footer.ended_early {
        return Err(unfinished(format!("the run ended early ({why})")));
    }
    let summarised = journal.verify().and_then(|()| gate::summarise(&journal, contract));
    let (summary, failures) = summarised.map_err(|cause| CliError::Journal { path: path.to_owned(), cause })?;
    Ok(FinishedRun { journal, summary, failures })
}

/// The baseline, whichever form it has, and what is known of its time: never empty because it could not be read.
fn before(path: &Path, contract: &Contract) -> Result<(Summary, Earlier), CliError> {
    let help = "`flowproof gate --update` writes one from a run that is as it should be";
    let path = journal_at(path);
    let invalid = |problems| CliError::Invalid { place: "the baseline", problems };
    let unread = |error: std::io::Error| {
        invalid(vec![Diagnostic::whole(format!("cannot read {}: {error}", path.display())).help(help)])
    };
    let mut first = [0];
    let read = std::fs::File::open(&path).and_then(|mut file| file.read(&mut first)).map_err(unread)?;
    if read == 1 && first == *b"{" {
        let mut run = finished(&path, contract).map_err(|error| invalid(vec![Diagnostic::whole(error.to_string())]))?;
        let earlier = Earlier {
            name: format!("the run of {}", moment(&run.began())),
            started_at: Some(run.began()),
            changes: run.journal.footer().and_then(|footer| footer.changes.clone()),
            since: BTreeMap::new(),
        };
        run.summary.without_failures_of(earlier.worse());
        return Ok((run.summary, earlier));
    }
    let text = std::fs::read_to_string(&path).map_err(unread)?;
    let summary = baseline::read(&path, &text).map_err(invalid)?;
    let since = summary.since();
    Ok((summary, Earlier { name: path.display().to_string(), since, ..Earlier::default() }))
}

fn expectations(path: Option<&Path>) -> Result<Expectations, CliError> {
    let Some(path) = path else { return Ok(Expectations::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| vec![Diagnostic::whole(format!("cannot read {}: {error}", path.display()))]);
    let expectations = text.and_then(|text| Expectations::parse(path, &text));
    expectations.map_err(|problems| CliError::Invalid { place: "the expectations", problems })
}

/// Refuses what is no run of the whole suite against a tenant as it is: what it lacks would be agreed on as well.
fn whole(arguments: &GateArgs, header: &Header) -> Result<(), CliError> {
    if !header.faults.is_empty() {
        return Err(CliError::NoBaseline(format!("the stand-in was broken on purpose ({})", header.faults.join(", "))));
    }
    let shard = header.shard.map(|shard| format!("--shard {}/{}", shard.index, shard.of));
    let part: Vec<String> = header.chosen_by.iter().cloned().chain(shard).collect();
    if part.is_empty() || arguments.accept_part {
        return Ok(());
    }
    Err(CliError::NoBaseline(format!("it is of a part of the suite ({}); --accept-part takes it", part.join(", "))))
}

/// Shows what changes, then writes. A machine must not agree with itself, so CI is refused.
fn update(
    arguments: &GateArgs,
    contract: &Contract,
    run: &FinishedRun,
    context: &Context,
) -> Result<ExitCode, CliError> {
    if std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false") {
        return Err(CliError::UpdateInCi);
    }
    whole(arguments, run.journal.header())?;
    let path = &arguments.baseline;
    let known = path.exists().then(|| before(path, contract)).transpose()?.map(|(summary, _)| summary);
    let now = &run.summary;
    if let Some(known) = &known {
        let policy = Policy { accept_contract_change: true, ..arguments.policy() };
        let today = Utc::now().date_naive();
        let comparison = gate::compare(known, (now, &run.failures), &Expectations::default(), &policy, today);
        context.print(&render::text(&comparison, &context.palette));
    }
    let text = baseline::write(now, known.as_ref(), &arguments.policy());
    private::write(path, text.as_bytes())
        .map_err(|error| CliError::not_written(format!("cannot write {}: {error}", path.display())))?;
    context.print(&format!("{} is written: {}\n", path.display(), baseline::news(known.as_ref(), now)));
    Ok(ExitCode::Held)
}
