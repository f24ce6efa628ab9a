//! The file of expectations: failures that a team knows of, each with its reason, its issue and the day on which it expires.
//!
//! An entry is about findings, not about scenarios: a scenario that fails for another reason is not expected to. Deliberately
//! not here: the baseline, which knows of failures too, but not why.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use toml::Spanned;

use super::comparison::{GateProblem, GateProblemKind};
use super::summary::{Failure, ScenarioStanding};
use crate::base::glob;
use crate::base::source::{Diagnostic, Source, Span};
use crate::record::{Finding, Verdict};

/// The failures that a team knows of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expectations {
    entries: Vec<Expectation>,
}

/// One known failure.
#[derive(Debug, Clone)]
struct Expectation {
    entry: ExpectationEntry,
    expires: NaiveDate,
    /// Where the entry is written.
    place: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectationsFile {
    #[serde(default)]
    expected: Vec<Spanned<ExpectationEntry>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectationEntry {
    scenario: Spanned<String>,
    check: Option<String>,
    operation: Option<String>,
    pointer: Option<String>,
    message: Option<String>,
    #[serde(default = "failed")]
    outcomes: Vec<Verdict>,
    reason: Spanned<String>,
    issue: Spanned<String>,
    expires: Spanned<toml::value::Datetime>,
}

fn failed() -> Vec<Verdict> {
    vec![Verdict::Failed]
}

impl Expectations {
    /// Reads a file of expectations.
    ///
    /// # Errors
    /// With every problem of the text: an entry without reason, issue or day, two entries about the same.
    pub(crate) fn parse(path: impl Into<PathBuf>, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(path, text);
        let file: ExpectationsFile = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or("it is not TOML").to_owned();
            vec![Diagnostic::at(&Span::new(&source, error.span().unwrap_or(0..0)), message)]
        })?;
        let mut problems = repeated(&source, &file.expected);
        let mut entries = Vec::new();
        for entry in file.expected {
            match understood(&source, entry.into_inner()) {
                Ok(entry) => entries.push(entry),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(Self { entries }) } else { Err(problems) }
    }
}

/// Two entries that say the same: which of them would be the one to remove?
fn repeated(source: &Arc<Source>, entries: &[Spanned<ExpectationEntry>]) -> Vec<Diagnostic> {
    let about = |entry: &Spanned<ExpectationEntry>| {
        let ExpectationEntry { scenario, check, operation, pointer, message, .. } = entry.as_ref();
        (scenario.as_ref().clone(), check.clone(), operation.clone(), pointer.clone(), message.clone())
    };
    let repeated = entries.iter().enumerate().filter_map(|(at, entry)| {
        let first = entries[..at].iter().find(|earlier| about(earlier) == about(entry))?;
        let problem = Diagnostic::at(&Span::new(source, entry.as_ref().scenario.span()), "this is expected twice");
        Some(problem.related(&Span::new(source, first.as_ref().scenario.span()), "here the first time"))
    });
    repeated.collect()
}

fn understood(source: &Arc<Source>, entry: ExpectationEntry) -> Result<Expectation, Vec<Diagnostic>> {
    let at = |range: std::ops::Range<usize>, message: String| Diagnostic::at(&Span::new(source, range), message);
    let mut problems = Vec::new();
    for (name, text) in [("reason", &entry.reason), ("issue", &entry.issue)] {
        if text.as_ref().trim().is_empty() {
            problems.push(at(text.span(), format!("the {name} must say something")));
        }
    }
    if !entry.outcomes.contains(&Verdict::Errored) && entry.check.is_none() {
        let problem = at(entry.scenario.span(), "an entry names the `check` whose finding is expected".into());
        problems.push(problem.help("a scenario that fails for another reason must not hide behind it"));
    }
    if entry.outcomes.is_empty() || entry.outcomes == [Verdict::Passed] {
        problems.push(at(
            entry.scenario.span(),
            "`outcomes` must begin with the typical outcome: failed or errored".into(),
        ));
    }
    let day = entry
        .expires
        .as_ref()
        .date
        .and_then(|day| NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day)));
    if day.is_none() {
        problems.push(at(entry.expires.span(), "`expires` is a day, such as 2027-03-31".into()));
    }
    let Some(expires) = day.filter(|_| problems.is_empty()) else { return Err(problems) };
    let position = source.position(entry.scenario.span().start);
    Ok(Expectation { entry, expires, place: format!("{}:{}", source.path.display(), position.line) })
}

