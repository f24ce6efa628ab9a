//! What a scenario expects, with values in the place of its templates.

use super::values::{Scope, ValueError};
use crate::base::source::Spanned;
use crate::checks::expectation::ExpectedSequence;
use crate::scenario::model::{Expectation, Matcher, StateSequence};
use serde_json::Value;

impl Scope<'_> {
    /// Renders what is expected of an answer.
    pub(super) async fn expectation(&mut self, expected: &Expectation) -> Result<Expectation<Value>, ValueError> {
        let mut headers = Vec::with_capacity(expected.headers.len());
        for (name, matcher) in &expected.headers {
            headers.push((name.clone(), self.matcher(matcher).await?));
        }
        let mut body = Vec::with_capacity(expected.body.len());
        for (pointer, matcher) in &expected.body {
            body.push((pointer.clone(), self.matcher(matcher).await?));
        }
        Ok(Expectation {
            status: expected.status.clone(),
            state: expected.state.clone(),
            media_type: expected.media_type.clone(),
            headers,
            body,
            error: expected.error.clone(),
        })
    }

    async fn matcher(&mut self, matcher: &Spanned<Matcher>) -> Result<Spanned<Matcher<Value>>, ValueError> {
        Ok(Spanned::new(self.rendered(matcher).await?, matcher.span.clone()))
    }

    async fn rendered(&mut self, matcher: &Matcher) -> Result<Matcher<Value>, ValueError> {
        Ok(match matcher {
            Matcher::Equals(json) => Matcher::Equals(self.render(json).await?),
            Matcher::Not(json) => Matcher::Not(self.render(json).await?),
            Matcher::Contains(json) => Matcher::Contains(self.render(json).await?),
            Matcher::OneOf(list) => {
                let mut values = Vec::with_capacity(list.len());
                for json in list {
                    values.push(self.render(json).await?);
                }
                Matcher::OneOf(values)
            }
            Matcher::Matches(pattern) => Matcher::Matches(pattern.clone()),
            Matcher::Length(length) => Matcher::Length(*length),
            Matcher::Type(kind) => Matcher::Type(*kind),
            Matcher::Absent => Matcher::Absent,
            Matcher::Present => Matcher::Present,
            Matcher::GreaterThan(limit) => Matcher::GreaterThan(limit.clone()),
            Matcher::LessThan(limit) => Matcher::LessThan(limit.clone()),
            Matcher::Each(matcher) => Matcher::Each(Box::new(Box::pin(self.rendered(matcher)).await?)),
        })
    }

    /// The sequences of states that are expected, each with the id of its resource where a variable names one.
    pub(super) fn sequences(&self, expected: Option<&StateSequence>) -> Vec<ExpectedSequence> {
        let plain = |states: &Spanned<Vec<Spanned<String>>>| {
            states.clone().map(|states| states.into_iter().map(|state| state.value).collect())
        };
        let id = |variable: &str| self.values.find(variable).and_then(Value::as_str).unwrap_or_default().to_owned();
        match expected {
            None => Vec::new(),
            Some(StateSequence::Only(states)) => vec![ExpectedSequence { resource: None, states: plain(states) }],
            Some(StateSequence::ByVariable(each)) => each
                .iter()
                .map(|(variable, states)| ExpectedSequence { resource: Some(id(variable)), states: plain(states) })
                .collect(),
        }
    }
}
