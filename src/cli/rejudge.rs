//! `flowproof rejudge`: what another contract would say of recorded traffic.

use std::path::PathBuf;

use clap::Args;

use super::context::{Context, journal_at, open};
use super::errors::CliError;
use super::levels::LevelArgs;
use crate::judge::replay::entries::Judge;
use crate::judge::replay::rejudge::{Change, Rejudged, rejudge};
use crate::record::{ExitCode, Level};

#[derive(Debug, Args)]
pub(super) struct RejudgeArgs {
    /// The journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    /// The contract to judge by, YAML or JSON; the one that this build was made from unless said otherwise
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    #[command(flatten)]
    levels: LevelArgs,
}

/// How many scenarios moved which way.
#[derive(Default)]
struct Tally {
    failing: usize,
    errored: usize,
    passing: usize,
    same: usize,
    checks: usize,
}

/// Judges the journal's scenarios again, one at a time.
pub(super) fn run(arguments: &RejudgeArgs, context: &Context) -> Result<ExitCode, CliError> {
    let path = journal_at(&arguments.journal);
    let (contract, decoder) = context.contract_at(arguments.contract.as_deref())?;
    let journal = open(&path)?;
    if journal.footer().is_none() {
        context.warn_unfinished(&path);
    }
    let levels = arguments.levels.levels(&context.config);
    let judge = Judge { contract: &contract, levels: &levels, decoder };
    let mut tally = Tally::default();
    for record in journal.records() {
        let record = record.map_err(|cause| CliError::Journal { path: path.clone(), cause })?;
        tally.add(&rejudge(&record, &judge), context);
    }
    let (then, now) = (&journal.header().contract.digest, &contract.digest);
    context.print(&tally.summary(if then == now { "the contract of then" } else { "another contract" }));
    Ok(tally.exit_code())
}

impl Tally {
    fn add(&mut self, rejudged: &Rejudged, context: &Context) {
        self.checks += rejudged.checks;
        let change = rejudged.change();
        let word = match change {
            Change::NewlyFailing => "newly failing",
            Change::NewlyErrored => "cannot tell any more",
            Change::NewlyPassing => "newly passing",
            Change::Same => "",
        };
        *match change {
            Change::NewlyFailing => &mut self.failing,
            Change::NewlyErrored => &mut self.errored,
            Change::NewlyPassing => &mut self.passing,
            Change::Same => &mut self.same,
        } += 1;
        if change != Change::Same {
            context.print(&described(word, rejudged));
        }
    }

    fn summary(&self, contract: &str) -> String {
        let Self { failing, errored, passing, same, checks } = self;
        format!(
            "\n  judged by {contract}: {failing} newly failing, {passing} newly passing, {errored} cannot tell any more, {same} the same; {checks} checks\n"
        )
    }

    fn exit_code(&self) -> ExitCode {
        if self.failing > 0 {
            ExitCode::Violated
        } else if self.errored > 0 {
            ExitCode::CouldNotTell
        } else if self.checks == 0 {
            ExitCode::NothingChecked
        } else {
            ExitCode::Held
        }
    }
}

fn described(word: &str, rejudged: &Rejudged) -> String {
    let mut text = format!("{word}: {} (was {})\n", rejudged.name, rejudged.before.as_str());
    rejudged.reason.iter().for_each(|reason| text.push_str(&format!("  {reason}\n")));
    for finding in rejudged.findings.iter().filter(|finding| finding.level == Level::Deny) {
        let at = finding.pointer.as_deref().unwrap_or("-");
        let promise = finding.promise.as_deref().unwrap_or("-");
        let operation = finding.operation.as_deref().unwrap_or("-");
        text.push_str(&format!("    {} {operation} {at}, promised at {promise}\n", finding.check));
    }
    text
}
