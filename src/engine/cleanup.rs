//! What is done when a scenario is over, however it ended, and what may be left on the target all the same.
//!
//! Cleanup has its own deadline, and decides nothing: what it finds is a warning. A step whose names have no value has nothing
//! to clean up and is not run. Deliberately not here: writing the list of what is left (`reports`).

use std::time::Duration;

use serde_json::Value;

use super::plan::{Planned, PlannedStep};
use super::run::{Progress, Stop, outcome};
use crate::record::redaction::Redactor;
use crate::record::{Exchange, Phase};
use crate::record::{LeftoverRecord, StepOutcome};
use crate::scenario::template::root;

/// How long a scenario's cleanup may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How long it may take once the run ends at once.
const LIMIT_AT_ONCE: Duration = Duration::from_secs(2);

/// Something that may be left on the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The operation that made it, or that should have removed it.
    operation: String,
    /// Its id, where one is known.
    resource: Option<String>,
    /// Why it may still be there.
    why: String,
}

impl Leftover {
    /// What a request may have made whose answer was lost (Q05).
    pub(super) fn of_lost(exchange: &Exchange) -> Option<Self> {
        let error = exchange.outcome.as_ref().err()?;
        let harmless = matches!(exchange.request.method.as_str(), "GET" | "HEAD") || error.phase == Phase::Connect;
        let why = format!("the answer was lost ({error}); what the request did is unknown, and it was not sent again");
        let operation = exchange.operation.clone().unwrap_or_else(|| exchange.request.method.clone());
        (!harmless).then_some(Self { operation, resource: None, why })
    }

    /// What a call may have made that was on its way when the run ended.
    pub(super) fn of_cut(planned: &PlannedStep<'_>) -> Option<Self> {
        let Planned::Call { operation, .. } = planned.action else { return None };
        let why = "the run ended before the answer came; what the request did is unknown".to_owned();
        (operation.method != "GET").then(|| Self { operation: operation.name.to_owned(), resource: None, why })
    }

    /// A user who is not the same afterwards.
    pub(super) fn of_spent(user: String, why: String) -> Self {
        let why = format!("the user is used up, {why}: make it anew before the next run");
        Self { operation: "user".into(), resource: Some(user), why }
    }

    /// The leftover as it is written.
    pub fn record(&self, redactor: &Redactor) -> LeftoverRecord {
        LeftoverRecord {
            operation: self.operation.clone(),
            resource: self.resource.as_ref().map(|id| redactor.text(id)),
            why: redactor.text(&self.why),
        }
    }
}

impl<'a> Progress<'a> {
    /// Runs the cleanup, whatever came before; what it could not do is listed.
    pub(super) async fn clean_up(&mut self) {
        self.run.judged = Some(self.run.history.len());
        if self.plan.cleanup.is_empty() {
            return;
        }
        self.cleaning = true;
        let stop = self.runner.stop.clone();
        let at_once = async {
            stop.at_once().await;
            tokio::time::sleep(LIMIT_AT_ONCE).await;
        };
        tokio::select! {
            () = self.clean_all() => return,
            () = tokio::time::sleep(LIMIT) => (),
            () = at_once => (),
        }
        self.give_up().await;
    }

    async fn clean_all(&mut self) {
        let plan = self.plan;
        for (at, step) in (plan.steps.len()..).zip(&plan.cleanup) {
            if !self.has_values_for(step) {
                continue;
            }
            self.at = at;
            let ended = self.step(step).await;
            self.run.steps[at].outcome = outcome(&ended);
            let why = match ended {
                Ok(()) => continue,
                Err(Stop::Violated) => self.run.findings.last().map(|finding| finding.message.clone()),
                Err(Stop::Errored(reason)) => Some(format!("cleaning up: {reason}")),
                Err(Stop::Cut) => None,
            };
            self.leave(step, why.unwrap_or_default()).await;
        }
    }

    /// Lists what there was no more time for.
    async fn give_up(&mut self) {
        let plan = self.plan;
        for (at, step) in (plan.steps.len()..).zip(&plan.cleanup) {
            if at >= self.at && self.run.steps[at].outcome == StepOutcome::NotRun && self.has_values_for(step) {
                self.leave(step, "the time for cleaning up was over".into()).await;
            }
        }
    }

    /// Whether every name that a step uses has a value: what was never made needs no cleanup.
    fn has_values_for(&self, planned: &PlannedStep<'_>) -> bool {
        let own = |name: &str| planned.step.bindings.iter().any(|binding| binding.name.value == name);
        let uses = planned.step.placeholders();
        let mut names = uses.iter().filter_map(|each| each.kind.path()).map(root);
        names.all(|name| own(name) || self.scope.values.find(name).is_some())
    }

    async fn leave(&mut self, planned: &PlannedStep<'_>, why: String) {
        let mut resource = None;
        if let Planned::Call { call, .. } = planned.action
            && let Some(last) = call.path.iter().rfind(|binding| binding.name.value != "envID")
        {
            resource = self.scope.render(&last.value).await.ok();
        }
        let resource = resource.map(|id| match id {
            Value::String(text) => text,
            other => other.to_string(),
        });
        self.run.leftovers.push(leftover(planned, resource, why));
    }
}

fn leftover(planned: &PlannedStep<'_>, resource: Option<String>, why: String) -> Leftover {
    let operation = match planned.action {
        Planned::Call { call, .. } => call.operation.value.clone(),
        Planned::Push { .. } => "push".into(),
        Planned::Advance(_) => "advance".into(),
        Planned::Limit(_) => "limit".into(),
    };
    Leftover { operation, resource, why }
}
