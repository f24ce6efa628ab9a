//! What somebody must look at, in one form for all the reports of CI systems, and gathered by its cause.
//!
//! A problem is a finding of a check, a scenario without a verdict, or one that passed only when it was run again.
//! Deliberately not here: how a report words, orders or escapes them.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::base::digest::sha256;
use crate::record::{Finding, Header, Level, ScenarioRecord, StepOutcome, Verdict};

use super::console;

/// The rule of a scenario that came to no verdict.
pub(super) const NO_VERDICT: &str = "no-verdict";
/// The rule of a scenario that passed only when it was run again.
pub(super) const FLAKY: &str = "flaky";

/// How many causes are kept; a run that has more is not read cause by cause.
const CAUSES: usize = 1_000;
/// How many scenarios are named for one cause.
const NAMED: usize = 5;

/// One thing that somebody must look at.
pub(super) struct ReportedProblem<'a> {
    /// The check's id, [`NO_VERDICT`] or [`FLAKY`].
    pub rule: &'a str,
    /// How much it weighs.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// The finding, where a check spoke.
    pub finding: Option<&'a Finding>,
    /// The id of the trace that it is found in, where the exchange has one.
    pub trace: Option<&'a str>,
    /// The file of the scenario.
    pub file: &'a str,
    /// The line in it, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The same for the same problem in every run; no two of a journal are the same.
    pub fingerprint: String,
}

/// The problems of one scenario, in the order in which they were found.
pub(super) fn problems(record: &ScenarioRecord) -> Vec<ReportedProblem<'_>> {
    let mut seen = IndexMap::new();
    let found = record.findings.iter().map(|finding| {
        let place = (finding.check.as_str(), finding.level, finding.message.clone());
        problem(record, place, Some(finding), &mut seen)
    });
    let mut problems: Vec<_> = found.collect();
    problems.extend(without_finding(record).map(|place| problem(record, place, None, &mut seen)));
    problems
}

/// The details of a finding, by name, as far as it has them.
pub(super) fn details(finding: &Finding) -> impl Iterator<Item = (&'static str, &str)> {
    let details = [
        ("operation", &finding.operation),
        ("pointer", &finding.pointer),
        ("expected", &finding.expected),
        ("actual", &finding.actual),
    ];
    details.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
}

/// What is wrong with a scenario though no check denied anything.
fn without_finding(record: &ScenarioRecord) -> Option<(&'static str, Level, String)> {
    if record.is_flaky() {
        let attempt = record.earlier.len() + 1;
        let why =
            record.earlier.last().and_then(|attempt| attempt.reason.as_deref()).unwrap_or("no reason was recorded");
        return Some((FLAKY, Level::Warn, format!("passed only at attempt {attempt}; the one before: {why}")));
    }
    let denied = record.findings.iter().any(|finding| finding.level == Level::Deny);
    let level = match record.verdict {
        Verdict::Errored | Verdict::Failed if !denied => Level::Deny,
        _ => return None,
    };
    Some((NO_VERDICT, level, record.reason.clone().unwrap_or_else(|| "no reason was recorded".into())))
}

fn problem<'a>(
    record: &'a ScenarioRecord,
    (rule, level, message): (&'a str, Level, String),
    finding: Option<&'a Finding>,
    seen: &mut IndexMap<String, usize>,
) -> ReportedProblem<'a> {
    let exchange = finding.and_then(|finding| record.exchanges.get(finding.exchange?));
    let stopped = || record.steps.iter().find(|step| step.outcome == StepOutcome::Errored && rule == NO_VERDICT);
    let step = exchange.and_then(|exchange| record.steps.get(exchange.step)).or_else(stopped);
    let place = finding.and_then(|finding| finding.place.as_ref()).or(step.map(|step| &step.place));
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let identity = [
        record.name.clone(),
        rule.to_owned(),
        text(step.map(|step| &step.label)),
        text(finding.and_then(|finding| finding.operation.as_ref())),
        text(finding.and_then(|finding| finding.pointer.as_ref())),
    ];
    let identity = identity.join("\0");
    let times = seen.entry(identity.clone()).and_modify(|times| *times += 1).or_insert(1);
    ReportedProblem {
        rule,
        level,
        message,
        finding,
        trace: exchange.and_then(|exchange| Some(exchange.trace.as_ref()?.trace_id.as_str())),
        file: place.map_or(record.file.as_str(), |place| place.file.as_str()),
        line: place.map_or(1, |place| place.line.max(1)),
        column: place.map_or(1, |place| place.column.max(1)),
        fingerprint: sha256(format!("{identity}\0{times}")),
    }
}

