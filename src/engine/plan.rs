//! A scenario with every name resolved: nothing is looked up by string after this.
//!
//! Deliberately not here: values. They are known only when the step before has been answered.

use std::time::Duration;

use crate::base::source::Diagnostic;
use crate::checks::{CHECKS, Levels};
use crate::client::{CallMethod, GeneratedClient};
use crate::contract::{Contract, Operation};
use crate::scenario::model::{Call, Json, PushAnswer, Scenario, Step, StepAction};

/// A scenario that is ready to run.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// What was asked.
    pub scenario: &'a Scenario,
    /// The steps in order.
    pub steps: Vec<PlannedStep<'a>>,
    /// What is done when all is over.
    pub cleanup: Vec<PlannedStep<'a>>,
    /// The level of every check.
    pub levels: Levels,
}

impl<'a> Plan<'a> {
    /// All steps in order, those of the cleanup last.
    pub(crate) fn all(&self) -> impl Iterator<Item = &PlannedStep<'a>> {
        self.steps.iter().chain(&self.cleanup)
    }
}

/// A step that is ready to run.
#[derive(Debug)]
pub(crate) struct PlannedStep<'a> {
    /// The step in the file.
    pub step: &'a Step,
    /// What to do.
    pub action: Planned<'a>,
}

/// What a planned step does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Planned<'a> {
    /// Calls an operation.
    Call {
        /// What is asked.
        call: &'a Call,
        /// What is called, and what is promised of it.
        operation: &'a Operation,
        /// How it is sent.
        method: CallMethod<'a>,
    },
    /// Answers a push notification.
    Push {
        /// The user.
        user: &'a Json,
        /// The answer.
        answer: PushAnswer,
    },
    /// Lets time pass.
    Advance(Duration),
    /// Lets this many requests pass and has the next one refused.
    Limit(u64),
}

/// Resolves every name of a scenario.
///
/// # Errors
/// With a problem per name that leads nowhere.
pub(crate) fn plan<'a>(
    scenario: &'a Scenario,
    contract: &'a Contract,
    client: Option<&GeneratedClient>,
    levels: &Levels,
) -> Result<Plan<'a>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut all = |steps: &'a [Step]| -> Vec<PlannedStep<'a>> {
        let planned =
            steps.iter().map(|step| planned(step, contract, client).map(|action| PlannedStep { step, action }));
        planned.filter_map(|step| step.map_err(|problem| problems.push(*problem)).ok()).collect()
    };
    let (steps, cleanup) = (all(&scenario.steps), all(&scenario.cleanup));
    let mut levels = levels.clone();
    for (check, level) in &scenario.levels {
        if CHECKS.iter().any(|known| known.id == check.value) {
            levels.set(check, level.value);
        } else {
            let ids = CHECKS.iter().map(|check| check.id);
            problems.push(Diagnostic::at(&check.span, format!("unknown check `{}`", check.value)).suggest(check, ids));
        }
    }
    if problems.is_empty() { Ok(Plan { scenario, steps, cleanup, levels }) } else { Err(problems) }
}

fn planned<'a>(
    step: &'a Step,
    contract: &'a Contract,
    client: Option<&GeneratedClient>,
) -> Result<Planned<'a>, Box<Diagnostic>> {
    match &step.action {
        StepAction::Call(call) => {
            let known = contract.operation(&call.operation);
            let Some((operation, method)) =
                known.and_then(|known| Some((known, CallMethod::of(contract, client, known)?)))
            else {
                let names = contract.operations().iter().map(|operation| operation.name.as_str());
                let message = format!("unknown operation `{}`", call.operation.value);
                return Err(Box::new(Diagnostic::at(&call.operation.span, message).suggest(&call.operation, names)));
            };
            Ok(Planned::Call { call, operation, method })
        }
        StepAction::Push { user, answer } => Ok(Planned::Push { user, answer: answer.value }),
        StepAction::Advance(by) => Ok(Planned::Advance(by.value)),
        StepAction::Limit(requests) => Ok(Planned::Limit(requests.value)),
        StepAction::Use { fragment, .. } => {
            Err(Box::new(Diagnostic::at(&fragment.span, "the fragment was not put in its place")))
        }
    }
}
