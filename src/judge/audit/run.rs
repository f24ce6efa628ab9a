//! The loop: every mutant of every answer is made, judged, held against the judgement of the original, and taken back.
//!
//! A mutant is killed by a finding that the original does not have. Sequences are shared out among threads; what comes out does
//! not depend on which thread had which. Deliberately not here: what the mutants are, and how the result is shown.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::mutant::Mutant;
use super::operators::{FAMILIES, sequence};
use super::original::Original;
use super::recorded::{Recorded, RecordedSequence};
use super::report::{AuditReport, MutantPlace};
use crate::base::sync::LockAnyway;
use crate::checks::{Case, Judgement, Levels, Observation, judge, judge_until};
use crate::contract::Contract;
use crate::judge::replay::entries::RecordingError;
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
pub fn audit(contract: &Contract, recorded: &Recorded, options: &AuditOptions) -> Result<AuditReport, RecordingError> {
    let report = Mutex::new(AuditReport::new(options.levels == Levels::strict()));
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), RecordingError> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= recorded.count() {
                return Ok(());
            }
            audit_sequence(contract, &recorded.sequence(index)?, index, options, &report);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads.get()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    Ok(std::mem::take(&mut *report.locked()))
}

fn audit_sequence(
    contract: &Contract,
    sequence: &RecordedSequence,
    index: usize,
    options: &AuditOptions,
    report: &Mutex<AuditReport>,
) {
    report.locked().sequences += 1;
    let mut mutants = MutantJudge::new(contract, &options.levels, &sequence.history);
    let mut sampling = Sampling::new(options, &sequence.name);
    for at in 0..sequence.history.len() {
        let Some(original) = Original::of(contract, &sequence.history, at) else {
            report.locked().unanswered += 1;
            continue;
        };
        if mutants.known[at].denies() {
            // Checks that need one which denies already are not evaluated.
            report.locked().broken += 1;
            continue;
        }
        report.locked().exchanges += 1;
        let place = MutantPlace {
            operation: original.operation(),
            status: original.case.response.status,
            scenario: &sequence.name,
            sequence: index,
            exchange: at,
        };
        for family in FAMILIES {
            (family.mutate)(&original, &mut |mutant| {
                if sampling.takes() {
                    let mutant = original.held(mutant);
                    let finding = mutants.judge(at, &mutant);
                    report.locked().count(&place, &mutant, finding.as_ref());
                }
            });
        }
    }
}

/// A sequence in which one thing at a time is changed.
struct MutantJudge<'a> {
    contract: &'a Contract,
    levels: &'a Levels,
    /// The judgements of the exchanges as they are.
    known: Vec<Judgement>,
    /// The exchanges, one of which is changed while it is judged.
    history: Vec<Observation>,
}

impl<'a> MutantJudge<'a> {
    fn new(contract: &'a Contract, levels: &'a Levels, history: &[Observation]) -> Self {
        let case = |at: usize| Case::new(contract, &history[..=at], None);
        let judged = |at| case(at).map(|case| judge(&case, levels)).unwrap_or_default();
        Self { contract, levels, known: (0..history.len()).map(judged).collect(), history: history.to_vec() }
    }

    /// Makes a mutant, judges it, and takes it back.
    fn judge(&mut self, at: usize, mutant: &Mutant) -> Option<Finding> {
        let order = sequence::order(self.history.len(), at, &mutant.change);
        if let Some(first) = order.iter().enumerate().position(|(at, original)| at != *original) {
            let moved: Vec<Observation> = order.iter().map(|at| self.history[*at].clone()).collect();
            return self.worst(&moved, &order, first..order.len());
        }
        let original = self.history[at].clone();
        mutant.change.apply(&mut self.history[at]);
        let end = if mutant.onwards { order.len() } else { at + 1 };
        let worst = self.worst(&self.history, &order, at..end);
        self.history[at] = original;
        worst
    }

    /// The worst finding about a range of exchanges that the originals do not have; the first denial ends it.
    fn worst(&self, history: &[Observation], order: &[usize], range: Range<usize>) -> Option<Finding> {
        let mut worst: Option<Finding> = None;
        for at in range {
            let Some(case) = Case::new(self.contract, &history[..=at], None) else { continue };
            let known = &self.known[order[at]].findings;
            let is_new = |finding: &Finding| !known.iter().any(|known| is_same(known, finding));
            let denies = |finding: &Finding| finding.level == Level::Deny && is_new(finding);
            for finding in judge_until(&case, self.levels, denies).findings.into_iter().filter(is_new) {
                if worst.as_ref().is_none_or(|worst| worst.level < finding.level) {
                    worst = Some(finding);
                }
            }
            if worst.as_ref().is_some_and(|worst| worst.level == Level::Deny) {
                break;
            }
        }
        worst
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
