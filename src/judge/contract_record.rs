//! What a journal's header says of the contract: as much as reports need, and no more.
//!
//! Reports read journals only, so that whatever they say about promises has to be written there. Deliberately not here:
//! schemas; a report shows what a check said about them.

use crate::contract::{Contract, ContractError, Lifecycle, LifecycleState, NextStates, Operation, Requirement};
use crate::record::{
    ContractRecord, LifecycleRecord, NextRecord, OperationRecord, ReplyRecord, RequirementRecord, StateRecord,
};

impl From<&Contract> for ContractRecord {
    fn from(contract: &Contract) -> Self {
        Self {
            title: contract.title.clone(),
            version: contract.version.clone(),
            digest: contract.digest.clone(),
            faults: contract.faults.iter().map(ContractError::remark).collect(),
            requirements: contract.requirements().iter().map(RequirementRecord::from).collect(),
            operations: contract.operations().iter().map(operation).collect(),
            lifecycles: contract.lifecycles().iter().map(lifecycle).collect(),
        }
    }
}

impl From<&Requirement> for RequirementRecord {
    fn from(known: &Requirement) -> Self {
        Self {
            id: known.id.clone(),
            statement: known.statement.clone(),
            source: known.source.clone(),
            checks: known.checks.clone(),
        }
    }
}

fn operation(known: &Operation) -> OperationRecord {
    let replies = known.replies().map(|reply| ReplyRecord {
        status: reply.status.to_string(),
        media_types: reply.media_types.iter().map(|media_type| media_type.name.clone()).collect(),
    });
    OperationRecord {
        name: known.name.clone(),
        method: known.method.clone(),
        path: known.path.clone(),
        media_type: known.request.as_ref().map(|request| request.media_type.clone()),
        summary: known.summary.clone(),
        replies: replies.collect(),
    }
}

fn lifecycle(known: &Lifecycle) -> LifecycleRecord {
    LifecycleRecord {
        name: known.name.clone(),
        read: known.read.clone(),
        initial: known.initial.iter().map(|(operation, states)| (operation.clone(), states.clone())).collect(),
        states: known.states.iter().map(|(name, known)| state(name, known)).collect(),
    }
}

fn state(name: &str, known: &LifecycleState) -> StateRecord {
    let permits = known.permits.iter().map(|(operation, next)| {
        let NextStates { success, rejection } = next.clone();
        (operation.clone(), NextRecord { success, rejection })
    });
    StateRecord {
        name: name.into(),
        description: known.description.clone(),
        is_final: known.is_final,
        permits: permits.collect(),
        elapse: known.elapse.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_holds_every_operation_with_its_statuses_and_every_state_with_what_it_permits() {
        let contract = Contract::embedded().expect("a test holds that it is valid");
        let record = ContractRecord::from(&contract);
        assert_eq!(record.operations.len(), contract.operations().len());
        let otp = record.operations.iter().find(|known| known.name == "validateOtp").expect("it is documented");
        assert!(otp.replies.iter().any(|reply| reply.status == "200" && !reply.media_types.is_empty()), "{otp:?}");
        let mfa = record.lifecycles.iter().find(|known| known.name == "deviceAuthentication").expect("it has one");
        let waiting = mfa.states.iter().find(|state| state.name == "OTP_REQUIRED").expect("it is a state");
        assert_eq!(waiting.permits["validateOtp"].rejection, ["OTP_REQUIRED", "FAILED"]);
        assert!(mfa.states.iter().any(|state| state.is_final));
    }
}
