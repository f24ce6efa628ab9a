//! An examination as a person reads it.

use super::{Examination, Health, ProbeResult};
use crate::base::text::{indented, visible};

/// How wide a line becomes, where words permit it.
const WIDTH: usize = 80;
/// Where what belongs to a line begins on those below it.
const INDENT: usize = 13;

/// An examination as lines: the answer, the question, what was found, and below it what to try.
pub(crate) fn text(examination: &Examination) -> String {
    let Examination { target, address, environment, findings, .. } = examination;
    let mut text = format!("{target}: {address} environment {environment}\n\n");
    let subject = findings.iter().map(|finding| finding.subject.chars().count()).max().unwrap_or_default().min(40);
    findings.iter().for_each(|finding| text += &line(finding, subject));
    text + &format!("\n{}\n", summary(findings))
}

fn line(finding: &ProbeResult, width: usize) -> String {
    let ProbeResult { probe, subject, health, found, advice, milliseconds } = finding;
    let (subject, found) = (visible(subject), visible(found));
    let took = if *health == Health::NotChecked { String::new() } else { format!("  ({milliseconds} ms)") };
    let line = format!("{:<11}  {probe:<11}  {subject:<width$}  {found}{took}", word(*health));
    let line = if line.chars().count() <= WIDTH {
        line + "\n"
    } else {
        let below = indented(&format!("{found}{took}"), WIDTH, INDENT);
        format!("{:<11}  {probe:<11}  {subject}\n{:<INDENT$}{below}\n", word(*health), "")
    };
    match advice {
        Some(advice) => line + &format!("{:<INDENT$}try: {}\n", "", indented(&visible(advice), WIDTH - 5, INDENT)),
        None => line,
    }
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Well => "ok",
        Health::Warning => "warning",
        Health::Failed => "FAILED",
        Health::NotChecked => "not checked",
    }
}

fn summary(findings: &[ProbeResult]) -> String {
    let count = |health| findings.iter().filter(|finding| finding.health == health).count();
    let (well, warnings) = (count(Health::Well), count(Health::Warning));
    let (failed, open) = (count(Health::Failed), count(Health::NotChecked));
    let verdict = match (failed, warnings) {
        (0, 0) => "a run would get verdicts",
        (0, _) => "a run would get verdicts; see the warnings",
        _ => "a run would get no verdict; fix the first failure, then try again",
    };
    format!("{well} ok, {warnings} warnings, {failed} failed, {open} not checked: {verdict}")
}
