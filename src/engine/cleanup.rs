//! What is done when a scenario is over, however it ended.
//!
//! Cleanup has its own deadline, and decides nothing: what it finds is a warning. A step whose names have no value has nothing
//! to clean up and is not run. Deliberately not here: what a leftover is ([`super::leftover`]).

use std::time::Duration;

use serde_json::Value;

use super::execution::Execution;
use super::leftover::Leftover;
use super::plan::{Planned, PlannedStep};
use super::run::EarlyExit;
use super::stop::StopRun;
use crate::record::StepOutcome;
use crate::scenario::template::root;

/// How long a scenario's cleanup may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How long it may take once the run ends at once.
const LIMIT_AT_ONCE: Duration = Duration::from_secs(2);

impl<'a> Execution<'a> {
    /// Runs the cleanup, whatever came before; what it could not do is listed.
    pub(super) async fn clean_up(&mut self, stop: &StopRun) {
        self.run.judged = Some(self.run.history.len());
        if self.plan.cleanup.is_empty() {
            return;
        }
        tokio::select! {
            () = self.clean_all() => return,
            () = tokio::time::sleep(LIMIT) => (),
            () = stop.at_once_after(LIMIT_AT_ONCE) => (),
        }
        self.give_up().await;
    }

    async fn clean_all(&mut self) {
        for (at, step) in self.cleanup() {
            if !self.has_values_for(step) {
                continue;
            }
            let why = match self.step(at, step).await {
                Ok(()) => continue,
                Err(EarlyExit::Violated) => self.run.findings.last().map(|finding| finding.message.clone()),
                Err(EarlyExit::Errored(reason)) => Some(format!("cleaning up: {reason}")),
                Err(EarlyExit::Aborted) => None,
            };
            self.leave(step, why.unwrap_or_default()).await;
        }
    }

    /// Lists what there was no more time for.
    async fn give_up(&mut self) {
        for (at, step) in self.cleanup() {
            if at >= self.at && self.run.steps[at].outcome == StepOutcome::NotRun && self.has_values_for(step) {
                self.leave(step, "the time for cleaning up was over".into()).await;
            }
        }
    }

    /// The steps of the cleanup with their positions.
    fn cleanup(&self) -> impl Iterator<Item = (usize, &'a PlannedStep<'a>)> + use<'a> {
        (self.plan.steps.len()..).zip(&self.plan.cleanup)
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
        self.run.leftovers.push(Leftover::of_step(planned, resource, why));
    }
}
