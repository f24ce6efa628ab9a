//! `flowproof gate`: is this run at least as good as the one agreed on?

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::context::{Context, journal_at};
use crate::base::private;
use crate::base::source::Diagnostic;
use crate::contract::Contract;
use crate::gate::{self, Comparison, Earlier, Expectations, Failure, Policy, Summary, baseline, render};
use crate::record::ExitCode;
use crate::record::journal::{JOURNAL, Journal, make_folder};
use crate::reports::USUAL;
use crate::reports::text::moment;
use crate::run;

const AFTER: &str = "\
The gate is shut by: a new failure; a scenario that vanished, was skipped, or checks less than it did; an expected failure \
that passes or fails for another reason; an expectation that has expired or is about nothing; a baseline of another \
contract. Everything else that changed is shown.

Examples:
  flowproof gate --baseline baseline.toml --update     write the first baseline; review it and commit it
  flowproof gate --baseline baseline.toml              compare the last run with it
  flowproof gate now/ --baseline then/journal.jsonl    compare two journals
  flowproof gate --baseline then/ --report gate/       the reports of the last run once more, with what changed in them";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct GateArgs {
    /// A journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    /// What to compare with: a baseline, a journal, or the folder of a run
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    /// The failures that the team knows of
    #[arg(long, value_name = "FILE")]
    expectations: Option<PathBuf>,
    /// Compare although the baseline was made with another contract
    #[arg(long)]
    accept_contract_change: bool,
    /// What a scenario does that passed only after another attempt
    #[arg(long, value_enum, value_name = "POLICY", default_value_t = Flaky::Warn)]
    flaky: Flaky,
    /// Let every change of observed behaviour shut the gate
    #[arg(long)]
    deny_changes: bool,
    /// A latency beyond this multiple of the baseline's is a change
    #[arg(long, value_name = "N", default_value_t = Policy::default().latency_factor)]
    latency_factor: f64,
    /// Compare percentiles of at least so many answers
    #[arg(long, value_name = "N", default_value_t = Policy::default().latency_samples)]
    latency_samples: u64,
    /// Write the run as the new baseline, after showing what changes; never in CI
    #[arg(long)]
    update: bool,
    /// Write the run's journal and reports once more, with what changed and since when in them
    #[arg(short, long, value_name = "DIR", conflicts_with = "update")]
    report: Option<PathBuf>,
    /// How the comparison is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Flaky {
    /// It is shown
    Warn,
    /// It shuts the gate
    Fail,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Compares, and writes the new baseline where that is asked for.
pub(super) fn run(arguments: &GateArgs, context: &Context) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => contract,
        Err(error) => return context.unusable(&error.to_string()),
    };
    let run = match finished(&journal_at(&arguments.journal), &contract) {
        Ok(run) => run,
        Err(problem) => return context.unusable(&problem),
    };
    if arguments.update {
        return update(arguments, &contract, &run, context);
    }
    let before = match before(&arguments.baseline, &contract) {
        Ok(before) => before,
        Err(problems) => return context.refuse(problems, "the baseline"),
    };
    match expectations(arguments.expectations.as_deref()) {
        Ok(expectations) => compare(arguments, &before, &run, &expectations, context),
        Err(problems) => context.refuse(problems, "the expectations"),
    }
}

type Run = (Summary, Vec<Failure>);

fn compare(
    arguments: &GateArgs,
    before: &Summary,
    (run, failures): &Run,
    expectations: &Expectations,
    context: &Context,
) -> ExitCode {
    let today = chrono::Utc::now().date_naive();
    let comparison = gate::compare(before, (run, failures), expectations, &arguments.policy(), today);
    context.print(&match arguments.format {
        Format::Text => render::text(&comparison, &context.palette),
        Format::Json => render::json(&comparison),
    });
    let written = arguments.report.as_ref().map(|folder| report(arguments, folder, &comparison, context));
    comparison.exit_code().or_worse(written.unwrap_or(ExitCode::Held))
}

/// Writes the judged journal with the comparison in it, and its reports.
fn report(arguments: &GateArgs, folder: &Path, comparison: &Comparison, context: &Context) -> ExitCode {
    let written = annotated(arguments, folder, comparison).and_then(|journal| {
        run::render(&journal, folder, USUAL)
            .map_err(|error| error.to_string())
            .and_then(|written| written.map_err(|error| error.to_string()))
    });
    match written {
        Ok(written) => {
            written.iter().for_each(|path| context.print(&format!("{} is written\n", path.display())));
            ExitCode::Held
        }
        Err(problem) => {
            context.eprint(&format!("error: {problem}\n"));
            ExitCode::ReportNotWritten
        }
    }
}