impl Expectation {
    fn is_about(&self, scenario: &str) -> bool {
        glob::matches(self.entry.scenario.as_ref(), scenario)
    }

    fn fits(&self, finding: &Finding) -> bool {
        let same = |pattern: &Option<String>, text: Option<&str>| {
            pattern.as_ref().is_none_or(|pattern| text.is_some_and(|text| glob::matches(pattern, text)))
        };
        same(&self.entry.check, Some(&finding.check))
            && same(&self.entry.operation, finding.operation.as_deref())
            && same(&self.entry.pointer, finding.pointer.as_deref())
            && self.fits_message(&finding.message)
    }

    fn fits_error(&self, failure: &Failure) -> bool {
        self.entry.outcomes.contains(&Verdict::Errored)
            && self.fits_message(failure.reason.as_deref().unwrap_or_default())
    }

    fn fits_message(&self, message: &str) -> bool {
        self.entry.message.as_ref().is_none_or(|part| message.contains(part.as_str()))
    }

    fn is_over(&self, today: NaiveDate) -> bool {
        self.expires < today
    }

    /// Why the failure is accepted, and until when.
    fn reason(&self) -> (&str, &str, NaiveDate) {
        (self.entry.reason.as_ref(), self.entry.issue.as_ref(), self.expires)
    }
}

/// Which expectations were met by what happened.
pub(super) struct Matched<'a> {
    expectations: &'a Expectations,
    met: Vec<bool>,
    overlaps: Vec<GateProblem>,
}

/// What the expectations say of a failure.
pub(super) struct FailureMatch<'a> {
    /// The reasons of the entries that fit.
    pub reasons: Vec<String>,
    /// The findings that no entry fits.
    pub unexplained: Vec<&'a Finding>,
    /// Whether the scenario is expected to fail for another reason.
    pub elsewhere: bool,
}

impl<'a> Matched<'a> {
    pub(super) fn new(expectations: &'a Expectations) -> Self {
        Self { expectations, met: vec![false; expectations.entries.len()], overlaps: Vec::new() }
    }

    /// Finds the entries that a failure meets. An expired one explains nothing.
    pub(super) fn take<'f>(&mut self, failure: &'f Failure, today: NaiveDate) -> FailureMatch<'f> {
        let mut known = FailureMatch { reasons: Vec::new(), unexplained: Vec::new(), elsewhere: false };
        if failure.verdict == Verdict::Errored {
            self.explain(failure, &mut known, today, |entry| entry.fits_error(failure));
        }
        for finding in &failure.findings {
            if !self.explain(failure, &mut known, today, |entry| entry.fits(finding)) {
                known.unexplained.push(finding);
            }
        }
        known.elsewhere = self.expectations.entries.iter().any(|entry| entry.is_about(&failure.scenario));
        known
    }

    fn explain(
        &mut self,
        failure: &Failure,
        known: &mut FailureMatch<'_>,
        today: NaiveDate,
        fits: impl Fn(&Expectation) -> bool,
    ) -> bool {
        let entries = self.expectations.entries.iter().enumerate();
        let fitting: Vec<(usize, &Expectation)> =
            entries.filter(|(_, entry)| entry.is_about(&failure.scenario) && fits(entry)).collect();
        fitting.iter().for_each(|(at, _)| self.met[*at] = true);
        if let [(_, first), (_, second), ..] = fitting.as_slice() {
            let message = format!("{} and {} are about the same failure; keep one", first.place, second.place);
            let subject = failure.scenario.clone();
            self.overlaps.push(GateProblem { kind: GateProblemKind::Overlapping, subject, message });
        }
        let standing = fitting.iter().find(|(_, entry)| !entry.is_over(today));
        if let Some((_, entry)) = standing {
            let (reason, issue, expires) = entry.reason();
            let reason = format!("{reason} ({issue}, until {expires})");
            if !known.reasons.contains(&reason) {
                known.reasons.push(reason);
            }
        }
        standing.is_some()
    }

    /// The problems of the entries themselves: those that were not met, hold no longer, or are about the same failure.
    pub(super) fn unmet(
        self,
        scenarios: &BTreeMap<String, ScenarioStanding>,
        today: NaiveDate,
    ) -> impl Iterator<Item = GateProblem> {
        let entries = self.expectations.entries.iter().zip(self.met);
        entries.filter_map(move |(entry, met)| problem(entry, met, scenarios, today)).chain(self.overlaps)
    }
}

