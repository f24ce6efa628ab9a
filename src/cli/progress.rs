//! What a run shows while it goes on: a bar on a terminal, and the first accounts of what did not pass, at once.
//!
//! Results go to standard output, the bar to standard error. Nothing here decides a verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use super::context::{Context, LINES};
use crate::record::{Header, Level, ScenarioRecord, Verdict};
use crate::reports::console::{self, Palette};
use crate::run::Listener;
use crate::run::printer::Printer;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    /// Only what the run came to, and why.
    Quiet,
    /// The first accounts of what did not pass as well.
    Normal,
    /// Every scenario.
    Verbose,
}

impl Verbosity {
    /// How many lines a run may take in all; how many scenarios pass or fail makes no difference.
    pub(super) fn lines(self) -> usize {
        match self {
            Self::Quiet => 25,
            Self::Normal => LINES,
            Self::Verbose => usize::MAX,
        }
    }
}

/// The most lines that accounts of single scenarios take; what came to pass in the others is said at the end, by its cause.
const ACCOUNTS: usize = 26;

/// How many lines are left, which others share.
#[derive(Debug, Clone)]
pub(super) struct LinesLeft(Arc<AtomicUsize>);

impl LinesLeft {
    fn new(lines: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(lines)))
    }

    /// Takes so many lines, or none where there are fewer.
    fn take(&self, lines: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(lines)).is_ok()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Shows how a run goes.
pub(super) struct Progress {
    verbosity: Verbosity,
    palette: Palette,
    printer: Printer,
    bar: Option<ProgressBar>,
    accounts: LinesLeft,
    failed: AtomicUsize,
    /// Whether an account has been shown.
    began: AtomicBool,
}

impl Progress {
    /// Makes a progress for so many scenarios; with a bar where a person watches.
    pub(super) fn new(scenarios: usize, verbosity: Verbosity, context: &Context, watched: bool) -> Self {
        let bar = (watched && verbosity != Verbosity::Quiet).then(|| bar(scenarios as u64));
        let accounts = LinesLeft::new(match verbosity {
            Verbosity::Quiet => 0,
            Verbosity::Normal => ACCOUNTS,
            Verbosity::Verbose => usize::MAX,
        });
        let (palette, printer) = (context.palette, context.printer.clone());
        Self { verbosity, palette, printer, bar, accounts, failed: AtomicUsize::new(0), began: AtomicBool::new(false) }
    }

    /// How many lines are left for the end of the run.
    pub(super) fn left(verbosity: Verbosity, accounts: &LinesLeft) -> usize {
        match verbosity {
            Verbosity::Normal => LINES - (ACCOUNTS - accounts.count()),
            other => other.lines(),
        }
    }

    /// The lines that are left for accounts.
    pub(super) fn accounts(&self) -> LinesLeft {
        self.accounts.clone()
    }

    fn text(&self, header: &Header, record: &ScenarioRecord) -> String {
        let warned = record.findings.iter().any(|finding| finding.level == Level::Warn);
        let passed = matches!(record.verdict, Verdict::Passed | Verdict::Skipped);
        let verbose = self.verbosity == Verbosity::Verbose;
        if !passed || record.is_flaky() || (warned && verbose) {
            let account = console::failure(header, record, &self.palette);
            let shown = self.accounts.take(account.lines().count() + 1);
            // An empty line between two of them, and none before the first.
            let gap = if shown && self.began.swap(true, Ordering::Relaxed) { "\n" } else { "" };
            return if shown { format!("{gap}{account}") } else { String::new() };
        }
        // The reason why a run ended early is shown once, at its end.
        if verbose { console::line(record, &self.palette) } else { String::new() }
    }

    /// Counts a scenario that did not pass, and says how many there are.
    fn tell(&self, bar: &ProgressBar, record: &ScenarioRecord) {
        if matches!(record.verdict, Verdict::Failed | Verdict::Errored) {
            let failed = self.failed.fetch_add(1, Ordering::Relaxed) + 1;
            bar.set_message(format!("{failed} did not pass, "));
        }
        bar.inc(1);
        if bar.length().is_some_and(|all| bar.position() >= all) {
            bar.finish_and_clear();
        }
    }
}

impl Listener for Progress {
    fn ended(&self, header: &Header, record: &ScenarioRecord) {
        let text = self.text(header, record);
        match &self.bar {
            Some(bar) => {
                bar.suspend(|| self.printer.print(&text));
                self.tell(bar, record);
            }
            None => self.printer.print(&text),
        }
    }
}

fn bar(scenarios: u64) -> ProgressBar {
    let template = "{bar:30} {pos}/{len}  {msg}{eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(scenarios), ProgressDrawTarget::stderr_with_hz(8)).with_style(style);
    let bar = bar.with_finish(ProgressFinish::AndClear);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
