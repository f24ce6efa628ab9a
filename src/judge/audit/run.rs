//! The loop: every mutant of every answer is made, judged, held against the judgement of the original, and taken back.
//!
//! A mutant is killed by a finding that the original does not have. Sequences are shared out among threads; what comes out does
//! not depend on which thread had which. Deliberately not here: what the mutants are, and how the result is shown.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::corpus::{Corpus, RecordedSequence};
use super::mutant::{Mutant, Mutation};
use super::operators::{FAMILIES, sequence};
use super::original::Original;
use super::report::{AuditReport, MutantFate, MutantPlace};
use crate::checks::{Case, Judgement, Levels, Observation, findings, judge};
use crate::contract::Contract;
use crate::record::{Finding, Level};

/// What decides an audit.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// The level of every check.
    pub levels: Levels,
    /// The share of the mutants that are judged, from 0 to 1; which they are depends on the seed alone.
    pub share: f64,
    /// The seed of the choice.
    pub seed: u64,
    /// How many threads judge.
    pub threads: NonZeroUsize,
}

impl Default for AuditOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { levels: Levels::default(), share: 1.0, seed: 0, threads }
    }
}

/// Audits all sequences.
///
/// # Errors
/// When a sequence cannot be read.
pub fn audit(contract: &Contract, corpus: &dyn Corpus, options: &AuditOptions) -> Result<AuditReport, String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut report = AuditReport::new(options.levels == Levels::strict());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= corpus.count() {
                return Ok(report);
            }
            audit_sequence(contract, &corpus.sequence(index)?, index, options, &mut report);
        }
    };
    let reports: Vec<Result<AuditReport, String>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads.get()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err("an internal error".into()))).collect()
    });
    let whole = AuditReport::new(options.levels == Levels::strict());
    reports.into_iter().try_fold(whole, |whole, part| Ok(whole.with(part?)))
}

fn audit_sequence(
    contract: &Contract,
    sequence: &RecordedSequence,
    index: usize,
    options: &AuditOptions,
    report: &mut AuditReport,
) {
    report.sequences += 1;
    let mut bench = Workbench::new(contract, &options.levels, &sequence.history);
    let mut chosen = Sampling::new(options, &sequence.name);
    for at in 0..sequence.history.len() {
        let Some(original) = Original::of(contract, &sequence.history, at) else {
            report.unanswered += 1;
            continue;
        };
        if bench.known[at].denies() {
            // Checks that need those which deny already would say nothing.
            report.broken += 1;
            continue;
        }
        report.exchanges += 1;
        let place = MutantPlace {
            operation: original.operation(),
            status: original.case.response().status,
            scenario: &sequence.name,
            sequence: index,
            exchange: at,
        };
        for family in FAMILIES {
            (family.mutate)(&original, &mut |mutant| {
                if chosen.takes() {
                    report.count(&place, &mutant, &bench.killed(at, &mutant));
                }
            });
        }
    }
}

/// A sequence in which one thing at a time is changed.
struct Workbench<'a> {
    contract: &'a Contract,
    levels: &'a Levels,
    /// What is said of the exchanges as they are.
    known: Vec<Judgement>,
    /// The exchanges, one of which is changed while it is judged.
    work: Vec<Observation>,
}

impl<'a> Workbench<'a> {
    fn new(contract: &'a Contract, levels: &'a Levels, history: &[Observation]) -> Self {
        let mut bench = Self { contract, levels, known: Vec::new(), work: history.to_vec() };
        bench.known = (0..history.len()).map(|at| bench.judged(at)).collect();
        bench
    }

    fn judged(&self, at: usize) -> Judgement {
        Case::new(self.contract, &self.work[..=at], None).map(|case| judge(&case, self.levels)).unwrap_or_default()
    }

    /// Makes a mutant, judges it, and takes it back.
    fn killed(&mut self, at: usize, mutant: &Mutant) -> MutantFate {
        let order = sequence::order(self.known.len(), at, &mutant.change);
        match mutant.change {
            Mutation::Skipped => {
                let skipped = self.work.remove(at);
                let killed = self.from(at, &order);
                self.work.insert(at, skipped);
                killed
            }
            Mutation::Repeated => {
                self.work.insert(at + 1, self.work[at].clone());
                let killed = self.from(at + 1, &order);
                self.work.remove(at + 1);
                killed
            }
            Mutation::Swapped(other) => {
                self.work.swap(at, other);
                let killed = self.from(at, &order);
                self.work.swap(at, other);
                killed
            }
            Mutation::Again => {
                self.work.push(self.work[at].clone());
                let killed = self.from(order.len() - 1, &order);
                self.work.pop();
                killed
            }
            _ => self.changed(at, mutant, &order),
        }
    }

    fn changed(&mut self, at: usize, mutant: &Mutant, order: &[usize]) -> MutantFate {
        let mut other = self.work[at].clone();
        mutant.change.apply(&mut other);
        std::mem::swap(&mut self.work[at], &mut other);
        let end = if mutant.onwards { order.len() } else { at + 1 };
        let killed = self.within(at, end, order);
        self.work[at] = other;
        killed
    }

    fn from(&self, first: usize, order: &[usize]) -> MutantFate {
        self.within(first, order.len(), order)
    }

    /// The worst that is newly said of the exchanges from one place to another; the first denial ends it.
    fn within(&self, first: usize, end: usize, order: &[usize]) -> MutantFate {
        let mut killed = MutantFate::default();
        let mut places = order.iter().enumerate().take(end).skip(first);
        let _ = places.try_for_each(|(at, original)| self.note(at, &self.known[*original].findings, &mut killed));
        killed
    }

    /// Notes what is newly found in one exchange, until it is denied.
    fn note(&self, at: usize, known: &[Finding], killed: &mut MutantFate) -> ControlFlow<()> {
        let Some(case) = Case::new(self.contract, &self.work[..=at], None) else { return ControlFlow::Continue(()) };
        findings(&case, self.levels, &mut |finding| {
            if known.iter().any(|known| is_same(known, &finding)) {
                return ControlFlow::Continue(());
            }
            killed.by(&finding);
            if finding.level == Level::Deny { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }
}

/// Whether two findings say the same, wherever in the sequence they were made.
fn is_same(one: &Finding, other: &Finding) -> bool {
    one.check == other.check && one.pointer == other.pointer && one.message == other.message
}

/// Which mutants of a sequence are judged.
struct Sampling {
    state: u64,
    below: u64,
}

impl Sampling {
    fn new(options: &AuditOptions, sequence: &str) -> Self {
        // FNV-1a: the same on every machine, and spread enough for a choice.
        let state = sequence.bytes().fold(0xcbf2_9ce4_8422_2325 ^ options.seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let below = (options.share.clamp(0.0, 1.0) * u64::MAX as f64) as u64;
        Self { state, below }
    }

    /// Whether the next mutant is one of them (SplitMix64).
    fn takes(&mut self) -> bool {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31) <= self.below
    }
}
