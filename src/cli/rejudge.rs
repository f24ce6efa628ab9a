//! `flowproof rejudge`: whether recorded traffic would satisfy another contract.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use indexmap::IndexMap;

use super::context::{Context, journal_at, open};
use super::contract::ContractArgs;
use super::errors::CliError;
use super::in_use::ContractInUse;
use super::levels::LevelArgs;
use crate::base::text::{counted, first_of, one_line};
use crate::judge::replay::entries::Judge;
use crate::judge::replay::rejudge::{Change, Rejudged, rejudge};
use crate::record::{ExitCode, Level};

#[derive(Debug, Args)]
pub(super) struct RejudgeArgs {
    /// The journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    journal: PathBuf,
    #[command(flatten)]
    contract: ContractArgs,
    #[command(flatten)]
    levels: LevelArgs,
}

/// How many scenarios are named for one reason.
const NAMED: usize = 3;

/// What the scenarios came to.
#[derive(Default)]
struct RejudgeSummary {
    changes: Vec<Change>,
    /// The scenarios that cannot be judged any more, by the reason.
    unknown: BTreeMap<String, Vec<String>>,
    checks: usize,
    /// What moved a verdict and why, with the scenarios of which that is so.
    moved: IndexMap<String, Vec<String>>,
}

/// Judges the journal's scenarios again, one at a time.
pub(super) fn run(arguments: &RejudgeArgs, context: &Context) -> Result<ExitCode, CliError> {
    let path = journal_at(&arguments.journal);
    let ContractInUse { contract, decoder, .. } = arguments.contract.load(context)?;
    let journal = open(&path)?;
    if journal.footer().is_none() {
        context.warn_unfinished(&path);
    }
    let levels = arguments.levels.levels(&context.config);
    let judge = Judge { contract: &contract, levels: &levels, decoder };
    let mut summary = RejudgeSummary::default();
    for record in journal.records() {
        let record = record.map_err(|cause| CliError::Journal { path: path.clone(), cause })?;
        summary.add(&rejudge(&record, &judge));
    }
    context.print(&summary.unknown());
    let (then, now) = (&journal.header().contract.digest, &contract.digest);
    context.print(&summary.text());
    context.print(&summary.line(if then == now {
        "the contract of that run"
    } else {
        "another contract than that run's"
    }));
    Ok(summary.exit_code())
}

impl RejudgeSummary {
    fn add(&mut self, rejudged: &Rejudged) {
        self.checks += rejudged.checks;
        self.changes.push(rejudged.change());
        let word = match rejudged.change() {
            Change::NewlyFailing => "newly failing",
            Change::NewlyErrored => {
                let reason = rejudged.reason.clone().unwrap_or_default();
                return self.unknown.entry(reason).or_default().push(rejudged.name.clone());
            }
            Change::NewlyPassing => "newly passing",
            Change::Same => return,
        };
        self.moved.entry(described(word, rejudged)).or_default().push(rejudged.name.clone());
    }

    /// What moved verdicts, each once, with the scenarios; those of most scenarios first.
    fn text(&self) -> String {
        let mut moved: Vec<(&String, &Vec<String>)> = self.moved.iter().collect();
        moved.sort_by_key(|(_, names)| Reverse(names.len()));
        let each = moved.into_iter().map(|(what, names)| {
            let word = what.lines().next().unwrap_or_default();
            let rest: String = what.lines().skip(1).map(|line| format!("{line}\n")).collect();
            format!("{word}: {}\n{rest}", first_of(names, NAMED))
        });
        each.collect()
    }

    /// The scenarios that cannot be judged any more, each reason once.
    fn unknown(&self) -> String {
        let lines = self.unknown.iter().map(|(reason, names)| {
            let (count, names) = (counted(names.len(), "scenario"), first_of(names, NAMED));
            format!("no longer judged: {reason}\n  {count}: {names}\n")
        });
        lines.collect()
    }

    fn count(&self, change: Change) -> usize {
        self.changes.iter().filter(|known| **known == change).count()
    }

    fn line(&self, contract: &str) -> String {
        let [failing, passing] = [Change::NewlyFailing, Change::NewlyPassing].map(|change| self.count(change));
        let [errored, same] = [Change::NewlyErrored, Change::Same].map(|change| self.count(change));
        format!(
            "\n  judged by {contract}: {failing} newly failing, {passing} newly passing, {errored} no longer judged, \
             {same} unchanged; {} checks\n",
            self.checks
        )
    }

    fn exit_code(&self) -> ExitCode {
        match (self.count(Change::NewlyFailing), self.count(Change::NewlyErrored), self.checks) {
            (1.., ..) => ExitCode::Violated,
            (_, 1.., _) => ExitCode::CouldNotTell,
            (.., 0) => ExitCode::NothingChecked,
            _ => ExitCode::Held,
        }
    }
}

fn described(word: &str, rejudged: &Rejudged) -> String {
    let mut text = format!("{word} (was {})\n", rejudged.before.as_str());
    rejudged.reason.iter().for_each(|reason| text.push_str(&format!("  {}\n", one_line(reason))));
    for finding in rejudged.findings.iter().filter(|finding| finding.level == Level::Deny) {
        let at = finding.pointer.as_deref().filter(|pointer| !pointer.is_empty()).unwrap_or("-");
        let promise = finding.promise.as_deref().unwrap_or("-");
        let operation = finding.operation.as_deref().unwrap_or("-");
        text.push_str(&format!("    {} {operation} {at}, promised at {promise}\n", finding.check));
    }
    text
}
