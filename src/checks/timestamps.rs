//! `timestamps`: the times of a resource are written as documented and go forwards.
//!
//! They are compared with each other and with the answer's own Date, never with a clock of ours.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Case, Check, Resource, at};
use crate::record::{Finding, Level};

/// How far a time may lie after the answer's Date.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "timestamps",
    level: Level::Deny,
    promise: "Times are RFC 3339, at PingOne in UTC with milliseconds and `Z`; createdAt never changes, updatedAt and expiresAt never go \
              back, expiresAt lies after createdAt and not before the answer's Date, and nothing happened after that.",
    source: "TIME-1, TIME-3, FLOW-LIFE-2; times in x-lifecycle; 60 seconds of skew are allowed",
    example: "`createdAt` moves with every read: a client that shows how long it has been waiting always shows zero.",
    advice: "Compare the previous exchanges; if several nodes respond, their clocks may differ.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

/// The three times, where they stand and what they say.
struct ShownTimes<'a> {
    created: Option<Time<'a>>,
    updated: Option<Time<'a>>,
    expires: Option<Time<'a>>,
}

#[derive(Clone, Copy)]
struct Time<'a> {
    pointer: &'a str,
    text: &'a str,
}

impl Time<'_> {
    /// What it says; nothing where it is no time of RFC 3339.
    fn instant(&self) -> Option<DateTime<Utc>> {
        self.text.parse().ok()
    }
}

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let resource = case.resource?;
    let times = ShownTimes::of(&resource, resource.body);
    // The form is PingOne's own promise; what others write is for their schemas to say.
    let has_form = |text: &str| !case.contract.has_environments() || is_well_formed(text);
    let malformed = times.all().filter(|time| !has_form(time.text));
    let mut findings: Vec<Finding> = malformed
        .map(|time| problem(case, &resource, time, "a time as 2026-01-31T23:59:59.999Z", "the time has another form"))
        .collect();
    if findings.is_empty() {
        findings.extend(times.disordered(case, &resource));
        findings.extend(times.moved(case, &resource));
        findings.extend(times.ahead(case, &resource));
    }
    Some(findings)
}

impl<'a> ShownTimes<'a> {
    fn of(resource: &Resource<'a>, body: &'a serde_json::Value) -> Self {
        let known = &resource.lifecycle.times;
        let read = |pointer: &'a Option<String>| {
            let pointer = pointer.as_deref()?;
            Some(Time { pointer, text: at(body, pointer)?.as_str()? })
        };
        Self { created: read(&known.created), updated: read(&known.updated), expires: read(&known.expires) }
    }

    fn all(&self) -> impl Iterator<Item = Time<'a>> {
        [self.created, self.updated, self.expires].into_iter().flatten()
    }

    fn disordered(&self, case: &Case<'_>, resource: &Resource<'_>) -> Vec<Finding> {
        let Some(created) = self.created else { return Vec::new() };
        let early = |time: Time<'_>, why: &str| problem(case, resource, time, &format!("after {}", created.text), why);
        let begun = created.instant();
        let updated = self
            .updated
            .filter(|updated| updated.instant().is_some_and(|time| begun.is_some_and(|begun| time < begun)));
        let expires = self
            .expires
            .filter(|expires| expires.instant().is_some_and(|time| begun.is_some_and(|begun| time <= begun)));
        let updated = updated.map(|time| early(time, "it last changed before it began"));
        updated.into_iter().chain(expires.map(|time| early(time, "it ends before it begins"))).collect()
    }

    /// Compared with the last answer that showed the resource.
    fn moved(&self, case: &Case<'_>, resource: &Resource<'_>) -> Vec<Finding> {
        let shown = case.earlier().find(|earlier| earlier.resource(case.contract).is_some());
        let Some(before) = shown.and_then(|earlier| earlier.body.value()) else { return Vec::new() };
        let before = ShownTimes::of(resource, before);
        type Wrong = fn(&DateTime<Utc>, &DateTime<Utc>) -> bool;
        let differs = |now: Option<Time<'a>>, then: Option<Time<'_>>, wrong: Wrong, why: &str| {
            let (now, then) = now.zip(then)?;
            wrong(&now.instant()?, &then.instant()?).then(|| problem(case, resource, now, then.text, why))
        };
        let back: Wrong = |now, then| now < then;
        [
            differs(self.created, before.created, |now, then| now != then, "the time it began has changed"),
            differs(self.updated, before.updated, back, "the time has gone back"),
            differs(self.expires, before.expires, back, "the time has gone back"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn ahead(&self, case: &Case<'_>, resource: &Resource<'_>) -> Vec<Finding> {
        let date = case.response.headers.get("date").and_then(|date| httpdate::parse_http_date(&date).ok());
        let Some(date) = date.map(DateTime::<Utc>::from) else { return Vec::new() };
        let limit = date + SKEW;
        let over = self.expires.filter(|expires| expires.instant().is_some_and(|time| time < date - SKEW));
        let after = format!("after {date}, the answer's Date");
        let over = over.map(|time| problem(case, resource, time, &after, "it had ended when it was answered"));
        let happened = [self.created, self.updated].into_iter().flatten();
        let happened = happened.filter(|time| time.instant().is_some_and(|time| time > limit));
        let at_most = format!("at most {date}, the answer's Date");
        let ahead = happened.map(|time| problem(case, resource, time, &at_most, "the time lies ahead"));
        ahead.chain(over).collect()
    }
}

/// Whether a text is a time in UTC with milliseconds and `Z`; which days there are is the schema's question.
fn is_well_formed(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000Z";
    text.len() == FORM.len()
        && text
            .bytes()
            .zip(FORM)
            .all(|(given, form)| if *form == b'0' { given.is_ascii_digit() } else { given == *form })
}

fn problem(case: &Case<'_>, resource: &Resource<'_>, time: Time<'_>, expected: &str, message: &str) -> Finding {
    let promise = resource.documented(time.pointer);
    Finding {
        pointer: Some(time.pointer.to_owned()),
        expected: Some(expected.to_owned()),
        actual: Some(time.text.to_owned()),
        requirements: case.contract.requirements_at(&promise),
        promise: Some(promise),
        ..Finding::new(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utc_with_milliseconds_and_z_is_well_formed() {
        assert!(is_well_formed("2026-03-02T09:15:04.120Z"));
        for text in
            ["2026-03-02T09:15:04Z", "2026-03-02T09:15:04.120+00:00", "2026-03-02 09:15:04.120Z", "1772442904120", ""]
        {
            assert!(!is_well_formed(text), "{text}");
        }
    }
}
