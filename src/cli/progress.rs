//! What a run shows while it goes on: a bar on a terminal, one plain line per scenario elsewhere, failures at once.
//!
//! Results go to standard output, the bar to standard error. Nothing here decides a verdict.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use super::context::Context;
use crate::record::{Header, Level, ScenarioRecord, Verdict};
use crate::reports::console::{self, Palette};
use crate::run::Listener;
use crate::run::printer::Printer;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    /// Only what did not pass.
    Quiet,
    /// What did not pass, and how it goes.
    Normal,
    /// Every scenario.
    Verbose,
}

/// Shows how a run goes.
pub(super) struct Progress {
    verbosity: Verbosity,
    palette: Palette,
    printer: Printer,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Makes a progress for so many scenarios; with a bar where a person watches.
    pub(super) fn new(scenarios: usize, verbosity: Verbosity, context: &Context, watched: bool) -> Self {
        let bar = (watched && verbosity != Verbosity::Quiet).then(|| bar(scenarios as u64));
        Self { verbosity, palette: context.palette, printer: context.printer.clone(), bar }
    }

    fn text(&self, header: &Header, record: &ScenarioRecord) -> String {
        let warned = record.findings.iter().any(|finding| finding.level == Level::Warn);
        let passed = matches!(record.verdict, Verdict::Passed | Verdict::Skipped);
        let every = self.verbosity == Verbosity::Verbose || (self.verbosity == Verbosity::Normal && self.bar.is_none());
        if !passed || record.is_flaky() || (warned && self.verbosity == Verbosity::Verbose) {
            return console::failure(header, record, &self.palette);
        }
        // The reason why a run ended early is shown once, at its end.
        let every = every && (self.verbosity == Verbosity::Verbose || !was_not_run(record));
        if every { console::line(record, &self.palette) } else { String::new() }
    }
}

/// Whether a scenario never began because the run had ended early.
fn was_not_run(record: &ScenarioRecord) -> bool {
    let reason = record.reason.as_deref().unwrap_or_default();
    record.verdict == Verdict::Skipped && reason.starts_with("not run: ")
}

impl Listener for Progress {
    fn ended(&self, header: &Header, record: &ScenarioRecord) {
        let text = self.text(header, record);
        match &self.bar {
            Some(bar) => {
                bar.suspend(|| self.printer.print(&text));
                bar.inc(1);
            }
            None => self.printer.print(&text),
        }
    }
}

fn bar(scenarios: u64) -> ProgressBar {
    let template = "{bar:30} {pos}/{len}  {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(scenarios), ProgressDrawTarget::stderr_with_hz(8)).with_style(style);
    let bar = bar.with_finish(ProgressFinish::AndClear);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
