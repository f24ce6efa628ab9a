//! An examination as a person reads it.

use super::{Examination, Health, ProbeResult};
use crate::base::groups::grouped;
use crate::base::text::{indented, visible};

/// Where what belongs to a line begins on those below it.
const INDENT: usize = 13;

/// An examination as lines of so many columns, where words permit it: the answer, the question, what was found, and below it
/// what to try.
pub(crate) fn text(examination: &Examination, width: usize) -> String {
    let Examination { target, address, environment, findings, .. } = examination;
    let environment = environment.as_ref().map(|id| format!(" environment {id}")).unwrap_or_default();
    let mut text = format!("{target}: {address}{environment}\n\n");
    let lines = by_role(findings);
    let subject = lines.iter().map(|finding| finding.subject.chars().count()).max().unwrap_or_default().min(40);
    lines.iter().for_each(|finding| text += &line(finding, subject, width));
    text + &format!("\n{}\n", summary(findings))
}

/// The findings, with those about the users of one role as one where they are alike.
fn by_role(findings: &[ProbeResult]) -> Vec<ProbeResult> {
    let groups = grouped(findings, |finding| {
        let role = role(&finding.subject);
        // Users who are as they should be are alike, whatever their names.
        let found = (finding.health != Health::Well || role == finding.subject).then_some(&finding.found);
        (finding.probe, role, word(finding.health), &finding.advice, found)
    });
    groups.iter().map(|group| together(role(&group[0].subject), group)).collect()
}

/// What is found of all of them, in the words of the first.
fn together(role: String, group: &[&ProbeResult]) -> ProbeResult {
    let (first, others) = (group[0], group.len() - 1);
    if others == 0 {
        return first.clone();
    }
    let alike = group.iter().all(|finding| finding.found == first.found);
    let found = if alike { first.found.clone() } else { format!("{}, and {others} more like it", first.found) };
    let milliseconds = group.iter().map(|finding| finding.milliseconds).sum();
    ProbeResult { subject: format!("{role} × {}", others + 1), found, milliseconds, ..first.clone() }
}

/// A subject without the place in its pool: `email 3: device` is about `email: device`.
fn role(subject: &str) -> String {
    let (user, rest) =
        subject.split_once(": ").map_or((subject, String::new()), |(user, rest)| (user, format!(": {rest}")));
    match user.rsplit_once(' ') {
        Some((role, place)) if place.parse::<usize>().is_ok() => format!("{role}{rest}"),
        _ => subject.to_owned(),
    }
}

fn line(finding: &ProbeResult, room: usize, width: usize) -> String {
    let ProbeResult { probe, subject, health, found, advice, milliseconds } = finding;
    let (subject, found) = (visible(subject), visible(found));
    let took = if *health == Health::NotChecked { String::new() } else { format!("  ({milliseconds} ms)") };
    let line = format!("{:<11}  {probe:<11}  {subject:<room$}  {found}{took}", word(*health));
    let line = if line.chars().count() <= width {
        line + "\n"
    } else {
        let below = indented(&format!("{found}{took}"), width, INDENT);
        format!("{:<11}  {probe:<11}  {subject}\n{:<INDENT$}{below}\n", word(*health), "")
    };
    match advice {
        Some(advice) => line + &format!("{:<INDENT$}try: {}\n", "", indented(&visible(advice), width - 5, INDENT)),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(subject: &str, health: Health, found: &str) -> ProbeResult {
        let advice = (health == Health::Failed).then(|| "correct it".to_owned());
        ProbeResult { probe: "user", subject: subject.into(), health, found: found.into(), advice, milliseconds: 2 }
    }

    // S2-18: 440 lines for 169 users.
    #[test]
    fn users_of_a_role_are_one_line_where_they_are_alike() {
        let found = by_role(&[
            finding("email 1", Health::Well, "anna is there"),
            finding("email 2", Health::Well, "bert is there"),
            finding("email 3", Health::Failed, "it is not there"),
            finding("email 4", Health::Failed, "`email` differs"),
            finding("sms", Health::Well, "carl is there"),
        ]);
        let lines: Vec<(&str, &str)> = found.iter().map(|one| (&*one.subject, &*one.found)).collect();
        let expected = [
            ("email × 2", "anna is there, and 1 more like it"),
            ("email 3", "it is not there"),
            ("email 4", "`email` differs"),
            ("sms", "carl is there"),
        ];
        assert_eq!(lines, expected);
    }
}
