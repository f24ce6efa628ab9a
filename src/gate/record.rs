//! A comparison as the journal keeps it, for reports that say what changed and since when.
//!
//! Deliberately not here: writing the journal, and any comparing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::comparison::{BehaviourChange, Comparison, GateProblem, GateProblemKind, ScenarioNote};
use crate::record::{Bearing, ChangeRecord, ChangesRecord};

/// New scenarios beyond this many are counted and not named.
const NAMED: usize = 20;

/// What a run was compared with, as far as the time of things goes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Earlier {
    /// What people call it.
    pub name: String,
    /// When it was run; a baseline file does not know.
    pub started_at: Option<DateTime<Utc>>,
    /// What had changed when it was compared itself.
    pub changes: Option<ChangesRecord>,
    /// Since when scenarios do not pass, where a baseline remembers.
    pub since: BTreeMap<String, DateTime<Utc>>,
}

/// What a comparison found, for the journal of the run that began then.
pub(crate) fn changes(comparison: &Comparison, earlier: &Earlier, started_at: DateTime<Utc>) -> ChangesRecord {
    let shut = |name: &String| comparison.problems.iter().any(|problem| problem.subject == *name);
    let mut changes: Vec<ChangeRecord> = comparison
        .problems
        .iter()
        .map(|problem| worse(problem, earlier.told(&problem.subject).unwrap_or(started_at)))
        .collect();
    changes.extend(comparison.fixed.iter().map(|name| fixed(name, started_at)));
    changes.extend(comparison.still.iter().map(|note| ChangeRecord {
        since: earlier.since(&note.scenario),
        ..noted(note, "still failing", "it does not pass, as before")
    }));
    changes.extend(comparison.expected.iter().map(|note| noted(note, "fails as expected", "it fails as expected")));
    let flaky = comparison.flaky.iter().filter(|name| !shut(name));
    changes.extend(flaky.map(|name| other(name, "it passed, but not at the first attempt")));
    changes.extend(added(&comparison.added));
    if comparison.problems.iter().all(|problem| problem.kind != GateProblemKind::Changed) {
        changes.extend(comparison.changes.iter().map(|change| behaviour(change, started_at)));
    }
    ChangesRecord { baseline: earlier.name.clone(), changes }
}

impl Earlier {
    /// Since when something has been as it is: what the earlier run knew of it, or at least since that run.
    fn since(&self, subject: &str) -> Option<DateTime<Utc>> {
        self.told(subject).or_else(|| self.since.get(subject).copied()).or(self.started_at)
    }

    /// Since when something is as it is, where the earlier run was compared itself and told so.
    fn told(&self, subject: &str) -> Option<DateTime<Utc>> {
        let known = self.changes.iter().flat_map(|known| &known.changes);
        known.filter(|change| change.subject == subject).find_map(|change| change.since)
    }

    /// The scenarios and whatever else an earlier gate was shut by.
    pub(crate) fn worse(&self) -> impl Iterator<Item = &str> {
        let known = self.changes.iter().flat_map(|known| &known.changes);
        known.filter(|change| change.bearing == Bearing::Worse).map(|change| change.subject.as_str())
    }
}

fn other(subject: &str, message: &str) -> ChangeRecord {
    ChangeRecord { subject: subject.to_owned(), message: message.to_owned(), ..ChangeRecord::default() }
}

fn worse(problem: &GateProblem, since: DateTime<Utc>) -> ChangeRecord {
    let message = format!("{}: {}", problem.kind, problem.message);
    ChangeRecord { bearing: Bearing::Worse, since: Some(since), ..other(&problem.subject, &message) }
}

fn fixed(name: &str, since: DateTime<Utc>) -> ChangeRecord {
    ChangeRecord { bearing: Bearing::Better, since: Some(since), ..other(name, "it passes, and did not") }
}

fn noted(note: &ScenarioNote, what: &str, alone: &str) -> ChangeRecord {
    let message = if note.message.is_empty() { alone.to_owned() } else { format!("{what}: {}", note.message) };
    other(&note.scenario, &message)
}

fn added(names: &[String]) -> Vec<ChangeRecord> {
    if names.len() > NAMED {
        return vec![other("suite", &format!("{} scenarios are new", names.len()))];
    }
    names.iter().map(|name| other(name, "it is new")).collect()
}

/// What appeared stands on one side, what disappeared on the other; a latency has both in its message.
fn behaviour(change: &BehaviourChange, since: DateTime<Utc>) -> ChangeRecord {
    let BehaviourChange { subject, kind, what, how } = change;
    let (before, after, message) = match how.as_str() {
        "appeared" => (None, Some(what.clone()), format!("{kind} {how}")),
        "disappeared" => (Some(what.clone()), None, format!("{kind} {how}")),
        _ => (None, None, format!("{kind} {how} ({what})")),
    };
    ChangeRecord { before, after, since: Some(since), ..other(subject, &message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn day(day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, day, 9, 0, 0).single().expect("a moment")
    }

    fn note(scenario: &str) -> ScenarioNote {
        ScenarioNote { scenario: scenario.into(), message: "r".into() }
    }

    #[test]
    fn what_fails_since_an_earlier_run_keeps_its_day_and_what_is_new_has_that_of_the_run() {
        let known = ChangeRecord { since: Some(day(1)), ..other("a", "it failed") };
        let earlier = Earlier {
            name: "the run of yesterday".into(),
            started_at: Some(day(2)),
            changes: Some(ChangesRecord { baseline: "b".into(), changes: vec![known] }),
            since: BTreeMap::new(),
        };
        let problem = GateProblem { kind: GateProblemKind::NewFailure, subject: "c".into(), message: "m".into() };
        let comparison =
            Comparison { problems: vec![problem], still: vec![note("a"), note("b")], ..Comparison::default() };
        let record = changes(&comparison, &earlier, day(3));
        let since: Vec<_> = record.changes.iter().map(|change| (change.subject.as_str(), change.since)).collect();
        assert_eq!(since, [("c", Some(day(3))), ("a", Some(day(1))), ("b", Some(day(2)))]);
        assert_eq!(record.changes[0].bearing, Bearing::Worse);
        assert_eq!(record.changes[0].message, "new failure: m");
    }

    #[test]
    fn a_suite_that_grew_by_many_is_one_line() {
        let comparison = Comparison { added: vec!["a".into(); NAMED + 1], ..Comparison::default() };
        let record = changes(&comparison, &Earlier::default(), day(3));
        assert_eq!(record.changes.len(), 1);
        assert_eq!(record.changes[0].message, "21 scenarios are new");
    }

    #[test]
    fn what_appeared_or_disappeared_stands_on_its_side() {
        let change =
            |how: &str| BehaviourChange { subject: "op".into(), kind: "answer", what: "200 -".into(), how: how.into() };
        let sides = ["appeared", "disappeared"].map(|how| {
            let record = behaviour(&change(how), day(3));
            (record.before, record.after)
        });
        assert_eq!(sides, [(None, Some("200 -".into())), (Some("200 -".into()), None)]);
    }
}
