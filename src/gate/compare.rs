//! The comparison: what of a run shuts the gate, what is known, what is better than before.
//!
//! Deliberately not here: the words in which it is shown ([`super::render`]).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::behaviour;
use super::comparison::{Comparison, GateProblem, GateProblemKind, ScenarioNote};
use super::expectations::{Expectations, Matched};
use super::policy::Policy;
use super::summary::{Failure, ScenarioStanding, Summary, signature};
use crate::record::{Level, Verdict};

/// Compares a run with a baseline.
pub(crate) fn compare(
    before: &Summary,
    (run, failures): (&Summary, &[Failure]),
    expectations: &Expectations,
    policy: &Policy,
    today: NaiveDate,
) -> Comparison {
    let mut comparison = Comparison { scenarios: run.scenarios.len(), ..Comparison::default() };
    comparison.contracts(before, run, policy);
    let mut matched = Matched::new(expectations);
    for failure in failures {
        comparison.failure(failure, before.scenarios.get(&failure.scenario), &mut matched, today);
    }
    comparison.scenarios(before, run, policy);
    comparison.weaker_levels(before, run);
    run.uncovered.iter().for_each(|what| comparison.problem(GateProblemKind::Uncovered, "coverage", what));
    comparison.problems.extend(matched.unmet(&run.scenarios, today));
    comparison.changes = behaviour::changes(before, run, policy);
    if policy.deny_changes {
        comparison.problems.extend(comparison.changes.iter().map(|change| {
            let message = format!("{} {} {}", change.kind, change.what, change.how);
            GateProblem { kind: GateProblemKind::Changed, subject: change.subject.clone(), message }
        }));
    }
    comparison.problems.sort_by(|a, b| (a.kind, &a.subject).cmp(&(b.kind, &b.subject)));
    comparison
}

impl Comparison {
    fn problem(&mut self, kind: GateProblemKind, subject: &str, message: impl Into<String>) {
        self.problems.push(GateProblem { kind, subject: subject.to_owned(), message: message.into() });
    }

    fn contracts(&mut self, before: &Summary, run: &Summary, policy: &Policy) {
        if before.contract != run.contract && !policy.accept_contract_change {
            let short = |digest: &str| digest.chars().take(12).collect::<String>();
            let message = format!(
                "the baseline knows contract {}, the run was judged by {}; --accept-contract-change compares them all the same",
                short(&before.contract),
                short(&run.contract)
            );
            self.problem(GateProblemKind::ContractChanged, "contract", message);
        }
    }

    fn failure(
        &mut self,
        failure: &Failure,
        then: Option<&ScenarioStanding>,
        matched: &mut Matched<'_>,
        today: NaiveDate,
    ) {
        let known = matched.take(failure, today);
        let explained = |signature: &String| then.is_some_and(|then| then.findings.contains(signature));
        let unexpected: Vec<_> = known.unexplained.iter().filter(|finding| !explained(&signature(finding))).collect();
        let name = &failure.scenario;
        let same_error =
            then.is_some_and(|then| then.verdict == failure.verdict) && failure.verdict == Verdict::Errored;
        match failure.verdict {
            _ if unexpected.is_empty() && !known.reasons.is_empty() => {
                self.expected.push(ScenarioNote { scenario: name.clone(), message: known.reasons.join("; ") });
            }
            Verdict::Errored if !same_error => {
                self.problem(GateProblemKind::NoVerdict, name, failure.reason.clone().unwrap_or_default());
                self.entries.push(super::expectations::entry(failure, None, today));
            }
            Verdict::Failed if !unexpected.is_empty() => {
                let kind = if known.elsewhere { GateProblemKind::OtherReason } else { GateProblemKind::NewFailure };
                for finding in unexpected {
                    self.problem(kind, name, format!("{}: {}", signature(finding), finding.message));
                    self.entries.push(super::expectations::entry(failure, Some(finding), today));
                }
            }
            _ => {
                let message = failure.reason.clone().unwrap_or_default();
                self.still.push(ScenarioNote { scenario: name.clone(), message });
            }
        }
    }

    fn scenarios(&mut self, before: &Summary, run: &Summary, policy: &Policy) {
        for (name, then) in &before.scenarios {
            match run.scenarios.get(name) {
                None => self.problem(GateProblemKind::Vanished, name, "the baseline has it and the run does not"),
                Some(now) => self.scenario(name, (before, then), (run, now)),
            }
        }
        self.added = run.scenarios.keys().filter(|name| !before.scenarios.contains_key(*name)).cloned().collect();
        self.flaky = run.scenarios.iter().filter(|(_, now)| now.flaky).map(|(name, _)| name.clone()).collect();
        if policy.deny_flaky {
            let known = |name: &String| before.scenarios.get(name).is_some_and(|then| then.flaky);
            for name in self.flaky.clone().iter().filter(|name| !known(name)) {
                self.problem(GateProblemKind::Flaky, name, "it passed, but not at the first attempt");
            }
        }
    }

