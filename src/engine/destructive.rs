//! Which scenarios lock, delete or change what is not theirs alone: they have no business on a tenant in production.
//!
//! A scenario is destructive when it says so (the tag `destructive`), when it sends a DELETE, when it changes a user's
//! password or account, or when it tries more than one wrong password, passcode or code, which is how devices and users
//! are locked. One wrong try locks nobody.
//!
//! Deliberately not here: who decides that it may run all the same (the command line and the configuration, together).

use crate::contract::Contract;
use crate::scenario::model::{Call, Scenario, StepAction};

/// The tag by which a scenario says that it is destructive.
const TAG: &str = "destructive";
/// Operations that change what a user signs on with.
const CHANGES: &[&str] = &["resetPassword", "recoverPassword", "registerUser", "acceptInvite", "updateUser"];
/// Operations that compare a secret with what they are given, and count how often it is wrong.
const COUNTED: &[&str] =
    &["validateOtp", "checkFlowOtp", "checkUsernamePassword", "resetPassword", "recoverPassword", "verifyUser"];

/// How a wrong secret is answered.
const WRONG: u16 = 400;
/// What is said of a request that does not fit the state of its resource.
const STATE: &str = "INVALID_REQUEST";

/// Why a scenario is destructive; `None` if it is not.
pub(crate) fn reason(scenario: &Scenario, contract: &Contract) -> Option<String> {
    let calls: Vec<&Call> = scenario.steps.iter().filter_map(call).collect();
    let deleting = || calls.iter().find(|call| deletes(call, contract));
    let changing = || calls.iter().find(|call| changes(call));
    tagged(scenario)
        .or_else(|| deleting().map(|call| format!("`{}` deletes", call.operation.value)))
        .or_else(|| changing().map(|call| format!("`{}` changes an account", call.operation.value)))
        .or_else(|| locks(&calls))
}

/// Why the users that a scenario names are not the same afterwards: changed, or perhaps locked. `None` if they are.
pub(crate) fn uses_up(scenario: &Scenario) -> Option<String> {
    let calls: Vec<&Call> = scenario.steps.iter().filter_map(call).collect();
    // Somebody who registers is new, and nobody else's.
    let changing = || calls.iter().find(|call| call.operation.as_str() != "registerUser" && changes(call));
    tagged(scenario)
        .or_else(|| changing().map(|call| format!("`{}` changes the account", call.operation.value)))
        .or_else(|| locks(&calls))
}

fn tagged(scenario: &Scenario) -> Option<String> {
    scenario.tags.iter().any(|tag| tag.value == TAG).then(|| format!("it is tagged `{TAG}`"))
}

fn changes(call: &Call) -> bool {
    CHANGES.contains(&call.operation.as_str()) && !is_refused(call)
}

/// Whether so much is tried in vain that a user or a device may be locked.
fn locks(calls: &[&Call]) -> Option<String> {
    let wrong: u32 = calls.iter().filter(|call| is_wrong_try(call)).map(|call| tries(call)).sum();
    (wrong > 1).then(|| format!("{wrong} wrong tries may lock a user or a device"))
}

fn call(step: &crate::scenario::model::Step) -> Option<&Call> {
    match &step.action {
        StepAction::Call(call) => Some(call),
        _ => None,
    }
}

fn deletes(call: &Call, contract: &Contract) -> bool {
    let method = call.raw.as_ref().and_then(|raw| raw.method.as_ref()).map(|method| method.value.as_str());
    let own = || contract.operation(&call.operation).map(|operation| operation.method.as_str());
    method.or_else(own) == Some("DELETE")
}

fn is_refused(call: &Call) -> bool {
    !call.expect.status.is_empty() && call.expect.status.iter().all(|status| status.value >= 400)
}

/// A body that is not what the contract documents is refused before any secret is compared.
fn is_wrong_try(call: &Call) -> bool {
    let compared = !call.invalid && call.raw.is_none() && is_said_to_be_wrong(call);
    compared && is_refused(call) && COUNTED.contains(&call.operation.as_str())
}

/// Where there is no such flow, no session, or nothing that could be asked for, nothing was compared either.
fn is_said_to_be_wrong(call: &Call) -> bool {
    let expect = &call.expect;
    let other = expect.error.as_ref().and_then(|error| error.code.as_ref()).is_some_and(|code| code.value == STATE);
    expect.status.iter().any(|status| status.value == WRONG) && !other
}

fn tries(call: &Call) -> u32 {
    call.repeat.as_ref().map_or(1, |repeat| repeat.at_most)
}
