//! What may be left on the target when a scenario is over.
//!
//! Deliberately not here: cleaning up ([`super::cleanup`]), and writing the list of what is left (`reports`).

use super::plan::{Planned, PlannedStep};
use crate::record::redaction::Redactor;
use crate::record::{Exchange, LeftoverRecord, Phase};

/// Something that may be left on the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
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
        let why =
            format!("the response was lost ({error}); the effect of the request is unknown, and it was not sent again");
        let operation = exchange.operation.clone().unwrap_or_else(|| exchange.request.method.clone());
        (!harmless).then_some(Self { operation, resource: None, why })
    }

    /// What a call may have made that was on its way when the run ended.
    pub(super) fn of_aborted(planned: &PlannedStep<'_>) -> Option<Self> {
        let Planned::Call { operation, .. } = planned.action else { return None };
        let why = "the run ended before the response arrived; the effect of the request is unknown".to_owned();
        (operation.method != "GET").then(|| Self { operation: operation.name.to_owned(), resource: None, why })
    }

    /// A user who is not the same afterwards.
    pub(super) fn of_used_up(user: String, why: &str) -> Self {
        let why = format!(
            "the user is used up, {why}; no later run will use it unless it is restored and taken off the list of used users"
        );
        Self { operation: "user".into(), resource: Some(user), why }
    }

    /// What a step of the cleanup should have removed.
    pub(super) fn of_step(planned: &PlannedStep<'_>, resource: Option<String>, why: String) -> Self {
        Self { operation: planned.step.action.name().to_owned(), resource, why }
    }

    /// The leftover as it is written.
    pub(crate) fn record(&self, redactor: &Redactor) -> LeftoverRecord {
        LeftoverRecord {
            operation: self.operation.clone(),
            resource: self.resource.as_ref().map(|id| redactor.text(id)),
            why: redactor.text(&self.why),
        }
    }
}