    fn scenario(&mut self, name: &str, before: StandingIn<'_>, after: StandingIn<'_>) {
        match (before.1.verdict, after.1.verdict) {
            (Verdict::Skipped, Verdict::Skipped) => {}
            (_, Verdict::Skipped) => self.problem(GateProblemKind::UnexpectedSkip, name, "it ran in the baseline"),
            (Verdict::Failed | Verdict::Errored, Verdict::Passed) => self.fixed.push(name.to_owned()),
            _ => {}
        }
        let less = lost(before, after);
        if !less.is_empty() {
            self.problem(GateProblemKind::Weaker, name, less.join(", "));
        }
    }

    fn weaker_levels(&mut self, before: &Summary, run: &Summary) {
        for message in lowered(&before.levels, &run.levels) {
            self.problem(GateProblemKind::Weaker, "levels", message);
        }
        for check in silent(before, run) {
            self.problem(GateProblemKind::Vanished, &check, "this check no longer applies to any scenario");
        }
    }
}

/// Where a scenario stands, and the summary that says so.
type StandingIn<'a> = (&'a Summary, &'a ScenarioStanding);

/// Checks that judged scenarios which still pass, and judge nothing any more.
fn silent(before: &Summary, run: &Summary) -> BTreeSet<String> {
    let passes = |name: &String| run.scenarios.get(name).is_some_and(|now| now.verdict == Verdict::Passed);
    let then = before.scenarios.iter().filter(|(name, then)| then.verdict == Verdict::Passed && passes(name));
    let mut then: BTreeSet<String> = then.flat_map(|(_, then)| before.checks_of(then).cloned()).collect();
    run.scenarios.values().flat_map(|now| run.checks_of(now)).for_each(|check| _ = then.remove(check));
    then
}

/// How a scenario that still runs checks less than it did.
fn lost((before, then): StandingIn<'_>, (run, now): StandingIn<'_>) -> Vec<String> {
    let mut less = Vec::new();
    let mut fewer = |what: &str, then: usize, now: usize| {
        if now < then {
            less.push(format!("{now} {what} instead of {then}"));
        }
    };
    fewer("steps", then.steps, now.steps);
    fewer("demands", then.demands, now.demands);
    // A scenario that failed or was skipped did not come to all of its checks.
    if (then.verdict, now.verdict) == (Verdict::Passed, Verdict::Passed) {
        let judges = |check: &String| run.checks_of(now).any(|known| known == check);
        let gone = before.checks_of(then).filter(|check| !judges(check));
        less.extend(gone.map(|check| format!("no longer judged by {check}")));
    }
    less.extend(lowered(&then.levels, &now.levels).into_iter().filter(|_| now.verdict != Verdict::Skipped));
    less.extend(
        now.levels
            .iter()
            .filter(|(check, level)| !then.levels.contains_key(*check) && **level < Level::Deny)
            .map(|(check, level)| format!("{check} is now at {}", level.as_str())),
    );
    less
}

