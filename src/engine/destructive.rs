//! Which scenarios lock, delete or change what is not theirs alone: they have no business on a tenant in production.
//!
//! A scenario is destructive when it says so (the tag `destructive`), when it sends a DELETE, when it changes a user for good
//! or adds one (`lasting` and `adds` of the contract's lifecycles), or when it tries more than one wrong secret, which is how
//! devices and users are locked. One wrong try locks nobody.
//!
//! Deliberately not here: who decides that it may run all the same (the command line and the configuration, together), and
//! which users are used up already (`real_tenant::ledger`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::contract::{Contract, LastingChange};
use crate::scenario::model::{Call, Json, JsonValue, Scenario, StepAction};

/// The tag by which a scenario says that it is destructive.
const TAG: &str = "destructive";
/// How a wrong secret is answered.
const WRONG: u16 = 400;
/// What is said of a request that does not fit the state of its resource.
const STATE: &str = "INVALID_REQUEST";

/// Why a scenario is destructive; `None` if it is not.
pub(crate) fn reason(scenario: &Scenario, contract: &Contract) -> Option<String> {
    let calls: Vec<&Call> = scenario.steps.iter().filter_map(call).collect();
    let deleting = || calls.iter().find(|call| deletes(call, contract));
    let adding = || calls.iter().find(|call| adds(call, contract));
    tagged(scenario)
        .or_else(|| deleting().map(|call| format!("`{}` deletes", call.operation.value)))
        .or_else(|| adding().map(|call| format!("`{}` adds a user", call.operation.value)))
        .or_else(|| changes(&calls, contract))
        .or_else(|| locks(&calls, contract))
}

/// Why the users that a scenario names are not the same afterwards: changed, or perhaps locked. `None` if they are.
pub(crate) fn uses_up(scenario: &Scenario, contract: &Contract) -> Option<String> {
    let calls: Vec<&Call> = scenario.steps.iter().filter_map(call).collect();
    tagged(scenario).or_else(|| changes(&calls, contract)).or_else(|| locks(&calls, contract))
}

fn tagged(scenario: &Scenario) -> Option<String> {
    scenario.tags.iter().any(|tag| tag.value == TAG).then(|| format!("it is tagged `{TAG}`"))
}

/// What is changed for good, by which operation.
fn changes(calls: &[&Call], contract: &Contract) -> Option<String> {
    let changes = |call: &&Call| {
        let operation = &call.operation.value;
        let lasting = contract.lifecycle_of(operation)?.lasting.get(operation)?;
        happens(call, lasting).then(|| format!("`{operation}` changes {}", lasting.what))
    };
    calls.iter().find_map(changes)
}

/// Whether a call that is accepted changes the user: only a value that is written out can rule that out.
fn happens(call: &Call, lasting: &LastingChange) -> bool {
    let as_needed = |(pointer, needed): (&String, &Value)| {
        let given = call.body.as_ref().and_then(|body| literal_at(body, pointer));
        given.is_none_or(|given| given == needed)
    };
    !is_refused(call) && lasting.when.iter().all(as_needed)
}

/// The value that is written out at a place in a body.
fn literal_at<'a>(body: &'a Json, pointer: &str) -> Option<&'a Value> {
    let mut keys = pointer.split('/').skip(1);
    let found = keys.try_fold(body, |at, key| match &at.value {
        JsonValue::Object(entries) => entries.iter().find(|(name, _)| name.value == key).map(|(_, value)| value),
        _ => None,
    });
    found?.literal()
}

fn adds(call: &Call, contract: &Contract) -> bool {
    let operation = &call.operation.value;
    !is_refused(call) && contract.lifecycle_of(operation).is_some_and(|lifecycle| lifecycle.adds.contains(operation))
}

/// Whether so much is tried in vain that a user or a device may be locked.
fn locks(calls: &[&Call], contract: &Contract) -> Option<String> {
    let mut states = BTreeMap::new();
    let mut wrong = 0;
    for call in calls {
        if is_permitted(call, &states, contract) && is_wrong_try(call, contract) {
            wrong += tries(call);
        }
        note_state(call, &mut states, contract);
    }
    (wrong > 1).then(|| format!("{wrong} wrong tries may lock a user or a device"))
}

/// Whether the state that was seen last permits an action: where it does not, nothing is compared.
fn is_permitted(call: &Call, states: &BTreeMap<&str, &str>, contract: &Contract) -> bool {
    let lifecycle = contract.lifecycle_of(&call.operation);
    let state = lifecycle.and_then(|lifecycle| lifecycle.states.get(*states.get(lifecycle.name.as_str())?));
    state.is_none_or(|state| state.permits.contains_key(&call.operation.value))
}

