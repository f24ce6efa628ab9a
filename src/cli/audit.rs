//! `flowproof audit`: whether the checks can fail, tried on recorded traffic.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::{complain, journal_at, unusable};
use crate::audit::{self, Format, Options, Report, Scene, Scenes};
use crate::checks::{CHECKS, Levels};
use crate::config::Config;
use crate::contract::Contract;
use crate::progress::say;
use crate::record::journal::Journal;
use crate::record::{ExitCode, Level};
use crate::replay::restore::{Types, restore};

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// A journal, or the folder of a run
    #[arg(value_name = "JOURNAL", default_value = "reports/latest")]
    recording: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Fail when a smaller share of what the contract forbids is killed, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percentage)]
    min_killed: Option<f64>,
    /// Deny everything, and count what the contract is open to as well
    #[arg(long)]
    strict: bool,
    /// Leave a check out, to see what it is needed for; repeat for more
    #[arg(short = 'A', long, value_name = "CHECK", value_parser = clap::builder::PossibleValuesParser::new(crate::checks::ids()))]
    allow: Vec<String>,
    /// Judge only this share of the mutants, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percentage, default_value = "100")]
    sample: f64,
    /// The seed that chooses them
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// How many threads judge; one for each processor unless said otherwise
    #[arg(short, long, value_name = "NUMBER")]
    jobs: Option<NonZeroUsize>,
}

fn percentage(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=100.0).contains(&share) => Ok(share),
        _ => Err("a number from 0 to 100 is wanted".into()),
    }
}

/// Prints what came of the mutants; a share below the wanted one fails.
pub(super) fn carry_out(arguments: &AuditArgs, config: &Config) -> ExitCode {
    let contract = match Contract::embedded() {
        Ok(contract) => contract,
        Err(error) => return unusable(&error.to_string()),
    };
    let begun = Instant::now();
    let audited = recorded(arguments)
        .and_then(|recorded| audit::audit(&contract, recorded.as_ref(), &arguments.options(config)));
    match audited {
        Ok(report) => {
            say(&report.render(arguments.format));
            complain(&format!("{}\n", pace(&report, begun)));
            arguments.judged(&report)
        }
        Err(problem) => unusable(&format!("{}: {problem}", arguments.recording.display())),
    }
}

#[allow(clippy::cast_precision_loss)]
fn pace(report: &Report, begun: Instant) -> String {
    let (mutants, seconds) = (report.total().all(), begun.elapsed().as_secs_f64());
    format!("{mutants} mutants in {seconds:.2} s: {:.0} per second", mutants as f64 / seconds)
}

impl AuditArgs {
    fn options(&self, config: &Config) -> Options {
        let mut levels = Levels::default();
        config.apply(&mut levels);
        if self.strict {
            levels = Levels::strict();
        }
        for check in CHECKS.iter().filter(|check| self.allow.iter().any(|named| named == check.id)) {
            levels.set(check.id, Level::Allow);
        }
        let options = Options { levels, share: self.sample / 100.0, seed: self.seed, ..Options::default() };
        Options { threads: self.jobs.unwrap_or(options.threads), ..options }
    }

    fn judged(&self, report: &Report) -> ExitCode {
        let total = report.total();
        if total.all() == 0 {
            complain("error: there is nothing to audit: no exchange has a documented answer that keeps the contract\n");
            return ExitCode::NothingChecked;
        }
        let share = if self.strict { total.seen() } else { total.killed() };
        match self.min_killed {
            Some(wanted) if share < wanted => {
                complain(&format!("error: {share:.2} % of the mutants were killed; at least {wanted} % are wanted\n"));
                ExitCode::Violated
            }
            _ => ExitCode::Held,
        }
    }
}

/// The scenarios of a journal.
struct Recorded(Journal);

impl Scenes for Recorded {
    fn count(&self) -> usize {
        self.0.entries().len()
    }

    fn scene(&self, index: usize) -> Result<Scene, String> {
        let record = self.0.record(&self.0.entries()[index]).map_err(|error| error.to_string())?;
        Ok(Scene { history: restore(&record, Types::Foreign), name: record.name })
    }
}

fn recorded(arguments: &AuditArgs) -> Result<Box<dyn Scenes>, String> {
    let journal = Journal::open(&journal_at(&arguments.recording)).map_err(|error| error.to_string())?;
    Ok(Box::new(Recorded(journal)))
}