fn lowered(then: &BTreeMap<String, Level>, now: &BTreeMap<String, Level>) -> Vec<String> {
    let lower = then.iter().filter_map(|(check, then)| Some((check, then, now.get(check)?)));
    lower
        .filter(|(_, then, now)| now < then)
        .map(|(check, then, now)| format!("{check} is at {} instead of {}", now.as_str(), then.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ExitCode, Finding};

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day")
    }

    fn standing(verdict: Verdict) -> ScenarioStanding {
        ScenarioStanding {
            verdict,
            flaky: false,
            steps: 2,
            demands: 3,
            levels: BTreeMap::new(),
            checks: "both".into(),
            findings: BTreeSet::new(),
            since: None,
        }
    }

    fn summary(scenarios: &[(&str, ScenarioStanding)]) -> Summary {
        let scenarios = scenarios.iter().map(|(name, standing)| ((*name).to_owned(), standing.clone())).collect();
        let set = |checks: &[&str]| checks.iter().map(|check| (*check).to_owned()).collect();
        let both = ("both".to_owned(), set(&["documented-status", "media-type"]));
        let one = ("one".to_owned(), set(&["documented-status"]));
        Summary { contract: "c".into(), check_sets: [both, one].into(), scenarios, ..Summary::default() }
    }

    fn failure(scenario: &str, check: &str) -> Failure {
        let finding = Finding {
            check: check.into(),
            operation: Some("validateOtp".into()),
            pointer: Some("/status".into()),
            ..Finding::new("it is wrong")
        };
        Failure {
            scenario: scenario.into(),
            verdict: Verdict::Failed,
            reason: Some("r".into()),
            findings: vec![finding],
        }
    }

    fn compared(before: &Summary, run: &Summary, failures: &[Failure], expected: &str) -> Comparison {
        let expectations = Expectations::parse("e.toml", expected).expect("expectations");
        compare(before, (run, failures), &expectations, &Policy::default(), today())
    }

    fn kinds(comparison: &Comparison) -> Vec<GateProblemKind> {
        comparison.problems.iter().map(|problem| problem.kind).collect()
    }

    const KNOWN: &str = "[[expected]]\nscenario = \"a\"\ncheck = \"response-schema\"\nreason = \"known\"\n\
                         issue = \"https://example.com/1\"\nexpires = 2027-01-01\n";

    #[test]
    fn e01_a_failure_that_is_expected_for_this_reason_does_not_shut_the_gate() {
        let (before, run) =
            (summary(&[("a", standing(Verdict::Passed))]), summary(&[("a", standing(Verdict::Failed))]));
        let open = compared(&before, &run, &[failure("a", "response-schema")], KNOWN);
        assert_eq!((kinds(&open), open.expected.len(), open.exit_code()), (vec![], 1, ExitCode::Held));
        let shut = compared(&before, &run, &[failure("a", "response-schema")], "");
        assert_eq!((kinds(&shut), shut.exit_code()), (vec![GateProblemKind::NewFailure], ExitCode::Violated));
        assert!(shut.entries[0].contains("check = \"response-schema\""), "{}", shut.entries[0]);
    }

    #[test]
    fn e02_an_expected_failure_that_passes_shuts_the_gate() {
        let run = summary(&[("a", standing(Verdict::Passed))]);
        assert_eq!(kinds(&compared(&run, &run, &[], KNOWN)), [GateProblemKind::UnexpectedPass]);
    }

    #[test]
    fn e03_an_expected_failure_that_fails_differently_shuts_the_gate() {
        let run = summary(&[("a", standing(Verdict::Failed))]);
        let before = summary(&[("a", standing(Verdict::Passed))]);
        let comparison = compared(&before, &run, &[failure("a", "media-type")], KNOWN);
        assert_eq!(kinds(&comparison), [GateProblemKind::OtherReason]);
    }

    #[test]
    fn e04_an_expectation_about_nothing_shuts_the_gate() {
        let run = summary(&[("b", standing(Verdict::Passed))]);
        assert_eq!(kinds(&compared(&run, &run, &[], KNOWN)), [GateProblemKind::Stale]);
    }

    #[test]
    fn e05_an_expired_expectation_shuts_the_gate_even_where_it_matches() {
        let (before, run) =
            (summary(&[("a", standing(Verdict::Passed))]), summary(&[("a", standing(Verdict::Failed))]));
        let expired = KNOWN.replace("2027-01-01", "2026-11-21");
        let comparison = compared(&before, &run, &[failure("a", "response-schema")], &expired);
        assert!(kinds(&comparison).contains(&GateProblemKind::Expired), "{:?}", comparison.problems);
    }

    #[test]
    fn e06_two_expectations_that_are_about_the_same_failure_are_refused() {
        let (before, run) =
            (summary(&[("a", standing(Verdict::Passed))]), summary(&[("a", standing(Verdict::Failed))]));
        let wider = KNOWN.replace("\"a\"", "\"*\"");
        let comparison = compared(&before, &run, &[failure("a", "response-schema")], &format!("{KNOWN}{wider}"));
        assert_eq!(
            (kinds(&comparison), comparison.exit_code()),
            (vec![GateProblemKind::Overlapping], ExitCode::Unusable)
        );
    }

    #[test]
    fn e07_a_scenario_that_vanished_shuts_the_gate_and_a_new_one_does_not() {
        let before = summary(&[("a", standing(Verdict::Passed))]);
        let run = summary(&[("b", standing(Verdict::Passed))]);
        let comparison = compared(&before, &run, &[], "");
        assert_eq!((kinds(&comparison), comparison.added), (vec![GateProblemKind::Vanished], vec!["b".to_owned()]));
    }

    #[test]
    fn e08_a_scenario_that_checks_less_shuts_the_gate() {
        let before = summary(&[("a", standing(Verdict::Passed)), ("b", standing(Verdict::Passed))]);
        for weaken in [
            (|now: &mut ScenarioStanding| now.steps = 1) as fn(&mut ScenarioStanding),
            |now| now.demands = 2,
            |now| now.checks = "one".into(),
            |now| _ = now.levels.insert("media-type".into(), Level::Warn),
        ] {
            let mut run = before.clone();
            weaken(run.scenarios.get_mut("a").expect("there"));
            assert_eq!(kinds(&compared(&before, &run, &[], "")), [GateProblemKind::Weaker]);
        }
    }

    #[test]
    fn e08_a_check_that_judges_nothing_any_more_or_at_a_lower_level_shuts_the_gate() {
        let mut before = summary(&[("a", standing(Verdict::Passed))]);
        before.levels.insert("media-type".into(), Level::Deny);
        let mut run = before.clone();
        run.levels.insert("media-type".into(), Level::Allow);
        assert_eq!(kinds(&compared(&before, &run, &[], "")), [GateProblemKind::Weaker]);
        run = before.clone();
        run.scenarios.get_mut("a").expect("there").checks = "one".into();
        assert_eq!(kinds(&compared(&before, &run, &[], "")), [GateProblemKind::Vanished, GateProblemKind::Weaker]);
    }

    #[test]
    fn e09_a_scenario_that_is_skipped_now_shuts_the_gate() {
        let before = summary(&[("a", standing(Verdict::Passed))]);
        let run = summary(&[("a", standing(Verdict::Skipped))]);
        assert_eq!(kinds(&compared(&before, &run, &[], "")), [GateProblemKind::UnexpectedSkip]);
        assert_eq!(kinds(&compared(&run, &run, &[], "")), []);
    }

    #[test]
    fn e13_a_flaky_scenario_is_shown_and_shuts_the_gate_where_the_policy_says_so() {
        let before = summary(&[("a", standing(Verdict::Passed))]);
        let run = summary(&[("a", ScenarioStanding { flaky: true, ..standing(Verdict::Passed) })]);
        let with = |deny_flaky| {
            let policy = Policy { deny_flaky, ..Policy::default() };
            compare(&before, (&run, &[]), &Expectations::default(), &policy, today())
        };
        assert_eq!((kinds(&with(false)), with(false).flaky), (vec![], vec!["a".to_owned()]));
        assert_eq!(kinds(&with(true)), [GateProblemKind::Flaky]);
    }

    #[test]
    fn e14_a_result_in_a_known_set_is_flaky_and_any_other_shuts_the_gate() {
        let either = KNOWN.replace("reason", "outcomes = [\"failed\", \"passed\"]\nreason");
        let passed = summary(&[("a", standing(Verdict::Passed))]);
        assert_eq!(kinds(&compared(&passed, &passed, &[], &either)), []);
        let failed = summary(&[("a", standing(Verdict::Failed))]);
        let comparison = compared(&passed, &failed, &[failure("a", "response-schema")], &either);
        assert_eq!((kinds(&comparison), comparison.expected.len()), (vec![], 1));
        let errored = Failure { verdict: Verdict::Errored, findings: Vec::new(), ..failure("a", "x") };
        let run = summary(&[("a", standing(Verdict::Errored))]);
        let comparison = compared(&passed, &run, &[errored], &either);
        assert_eq!(
            (kinds(&comparison), comparison.exit_code()),
            (vec![GateProblemKind::NoVerdict], ExitCode::CouldNotTell)
        );
    }

    #[test]
    fn p12_another_contract_shuts_the_gate_unless_it_is_accepted() {
        let before = summary(&[("a", standing(Verdict::Passed))]);
        let run = Summary { contract: "d".into(), ..before.clone() };
        assert_eq!(kinds(&compared(&before, &run, &[], "")), [GateProblemKind::ContractChanged]);
        let policy = Policy { accept_contract_change: true, ..Policy::default() };
        let accepted = compare(&before, (&run, &[]), &Expectations::default(), &policy, today());
        assert_eq!(kinds(&accepted), []);
    }

    #[test]
    fn a_failure_that_the_baseline_has_is_still_shown_and_another_one_beside_it_is_new() {
        let mut known = standing(Verdict::Failed);
        known.findings.insert("response-schema validateOtp /status".into());
        let before = summary(&[("a", known.clone())]);
        let run = summary(&[("a", known)]);
        let same = compared(&before, &run, &[failure("a", "response-schema")], "");
        assert_eq!((kinds(&same), same.still.len()), (vec![], 1));
        let other = compared(&before, &run, &[failure("a", "media-type")], "");
        assert_eq!(kinds(&other), [GateProblemKind::NewFailure]);
    }

    #[test]
    fn what_was_mended_is_listed() {
        let before = summary(&[("a", standing(Verdict::Failed))]);
        let run = summary(&[("a", standing(Verdict::Passed))]);
        assert_eq!(compared(&before, &run, &[], "").fixed, ["a"]);
    }
}
