//! `flowproof audit`: whether the checks can fail, tried on recorded traffic.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::context::{Context, journal_at};
use super::contract::ContractArgs;
use super::errors::CliError;
use super::levels::LevelArgs;
use crate::base::format::TableFormat;
use crate::config::Config;
use crate::judge::audit::{AuditOptions, AuditReport, Recorded, audit};
use crate::record::ExitCode;

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// A journal, the folder of a run, or a HAR file
    #[arg(value_name = "FILE", default_value = "reports/latest")]
    recording: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = TableFormat::Text, value_name = "FORMAT")]
    format: TableFormat,
    /// Fail if fewer of the mutants that break the contract are killed, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percentage)]
    min_killed: Option<f64>,
    /// Judge only a sample of the mutants, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percentage, default_value = "100")]
    sample: f64,
    /// The seed that chooses the sample
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Number of threads [default: one per processor]
    #[arg(short, long, value_name = "NUMBER")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    contract: ContractArgs,
    #[command(flatten)]
    levels: LevelArgs,
}

fn percentage(text: &str) -> Result<f64, &'static str> {
    let share = text.parse().ok().filter(|share| (0.0..=100.0).contains(share));
    share.ok_or("a percentage is a number from 0 to 100")
}

/// Prints which mutants were killed; a share below the required minimum fails.
pub(super) fn run(arguments: &AuditArgs, context: &Context) -> Result<ExitCode, CliError> {
    let contract = arguments.contract.load(context)?.contract;
    let begun = Instant::now();
    let recorded = Recorded::open(&journal_at(&arguments.recording), &contract);
    let report = recorded.and_then(|recorded| audit(&contract, &recorded, &arguments.options(&context.config)));
    let report = report.map_err(|cause| CliError::recording(&arguments.recording, cause))?;
    context.print(&report.render(arguments.format));
    context.eprint(&format!("{}\n", pace(&report, begun)));
    arguments.judge(&report)
}

/// Goes to standard error: what is printed is the same for the same recording.
#[allow(clippy::cast_precision_loss)]
fn pace(report: &AuditReport, begun: Instant) -> String {
    let (mutants, seconds) = (report.total().all(), begun.elapsed().as_secs_f64());
    format!("{mutants} mutants in {seconds:.2} s: {:.0} per second", mutants as f64 / seconds)
}

impl AuditArgs {
    fn options(&self, config: &Config) -> AuditOptions {
        let options = AuditOptions::default();
        AuditOptions {
            levels: self.levels.levels(config),
            share: self.sample / 100.0,
            seed: self.seed,
            threads: self.jobs.unwrap_or(options.threads),
        }
    }

    fn judge(&self, report: &AuditReport) -> Result<ExitCode, CliError> {
        let total = report.total();
        if total.all() == 0 {
            return Err(CliError::NothingToAudit);
        }
        let share = if report.strict { total.seen() } else { total.killed() };
        match self.min_killed {
            Some(minimum) if share < minimum => Err(CliError::TooFewKilled { share, minimum }),
            _ => Ok(ExitCode::Held),
        }
    }
}
