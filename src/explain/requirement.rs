//! Explains a requirement, from the register and from everything in the contract that names it.

use super::explanation::{Explanation, IdKind, advice, registered, section};
use crate::base::pointer::unescape;
use crate::contract::{Contract, Requirement};

/// Says what a requirement promises and how it is proven.
pub(super) fn explain(contract: &Contract, requirement: &Requirement) -> Explanation {
    let mut places: Vec<String> =
        contract.references_to(&requirement.id).iter().map(|at| place_name(contract, at)).collect();
    places.dedup();
    let sections = [
        section("Promise", [requirement.statement.clone()]),
        section("Level", [requirement.level.as_str().to_owned()]),
        section("Source", [source(requirement)]),
        section("Speaks of", places),
        section("Proven by", [proof(requirement)]),
        section("Violation", [violation(requirement)]),
        section("What to do", remedy(requirement)),
    ];
    Explanation::new(IdKind::Requirement, &requirement.id, sections)
}

fn source(requirement: &Requirement) -> String {
    match &requirement.basis {
        Some(basis) => format!("An assumption: no public page says so. Its basis: {}.", basis.trim()),
        None => requirement.source.clone(),
    }
}

fn proof(requirement: &Requirement) -> String {
    let id = &requirement.id;
    match (&requirement.not_tested, requirement.checks.is_empty()) {
        (Some(reason), _) => format!("Nothing: {}", reason.trim()),
        (None, true) => format!("The scenarios with `covers: [{id}]`; `flowproof requirements` names them."),
        (None, false) => {
            let checks = requirement.checks.join(", ");
            format!("On every exchange: {checks}. Also any scenario with `covers: [{id}]`.")
        }
    }
}

fn violation(requirement: &Requirement) -> String {
    let check = requirement.checks.iter().find_map(|id| registered(id));
    match check {
        Some(check) => format!("{} ({})", check.example, check.id),
        None if requirement.not_tested.is_some() => "A response for which the sentence above is untrue.".into(),
        None => "A response for which the sentence above is untrue: a scenario that covers it then fails.".into(),
    }
}

fn remedy(requirement: &Requirement) -> Vec<String> {
    let mut ids: Vec<&str> = requirement.checks.iter().map(String::as_str).collect();
    if ids.is_empty() && requirement.not_tested.is_none() {
        ids.push("expectation");
    }
    let by_hand = "Where a tenant can show it, write a scenario for it and take the reason out of the register.";
    let unsure =
        "This is an assumption: if a real tenant behaves differently, correct the contract and record the observation.";
    let advice = advice(&ids).into_iter().chain(requirement.not_tested.as_ref().map(|_| by_hand.to_owned()));
    advice.chain(requirement.is_assumption().then(|| unsure.to_owned())).collect()
}

/// The name of the place at a JSON pointer; the pointer itself where there is no better one.
fn place_name(contract: &Contract, pointer: &str) -> String {
    if let Some(operation) = contract.operations().iter().find(|operation| operation.pointer == pointer) {
        return format!("operation {}", operation.name);
    }
    let state = contract.lifecycles().iter().find_map(|lifecycle| {
        let state = pointer.strip_prefix(&format!("{}/states/", lifecycle.pointer))?;
        Some(format!("state {}/{state}", lifecycle.name))
    });
    state.or_else(|| component(pointer)).or_else(|| path(pointer)).unwrap_or_else(|| pointer.to_owned())
}

/// `/components/schemas/Device/properties/type` is `property Device.type`.
fn component(pointer: &str) -> Option<String> {
    let mut steps = pointer.strip_prefix("/components/")?.split('/');
    let (kind, name) = (steps.next()?, steps.next()?);
    let inner: Vec<&str> = steps.filter(|step| *step != "properties").collect();
    let word = match (kind, inner.is_empty()) {
        ("schemas", false) => "property",
        ("schemas", true) => "schema",
        ("responses", _) => "reply",
        ("headers", _) => "header field",
        ("parameters", _) => "parameter",
        ("securitySchemes", _) => "security scheme",
        _ => return None,
    };
    Some(format!("{word} {}", [vec![name], inner].concat().join(".")))
}

/// `/paths/~1{envID}~1flows~1{flowID}/post` is `every POST /{envID}/flows/{flowID}`.
fn path(pointer: &str) -> Option<String> {
    let mut steps = pointer.strip_prefix("/paths/")?.split('/');
    let (path, method) = (unescape(steps.next()?), steps.next()?);
    Some(match steps.next_back() {
        None => format!("every {} {path}", method.to_uppercase()),
        Some(_) => format!("a part of {} {path}", method.to_uppercase()),
    })
}
