//! One call of a scenario, from its request to what is saved from the answer; read it from top to bottom.
//!
//! Deliberately not here: how the request is made ([`super::request`]), and when it is sent again ([`super::retry`]).

use std::time::Instant;

use indexmap::IndexMap;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::execution::Execution;
use super::leftover::Leftover;
use super::request::PreparedRequest;
use super::retry::{Next, Retry};
use super::run::EarlyExit;
use super::sender::NotSent;
use crate::checks::{Observation, expectation};
use crate::contract::Contract;
use crate::judge::secrets;
use crate::record::{Exchange, Place};
use crate::scenario::model::{Call, Expectation, RepeatUntil, Save, SaveFrom};

impl Execution<'_> {
    /// Sends a call until it has its answer, judges that, and saves from it.
    pub(super) async fn call(&mut self, call: &Call, mut ready: PreparedRequest<'_>) -> Result<(), EarlyExit> {
        match (&call.repeat, &call.together) {
            (Some(repeat), _) => self.repeat(call, repeat, &mut ready).await?,
            (None, Some(together)) => self.together(call, together, &mut ready).await?,
            (None, None) => {
                self.send_with_retry(call, &mut ready).await?;
                self.judge_expected(call).await?;
            }
        }
        for save in &call.saves {
            self.save(save)?;
        }
        Ok(())
    }

    /// Sends the call until its answer is as wanted; only that answer is held against `expect`.
    async fn repeat(
        &mut self,
        call: &Call,
        repeat: &RepeatUntil,
        ready: &mut PreparedRequest<'_>,
    ) -> Result<(), EarlyExit> {
        let until = self.scope.expectation(&repeat.until).await?;
        let (first, begun) = (self.run.history.len(), Instant::now());
        for attempt in 1..=repeat.at_most {
            self.send_with_retry(call, ready).await?;
            let case = self.judge.case(&self.run, None);
            if case.is_some_and(|case| expectation::unmet(&until, &case).is_empty()) {
                return self.judge_expected(call).await;
            }
            self.judge(None)?;
            if begun.elapsed() + repeat.every > repeat.within {
                break;
            }
            if attempt < repeat.at_most {
                tokio::time::sleep(repeat.every).await;
            }
        }
        let polled = &self.run.history[first..];
        let seen = seen_states(self.judge.contract, polled);
        let (calls, ms) = (polled.len(), begun.elapsed().as_millis());
        self.run.violated(format!("`until` did not hold within {calls} calls in {ms} ms; seen: {seen}"), &repeat.span)
    }

    /// Sends the call, again where that can do no harm, and keeps every answer.
    async fn send_with_retry(&mut self, call: &Call, ready: &mut PreparedRequest<'_>) -> Result<(), EarlyExit> {
        let mut retry = Retry::new(self.plan, call);
        let mut resent = None;
        loop {
            let exchange = self.send(call, ready, resent).await?;
            let next = retry.after(exchange, ready.token.is_some());
            resent = next.why();
            match next {
                Next::GiveUp(reason) => return Err(EarlyExit::Errored(reason)),
                Next::Resend => {}
                Next::Wait => self.wait(&mut retry)?,
                Next::Keep => {
                    self.sender.pace().kept();
                    return Ok(());
                }
                Next::RenewToken => {
                    self.sender.pace().kept();
                    if !self.renew_token(ready).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Sends the call once and keeps what came of it.
    async fn send(
        &mut self,
        call: &Call,
        ready: &mut PreparedRequest<'_>,
        resent: Option<&'static str>,
    ) -> Result<&Exchange, EarlyExit> {
        self.learn_token(ready);
        let sent = self.sender.send(ready, self.run.is_cleaning()).await;
        let sent = sent.map_err(|error| not_sent(call, error))?;
        let exchange = Exchange { operation: Some(call.operation.value.clone()), step: self.at, ..sent };
        Ok(&self.keep(exchange, resent).exchange)
    }

    /// Keeps the token that goes with a request out of everything that is written.
    pub(super) fn learn_token(&mut self, ready: &PreparedRequest<'_>) {
        if let Some(token) = &ready.token {
            self.run.secrets.learn("access-token", token.expose_secret());
        }
    }

    pub(super) fn keep(&mut self, exchange: Exchange, resent: Option<&'static str>) -> &Observation {
        let run = &mut self.run;
        run.resent.extend(resent.map(|why| (run.history.len(), why)));
        run.leftovers.extend(Leftover::of_lost(&exchange));
        if let Some(response) = exchange.response() {
            run.steps[self.at].status = Some(response.status);
        }
        let observation = Observation::from(exchange);
        observation.body.value().into_iter().for_each(|body| self.session.answered(body));
        secrets::learn(&mut run.secrets, self.judge.contract, &observation);
        for (name, value) in self.scope.learned.drain(..) {
            run.secrets.learn(name, &value);
        }
        run.history.push_mut(observation)
    }

    /// Judges an answer that says there were too many requests, and has all workers wait as long as it asks.
    fn wait(&mut self, retry: &mut Retry) -> Result<(), EarlyExit> {
        self.judge(None)?;
        let last = self.run.history.last().and_then(|last| last.exchange.response());
        let headers = last.map(|response| response.headers.clone()).unwrap_or_default();
        let wait = retry.wait(&headers).map_err(|error| EarlyExit::Errored(error.to_string()))?;
        self.sender.pace().refused(self.sender.sent_at, wait);
        Ok(())
    }

    /// Puts another token in the place of the one that was refused; false where there is no other.
    async fn renew_token(&mut self, ready: &mut PreparedRequest<'_>) -> Result<bool, EarlyExit> {
        let Some(refused) = &ready.token else { return Ok(false) };
        let other = self.session.token_instead_of(refused.expose_secret()).await;
        let other = other.map_err(|error| EarlyExit::Errored(error.to_string()))?;
        let is_there = other.is_some();
        other.into_iter().for_each(|token| ready.renew(token));
        Ok(is_there)
    }

    pub(super) async fn judge_expected(&mut self, call: &Call) -> Result<(), EarlyExit> {
        let expected = self.scope.expectation(&call.expect).await?;
        self.judge(Some(&expected))
    }

    pub(super) fn judge(&mut self, expected: Option<&Expectation<Value>>) -> Result<(), EarlyExit> {
        let place = self.planned().map(|planned| Place::from(&planned.step.span));
        self.judge.judge(&mut self.run, expected, place.as_ref())
    }

    fn save(&mut self, save: &Save) -> Result<(), EarlyExit> {
        match self.run.history.last().and_then(|last| saved(save, last)) {
            Some(value) if !value.is_null() => self.scope.set(&save.name, value),
            _ => {
                let message = format!("there is nothing to save as `{}`", save.name.value);
                return self.run.violated(message, &save.span);
            }
        }
        Ok(())
    }
}

/// What a call that was not sent comes to.
pub(super) fn not_sent(call: &Call, error: NotSent) -> EarlyExit {
    match error {
        NotSent::Aborted => EarlyExit::Aborted,
        NotSent::Unfit(error) => EarlyExit::at(&call.operation.span, format!("nothing was sent: {error}")),
    }
}

/// What is to be saved, as it stands in an answer.
fn saved(save: &Save, answer: &Observation) -> Option<Value> {
    match &save.from {
        SaveFrom::Body(pointer) => {
            let digits = answer.body.digits(pointer).map(Value::from);
            digits.or_else(|| answer.body.value()?.pointer(pointer).cloned())
        }
        SaveFrom::Header { name, capture } => {
            // Of several fields of the name, the first in which there is something to keep.
            let mut texts = answer.exchange.response()?.headers.texts(name);
            texts.find_map(|text| captured(&text, capture.as_ref())).map(Value::from)
        }
    }
}

/// The first group of a pattern in a text, or all that it matches; without a pattern the text itself.
fn captured(text: &str, capture: Option<&regex::Regex>) -> Option<String> {
    let Some(pattern) = capture else { return Some(text.to_owned()) };
    let groups = pattern.captures(text)?;
    groups.get(1).or_else(|| groups.get(0)).map(|group| group.as_str().to_owned())
}

/// The distinct states of a polling loop, with how often each was seen (Q03).
fn seen_states(contract: &Contract, history: &[Observation]) -> String {
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for observation in history {
        let state = observation.resource(contract).map(|(_, _, state)| state.to_owned());
        let status =
            || observation.exchange.response().map_or("no response".into(), |response| response.status.to_string());
        *counts.entry(state.unwrap_or_else(status)).or_default() += 1;
    }
    counts.iter().map(|(state, count)| format!("{state} × {count}")).collect::<Vec<_>>().join(", ")
}
