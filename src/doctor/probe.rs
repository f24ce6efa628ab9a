//! What was probed and found, and where the results are collected.

use std::time::Instant;

use serde::Serialize;

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Health {
    /// As it should be.
    Well,
    /// It will do, but somebody should know.
    Warning,
    /// Scenarios will not get a verdict.
    Failed,
    /// The question could not be asked, or the configuration leaves it out.
    NotChecked,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ProbeResult {
    /// What was asked, in one word.
    pub probe: &'static str,
    /// Of whom or of what.
    pub subject: String,
    /// The answer in one word.
    pub health: Health,
    /// The answer in a sentence.
    pub found: String,
    /// What to try next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// A bad answer: what was found, and what to try.
pub(super) type Trouble = (String, String);

/// A good answer, with a warning where there is one.
pub(super) type Answer = (String, Option<Trouble>);

/// Collects the results of probes, with the time that each took.
#[derive(Default)]
pub(super) struct Probes(pub(super) Vec<ProbeResult>);

impl Probes {
    /// Notes an answer to a question that was asked at a moment. Says whether it is good enough to go on.
    pub(super) fn note(
        &mut self,
        probe: &'static str,
        subject: &str,
        asked: Instant,
        answer: Result<Answer, Trouble>,
    ) -> bool {
        let (health, found, advice) = match answer {
            Ok((found, None)) => (Health::Well, found, None),
            Ok((_, Some((found, advice)))) => (Health::Warning, found, Some(advice)),
            Err((found, advice)) => (Health::Failed, found, Some(advice)),
        };
        let milliseconds = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.push(ProbeResult { probe, subject: subject.to_owned(), health, found, advice, milliseconds });
        health != Health::Failed
    }

    /// Notes that a question was not asked, and why.
    pub(super) fn leave_out(&mut self, probe: &'static str, subject: &str, why: &str) {
        let (subject, found, health) = (subject.to_owned(), why.to_owned(), Health::NotChecked);
        self.0.push(ProbeResult { probe, subject, health, found, advice: None, milliseconds: 0 });
    }
}
