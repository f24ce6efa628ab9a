//! The baseline as a text that people review in a pull request: TOML, sorted, one line for each thing that may change.
//!
//! Deliberately not here: reading journals, and deciding whether a difference is bad.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use super::behaviour::latency_grew;
use super::policy::Policy;
use super::summary::{Behaviour, Latency, ScenarioStanding, Summary};
use crate::base::source::{Diagnostic, Source, Span};
use crate::base::text::counted;
use crate::record::Level;

/// The version of the text that this build reads and writes.
const FORMAT: u32 = 1;

const HEAD: &str = "\
# What the contract gate compares runs with. Written by `flowproof gate --update`; review a change of it as one of code.
";

#[derive(Deserialize)]
struct Version {
    format: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BaselineFile {
    #[serde(rename = "format")]
    _format: u32,
    contract: String,
    #[serde(default)]
    transitions: BTreeSet<String>,
    #[serde(default)]
    levels: BTreeMap<String, Level>,
    #[serde(default)]
    check_sets: BTreeMap<String, BTreeSet<String>>,
    #[serde(default)]
    scenarios: BTreeMap<String, ScenarioStanding>,
    #[serde(default)]
    operations: BTreeMap<String, Behaviour>,
}

/// Reads a baseline.
///
/// # Errors
/// When the text is no baseline, or one of a later build. It is never taken for an empty one.
pub(crate) fn read(path: &Path, text: &str) -> Result<Summary, Vec<Diagnostic>> {
    let source = Source::new(path, text);
    let broken = |error: &toml::de::Error| {
        let message = error.message().lines().next().unwrap_or("it is not TOML").to_owned();
        let at = error.span().unwrap_or(0..0);
        vec![Diagnostic::at(&Span::new(&source, at), message).help("write it again with `flowproof gate --update`")]
    };
    let version: Version = toml::from_str(head(text)).map_err(|error| broken(&error))?;
    if version.format != FORMAT {
        let message = format!("the baseline has format {}; this build reads format {FORMAT}", version.format);
        let problem = Diagnostic::at(&Span::new(&source, 0..0), message);
        return Err(vec![problem.help("use the build that wrote it, or a later one")]);
    }
    let file = line_by_line(text).map_or_else(|| toml::from_str(text), Ok).map_err(|error| broken(&error))?;
    let BaselineFile { contract, transitions, levels, check_sets, scenarios, operations, .. } = file;
    let is_unknown = |(_, standing): &(&String, &ScenarioStanding)| !check_sets.contains_key(&standing.checks);
    if let Some((name, ScenarioStanding { checks, .. })) = scenarios.iter().find(is_unknown) {
        let message = format!("`{name}` refers to the check set `{checks}`, which does not exist");
        return Err(vec![Diagnostic::at(&Span::new(&source, 0..0), message)]);
    }
    let uncovered = Vec::new();
    Ok(Summary { contract, levels, check_sets, scenarios, operations, transitions, uncovered, started_at: None })
}

/// All before the first table, where the format stands.
fn head(text: &str) -> &str {
    text.find("\n[").map_or(text, |end| &text[..end])
}

/// Reads the scenarios a line at a time, as they are written: the tree of a whole text takes thirty times its size. Nothing
/// when a line cannot be read alone, or a name is there twice; the whole text then says what is wrong, if anything is.
fn line_by_line(text: &str) -> Option<BaselineFile> {
    const TABLE: &str = "\n[scenarios]\n";
    let start = text.find(TABLE)? + TABLE.len();
    let end = text[start..].find("\n[").map_or(text.len(), |length| start + length);
    let mut file: BaselineFile = toml::from_str(&[&text[..start], &text[end..]].concat()).ok()?;
    for line in text[start..end].lines() {
        for (name, line) in toml::from_str::<BTreeMap<String, ScenarioStanding>>(line).ok()? {
            if file.scenarios.insert(name, line).is_some() {
                return None;
            }
        }
    }
    Some(file)
}

/// Writes a summary as a baseline.
///
/// Latencies of the baseline before are kept where the new ones are no news, so that the difference to review stays small.
pub(crate) fn write(run: &Summary, before: Option<&Summary>, policy: &Policy) -> String {
    let mut text = format!("{HEAD}format = {FORMAT}\ncontract = {}\n", quoted(&run.contract));
    list(&mut text, "transitions", &run.transitions);
    if !run.levels.is_empty() {
        text.push_str("\n[levels]\n");
        run.levels.iter().for_each(|(check, level)| put(&mut text, check, &quoted(level.as_str())));
    }
    scenarios(&mut text, run, before);
    for (name, seen) in &run.operations {
        let _ = write!(text, "\n[operations.{}]\n", key(name));
        let known = before.and_then(|before| before.operations.get(name)).and_then(|known| known.latency);
        if let Some(latency) = seen.latency.map(|now| kept(known, now, policy)) {
            let Latency { samples, p50, p90, p99 } = latency;
            let _ = writeln!(text, "latency = {{ samples = {samples}, p50 = {p50}, p90 = {p90}, p99 = {p99} }}");
        }
        list(&mut text, "answers", &seen.answers);
        list(&mut text, "properties", &seen.properties);
        list(&mut text, "values", &seen.values);
    }
    text
}

fn kept(before: Option<Latency>, now: Latency, policy: &Policy) -> Latency {
    before.filter(|before| !latency_grew(before, &now, policy) && !latency_grew(&now, before, policy)).unwrap_or(now)
}

fn scenarios(text: &mut String, run: &Summary, before: Option<&Summary>) {
    if !run.check_sets.is_empty() {
        text.push_str("\n# Which checks a scenario was judged by. A set is named after what is in it.\n[check-sets]\n");
        run.check_sets.iter().for_each(|(name, checks)| put(text, name, &inline(checks)));
    }
    text.push_str("\n[scenarios]\n");
    for (name, standing) in &run.scenarios {
        let then = before.and_then(|before| before.scenarios.get(name)).filter(|then| then.is_bad());
        let since = then.and_then(|then| then.since).or(run.started_at).filter(|_| standing.is_bad());
        put(text, name, &line(standing, since));
    }
}

fn line(standing: &ScenarioStanding, since: Option<DateTime<Utc>>) -> String {
    let ScenarioStanding { steps, demands, .. } = standing;
    let (verdict, checks) = (quoted(standing.verdict.as_str()), quoted(&standing.checks));
    let mut line = format!("{{ verdict = {verdict}, steps = {steps}, demands = {demands}, checks = {checks}");
    if standing.flaky {
        line.push_str(", flaky = true");
    }
    if !standing.levels.is_empty() {
        let levels: Vec<String> =
            standing.levels.iter().map(|(check, level)| format!("{check} = {}", quoted(level.as_str()))).collect();
        let _ = write!(line, ", levels = {{ {} }}", levels.join(", "));
    }
    if !standing.findings.is_empty() {
        let _ = write!(line, ", findings = {}", inline(&standing.findings));
    }
    if let Some(since) = since {
        let _ = write!(line, ", since = {}", quoted(&since.to_rfc3339_opts(SecondsFormat::Secs, true)));
    }
    line.push_str(" }");
    line
}

fn put(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{} = {value}", key(name));
}

fn list(text: &mut String, name: &str, entries: &BTreeSet<String>) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(text, "{name} = [");
    entries.iter().for_each(|entry| _ = writeln!(text, "  {},", quoted(entry)));
    text.push_str("]\n");
}