/// Notes the state that a call expects to see; after one that is accepted and does not say, nobody knows.
fn note_state<'s>(call: &'s Call, states: &mut BTreeMap<&'s str, &'s str>, contract: &'s Contract) {
    let Some(lifecycle) = contract.lifecycle_of(&call.operation) else { return };
    match call.expectations().find_map(|expect| expect.state.as_ref()) {
        Some(state) => drop(states.insert(&lifecycle.name, &state.value)),
        None if is_refused(call) => {}
        None => drop(states.remove(lifecycle.name.as_str())),
    }
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
fn is_wrong_try(call: &Call, contract: &Contract) -> bool {
    let compared = !call.invalid && call.raw.is_none() && is_said_to_be_wrong(call);
    compared && is_refused(call) && compares_secret(&call.operation, contract)
}

/// Whether an operation compares a secret with what it is given: it takes one, and acts on a resource of somebody who is
/// known. Who adds a user chooses the secret.
fn compares_secret(operation: &str, contract: &Contract) -> bool {
    let acts = contract
        .lifecycle_of(operation)
        .is_some_and(|known| known.acts(operation) && !known.adds.iter().any(|adding| adding == operation));
    acts && takes_secret(operation, contract)
}

fn takes_secret(operation: &str, contract: &Contract) -> bool {
    let request = contract.operation(operation).and_then(|operation| operation.request.as_ref());
    let schema = request.and_then(|request| contract.resolved(request.schema.as_deref()?));
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    properties.is_some_and(|all| all.values().any(|one| one.get("x-secret") == Some(&Value::Bool(true))))
}

/// Where there is no such flow, no session, or nothing that could be asked for, nothing was compared either.
fn is_said_to_be_wrong(call: &Call) -> bool {
    let expect = &call.expect;
    let other = expect.error.as_ref().and_then(|error| error.code.as_ref()).is_some_and(|code| code.value == STATE);
    expect.status.iter().any(|status| status.value == WRONG) && !other
}

fn tries(call: &Call) -> u32 {
    let together = call.together.as_ref().map(|together| together.times);
    together.or(call.repeat.as_ref().map(|repeat| repeat.at_most)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::scenario::{LintContext, Suite, examine};

    /// Why the first scenario of a file of the suite that uses its users up does so.
    fn why(file: &str) -> Option<String> {
        let contract = Contract::embedded().expect("the contract");
        let context = LintContext { contract: &contract, checks: &[], facts: None, elsewhere: &[] };
        let suite = examine(&[PathBuf::from("cases").join(file)], &context).suite;
        assert!(!suite.scenarios.is_empty(), "{file}");
        suite.scenarios.iter().find_map(|scenario| uses_up(scenario, &contract))
    }

    // S1-1: `verifyUser` was not known to use a user up.
    #[test]
    fn what_the_contract_calls_lasting_uses_the_user_up_and_what_is_refused_does_not() {
        let verified = why("registration/unverified-signs-on.yaml");
        assert_eq!(verified.as_deref(), Some("`verifyUser` changes whether the address is verified"));
        let accepted = why("flows/agreement/accepted.yaml");
        assert_eq!(accepted.as_deref(), Some("`consentToAgreement` changes whether the agreement is accepted"));
        assert_eq!(why("flows/agreement/refused.yaml"), None);
        assert_eq!(why("flows/agreement/unfit.yaml"), None);
    }

    #[test]
    fn what_the_state_does_not_permit_compares_nothing() {
        let contract = Contract::embedded().expect("the contract");
        let wrong = "  - call: validateOtp\n    path: { deviceAuthID: \"{{auth}}\" }\n    body: { otp: \"000000\" }\n    expect: { status: 400 }\n";
        let scenario = |state: &str| {
            let begin = format!(
                "  - call: initializeDeviceAuthentication\n    expect: {{ state: {state} }}\n    save: {{ auth: /id }}\n"
            );
            let text = format!("scenario: Two codes\ncovers: [MFA-OTP-1]\nsteps:\n{begin}{wrong}{wrong}");
            Suite::from_text("two.yaml", &text).expect("a scenario").scenarios.remove(0)
        };
        assert!(uses_up(&scenario("OTP_REQUIRED"), &contract).is_some_and(|why| why.contains("2 wrong tries")));
        assert_eq!(uses_up(&scenario("DEVICE_SELECTION_REQUIRED"), &contract), None);
    }

    #[test]
    fn secrets_are_compared_where_the_contract_says_that_there_is_one() {
        let contract = Contract::embedded().expect("the contract");
        for known in ["validateOtp", "checkFlowOtp", "checkUsernamePassword", "resetPassword", "verifyUser"] {
            assert!(compares_secret(known, &contract), "{known}");
        }
        for other in ["registerUser", "selectDevice", "updateUser"] {
            assert!(!compares_secret(other, &contract), "{other}");
        }
    }
}
