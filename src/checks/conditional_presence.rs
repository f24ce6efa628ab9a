//! `conditional-presence`: a resource shows what its state demands, and nothing that its state forbids.

use super::{Case, Check, Resource, at};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "conditional-presence",
    level: Level::Deny,
    promise: "A property that a state requires is present, and one that belongs only to other states is absent; the absence \
              of one that is usual warns.",
    source: "properties of each state, only and usual in x-lifecycle",
    example: "ASSERTION_REQUIRED without `publicKeyCredentialRequestOptions`: the browser has nothing to sign.",
    advice: "Compare the resource with the contract's description of its state; `null` counts as absent.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let resource = case.resource?;
    let properties = &resource.lifecycle.states.get(resource.state)?.properties;
    let shown = |pointer: &String| at(resource.body, pointer).is_some_and(|value| !value.is_null());
    let state = resource.state;
    let missing = properties.must.iter().filter(|pointer| !shown(pointer));
    let missing =
        missing.map(|pointer| problem(case, &resource, pointer, "a value", format!("{state} demands {pointer}")));
    let none = properties.any.iter().filter(|pointers| !pointers.iter().any(shown));
    let none = none.filter_map(|pointers| {
        let message = format!("{state} demands one of {}", pointers.join(", "));
        Some(problem(case, &resource, pointers.first()?, "a value", message))
    });
    let beyond = properties.never.iter().filter(|pointer| shown(pointer));
    let beyond =
        beyond.map(|pointer| problem(case, &resource, pointer, "no value", format!("{state} forbids {pointer}")));
    let unusual = resource.lifecycle.usual.iter().filter(|pointer| !shown(pointer));
    let unusual = unusual.map(|pointer| Finding {
        level: Level::Warn,
        ..problem(case, &resource, pointer, "a value, as a rule", format!("{pointer} is missing, which is unusual"))
    });
    Some(missing.chain(none).chain(beyond).chain(unusual).collect())
}

fn problem(case: &Case<'_>, resource: &Resource<'_>, pointer: &str, expected: &str, message: String) -> Finding {
    let promise = format!("{}/states/{}", resource.lifecycle.pointer, resource.state);
    let mut requirements = case.contract.requirements_at(&resource.documented(pointer));
    requirements.extend(case.contract.requirements_at(&promise));
    // The value is not shown: it may be one that nobody should see yet.
    Finding {
        pointer: Some(pointer.to_owned()),
        expected: Some(expected.to_owned()),
        requirements,
        promise: Some(promise),
        ..Finding::new(message)
    }
}
