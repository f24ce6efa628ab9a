//! A call that is sent several times at once, to see whether what may happen once happens only once.
//!
//! The answers are judged as if the accepted one had come first: if there is an order in which all of them are right, that is one.
//! Deliberately not here: what is worth being sent so (`explore`).

use super::call::not_sent;
use super::execution::Execution;
use super::request::PreparedRequest;
use super::run::EarlyExit;
use crate::record::Exchange;
use crate::scenario::model::{Call, Together};

impl Execution<'_> {
    /// Sends a call several times at once; at most one of them may be accepted.
    pub(super) async fn together(
        &mut self,
        call: &Call,
        together: &Together,
        ready: &mut PreparedRequest<'_>,
    ) -> Result<(), EarlyExit> {
        self.learn_token(ready);
        let pushed = match &together.push {
            Some((user, answer)) => Some((self.user(user).await?, answer.value)),
            None => None,
        };
        let (waiting, session) = (self.waiting().map(str::to_owned), self.session);
        let meanwhile = async move || {
            let Some((user, answer)) = pushed else { return };
            // That it came too late is one of the ways in which this may end.
            let _late = session.push(&user, answer, waiting.as_deref()).await;
        };
        let sent = self.sender.send_together(ready, together.times, meanwhile).await;
        let mut sent = sent.map_err(|error| not_sent(call, error))?;
        sent.sort_by_key(|exchange| !is_accepted(exchange));
        self.judge_together(call, together, sent).await
    }

    async fn judge_together(&mut self, call: &Call, together: &Together, sent: Vec<Exchange>) -> Result<(), EarlyExit> {
        let accepted = sent.iter().filter(|exchange| is_accepted(exchange)).count();
        for (at, exchange) in sent.into_iter().enumerate() {
            let lost = exchange.outcome.as_ref().err().map(|error| format!("no response: {error}"));
            let exchange = Exchange { operation: Some(call.operation.value.clone()), step: self.at, ..exchange };
            self.keep(exchange, None);
            match lost {
                Some(reason) => return Err(EarlyExit::Errored(reason)),
                None if at == 0 || accepted == 0 => self.judge_expected(call).await?,
                None if at < accepted => {
                    let times = together.times;
                    let message = format!("it was accepted {accepted} times of {times} at once, and may be once only");
                    return self.run.violated(message, &together.span);
                }
                None => self.judge(None)?,
            }
        }
        Ok(())
    }
}

fn is_accepted(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| (200..400).contains(&response.status))
}