fn inline(entries: &BTreeSet<String>) -> String {
    let entries: Vec<String> = entries.iter().map(|entry| quoted(entry)).collect();
    format!("[{}]", entries.join(", "))
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if bare { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// What a first baseline accepts, in one sentence.
fn first(run: &Summary) -> String {
    let accepted = match run.scenarios.values().filter(|standing| standing.is_bad()).count() {
        0 => "none of them fails".to_owned(),
        bad => format!("{bad} of them do not pass, which it accepts from now on"),
    };
    format!("a first baseline of {}; {accepted}", counted(run.scenarios.len(), "scenario"))
}

/// What `--update` would change, in one sentence.
pub(crate) fn news(before: Option<&Summary>, run: &Summary) -> String {
    let Some(before) = before else { return first(run) };
    let added = run.scenarios.keys().filter(|name| !before.scenarios.contains_key(*name)).count();
    let gone = before.scenarios.keys().filter(|name| !run.scenarios.contains_key(*name)).count();
    let other =
        run.scenarios.iter().filter(|(name, now)| before.scenarios.get(*name).is_some_and(|then| is_other(then, now)));
    format!("{added} scenarios added, {gone} removed, {} changed", other.count())
}

/// Whether a scenario stands elsewhere than it did, its day apart.
fn is_other(then: &ScenarioStanding, now: &ScenarioStanding) -> bool {
    ScenarioStanding { since: None, ..then.clone() } != ScenarioStanding { since: None, ..now.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Verdict;

    fn summary() -> Summary {
        let standing = ScenarioStanding {
            verdict: Verdict::Failed,
            flaky: false,
            steps: 2,
            demands: 3,
            levels: BTreeMap::from([("media-type".into(), Level::Warn)]),
            checks: "both".into(),
            findings: ["response-schema validateOtp /a \"b\"".to_owned()].into(),
            since: Some(DateTime::UNIX_EPOCH),
        };
        let seen = Behaviour {
            answers: ["200 application/hal+json".to_owned()].into(),
            properties: ["200 /_links/*/href".to_owned()].into(),
            values: ["200 Flow/properties/status COMPLETED".to_owned()].into(),
            latency: Some(Latency { samples: 100, p50: 1, p90: 2, p99: 3 }),
        };
        Summary {
            uncovered: Vec::new(),
            started_at: None,
            contract: "abc".into(),
            levels: BTreeMap::from([("media-type".into(), Level::Deny)]),
            check_sets: BTreeMap::from([("both".into(), ["documented-status".to_owned(), "media-type".into()].into())]),
            scenarios: BTreeMap::from([("mfa/otp/x#row".into(), standing)]),
            operations: BTreeMap::from([("validateOtp".into(), seen)]),
            transitions: ["flow: A → B".to_owned()].into(),
        }
    }

    #[test]
    fn a_baseline_reads_back_what_was_written() {
        let text = write(&summary(), Some(&summary()), &Policy::default());
        assert_eq!(read(Path::new("b.toml"), &text).expect("a baseline"), summary(), "{text}");
    }

    /// S2-20: a baseline remembers since when a scenario does not pass, and forgets it once it passes.
    #[test]
    fn s2_20_a_baseline_keeps_the_day_of_a_failure() {
        let day = |day: i64| DateTime::from_timestamp(day * 86_400, 0);
        let written = |before: Option<&Summary>, verdict, at: i64| {
            let mut run = Summary { started_at: day(at), ..summary() };
            run.scenarios.values_mut().for_each(|standing| (standing.verdict, standing.since) = (verdict, None));
            read(Path::new("b.toml"), &write(&run, before, &Policy::default())).expect("a baseline")
        };
        let since = |summary: &Summary| summary.since().values().next().copied();
        let first = written(None, Verdict::Failed, 1);
        let second = written(Some(&first), Verdict::Failed, 2);
        let passed = written(Some(&second), Verdict::Passed, 3);
        let again = written(Some(&passed), Verdict::Failed, 4);
        assert_eq!([&first, &second, &passed, &again].map(since), [day(1), day(1), None, day(4)]);
    }

    #[test]
    fn e12_a_baseline_that_cannot_be_read_is_an_error_with_its_place() {
        let refused = |text: &str| read(Path::new("b.toml"), text).expect_err("refused")[0].render(false);
        assert!(refused("").contains("format"), "{}", refused(""));
        assert!(refused("format = 2\n").contains("this build reads format 1"));
        assert!(refused("format = 1\ncontract = \"c\"\nscenarios = 1\n").contains("b.toml:3"));
        let unknown_set = "format = 1\ncontract = \"c\"\n[scenarios]\na = { verdict = \"passed\", steps = 1, demands = 1, checks = \"x\" }\n";
        assert!(refused(unknown_set).contains("which does not exist"));
    }

    #[test]
    fn scenarios_that_a_person_wrote_over_several_lines_are_read_and_double_ones_refused() {
        let text = write(&summary(), None, &Policy::default());
        let over_lines = text.replace("findings = [", "findings = [\n  ");
        assert!(line_by_line(&text).is_some() && line_by_line(&over_lines).is_none());
        assert_eq!(read(Path::new("b.toml"), &over_lines), read(Path::new("b.toml"), &text));
        let line = text.lines().find(|line| line.contains("mfa/otp")).expect("a line");
        let twice = text.replace(line, &format!("{line}\n{line}"));
        assert!(read(Path::new("b.toml"), &twice).expect_err("refused")[0].render(false).contains("duplicate"));
    }

    #[test]
    fn a_latency_that_is_no_news_stays_as_it_was() {
        let mut now = summary();
        let latency = |p50| Latency { samples: 100, p50, p90: 20_000, p99: 30_000 };
        let mut before = summary();
        before.operations.get_mut("validateOtp").expect("there").latency = Some(latency(10_000));
        now.operations.get_mut("validateOtp").expect("there").latency = Some(latency(11_000));
        let policy = Policy::default();
        assert_eq!(write(&now, Some(&before), &policy), write(&before, Some(&before), &policy));
        now.operations.get_mut("validateOtp").expect("there").latency = Some(latency(40_000));
        assert!(write(&now, Some(&before), &policy).contains("p50 = 40000"));
    }
}