fn problem(
    expectation: &Expectation,
    met: bool,
    scenarios: &BTreeMap<String, ScenarioStanding>,
    today: NaiveDate,
) -> Option<GateProblem> {
    let (name, (reason, issue, expires)) = (expectation.entry.scenario.as_ref(), expectation.reason());
    let mut about = scenarios.iter().filter(|(name, _)| expectation.is_about(name)).peekable();
    let (kind, message) = if expectation.is_over(today) {
        (GateProblemKind::Expired, format!("it expired on {expires}: {reason} ({issue})"))
    } else if about.peek().is_none() {
        (GateProblemKind::Stale, format!("no scenario is called `{name}`; remove the entry"))
    } else if !met
        && !expectation.entry.outcomes.contains(&Verdict::Passed)
        && about.any(|(_, standing)| standing.verdict == Verdict::Passed)
    {
        (GateProblemKind::UnexpectedPass, format!("`{name}` no longer fails like this; remove the entry"))
    } else {
        return None;
    };
    Some(GateProblem { kind, subject: expectation.place.clone(), message })
}

/// An entry to paste: all but the reason and the issue, which only a person knows.
pub(super) fn entry(failure: &Failure, finding: Option<&Finding>, today: NaiveDate) -> String {
    let mut text = "[[expected]]\n".to_owned();
    let mut put = |name: &str, value: &str| _ = writeln!(text, "{name} = {}", toml::Value::from(value));
    put("scenario", &failure.scenario);
    if let Some(finding) = finding {
        put("check", &finding.check);
        finding.operation.iter().for_each(|operation| put("operation", operation));
        finding.pointer.iter().for_each(|pointer| put("pointer", pointer));
    } else {
        text.push_str("outcomes = [\"errored\"]\n");
    }
    let expires = today.checked_add_days(Days::new(30)).unwrap_or(today);
    let _ = write!(
        text,
        "reason = \"\"   # why this is accepted for now\nissue = \"\"    # where it is followed up\nexpires = {expires}\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let problems = Expectations::parse("e.toml", text).expect_err("refused");
        problems.iter().map(|problem| problem.render(false)).collect()
    }

    const WHOLE: &str =
        "[[expected]]\nscenario = \"a\"\ncheck = \"media-type\"\nreason = \"r\"\nissue = \"i\"\nexpires = 2027-01-01\n";

    #[test]
    fn e05_an_entry_without_reason_issue_or_day_is_refused() {
        Expectations::parse("e.toml", WHOLE).expect("whole");
        for part in ["reason = \"r\"\n", "issue = \"i\"\n", "expires = 2027-01-01\n"] {
            assert!(refused(&WHOLE.replace(part, "")).contains("missing field"), "{part}");
        }
        assert!(refused(&WHOLE.replace("\"r\"", "\" \"")).contains("must say something"));
        assert!(refused(&WHOLE.replace("2027-01-01", "12:00:00")).contains("is a day"));
        assert!(refused(&WHOLE.replace("check = \"media-type\"\n", "")).contains("names the `check`"));
        assert!(refused(&WHOLE.replace("check", "chek")).contains("unknown field"));
    }

    #[test]
    fn e06_two_entries_about_the_same_are_refused() {
        assert!(refused(&format!("{WHOLE}{WHOLE}")).contains("expected twice"));
    }
}