/// Problems of the same rule, level, operation, pointer and words, wherever they were found.
#[derive(Debug)]
pub(super) struct Cause {
    /// The rule.
    pub rule: String,
    /// How much it weighs.
    pub level: Level,
    /// What is wrong, as the first scenario has it.
    pub message: String,
    /// The file, line and column of the first.
    pub place: (String, usize, usize),
    /// What happened in the first, as the console shows it.
    pub account: String,
    /// The first scenarios that have it.
    pub named: Vec<String>,
    /// The operations whose answers show it.
    pub operations: BTreeSet<String>,
    /// How many scenarios have it.
    pub scenarios: usize,
    /// The index of the last of them.
    last: usize,
}

impl Cause {
    fn first(header: &Header, record: &ScenarioRecord, problem: &ReportedProblem<'_>) -> Self {
        Self {
            rule: problem.rule.to_owned(),
            level: problem.level,
            message: problem.message.clone(),
            place: (problem.file.to_owned(), problem.line, problem.column),
            account: console::about(header, record, problem.finding),
            named: vec![record.name.clone()],
            operations: operation(problem).into_iter().collect(),
            scenarios: 1,
            last: record.index,
        }
    }

    /// Counts a scenario once, however often it has the problem.
    fn count(&mut self, record: &ScenarioRecord, problem: &ReportedProblem<'_>) {
        self.operations.extend(operation(problem));
        if self.last == record.index {
            return;
        }
        self.last = record.index;
        self.scenarios += 1;
        if self.named.len() < NAMED {
            self.named.push(record.name.clone());
        }
    }
}

/// The operation that a problem is about.
fn operation(problem: &ReportedProblem<'_>) -> Option<String> {
    problem.finding.and_then(|finding| finding.operation.clone())
}

/// What a run has to be looked at for, in the order of the run.
#[derive(Debug)]
pub(super) struct Causes {
    known: IndexMap<Key, Cause>,
    key: fn(&ReportedProblem<'_>) -> Key,
    /// How many problems are of causes for which there was no room.
    pub beyond: usize,
}

impl Causes {
    /// Causes told apart by check, operation and place.
    pub(super) fn by_place() -> Self {
        Self { known: IndexMap::new(), key: place_key, beyond: 0 }
    }

    /// Causes as a person tells them apart who sees only a few lines: by check and message, whichever operations show them.
    pub(super) fn by_message() -> Self {
        Self { key: message_key, ..Self::by_place() }
    }

    /// Adds what is to be looked at in one scenario.
    pub(super) fn add(&mut self, header: &Header, record: &ScenarioRecord) {
        for problem in problems(record) {
            let room = self.known.len() < CAUSES;
            match self.known.entry((self.key)(&problem)) {
                Entry::Occupied(mut cause) => cause.get_mut().count(record, &problem),
                Entry::Vacant(new) if room => drop(new.insert(Cause::first(header, record, &problem))),
                Entry::Vacant(_) => self.beyond += 1,
            }
        }
    }

    /// Those of one level, those of most scenarios first.
    pub(super) fn by_weight(&self, level: Level) -> Vec<&Cause> {
        let mut causes: Vec<&Cause> = self.at(level).collect();
        causes.sort_by(|a, b| {
            b.scenarios.cmp(&a.scenarios).then_with(|| (&a.rule, &a.message).cmp(&(&b.rule, &b.message)))
        });
        causes
    }

    /// Those of one level.
    pub(super) fn at(&self, level: Level) -> impl Iterator<Item = &Cause> {
        self.known.values().filter(move |cause| cause.level == level)
    }
}

type Key = (Level, Signature);

/// What findings of one cause have in common: the check, the operation, and the place with the words.
pub(super) type Signature = [String; 3];

/// A finding without what differs from scenario to scenario: places in lists are all the same. What is missing and what is
/// malformed at the same place are two.
pub(super) fn signature(finding: &Finding) -> Signature {
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let pointer = finding.pointer.as_deref().unwrap_or_default().split('/');
    let pointer: Vec<&str> = pointer.map(|part| if is_index(part) { "*" } else { part }).collect();
    let place = format!("{} {}", pointer.join("/"), words(&finding.message));
    [finding.check.clone(), finding.operation.clone().unwrap_or_default(), place]
}

/// What makes two problems one: the finding's signature, or the same reason for there being no verdict.
fn place_key(problem: &ReportedProblem<'_>) -> Key {
    let without = || [problem.rule.to_owned(), String::new(), problem.message.clone()];
    (problem.level, problem.finding.map_or_else(without, signature))
}

/// What makes two problems one for somebody who sees only a few lines: the check and its words, numbers and ids aside.
fn message_key(problem: &ReportedProblem<'_>) -> Key {
    (problem.level, [problem.rule.to_owned(), String::new(), words(&problem.message)])
}

/// The words of a message, numbers and ids aside.
fn words(message: &str) -> String {
    let words = message.split_whitespace();
    let words = words.map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