/// The judged journal beside its reports; where it lies there already, it gets the changes in its place.
fn annotated(arguments: &GateArgs, folder: &Path, comparison: &Comparison) -> Result<PathBuf, String> {
    let told = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let judged = journal_at(&arguments.journal);
    let journal = Journal::open(&judged).map_err(|error| told(&judged, &error))?;
    let changes = gate::changes(comparison, &earlier(&arguments.baseline), journal.header().started_at);
    let path = folder.join(JOURNAL);
    make_folder(folder).map_err(|error| error.to_string())?;
    crate::reports::write::prepare(folder, USUAL).map_err(|error| error.to_string())?;
    let copied = private::write_by(&path, |out| journal.copy_with(changes, out));
    copied.map_err(|error| told(&path, &error))?;
    Ok(path)
}

/// What is known of the baseline's time: a journal has one, a baseline file has none.
fn earlier(baseline: &Path) -> Earlier {
    let path = journal_at(baseline);
    match Journal::open(&path) {
        Ok(journal) => Earlier {
            name: format!("the run of {}", moment(&journal.header().started_at)),
            started_at: Some(journal.header().started_at),
            changes: journal.footer().and_then(|footer| footer.changes.clone()),
        },
        Err(_) => Earlier { name: path.display().to_string(), ..Earlier::default() },
    }
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
fn finished(path: &Path, contract: &Contract) -> Result<Run, String> {
    let shown = path.display();
    let journal = Journal::open(path).map_err(|error| format!("{shown}: {error}"))?;
    match journal.footer() {
        None => Err(format!("{shown}: the run did not finish, so the gate cannot accept it; run it again")),
        Some(footer) => match &footer.ended_early {
            Some(why) => {
                Err(format!("{shown}: the run ended early ({why}), so the gate cannot accept it; run it again"))
            }
            None => journal
                .verify()
                .and_then(|()| gate::summarise(&journal, contract))
                .map_err(|error| format!("{shown}: {error}")),
        },
    }
}

/// The baseline, whichever form it has: never empty because it could not be read.
fn before(path: &Path, contract: &Contract) -> Result<Summary, Vec<Diagnostic>> {
    let help = "`flowproof gate --update` writes one from a run that is as it should be";
    let path = journal_at(path);
    let unread =
        |error: std::io::Error| vec![Diagnostic::whole(format!("cannot read {}: {error}", path.display())).help(help)];
    let mut first = [0];
    let read = std::fs::File::open(&path).and_then(|mut file| file.read(&mut first)).map_err(unread)?;
    if read == 1 && first == *b"{" {
        return finished(&path, contract)
            .map(|(summary, _)| summary)
            .map_err(|problem| vec![Diagnostic::whole(problem)]);
    }
    let text = std::fs::read_to_string(&path).map_err(unread)?;
    baseline::read(&path, &text)
}

fn expectations(path: Option<&Path>) -> Result<Expectations, Vec<Diagnostic>> {
    let Some(path) = path else { return Ok(Expectations::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| vec![Diagnostic::whole(format!("cannot read {}: {error}", path.display()))])?;
    Expectations::parse(path, &text)
}

/// Shows what changes, then writes. A machine must not agree with itself, so CI is refused.
fn update(arguments: &GateArgs, contract: &Contract, run: &Run, context: &Context) -> ExitCode {
    if std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false") {
        return context.unusable(
            "a baseline is updated by a person, not in CI; run this on your own machine and review the change",
        );
    }
    let path = &arguments.baseline;
    let known = match path.exists().then(|| before(path, contract)).transpose() {
        Ok(known) => known,
        Err(problems) => return context.refuse(problems, "the baseline"),
    };
    if let Some(known) = &known {
        let policy = Policy { accept_contract_change: true, ..arguments.policy() };
        let today = chrono::Utc::now().date_naive();
        let comparison = gate::compare(known, (&run.0, &run.1), &Expectations::default(), &policy, today);
        context.print(&render::text(&comparison, &context.palette));
    }
    let text = baseline::write(&run.0, known.as_ref(), &arguments.policy());
    match private::write(path, text.as_bytes()) {
        Ok(()) => {
            context.print(&format!("{} is written: {}\n", path.display(), baseline::news(known.as_ref(), &run.0)));
            ExitCode::Held
        }
        Err(error) => {
            context.eprint(&format!("error: cannot write {}: {error}\n", path.display()));
            ExitCode::ReportNotWritten
        }
    }
}
